// SPDX-License-Identifier: MIT
/*
 * SUBMIT for programs of different sizes. The daemon is stopped meanwhile, so
 * that its work does not get between two calls.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xf86drm.h>

#include "bench.h"
#include "lwnpu_drm.h"
#include "lwnpu_isa.h"

#define BLOCK 32
#define ROUNDS 100
#define BYTES 256

static void call(int fd, unsigned long command, void *argument,
		 const char *name)
{
	if (drmIoctl(fd, command, argument))
		bench_fail("%s: %m", name);
}

#define CALL(fd, NAME, argument) \
	call(fd, DRM_IOCTL_LWNPU_##NAME, argument, #NAME)

/* Every operation does the same. */
static uint32_t create_program(int fd, uint32_t n_ops)
{
	struct lwnpu_tensor tensor = {
		.row_pitch = BYTES, .plane_pitch = BYTES, .h = 1,
		.w = BYTES / LWNPU_LANES, .c = LWNPU_LANES,
	};
	struct lwnpu_op *ops = calloc(n_ops, sizeof(*ops));
	uint8_t table[256] = { 0 };
	struct drm_lwnpu_program_create create = {
		.ops = (uintptr_t)ops, .n_ops = n_ops,
		.weights = (uintptr_t)table, .weights_size = sizeof(table),
	};

	if (!ops)
		bench_fail("out of memory");
	for (uint32_t i = 0; i < n_ops; i++) {
		ops[i].opcode = LWNPU_OP_LUT;
		ops[i].in[0] = tensor;
		ops[i].in[0].region = LWNPU_REGION_IO;
		ops[i].out = tensor;
		ops[i].out.region = LWNPU_REGION_IO + 1;
	}
	CALL(fd, PROGRAM_CREATE, &create);
	free(ops);
	return create.handle;
}

static uint32_t create_buffer(int fd)
{
	struct drm_lwnpu_bo_create create = { .size = BYTES };

	CALL(fd, BO_CREATE, &create);
	return create.handle;
}

static uint32_t create_queue(int fd)
{
	struct drm_lwnpu_queue_create create = {
		.priority = DRM_LWNPU_PRIORITY_NORMAL,
	};

	CALL(fd, QUEUE_CREATE, &create);
	return create.handle;
}

/* Return: seconds a call. */
static double submit_block(int fd, uint32_t queue, struct drm_lwnpu_job *job)
{
	double begin = bench_seconds();

	for (int i = 0; i < BLOCK; i++) {
		struct drm_lwnpu_submit submit = {
			.queue = queue, .jobs = {
				.ptr = (uintptr_t)job, .count = 1,
				.stride = sizeof(*job),
			},
		};

		CALL(fd, SUBMIT, &submit);
	}
	return (bench_seconds() - begin) / BLOCK;
}

static void wait_for(int fd, uint32_t queue, uint64_t id)
{
	struct drm_lwnpu_wait_job wait = {
		.queue = queue, .job = id, .timeout_ns = INT64_MAX,
	};

	CALL(fd, WAIT_JOB, &wait);
	if (wait.completion.status != DRM_LWNPU_JOB_DONE)
		bench_fail("job ends with status %u", wait.completion.status);
}

void bench_submit(pid_t daemon, const uint32_t n_ops[2], double seconds[2])
{
	struct drm_lwnpu_binding bindings[2][2];
	double times[2][ROUNDS];
	struct drm_lwnpu_job jobs[2];
	uint32_t queues[2];
	int fd = open(bench_node(), O_RDWR | O_CLOEXEC);

	if (fd < 0)
		bench_fail("%s: %m", bench_node());
	for (int i = 0; i < 2; i++) {
		for (int j = 0; j < 2; j++)
			bindings[i][j] = (struct drm_lwnpu_binding){
				.region = LWNPU_REGION_IO + j,
				.handle = create_buffer(fd),
			};
		jobs[i] = (struct drm_lwnpu_job){
			.program = create_program(fd, n_ops[i]),
			.bindings = { (uintptr_t)bindings[i], 2,
				      sizeof(bindings[i][0]) },
		};
		queues[i] = create_queue(fd);
	}
	for (int round = 0; round < ROUNDS; round++) {
		kill(daemon, SIGSTOP);
		for (int j = 0; j < 2; j++) {
			int i = j ^ (round & 1);

			times[i][round] = submit_block(fd, queues[i], &jobs[i]);
		}
		kill(daemon, SIGCONT);
		for (int i = 0; i < 2; i++)
			wait_for(fd, queues[i], jobs[i].id);
	}
	for (int i = 0; i < 2; i++)
		seconds[i] = bench_typical(times[i], ROUNDS);
	close(fd);
}
