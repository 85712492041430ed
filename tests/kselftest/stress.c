// SPDX-License-Identifier: MIT
/*
 * Many processes for a while: applications that make, share and give up all
 * that there is, daemons that are killed, stopped and replaced. Every byte is
 * checked.
 *
 * LWNPU_STRESS_SECONDS: how long each test lasts
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "common.h"

#define PARAMETERS "/sys/module/lwnpu/parameters/"
#define N_APPLICATIONS 8
#define CAPACITY 4

/* What the processes tell each other. */
struct shared {
	atomic_uint done;
	atomic_uint wrong;
	atomic_uint hung;
	atomic_uint bad_status;
	atomic_uint last_status;
	atomic_uint served;
	atomic_bool end;
	atomic_bool hanging;
	bool may_hang;
	bool garbage;
};

FIXTURE(stress)
{
	struct engine engine;
	struct shared *shared;
	unsigned int seconds;
	unsigned int seed;
	pid_t applications[N_APPLICATIONS];
	pid_t daemon;
};

FIXTURE_SETUP(stress)
{
	const char *seconds = getenv("LWNPU_STRESS_SECONDS");

	self->seconds = seconds ? atoi(seconds) : 3;
	self->seed = time(NULL);
	printf("# seed %u, %u s\n", self->seed, self->seconds);
	self->shared = mmap(NULL, sizeof(*self->shared),
			    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			    -1, 0);
	ASSERT_NE(MAP_FAILED, self->shared);
	self->engine.fd = -1;
	sysfs_write(PARAMETERS "max_attempts", "1000000");
}

FIXTURE_TEARDOWN(stress)
{
	sysfs_write(PARAMETERS "max_attempts", "4");
	engine_stop(&self->engine);
}

static pid_t spawn(void)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		fail("fork");
	if (!pid)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	return pid;
}

/*
 * What no daemon should say: of no job, at impossible places. Of the jobs that
 * it has it may say what it likes, so they are left alone.
 */
static void say_garbage(struct engine *engine, uint64_t id)
{
	struct lwnpu_ctl_completion *entry;
	uint64_t size;
	int fd;

	entry = engine_put(engine, id + (1 << 20) + rand() % 4, -rand());
	entry->op = rand();
	entry->start_ns = rand() * 0x100000001ULL;
	entry->end_ns = rand();
	entry->reserved[rand() % 3] = 1;
	fd = engine_get_buffer(engine, rand() % 2 ? id : 0, rand(),
			       &size);
	if (fd >= 0)
		close(fd);
	engine_lie(engine, rand() % (LWNPU_CTL_RINGS + 1), rand());
}

/* A daemon: runs jobs until it is killed. */
static void be_daemon(struct shared *shared)
{
	struct lwnpu_ctl_record job;
	struct engine engine;
	int error;

	srand(getpid());
	engine_start(&engine, CAPACITY);
	for (;;) {
		error = engine_next(&engine, &job, 1000);
		if (error == -ETIMEDOUT)
			continue;
		if (error)
			break;
		if (shared->hanging && rand() % 100 == 0)
			pause();
		if (shared->garbage)
			say_garbage(&engine, job.id);
		error = engine_execute(&engine, &job);
		/* ENOENT: it was given back while its buffers were fetched. */
		if (error && error != -ENOENT)
			printf("# daemon: job %llu: %d\n",
			       (long long)job.id, error);
		engine_put(&engine, job.id, error);
		shared->served++;
	}
	_exit(0);
}

static pid_t start_daemon(struct shared *shared)
{
	pid_t pid = spawn();

	if (!pid)
		be_daemon(shared);
	return pid;
}

static void replace_program(struct session *s)
{
	struct drm_lwnpu_program_destroy destroy = { .handle = s->program };

	device_ioctl(s->fd, DRM_IOCTL_LWNPU_PROGRAM_DESTROY, &destroy);
	s->key = rand();
	s->program = program_create(s->fd, s->key);
}

/* Jobs of the old one may still write: the output is replaced, too. */
static void replace_queue(struct session *s)
{
	struct drm_lwnpu_queue_destroy destroy = { .handle = s->queue };

	device_ioctl(s->fd, DRM_IOCTL_LWNPU_QUEUE_DESTROY, &destroy);
	s->queue = queue_create(s->fd, rand() % 3);
	munmap(s->out, LUT_BYTES);
	gem_close(s->fd, s->output);
	s->output = bo_create(s->fd, LUT_BYTES);
	s->out = bo_map(s->fd, s->output, LUT_BYTES);
}

static void judge(struct session *s, struct shared *shared, int error,
		  uint32_t status)
{
	if (!error && status == DRM_LWNPU_JOB_DONE) {
		shared->wrong += !session_check(s);
	} else if (shared->may_hang &&
		   (error == -ECANCELED ||
		    status == DRM_LWNPU_JOB_HUNG ||
		    status == DRM_LWNPU_JOB_CANCELED)) {
		shared->hung++;
		replace_queue(s);
	} else {
		shared->bad_status++;
		shared->last_status = error ? -error : (int)status + 1000;
	}
}

/* A few jobs, and a new program or queue now and then; checks the bytes. */
static void use(struct session *s, struct shared *shared)
{
	struct drm_lwnpu_completion completion = { 0 };
	struct drm_lwnpu_job jobs[4];
	struct request request;
	int i, n = 1 + rand() % 4, error;

	for (i = 0; i < LUT_BYTES; i++)
		s->in[i] = rand();
	memset(s->out, 0, LUT_BYTES);
	session_request(s, &request);
	for (i = 0; i < n; i++)
		jobs[i] = request.job;
	error = submit_jobs(s->fd, s->queue, jobs, n);
	if (!error)
		error = wait_job(s->fd, s->queue, jobs[n - 1].id, 30000,
				 &completion);
	judge(s, shared, error, completion.status);
	shared->done += n;
	if (rand() % 8 == 0)
		replace_program(s);
	if (rand() % 8 == 0) {
		/* Some are given up with jobs in them. */
		if (rand() % 2)
			submit_jobs(s->fd, s->queue, jobs, n);
		replace_queue(s);
	}
}

