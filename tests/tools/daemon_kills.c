// SPDX-License-Identifier: MIT
/*
 * Kills lwnpud again and again under processes that submit jobs: every job ends
 * with the right bytes, or is lost as documented, and nothing stays behind.
 *
 *   daemon_kills LWNPUD [--jobs N] [--kills K] [--processes P] [--attempts A]
 *                [--engine NAME] [--seed S]
 *
 * Needs root and a device of its own. --attempts sets the module's max_attempts
 * for this run. Prints TAP.
 */
#include <glob.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../common/arguments.h"
#include "../common/daemon_process.h"
#include "../common/device_jobs.h"
#include "../common/random.h"
#include "../common/tap.h"
#include "../../userspace/lwctl/lwctl.h"

#define ATTEMPTS LW_MODULE "parameters/max_attempts"
#define MAX_PROCESSES 64

struct options {
	const char *lwnpud, *engine;
	uint64_t jobs, kills, processes, attempts, seed;
};

static struct lw_job_counters *counters;
static uint64_t finished(void)
{
	return counters->done + counters->lost;
}

/* With several jobs at work, as on machines of more processors. */
static pid_t start_daemon(const struct options *options)
{
	return lw_daemon_start(options->lwnpud, options->engine, "3", NULL);
}

/* Return: whether it lived until then. */
static bool kill_daemon(pid_t pid)
{
	int status;

	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		return true;
	printf("# the daemon ended by itself, status %#x\n", status);
	return false;
}

/*
 * Most daemons live until some jobs more are finished, and die soon after;
 * others die while they start or take the device over.
 */
static void let_live(const struct options *options, uint64_t kill,
		     pid_t daemon, struct lw_random *random)
{
	uint64_t slice = options->jobs / options->kills;
	uint64_t target = kill * slice + lw_random_below(random, slice + 1);

	if (lw_random_chance(random, 25)) {
		usleep(lw_random_below(random, 50000));
		return;
	}
	while (finished() < target && !counters->wrong &&
	       !lw_daemon_has_ended(daemon))
		usleep(500);
	usleep(lw_random_below(random, 3000));
}

/* Return: the daemon that remains, or -1. */
static pid_t kill_daemons(const struct options *options, pid_t daemon)
{
	struct lw_random random = lw_random_seed(options->seed);
	uint64_t at_work = 0;

	for (uint64_t i = 0; i < options->kills; i++) {
		let_live(options, i, daemon, &random);
		at_work += finished() < options->jobs;
		if (!kill_daemon(daemon))
			return -1;
		daemon = start_daemon(options);
	}
	printf("# %" PRIu64 " of %" PRIu64 " kills while jobs were left\n",
	       at_work, options->kills);
	return daemon;
}

static uint64_t state_value(const char *state, const char *name)
{
	const char *line = strstr(state, name);

	return line ? strtoull(line + strlen(name), NULL, 10) : UINT64_MAX;
}

/* The kernel counts as the processes do, and has no job left. */
static bool kernel_agrees(void)
{
	static const char *const none[] = { "\nfailed: ", "\nhung: ",
					    "\nlate: ", "\ncanceled: ",
					    "\nresets: " };
	char text[8192] = "";
	bool agrees;
	glob_t found;

	if (glob("/sys/kernel/debug/accel/*/state", 0, NULL, &found))
		return false;
	agrees = lw_read_text(found.gl_pathv[0], text, sizeof(text));
	globfree(&found);
	agrees = agrees && !strstr(text, "\njob ") &&
		 state_value(text, "\ndone: ") == counters->done &&
		 state_value(text, "\nlost: ") == counters->lost;
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		agrees = agrees && !state_value(text, none[i]);
	if (!agrees)
		printf("# state:%s\n", text);
	return agrees;
}

/* Buffers are mapped as long as they are used; programs, to be loaded. */
static bool daemon_forgets(pid_t daemon)
{
	double end = lw_seconds() + LW_PATIENCE_S;
	int n;

	while ((n = lw_count_mappings(daemon, "[lwnpu-view]"))) {
		if (lw_seconds() > end) {
			printf("# the daemon has %d mappings\n", n);
			return false;
		}
		usleep(1000);
	}
	return true;
}

static bool no_dma_buf_left(void)
{
	char text[65536];

	return lw_read_text("/sys/kernel/debug/dma_buf/bufinfo", text,
			 sizeof(text)) && strstr(text, "\nTotal 0 objects");
}

