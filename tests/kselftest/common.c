// SPDX-License-Identifier: MIT
/* The application's side of the tests. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "common.h"

void fail(const char *what)
{
	printf("# %s: %s\n", what, strerror(errno));
	fflush(stdout);
	_exit(1);
}

/* Ends the test if @error is one. */
static void must(const char *what, int error)
{
	if (!error)
		return;
	errno = -error;
	fail(what);
}

int64_t in_ms(int64_t ms)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec + ms * 1000000;
}

int device_open(const struct engine *engine)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/dev/accel/accel%u",
		 engine->start.minor);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		fail(path);
	return fd;
}

bool minor_name(uint32_t minor, char *name, size_t size)
{
	char path[64], target[256];
	const char *last;
	ssize_t n;

	snprintf(path, sizeof(path), "/sys/class/accel/accel%u/device", minor);
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 0)
		return false;
	target[n] = '\0';
	last = strrchr(target, '/');
	if (!last || strlen(last + 1) >= size)
		return false;
	strcpy(name, last + 1);
	return true;
}

void device_name(const struct engine *engine, char *name, size_t size)
{
	if (!minor_name(engine->start.minor, name, size))
		fail("the name of a device");
}

size_t read_file(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n, all = 0;

	if (fd < 0)
		return 0;
	while ((n = read(fd, text + all, size - 1 - all)) > 0)
		all += n;
	close(fd);
	text[all] = '\0';
	return all;
}

size_t device_state(const struct engine *engine, char *text, size_t size)
{
	char path[128], device[64];

	device_name(engine, device, sizeof(device));
	snprintf(path, sizeof(path), "/sys/kernel/debug/accel/%s/state",
		 device);
	return read_file(path, text, size);
}

int device_ioctl(int fd, unsigned long command, void *argument)
{
	int result;

	do {
		result = ioctl(fd, command, argument);
	} while (result < 0 && errno == EINTR);
	return result < 0 ? -errno : 0;
}

uint64_t param(int fd, uint32_t which)
{
	struct drm_lwnpu_get_param get = { .param = which };

	must("GET_PARAM", device_ioctl(fd, DRM_IOCTL_LWNPU_GET_PARAM, &get));
	return get.value;
}

uint32_t bo_create(int fd, uint64_t size)
{
	struct drm_lwnpu_bo_create create = { .size = size };

	must("BO_CREATE",
	     device_ioctl(fd, DRM_IOCTL_LWNPU_BO_CREATE, &create));
	return create.handle;
}

void *bo_map(int fd, uint32_t handle, uint64_t size)
{
	struct drm_lwnpu_bo_mmap_offset map = { .handle = handle };
	void *data;

	must("BO_MMAP_OFFSET",
	     device_ioctl(fd, DRM_IOCTL_LWNPU_BO_MMAP_OFFSET, &map));
	data = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		    map.offset);
	if (data == MAP_FAILED)
		fail("mapping a buffer");
	return data;
}

int gem_close(int fd, uint32_t handle)
{
	struct drm_gem_close close = { .handle = handle };

	return device_ioctl(fd, DRM_IOCTL_GEM_CLOSE, &close);
}

int bo_export(int fd, uint32_t handle)
{
	struct drm_prime_handle prime = {
		.handle = handle, .flags = DRM_CLOEXEC | DRM_RDWR,
	};

	must("export", device_ioctl(fd, DRM_IOCTL_PRIME_HANDLE_TO_FD, &prime));
	return prime.fd;
}

int bo_import(int fd, int dmabuf, uint32_t *handle)
{
	struct drm_prime_handle prime = { .fd = dmabuf };
	int error = device_ioctl(fd, DRM_IOCTL_PRIME_FD_TO_HANDLE, &prime);

	*handle = prime.handle;
	return error;
}

