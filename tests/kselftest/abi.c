// SPDX-License-Identifier: MIT
/*
 * What holds for every ioctl of the accel node: sizes of the structures,
 * reserved fields, strides of nested arrays.
 */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "calls.h"
#include "common.h"

FIXTURE(abi)
{
	struct engine engine;
	struct session session;
	struct lut_program program;
	struct request request;
	struct call calls[N_CALLS];
};

FIXTURE_SETUP(abi)
{
	engine_start(&self->engine, 4);
	session_open(&self->session, &self->engine, 1);
	lut_program_init(&self->program, 1);
	session_request(&self->session, &self->request);
	engine_serve(&self->engine);
	ASSERT_EQ(1, session_submit(&self->session));
	ASSERT_EQ(DRM_LWNPU_JOB_DONE, session_wait(&self->session, 1, 5000));
}

FIXTURE_TEARDOWN(abi)
{
	session_close(&self->session);
	engine_stop(&self->engine);
}

/* The command of a caller whose structure has another size. */
static unsigned long resized(unsigned long command, size_t size)
{
	return _IOC(_IOC_DIR(command), _IOC_TYPE(command), _IOC_NR(command),
		    size);
}

/*
 * A structure of @size bytes: the call succeeds, and the kernel writes no byte
 * past it.
 */
static int with_size(int fd, struct call *call, size_t size, uint8_t tail)
{
	size_t known = _IOC_SIZE(call->command), i;
	uint8_t bytes[CALL_ROOM];
	int error;

	memset(bytes, 0xee, sizeof(bytes));
	memcpy(bytes, call->bytes, size < known ? size : known);
	if (size > known)
		memset(bytes + known, tail, size - known);
	error = device_ioctl(fd, resized(call->command, size), bytes);
	for (i = size; i < sizeof(bytes); i++)
		if (bytes[i] != 0xee)
			return -EILSEQ;
	/* What is only written has nothing of the caller's. */
	if (!(_IOC_DIR(call->command) & _IOC_WRITE))
		tail = 0;
	for (i = known; i < size; i++)
		if (bytes[i] != tail)
			return -ERANGE;
	return error;
}

#define FOR_EACH_CALL(call, i) \
	for (i = 0; i < N_CALLS && \
	     (calls_init(self->calls, &self->session, &self->program, \
			 &self->request.job), \
	      call = &self->calls[i]); i++)

TEST_F(abi, exact)
{
	struct call *call;
	int i;

	FOR_EACH_CALL(call, i) {
		EXPECT_EQ(0, with_size(self->session.fd, call,
				       _IOC_SIZE(call->command), 0))
			TH_LOG("%s", call->name);
	}
}

TEST_F(abi, shorter)
{
	struct call *call;
	int i;

	FOR_EACH_CALL(call, i) {
		EXPECT_EQ(0, with_size(self->session.fd, call, call->inputs,
				       0))
			TH_LOG("%s", call->name);
	}
}

TEST_F(abi, longer)
{
	struct call *call;
	int i;

	FOR_EACH_CALL(call, i) {
		EXPECT_EQ(0, with_size(self->session.fd, call,
				       _IOC_SIZE(call->command) + 64, 0))
			TH_LOG("%s", call->name);
	}
}

/* What a structure has past its known end is for newer kernels. */
TEST_F(abi, longer_and_used)
{
	struct call *call;
	int i;

	FOR_EACH_CALL(call, i) {
		EXPECT_EQ(0, with_size(self->session.fd, call,
				       _IOC_SIZE(call->command) + 64, 0xff))
			TH_LOG("%s", call->name);
	}
}

TEST_F(abi, empty)
{
	struct call *call;
	int i, error;

	FOR_EACH_CALL(call, i) {
		error = with_size(self->session.fd, call, 0, 0);
		if (call->command == DRM_IOCTL_LWNPU_GET_PARAM ||
		    call->command == DRM_IOCTL_LWNPU_GET_ENGINE ||
		    call->command == DRM_IOCTL_LWNPU_QUEUE_CREATE) {
			EXPECT_EQ(0, error);
		} else {
			EXPECT_TRUE(error == -EINVAL || error == -ENOENT)
				TH_LOG("%s: %d", call->name, error);
		}
	}
}

TEST_F(abi, bad_pointer)
{
	struct call *call;
	int i;

	FOR_EACH_CALL(call, i) {
		EXPECT_EQ(-EFAULT, device_ioctl(self->session.fd,
						call->command, (void *)64))
			TH_LOG("%s", call->name);
	}
}

