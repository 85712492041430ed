// SPDX-License-Identifier: MIT
/*
 * Asynchronous jobs on a device node: files to poll, batches, cancellation,
 * deadlines, more in flight than there is room for. Jobs stay pending while the
 * daemon is stopped.
 *
 *   device_async DAEMON
 *
 * DAEMON is the process of a lwnpud; may this one stop it. Prints TAP.
 */
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../common/device_jobs.h"
#include "../common/lut_model.h"
#include "../common/tap.h"

#define JOBS 48
#define LAST (JOBS - 1)
#define SIZE (3 * 5 * 5)
#define NATIVE_SIZE (3 * 5 * 8)
#define FOREVER INT64_MAX
#define MS 1000000

static struct {
	pid_t daemon;
	struct lwnpu_device *device;
	struct lwnpu_model *model;
	struct lwnpu_job *jobs[JOBS];
	uint8_t in[JOBS][SIZE], out[JOBS][SIZE];
} set;

static struct lwnpu_error error;

static void report(bool good, const char *what)
{
	if (!good && error.code)
		printf("# %s\n", error.message);
	lw_tap_test(good, what);
	error.code = 0;
}

static bool is_stopped(const char *task)
{
	char path[300], state = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/task/%s/stat", set.daemon, task);
	file = fopen(path, "re");
	if (!file)
		return true;
	if (fscanf(file, "%*d %*s %c", &state) != 1)
		state = 0;
	fclose(file);
	return state == 'T';
}

/* Its threads stop one after another. */
static void stop_daemon(void)
{
	const struct dirent *task;
	bool all = false;
	char path[64];
	DIR *tasks;

	kill(set.daemon, SIGSTOP);
	snprintf(path, sizeof(path), "/proc/%d/task", set.daemon);
	while (!all && (tasks = opendir(path))) {
		all = true;
		while ((task = readdir(tasks)))
			if (task->d_name[0] != '.')
				all = all && is_stopped(task->d_name);
		closedir(tasks);
		usleep(1000);
	}
}

static bool bind(struct lwnpu_job *job, unsigned int i)
{
	struct lwnpu_buffer in = { set.in[i], SIZE, LWNPU_QUANT };
	struct lwnpu_buffer out = { set.out[i], SIZE, LWNPU_QUANT };

	return !lwnpu_job_set_input(job, 0, &in, &error) &&
	       !lwnpu_job_set_output(job, 0, &out, &error);
}

/* Every byte is answered by itself plus one. */
static bool prepare(void)
{
	struct lw_lut lut = lw_lut_identity(false, false, 5);

	for (int i = 0; i < 256; i++)
		lut.table[i] = i + 1;
	set.device = lw_open_device(NULL);
	set.model = lw_lut_load(set.device, &lut);
	for (unsigned int i = 0; i < JOBS; i++) {
		memset(set.in[i], 3 * i, SIZE);
		if (lwnpu_job_create(&set.jobs[i], set.model, &error) ||
		    !bind(set.jobs[i], i))
			return false;
	}
	return true;
}

static void release(void)
{
	for (int i = 0; i < JOBS; i++)
		lwnpu_job_free(set.jobs[i]);
	lwnpu_model_free(set.model);
	lwnpu_device_close(set.device);
}

static bool submit(unsigned int first, unsigned int n)
{
	return !lwnpu_submit(&set.jobs[first], n, LWNPU_NORMAL, &error);
}

static bool is_done(unsigned int i)
{
	if (lwnpu_job_wait(set.jobs[i], FOREVER, &error))
		return false;
	for (int k = 0; k < SIZE; k++)
		if (set.out[i][k] != (uint8_t)(set.in[i][k] + 1))
			return false;
	memset(set.out[i], 0, SIZE);
	return true;
}

static bool are_done(unsigned int first, unsigned int n)
{
	bool good = true;

	for (unsigned int i = first; i < first + n; i++)
		good = is_done(i) && good;
	return good;
}

static struct lwnpu_job_result result_of(unsigned int i)
{
	struct lwnpu_job_result result;

	lwnpu_job_result(set.jobs[i], &result);
	return result;
}

static bool is_readable(int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

	return poll(&poll_fd, 1, 0) == 1;
}

