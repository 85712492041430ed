/* SPDX-License-Identifier: MIT */
/* What is said of a number of measured times. */
#ifndef LW_TIMES_H
#define LW_TIMES_H

#include <stddef.h>

/**
 * lw_times_summarise() - median and least of some times
 * @times: sorted on return
 * @n: how many, at least 1
 * @median: gets it
 * @min: gets the least; may be NULL
 */
void lw_times_summarise(double *times, size_t n, double *median, double *min);

#endif /* LW_TIMES_H */
