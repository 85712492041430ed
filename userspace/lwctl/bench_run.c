// SPDX-License-Identifier: MIT
/*
 * Each package on each device is a process of its own, so that its memory is
 * its own; they take turns, so that what happens to the machine happens to all.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench_run.h"
#include "bench_worker.h"
#include "table.h"
#include "times.h"

#define ROUNDS 9
/* Threads of the one before may still spin. */
#define PAUSE_NS 20000000

/**
 * struct contender - a package on a device
 * @package: its file
 * @device: as it was asked for; NULL: none was
 * @pid: the worker's; 0: it does not run
 * @socket: to it
 * @last: what it said last
 * @load_ms: what it said first
 * @turns: median of each turn, in ms
 * @min_ms: least of all runs
 * @runs: in all turns
 */
struct contender {
	const char *package, *device;
	pid_t pid;
	int socket;
	struct lw_bench_answer last;
	double load_ms, turns[ROUNDS], min_ms;
	uint64_t runs;
};

/**
 * struct bench - what runs against what
 * @n: contenders
 * @contender: the first is what others are compared with
 */
struct bench {
	size_t n;
	struct contender *contender;
};

static int hear(struct contender *contender, struct lwnpu_error *error)
{
	struct lw_bench_answer *answer = &contender->last;

	if (recv(contender->socket, answer, sizeof(*answer), 0) !=
	    sizeof(*answer)) {
		lw_fail(error, -EIO, "%s: the process that runs it has ended",
			contender->package);
		return LWCTL_FAILED;
	}
	if (answer->status)
		*error = answer->error;
	return answer->status;
}

static void end(struct contender *contender)
{
	if (!contender->pid)
		return;
	close(contender->socket);
	waitpid(contender->pid, NULL, 0);
	contender->pid = 0;
}

/* A worker holds no other's socket: each ends when its own is closed. */
static int start(struct bench *bench, struct contender *contender,
		 unsigned int threads, struct lwnpu_error *error)
{
	int sockets[2], status;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sockets)) {
		lw_fail(error, -errno, "socket: %s", strerror(errno));
		return LWCTL_FAILED;
	}
	contender->pid = fork();
	if (!contender->pid) {
		close(sockets[0]);
		for (size_t i = 0; i < bench->n; i++)
			if (bench->contender[i].pid)
				close(bench->contender[i].socket);
		lw_bench_work(sockets[1], contender->package,
			      contender->device, threads);
		_exit(0);
	}
	close(sockets[1]);
	contender->socket = sockets[0];
	if (contender->pid < 0) {
		contender->pid = 0;
		close(sockets[0]);
		lw_fail(error, -EAGAIN, "processes: %s", strerror(errno));
		return LWCTL_FAILED;
	}
	status = hear(contender, error);
	contender->load_ms = contender->last.load_ms;
	return status;
}

/* The first start may compile kernels, which the second finds on disk. */
static int start_all(struct bench *bench, unsigned int threads,
		     struct lwnpu_error *error)
{
	int status = LWCTL_OK;

	for (size_t i = 0; i < bench->n && !status; i++) {
		status = start(bench, &bench->contender[i], threads, error);
		end(&bench->contender[i]);
	}
	for (size_t i = 0; i < bench->n && !status; i++)
		status = start(bench, &bench->contender[i], threads, error);
	return status;
}

static int take_turn(struct contender *contender, int round, float seconds,
		     struct lwnpu_error *error)
{
	const struct lw_bench_answer *answer = &contender->last;
	int status;

	send(contender->socket, &seconds, sizeof(seconds), MSG_NOSIGNAL);
	status = hear(contender, error);
	if (status)
		return status;
	contender->turns[round] = answer->median_ms;
	contender->runs += answer->runs;
	if (!round || answer->min_ms < contender->min_ms)
		contender->min_ms = answer->min_ms;
	return LWCTL_OK;
}

