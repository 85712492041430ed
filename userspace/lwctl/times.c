// SPDX-License-Identifier: MIT
#include <stdlib.h>

#include "times.h"

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

void lw_times_summarise(double *times, size_t n, double *median, double *min)
{
	qsort(times, n, sizeof(*times), by_value);
	*median = (times[(n - 1) / 2] + times[n / 2]) / 2;
	if (min)
		*min = times[0];
}
