// SPDX-License-Identifier: MIT
/* A daemon that has lost its place reaches no buffer any more. */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "common.h"
#include "share.h"

#define PAGE 4096

FIXTURE(revoke)
{
	struct engine engine;
	struct session session;
	struct lwnpu_ctl_record job;
	int fd;
	uint8_t *in, *out;
};

struct access {
	volatile uint8_t *byte;
	bool write;
};

static int access_byte(void *argument)
{
	struct access *access = argument;

	if (access->write)
		*access->byte = 1;
	(void)*access->byte;
	return 0;
}

/* Whether a byte can be read, or written. */
static bool can(uint8_t *byte, bool write)
{
	struct access access = { byte, write };

	return !engine_guard(access_byte, &access);
}

static uint8_t *map_binding(struct __test_metadata *_metadata,
			    struct engine *engine,
			    const struct lwnpu_ctl_record *job, int i, int prot,
			    int *fd)
{
	uint64_t size;
	uint8_t *data;

	*fd = engine_get_buffer(engine, job->id, job->binding[i].buffer,
				&size);
	ASSERT_LE(0, *fd);
	data = mmap(NULL, size, prot, MAP_SHARED, *fd, 0);
	ASSERT_NE(MAP_FAILED, data);
	return data;
}

FIXTURE_SETUP(revoke)
{
	int fd;

	engine_start(&self->engine, 2);
	session_open(&self->session, &self->engine, 0x3c);
	ASSERT_EQ(1, session_submit(&self->session));
	ASSERT_EQ(0, engine_next(&self->engine, &self->job, 5000));
	self->in = map_binding(_metadata, &self->engine, &self->job, 0,
			       PROT_READ, &fd);
	close(fd);
	self->out = map_binding(_metadata, &self->engine, &self->job, 1,
				PROT_READ | PROT_WRITE, &self->fd);
}

FIXTURE_TEARDOWN(revoke)
{
	session_close(&self->session);
	engine_stop(&self->engine);
}

/* Soon after the kernel lets it go. */
static bool ends_soon(uint8_t *byte, bool write)
{
	int64_t end = in_ms(5000);

	while (can(byte, write)) {
		if (in_ms(0) > end)
			return false;
		usleep(1000);
	}
	return true;
}

TEST_F(revoke, by_a_hang)
{
	struct lwnpu_ctl_get_program get = { .job = self->job.id };
	struct engine successor;
	uint8_t *program;
	char before[16];

	ASSERT_EQ(0, device_ioctl(self->engine.fd, LWNPU_CTL_GET_PROGRAM,
				  &get));
	program = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, get.fd, 0);
	ASSERT_NE(MAP_FAILED, program);
	EXPECT_TRUE(can(program, false));
	EXPECT_TRUE(can(self->in, false));
	EXPECT_TRUE(can(self->out, true));
	ASSERT_EQ(0, set_parameter("timeout_ms", "200", before,
				   sizeof(before)));
	EXPECT_EQ(DRM_LWNPU_JOB_HUNG, session_wait(&self->session, 1, 5000));
	set_parameter("timeout_ms", before, NULL, 0);
	EXPECT_TRUE(ends_soon(self->out, true));
	EXPECT_TRUE(ends_soon(self->out, false));
	EXPECT_TRUE(ends_soon(self->in, false));
	EXPECT_TRUE(ends_soon(program, false));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, PAGE, PROT_READ, MAP_SHARED,
				   self->fd, 0));
	EXPECT_EQ(ESHUTDOWN, errno);
	/* The application has what it had. */
	EXPECT_TRUE(can(self->session.in, true));
	EXPECT_TRUE(can(self->session.out, true));
	/* The successor need not wait until the other closes its file. */
	engine_start(&successor, 2);
	EXPECT_EQ(1, successor.start.taken_over);
	EXPECT_EQ(self->engine.start.minor, successor.start.minor);
	engine_serve(&successor);
	self->session.queue = queue_create(self->session.fd, 1);
	ASSERT_EQ(1, session_submit(&self->session));
	EXPECT_EQ(DRM_LWNPU_JOB_DONE, session_wait(&self->session, 1, 5000));
	EXPECT_TRUE(session_check(&self->session));
	EXPECT_FALSE(can(self->out, false));
	session_close(&self->session);
	engine_stop(&successor);
}

TEST_F(revoke, by_closing_the_file)
{
	EXPECT_TRUE(can(self->out, true));
	engine_die(&self->engine);
	EXPECT_TRUE(ends_soon(self->out, true));
	EXPECT_TRUE(ends_soon(self->in, false));
	engine_start(&self->engine, 2);
	engine_serve(&self->engine);
	EXPECT_EQ(DRM_LWNPU_JOB_DONE, session_wait(&self->session, 1, 5000));
	EXPECT_TRUE(session_check(&self->session));
}

TEST_F(revoke, by_stop)
{
	ASSERT_EQ(0, device_ioctl(self->engine.fd, LWNPU_CTL_STOP, NULL));
	EXPECT_TRUE(ends_soon(self->out, true));
	EXPECT_TRUE(ends_soon(self->in, false));
	EXPECT_TRUE(can(self->session.out, true));
}

/* What was not touched before is not there afterwards. */
TEST_F(revoke, untouched)
{
	engine_die(&self->engine);
	EXPECT_FALSE(can(self->in, false));
	EXPECT_FALSE(can(self->out, true));
}

/* Only a whole buffer, shared, and as it is used. */
TEST_F(revoke, how_it_is_mapped)
{
	uint64_t size;
	int fd = engine_get_buffer(&self->engine, self->job.id,
				   self->job.binding[0].buffer, &size);

	ASSERT_LE(0, fd);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
				   MAP_SHARED, fd, 0));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(-1, mprotect(self->in, PAGE, PROT_READ | PROT_WRITE));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE,
				   self->fd, 0));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd,
				   PAGE));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, size + 1, PROT_READ, MAP_SHARED, fd,
				   0));
	close(fd);
	engine_complete(&self->engine, self->job.id, 0);
}

