// SPDX-License-Identifier: MIT
/* Buffers shared by dma-buf: between files, with vgem, udmabuf and a heap. */
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <linux/dma-heap.h>
#include <linux/udmabuf.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "drm_mode.h"
#include "vgem_drm.h"
#include "common.h"

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

static int udmabuf(const void *bytes)
{
	struct udmabuf_create create = { .size = 4096 };
	int memfd = memfd_create("input", MFD_ALLOW_SEALING | MFD_CLOEXEC);
	int device = open("/dev/udmabuf", O_RDWR | O_CLOEXEC), fd;

	if (device < 0 || memfd < 0 || ftruncate(memfd, 4096) ||
	    write(memfd, bytes, LUT_BYTES) != LUT_BYTES ||
	    fcntl(memfd, F_ADD_SEALS, F_SEAL_SHRINK)) {
		close(device);
		close(memfd);
		return -1;
	}
	create.memfd = memfd;
	fd = ioctl(device, UDMABUF_CREATE, &create);
	close(device);
	close(memfd);
	return fd;
}

TEST_F(prime, from_udmabuf)
{
	uint32_t handle;
	int fd = udmabuf(self->session.in);

	if (fd < 0)
		SKIP(return, "no /dev/udmabuf");
	ASSERT_EQ(0, bo_import(self->session.fd, fd, &handle));
	close(fd);
	EXPECT_TRUE(runs_from(&self->engine, &self->session, handle));
}

TEST_F(prime, from_a_heap)
{
	struct dma_heap_allocation_data allocation = {
		.len = 4096, .fd_flags = O_RDWR | O_CLOEXEC,
	};
	int heap = open("/dev/dma_heap/system", O_RDWR | O_CLOEXEC);
	uint32_t handle;
	void *data;

	if (heap < 0)
		SKIP(return, "no heap of dma-bufs");
	ASSERT_EQ(0, ioctl(heap, DMA_HEAP_IOCTL_ALLOC, &allocation));
	data = mmap(NULL, 4096, PROT_WRITE, MAP_SHARED, allocation.fd, 0);
	ASSERT_NE(MAP_FAILED, data);
	memcpy(data, self->session.in, LUT_BYTES);
	ASSERT_EQ(0, bo_import(self->session.fd, allocation.fd, &handle));
	close(allocation.fd);
	EXPECT_TRUE(runs_from(&self->engine, &self->session, handle));
	munmap(data, 4096);
	close(heap);
}

/* The first card whose driver is vgem, or -1. */
static int vgem_open(void)
{
	struct drm_version version;
	char path[32], name[8];
	int fd, i;

	for (i = 0; i < 16; i++) {
		snprintf(path, sizeof(path), "/dev/dri/card%d", i);
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd < 0)
			continue;
		version = (struct drm_version) {
			.name = name, .name_len = sizeof(name),
		};
		if (!device_ioctl(fd, DRM_IOCTL_VERSION, &version) &&
		    !strncmp(name, "vgem", 4))
			return fd;
		close(fd);
	}
	return -1;
}

static uint32_t vgem_create(int vgem)
{
	struct drm_mode_create_dumb create = {
		.width = 1024, .height = 1, .bpp = 32,
	};

	return device_ioctl(vgem, DRM_IOCTL_MODE_CREATE_DUMB, &create) ?
	       0 : create.handle;
}

TEST_F(prime, from_vgem)
{
	int vgem = vgem_open(), fd;
	uint32_t handle;
	void *data;

	if (vgem < 0)
		SKIP(return, "no vgem");
	fd = bo_export(vgem, vgem_create(vgem));
	data = mmap(NULL, 4096, PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, data);
	memcpy(data, self->session.in, LUT_BYTES);
	ASSERT_EQ(0, bo_import(self->session.fd, fd, &handle));
	close(fd);
	EXPECT_TRUE(runs_from(&self->engine, &self->session, handle));
	munmap(data, 4096);
	close(vgem);
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
	int fd = udmabuf(self->session.in);

	if (fd < 0)
		SKIP(return, "no /dev/udmabuf");
	ASSERT_EQ(0, bo_import(self->session.fd, fd, &map.handle));
	EXPECT_EQ(-EINVAL, device_ioctl(self->session.fd,
					DRM_IOCTL_LWNPU_BO_MMAP_OFFSET, &map));
	close(fd);
}

TEST_F(prime, not_a_dma_buf)
{
	uint32_t handle;

	EXPECT_EQ(-EINVAL, bo_import(self->session.fd, 0, &handle));
	EXPECT_EQ(-EBADF, bo_import(self->session.fd, 9999, &handle));
}

TEST_HARNESS_MAIN
