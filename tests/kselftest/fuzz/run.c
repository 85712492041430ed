// SPDX-License-Identifier: MIT
/* What the programs have in common: options, processes, the report. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fuzz.h"

#define MAX_PROCESSES 16

struct options {
	uint64_t count, seed, seconds, processes, threads;
};

static const struct fuzz_program *program;
static struct options options = {
	.seconds = 120, .processes = 4, .threads = 2,
};
static int64_t begin;
static uint32_t tests;

static bool parse(int argc, char **argv)
{
	const struct {
		const char *name;
		uint64_t *value;
	} known[] = {
		{ "--count", &options.count }, { "--seed", &options.seed },
		{ "--seconds", &options.seconds },
		{ "--processes", &options.processes },
		{ "--threads", &options.threads },
	};
	size_t k;
	int i;

	for (i = 1; i + 1 < argc; i += 2) {
		for (k = 0; k < sizeof(known) / sizeof(*known); k++)
			if (!strcmp(argv[i], known[k].name))
				break;
		if (k == sizeof(known) / sizeof(*known))
			return false;
		*known[k].value = strtoull(argv[i + 1], NULL, 0);
	}
	return i == argc && options.processes <= MAX_PROCESSES &&
	       options.threads && options.threads <= FUZZ_THREADS;
}

/* Threads of a process share what program->enter() makes. */
static void work(uint64_t process)
{
	struct fuzz_plan plan[FUZZ_THREADS] = { 0 };
	pthread_t thread[FUZZ_THREADS];
	uint32_t i;

	syscall(SYS_close_range, 3, ~0U, 0);
	program->enter(plan, options.threads);
	for (i = 0; i < options.threads; i++) {
		plan[i].seed = options.seed + (process << 32) + i;
		plan[i].count = options.count;
		plan[i].end = begin + options.seconds * 1000000000;
		if (pthread_create(&thread[i], NULL, fuzz_thread, &plan[i]))
			fail("a thread");
	}
	for (i = 0; i < options.threads; i++)
		pthread_join(thread[i], NULL);
	_exit(0);
}

static void start(uint64_t process)
{
	pid_t pid = fork();

	if (!pid)
		work(process);
	if (pid < 0)
		fail("fork");
}

/* A process that died as the seed has it is followed by another. */
static void run(void)
{
	uint32_t failed = 0, killed = 0;
	uint64_t n;
	int status;
	pid_t pid;

	fflush(stdout);
	begin = in_ms(0);
	for (n = 1; n <= options.processes; n++)
		start(n);
	while ((pid = wait(&status)) > 0 || errno == EINTR) {
		if (pid <= 0 || !status)
			continue;
		if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL &&
		    killed < fuzz_report->deaths) {
			killed++;
			start(n++);
			continue;
		}
		printf("# process %d ended with %#x\n", pid, status);
		failed++;
	}
	fuzz_test(!failed, "processes end well");
}

static void print_results(void)
{
	const struct call *call;
	uint32_t n, error;

	for (n = 0; (call = fuzz_call(n)); n++) {
		printf("# %s:", call->name);
		for (error = 0; error < FUZZ_ERRNOS; error++)
			if (fuzz_report->results[n][error])
				printf(" %s %u", error ?
				       strerrorname_np(error) ? : "?" : "ok",
				       fuzz_report->results[n][error]);
		printf("\n");
	}
	printf("# odd numbers: %lu\n# jobs by status:", fuzz_report->odd);
	for (n = 0; n <= DRM_LWNPU_JOB_LOST; n++)
		printf(" %u", fuzz_report->jobs[n]);
	printf("\n");
}

static bool all_accepted(void)
{
	bool all = true;
	uint32_t n;

	for (n = 0; fuzz_call(n); n++)
		if (!fuzz_report->results[n][0]) {
			printf("# never accepted: %s\n", fuzz_call(n)->name);
			all = false;
		}
	return all;
}

static bool is_documented(uint32_t error)
{
	const int *documented = program->documented;

	while (*documented && (uint32_t)*documented != error)
		documented++;
	return !error || *documented;
}

static bool all_documented(void)
{
	bool all = true;
	uint32_t n, error;

	for (n = 0; fuzz_is_own(n); n++)
		for (error = 0; error < FUZZ_ERRNOS; error++)
			if (fuzz_report->results[n][error] &&
			    !is_documented(error)) {
				printf("# %s gave %s\n", fuzz_call(n)->name,
				       strerrorname_np(error) ? : "?");
				all = false;
			}
	return all;
}

void fuzz_begin(const struct fuzz_program *what, int argc, char **argv)
{
	program = what;
	fuzz_tables = program->tables;
	options.seed = time(NULL);
	options.count = program->count;
	if (!parse(argc, argv)) {
		fprintf(stderr, "usage: %s [--count N] [--seed S] [--seconds T] [--processes P] [--threads T]\n",
			program->name);
		exit(2);
	}
	printf("TAP version 13\n1..%u\n# seed %" PRIu64 "\n", program->tests,
	       options.seed);
	fuzz_avoid();
	fuzz_report = mmap(NULL, sizeof(*fuzz_report), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (fuzz_report == MAP_FAILED)
		fail("memory");
}

void fuzz_run(void)
{
	run();
	print_results();
	printf("# %lu calls in %.1f s, seed %" PRIu64 "\n", fuzz_report->calls,
	       (in_ms(0) - begin) * 1e-9, options.seed);
	fuzz_test(all_accepted(), "each call is accepted some time");
	fuzz_test(all_documented(), "errors are documented");
}

uint64_t fuzz_seed(void)
{
	return options.seed;
}

void fuzz_test(bool good, const char *text)
{
	printf("%sok %u %s\n", good ? "" : "not ", ++tests, text);
	fuzz_report->failed |= !good;
}

int fuzz_end(void)
{
	return fuzz_report->failed;
}
