/* SPDX-License-Identifier: MIT */
/* How fast the codings of a package decode. */
#ifndef LW_BENCH_DECODE_H
#define LW_BENCH_DECODE_H

#include "lwm.h"

/**
 * struct lw_bench_decode - what to measure
 * @path: package
 * @runs: of which the median counts
 * @threads: most threads to use, beside one
 */
struct lw_bench_decode {
	const char *path;
	unsigned int runs;
	unsigned int threads;
};

/** lw_bench_decode() - measure and print; returns an enum lwctl_status */
int lw_bench_decode(const struct lw_bench_decode *bench);

#endif /* LW_BENCH_DECODE_H */
