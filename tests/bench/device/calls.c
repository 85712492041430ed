// SPDX-License-Identifier: MIT
/*
 * System calls, counted by tracing: each call of each thread of application and
 * daemon stops here once. The application marks begin and end of what counts by
 * stopping itself.
 */
#include <drm.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "lwnpu_ctl.h"
#include "lwnpu_drm.h"

#define MAX_THREADS 64
#define WARM_UP 50

#define OPTIONS (PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | \
		 PTRACE_O_EXITKILL)

/**
 * struct thread - one that is traced
 * @pid: its id, 0: none
 * @is_daemon: of the daemon, or of the application
 * @is_inside: a call
 */
struct thread {
	pid_t pid;
	bool is_daemon;
	bool is_inside;
};

/**
 * struct tracer - all that is traced
 * @threads: of both processes
 * @application: its process
 * @marks: so far
 * @counts: by name, of the application and of the daemon
 */
struct tracer {
	struct thread threads[MAX_THREADS];
	pid_t application;
	int marks;
	json_t *counts[2];
};

static const char *name_ioctl(unsigned long command)
{
	switch (command) {
	case DRM_IOCTL_LWNPU_SUBMIT: return "SUBMIT";
	case DRM_IOCTL_LWNPU_WAIT_JOB: return "WAIT_JOB";
	case LWNPU_CTL_RUN: return "RUN";
	case LWNPU_CTL_GET_BUFFER: return "GET_BUFFER";
	case LWNPU_CTL_GET_PROGRAM: return "GET_PROGRAM";
	default: return "other ioctl";
	}
}

static const char *name_call(const struct user_regs_struct *regs)
{
	static char text[32];

	switch (regs->orig_rax) {
	case SYS_ioctl: return name_ioctl(regs->rsi);
	case SYS_futex: return "futex";
	case SYS_clock_gettime: return "clock_gettime";
	case SYS_write: return "write";
	case SYS_read: return "read";
	case SYS_poll: return "poll";
	case SYS_sched_yield: return "sched_yield";
	case SYS_mmap: return "mmap";
	case SYS_munmap: return "munmap";
	case SYS_madvise: return "madvise";
	default:
		snprintf(text, sizeof(text), "call %llu", regs->orig_rax);
		return text;
	}
}

static struct thread *find_thread(struct tracer *tracer, pid_t pid)
{
	for (int i = 0; i < MAX_THREADS; i++)
		if (tracer->threads[i].pid == pid)
			return &tracer->threads[i];
	if (!pid)
		bench_fail("more than %d threads", MAX_THREADS);
	return NULL;
}

static void add_thread(struct tracer *tracer, pid_t pid, bool is_daemon)
{
	struct thread *thread = find_thread(tracer, pid);

	if (!thread) {
		thread = find_thread(tracer, 0);
		*thread = (struct thread){ .pid = pid };
	}
	thread->is_daemon = is_daemon;
}

static void count(struct tracer *tracer, struct thread *thread)
{
	json_t *counts = tracer->counts[thread->is_daemon];
	struct user_regs_struct regs;
	const char *name;

	thread->is_inside = !thread->is_inside;
	if (!thread->is_inside || tracer->marks != 1)
		return;
	if (ptrace(PTRACE_GETREGS, thread->pid, NULL, &regs))
		bench_fail("PTRACE_GETREGS: %m");
	/* That is the mark itself. */
	if (regs.orig_rax == SYS_tgkill)
		return;
	name = name_call(&regs);
	json_object_set_new(counts, name,
			    json_integer(1 + json_integer_value(
				json_object_get(counts, name))));
}

/* Return: the signal that the thread is to get. */
static int handle_stop(struct tracer *tracer, struct thread *thread, int status)
{
	int signal = WSTOPSIG(status);
	unsigned long child;

	if (signal == (SIGTRAP | 0x80)) {
		count(tracer, thread);
		return 0;
	}
	if (status >> 16 == PTRACE_EVENT_CLONE) {
		if (!ptrace(PTRACE_GETEVENTMSG, thread->pid, NULL, &child))
			add_thread(tracer, child, thread->is_daemon);
		return 0;
	}
	if (signal == SIGSTOP && thread->pid == tracer->application) {
		tracer->marks++;
		return 0;
	}
	/* Threads begin with the former, programs with the latter. */
	return signal == SIGSTOP || signal == SIGTRAP ? 0 : signal;
}

