// SPDX-License-Identifier: MIT
/* The twin of an engine that runs small programs. */
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "decode.h"
#include "thread.h"
#include "twin.h"

/* A job that begins within this time of the last one is one of a stream. */
#define STREAM_NS 2000000
/* How long the twin looks out for the next one. */
#define LOOKOUT_NS 200000
/* Looks between two questions for the time, or for ends before a yield. */
#define LOOKS 200

/*
 * Of each so many jobs of a stream the first ones run alone and the next ones
 * together, and those that are known tell how the others should run: the very
 * first of each find the twin awake, or asleep and its cache empty. Two threads
 * are no faster where the other processor is busy, or far away.
 */
#define PERIOD 512
#define TRY_ALONE 4
#define ALONE_KNOWN 2
#define TRY_TOGETHER 16
#define TOGETHER_KNOWN 10

enum { IDLE, CALLED, AT_WORK };

/**
 * struct lw_cl_twin - the thread, and what it is to do
 * @engine: its own, on a device of its own
 * @thread: runs until @quit is set
 * @state: CALLED by who holds the lock of the twin's owner, who may take that
 *	back until the twin has made it AT_WORK; the twin makes that IDLE
 * @asleep: a call must signal @called
 * @lock: of @asleep
 * @called: to wake the thread up
 * @begun: when the job that runs was begun, ns
 * @done: when the last one was done, ns
 * @pace: the running job's, if its time tells something
 * @together: whether the twin was called for it
 * @kernel: of the walk that it is called for
 * @params: its first argument
 * @buffers: inputs and outputs, where the job binds any
 */
struct lw_cl_twin {
	struct lw_cl_engine *engine;
	pthread_t thread;
	atomic_bool quit;
	atomic_uint state;
	atomic_bool asleep;
	pthread_mutex_t lock;
	pthread_cond_t called;
	int64_t begun, done;
	struct lw_cl_pace *pace;
	bool together;
	cl_kernel kernel;
	struct lw_walk_params params;
	void *buffers[LW_CL_WALK_BUFFERS];
};

static void pause_briefly(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#endif
}

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

/* Until it is called, for that or for another reason. */
static void sleep_until_called(struct lw_cl_twin *twin)
{
	pthread_mutex_lock(&twin->lock);
	atomic_store(&twin->asleep, true);
	if (atomic_load(&twin->state) != CALLED && !atomic_load(&twin->quit))
		pthread_cond_wait(&twin->called, &twin->lock);
	atomic_store(&twin->asleep, false);
	pthread_mutex_unlock(&twin->lock);
}

static void wake_up(struct lw_cl_twin *twin)
{
	if (!atomic_load(&twin->asleep))
		return;
	pthread_mutex_lock(&twin->lock);
	pthread_cond_signal(&twin->called);
	pthread_mutex_unlock(&twin->lock);
}

static bool change(struct lw_cl_twin *twin, unsigned int from, unsigned int to)
{
	return atomic_compare_exchange_strong(&twin->state, &from, to);
}

/* Returns whether it is at work then, not whether it may go on. */
static bool look_out(struct lw_cl_twin *twin)
{
	int64_t end = now_ns() + LOOKOUT_NS;

	do {
		for (unsigned int i = 0; i < LOOKS; i++) {
			if (atomic_load(&twin->state) == CALLED)
				return change(twin, CALLED, AT_WORK);
			pause_briefly();
		}
	} while (now_ns() < end && !atomic_load(&twin->quit));
	return false;
}

/* A walk that another thread also runs: each does what it can get. */
static cl_int take_part(struct lw_cl_twin *twin)
{
	static const size_t groups = LW_CL_TWIN_GROUPS, one = 1;
	cl_command_queue queue = twin->engine->queue;
	cl_int code = clSetKernelArg(twin->kernel, 0, sizeof(twin->params),
				     &twin->params);

	for (unsigned int i = 0; i < LW_CL_WALK_BUFFERS; i++)
		if (twin->buffers[i] && code == CL_SUCCESS)
			code = clSetKernelArgSVMPointer(
				twin->kernel, LW_CL_WALK_FIRST_BUFFER + i,
				twin->buffers[i]);
	if (code == CL_SUCCESS)
		code = clEnqueueNDRangeKernel(queue, twin->kernel, 1, NULL,
					      &groups, &one, 0, NULL, NULL);
	return code == CL_SUCCESS ? clFinish(queue) : code;
}

