// SPDX-License-Identifier: MIT
/* Buffers shared by dma-buf: between files, with vgem, udmabuf and a heap. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "vgem_drm.h"
#include "common.h"
#include "share.h"

FIXTURE(prime)
{
	struct engine engine;
	struct session session;
};

FIXTURE_SETUP(prime)
{
	engine_start(&self->engine, 2);
	session_open(&self->session, &self->engine, 0x33);
}

FIXTURE_TEARDOWN(prime)
{
	session_close(&self->session);
	engine_stop(&self->engine);
}

/* Runs a job with its input in @input, which holds the session's bytes. */
static bool runs_from(struct engine *engine, struct session *s, uint32_t input)
{
	struct request request;

	request_init(&request, s->program, input, s->output);
	if (submit(s->fd, s->queue, &request))
		return false;
	engine_serve(engine);
	if (session_wait(s, request.job.id, 5000) != DRM_LWNPU_JOB_DONE)
		return false;
	engine_rest(engine);
	return session_check(s);
}

TEST_F(prime, export_maps)
{
	int fd = bo_export(self->session.fd, self->session.input);
	uint8_t *data = mmap(NULL, LUT_BYTES, PROT_READ, MAP_SHARED, fd, 0);

	ASSERT_NE(MAP_FAILED, data);
	EXPECT_EQ(0, memcmp(data, self->session.in, LUT_BYTES));
	munmap(data, LUT_BYTES);
	close(fd);
}

/* The same object has one handle in a file. */
TEST_F(prime, import_of_its_own)
{
	int fd = bo_export(self->session.fd, self->session.input);
	uint32_t handle;

	ASSERT_EQ(0, bo_import(self->session.fd, fd, &handle));
	EXPECT_EQ(self->session.input, handle);
	close(fd);
}

TEST_F(prime, between_files)
{
	struct session other;
	uint32_t handle;
	int fd;

	session_open(&other, &self->engine, 0x33);
	memcpy(self->session.in, other.in, LUT_BYTES);
	fd = bo_export(other.fd, other.input);
	ASSERT_EQ(0, bo_import(self->session.fd, fd, &handle));
	close(fd);
	session_close(&other);
	EXPECT_TRUE(runs_from(&self->engine, &self->session, handle));
}

static bool runs_from_shared(struct engine *engine, struct session *s,
			     struct shared_buffer *buffer)
{
	uint32_t handle;
	bool runs;

	memcpy(buffer->data, s->in, LUT_BYTES);
	runs = !bo_import(s->fd, buffer->fd, &handle);
	shared_buffer_close(buffer);
	return runs && runs_from(engine, s, handle);
}

TEST_F(prime, from_udmabuf)
{
	struct shared_buffer buffer;

	if (!shared_buffer_udmabuf(&buffer))
		SKIP(return, "no /dev/udmabuf");
	EXPECT_TRUE(runs_from_shared(&self->engine, &self->session, &buffer));
}

TEST_F(prime, from_a_heap)
{
	struct shared_buffer buffer;

	if (!shared_buffer_heap(&buffer))
		SKIP(return, "no heap of dma-bufs");
	EXPECT_TRUE(runs_from_shared(&self->engine, &self->session, &buffer));
}

TEST_F(prime, from_vgem)
{
	struct shared_buffer buffer;

	if (!shared_buffer_vgem(&buffer))
		SKIP(return, "no vgem");
	EXPECT_TRUE(runs_from_shared(&self->engine, &self->session, &buffer));
}

TEST_F(prime, to_vgem)
{
	int vgem = vgem_open(), fd;
	struct drm_mode_map_dumb map = { 0 };
	void *data;

	if (vgem < 0)
		SKIP(return, "no vgem");
	fd = bo_export(self->session.fd, self->session.input);
	ASSERT_EQ(0, bo_import(vgem, fd, &map.handle));
	data = mmap(NULL, LUT_BYTES, PROT_READ, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, data);
	EXPECT_EQ(0, memcmp(data, self->session.in, LUT_BYTES));
	munmap(data, LUT_BYTES);
	close(fd);
	close(vgem);
}

/*
 * Another device's fence holds a job back, and a job's fence another device:
 * they order themselves by the buffer that they share.
 */
