// SPDX-License-Identifier: MIT
/* lwctl's tables: columns, and names that are too long for them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../userspace/lwctl/lwctl.h"
#include "../../userspace/lwctl/table.h"

/* What lw_table_print() prints, in @text. */
static int print(struct lw_table *table, char *text, size_t size)
{
	FILE *file = tmpfile();
	int output, status;

	assert_non_null(file);
	fflush(stdout);
	output = dup(STDOUT_FILENO);
	dup2(fileno(file), STDOUT_FILENO);
	status = lw_table_print(table);
	fflush(stdout);
	dup2(output, STDOUT_FILENO);
	close(output);
	rewind(file);
	text[fread(text, 1, size - 1, file)] = '\0';
	fclose(file);
	return status;
}

static void columns(void **state)
{
	static const struct lw_column columns[] = {
		{ "name", 8, false },
		{ "n", 0, true },
		{ "", 0, true },
		{ "what", 0, false },
	};
	static const char *const cells[] = {
		"one", "1", "5 %", "x", "caf\xc3\xa9", "1000", "", "",
		"", "", "", "y", "a longer name", "7", "100 %", "a longer word",
	};
	struct lw_table table;
	char text[500];

	(void)state;
	lw_table_begin(&table, columns, 4);
	for (size_t i = 0; i < sizeof(cells) / sizeof(*cells); i++)
		lw_table_add(&table, "%s", cells[i]);
	assert_int_equal(print(&table, text, sizeof(text)), LWCTL_OK);
	assert_string_equal(text, "name         n         what\n"
				  "one          1    5 %  x\n"
				  "caf\xc3\xa9      1000\n"
				  "                       y\n"
				  "a ...ame     7  100 %  a longer word\n");
}

static void no_rows(void **state)
{
	static const struct lw_column column = { "title", 3, false };
	struct lw_table table;
	char text[100];

	(void)state;
	lw_table_begin(&table, &column, 1);
	assert_int_equal(print(&table, text, sizeof(text)), LWCTL_OK);
	assert_string_equal(text, "...\n");
}

static void many_rows(void **state)
{
	static const struct lw_column column = { "n", 0, true };
	struct lw_table table;
	char *text = malloc(100000), *at = text;

	(void)state;
	lw_table_begin(&table, &column, 1);
	for (int i = 0; i < 10000; i++)
		lw_table_add(&table, "%d", i);
	assert_int_equal(print(&table, text, 100000), LWCTL_OK);
	assert_memory_equal(at, "   n\n", 5);
	for (int i = 0; i < 10000; i++)
		assert_int_equal(strtol(at += 5, NULL, 10), i);
	assert_string_equal(at, "9999\n");
	free(text);
}

static void shorten(void **state)
{
	static const struct {
		const char *text;
		size_t max;
		const char *expected;
	} cases[] = {
		{ "", 3, "" },
		{ "abc", 3, "abc" },
		{ "abcd", 3, "..." },
		{ "abcdefgh", 8, "abcdefgh" },
		{ "abcdefghi", 8, "ab...ghi" },
		{ "abcdefghi", 7, "ab...hi" },
		{ "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", 4,
		  "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9" },
		{ "\xc3\xa9\xc3\xa9 and \xf0\x9f\x90\xb1\xc3\xa9", 5,
		  "\xc3\xa9...\xc3\xa9" },
		{ "a\nb\x1b[31m", 8, "a?b?[31m" },
		{ "\xff\xff\xff\xff", 4, "????" },
	};
	char text[40];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		strcpy(text, cases[i].text);
		lw_shorten(text, cases[i].max);
		assert_string_equal(text, cases[i].expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns),
		cmocka_unit_test(no_rows),
		cmocka_unit_test(many_rows),
		cmocka_unit_test(shorten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
