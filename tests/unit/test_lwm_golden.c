// SPDX-License-Identifier: MIT
/* Golden packages: the same are written, and the same becomes of them. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../common/lwm_rig.h"
#include "file.h"

#define GOLDEN "tests/data/lwm"

/* Another version of a library may write other bytes. */
#define FOREIGN (1u << LWM_ZSTD | 1u << LWM_DEFLATE)

static struct lwnpu_error error;

static const char *golden(const char *kind, const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), GOLDEN "/%s-%s.lwm", kind, name);
	return path;
}

static void good_golden_files(void **state)
{
	const struct lwm_sample *sample;
	struct lwm_package made, read;
	size_t size, golden_size;
	void *data, *golden_data;

	(void)state;
	for (sample = lwm_samples; sample->name; sample++) {
		assert_int_equal(sample->make(&made), 0);
		lwm_rig_write(&made, &sample->choice, &data, &size);
		assert_int_equal(lw_file_read(golden("good", sample->name),
					      1 << 20, &golden_data,
					      &golden_size, &error), 0);
		if (!(sample->choice.codings & FOREIGN)) {
			assert_int_equal(size, golden_size);
			assert_memory_equal(data, golden_data, size);
			lwm_rig_read(&read, golden_data, golden_size);
			lwm_rig_same_codings(&made, &read);
		} else {
			assert_int_equal(lwm_read_file(&read,
					 golden("good", sample->name),
					 &error), 0);
		}
		lwm_rig_same(&made, &read);
		lwm_release(&made);
		lwm_release(&read);
		free(data);
		free(golden_data);
	}
}

static void bad_golden_files(void **state)
{
	size_t size, golden_size;
	unsigned int i, n = 0;
	void *golden_data;
	const char *name;
	uint8_t *data;

	(void)state;
	for (i = 0; (name = lwm_bad(i, &data, &size)); i++, n++) {
		assert_int_equal(lw_file_read(golden("bad", name), 1 << 20,
					      &golden_data, &golden_size,
					      &error), 0);
		assert_int_equal(size, golden_size);
		assert_memory_equal(data, golden_data, size);
		lwm_rig_refused(data, size);
		free(data);
		free(golden_data);
	}
	assert_true(n > 50);
}

static int code_of(const char *name)
{
	static const struct {
		const char *name;
		int code;
	} codes[] = {
		{ "OK", 0 }, { "EBADMSG", -EBADMSG }, { "EINVAL", -EINVAL },
		{ "EOPNOTSUPP", -EOPNOTSUPP },
	};
	unsigned int i;

	for (i = 0; i < sizeof(codes) / sizeof(*codes); i++) {
		if (!strcmp(codes[i].name, name))
			return codes[i].code;
	}
	fail_msg("expected.txt: unknown error %s", name);
	return 1;
}

/* The message is the path and the rest of the line. */
static void check_row(const char *name, const char *code, const char *text)
{
	struct lwm_package package;
	char path[128], message[1024];
	int ret;

	snprintf(path, sizeof(path), GOLDEN "/%.64s", name);
	ret = lwm_read_file(&package, path, &error);
	assert_int_equal(ret, code_of(code));
	if (!ret) {
		lwm_release(&package);
		return;
	}
	snprintf(message, sizeof(message), "%s: %s", path, text);
	assert_string_equal(error.message, message);
}

static unsigned int golden_count(void)
{
	DIR *folder = opendir(GOLDEN);
	struct dirent *entry;
	unsigned int n = 0;

	assert_non_null(folder);
	while ((entry = readdir(folder)))
		n += strstr(entry->d_name, ".lwm") != NULL;
	closedir(folder);
	return n;
}

static void golden_files_are_as_expected(void **state)
{
	FILE *table = fopen(GOLDEN "/expected.txt", "r");
	char line[1024], name[64], code[16], text[512];
	unsigned int n = 0;

	(void)state;
	assert_non_null(table);
	while (fgets(line, sizeof(line), table)) {
		if (line[0] == '#')
			continue;
		assert_int_equal(sscanf(line, "%63s %15s %511[^\n]", name,
					code, text), 3);
		check_row(name, code, text);
		n++;
	}
	fclose(table);
	assert_int_equal(n, golden_count());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_golden_files),
		cmocka_unit_test(bad_golden_files),
		cmocka_unit_test(golden_files_are_as_expected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