TEST_F(prime, waits_for_vgem)
{
	int vgem = vgem_open(), fd;
	struct drm_vgem_fence_attach attach = { .flags = VGEM_FENCE_WRITE };
	struct drm_vgem_fence_signal signal = { 0 };
	struct lwnpu_ctl_record job;
	struct request request;
	uint32_t handle;

	if (vgem < 0)
		SKIP(return, "no vgem");
	attach.handle = vgem_create(vgem);
	fd = bo_export(vgem, attach.handle);
	ASSERT_EQ(0, bo_import(self->session.fd, fd, &handle));
	ASSERT_EQ(0, device_ioctl(vgem, DRM_IOCTL_VGEM_FENCE_ATTACH, &attach));
	request_init(&request, self->session.program, handle,
		     self->session.output);
	ASSERT_EQ(0, submit(self->session.fd, self->session.queue, &request));
	EXPECT_EQ(-ETIMEDOUT, engine_next(&self->engine, &job, 200));
	signal.fence = attach.out_fence;
	ASSERT_EQ(0, device_ioctl(vgem, DRM_IOCTL_VGEM_FENCE_SIGNAL, &signal));
	EXPECT_EQ(0, engine_next(&self->engine, &job, 5000));
	/* vgem may not write what the job still reads. */
	attach.out_fence = 0;
	EXPECT_EQ(-EBUSY, device_ioctl(vgem, DRM_IOCTL_VGEM_FENCE_ATTACH,
				       &attach));
	engine_complete(&self->engine, job.id, 0);
	EXPECT_EQ(DRM_LWNPU_JOB_DONE,
		  session_wait(&self->session, request.job.id, 5000));
	close(fd);
	close(vgem);
}

TEST_F(prime, no_implicit_sync)
{
	int vgem = vgem_open(), fd;
	struct drm_vgem_fence_attach attach = { .flags = VGEM_FENCE_WRITE };
	struct lwnpu_ctl_record job;
	struct request request;
	uint32_t handle;

	if (vgem < 0)
		SKIP(return, "no vgem");
	attach.handle = vgem_create(vgem);
	fd = bo_export(vgem, attach.handle);
	ASSERT_EQ(0, bo_import(self->session.fd, fd, &handle));
	ASSERT_EQ(0, device_ioctl(vgem, DRM_IOCTL_VGEM_FENCE_ATTACH, &attach));
	request_init(&request, self->session.program, handle,
		     self->session.output);
	request.job.flags = DRM_LWNPU_JOB_NO_IMPLICIT_SYNC;
	ASSERT_EQ(0, submit(self->session.fd, self->session.queue, &request));
	EXPECT_EQ(0, engine_next(&self->engine, &job, 5000));
	engine_complete(&self->engine, job.id, 0);
	close(fd);
	close(vgem);
}

/* The dma-buf of an output becomes readable when its job is complete. */
TEST_F(prime, dma_buf_polls)
{
	struct pollfd poll_fd = { .events = POLLIN };
	struct lwnpu_ctl_record job;

	poll_fd.fd = bo_export(self->session.fd, self->session.output);
	EXPECT_EQ(1, poll(&poll_fd, 1, 0));
	ASSERT_EQ(1, session_submit(&self->session));
	ASSERT_EQ(0, engine_next(&self->engine, &job, 5000));
	EXPECT_EQ(0, poll(&poll_fd, 1, 50));
	engine_complete(&self->engine, job.id, 0);
	EXPECT_EQ(1, poll(&poll_fd, 1, 5000));
	close(poll_fd.fd);
}

/* An imported buffer is mapped through its dma-buf, not through the node. */
TEST_F(prime, imported_is_not_mapped_here)
{
	struct drm_lwnpu_bo_mmap_offset map = { 0 };
	struct shared_buffer buffer;

	if (!shared_buffer_udmabuf(&buffer))
		SKIP(return, "no /dev/udmabuf");
	ASSERT_EQ(0, bo_import(self->session.fd, buffer.fd, &map.handle));
	EXPECT_EQ(-EINVAL, device_ioctl(self->session.fd,
					DRM_IOCTL_LWNPU_BO_MMAP_OFFSET, &map));
	shared_buffer_close(&buffer);
}

TEST_F(prime, not_a_dma_buf)
{
	uint32_t handle;

	EXPECT_EQ(-EINVAL, bo_import(self->session.fd, 0, &handle));
	EXPECT_EQ(-EBADF, bo_import(self->session.fd, 9999, &handle));
}

TEST_HARNESS_MAIN
