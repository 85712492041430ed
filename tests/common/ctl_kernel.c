// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "ctl_kernel.h"

#define PAGE 4096
#define STEP_US 100
#define PATIENCE (10 * 1000000 / STEP_US)

static struct ctl_kernel *kernel_of_all;

static void *check(void *mapping)
{
	if (mapping == MAP_FAILED)
		abort();
	return mapping;
}

static int make_file(const char *name, size_t size)
{
	int fd = memfd_create(name, MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, size))
		abort();
	return fd;
}

static size_t records_size(const struct ctl_kernel *kernel)
{
	return sizeof(*kernel->records) + LWNPU_CTL_RINGS *
	       kernel->ring_size * sizeof(kernel->records->record[0]);
}

static size_t completions_size(const struct ctl_kernel *kernel)
{
	return sizeof(*kernel->completions) + kernel->ring_size *
	       sizeof(kernel->completions->completion[0]);
}

static size_t claims_size(const struct ctl_kernel *kernel)
{
	return LWNPU_CTL_RINGS * kernel->ring_size * sizeof(*kernel->claims);
}

static void *map(const struct ctl_kernel *kernel, size_t size, off_t offset)
{
	return check(mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED,
			  kernel->fd, offset));
}

struct ctl_kernel *ctl_kernel_open(uint32_t ring_size)
{
	struct ctl_kernel *kernel = calloc(1, sizeof(*kernel));

	if (!kernel)
		abort();
	pthread_mutex_init(&kernel->lock, NULL);
	kernel->ring_size = ring_size;
	kernel->fd = make_file("ctl", LWNPU_CTL_MAP_CLAIMS +
			       claims_size(kernel));
	snprintf(kernel->path, sizeof(kernel->path), "/proc/self/fd/%d",
		 kernel->fd);
	kernel->records = map(kernel, records_size(kernel),
			      LWNPU_CTL_MAP_RECORDS);
	kernel->completions = map(kernel, completions_size(kernel),
				  LWNPU_CTL_MAP_COMPLETIONS);
	kernel->claims = map(kernel, claims_size(kernel),
			     LWNPU_CTL_MAP_CLAIMS);
	kernel_of_all = kernel;
	return kernel;
}

void ctl_kernel_close(struct ctl_kernel *kernel)
{
	for (uint32_t i = 0; i < kernel->n_objects; i++) {
		munmap(kernel->object[i].data, kernel->object[i].size);
		close(kernel->object[i].fd);
	}
	munmap(kernel->records, records_size(kernel));
	munmap(kernel->completions, completions_size(kernel));
	munmap(kernel->claims, claims_size(kernel));
	close(kernel->fd);
	pthread_mutex_destroy(&kernel->lock);
	free(kernel);
	kernel_of_all = NULL;
}

static uint32_t taken(const struct ctl_kernel *kernel, uint32_t which)
{
	return __atomic_load_n(&kernel->completions->taken[which],
			       __ATOMIC_ACQUIRE);
}

static bool push(struct ctl_kernel *kernel,
		 const struct lwnpu_ctl_record *record, uint32_t *number)
{
	uint32_t which = record->type == LWNPU_CTL_JOB ?
			 record->priority % LWNPU_CTL_RING_NEWS :
			 LWNPU_CTL_RING_NEWS;
	uint32_t at = which * kernel->ring_size +
		      kernel->head[which] % kernel->ring_size;

	if (kernel->head[which] - taken(kernel, which) >= kernel->ring_size)
		return false;
	kernel->records->record[at] = *record;
	kernel->claims[at] = LWNPU_CTL_OPEN;
	*number = at;
	kernel->head[which]++;
	kernel->wakes++;
	__atomic_store_n(&kernel->records->head[which], kernel->head[which],
			 __ATOMIC_RELEASE);
	return true;
}

