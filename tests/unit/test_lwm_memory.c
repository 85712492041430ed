// SPDX-License-Identifier: MIT
/*
 * Short memory: every allocation of the package reader and writer fails once.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../common/lwm_samples.h"
#include "../memory/short.h"

#if !LW_SHORT_IS_THERE
#include "../memory/absent.h"
#else

/* Every allocation up to the last is made to fail: then it succeeds. */
static void check_reader(unsigned int codings)
{
	struct lwm_package package;
	struct lwnpu_error error;
	unsigned int n = 0;
	size_t size;
	void *data;
	int ret;

	assert_int_equal(lwm_samples[2].make(&package), 0);
	assert_int_equal(lwm_write_memory(&package, SMALLEST(codings),
					  &data, &size, NULL), 0);
	lwm_release(&package);
	do {
		lw_short_begin(++n, LW_SHORT_ALL);
		ret = lwm_read_memory(&package, data, size, &error);
		if (!ret)
			lwm_release(&package);
		assert_int_equal(lw_short_end(NULL), 0);
		assert_true(!ret || ret == -ENOMEM);
		assert_true(!ret || strstr(error.message, "memory"));
	} while (ret);
	assert_true(n > 30);
	free(data);
}

static void reader_survives(void **state)
{
	unsigned int coding;

	(void)state;
	for (coding = LWM_RAW; coding < LWM_CODINGS; coding++)
		check_reader(1u << coding);
	check_reader(LWM_ALL_CODINGS);
}

static void writer_survives(void **state)
{
	struct lwm_package package;
	struct lwnpu_error error;
	unsigned int n = 0;
	void *data;
	size_t size;
	int ret;

	(void)state;
	assert_int_equal(lwm_samples[2].make(&package), 0);
	do {
		lw_short_begin(++n, LW_SHORT_ALL);
		ret = lwm_write_memory(&package, SMALLEST(LWM_ALL_CODINGS),
				       &data, &size, &error);
		if (!ret)
			free(data);
		assert_int_equal(lw_short_end(NULL), 0);
		assert_true(!ret || ret == -ENOMEM);
		assert_true(!ret || strstr(error.message, "memory"));
	} while (ret);
	assert_true(n > 10);
	lwm_release(&package);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reader_survives),
		cmocka_unit_test(writer_survives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
