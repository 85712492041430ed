// SPDX-License-Identifier: MIT
/* The control node: daemons that behave, and those that do not. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "common.h"

FIXTURE(daemon)
{
	struct engine engine;
	struct session session;
};

FIXTURE_SETUP(daemon)
{
	engine_start(&self->engine, 2);
	session_open(&self->session, &self->engine, 0x77);
}

FIXTURE_TEARDOWN(daemon)
{
	session_close(&self->session);
	engine_stop(&self->engine);
}

static int start(int fd, struct lwnpu_ctl_start *start)
{
	return device_ioctl(fd, LWNPU_CTL_START, start);
}

TEST(start_refused)
{
	struct lwnpu_ctl_start good = {
		.version = LWNPU_CTL_VERSION, .capacity = 1, .depth = 1,
		.ops = 2, .name = "refused", .description = "never starts",
	}, bad;
	struct engine engine;

#define REFUSED(error, change) do { \
		bad = good; \
		change; \
		EXPECT_EQ(error, start(engine.fd, &bad)); \
	} while (0)
	engine_open(&engine);
	REFUSED(-EPROTONOSUPPORT, bad.version = 0);
	REFUSED(-EPROTONOSUPPORT, bad.version = LWNPU_CTL_VERSION + 1);
	REFUSED(-EINVAL, bad.flags = 1);
	REFUSED(-EINVAL, bad.capacity = 0);
	REFUSED(-EINVAL, bad.capacity = LWNPU_CTL_MAX_CAPACITY + 1);
	REFUSED(-EINVAL, bad.depth = 0);
	REFUSED(-EINVAL, bad.depth = LWNPU_CTL_MAX_DEPTH + 1);
	REFUSED(-EINVAL, bad.pad = 1);
	REFUSED(-EINVAL, bad.name[0] = 0);
	REFUSED(-EINVAL, memset(bad.name, 'x', sizeof(bad.name)));
	REFUSED(-EINVAL, memset(bad.description, 'x',
				sizeof(bad.description)));
	REFUSED(-EINVAL, bad.ops = 0);
#undef REFUSED
	EXPECT_EQ(-ENOTCONN, engine_run(&engine, 0));
	EXPECT_EQ(0, start(engine.fd, &good));
	engine.start = good;
	EXPECT_EQ(-EBUSY, start(engine.fd, &good));
	engine_stop(&engine);
}

TEST(not_started)
{
	struct lwnpu_ctl_get_program program = { .job = 1 };
	struct engine engine;
	uint64_t size;

	engine_open(&engine);
	EXPECT_EQ(-ENOTCONN, engine_run(&engine, 0));
	EXPECT_EQ(-ENOTCONN, engine_get_buffer(&engine, 1, 1, &size));
	EXPECT_EQ(-ENOTCONN, device_ioctl(engine.fd, LWNPU_CTL_GET_PROGRAM,
					  &program));
	EXPECT_EQ(-ENOTCONN, device_ioctl(engine.fd, LWNPU_CTL_STOP, NULL));
	EXPECT_EQ(-ENOTTY, device_ioctl(engine.fd, _IO(LWNPU_CTL_IOCTL, 0x7f),
					NULL));
	EXPECT_EQ(-ENOTTY, device_ioctl(engine.fd, 0x5401, NULL));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, 4096, PROT_READ, MAP_SHARED,
				   engine.fd, LWNPU_CTL_MAP_RECORDS));
	close(engine.fd);
}

TEST(root_only)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		if (setgid(65534) || setuid(65534))
			_exit(2);
		_exit(open("/dev/lwnpu-ctl", O_RDWR) < 0 && errno == EACCES ?
		      0 : 1);
	}
	waitpid(pid, &status, 0);
	EXPECT_EQ(0, status);
}

TEST_F(daemon, record)
{
	struct lwnpu_ctl_record job;

	ASSERT_EQ(1, session_submit(&self->session));
	ASSERT_EQ(0, engine_next(&self->engine, &job, 5000));
	EXPECT_EQ(LWNPU_CTL_JOB, job.type);
	EXPECT_EQ(2, job.n_bindings);
	EXPECT_EQ(1, job.attempt);
	EXPECT_EQ(DRM_LWNPU_PRIORITY_NORMAL, job.priority);
	EXPECT_EQ(INT64_MAX, job.deadline_ns);
	EXPECT_EQ(2, job.binding[0].region);
	EXPECT_EQ(1, job.binding[0].direction);
	EXPECT_EQ(LUT_BYTES, job.binding[0].size);
	EXPECT_EQ(3, job.binding[1].region);
	EXPECT_EQ(2, job.binding[1].direction);
	EXPECT_EQ(0, job.reserved[0] | job.reserved[1]);
	engine_complete(&self->engine, job.id, 0);
}

/* Only those of a job in flight. */
TEST_F(daemon, buffers)
{
	struct lwnpu_ctl_get_program program = { 0 };
	struct lwnpu_ctl_record job;
	uint64_t size;
	int fd;

	ASSERT_EQ(1, session_submit(&self->session));
	ASSERT_EQ(0, engine_next(&self->engine, &job, 5000));
	fd = engine_get_buffer(&self->engine, job.id, job.binding[0].buffer,
			       &size);
	ASSERT_LE(0, fd);
	EXPECT_EQ(4096, size);
	EXPECT_NE(MAP_FAILED, mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0));
	EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
	close(fd);
	fd = engine_get_buffer(&self->engine, job.id, job.binding[1].buffer,
			       &size);
	ASSERT_LE(0, fd);
	EXPECT_NE(MAP_FAILED, mmap(NULL, size, PROT_READ | PROT_WRITE,
				   MAP_SHARED, fd, 0));
	close(fd);
	EXPECT_EQ(-ENOENT, engine_get_buffer(&self->engine, job.id, 9999,
					     &size));
	EXPECT_EQ(-ENOENT, engine_get_buffer(&self->engine, job.id + 1,
					     job.binding[0].buffer, &size));
	engine_complete(&self->engine, job.id, 0);
	EXPECT_EQ(-ENOENT, engine_get_buffer(&self->engine, job.id,
					     job.binding[0].buffer, &size));
	program.job = job.id;
	EXPECT_EQ(-ENOENT, device_ioctl(self->engine.fd, LWNPU_CTL_GET_PROGRAM,
					&program));
}

