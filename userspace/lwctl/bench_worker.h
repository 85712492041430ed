/* SPDX-License-Identifier: MIT */
/* A process that runs one package on one device when it is told to. */
#ifndef LW_BENCH_WORKER_H
#define LW_BENCH_WORKER_H

#include "lwctl.h"

/**
 * struct lw_bench_answer - what a worker says: once at the start, then of turns
 * @status: an enum lwctl_status
 * @error: if that is not LWCTL_OK
 * @device: name of what was opened
 * @load_ms: opening the device and loading the package
 * @median_ms: of the turn's runs
 * @min_ms: of the turn's runs
 * @runs: in the turn
 * @peak_kib: the process's memory so far
 */
struct lw_bench_answer {
	int status;
	struct lwnpu_error error;
	char device[64];
	double load_ms, median_ms, min_ms;
	uint64_t runs, peak_kib;
};

/**
 * lw_bench_work() - the worker
 * @socket: SOCK_SEQPACKET; answers go there, and for each float, seconds, that
 *	comes from there a turn is run; ends when nobody is left to send one
 * @package: its file
 * @device: as lwnpu_device_open()
 * @threads: processors to keep to; 0: all
 */
void lw_bench_work(int socket, const char *package, const char *device,
		   unsigned int threads);

#endif /* LW_BENCH_WORKER_H */
