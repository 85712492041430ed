// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "programs.h"

#define WEIGHTS_ALIGNMENT 64

/**
 * struct image - the bytes of a program, as the kernel has them
 * @get: what GET_PROGRAM said
 * @data: mapping
 * @size: its bytes
 */
struct image {
	struct lwnpu_ctl_get_program get;
	uint8_t *data;
	size_t size;
};

static int check_image(struct image *image, struct lwnpu_error *error)
{
	const struct lwnpu_ctl_get_program *get = &image->get;

	if (!get->n_ops || get->n_ops > LWNPU_MAX_OPS)
		return lw_fail(error, -EPROTO, "%u operations, expected 1 to %u",
			       get->n_ops, LWNPU_MAX_OPS);
	if (get->weights_offset < (uint64_t)get->n_ops * LWNPU_OP_SIZE ||
	    get->weights_offset % WEIGHTS_ALIGNMENT)
		return lw_fail(error, -EPROTO,
			       "weights at %llu, expected a multiple of %u past %u operations",
			       (unsigned long long)get->weights_offset,
			       WEIGHTS_ALIGNMENT, get->n_ops);
	if (__builtin_add_overflow(get->weights_offset, get->weights_size,
				   &image->size))
		return lw_fail(error, -EPROTO, "%llu bytes of weights",
			       (unsigned long long)get->weights_size);
	return 0;
}

static int map_image(struct image *image, struct lwd_ctl *ctl, uint64_t job,
		     struct lwnpu_error *error)
{
	int ret;

	*image = (struct image) { .get.job = job };
	ret = ctl->ioctl(ctl->fd, LWNPU_CTL_GET_PROGRAM, &image->get);
	if (ret)
		return lw_fail(error, ret, "%s", strerror(-ret));
	ret = check_image(image, error);
	if (!ret) {
		image->data = mmap(NULL, image->size, PROT_READ, MAP_SHARED,
				   image->get.fd, 0);
		if (image->data == MAP_FAILED)
			ret = lw_fail(error, -errno, "cannot be mapped: %m");
	}
	close(image->get.fd);
	return ret;
}

/* Engines may have the weights twice: packed, and as their kernels want. */
static size_t estimate_cost(const struct lw_program *program)
{
	size_t arena = program->info.region[LWNPU_REGION_ARENA].size;

	return program->n_ops * sizeof(*program->ops) +
	       2 * program->weights_size + arena;
}

static void unload(struct lwd_programs *programs, struct lwd_program **link)
{
	struct lwd_program *program = *link;

	*link = program->next;
	programs->count--;
	programs->cost -= program->cost;
	programs->ops->unload(programs->engine, program->loaded);
	free(program);
}

static void unload_oldest(struct lwd_programs *programs)
{
	struct lwd_program **link = &programs->newest;

	while ((*link)->next)
		link = &(*link)->next;
	unload(programs, link);
}

static void make_room(struct lwd_programs *programs, size_t cost)
{
	while (programs->newest &&
	       (programs->count >= LWD_MAX_PROGRAMS ||
		cost > programs->budget ||
		programs->cost > programs->budget - cost))
		unload_oldest(programs);
}

static int load_image(struct lwd_programs *programs, const struct image *image,
		      struct lwd_program *program, struct lwnpu_error *error)
{
	struct lw_program source = {
		.ops = (struct lwnpu_op *)image->data,
		.n_ops = image->get.n_ops,
		.weights = image->data + image->get.weights_offset,
		.weights_size = image->get.weights_size,
	};
	int ret = lw_program_check(&source, error);

	if (ret)
		return ret;
	program->info = source.info;
	program->cost = estimate_cost(&source);
	make_room(programs, program->cost);
	return programs->ops->load(programs->engine, &source, &program->loaded,
				   error);
}

static int load(struct lwd_programs *programs, struct lwd_ctl *ctl,
		uint64_t job, struct lwd_program *program,
		struct lwnpu_error *error)
{
	struct image image;
	int ret = map_image(&image, ctl, job, error);

	if (ret)
		return ret;
	ret = load_image(programs, &image, program, error);
	munmap(image.data, image.size);
	return ret;
}

static struct lwd_program **find_link(struct lwd_programs *programs,
				      uint64_t id)
{
	struct lwd_program **link = &programs->newest;

	while (*link && (*link)->id != id)
		link = &(*link)->next;
	return link;
}

static int get_new(struct lwd_programs *programs, struct lwd_ctl *ctl,
		   uint64_t job, uint64_t id, struct lwnpu_error *error)
{
	struct lwd_program *program = calloc(1, sizeof(*program));
	char where[40];
	int ret;

	if (!program)
		return lw_fail(error, -ENOMEM, "out of memory for a program");
	program->id = id;
	program->duration_ns = UINT64_MAX;
	ret = load(programs, ctl, job, program, error);
	if (ret) {
		free(program);
		snprintf(where, sizeof(where), "program %llu",
			 (unsigned long long)id);
		lw_fail_at(error, where);
		return ret;
	}
	program->next = programs->newest;
	programs->newest = program;
	programs->count++;
	programs->cost += program->cost;
	return 1;
}

int lwd_programs_get(struct lwd_programs *programs, struct lwd_ctl *ctl,
		     uint64_t job, uint64_t id, struct lwd_program **program,
		     struct lwnpu_error *error)
{
	struct lwd_program **link = find_link(programs, id), *found = *link;
	int ret = 0;

	if (found) {
		*link = found->next;
		found->next = programs->newest;
		programs->newest = found;
	} else {
		ret = get_new(programs, ctl, job, id, error);
	}
	if (ret >= 0)
		*program = programs->newest;
	return ret;
}

struct lwd_program *lwd_programs_find(const struct lwd_programs *programs,
				      uint64_t id)
{
	struct lwd_program *program = programs->newest;

	while (program && program->id != id)
		program = program->next;
	return program;
}

void lwd_programs_forget(struct lwd_programs *programs, uint64_t id)
{
	struct lwd_program **link = find_link(programs, id);

	if (*link)
		unload(programs, link);
}

void lwd_programs_clear(struct lwd_programs *programs)
{
	while (programs->newest)
		unload(programs, &programs->newest);
}
