// SPDX-License-Identifier: MIT
/* An engine of the tests' own. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common.h"
#include "engine.h"

static int call(int fd, unsigned long command, void *argument)
{
	int result;

	do {
		result = ioctl(fd, command, argument);
	} while (result < 0 && errno == EINTR);
	return result < 0 ? -errno : 0;
}

void engine_open(struct engine *engine)
{
	memset(engine, 0, sizeof(*engine));
	engine->fd = open("/dev/lwnpu-ctl", O_RDWR | O_CLOEXEC);
	if (engine->fd < 0)
		fail("/dev/lwnpu-ctl");
}

static size_t records_size(const struct engine *engine)
{
	return sizeof(*engine->records) + LWNPU_CTL_RINGS *
	       engine->start.ring_size * sizeof(struct lwnpu_ctl_record);
}

static size_t completions_size(const struct engine *engine)
{
	return sizeof(*engine->completions) +
	       engine->start.ring_size * sizeof(struct lwnpu_ctl_completion);
}

static size_t claims_size(const struct engine *engine)
{
	return LWNPU_CTL_RINGS * engine->start.ring_size *
	       sizeof(*engine->claims);
}

int engine_try_start(struct engine *engine, const char *name,
		     uint32_t capacity)
{
	struct lwnpu_ctl_start start = {
		.version = LWNPU_CTL_VERSION, .capacity = capacity,
		.depth = capacity, .ops = 0xfffffffe,
	};
	int error;

	snprintf((char *)start.name, sizeof(start.name), "%s", name);
	snprintf((char *)start.description, sizeof(start.description),
		 "a test's own");
	error = call(engine->fd, LWNPU_CTL_START, &start);
	if (error)
		return error;
	engine->start = start;
	engine->records = mmap(NULL, records_size(engine), PROT_READ,
			       MAP_SHARED, engine->fd, LWNPU_CTL_MAP_RECORDS);
	engine->completions = mmap(NULL, completions_size(engine),
				   PROT_READ | PROT_WRITE, MAP_SHARED,
				   engine->fd, LWNPU_CTL_MAP_COMPLETIONS);
	engine->claims = mmap(NULL, claims_size(engine),
			      PROT_READ | PROT_WRITE, MAP_SHARED, engine->fd,
			      LWNPU_CTL_MAP_CLAIMS);
	if (engine->records == MAP_FAILED ||
	    engine->completions == MAP_FAILED || engine->claims == MAP_FAILED)
		fail("mapping the rings");
	return 0;
}

void engine_start(struct engine *engine, uint32_t capacity)
{
	int error;

	engine_open(engine);
	error = engine_try_start(engine, ENGINE_NAME, capacity);
	if (error) {
		errno = -error;
		fail("START");
	}
}

int engine_run(struct engine *engine, int timeout_ms)
{
	struct lwnpu_ctl_run run = {
		.timeout_ns = timeout_ms ? in_ms(timeout_ms) : 0,
	};
	int error = call(engine->fd, LWNPU_CTL_RUN, &run);

	engine->refused += run.refused;
	return error;
}

static bool take_from(struct engine *engine, uint32_t which,
		      struct lwnpu_ctl_record *record)
{
	uint32_t size = engine->start.ring_size, at, open;
	bool is_ours = false;

	while (!is_ours && engine->taken[which] !=
	       __atomic_load_n(&engine->records->head[which],
			       __ATOMIC_ACQUIRE)) {
		at = which * size + engine->taken[which] % size;
		*record = engine->records->record[at];
		open = LWNPU_CTL_OPEN;
		is_ours = __atomic_compare_exchange_n(&engine->claims[at],
						      &open, LWNPU_CTL_TAKEN,
						      false, __ATOMIC_ACQ_REL,
						      __ATOMIC_ACQUIRE);
		engine->taken[which]++;
		__atomic_store_n(&engine->completions->taken[which],
				 engine->taken[which], __ATOMIC_RELEASE);
	}
	return is_ours;
}

const struct lwnpu_ctl_record *engine_peek(const struct engine *engine,
					   uint32_t n)
{
	uint32_t size = engine->start.ring_size;

	return &engine->records->record[DRM_LWNPU_PRIORITY_NORMAL * size +
					n % size];
}

bool engine_take_job(struct engine *engine, struct lwnpu_ctl_record *record)
{
	return take_from(engine, DRM_LWNPU_PRIORITY_HIGH, record) ||
	       take_from(engine, DRM_LWNPU_PRIORITY_NORMAL, record) ||
	       take_from(engine, DRM_LWNPU_PRIORITY_LOW, record);
}

bool engine_take(struct engine *engine, struct lwnpu_ctl_record *record)
{
	return take_from(engine, LWNPU_CTL_RING_NEWS, record) ||
	       engine_take_job(engine, record);
}

int engine_next(struct engine *engine, struct lwnpu_ctl_record *job,
		int timeout_ms)
{
	int64_t end = in_ms(timeout_ms);
	int error, left;

	for (;;) {
		while (engine_take(engine, job))
			if (job->type == LWNPU_CTL_JOB)
				return 0;
		left = (end - in_ms(0)) / 1000000;
		error = engine_run(engine, left > 0 ? left : 0);
		if (error)
			return error;
		if (left <= 0)
			return -ETIMEDOUT;
	}
}

struct lwnpu_ctl_completion *engine_put(struct engine *engine, uint64_t id,
					int error)
{
	uint32_t at = engine->completed++ % engine->start.ring_size;
	struct lwnpu_ctl_completion *entry =
		&engine->completions->completion[at];

	*entry = (struct lwnpu_ctl_completion) {
		.id = id, .error = error, .op = error ? 0 : 0xffffffff,
	};
	__atomic_store_n(&engine->completions->completed, engine->completed,
			 __ATOMIC_RELEASE);
	return entry;
}

int engine_lie(struct engine *engine, uint32_t ring, uint32_t index)
{
	struct lwnpu_ctl_completions *shared = engine->completions;
	uint32_t *field = ring < LWNPU_CTL_RINGS ? &shared->taken[ring] :
						   &shared->completed;
	uint32_t truth = *field;
	int error;

	__atomic_store_n(field, index, __ATOMIC_RELEASE);
	error = engine_run(engine, 0);
	__atomic_store_n(field, truth, __ATOMIC_RELEASE);
	return error;
}

void engine_complete(struct engine *engine, uint64_t id, int error)
{
	int result;

	engine_put(engine, id, error);
	result = engine_run(engine, 0);
	if (result) {
		errno = -result;
		fail("RUN");
	}
}

int engine_get_buffer(struct engine *engine, uint64_t job, uint64_t buffer,
		      uint64_t *size)
{
	struct lwnpu_ctl_get_buffer get = { .job = job, .buffer = buffer };
	int error = call(engine->fd, LWNPU_CTL_GET_BUFFER, &get);

	*size = get.size;
	return error ? error : get.fd;
}

/* Maps the buffer of a region; the caller unmaps @size bytes. */
static uint8_t *map_region(struct engine *engine,
			   const struct lwnpu_ctl_record *job, uint32_t region,
			   uint64_t *offset, uint64_t *size)
{
	const struct lwnpu_ctl_binding *b = job->binding;
	int prot = PROT_READ, fd;
	uint8_t *data;

	while (b < job->binding + job->n_bindings && b->region != region)
		b++;
	if (b == job->binding + job->n_bindings)
		return NULL;
	fd = engine_get_buffer(engine, job->id, b->buffer, size);
	if (fd < 0)
		return NULL;
	if (b->direction == 2)
		prot |= PROT_WRITE;
	*offset = b->offset;
	data = mmap(NULL, *size, prot, MAP_SHARED, fd, 0);
	close(fd);
	return data == MAP_FAILED ? NULL : data;
}