static void *live(void *data)
{
	struct lw_cl_twin *twin = data;

	while (!atomic_load(&twin->quit)) {
		sleep_until_called(twin);
		while (look_out(twin)) {
			/* If it cannot, who has called does all. */
			take_part(twin);
			atomic_store(&twin->state, IDLE);
		}
	}
	return NULL;
}

/*
 * Whether memory can be a kernel's argument as it is: of PoCL's devices that
 * have shared virtual memory at all, any of the process can.
 */
static bool shares_memory(const struct lw_cl_device *device)
{
	cl_device_svm_capabilities svm = 0;

	clGetDeviceInfo(device->id, CL_DEVICE_SVM_CAPABILITIES, sizeof(svm),
			&svm, NULL);
	return svm & CL_DEVICE_SVM_FINE_GRAIN_BUFFER;
}

int lw_cl_twin_open(struct lw_cl_engine *engine, struct lwnpu_error *error)
{
	struct lw_cl_device device;
	struct lw_cl_twin *twin;
	int ret;

	if (!engine->walk || lwm_cpus() < 2 ||
	    !lw_cl_find_basic(&engine->device, &device) ||
	    !shares_memory(&device))
		return 0;
	twin = calloc(1, sizeof(*twin));
	if (!twin)
		return lw_fail(error, -ENOMEM, "out of memory for a thread");
	ret = lw_cl_engine_open(&twin->engine, &device, error);
	if (ret) {
		free(twin);
		return ret;
	}
	pthread_mutex_init(&twin->lock, NULL);
	pthread_cond_init(&twin->called, NULL);
	ret = lw_thread_create(&twin->thread, live, twin);
	if (ret) {
		lw_cl_engine_close(twin->engine);
		free(twin);
		return lw_fail(error, ret, "a thread: %s", strerror(-ret));
	}
	engine->twin = twin;
	return 0;
}

void lw_cl_twin_close(struct lw_cl_twin *twin)
{
	if (!twin)
		return;
	atomic_store(&twin->quit, true);
	pthread_mutex_lock(&twin->lock);
	pthread_cond_signal(&twin->called);
	pthread_mutex_unlock(&twin->lock);
	pthread_join(twin->thread, NULL);
	pthread_cond_destroy(&twin->called);
	pthread_mutex_destroy(&twin->lock);
	lw_cl_engine_close(twin->engine);
	free(twin);
}

/* Where the host has a buffer. */
static void *find_address(struct lw_cl_lowering *lower, cl_mem mem)
{
	cl_command_queue queue = lower->engine->queue;
	void *address;
	size_t size;
	cl_int code;

	clGetMemObjectInfo(mem, CL_MEM_SIZE, sizeof(size), &size, NULL);
	address = clEnqueueMapBuffer(queue, mem, CL_TRUE,
				     CL_MAP_READ | CL_MAP_WRITE, 0, size, 0,
				     NULL, NULL, &code);
	if (code == CL_SUCCESS)
		code = clEnqueueUnmapMemObject(queue, mem, address, 0, NULL,
					       NULL);
	if (code == CL_SUCCESS)
		code = clFinish(queue);
	if (code == CL_SUCCESS)
		return address;
	lw_cl_fail(lower->error, "clEnqueueMapBuffer", code);
	return NULL;
}

/*
 * The first launch of a kernel takes much longer than others: one that finds
 * the last step done.
 */
static cl_int launch_once(struct lw_cl_twin *twin, const struct lw_cl_loaded *l,
			  uint32_t *progress)
{
	const struct lw_cl_walk *walk = &l->walk;
	size_t last = l->n_launches - 1;
	uint32_t *done = progress + last * (walk->params.slots + 1) *
				    LW_CL_WALK_PITCH;
	cl_int code;

	twin->kernel = walk->twin;
	twin->params = walk->params;
	twin->params.clear = 0;
	twin->params.to = l->n_launches;
	memset(twin->buffers, 0, sizeof(twin->buffers));
	*done = l->launches[last].step.items;
	code = take_part(twin);
	*done = 0;
	return code;
}

