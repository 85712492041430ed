// SPDX-License-Identifier: MIT
/*
 * The checker and the disassembler are also kernel code: they compile without
 * a C library and without floating point, and call nothing but what compilers
 * themselves do.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FLAGS "-std=gnu11 -O2 -ffreestanding -fno-builtin -nostdlib " \
	"-mgeneral-regs-only -Wall -Wextra -Werror -Wmissing-prototypes " \
	"-Wvla -Wframe-larger-than=1024 -Iuapi -Idriver"
#define SOURCES "driver/lwnpu_table.c driver/lwnpu_check.c " \
	"driver/lwnpu_check_index.c driver/lwnpu_check_ops.c " \
	"driver/lwnpu_check_window.c " \
	"driver/lwnpu_disasm.c"

static void run(const char *format, const char *argument)
{
	char command[1024];

	assert_true((size_t)snprintf(command, sizeof(command), format,
				     argument) < sizeof(command));
	if (system(command))
		fail_msg("failed: %s", command);
}

static void test_freestanding(void **state)
{
	static const char *const allowed[] = {
		"memcpy", "memset", "memmove", "memcmp",
	};
	char folder[] = "/tmp/lwnpu-freestanding-XXXXXX";
	char name[256], command[512];
	FILE *symbols;
	size_t i;

	(void)state;
	assert_non_null(mkdtemp(folder));
	run("${CC:-cc} " FLAGS " -r -o %s/all.o " SOURCES, folder);
	snprintf(command, sizeof(command), "nm -u %s/all.o", folder);
	symbols = popen(command, "r");
	assert_non_null(symbols);
	while (fscanf(symbols, " U %255s", name) == 1) {
		for (i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
			if (!strcmp(name, allowed[i]))
				break;
		if (i == sizeof(allowed) / sizeof(allowed[0]))
			fail_msg("calls %s", name);
	}
	assert_int_equal(pclose(symbols), 0);
	run("rm -r %s", folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_freestanding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
