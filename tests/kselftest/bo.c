// SPDX-License-Identifier: MIT
/* Buffers: life, mapping, waiting, limits. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "common.h"

FIXTURE(bo)
{
	struct engine engine;
	int fd;
};

FIXTURE_SETUP(bo)
{
	engine_start(&self->engine, 1);
	self->fd = device_open(&self->engine);
}

FIXTURE_TEARDOWN(bo)
{
	close(self->fd);
	engine_stop(&self->engine);
}

static int create(int fd, uint64_t size, uint64_t *real)
{
	struct drm_lwnpu_bo_create create = { .size = size };
	int error = device_ioctl(fd, DRM_IOCTL_LWNPU_BO_CREATE, &create);

	*real = create.size;
	return error ? error : (int)create.handle;
}

static int bo_wait(int fd, uint32_t handle, uint32_t flags, int64_t timeout_ns)
{
	struct drm_lwnpu_bo_wait wait = {
		.handle = handle, .flags = flags, .timeout_ns = timeout_ns,
	};

	return device_ioctl(fd, DRM_IOCTL_LWNPU_BO_WAIT, &wait);
}

TEST_F(bo, size_is_rounded_up)
{
	long page = sysconf(_SC_PAGESIZE);
	uint64_t real;

	EXPECT_LT(0, create(self->fd, 1, &real));
	EXPECT_EQ(page, real);
	EXPECT_LT(0, create(self->fd, page + 1, &real));
	EXPECT_EQ(2 * page, real);
}

TEST_F(bo, size_out_of_range)
{
	uint64_t most = param(self->fd, DRM_LWNPU_PARAM_MAX_BO_SIZE), real;

	EXPECT_EQ(-EINVAL, create(self->fd, 0, &real));
	EXPECT_EQ(-EINVAL, create(self->fd, most + 1, &real));
	EXPECT_EQ(-EINVAL, create(self->fd, ~0ULL, &real));
	EXPECT_EQ(-EINVAL, create(self->fd, ~0ULL - 4094, &real));
}

TEST_F(bo, is_zero_and_keeps_its_bytes)
{
	uint32_t handle = bo_create(self->fd, 8192);
	uint8_t *a = bo_map(self->fd, handle, 8192);
	uint8_t *b = bo_map(self->fd, handle, 8192);
	int i;

	for (i = 0; i < 8192; i++)
		ASSERT_EQ(0, a[i]);
	memset(a, 0xa5, 8192);
	EXPECT_EQ(0, memcmp(a, b, 8192));
	munmap(a, 8192);
	EXPECT_EQ(0, gem_close(self->fd, handle));
	/* A mapping outlives the handle. */
	EXPECT_EQ(0xa5, b[8191]);
	munmap(b, 8192);
}

/* What one buffer held is never seen in another. */
TEST_F(bo, is_zero_again)
{
	uint32_t handle, round, i;
	uint8_t *data;

	for (round = 0; round < 8; round++) {
		handle = bo_create(self->fd, 65536);
		data = bo_map(self->fd, handle, 65536);
		for (i = 0; i < 65536; i++)
			ASSERT_EQ(0, data[i]);
		memset(data, 0xff, 65536);
		munmap(data, 65536);
		ASSERT_EQ(0, gem_close(self->fd, handle));
	}
}

TEST_F(bo, unknown_handle)
{
	struct drm_lwnpu_bo_mmap_offset map = { .handle = 77 };

	EXPECT_EQ(-ENOENT, device_ioctl(self->fd,
					DRM_IOCTL_LWNPU_BO_MMAP_OFFSET, &map));
	EXPECT_EQ(-ENOENT, bo_wait(self->fd, 77, 0, 0));
	EXPECT_EQ(-EINVAL, gem_close(self->fd, 77));
}

/* A mapping is checked against the buffer, and the file that it belongs to. */
TEST_F(bo, mapping_is_bounded_and_private)
{
	uint32_t handle = bo_create(self->fd, 4096);
	struct drm_lwnpu_bo_mmap_offset map = { .handle = handle };
	int other = device_open(&self->engine);

	ASSERT_EQ(0, device_ioctl(self->fd, DRM_IOCTL_LWNPU_BO_MMAP_OFFSET,
				  &map));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, 8192, PROT_READ, MAP_SHARED,
				   self->fd, map.offset));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, 4096, PROT_READ, MAP_SHARED, other,
				   map.offset));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, 4096, PROT_READ, MAP_PRIVATE,
				   self->fd, 0));
	close(other);
}

TEST_F(bo, handles_of_another_file)
{
	struct drm_lwnpu_bo_mmap_offset map = {
		.handle = bo_create(self->fd, 4096),
	};
	int other = device_open(&self->engine);

	EXPECT_EQ(-ENOENT, device_ioctl(other, DRM_IOCTL_LWNPU_BO_MMAP_OFFSET,
					&map));
	close(other);
}

TEST_F(bo, wait_when_idle)
{
	uint32_t handle = bo_create(self->fd, 4096);

	EXPECT_EQ(0, bo_wait(self->fd, handle, 0, 0));
	EXPECT_EQ(0, bo_wait(self->fd, handle, DRM_LWNPU_BO_WAIT_WRITE,
			     in_ms(1000)));
	EXPECT_EQ(-EOPNOTSUPP, bo_wait(self->fd, handle, 2, 0));
}

/* The input may be read at once and written later; the output neither. */
TEST_F(bo, wait_for_a_job)
{
	struct lwnpu_ctl_record job;
	struct session s;
	int64_t begin;

	session_open(&s, &self->engine, 1);
	ASSERT_EQ(1, session_submit(&s));
	ASSERT_EQ(0, engine_next(&self->engine, &job, 5000));
	EXPECT_EQ(0, bo_wait(s.fd, s.input, 0, 0));
	EXPECT_EQ(-EBUSY, bo_wait(s.fd, s.input, DRM_LWNPU_BO_WAIT_WRITE, 0));
	EXPECT_EQ(-EBUSY, bo_wait(s.fd, s.output, 0, 0));
	begin = in_ms(0);
	EXPECT_EQ(-ETIMEDOUT, bo_wait(s.fd, s.output, 0, in_ms(100)));
	EXPECT_LE(100000000, in_ms(0) - begin);
	engine_complete(&self->engine, job.id, 0);
	EXPECT_EQ(0, bo_wait(s.fd, s.output, 0, in_ms(5000)));
	EXPECT_EQ(0, bo_wait(s.fd, s.input, DRM_LWNPU_BO_WAIT_WRITE,
			     in_ms(5000)));
	session_close(&s);
}

TEST_F(bo, limit_of_the_file)
{
	uint64_t limit = param(self->fd, DRM_LWNPU_PARAM_MAX_MEMORY);
	uint64_t most = param(self->fd, DRM_LWNPU_PARAM_MAX_BO_SIZE);
	uint64_t used = 0, real;
	int handle = 0;

	ASSERT_LT(0, most);
	/* No page is touched, so this costs little memory. */
	while (used + most <= limit) {
		handle = create(self->fd, most, &real);
		ASSERT_LT(0, handle);
		used += most;
	}
	EXPECT_EQ(-ENOSPC, create(self->fd, most, &real));
	if (handle) {
		EXPECT_EQ(0, gem_close(self->fd, handle));
		EXPECT_LT(0, create(self->fd, most, &real));
	}
}

TEST_HARNESS_MAIN