/* The program can be read, as the kernel checked it, and not written. */
TEST_F(daemon, programs)
{
	struct lwnpu_ctl_get_program get = { 0 };
	struct lwnpu_ctl_record job;
	struct lut_program p;
	uint8_t *map;

	lut_program_init(&p, 0x77);
	ASSERT_EQ(1, session_submit(&self->session));
	ASSERT_EQ(0, engine_next(&self->engine, &job, 5000));
	get.job = job.id;
	ASSERT_EQ(0, device_ioctl(self->engine.fd, LWNPU_CTL_GET_PROGRAM,
				  &get));
	EXPECT_EQ(1, get.n_ops);
	EXPECT_EQ(256, get.weights_size);
	EXPECT_EQ(0, get.weights_offset % 64);
	map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, get.fd, 0);
	ASSERT_NE(MAP_FAILED, map);
	EXPECT_EQ(0, memcmp(map, p.ops, 128));
	EXPECT_EQ(0, memcmp(map + get.weights_offset, p.weights, 256));
	EXPECT_EQ(-1, mprotect(map, 4096, PROT_READ | PROT_WRITE));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, 4096, PROT_READ | PROT_WRITE,
				   MAP_SHARED, get.fd, 0));
	munmap(map, 4096);
	close(get.fd);
	engine_complete(&self->engine, job.id, 0);
}

/* Numbers are told again when nobody needs what they name. */
TEST_F(daemon, forgets)
{
	bool program = false, input = false, output = false;
	struct lwnpu_ctl_record job, record;
	uint64_t numbers[3];
	int i;

	ASSERT_EQ(1, session_submit(&self->session));
	ASSERT_EQ(0, engine_next(&self->engine, &job, 5000));
	engine_complete(&self->engine, job.id,
			engine_execute(&self->engine, &job));
	numbers[0] = job.program;
	numbers[1] = job.binding[0].buffer;
	numbers[2] = job.binding[1].buffer;
	session_close(&self->session);
	for (i = 0; i < 50 && !(program && input && output); i++) {
		engine_run(&self->engine, 100);
		while (engine_take(&self->engine, &record)) {
			program |= record.type == LWNPU_CTL_FORGET_PROGRAM &&
				   record.id == numbers[0];
			input |= record.type == LWNPU_CTL_FORGET_BUFFER &&
				 record.id == numbers[1];
			output |= record.type == LWNPU_CTL_FORGET_BUFFER &&
				  record.id == numbers[2];
		}
	}
	EXPECT_TRUE(program);
	EXPECT_TRUE(input);
	EXPECT_TRUE(output);
}