/* Waits for a stop and goes on. Return: false if the application has ended. */
static bool step(struct tracer *tracer)
{
	struct thread *thread;
	int status, signal;
	pid_t pid = waitpid(-1, &status, __WALL);

	if (pid < 0)
		bench_fail("waitpid: %m");
	thread = find_thread(tracer, pid);
	if (!WIFSTOPPED(status)) {
		if (thread)
			thread->pid = 0;
		if (pid == tracer->application && status)
			bench_fail("the application ends with %#x", status);
		return pid != tracer->application;
	}
	/* A new thread may stop before its maker tells whose it is. */
	if (!thread) {
		add_thread(tracer, pid, false);
		thread = find_thread(tracer, pid);
	}
	signal = handle_stop(tracer, thread, status);
	ptrace(PTRACE_SYSCALL, pid, NULL, signal);
	return true;
}

static void trace(struct tracer *tracer, pid_t pid, bool is_daemon)
{
	int status;

	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status) ||
	    ptrace(PTRACE_SETOPTIONS, pid, NULL, OPTIONS))
		bench_fail("tracing: %m");
	add_thread(tracer, pid, is_daemon);
	if (ptrace(PTRACE_SYSCALL, pid, NULL, 0))
		bench_fail("tracing: %m");
}

/* For this thread: a signal of the process may go to another one. */
static void mark(pid_t pid)
{
	syscall(SYS_tgkill, pid, pid, SIGSTOP);
}

static pid_t start_application(const char *device, const char *path,
			       int in_flight, int jobs)
{
	struct bench_client *client;
	pid_t pid = fork();

	if (pid < 0)
		bench_fail("fork: %m");
	if (pid)
		return pid;
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL))
		bench_fail("ptrace: %m");
	pid = getpid();
	mark(pid);
	client = bench_client_open(device, path, in_flight);
	bench_client_stream(client, WARM_UP, NULL);
	mark(pid);
	bench_client_stream(client, jobs, NULL);
	mark(pid);
	bench_client_close(client);
	exit(0);
}

static json_t *per_job(json_t *counts, int jobs)
{
	json_t *result = json_object(), *value;
	double sum = 0;
	const char *name;

	json_object_foreach(counts, name, value) {
		double calls = (double)json_integer_value(value) / jobs;

		sum += calls;
		json_object_set_new(result, name, json_real(calls));
	}
	json_object_set_new(result, "all", json_real(sum));
	json_decref(counts);
	return result;
}

/* Lets the daemon run until its node is there. */
static void wait_for_node(struct tracer *tracer)
{
	while (!bench_node())
		step(tracer);
}

static void stop_daemon(struct tracer *tracer, pid_t daemon)
{
	kill(daemon, SIGTERM);
	while (find_thread(tracer, daemon))
		step(tracer);
}

static void trace_application(struct tracer *tracer, const char *device,
			      const char *path, int in_flight, int jobs)
{
	tracer->application = start_application(device, path, in_flight, jobs);
	trace(tracer, tracer->application, false);
	while (step(tracer))
		;
	if (tracer->marks != 2)
		bench_fail("%d marks of the application", tracer->marks);
}

json_t *bench_calls(const struct bench_options *options, const char *path,
		    int in_flight, int jobs)
{
	struct tracer tracer = {
		.counts = { json_object(), json_object() },
	};
	pid_t daemon = bench_daemon_start(options, true);

	trace(&tracer, daemon, true);
	wait_for_node(&tracer);
	trace_application(&tracer, bench_node(), path, in_flight, jobs);
	stop_daemon(&tracer, daemon);
	return json_pack("{s:o, s:o}",
			 "application", per_job(tracer.counts[0], jobs),
			 "daemon", per_job(tracer.counts[1], jobs));
}

json_t *bench_calls_in_process(const struct bench_options *options,
			       const char *path, int jobs)
{
	struct tracer tracer = {
		.counts = { json_object(), json_object() },
	};

	trace_application(&tracer, options->engine, path, 1, jobs);
	json_decref(tracer.counts[1]);
	return per_job(tracer.counts[0], jobs);
}