static void be_application(const struct engine *engine, struct shared *shared,
			   unsigned int seed)
{
	struct session s;

	srand(seed);
	while (!shared->end) {
		int i, n = rand() % 100;

		session_open(&s, engine, rand());
		for (i = 0; i < n && !shared->end; i++)
			use(&s, shared);
		session_close(&s);
	}
	_exit(0);
}

static void start_applications(pid_t *pids, const struct engine *engine,
			       struct shared *shared, unsigned int seed)
{
	int i;

	for (i = 0; i < N_APPLICATIONS; i++) {
		pids[i] = spawn();
		if (!pids[i])
			be_application(engine, shared, seed + i);
	}
}

/* How many did not end well. */
static int wait_for_all(pid_t *pids, struct shared *shared)
{
	int i, status, bad = 0;

	shared->end = true;
	for (i = 0; i < N_APPLICATIONS; i++) {
		waitpid(pids[i], &status, 0);
		bad += status != 0;
	}
	return bad;
}

/* Makes the device, for which daemons come and go. */
static void make_device(struct engine *engine)
{
	engine_start(engine, CAPACITY);
	engine_die(engine);
}

static void kill_daemon(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void report(const struct shared *shared)
{
	printf("# %u jobs, %u served, %u wrong, %u hung, %u failed (last %u)\n",
	       shared->done, shared->served, shared->wrong, shared->hung,
	       shared->bad_status, shared->last_status);
	fflush(stdout);
}

static void begin(FIXTURE_DATA(stress) *self)
{
	make_device(&self->engine);
	self->daemon = start_daemon(self->shared);
	start_applications(self->applications, &self->engine, self->shared,
			   self->seed);
}

/* All applications have ended well, and a new daemon finds a device. */
static void finish(struct __test_metadata *_metadata,
		   FIXTURE_DATA(stress) *self)
{
	EXPECT_EQ(0, wait_for_all(self->applications, self->shared));
	kill_daemon(self->daemon);
	report(self->shared);
	EXPECT_LT(0, self->shared->done);
	EXPECT_EQ(0, self->shared->wrong);
	EXPECT_EQ(0, self->shared->bad_status);
	engine_start(&self->engine, 1);
}

TEST_F_TIMEOUT(stress, applications, 300)
{
	begin(self);
	sleep(self->seconds);
	finish(_metadata, self);
}

/* Daemons die at any moment: no job is lost, or wrong. */
TEST_F_TIMEOUT(stress, daemons_killed, 300)
{
	int64_t end = in_ms(1000 * self->seconds);
	unsigned int kills = 0;

	srand(self->seed);
	make_device(&self->engine);
	start_applications(self->applications, &self->engine, self->shared,
			   self->seed);
	while (in_ms(0) < end) {
		self->daemon = start_daemon(self->shared);
		usleep(10000 + rand() % 60000);
		kill_daemon(self->daemon);
		kills++;
	}
	self->daemon = start_daemon(self->shared);
	printf("# %u kills\n", kills);
	finish(_metadata, self);
}

/* A daemon that tells nonsense between its answers harms nobody. */
TEST_F_TIMEOUT(stress, garbage, 300)
{
	self->shared->garbage = true;
	begin(self);
	sleep(self->seconds);
	finish(_metadata, self);
}

/* Daemons hang at some jobs: these are lost, with their queues; no others. */
TEST_F_TIMEOUT(stress, hangs, 300)
{
	int64_t end = in_ms(1000 * self->seconds), last = in_ms(120000);

	self->shared->may_hang = true;
	self->shared->hanging = true;
	sysfs_write(PARAMETERS "timeout_ms", "500");
	begin(self);
	while (in_ms(0) < end || (!self->shared->hung && in_ms(0) < last)) {
		usleep(700000);
		kill_daemon(self->daemon);
		self->daemon = start_daemon(self->shared);
	}
	/* The last one must live to the end, however slow the machine. */
	sysfs_write(PARAMETERS "timeout_ms", "10000");
	self->shared->hanging = false;
	kill_daemon(self->daemon);
	self->daemon = start_daemon(self->shared);
	finish(_metadata, self);
	EXPECT_LT(0, self->shared->hung);
	EXPECT_LT(self->shared->hung, self->shared->done);
}

/* Stopped and continued, as on suspend: jobs only take longer. */
TEST_F_TIMEOUT(stress, daemon_stopped, 300)
{
	int64_t end = in_ms(1000 * self->seconds);

	srand(self->seed);
	begin(self);
	while (in_ms(0) < end) {
		kill(self->daemon, SIGSTOP);
		usleep(rand() % 300000);
		kill(self->daemon, SIGCONT);
		usleep(rand() % 100000);
	}
	finish(_metadata, self);
}

/* Applications die at any moment: the engine goes on, for the others. */
TEST_F_TIMEOUT(stress, applications_killed, 300)
{
	int64_t end = in_ms(1000 * self->seconds);
	int i;

	srand(self->seed);
	begin(self);
	while (in_ms(0) < end) {
		i = rand() % N_APPLICATIONS;
		usleep(rand() % 30000);
		kill(self->applications[i], SIGKILL);
		waitpid(self->applications[i], NULL, 0);
		self->applications[i] = spawn();
		if (!self->applications[i])
			be_application(&self->engine, self->shared, rand());
	}
	finish(_metadata, self);
}

TEST_HARNESS_MAIN
