/* SPDX-License-Identifier: MIT */
/* How fast packages run, on one device or on several. */
#ifndef LW_BENCH_RUN_H
#define LW_BENCH_RUN_H

#include <stddef.h>

/**
 * struct lw_bench_run - what to measure
 * @packages: their files
 * @n_packages: how many
 * @devices: on which each is run; none: the device where none is named
 * @n_devices: how many
 * @threads: processors that each may use; 0: all
 * @seconds: that each is run
 */
struct lw_bench_run {
	const char **packages;
	size_t n_packages;
	const char **devices;
	size_t n_devices;
	unsigned int threads;
	float seconds;
};

/** lw_bench_run() - measure and print; returns an enum lwctl_status */
int lw_bench_run(const struct lw_bench_run *bench);

#endif /* LW_BENCH_RUN_H */