static int run_all(struct bench *bench, float seconds,
		   struct lwnpu_error *error)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	int status = LWCTL_OK;

	for (int round = 0; round < ROUNDS; round++) {
		for (size_t i = 0; i < bench->n && !status; i++) {
			nanosleep(&pause, NULL);
			status = take_turn(&bench->contender[i], round,
					   seconds / ROUNDS, error);
		}
		lwctl_progress(NULL, "measuring", (round + 1.f) / ROUNDS);
	}
	return status;
}

static double median_ms(const struct contender *contender)
{
	double times[ROUNDS], median;

	memcpy(times, contender->turns, sizeof(times));
	lw_times_summarise(times, ROUNDS, &median, NULL);
	return median;
}

/* To the first contender: the median of the quotients of two turns. */
static double ratio(const struct bench *bench,
		    const struct contender *contender)
{
	double quotients[ROUNDS], median;

	for (int i = 0; i < ROUNDS; i++)
		quotients[i] = contender->turns[i] /
			       bench->contender[0].turns[i];
	lw_times_summarise(quotients, ROUNDS, &median, NULL);
	return median;
}

static int print_text(const struct bench *bench)
{
	static const struct lw_column columns[] = {
		{ "package", LW_NAME_WIDTH, false },
		{ "device", 0, false },
		{ "median ms", 0, true },
		{ "min ms", 0, true },
		{ "ratio", 0, true },
		{ "runs", 0, true },
		{ "load ms", 0, true },
		{ "peak MiB", 0, true },
	};
	struct lw_table table;

	lw_table_begin(&table, columns, 8);
	for (size_t i = 0; i < bench->n; i++) {
		const struct contender *c = &bench->contender[i];

		lw_table_add(&table, "%s", c->package);
		lw_table_add(&table, "%s", c->last.device);
		lw_table_add(&table, "%.3f", median_ms(c));
		lw_table_add(&table, "%.3f", c->min_ms);
		lw_table_add(&table, "%.3g", ratio(bench, c));
		lw_table_add(&table, "%" PRIu64, c->runs);
		lw_table_add(&table, "%.1f", c->load_ms);
		lw_table_add(&table, "%.1f", c->last.peak_kib / 1024.0);
	}
	return lw_table_print(&table);
}

static int print_json(const struct bench *bench)
{
	json_t *array = json_array();

	for (size_t i = 0; i < bench->n; i++) {
		const struct contender *c = &bench->contender[i];

		lwctl_json_append(
			array,
			json_pack("{s:o, s:o, s:f, s:f, s:f, s:I, s:f, s:I}",
				  "package", lwctl_json_string(c->package),
				  "device", lwctl_json_string(c->last.device),
				  "median_ms", median_ms(c), "min_ms",
				  c->min_ms, "ratio", ratio(bench, c), "runs",
				  (json_int_t)c->runs, "load_ms", c->load_ms,
				  "peak_kib", (json_int_t)c->last.peak_kib));
	}
	return lwctl_print_json(json_pack("{s:o}", "results", array));
}

/* Every package on every device. */
static int pair_up(struct bench *bench, const struct lw_bench_run *request,
		   struct lwnpu_error *error)
{
	size_t n = request->n_devices ? request->n_devices : 1;

	bench->n = request->n_packages * n;
	bench->contender = calloc(bench->n, sizeof(*bench->contender));
	if (!bench->contender)
		return lw_fail(error, -ENOMEM, "out of memory for %zu workers",
			       bench->n);
	for (size_t i = 0; i < bench->n; i++) {
		bench->contender[i].package = request->packages[i / n];
		if (request->n_devices)
			bench->contender[i].device = request->devices[i % n];
	}
	return 0;
}

int lw_bench_run(const struct lw_bench_run *request)
{
	struct lwnpu_error error = { 0 };
	struct bench bench = { 0 };
	int status = LWCTL_FAILED;

	if (!pair_up(&bench, request, &error))
		status = start_all(&bench, request->threads, &error);
	if (!status)
		status = run_all(&bench, request->seconds, &error);
	for (size_t i = 0; i < bench.n && bench.contender; i++)
		end(&bench.contender[i]);
	if (status)
		status = lwctl_fail(status, &error);
	else
		status = lwctl_json() ? print_json(&bench) :
					print_text(&bench);
	free(bench.contender);
	return status;
}
