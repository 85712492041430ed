// SPDX-License-Identifier: MIT
/* Time, pipes, and the daemon. */
#include <errno.h>
#include <glob.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

#define PATIENCE_S 120

void bench_fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

double bench_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec * 1e-9;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double bench_typical(double *times, int n)
{
	qsort(times, n, sizeof(*times), by_size);
	return times[n / 10];
}

static void echo(int in, int out)
{
	char byte;

	while (read(in, &byte, 1) == 1)
		if (write(out, &byte, 1) != 1)
			break;
	_exit(0);
}

double bench_pipe(int round_trips)
{
	int there[2], back[2];
	double begin;
	char byte = 0;
	pid_t pid;

	if (pipe(there) || pipe(back))
		bench_fail("pipe: %m");
	pid = fork();
	if (!pid) {
		close(there[1]);
		echo(there[0], back[1]);
	}
	begin = bench_seconds();
	for (int i = 0; i < round_trips; i++)
		if (write(there[1], &byte, 1) != 1 || read(back[0], &byte, 1) != 1)
			bench_fail("pipe: %m");
	begin = bench_seconds() - begin;
	close(there[0]);
	close(there[1]);
	close(back[0]);
	close(back[1]);
	waitpid(pid, NULL, 0);
	return begin / round_trips;
}

const char *bench_node(void)
{
	static char path[64];
	glob_t found;

	if (glob("/dev/accel/accel*", 0, NULL, &found))
		return NULL;
	snprintf(path, sizeof(path), "%s", found.gl_pathv[0]);
	globfree(&found);
	return path;
}

pid_t bench_daemon_start(const struct bench_options *options, bool traced)
{
	pid_t pid = fork();

	if (pid < 0)
		bench_fail("fork: %m");
	if (pid)
		return pid;
	if (traced && ptrace(PTRACE_TRACEME, 0, NULL, NULL))
		bench_fail("ptrace: %m");
	execl(options->lwnpud, "lwnpud", "--remove", "--engine",
	      options->engine, NULL);
	bench_fail("%s: %m", options->lwnpud);
}

void bench_daemon_wait(pid_t daemon)
{
	double end = bench_seconds() + PATIENCE_S;

	while (!bench_node()) {
		if (bench_seconds() > end ||
		    waitpid(daemon, NULL, WNOHANG) == daemon)
			bench_fail("lwnpud makes no device");
		usleep(10000);
	}
}

void bench_daemon_stop(pid_t daemon)
{
	int status;

	kill(daemon, SIGTERM);
	if (waitpid(daemon, &status, 0) != daemon || status)
		bench_fail("lwnpud ends with status %#x", status);
}