static int execute_lut(struct engine *engine,
		       const struct lwnpu_ctl_record *job,
		       const struct lwnpu_op *op, const uint8_t *weights)
{
	uint64_t in_offset, in_size, out_offset, out_size;
	uint8_t *in, *out;
	uint32_t i;

	in = map_region(engine, job, op->in[0].region, &in_offset, &in_size);
	if (!in)
		return -EIO;
	out = map_region(engine, job, op->out.region, &out_offset, &out_size);
	if (out) {
		for (i = 0; i < 4U * op->out.w; i++)
			out[out_offset + op->out.offset + i] =
				weights[op->lut.table +
					in[in_offset + op->in[0].offset + i]];
		munmap(out, out_size);
	}
	munmap(in, in_size);
	return out ? 0 : -EIO;
}

static _Thread_local sigjmp_buf *guarded;

static void on_bus_error(int number)
{
	if (guarded)
		siglongjmp(*guarded, 1);
	signal(number, SIG_DFL);
}

int engine_guard(int (*action)(void *argument), void *argument)
{
	struct sigaction handle = { .sa_handler = on_bus_error };
	sigjmp_buf before;
	int result;

	sigaction(SIGBUS, &handle, NULL);
	if (sigsetjmp(before, 1)) {
		guarded = NULL;
		return -EFAULT;
	}
	guarded = &before;
	result = action(argument);
	guarded = NULL;
	return result;
}

