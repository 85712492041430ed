// SPDX-License-Identifier: MIT
/* Programs: what is refused, with which reason, and what is accepted. */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "../common/check_fixture.h"
#include "common.h"

FIXTURE(program)
{
	struct engine engine;
	int fd;
};

FIXTURE_SETUP(program)
{
	engine_start(&self->engine, 1);
	self->fd = device_open(&self->engine);
}

FIXTURE_TEARDOWN(program)
{
	close(self->fd);
	engine_stop(&self->engine);
}

static int create(int fd, const struct check_fixture *f,
		  struct drm_lwnpu_program_create *out)
{
	return program_try(fd, f->ops, f->n_ops, f->weights, f->weights_size,
			   out);
}

static int destroy(int fd, uint32_t handle)
{
	struct drm_lwnpu_program_destroy destroy = { .handle = handle };

	return device_ioctl(fd, DRM_IOCTL_LWNPU_PROGRAM_DESTROY, &destroy);
}

/* The changes of check_cases.def speak of "f" and "op". */
#define CHANGE(NAME, change) \
	struct drm_lwnpu_program_create out; \
	struct check_fixture fixture, *f = &fixture; \
	struct lwnpu_op *op = &fixture.ops[1]; \
	check_fixture_init(f, LWNPU_OP_##NAME); \
	(void)op; \
	change;

#define CASES(name) TEST_F(program, name) {
#define REFUSED(NAME, change, why, where) { \
		CHANGE(NAME, change) \
		EXPECT_EQ(-EINVAL, create(self->fd, f, &out)); \
		EXPECT_EQ(LWNPU_CHECK_##why, out.error.reason); \
		EXPECT_STREQ(where, (char *)out.error.field); \
		EXPECT_EQ(LWNPU_CHECK_##why != LWNPU_CHECK_PROGRAM_SIZE, \
			  out.error.op); \
		EXPECT_EQ(0, out.handle); \
	}
#define ACCEPTED(NAME, change) { \
		CHANGE(NAME, change) \
		EXPECT_EQ(0, create(self->fd, f, &out)); \
		EXPECT_EQ(0, out.error.reason); \
		EXPECT_EQ(0, destroy(self->fd, out.handle)); \
	}
#define CASES_END }
#include "../common/check_cases.def"
#undef CASES
#undef REFUSED
#undef ACCEPTED
#undef CASES_END

TEST_F(program, tells_regions)
{
	struct drm_lwnpu_program_create out;
	struct check_fixture f;

	check_fixture_init(&f, LWNPU_OP_CONV);
	f.ops[1].out.region = 5;
	ASSERT_EQ(0, create(self->fd, &f, &out));
	EXPECT_EQ(6, out.n_regions);
	EXPECT_EQ(0, out.arena_size);
}

/* The copy is what counts: the caller's memory may change at once. */
TEST_F(program, is_a_copy)
{
	struct session session;
	struct lut_program *program;
	struct drm_lwnpu_program_create out;

	session_open(&session, &self->engine, 0x5a);
	program = mmap(NULL, sizeof(*program), PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, program);
	lut_program_init(program, 0x5a);
	ASSERT_EQ(0, program_try(session.fd, program->ops, 1, program->weights,
				 sizeof(program->weights), &out));
	munmap(program, sizeof(*program));
	session.program = out.handle;
	engine_serve(&self->engine);
	ASSERT_EQ(1, session_submit(&session));
	EXPECT_EQ(DRM_LWNPU_JOB_DONE, session_wait(&session, 1, 5000));
	EXPECT_TRUE(session_check(&session));
	session_close(&session);
}

TEST_F(program, bad_pointers)
{
	struct drm_lwnpu_program_create out;
	struct lut_program p;

	lut_program_init(&p, 0);
	EXPECT_EQ(-EFAULT, program_try(self->fd, NULL, 1, p.weights, 256,
				       &out));
	EXPECT_EQ(-EFAULT, program_try(self->fd, p.ops, 1, NULL, 256, &out));
	EXPECT_EQ(-EFAULT, program_try(self->fd, (void *)(uintptr_t)-64, 1,
				       p.weights, 256, &out));
	EXPECT_EQ(0, out.handle);
}

/* Sizes far over the limits are refused before anything is allocated. */
TEST_F(program, absurd_sizes)
{
	struct drm_lwnpu_program_create out;
	struct lut_program p;

	lut_program_init(&p, 0);
	EXPECT_EQ(-EINVAL, program_try(self->fd, p.ops, 0xffffffff, p.weights,
				       256, &out));
	EXPECT_EQ(-EINVAL, program_try(self->fd, p.ops, 1, p.weights,
				       ~0ULL, &out));
	EXPECT_EQ(-EINVAL, program_try(self->fd, p.ops, 1, p.weights,
				       param(self->fd,
					     DRM_LWNPU_PARAM_MAX_WEIGHTS_SIZE)
				       + 1, &out));
}

TEST_F(program, destroy_unknown)
{
	uint32_t handle = program_create(self->fd, 1);

	EXPECT_EQ(-ENOENT, destroy(self->fd, 0));
	EXPECT_EQ(-ENOENT, destroy(self->fd, handle + 1));
	EXPECT_EQ(0, destroy(self->fd, handle));
	EXPECT_EQ(-ENOENT, destroy(self->fd, handle));
}

TEST_F(program, limit_of_the_file)
{
	uint64_t most = param(self->fd, DRM_LWNPU_PARAM_MAX_PROGRAMS), i;
	struct drm_lwnpu_program_create out;
	struct lut_program p;

	lut_program_init(&p, 0);
	for (i = 0; i < most; i++)
		ASSERT_EQ(0, program_try(self->fd, p.ops, 1, p.weights, 256,
					 &out));
	EXPECT_EQ(-ENOSPC, program_try(self->fd, p.ops, 1, p.weights, 256,
				       &out));
	EXPECT_EQ(0, out.handle);
	EXPECT_EQ(0, destroy(self->fd, 1));
	EXPECT_EQ(0, program_try(self->fd, p.ops, 1, p.weights, 256, &out));
}

/* An engine that lacks an operation: told at creation, with its place. */
TEST(operation_that_the_engine_lacks)
{
	struct drm_lwnpu_program_create out;
	struct lwnpu_ctl_start start = {
		.version = LWNPU_CTL_VERSION, .capacity = 1, .depth = 1,
		.ops = 1 << LWNPU_OP_CONV, .name = "conv-only",
		.description = "has one operation",
	};
	struct engine engine;
	struct lut_program p;
	int fd;

	engine_open(&engine);
	ASSERT_EQ(0, device_ioctl(engine.fd, LWNPU_CTL_START, &start));
	engine.start = start;
	fd = device_open(&engine);
	EXPECT_EQ(1 << LWNPU_OP_CONV, param(fd, DRM_LWNPU_PARAM_OPS));
	lut_program_init(&p, 0);
	EXPECT_EQ(-EOPNOTSUPP, program_try(fd, p.ops, 1, p.weights, 256,
					   &out));
	EXPECT_EQ(0, out.error.op);
	EXPECT_EQ(0, out.handle);
	close(fd);
	engine_stop(&engine);
}

TEST_HARNESS_MAIN
