// SPDX-License-Identifier: MIT
#include <stdio.h>

#include "tap.h"

static unsigned int tests, failures;

void lw_tap_test(bool good, const char *what)
{
	printf("%sok %u - %s\n", good ? "" : "not ", ++tests, what);
	fflush(stdout);
	failures += !good;
}

int lw_tap_end(void)
{
	printf("1..%u\n", tests);
	return failures > 0;
}