int lw_cl_twin_load(struct lw_cl_lowering *lower)
{
	struct lw_cl_loaded *loaded = lower->loaded;
	struct lw_cl_twin *twin = lower->engine->twin;
	struct lw_cl_walk *walk = &loaded->walk;
	void *fixed[LW_CL_WALK_FIRST_BUFFER];
	cl_int code;

	if (!twin || !walk->kernel || !loaded->n_launches)
		return 0;
	fixed[1] = find_address(lower, loaded->constants);
	fixed[2] = find_address(lower, walk->progress);
	fixed[3] = find_address(lower, loaded->arena);
	if (!fixed[1] || !fixed[2] || !fixed[3])
		return -EIO;
	walk->twin = clCreateKernel(twin->engine->walk, "walk", &code);
	if (code != CL_SUCCESS) {
		walk->twin = NULL;
		return lw_cl_fail(lower->error, "clCreateKernel", code);
	}
	for (unsigned int i = 1; i < LW_CL_WALK_FIRST_BUFFER +
	     LW_CL_WALK_BUFFERS && code == CL_SUCCESS; i++)
		code = clSetKernelArgSVMPointer(
			walk->twin, i,
			fixed[i < LW_CL_WALK_FIRST_BUFFER ? i : 3]);
	if (code != CL_SUCCESS)
		return lw_cl_fail(lower->error, "clSetKernelArgSVMPointer",
				  code);
	code = launch_once(twin, loaded, fixed[2]);
	if (code != CL_SUCCESS)
		return lw_cl_fail(lower->error, "clEnqueueNDRangeKernel", code);
	return 0;
}

/* Fails if one has its place on the device alone. */
static bool take_buffers(struct lw_cl_twin *twin, const struct lw_cl_job *job)
{
	for (unsigned int i = 0; i < LW_CL_WALK_BUFFERS; i++) {
		twin->buffers[i] = job->data[LWNPU_REGION_IO + i];
		if (job->mem[LWNPU_REGION_IO + i] && !twin->buffers[i])
			return false;
	}
	return true;
}

/* Whether the next job of a stream should be shared. */
static bool is_better_together(struct lw_cl_pace *pace, bool *known)
{
	unsigned int job = pace->jobs++ % PERIOD;

	*known = job >= TRY_TOGETHER;
	if (job >= TRY_TOGETHER)
		return pace->ns[true] < pace->ns[false];
	*known = job < TRY_ALONE ? job >= ALONE_KNOWN : job >= TOGETHER_KNOWN;
	return job >= TRY_ALONE;
}

/* A job that something else held up counts as two. */
static void note_pace(struct lw_cl_pace *pace, bool together, int64_t ns)
{
	int64_t *mean = &pace->ns[together];

	if (*mean && ns > 2 * *mean)
		ns = 2 * *mean;
	*mean = *mean ? *mean + (ns - *mean) / 4 : ns;
}

void lw_cl_twin_call(struct lw_cl_twin *twin, struct lw_cl_walk *walk,
		     const struct lw_cl_job *job)
{
	bool known;

	twin->begun = now_ns();
	twin->pace = NULL;
	twin->together = false;
	if (!walk->twin || twin->begun - twin->done > STREAM_NS ||
	    !take_buffers(twin, job))
		return;
	twin->together = is_better_together(&walk->pace, &known);
	if (known)
		twin->pace = &walk->pace;
	if (!twin->together)
		return;
	twin->kernel = walk->twin;
	twin->params = walk->params;
	/* Who has called clears the other counters. */
	twin->params.clear = 0;
	atomic_store(&twin->state, CALLED);
	wake_up(twin);
}

void lw_cl_twin_wait(struct lw_cl_twin *twin)
{
	change(twin, CALLED, IDLE);
	for (unsigned int i = 0; atomic_load(&twin->state) != IDLE; i++) {
		if (i < LOOKS)
			pause_briefly();
		else
			sched_yield();
	}
	twin->done = now_ns();
	if (twin->pace)
		note_pace(twin->pace, twin->together,
			  twin->done - twin->begun);
}