/* A child has the file, and no use for it. */
TEST_F(revoke, no_other_process)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		if (mmap(NULL, PAGE, PROT_READ, MAP_SHARED, self->fd, 0) !=
		    MAP_FAILED || errno != EACCES)
			_exit(1);
		/* Nor has it the mapping. */
		_exit(msync(self->out, PAGE, MS_ASYNC) && errno == ENOMEM ?
		      0 : 2);
	}
	waitpid(pid, &status, 0);
	EXPECT_EQ(0, status);
	engine_complete(&self->engine, self->job.id, 0);
}

/* Mappings that are split, moved and made read-only are found all the same. */
TEST_F(revoke, parts)
{
	uint32_t large = bo_create(self->session.fd, 8 * PAGE);
	struct request request;
	uint8_t *data, *moved;
	int fd;

	request_init(&request, self->session.program, self->session.input,
		     large);
	self->session.queue = queue_create(self->session.fd, 1);
	ASSERT_EQ(0, submit(self->session.fd, self->session.queue, &request));
	ASSERT_EQ(0, engine_next(&self->engine, &self->job, 5000));
	data = map_binding(_metadata, &self->engine, &self->job, 1,
			   PROT_READ | PROT_WRITE, &fd);
	memset(data, 1, 8 * PAGE);
	ASSERT_EQ(0, munmap(data + 2 * PAGE, PAGE));
	ASSERT_EQ(0, mprotect(data + 4 * PAGE, PAGE, PROT_READ));
	moved = mremap(data + 6 * PAGE, 2 * PAGE, 2 * PAGE,
		       MREMAP_MAYMOVE | MREMAP_FIXED, data + 64 * PAGE);
	/* Some kernels do not move such a part. */
	if (moved == MAP_FAILED)
		moved = data + 6 * PAGE;
	EXPECT_TRUE(can(data, true));
	EXPECT_TRUE(can(moved, true));
	engine_die(&self->engine);
	EXPECT_TRUE(ends_soon(data, true));
	EXPECT_TRUE(ends_soon(data + 3 * PAGE, true));
	EXPECT_TRUE(ends_soon(data + 4 * PAGE, false));
	EXPECT_TRUE(ends_soon(data + 5 * PAGE, true));
	EXPECT_TRUE(ends_soon(moved, false));
	munmap(data, 6 * PAGE);
	munmap(moved, 2 * PAGE);
	close(fd);
}

/* Buffers of other drivers: their own mappings stay. */
static void imported(struct __test_metadata *_metadata,
		     FIXTURE_DATA(revoke) *self, struct shared_buffer *buffer)
{
	struct request request;
	uint32_t handle;
	uint8_t *data;
	int fd;

	ASSERT_EQ(0, bo_import(self->session.fd, buffer->fd, &handle));
	request_init(&request, self->session.program, self->session.input,
		     handle);
	self->session.queue = queue_create(self->session.fd, 1);
	ASSERT_EQ(0, submit(self->session.fd, self->session.queue, &request));
	ASSERT_EQ(0, engine_next(&self->engine, &self->job, 5000));
	data = map_binding(_metadata, &self->engine, &self->job, 1,
			   PROT_READ | PROT_WRITE, &fd);
	buffer->data[0] = 0x11;
	EXPECT_EQ(0x11, data[0]);
	data[1] = 0x22;
	EXPECT_EQ(0x22, buffer->data[1]);
	engine_die(&self->engine);
	EXPECT_TRUE(ends_soon(data, false));
	EXPECT_TRUE(ends_soon(data, true));
	EXPECT_TRUE(can(buffer->data, true));
	EXPECT_EQ(0x22, buffer->data[1]);
	munmap(data, PAGE);
	close(fd);
	shared_buffer_close(buffer);
}

TEST_F(revoke, buffer_of_vgem)
{
	struct shared_buffer buffer;

	if (!shared_buffer_vgem(&buffer))
		SKIP(return, "no vgem");
	imported(_metadata, self, &buffer);
}

TEST_F(revoke, buffer_of_udmabuf)
{
	struct shared_buffer buffer;

	if (!shared_buffer_udmabuf(&buffer))
		SKIP(return, "no udmabuf");
	imported(_metadata, self, &buffer);
}

TEST_F(revoke, buffer_of_a_heap)
{
	struct shared_buffer buffer;

	if (!shared_buffer_heap(&buffer))
		SKIP(return, "no heap");
	imported(_metadata, self, &buffer);
}

struct reader {
	uint8_t *byte;
	atomic_uint reads;
	pthread_t thread;
};

/* Ends the process when its mapping is taken away. */
static void *read_on(void *argument)
{
	struct reader *reader = argument;

	for (;;) {
		struct access access = { reader->byte, reader->reads % 2 };

		access_byte(&access);
		reader->reads++;
		madvise(reader->byte, PAGE, MADV_DONTNEED);
	}
	return NULL;
}

/* Faults at any moment, again and again. */
TEST_F_SIGNAL(revoke, under_faults, SIGBUS)
{
	struct reader readers[4];
	int i;

	for (i = 0; i < 4; i++) {
		readers[i] = (struct reader){ .byte = self->out };
		ASSERT_EQ(0, pthread_create(&readers[i].thread, NULL, read_on,
					    &readers[i]));
		while (readers[i].reads < 10)
			usleep(100);
	}
	device_ioctl(self->engine.fd, LWNPU_CTL_STOP, NULL);
	sleep(10);
}

TEST_HARNESS_MAIN
