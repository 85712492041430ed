// SPDX-License-Identifier: MIT
#define _GNU_SOURCE /* sched_setaffinity() */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "bench_worker.h"
#include "eval.h"
#include "model.h"
#include "times.h"

/* Runs of a turn whose times are kept. */
#define MAX_RUNS 100000

/**
 * struct worker - a package on a device
 * @device: open
 * @model: loaded
 * @inputs: random bytes
 * @outputs: of the last run
 * @times: of the runs of a turn, in seconds
 */
struct worker {
	struct lwnpu_device *device;
	struct lwnpu_model *model;
	struct lw_buffers inputs, outputs;
	double *times;
};

/* PoCL makes a thread for each processor of the machine unless it is told. */
static int keep_to(unsigned int threads, struct lwnpu_error *error)
{
	cpu_set_t allowed, kept;
	char number[16];

	if (!threads)
		return 0;
	CPU_ZERO(&kept);
	if (sched_getaffinity(0, sizeof(allowed), &allowed))
		return lw_fail(error, -EIO, "processors: %s", strerror(errno));
	for (int i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, &allowed) &&
		    CPU_COUNT(&kept) < (int)threads)
			CPU_SET(i, &kept);
	if (CPU_COUNT(&kept) < (int)threads)
		return lw_fail(error, -EINVAL,
			       "--threads: %u, expected at most %d, the processors that there are",
			       threads, CPU_COUNT(&kept));
	if (sched_setaffinity(0, sizeof(kept), &kept))
		return lw_fail(error, -EIO, "processors: %s", strerror(errno));
	snprintf(number, sizeof(number), "%u", threads);
	if (setenv("POCL_MAX_PTHREAD_COUNT", number, 1))
		return lw_fail(error, -ENOMEM, "out of memory for a worker");
	return 0;
}

static int make_room(struct worker *worker, struct lwnpu_error *error)
{
	const struct lwm_package *package = lw_model_package(worker->model);
	uint64_t seed = 1;
	int ret;

	ret = lw_buffers_init(&worker->inputs, package->inputs,
			      package->n_inputs, LWNPU_QUANT, error);
	if (!ret)
		ret = lw_buffers_init(&worker->outputs, package->outputs,
				      package->n_outputs, LWNPU_QUANT, error);
	if (ret)
		return ret;
	lw_buffers_randomise(&worker->inputs, &seed);
	worker->times = calloc(MAX_RUNS, sizeof(*worker->times));
	return worker->times ? 0 :
		lw_fail(error, -ENOMEM, "out of memory for a worker");
}

static int run(struct worker *worker, struct lwnpu_error *error)
{
	return lwnpu_model_run(worker->model, worker->inputs.buffer,
			       worker->outputs.buffer, error);
}

/* At least one run; the first of all, here, is not timed. */
static void start(struct worker *worker, const char *package,
		  const char *device, unsigned int threads,
		  struct lw_bench_answer *answer)
{
	struct lwnpu_error *error = &answer->error;
	struct lwnpu_device_info info;
	double begin;

	answer->status = LWCTL_USAGE;
	if (keep_to(threads, error))
		return;
	begin = lw_seconds();
	answer->status = LWCTL_FAILED;
	if (lwnpu_device_open(&worker->device, device, error))
		return;
	answer->status = LWCTL_INPUT;
	if (lwnpu_model_load_file(&worker->model, worker->device, package,
				  error))
		return;
	answer->load_ms = 1e3 * (lw_seconds() - begin);
	if (make_room(worker, error) || run(worker, error))
		return;
	lwnpu_device_describe(worker->device, &info);
	snprintf(answer->device, sizeof(answer->device), "%s", info.name);
	answer->status = LWCTL_OK;
}

static void take_turn(struct worker *worker, float seconds,
		      struct lw_bench_answer *answer)
{
	double now = lw_seconds(), end = now + seconds, begin;
	size_t n = 0;

	do {
		begin = now;
		if (run(worker, &answer->error)) {
			answer->status = LWCTL_FAILED;
			return;
		}
		now = lw_seconds();
		worker->times[n++] = 1e3 * (now - begin);
	} while (now < end && n < MAX_RUNS);
	answer->runs = n;
	lw_times_summarise(worker->times, n, &answer->median_ms,
			   &answer->min_ms);
}

static bool say(int socket, struct lw_bench_answer *answer)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	answer->peak_kib = usage.ru_maxrss;
	return send(socket, answer, sizeof(*answer), MSG_NOSIGNAL) ==
		       sizeof(*answer) &&
	       answer->status == LWCTL_OK;
}

void lw_bench_work(int socket, const char *package, const char *device,
		   unsigned int threads)
{
	struct lw_bench_answer answer = { 0 };
	struct worker worker = { 0 };
	float seconds;

	start(&worker, package, device, threads, &answer);
	while (say(socket, &answer) &&
	       recv(socket, &seconds, sizeof(seconds), 0) == sizeof(seconds))
		take_turn(&worker, seconds, &answer);
	lw_buffers_release(&worker.inputs);
	lw_buffers_release(&worker.outputs);
	lwnpu_model_free(worker.model);
	lwnpu_device_close(worker.device);
	free(worker.times);
}