/* Each job is collected when poll() says so, without waiting. */
static bool collect(struct pollfd *files)
{
	for (int left = JOBS; left;) {
		if (poll(files, JOBS, 10000) <= 0)
			return false;
		for (int i = 0; i < JOBS; i++) {
			if (files[i].fd < 0 || !(files[i].revents & POLLIN))
				continue;
			if (lwnpu_job_wait(set.jobs[i], 0, &error) ||
			    !is_done(i))
				return false;
			close(files[i].fd);
			files[i].fd = -1;
			left--;
		}
	}
	return true;
}

static bool many_are_polled(void)
{
	struct pollfd files[JOBS];

	for (int i = 0; i < JOBS; i++) {
		if (!submit(i, 1))
			return false;
		files[i].fd = lwnpu_job_fd(set.jobs[i], &error);
		files[i].events = POLLIN;
		if (files[i].fd < 0)
			return false;
	}
	return collect(files);
}

static bool file_waits_for_the_job(void)
{
	char path[64], target[64] = "";
	bool good;
	int fd;

	stop_daemon();
	good = submit(0, 1);
	fd = lwnpu_job_fd(set.jobs[0], &error);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	good = good && readlink(path, target, sizeof(target) - 1) > 0 &&
	       !strcmp(target, "anon_inode:sync_file");
	good = good && !is_readable(fd) &&
	       lwnpu_job_wait(set.jobs[0], 0, NULL) == -ETIMEDOUT &&
	       lwnpu_job_wait(set.jobs[0], lwnpu_time() + 10 * MS, NULL) ==
		       -ETIMEDOUT;
	kill(set.daemon, SIGCONT);
	good = is_done(0) && good && is_readable(fd);
	close(fd);
	return good;
}

static bool batch_is_done(void)
{
	bool good = submit(0, JOBS) && are_done(0, JOBS);

	for (unsigned int i = 0; i < JOBS; i++)
		good = good && result_of(i).submitted &&
		       result_of(i).submitted <= result_of(i).started &&
		       result_of(i).started <= result_of(i).ended;
	return good;
}

static bool bind_native(struct lwnpu_job *job, void *in, void *out)
{
	struct lwnpu_buffer in_buffer = { in, NATIVE_SIZE, LWNPU_NATIVE };
	struct lwnpu_buffer out_buffer = { out, NATIVE_SIZE, LWNPU_NATIVE };

	return !lwnpu_job_set_input(job, 0, &in_buffer, &error) &&
	       !lwnpu_job_set_output(job, 0, &out_buffer, &error);
}

/* Each job of the batch reads what the one before it wrote. */
static bool batch_is_chained(void)
{
	void *memory[9] = { NULL };
	bool good = true;

	for (int i = 0; i < 9 && good; i++)
		good = !lwnpu_memory_alloc(&memory[i], set.device, NATIVE_SIZE,
					   &error);
	for (int i = 0; i < 8 && good; i++)
		good = bind_native(set.jobs[i], memory[i], memory[i + 1]);
	if (good)
		memset(memory[0], 7, NATIVE_SIZE);
	good = good && submit(0, 8);
	for (int i = 7; i >= 0 && good; i--)
		good = !lwnpu_job_wait(set.jobs[i], FOREVER, &error);
	good = good && ((uint8_t *)memory[8])[0] == 7 + 8;
	for (int i = 0; i < 8; i++)
		good = bind(set.jobs[i], i) && good;
	for (int i = 0; i < 9; i++)
		lwnpu_memory_free(set.device, memory[i]);
	return good;
}

/* Whether it has come to one of its ends; counts those that were cancelled. */
static bool has_ended(unsigned int i, unsigned int *canceled)
{
	int ret = lwnpu_job_wait(set.jobs[i], FOREVER, NULL);

	*canceled += ret == -ECANCELED;
	return ret ? ret == -ECANCELED &&
		     result_of(i).status == LWNPU_JOB_CANCELED :
		     result_of(i).status == LWNPU_JOB_DONE;
}

