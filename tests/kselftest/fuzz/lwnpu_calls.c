// SPDX-License-Identifier: MIT
/* The device's own calls. */
#include <string.h>
#include <sys/mman.h>

#include "fuzz.h"
#include "../../common/check_fixture.h"

/* An array of elements, with a stride and a count that are mostly right. */
static struct drm_lwnpu_array array(struct fuzz *fuzz, const void *data,
				    uint32_t count, size_t size)
{
	struct drm_lwnpu_array array = { .count = count, .stride = size };
	uint8_t wide[4096] = { 0 };
	size_t more = 8 * lw_random_below(&fuzz->random, 9);
	uint32_t i;

	if (fuzz_chance(fuzz, 16) && count * (size + more) <= sizeof(wide)) {
		array.stride += more;
		for (i = 0; i < count; i++)
			memcpy(wide + i * array.stride,
			       (const uint8_t *)data + i * size, size);
		if (fuzz_chance(fuzz, 4))
			wide[lw_random_below(&fuzz->random, sizeof(wide))] = 1;
		array.ptr = fuzz_place(fuzz, wide, count * array.stride);
	} else {
		array.ptr = fuzz_place(fuzz, data, count * size);
	}
	if (fuzz_chance(fuzz, 64))
		array.stride = fuzz_odd(fuzz);
	if (fuzz_chance(fuzz, 64))
		array.count = fuzz_odd(fuzz);
	return array;
}

static void fill_get_param(struct fuzz *fuzz, void *argument)
{
	struct drm_lwnpu_get_param *get = argument;

	get->param = lw_random_below(&fuzz->random, 16);
}

static void fill_nothing(struct fuzz *fuzz, void *argument)
{
}

static void fill_bo_create(struct fuzz *fuzz, void *argument)
{
	struct drm_lwnpu_bo_create *create = argument;

	create->size = 1 + lw_random_below(&fuzz->random, 16384);
	if (fuzz_chance(fuzz, 32))
		create->size = fuzz_odd(fuzz);
}

static void close_bo(struct fuzz *fuzz, uint32_t handle)
{
	if (handle)
		gem_close(fuzz->fd, handle);
}

/* Large ones are not kept: pages are what the machine has not many of. */
static void done_bo_create(struct fuzz *fuzz, const void *argument)
{
	const struct drm_lwnpu_bo_create *create = argument;

	if (create->size > 65536)
		close_bo(fuzz, create->handle);
	else
		close_bo(fuzz, fuzz_keep(fuzz, &fuzz->bos, create->handle));
}

static void fill_bo_mmap_offset(struct fuzz *fuzz, void *argument)
{
	struct drm_lwnpu_bo_mmap_offset *map = argument;

	map->handle = fuzz_pick(fuzz, &fuzz->bos);
}

/* A mapping and its buffer end, whatever comes first. */
static void done_bo_mmap_offset(struct fuzz *fuzz, const void *argument)
{
	const struct drm_lwnpu_bo_mmap_offset *map = argument;
	volatile uint8_t *data;

	data = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fuzz->fd,
		    map->offset);
	if (data == MAP_FAILED)
		return;
	data[lw_random_below(&fuzz->random, 4096)]++;
	if (fuzz_chance(fuzz, 8))
		gem_close(fuzz->fd, map->handle);
	munmap((void *)data, 4096);
}

static void fill_bo_wait(struct fuzz *fuzz, void *argument)
{
	struct drm_lwnpu_bo_wait *wait = argument;

	wait->handle = fuzz_pick(fuzz, &fuzz->bos);
	wait->flags = lw_random_below(&fuzz->random, 2);
	wait->timeout_ns = fuzz_timeout(fuzz);
}

static void change_program(struct fuzz *fuzz, struct check_fixture *program)
{
	uint8_t *bytes = (uint8_t *)program->ops;
	uint32_t n = 1 + lw_random_below(&fuzz->random, 3);

	while (n--)
		bytes[lw_random_below(&fuzz->random, sizeof(program->ops))] =
			fuzz_odd(fuzz);
}

