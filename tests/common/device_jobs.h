/* SPDX-License-Identifier: MIT */
/* Jobs of random programs on the device node, checked against plain C. */
#ifndef LW_DEVICE_JOBS_H
#define LW_DEVICE_JOBS_H

#include <stdatomic.h>
#include <stdint.h>
#include <sys/types.h>

/**
 * struct lw_job_counters - what became of jobs, in memory that processes share
 * @done: with the right bytes
 * @lost: with ENODEV, as the interface says of jobs whose engine died too often
 * @wrong: processes that stopped at something else
 */
struct lw_job_counters {
	_Atomic uint64_t done;
	_Atomic uint64_t lost;
	_Atomic uint64_t wrong;
};

/**
 * lw_submit_jobs() - submit jobs, one after the other
 * @counters: gets the results
 * @seed: of programs and inputs
 * @jobs: how many
 *
 * What is wrong is printed. Return: 0, or 1 if files stay open.
 */
int lw_submit_jobs(struct lw_job_counters *counters, uint64_t seed,
		   uint64_t jobs);

/**
 * lw_count_files() - descriptors of a process
 * @pid: the process
 * @prefix: of what to count; "": all
 *
 * Return: how many, or -1: no such process.
 */
int lw_count_files(pid_t pid, const char *prefix);

/**
 * lw_count_mappings() - mappings of a process
 * @pid: the process
 * @name: what is mapped, "[lwnpu-view]"
 *
 * Return: how many, or -1: no such process.
 */
int lw_count_mappings(pid_t pid, const char *name);

#endif /* LW_DEVICE_JOBS_H */