void lut_program_init(struct lut_program *program, uint8_t key)
{
	struct lwnpu_tensor tensor = {
		.row_pitch = LUT_BYTES, .plane_pitch = LUT_BYTES, .h = 1,
		.w = LUT_BYTES / LWNPU_LANES, .c = LWNPU_LANES,
	};
	uint32_t i;

	memset(program, 0, sizeof(*program));
	program->ops[0].opcode = LWNPU_OP_LUT;
	program->ops[0].in[0] = tensor;
	program->ops[0].in[0].region = LWNPU_REGION_IO;
	program->ops[0].out = tensor;
	program->ops[0].out.region = LWNPU_REGION_IO + 1;
	for (i = 0; i < sizeof(program->weights); i++)
		program->weights[i] = i ^ key;
}

int program_try(int fd, const struct lwnpu_op *ops, uint32_t n_ops,
		const void *weights, uint64_t weights_size,
		struct drm_lwnpu_program_create *create)
{
	*create = (struct drm_lwnpu_program_create) {
		.ops = (uintptr_t)ops, .n_ops = n_ops,
		.weights = (uintptr_t)weights, .weights_size = weights_size,
	};
	return device_ioctl(fd, DRM_IOCTL_LWNPU_PROGRAM_CREATE, create);
}

uint32_t program_create(int fd, uint8_t key)
{
	struct drm_lwnpu_program_create create;
	struct lut_program program;

	lut_program_init(&program, key);
	must("PROGRAM_CREATE",
	     program_try(fd, program.ops, 1, program.weights,
			 sizeof(program.weights), &create));
	return create.handle;
}

uint32_t queue_create(int fd, uint32_t priority)
{
	struct drm_lwnpu_queue_create create = { .priority = priority };

	must("QUEUE_CREATE",
	     device_ioctl(fd, DRM_IOCTL_LWNPU_QUEUE_CREATE, &create));
	return create.handle;
}

struct drm_lwnpu_queue_get_state queue_state(int fd, uint32_t queue)
{
	struct drm_lwnpu_queue_get_state state = { .handle = queue };

	must("QUEUE_GET_STATE",
	     device_ioctl(fd, DRM_IOCTL_LWNPU_QUEUE_GET_STATE, &state));
	return state;
}

uint32_t syncobj_create(int fd, uint32_t flags)
{
	struct drm_syncobj_create create = { .flags = flags };

	must("SYNCOBJ_CREATE",
	     device_ioctl(fd, DRM_IOCTL_SYNCOBJ_CREATE, &create));
	return create.handle;
}

int syncobj_wait(int fd, uint32_t handle, int timeout_ms)
{
	struct drm_syncobj_wait wait = {
		.handles = (uintptr_t)&handle, .count_handles = 1,
		.timeout_nsec = in_ms(timeout_ms),
	};

	return device_ioctl(fd, DRM_IOCTL_SYNCOBJ_WAIT, &wait);
}

int syncobj_wait_point(int fd, uint32_t handle, uint64_t point,
		       int timeout_ms)
{
	struct drm_syncobj_timeline_wait wait = {
		.handles = (uintptr_t)&handle, .points = (uintptr_t)&point,
		.count_handles = 1, .timeout_nsec = in_ms(timeout_ms),
		.flags = DRM_SYNCOBJ_WAIT_FLAGS_WAIT_FOR_SUBMIT,
	};

	return device_ioctl(fd, DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT, &wait);
}

void request_init(struct request *request, uint32_t program, uint32_t input,
		  uint32_t output)
{
	memset(request, 0, sizeof(*request));
	request->bindings[0].region = LWNPU_REGION_IO;
	request->bindings[0].handle = input;
	request->bindings[1].region = LWNPU_REGION_IO + 1;
	request->bindings[1].handle = output;
	request->job.program = program;
	request->job.bindings = (struct drm_lwnpu_array) {
		.ptr = (uintptr_t)request->bindings, .count = 2,
		.stride = sizeof(request->bindings[0]),
	};
	request->job.in_syncs.ptr = (uintptr_t)request->in;
	request->job.in_syncs.stride = sizeof(request->in[0]);
	request->job.out_syncs.ptr = (uintptr_t)request->out;
	request->job.out_syncs.stride = sizeof(request->out[0]);
}