static void fill_program_create(struct fuzz *fuzz, void *argument)
{
	static const uint32_t opcodes[] = {
#define LWNPU_OP(name, NAME, number, tensors, doc) number,
#define LWNPU_FIELD(name, type, field, role, min, max, doc)
#define LWNPU_END(name, NAME)
#include "lwnpu_ops.def"
#undef LWNPU_OP
#undef LWNPU_FIELD
#undef LWNPU_END
	};
	struct drm_lwnpu_program_create *create = argument;
	struct check_fixture program;

	check_fixture_init(&program, LW_RANDOM_PICK(&fuzz->random, opcodes));
	if (fuzz_chance(fuzz, 4))
		change_program(fuzz, &program);
	create->n_ops = program.n_ops;
	create->ops = fuzz_place(fuzz, program.ops, sizeof(program.ops));
	create->weights_size = program.weights_size;
	create->weights = fuzz_place(fuzz, program.weights,
				     sizeof(program.weights));
	if (fuzz_chance(fuzz, 64))
		create->n_ops = fuzz_odd(fuzz);
	if (fuzz_chance(fuzz, 64))
		create->weights_size = fuzz_odd(fuzz);
}

static void destroy_program(struct fuzz *fuzz, uint32_t handle)
{
	struct drm_lwnpu_program_destroy destroy = { .handle = handle };

	if (handle)
		device_ioctl(fuzz->fd, DRM_IOCTL_LWNPU_PROGRAM_DESTROY,
			     &destroy);
}

static void done_program_create(struct fuzz *fuzz, const void *argument)
{
	const struct drm_lwnpu_program_create *create = argument;

	destroy_program(fuzz,
			fuzz_keep(fuzz, &fuzz->programs, create->handle));
}

static void fill_program_destroy(struct fuzz *fuzz, void *argument)
{
	struct drm_lwnpu_program_destroy *destroy = argument;

	destroy->handle = fuzz_pick(fuzz, &fuzz->programs);
	fuzz_drop(&fuzz->programs, destroy->handle);
}

static void fill_queue_create(struct fuzz *fuzz, void *argument)
{
	struct drm_lwnpu_queue_create *create = argument;

	create->priority = lw_random_below(&fuzz->random, 4);
}

static void destroy_queue(struct fuzz *fuzz, uint32_t handle)
{
	struct drm_lwnpu_queue_destroy destroy = { .handle = handle };

	if (handle)
		device_ioctl(fuzz->fd, DRM_IOCTL_LWNPU_QUEUE_DESTROY,
			     &destroy);
}

static void done_queue_create(struct fuzz *fuzz, const void *argument)
{
	const struct drm_lwnpu_queue_create *create = argument;

	destroy_queue(fuzz, fuzz_keep(fuzz, &fuzz->queues, create->handle));
}

static void fill_queue_destroy(struct fuzz *fuzz, void *argument)
{
	struct drm_lwnpu_queue_destroy *destroy = argument;

	destroy->handle = fuzz_pick(fuzz, &fuzz->queues);
	fuzz_drop(&fuzz->queues, destroy->handle);
}

static void fill_queue_get_state(struct fuzz *fuzz, void *argument)
{
	struct drm_lwnpu_queue_get_state *state = argument;

	state->handle = fuzz_pick(fuzz, &fuzz->queues);
}

static struct drm_lwnpu_array syncs(struct fuzz *fuzz)
{
	uint32_t count = lw_random_below(&fuzz->random, 4), i;
	struct drm_lwnpu_sync sync[4] = { 0 };

	if (!fuzz_chance(fuzz, 3))
		count = 0;
	for (i = 0; i < count; i++) {
		sync[i].handle = fuzz_pick(fuzz, &fuzz->syncobjs);
		if (!fuzz_chance(fuzz, 3))
			continue;
		sync[i].flags = DRM_LWNPU_SYNC_TIMELINE;
		sync[i].point = fuzz_chance(fuzz, 8) ? fuzz_odd(fuzz) :
				1 + lw_random_below(&fuzz->random, 50);
	}
	return array(fuzz, sync, count, sizeof(sync[0]));
}

