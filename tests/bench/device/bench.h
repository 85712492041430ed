/* SPDX-License-Identifier: MIT */
/*
 * What a job costs through a device node: system calls of application and
 * daemon, SUBMIT, latency and throughput beside runs in process. In User-Mode
 * Linux, where a system call is slow, calls are counted rather than timed.
 */
#ifndef DEVICE_BENCH_H
#define DEVICE_BENCH_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/**
 * struct bench_options - the command line
 * @lwnpud: path of the daemon
 * @engine: that it uses, and that runs in process
 * @model: name and path of models, in pairs
 * @n_models: how many
 * @large: the one for throughput
 */
struct bench_options {
	const char *lwnpud;
	const char *engine;
	const char *model[8][2];
	int n_models;
	const char *large;
};

/** bench_fail() - say what failed, and end */
void bench_fail(const char *format, ...)
	__attribute__((noreturn, format(printf, 1, 2)));

/** bench_seconds() - the time */
double bench_seconds(void);

/**
 * bench_typical() - what something takes when nothing else gets in between
 * @times: of it, which are sorted
 * @n: how many
 *
 * Return: the lowest decile.
 */
double bench_typical(double *times, int n);

/** bench_pipe() - seconds of a round trip between two processes */
double bench_pipe(int round_trips);

/**
 * bench_daemon_start() - start a daemon, and wait for its node
 * @options: which
 * @traced: stopped before its first call, to be traced by this process
 */
pid_t bench_daemon_start(const struct bench_options *options, bool traced);
void bench_daemon_wait(pid_t daemon);
void bench_daemon_stop(pid_t daemon);

/** bench_node() - path of the device's node, NULL if there is none yet */
const char *bench_node(void);

/**
 * struct bench_client - a model on a device, with jobs of it
 */
struct bench_client;

/**
 * bench_client_open() - load a model
 * @device: as lwnpu_device_open()
 * @path: of the model
 * @n_jobs: jobs with memory of their own
 */
struct bench_client *bench_client_open(const char *device, const char *path,
				       int n_jobs);
void bench_client_close(struct bench_client *client);

/** bench_client_run() - run @n jobs, one after the other, by lwnpu_model_run() */
void bench_client_run(struct bench_client *client, int n);

/**
 * bench_client_stream() - run jobs, always as many in flight as there are
 * @client: the client
 * @n: how many
 * @ends: gets the times when they were complete; may be NULL
 */
void bench_client_stream(struct bench_client *client, int n, double *ends);

/**
 * bench_calls() - count system calls of jobs
 * @options: which daemon and engine
 * @path: of the model
 * @in_flight: jobs at the same time
 * @jobs: how many are counted
 *
 * Return: calls a job, by name, of the application and of the daemon.
 */
json_t *bench_calls(const struct bench_options *options, const char *path,
		    int in_flight, int jobs);

/** bench_calls_in_process() - the same for an application without a daemon */
json_t *bench_calls_in_process(const struct bench_options *options,
			       const char *path, int jobs);

/**
 * bench_submit() - time SUBMIT
 * @daemon: is stopped meanwhile
 * @n_ops: of two programs
 * @seconds: gets the time of a call for each of them
 */
void bench_submit(pid_t daemon, const uint32_t n_ops[2], double seconds[2]);

#endif /* DEVICE_BENCH_H */