static void feed(struct ctl_kernel *kernel)
{
	if (!kernel->starts || kernel->lost)
		return;
	for (uint32_t i = 0; i < kernel->n_jobs; i++) {
		struct ctl_kernel_job *job = &kernel->job[i];

		if (job->state != CTL_WAITING)
			continue;
		job->record.attempt++;
		if (!push(kernel, &job->record, &job->number))
			return;
		job->state = CTL_GIVEN;
	}
}

/* What a daemon had is given to its successor. */
static int start(struct ctl_kernel *kernel, struct lwnpu_ctl_start *args)
{
	if (args->version != LWNPU_CTL_VERSION || !args->capacity ||
	    args->depth < args->capacity)
		return -EINVAL;
	args->ring_size = kernel->ring_size;
	args->taken_over = kernel->starts++ != 0;
	kernel->start = *args;
	kernel->completed = 0;
	kernel->completions->completed = 0;
	for (uint32_t i = 0; i < LWNPU_CTL_RINGS; i++) {
		kernel->head[i] = 0;
		kernel->records->head[i] = 0;
		kernel->completions->taken[i] = 0;
	}
	for (uint32_t i = 0; i < kernel->n_jobs; i++)
		if (kernel->job[i].state == CTL_GIVEN)
			kernel->job[i].state = CTL_WAITING;
	feed(kernel);
	return 0;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

static void complete(struct ctl_kernel *kernel, struct lwnpu_ctl_run *args,
		     const struct lwnpu_ctl_completion *said)
{
	static const struct lwnpu_ctl_completion none;
	struct ctl_kernel_job *job = said->id < kernel->n_jobs ?
				     &kernel->job[said->id] : NULL;

	if (!job || job->state != CTL_GIVEN ||
	    memcmp(said->reserved, none.reserved, sizeof(none.reserved))) {
		args->refused++;
		kernel->refused++;
		return;
	}
	job->completion = *said;
	if (!job->completion.end_ns)
		job->completion.end_ns = now_ns();
	job->order = kernel->n_complete++;
	job->state = CTL_COMPLETE;
}

static int enter(struct ctl_kernel *kernel, struct lwnpu_ctl_run *args)
{
	uint32_t completed = __atomic_load_n(&kernel->completions->completed,
					     __ATOMIC_ACQUIRE);

	kernel->runs++;
	args->refused = 0;
	if (args->flags || completed - kernel->completed > kernel->ring_size)
		return -EINVAL;
	for (; kernel->completed != completed; kernel->completed++)
		complete(kernel, args,
			 &kernel->completions->completion[kernel->completed %
							  kernel->ring_size]);
	for (uint32_t i = 0; i < LWNPU_CTL_RINGS; i++)
		if (kernel->head[i] - taken(kernel, i) > kernel->ring_size)
			return -EINVAL;
	feed(kernel);
	return 0;
}

static bool has_news(const struct ctl_kernel *kernel)
{
	for (uint32_t i = 0; i < LWNPU_CTL_RINGS; i++)
		if (kernel->head[i] != taken(kernel, i))
			return true;
	return false;
}

/* Who waits is woken by a record that nobody was woken for. */
static bool is_woken(struct ctl_kernel *kernel, bool was_asleep)
{
	if (kernel->lost)
		return true;
	if (!has_news(kernel)) {
		kernel->wakes = 0;
		return false;
	}
	if (was_asleep && !kernel->wakes)
		return false;
	kernel->wakes -= kernel->wakes > 0;
	return true;
}

static int wait_for_record(struct ctl_kernel *kernel)
{
	bool was_asleep = false;

	while (!is_woken(kernel, was_asleep)) {
		int ret;

		was_asleep = true;

		pthread_mutex_unlock(&kernel->lock);
		ret = usleep(STEP_US) ? -errno : 0;
		pthread_mutex_lock(&kernel->lock);
		if (ret)
			return ret;
	}
	return kernel->lost;
}

static int run(struct ctl_kernel *kernel, struct lwnpu_ctl_run *args)
{
	int ret = enter(kernel, args);

	if (!ret && args->timeout_ns == INT64_MAX)
		ret = wait_for_record(kernel);
	args->now_ns = now_ns();
	return ret;
}

static struct ctl_kernel_object *find_object(struct ctl_kernel *kernel,
					     uint64_t job, uint64_t id)
{
	if (job >= kernel->n_jobs || kernel->job[job].state != CTL_GIVEN ||
	    id >= kernel->n_objects)
		return NULL;
	return &kernel->object[id];
}

static int get_buffer(struct ctl_kernel *kernel,
		      struct lwnpu_ctl_get_buffer *args)
{
	struct ctl_kernel_object *object = find_object(kernel, args->job,
						       args->buffer);
	const struct lwnpu_ctl_record *record;
	int flags = O_RDONLY;
	char path[32];

	kernel->gets++;
	while (kernel->stall) {
		pthread_mutex_unlock(&kernel->lock);
		usleep(STEP_US);
		pthread_mutex_lock(&kernel->lock);
	}
	if (!object)
		return -ENOENT;
	record = &kernel->job[args->job].record;
	for (uint32_t i = 0; i < record->n_bindings &&
	     i < LWNPU_CTL_MAX_BINDINGS; i++)
		if (record->binding[i].buffer == args->buffer &&
		    record->binding[i].direction == LWNPU_OUT)
			flags = O_RDWR;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", object->fd);
	args->fd = open(path, flags | O_CLOEXEC);
	args->size = object->size;
	return args->fd < 0 ? -errno : 0;
}

static int get_program(struct ctl_kernel *kernel,
		       struct lwnpu_ctl_get_program *args)
{
	uint64_t job = args->job;
	struct ctl_kernel_object *object;
	char path[32];

	kernel->gets++;
	if (job >= kernel->n_jobs)
		return -ENOENT;
	object = find_object(kernel, job, kernel->job[job].record.program);
	if (!object)
		return -ENOENT;
	*args = object->get;
	args->job = job;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", object->fd);
	args->fd = open(path, O_RDONLY | O_CLOEXEC);
	return args->fd < 0 ? -errno : 0;
}

static int dispatch(struct ctl_kernel *kernel, unsigned long request,
		    void *argument)
{
	switch (request) {
	case LWNPU_CTL_START:
		return start(kernel, argument);
	case LWNPU_CTL_STOP:
		kernel->stops++;
		return 0;
	case LWNPU_CTL_RUN:
		return run(kernel, argument);
	case LWNPU_CTL_GET_BUFFER:
		return get_buffer(kernel, argument);
	case LWNPU_CTL_GET_PROGRAM:
		return get_program(kernel, argument);
	}
	return -ENOTTY;
}

int ctl_kernel_ioctl(int fd, unsigned long request, void *argument)
{
	struct ctl_kernel *kernel = kernel_of_all;
	int ret;

	(void)fd;
	pthread_mutex_lock(&kernel->lock);
	ret = kernel->lost;
	if (!ret)
		ret = dispatch(kernel, request, argument);
	pthread_mutex_unlock(&kernel->lock);
	return ret;
}

static struct ctl_kernel_object *make_object(struct ctl_kernel *kernel,
					     size_t size)
{
	struct ctl_kernel_object *object;

	if (kernel->n_objects == CTL_KERNEL_OBJECTS)
		abort();
	object = &kernel->object[kernel->n_objects];
	object->size = (size + PAGE - 1) / PAGE * PAGE;
	object->fd = make_file("object", object->size);
	object->data = check(mmap(NULL, object->size, PROT_READ | PROT_WRITE,
				  MAP_SHARED, object->fd, 0));
	return object;
}

uint64_t ctl_kernel_buffer(struct ctl_kernel *kernel, size_t size)
{
	uint64_t id;

	pthread_mutex_lock(&kernel->lock);
	make_object(kernel, size);
	id = kernel->n_objects++;
	pthread_mutex_unlock(&kernel->lock);
	return id;
}

uint64_t ctl_kernel_program(struct ctl_kernel *kernel,
			    const struct lwnpu_op *ops, uint32_t n_ops,
			    const void *weights, size_t weights_size)
{
	struct ctl_kernel_object *object;
	size_t size = n_ops * sizeof(*ops);
	uint64_t id;

	pthread_mutex_lock(&kernel->lock);
	object = make_object(kernel, size + weights_size);
	memcpy(object->data, ops, size);
	if (weights_size)
		memcpy(object->data + size, weights, weights_size);
	object->get.n_ops = n_ops;
	object->get.weights_offset = size;
	object->get.weights_size = weights_size;
	id = kernel->n_objects++;
	pthread_mutex_unlock(&kernel->lock);
	return id;
}

uint64_t ctl_kernel_submit(struct ctl_kernel *kernel,
			   const struct lwnpu_ctl_record *record)
{
	struct ctl_kernel_job *job;
	uint64_t id;

	pthread_mutex_lock(&kernel->lock);
	if (kernel->n_jobs == CTL_KERNEL_JOBS)
		abort();
	id = kernel->n_jobs++;
	job = &kernel->job[id];
	job->record = *record;
	job->record.type = LWNPU_CTL_JOB;
	job->record.id = id;
	job->state = CTL_WAITING;
	feed(kernel);
	pthread_mutex_unlock(&kernel->lock);
	return id;
}

bool ctl_kernel_withdraw(struct ctl_kernel *kernel, uint64_t job)
{
	uint32_t open = LWNPU_CTL_OPEN;
	bool done;

	pthread_mutex_lock(&kernel->lock);
	done = __atomic_compare_exchange_n(&kernel->claims[kernel->job[job].number],
					   &open, LWNPU_CTL_WITHDRAWN, false,
					   __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
	if (done)
		kernel->job[job].state = CTL_CANCELED;
	pthread_mutex_unlock(&kernel->lock);
	return done;
}

void ctl_kernel_cancel(struct ctl_kernel *kernel, uint64_t job)
{
	pthread_mutex_lock(&kernel->lock);
	kernel->job[job].state = CTL_CANCELED;
	pthread_mutex_unlock(&kernel->lock);
}

void ctl_kernel_say(struct ctl_kernel *kernel, uint32_t type, uint64_t id)
{
	struct lwnpu_ctl_record record = { .type = type, .id = id };
	uint32_t number;

	pthread_mutex_lock(&kernel->lock);
	if (!push(kernel, &record, &number))
		abort();
	pthread_mutex_unlock(&kernel->lock);
}

void ctl_kernel_lose(struct ctl_kernel *kernel, int error)
{
	pthread_mutex_lock(&kernel->lock);
	kernel->lost = error;
	pthread_mutex_unlock(&kernel->lock);
}

void ctl_kernel_stall(struct ctl_kernel *kernel, bool stall)
{
	pthread_mutex_lock(&kernel->lock);
	kernel->stall = stall;
	pthread_mutex_unlock(&kernel->lock);
}

const struct lwnpu_ctl_completion *
ctl_kernel_wait(struct ctl_kernel *kernel, uint64_t job)
{
	for (int i = 0; i < PATIENCE; i++) {
		bool is_complete;

		pthread_mutex_lock(&kernel->lock);
		is_complete = kernel->job[job].state == CTL_COMPLETE;
		pthread_mutex_unlock(&kernel->lock);
		if (is_complete)
			return &kernel->job[job].completion;
		usleep(STEP_US);
	}
	return NULL;
}

bool ctl_kernel_wait_refused(struct ctl_kernel *kernel, uint32_t n)
{
	for (int i = 0; i < PATIENCE; i++) {
		bool is_enough;

		pthread_mutex_lock(&kernel->lock);
		is_enough = kernel->refused >= n;
		pthread_mutex_unlock(&kernel->lock);
		if (is_enough)
			return true;
		usleep(STEP_US);
	}
	return false;
}