/* The daemon has some at hand, and cannot have the last. */
static bool batch_is_cancelled(void)
{
	unsigned int canceled = 0;
	bool good;
	int fd;

	stop_daemon();
	good = submit(0, LAST) && submit(LAST, 1);
	fd = lwnpu_job_fd(set.jobs[LAST - 1], &error);
	good = good && !lwnpu_job_cancel(set.jobs[3], &error);
	kill(set.daemon, SIGCONT);
	for (unsigned int i = 0; i < LAST; i++)
		good = has_ended(i, &canceled) && good;
	printf("# %u of %d jobs cancelled\n", canceled, LAST);
	good = good && is_done(LAST) && is_readable(fd) &&
	       result_of(LAST - 1).status == LWNPU_JOB_CANCELED;
	close(fd);
	return submit(0, JOBS) && are_done(0, JOBS) && good;
}

static void *wait_thread(void *job)
{
	return (void *)(intptr_t)lwnpu_job_wait(job, FOREVER, NULL);
}

/* A thread that sleeps in the kernel for a job hears of its cancellation. */
static bool waiter_is_woken(void)
{
	unsigned int canceled = 0;
	pthread_t thread;
	void *ret = NULL;
	bool good;

	stop_daemon();
	good = submit(0, JOBS) && !pthread_create(&thread, NULL, wait_thread,
						  set.jobs[JOBS - 1]);
	usleep(20000);
	good = good && !lwnpu_job_cancel(set.jobs[0], &error);
	kill(set.daemon, SIGCONT);
	good = good && !pthread_join(thread, &ret) &&
	       (intptr_t)ret == -ECANCELED;
	for (unsigned int i = 0; i < JOBS; i++)
		good = has_ended(i, &canceled) && good;
	return good;
}

static bool deadline_is_kept(void)
{
	struct lwnpu_error late = { 0 };

	return !lwnpu_job_set_deadline(set.jobs[0], lwnpu_time()) &&
	       submit(0, 2) &&
	       lwnpu_job_wait(set.jobs[0], FOREVER, &late) == -ETIME &&
	       result_of(0).status == LWNPU_JOB_LATE && is_done(1) &&
	       submit(0, 1) && is_done(0);
}

/* Until there is no queue left; what is complete makes room. */
static bool room_is_limited(void)
{
	struct lwnpu_job *jobs[256];
	unsigned int n = 0;
	bool good;
	int ret = 0;

	stop_daemon();
	while (n < 256 && !ret) {
		ret = lwnpu_job_create(&jobs[n], set.model, &error);
		if (ret)
			break;
		bind(jobs[n], n % JOBS);
		ret = lwnpu_submit(&jobs[n++], 1, LWNPU_NORMAL, &error);
	}
	good = ret == -EAGAIN && n > 32;
	kill(set.daemon, SIGCONT);
	good = good && !lwnpu_job_wait(jobs[n - 2], FOREVER, &error) &&
	       !lwnpu_submit(&jobs[n - 1], 1, LWNPU_NORMAL, &error);
	for (unsigned int i = 0; i < n; i++) {
		good = !lwnpu_job_wait(jobs[i], FOREVER, &error) && good;
		lwnpu_job_free(jobs[i]);
	}
	return good;
}

static bool priorities_are_taken(void)
{
	return !lwnpu_submit(&set.jobs[0], 1, LWNPU_LOW, &error) &&
	       !lwnpu_submit(&set.jobs[1], 1, LWNPU_HIGH, &error) &&
	       are_done(0, 2);
}

static bool nothing_is_left(int before)
{
	int after = lw_count_files(getpid(), "");

	if (after != before)
		printf("# %d files open, %d before\n", after, before);
	return after == before;
}

int main(int argc, char **argv)
{
	int files = lw_count_files(getpid(), "");

	set.daemon = argc == 2 ? atoi(argv[1]) : 0;
	if (set.daemon <= 1) {
		fprintf(stderr, "usage: device_async DAEMON\n");
		return 2;
	}
	report(prepare(), "jobs are made");
	report(many_are_polled(), "many jobs are polled");
	report(file_waits_for_the_job(), "a file waits for its job");
	report(batch_is_done(), "a batch is done");
	report(batch_is_chained(), "a batch hands on what it computes");
	report(batch_is_cancelled(), "a batch is cancelled");
	report(waiter_is_woken(), "who waits hears of a cancellation");
	report(deadline_is_kept(), "a deadline is kept");
	report(room_is_limited(), "there is room for some submissions");
	report(priorities_are_taken(), "priorities are taken");
	release();
	report(nothing_is_left(files), "no file is left");
	return lw_tap_end();
}
