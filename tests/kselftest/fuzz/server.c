// SPDX-License-Identifier: MIT
/* The engine: it completes jobs, and fails in all the ways that are allowed. */
#include <errno.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"

struct view {
	volatile const uint8_t *data;
	uint64_t size;
};

static int read_ends(void *argument)
{
	const struct view *view = argument;

	(void)view->data[0];
	(void)view->data[view->size - 1];
	return 0;
}

void fuzz_look(int fd, uint64_t size)
{
	struct view view = { .size = size };

	if (fd < 0)
		return;
	view.data = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (view.data == MAP_FAILED)
		return;
	engine_guard(read_ends, &view);
	munmap((void *)view.data, size);
}

static void look_at_job(struct engine *engine,
			const struct lwnpu_ctl_record *job)
{
	struct lwnpu_ctl_get_program get = { .job = job->id };
	uint64_t size;
	int fd;

	if (!device_ioctl(engine->fd, LWNPU_CTL_GET_PROGRAM, &get))
		fuzz_look(get.fd, get.weights_offset + get.weights_size);
	for (uint32_t i = 0; i < job->n_bindings; i++) {
		fd = engine_get_buffer(engine, job->id, job->binding[i].buffer,
				       &size);
		fuzz_look(fd, fd < 0 ? 0 : size);
	}
}

/* Return: whether the job is complete. */
static bool run(struct engine *engine, const struct lwnpu_ctl_record *job,
		struct lw_random *random)
{
	uint32_t choice = lw_random_below(random, 1000);
	struct lwnpu_ctl_completion *entry;

	if (choice < 1)
		return false;
	if (choice < 200)
		look_at_job(engine, job);
	else if (choice < 300)
		usleep(lw_random_below(random, 3000));
	entry = engine_put(engine, job->id, choice < 950 ? 0 : -EIO);
	if (choice % 50 == 0)
		lw_random_fill(random, entry, sizeof(*entry));
	return choice % 50;
}

static void again(struct engine *engine)
{
	engine_die(engine);
	engine_start(engine, 8);
}

unsigned long fuzz_serve(struct engine *engine, uint64_t seed,
			 atomic_bool *stop)
{
	struct lw_random random = lw_random_seed(seed);
	struct lwnpu_ctl_record job;
	unsigned long served = 0;
	int error;

	while (!*stop) {
		error = engine_next(engine, &job, 50);
		if (!error)
			served += run(engine, &job, &random);
		else if (error == -ESHUTDOWN ||
			 !lw_random_below(&random, 5000))
			again(engine);
		else if (error != -ETIMEDOUT)
			break;
	}
	engine_run(engine, 0);
	return served;
}