static struct drm_lwnpu_array bindings(struct fuzz *fuzz)
{
	uint32_t count = fuzz_chance(fuzz, 32) ?
			 lw_random_below(&fuzz->random, 5) : 2, i;
	struct drm_lwnpu_binding binding[4] = { 0 };

	for (i = 0; i < count; i++) {
		binding[i].region = LWNPU_REGION_IO + i;
		binding[i].handle = fuzz_pick(fuzz, &fuzz->bos);
		if (fuzz_chance(fuzz, 3))
			binding[i].offset = fuzz_chance(fuzz, 8) ?
				fuzz_odd(fuzz) :
				64 * lw_random_below(&fuzz->random, 60);
	}
	return array(fuzz, binding, count, sizeof(binding[0]));
}

static void fill_job(struct fuzz *fuzz, struct drm_lwnpu_job *job)
{
	*job = (struct drm_lwnpu_job) {
		.program = fuzz_pick(fuzz, &fuzz->programs),
		.flags = lw_random_below(&fuzz->random, 2),
		.bindings = bindings(fuzz),
		.in_syncs = syncs(fuzz),
		.out_syncs = syncs(fuzz),
		.deadline_ns = fuzz_chance(fuzz, 8) ? fuzz_timeout(fuzz) : 0,
	};
}

static void fill_submit(struct fuzz *fuzz, void *argument)
{
	struct drm_lwnpu_submit *submit = argument;
	struct drm_lwnpu_job jobs[4];
	uint32_t count = fuzz_chance(fuzz, 4) ?
			 lw_random_below(&fuzz->random, 5) : 1, i;

	for (i = 0; i < count; i++)
		fill_job(fuzz, &jobs[i]);
	submit->queue = fuzz_pick(fuzz, &fuzz->queues);
	submit->jobs = array(fuzz, jobs, count, sizeof(jobs[0]));
}

static void fill_wait_job(struct fuzz *fuzz, void *argument)
{
	struct drm_lwnpu_wait_job *wait = argument;
	struct drm_lwnpu_queue_get_state state = {
		.handle = fuzz_pick(fuzz, &fuzz->queues),
	};

	wait->queue = state.handle;
	if (device_ioctl(fuzz->fd, DRM_IOCTL_LWNPU_QUEUE_GET_STATE, &state) ||
	    fuzz_chance(fuzz, 16))
		wait->job = fuzz_odd(fuzz);
	else
		wait->job = state.submitted -
			    lw_random_below(&fuzz->random, 3);
	wait->timeout_ns = fuzz_timeout(fuzz);
}

static void done_wait_job(struct fuzz *fuzz, const void *argument)
{
	const struct drm_lwnpu_wait_job *wait = argument;

	if (wait->completion.status <= DRM_LWNPU_JOB_LOST)
		fuzz_report->jobs[wait->completion.status]++;
}

#define CALL(NAME, name, weight, done) { \
		#NAME, DRM_IOCTL_LWNPU_##NAME, weight, fill_##name, done \
	}

const struct call fuzz_lwnpu_calls[] = {
	CALL(GET_PARAM, get_param, 2, NULL),
	{ "GET_ENGINE", DRM_IOCTL_LWNPU_GET_ENGINE, 1, fill_nothing, NULL },
	CALL(BO_CREATE, bo_create, 6, done_bo_create),
	CALL(BO_MMAP_OFFSET, bo_mmap_offset, 3, done_bo_mmap_offset),
	CALL(BO_WAIT, bo_wait, 4, NULL),
	CALL(PROGRAM_CREATE, program_create, 8, done_program_create),
	CALL(PROGRAM_DESTROY, program_destroy, 2, NULL),
	CALL(QUEUE_CREATE, queue_create, 4, done_queue_create),
	CALL(QUEUE_DESTROY, queue_destroy, 2, NULL),
	CALL(QUEUE_GET_STATE, queue_get_state, 2, NULL),
	CALL(SUBMIT, submit, 30, NULL),
	CALL(WAIT_JOB, wait_job, 10, done_wait_job),
	{ 0 },
};
