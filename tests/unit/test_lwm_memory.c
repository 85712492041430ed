// SPDX-License-Identifier: MIT
/*
 * Short memory: every allocation of the package reader and writer fails once.
 * The allocator is replaced here, which a sanitizer does itself: there the
 * test is skipped.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../common/lwm_samples.h"

#ifdef __SANITIZE_ADDRESS__

static void sweep(void **state)
{
	(void)state;
	skip();
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(sweep) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

/* The C library itself must call these. */
#define VISIBLE __attribute__((visibility("default")))

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *pointer, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *pointer);

/*
 * While counting: which allocation fails, and how many are alive. Compilers
 * take it that free() reads none of this.
 */
static volatile bool counting;
static volatile unsigned int countdown;
static volatile int alive;

static bool may_allocate(void)
{
	if (!counting)
		return true;
	if (countdown && !--countdown) {
		errno = ENOMEM;
		return false;
	}
	alive++;
	return true;
}

VISIBLE void *malloc(size_t size)
{
	return may_allocate() ? __libc_malloc(size) : NULL;
}

VISIBLE void *calloc(size_t n, size_t size)
{
	return may_allocate() ? __libc_calloc(n, size) : NULL;
}

VISIBLE void *realloc(void *pointer, size_t size)
{
	if (!may_allocate())
		return NULL;
	if (counting && pointer)
		alive--;
	return __libc_realloc(pointer, size);
}

VISIBLE void *aligned_alloc(size_t alignment, size_t size)
{
	return may_allocate() ? __libc_memalign(alignment, size) : NULL;
}

VISIBLE void free(void *pointer)
{
	if (counting && pointer)
		alive--;
	__libc_free(pointer);
}

static void start(unsigned int fail_at)
{
	alive = 0;
	countdown = fail_at;
	counting = true;
}

/* Every allocation up to the last is made to fail: then it succeeds. */
static void reader_survives(void **state)
{
	struct lwm_package package;
	struct lwnpu_error error;
	unsigned int n = 0;
	size_t size;
	void *data;
	int ret;

	(void)state;
	assert_int_equal(lwm_samples[2].make(&package), 0);
	assert_int_equal(lwm_write_memory(&package, SMALLEST(LWM_ALL_CODINGS),
					  &data, &size, NULL), 0);
	lwm_release(&package);
	do {
		start(++n);
		ret = lwm_read_memory(&package, data, size, &error);
		if (!ret)
			lwm_release(&package);
		counting = false;
		assert_int_equal(alive, 0);
		assert_true(!ret || ret == -ENOMEM);
		assert_true(!ret || strstr(error.message, "memory"));
	} while (ret);
	assert_true(n > 30);
	free(data);
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
		start(++n);
		ret = lwm_write_memory(&package, SMALLEST(LWM_ALL_CODINGS),
				       &data, &size, &error);
		if (!ret)
			free(data);
		counting = false;
		assert_int_equal(alive, 0);
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