/* What a daemon had at hand when it died is not held against it. */
TEST_F(daemon, at_hand_is_not_begun)
{
	struct drm_lwnpu_completion completion;
	struct lwnpu_ctl_record job;
	int i;

	ASSERT_EQ(1, session_submit(&self->session));
	for (i = 0; i < 10; i++) {
		ASSERT_EQ(0, engine_run(&self->engine, 1000));
		engine_die(&self->engine);
		engine_start(&self->engine, 2);
	}
	ASSERT_EQ(0, engine_next(&self->engine, &job, 5000));
	EXPECT_EQ(1, job.attempt);
	engine_complete(&self->engine, job.id, 0);
	ASSERT_EQ(0, wait_job(self->session.fd, self->session.queue, 1, 5000,
			      &completion));
	EXPECT_EQ(DRM_LWNPU_JOB_DONE, completion.status);
	EXPECT_EQ(1, completion.attempts);
}

/* A daemon that takes nothing is cut off, and no job is guilty. */
TEST_F_TIMEOUT(daemon, takes_nothing, 60)
{
	char before[16];
	int64_t end;

	ASSERT_EQ(0, set_parameter("timeout_ms", "200", before,
				   sizeof(before)));
	ASSERT_EQ(1, session_submit(&self->session));
	end = in_ms(5000);
	while (!engine_run(&self->engine, 0) && in_ms(0) < end)
		usleep(10000);
	EXPECT_EQ(-ESHUTDOWN, engine_run(&self->engine, 0));
	set_parameter("timeout_ms", before, NULL, 0);
	EXPECT_EQ(DRM_LWNPU_QUEUE_OK,
		  queue_state(self->session.fd, self->session.queue).state);
	engine_die(&self->engine);
	engine_start(&self->engine, 2);
	engine_serve(&self->engine);
	EXPECT_EQ(DRM_LWNPU_JOB_DONE, session_wait(&self->session, 1, 5000));
}

/* What was in flight is given to the successor, byte for byte the same. */
TEST_F(daemon, death_and_successor)
{
	struct lwnpu_ctl_record job;
	struct engine successor;

	ASSERT_EQ(1, session_submit(&self->session));
	ASSERT_EQ(2, session_submit(&self->session));
	ASSERT_EQ(0, engine_next(&self->engine, &job, 5000));
	engine_die(&self->engine);
	EXPECT_EQ(-EBUSY, session_wait(&self->session, 1, 0));
	engine_start(&successor, 2);
	EXPECT_EQ(1, successor.start.taken_over);
	EXPECT_EQ(self->engine.start.minor, successor.start.minor);
	ASSERT_EQ(0, engine_next(&successor, &job, 5000));
	EXPECT_EQ(2, job.attempt);
	engine_put(&successor, job.id, engine_execute(&successor, &job));
	engine_serve(&successor);
	EXPECT_EQ(DRM_LWNPU_JOB_DONE, session_wait(&self->session, 1, 5000));
	EXPECT_EQ(DRM_LWNPU_JOB_DONE, session_wait(&self->session, 2, 5000));
	EXPECT_TRUE(session_check(&self->session));
	session_close(&self->session);
	engine_stop(&successor);
}

/* A successor of another kind is not one. */
TEST_F(daemon, other_kind_makes_another_device)
{
	struct engine other;

	engine_die(&self->engine);
	engine_open(&other);
	ASSERT_EQ(0, engine_try_start(&other, "another", 1));
	EXPECT_EQ(0, other.start.taken_over);
	EXPECT_NE(self->engine.start.minor, other.start.minor);
	engine_stop(&other);
	engine_start(&self->engine, 2);
	EXPECT_EQ(1, self->engine.start.taken_over);
}

/* Daemons that die under a job again and again are not given it for ever. */
TEST_F(daemon, attempts_end)
{
	struct drm_lwnpu_completion completion;
	struct lwnpu_ctl_record job;
	unsigned int i;
	int error;

	ASSERT_EQ(1, session_submit(&self->session));
	for (i = 1; i < 20; i++) {
		error = engine_next(&self->engine, &job, 300);
		if (error)
			break;
		EXPECT_EQ(i, job.attempt);
		engine_die(&self->engine);
		engine_start(&self->engine, 2);
	}
	EXPECT_EQ(-ETIMEDOUT, error);
	ASSERT_EQ(0, wait_job(self->session.fd, self->session.queue, 1, 5000,
			      &completion));
	EXPECT_EQ(DRM_LWNPU_JOB_LOST, completion.status);
	EXPECT_EQ(-ENODEV, completion.error);
	EXPECT_EQ(i - 1, completion.attempts);
	EXPECT_EQ(DRM_LWNPU_QUEUE_INNOCENT,
		  queue_state(self->session.fd, self->session.queue).state);
	engine_serve(&self->engine);
	ASSERT_EQ(2, session_submit(&self->session));
	EXPECT_EQ(DRM_LWNPU_JOB_DONE, session_wait(&self->session, 2, 5000));
}

