/* SPDX-License-Identifier: MIT */
/* A whole program, for where the failing allocator is not: says that it skips. */
#ifndef LW_ABSENT_H
#define LW_ABSENT_H

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

#endif /* LW_ABSENT_H */