static void add_sync(struct drm_lwnpu_array *array, uint32_t handle,
		     uint64_t point)
{
	struct drm_lwnpu_sync *syncs = (void *)(uintptr_t)array->ptr;

	syncs[array->count++] = (struct drm_lwnpu_sync) {
		.handle = handle, .point = point,
		.flags = point ? DRM_LWNPU_SYNC_TIMELINE : 0,
	};
}

void request_wait_for(struct request *request, uint32_t handle, uint64_t point)
{
	add_sync(&request->job.in_syncs, handle, point);
}

void request_signal(struct request *request, uint32_t handle, uint64_t point)
{
	add_sync(&request->job.out_syncs, handle, point);
}

int submit_jobs(int fd, uint32_t queue, struct drm_lwnpu_job *jobs,
		uint32_t count)
{
	struct drm_lwnpu_submit submit = {
		.queue = queue, .jobs = {
			.ptr = (uintptr_t)jobs, .count = count,
			.stride = sizeof(*jobs),
		},
	};

	return device_ioctl(fd, DRM_IOCTL_LWNPU_SUBMIT, &submit);
}

int submit(int fd, uint32_t queue, struct request *request)
{
	return submit_jobs(fd, queue, &request->job, 1);
}

int wait_job(int fd, uint32_t queue, uint64_t id, int timeout_ms,
	     struct drm_lwnpu_completion *completion)
{
	struct drm_lwnpu_wait_job wait = {
		.queue = queue, .job = id,
		.timeout_ns = timeout_ms ? in_ms(timeout_ms) : 0,
	};
	int error = device_ioctl(fd, DRM_IOCTL_LWNPU_WAIT_JOB, &wait);

	if (completion)
		*completion = wait.completion;
	return error;
}

void session_open(struct session *session, const struct engine *engine,
		  uint8_t key)
{
	uint32_t i;

	session->fd = device_open(engine);
	session->key = key;
	session->program = program_create(session->fd, key);
	session->queue = queue_create(session->fd, DRM_LWNPU_PRIORITY_NORMAL);
	session->input = bo_create(session->fd, LUT_BYTES);
	session->output = bo_create(session->fd, LUT_BYTES);
	session->in = bo_map(session->fd, session->input, LUT_BYTES);
	session->out = bo_map(session->fd, session->output, LUT_BYTES);
	for (i = 0; i < LUT_BYTES; i++)
		session->in[i] = 7 * i + key;
}

void session_close(struct session *session)
{
	if (session->fd < 0)
		return;
	munmap(session->in, LUT_BYTES);
	munmap(session->out, LUT_BYTES);
	close(session->fd);
	session->fd = -1;
}

void session_request(const struct session *session, struct request *request)
{
	request_init(request, session->program, session->input,
		     session->output);
}

int64_t session_submit(struct session *session)
{
	struct request request;
	int error;

	session_request(session, &request);
	error = submit(session->fd, session->queue, &request);
	return error ? error : (int64_t)request.job.id;
}

int session_wait(struct session *session, uint64_t id, int timeout_ms)
{
	struct drm_lwnpu_completion completion;
	int error = wait_job(session->fd, session->queue, id, timeout_ms,
			     &completion);

	return error ? error : (int)completion.status;
}

bool session_check(const struct session *session)
{
	uint32_t i;

	for (i = 0; i < LUT_BYTES; i++)
		if (session->out[i] != (session->in[i] ^ session->key))
			return false;
	return true;
}

int sysfs_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), error = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		error = -errno;
	close(fd);
	return error;
}

int set_parameter(const char *name, const char *value, char *before,
		  size_t size)
{
	char path[128];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/sys/module/lwnpu/parameters/%s", name);
	if (before) {
		fd = open(path, O_RDONLY | O_CLOEXEC);
		n = fd < 0 ? -1 : read(fd, before, size - 1);
		if (n < 0)
			return -errno;
		before[n] = '\0';
		close(fd);
	}
	return sysfs_write(path, value);
}