TEST_F(daemon, no_successor)
{
	char before[16];
	int status;

	ASSERT_EQ(0, set_parameter("recovery_ms", "300", before,
				   sizeof(before)));
	ASSERT_EQ(1, session_submit(&self->session));
	engine_die(&self->engine);
	status = session_wait(&self->session, 1, 5000);
	set_parameter("recovery_ms", before, NULL, 0);
	EXPECT_EQ(DRM_LWNPU_JOB_LOST, status);
	EXPECT_EQ(-ENODEV, session_submit(&self->session));
	/* The one that comes late is welcome all the same. */
	engine_start(&self->engine, 2);
	EXPECT_EQ(1, self->engine.start.taken_over);
	engine_serve(&self->engine);
	ASSERT_LT(0, session_submit(&self->session));
	EXPECT_EQ(DRM_LWNPU_JOB_DONE, session_wait(&self->session, 2, 5000));
}

/*
 * A daemon that hangs: the job fails at the kernel's deadline, its queue is
 * guilty, other queues are not, and the daemon is cut off.
 */
TEST_F_TIMEOUT(daemon, hang, 60)
{
	struct drm_lwnpu_completion completion;
	struct lwnpu_ctl_record job;
	struct session innocent;
	char before[16];

	ASSERT_EQ(0, set_parameter("timeout_ms", "300", before,
				   sizeof(before)));
	session_open(&innocent, &self->engine, 0x11);
	ASSERT_EQ(1, session_submit(&self->session));
	ASSERT_EQ(2, session_submit(&self->session));
	ASSERT_EQ(0, engine_next(&self->engine, &job, 5000));
	EXPECT_EQ(0, wait_job(self->session.fd, self->session.queue, 1, 5000,
			      &completion));
	set_parameter("timeout_ms", before, NULL, 0);
	EXPECT_EQ(DRM_LWNPU_JOB_HUNG, completion.status);
	EXPECT_EQ(-ETIME, completion.error);
	EXPECT_EQ(DRM_LWNPU_JOB_CANCELED,
		  session_wait(&self->session, 2, 5000));
	EXPECT_EQ(DRM_LWNPU_QUEUE_GUILTY,
		  queue_state(self->session.fd, self->session.queue).state);
	EXPECT_EQ(-ECANCELED, session_submit(&self->session));
	EXPECT_EQ(-ESHUTDOWN, engine_run(&self->engine, 0));
	engine_die(&self->engine);

	engine_start(&self->engine, 2);
	engine_serve(&self->engine);
	ASSERT_EQ(1, session_submit(&innocent));
	EXPECT_EQ(DRM_LWNPU_JOB_DONE, session_wait(&innocent, 1, 5000));
	EXPECT_TRUE(session_check(&innocent));
	self->session.queue = queue_create(self->session.fd, 1);
	ASSERT_EQ(1, session_submit(&self->session));
	EXPECT_EQ(DRM_LWNPU_JOB_DONE, session_wait(&self->session, 1, 5000));
	session_close(&innocent);
}

/* STOP takes the node away under an application that has it open. */
TEST_F(daemon, stop_under_load)
{
	struct lwnpu_ctl_record job;
	struct drm_lwnpu_bo_create create = { .size = 4096 };
	uint32_t sync = syncobj_create(self->session.fd, 0);
	struct request request;

	session_request(&self->session, &request);
	request_signal(&request, sync, 0);
	ASSERT_EQ(0, submit(self->session.fd, self->session.queue, &request));
	ASSERT_EQ(2, session_submit(&self->session));
	ASSERT_EQ(0, engine_next(&self->engine, &job, 5000));
	engine_stop(&self->engine);
	EXPECT_EQ(-ENODEV, device_ioctl(self->session.fd,
					DRM_IOCTL_LWNPU_BO_CREATE, &create));
	EXPECT_EQ(-ENODEV, session_submit(&self->session));
	/* What is mapped stays mapped. */
	self->session.out[0] = 1;
}

TEST_HARNESS_MAIN