TEST_F(abi, unknown)
{
	uint8_t bytes[64] = { 0 };

	EXPECT_EQ(-ENOTTY, device_ioctl(self->session.fd,
					DRM_IOWR(DRM_COMMAND_BASE + 0x0c,
						 bytes), bytes));
	EXPECT_EQ(-ENOTTY, device_ioctl(self->session.fd,
					DRM_IOWR(DRM_COMMAND_END - 1, bytes),
					bytes));
}

/* A field by its name; @error if other bits than those @known are set. */
#define FIELD(NAME, member, field, known, error) { \
		offsetof(struct drm_lwnpu_##member, field), error, \
		DRM_IOCTL_LWNPU_##NAME, #NAME "." #field, known }
#define RESERVED(NAME, member, field, error) \
	FIELD(NAME, member, field, 0, error)

TEST_F(abi, reserved)
{
	static const struct {
		size_t offset;
		int error;
		unsigned long command;
		const char *name;
		uint32_t known;
	} fields[] = {
		RESERVED(GET_PARAM, get_param, pad, -EINVAL),
		RESERVED(BO_CREATE, bo_create, flags, -EOPNOTSUPP),
		RESERVED(BO_MMAP_OFFSET, bo_mmap_offset, flags, -EOPNOTSUPP),
		RESERVED(PROGRAM_CREATE, program_create, flags, -EOPNOTSUPP),
		RESERVED(PROGRAM_DESTROY, program_destroy, pad, -EINVAL),
		FIELD(QUEUE_CREATE, queue_create, flags,
		      DRM_LWNPU_QUEUE_PARALLEL, -EOPNOTSUPP),
		RESERVED(QUEUE_CREATE, queue_create, pad, -EINVAL),
		RESERVED(QUEUE_DESTROY, queue_destroy, pad, -EINVAL),
		RESERVED(SUBMIT, submit, flags, -EOPNOTSUPP),
		RESERVED(WAIT_JOB, wait_job, flags, -EOPNOTSUPP),
	};
	struct call *call;
	unsigned int i, j, bit;

	FOR_EACH_CALL(call, i)
		for (j = 0; j < ARRAY_SIZE(fields); j++) {
			if (fields[j].command != call->command)
				continue;
			for (bit = 0; bit < 32; bit++) {
				uint32_t value = 1U << bit;
				struct call bad = *call;

				if (value & fields[j].known)
					continue;
				memcpy(bad.bytes + fields[j].offset, &value,
				       4);
				EXPECT_EQ(fields[j].error,
					  device_ioctl(self->session.fd,
						       bad.command,
						       bad.bytes))
					TH_LOG("%s", fields[j].name);
			}
		}
}

/* Jobs, bindings and syncs of @grown bytes more than the kernel knows. */
static int submit_stretched(struct session *s, struct request *request,
			    int jobs_more, int bindings_more, uint8_t tail)
{
	uint8_t jobs[512], bindings[512];
	struct drm_lwnpu_submit call = { .queue = s->queue, .jobs = {
		(uintptr_t)jobs, 1, sizeof(request->job) + jobs_more,
	} };
	struct drm_lwnpu_job *job = (void *)jobs;
	uint32_t size = sizeof(request->bindings[0]), i;
	uint32_t stride = size + bindings_more;

	memset(jobs, tail, sizeof(jobs));
	memset(bindings, tail, sizeof(bindings));
	for (i = 0; i < 2; i++)
		memcpy(bindings + i * stride, &request->bindings[i],
		       bindings_more < 0 ? stride : size);
	*job = request->job;
	job->bindings.ptr = (uintptr_t)bindings;
	job->bindings.stride = stride;
	return device_ioctl(s->fd, DRM_IOCTL_LWNPU_SUBMIT, &call);
}

TEST_F(abi, strides)
{
	struct session *s = &self->session;
	struct request *r = &self->request;

	EXPECT_EQ(0, submit_stretched(s, r, 0, 0, 0));
	EXPECT_EQ(0, submit_stretched(s, r, 64, 0, 0));
	EXPECT_EQ(0, submit_stretched(s, r, 0, 48, 0));
	EXPECT_EQ(-E2BIG, submit_stretched(s, r, 64, 0, 1));
	EXPECT_EQ(-E2BIG, submit_stretched(s, r, 0, 48, 1));
	EXPECT_EQ(-EINVAL, submit_stretched(s, r, -8, 0, 0));
	EXPECT_EQ(-EINVAL, submit_stretched(s, r, 0, -8, 0));
}

TEST_F(abi, stride_of_syncs)
{
	struct session *s = &self->session;
	uint8_t syncs[128] = { 0 };
	struct drm_lwnpu_sync *first = (void *)syncs;
	struct request *r = &self->request;

	first->handle = syncobj_create(s->fd, DRM_SYNCOBJ_CREATE_SIGNALED);
	r->job.in_syncs = (struct drm_lwnpu_array) {
		(uintptr_t)syncs, 1, sizeof(*first) + 16,
	};
	EXPECT_EQ(0, submit(s->fd, s->queue, r));
	syncs[sizeof(*first) + 15] = 1;
	EXPECT_EQ(-E2BIG, submit(s->fd, s->queue, r));
	r->job.in_syncs.stride = sizeof(*first) - 8;
	EXPECT_EQ(-EINVAL, submit(s->fd, s->queue, r));
	r->job.out_syncs = r->job.in_syncs;
	r->job.in_syncs.count = 0;
	EXPECT_EQ(-EINVAL, submit(s->fd, s->queue, r));
	r->job.out_syncs.stride = sizeof(*first) + 16;
	EXPECT_EQ(-E2BIG, submit(s->fd, s->queue, r));
}

TEST_F(abi, params)
{
	struct drm_lwnpu_get_param get = { 0 };
	int fd = self->session.fd;

	EXPECT_EQ(0xfe, param(fd, DRM_LWNPU_PARAM_OPS) & 0xff);
	EXPECT_EQ(4, param(fd, DRM_LWNPU_PARAM_CAPACITY));
	EXPECT_EQ(65536, param(fd, DRM_LWNPU_PARAM_MAX_OPS));
	EXPECT_EQ(1ULL << 31, param(fd, DRM_LWNPU_PARAM_MAX_REGION_SIZE));
	EXPECT_EQ(7, param(fd, DRM_LWNPU_PARAM_PRIORITIES));
	for (get.param = 0; get.param <= DRM_LWNPU_PARAM_TIMEOUT_NS;
	     get.param++) {
		get.value = 0;
		EXPECT_EQ(0, device_ioctl(fd, DRM_IOCTL_LWNPU_GET_PARAM,
					  &get));
		EXPECT_NE(0, get.value);
	}
	EXPECT_EQ(-EOPNOTSUPP, device_ioctl(fd, DRM_IOCTL_LWNPU_GET_PARAM,
					    &get));
	get.param = 0xffffffff;
	EXPECT_EQ(-EOPNOTSUPP, device_ioctl(fd, DRM_IOCTL_LWNPU_GET_PARAM,
					    &get));
}

TEST_F(abi, names)
{
	struct drm_lwnpu_get_engine get;
	char name[16] = "", date[16] = "", text[64] = "";
	struct drm_version version = {
		.name = name, .name_len = sizeof(name),
		.date = date, .date_len = sizeof(date),
		.desc = text, .desc_len = sizeof(text),
	};

	ASSERT_EQ(0, device_ioctl(self->session.fd, DRM_IOCTL_LWNPU_GET_ENGINE,
				  &get));
	EXPECT_STREQ(ENGINE_NAME, (char *)get.name);
	EXPECT_STREQ("a test's own", (char *)get.description);
	ASSERT_EQ(0, device_ioctl(self->session.fd, DRM_IOCTL_VERSION,
				  &version));
	EXPECT_STREQ(DRM_LWNPU_DRIVER_NAME, name);
	EXPECT_EQ(DRM_LWNPU_VERSION_MAJOR, version.version_major);
	EXPECT_EQ(DRM_LWNPU_VERSION_MINOR, version.version_minor);
}

/* The DRM library answers some only on nodes that have a master. */
TEST_F(abi, of_other_nodes)
{
	int fd = self->session.fd;
	struct drm_unique unique = { 0 };
	struct drm_auth auth = { 0 };

	EXPECT_EQ(-ENOTTY, device_ioctl(fd, DRM_IOCTL_GET_MAGIC, &auth));
	EXPECT_EQ(-ENOTTY, device_ioctl(fd, DRM_IOCTL_GET_UNIQUE, &unique));
	EXPECT_EQ(-ENOTTY, device_ioctl(fd, 0x5401, NULL));
}

TEST_HARNESS_MAIN