static int execute(struct engine *engine, const struct lwnpu_ctl_record *job)
{
	struct lwnpu_ctl_get_program get = { .job = job->id };
	const struct lwnpu_op *ops;
	int error = call(engine->fd, LWNPU_CTL_GET_PROGRAM, &get);
	uint64_t size = get.weights_offset + get.weights_size;
	uint32_t i;

	if (error)
		return error;
	ops = mmap(NULL, size, PROT_READ, MAP_SHARED, get.fd, 0);
	close(get.fd);
	if (ops == MAP_FAILED)
		return -ENOMEM;
	for (i = 0; i < get.n_ops && !error; i++)
		error = execute_lut(engine, job, &ops[i],
				    (const uint8_t *)ops + get.weights_offset);
	munmap((void *)ops, size);
	return error;
}

struct execution {
	struct engine *engine;
	const struct lwnpu_ctl_record *job;
};

static int execute_it(void *argument)
{
	const struct execution *execution = argument;

	return execute(execution->engine, execution->job);
}

int engine_execute(struct engine *engine, const struct lwnpu_ctl_record *job)
{
	struct execution execution = { engine, job };

	return engine_guard(execute_it, &execution);
}

/* One call of the kernel brings a job and takes the completion before it. */
static void *serve(void *argument)
{
	struct engine *engine = argument;
	struct lwnpu_ctl_record job;
	int error;

	while (engine->serving) {
		error = engine_next(engine, &job, 100);
		if (error == -ETIMEDOUT)
			continue;
		if (error)
			break;
		if (engine->delay_us)
			usleep(engine->delay_us);
		engine_put(engine, job.id, engine_execute(engine, &job));
		engine->served++;
	}
	if (engine->serving || !error)
		engine_run(engine, 0);
	return NULL;
}

void engine_serve(struct engine *engine)
{
	engine->serving = true;
	if (pthread_create(&engine->thread, NULL, serve, engine))
		fail("a thread for the engine");
}

void engine_rest(struct engine *engine)
{
	if (!engine->serving)
		return;
	engine->serving = false;
	pthread_join(engine->thread, NULL);
}

void engine_die(struct engine *engine)
{
	engine_rest(engine);
	if (engine->fd < 0)
		return;
	if (engine->records) {
		munmap((void *)engine->records, records_size(engine));
		munmap(engine->completions, completions_size(engine));
		munmap(engine->claims, claims_size(engine));
	}
	close(engine->fd);
	engine->fd = -1;
}

void engine_stop(struct engine *engine)
{
	engine_rest(engine);
	if (engine->fd >= 0)
		call(engine->fd, LWNPU_CTL_STOP, NULL);
	engine_die(engine);
}