static uint64_t start_clients(const struct options *options, pid_t *pids)
{
	uint64_t n;

	fflush(stdout);
	for (n = 0; n < options->processes; n++) {
		uint64_t jobs = options->jobs * (n + 1) / options->processes -
				options->jobs * n / options->processes;

		pids[n] = fork();
		if (!pids[n])
			exit(lw_submit_jobs(counters,
					    options->seed + (n << 32), jobs));
		if (pids[n] < 0)
			break;
	}
	return n;
}

/* Return: whether none left a file open, or died. */
static bool end_clients(const pid_t *pids, uint64_t n, bool wait)
{
	bool clean = true;
	int status;

	for (uint64_t i = 0; i < n; i++) {
		if (!wait)
			kill(pids[i], SIGKILL);
		waitpid(pids[i], &status, 0);
		clean = clean && !status;
	}
	return clean;
}

static void print_counts(const struct options *options, double began)
{
	printf("# %" PRIu64 " jobs of %" PRIu64 " processes, %" PRIu64
	       " kills, seed %" PRIu64 ", engine %s: %" PRIu64 " right, %"
	       PRIu64 " lost, %" PRIu64 " processes failed, in %.1f s\n",
	       options->jobs, options->processes, options->kills,
	       options->seed, options->engine, counters->done, counters->lost,
	       counters->wrong, lw_seconds() - began);
}

static void run(const struct options *options)
{
	pid_t pids[MAX_PROCESSES], daemon = start_daemon(options);
	double began = lw_seconds();
	bool started, clean;
	uint64_t n;

	started = lw_daemon_wait_node(daemon);
	lw_tap_test(started, "the daemon starts the device");
	if (!started) {
		kill_daemon(daemon);
		return;
	}
	n = start_clients(options, pids);
	daemon = kill_daemons(options, daemon);
	clean = end_clients(pids, n, daemon > 0);
	print_counts(options, began);
	lw_tap_test(daemon > 0, "the daemon ends by signals only");
	if (daemon < 0)
		return;
	lw_tap_test(!counters->wrong && finished() == options->jobs,
		    "every job ends, and none is wrong");
	lw_tap_test(options->attempts == 1 ? counters->lost > 0 :
		    counters->lost < options->kills,
		    "as many are lost as there are attempts for");
	lw_tap_test(clean, "processes have the files that they had");
	lw_tap_test(kernel_agrees(), "the kernel counts the same");
	lw_tap_test(daemon_forgets(daemon), "the daemon has no buffer left");
	lw_tap_test(lw_daemon_stop(daemon),
		    "the device goes, and nothing uses the module");
	lw_tap_test(no_dma_buf_left(), "no buffer is left");
}

static bool parse(int argc, char **argv, struct options *options)
{
	options->lwnpud = argv[1];
	return argc >= 2 &&
	       read_arguments(argv + 2, (struct argument[]){
			{ "--jobs", &options->jobs, NULL },
			{ "--kills", &options->kills, NULL },
			{ "--processes", &options->processes, NULL },
			{ "--attempts", &options->attempts, NULL },
			{ "--seed", &options->seed, NULL },
			{ "--engine", NULL, &options->engine },
			{ NULL, NULL, NULL } }) &&
	       options->kills && options->processes &&
	       options->processes <= MAX_PROCESSES &&
	       options->jobs >= options->kills;
}

int main(int argc, char **argv)
{
	struct options options = {
		.engine = "ref", .jobs = 1000, .kills = 10, .processes = 4,
		.seed = time(NULL),
	};
	char attempts[32] = "", value[32];

	if (!parse(argc, argv, &options)) {
		fprintf(stderr, "usage: daemon_kills LWNPUD [--jobs N] [--kills K] [--processes P] [--attempts A] [--engine NAME] [--seed S]\n");
		return 2;
	}
	counters = mmap(NULL, sizeof(*counters), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	snprintf(value, sizeof(value), "%" PRIu64, options.attempts);
	if (counters == MAP_FAILED ||
	    !lw_read_text(ATTEMPTS, attempts, sizeof(attempts)) ||
	    (options.attempts && !lw_write_text(ATTEMPTS, value))) {
		perror("daemon_kills: " ATTEMPTS);
		return 1;
	}
	run(&options);
	if (!lw_write_text(ATTEMPTS, attempts))
		lw_tap_test(false, "max_attempts is as before");
	return lw_tap_end();
}
