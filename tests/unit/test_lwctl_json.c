// SPDX-License-Identifier: MIT
/* lwctl's JSON: whole or not at all, valid whatever it is made of. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../userspace/lwctl/lwctl.h"

static void numbers(void **state)
{
	json_t *number = lwctl_json_real(1.5);

	(void)state;
	assert_true(json_real_value(number) == 1.5);
	json_decref(number);
	assert_true(json_is_null(lwctl_json_real(INFINITY)));
	assert_true(json_is_null(lwctl_json_real(-INFINITY)));
	assert_true(json_is_null(lwctl_json_real(NAN)));
}

static void strings(void **state)
{
	static const struct {
		const char *text, *expected;
	} cases[] = {
		{ "", "" },
		{ "caf\xc3\xa9\n", "caf\xc3\xa9\n" },
		{ "caf\xe9", "caf?" },
		{ "\xff\xc3\xa9\x01", "?\xc3\xa9?" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		json_t *string = lwctl_json_string(cases[i].text);

		assert_string_equal(json_string_value(string),
				    cases[i].expected);
		json_decref(string);
	}
}

/* Nothing can be printed any more: this is the last test. */
static void what_is_missing(void **state)
{
	json_t *array = json_array();

	(void)state;
	assert_int_equal(lwctl_print_json(NULL), LWCTL_FAILED);
	assert_int_equal(lwctl_print_json(json_object()), LWCTL_OK);
	lwctl_json_append(array, NULL);
	assert_int_equal(lwctl_print_json(array), LWCTL_FAILED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers),
		cmocka_unit_test(strings),
		cmocka_unit_test(what_is_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
