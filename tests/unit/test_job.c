// SPDX-License-Identifier: MIT
/* Jobs of the public API, on an engine that can be held. */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <cmocka.h>

#include "device.h"
#include "model.h"

#include "../common/lut_model.h"
#include "../common/mock_engine.h"

#define MAX_BYTES 256
#define FOREVER INT64_MAX

/* Plain C, when @gate lets it. */
static struct mock_engine gate;
static struct lw_engine_ops gated;
static bool takes_foreign;
static void *own_memory;

static int gated_run(void *engine, void *loaded,
		     const struct lw_binding *bindings,
		     struct lw_run_result *result, struct lwnpu_error *error)
{
	int ret = mock_engine_ops.run(engine, loaded, bindings, result, error);

	return ret ? ret : lw_ref_engine.run(NULL, loaded, bindings, result,
					     error);
}

static bool gated_can_bind(void *engine, const void *data, size_t size)
{
	(void)engine;
	(void)size;
	return takes_foreign || data == own_memory;
}

static void *no_alloc(void *engine, size_t size)
{
	(void)engine;
	(void)size;
	errno = ENOSPC;
	return NULL;
}

static int start(void **state)
{
	struct lwnpu_device *device;

	mock_engine_init(&gate, false);
	gated = lw_ref_engine;
	gated.run = gated_run;
	gated.can_bind = gated_can_bind;
	gated.max_running = 1;
	takes_foreign = true;
	own_memory = NULL;
	if (lw_device_create(&device, &gated, &gate, NULL))
		return -1;
	*state = device;
	return 0;
}

static int stop(void **state)
{
	mock_engine_hold(&gate, false);
	lwnpu_device_close(*state);
	mock_engine_release(&gate);
	return 0;
}

/* A model, and a job of it with buffers of its own. */
struct one {
	struct lw_lut lut;
	struct lwnpu_model *model;
	struct lwnpu_job *job;
	uint8_t in[MAX_BYTES], out[MAX_BYTES];
	size_t size;
};

static void bind(struct one *one, void *in, enum lwnpu_type in_type,
		 size_t in_size, void *out, enum lwnpu_type out_type,
		 size_t out_size)
{
	struct lwnpu_buffer input = { in, in_size, in_type };
	struct lwnpu_buffer output = { out, out_size, out_type };
	struct lwnpu_error error;

	if (lwnpu_job_set_input(one->job, 0, &input, &error) ||
	    lwnpu_job_set_output(one->job, 0, &output, &error))
		fail_msg("%s", error.message);
}

static void begin_model(struct one *one, struct lwnpu_device *device)
{
	struct lwnpu_error error;

	one->size = one->lut.h * one->lut.w * one->lut.c;
	one->model = lw_lut_load(device, &one->lut);
	if (lwnpu_job_create(&one->job, one->model, &error))
		fail_msg("%s", error.message);
	bind(one, one->in, LWNPU_QUANT, one->size, one->out, LWNPU_QUANT,
	     one->size);
}

/* Every byte is answered by itself plus @plus. */
static void begin(struct one *one, struct lwnpu_device *device, uint8_t plus)
{
	memset(one, 0, sizeof(*one));
	one->lut = lw_lut_identity(false, false, 5);
	for (int i = 0; i < 256; i++)
		one->lut.table[i] = i + plus;
	begin_model(one, device);
}

/* By 1 if a byte is at least 200, else by 2. */
static void begin_with_gate(struct one *one, struct lwnpu_device *device)
{
	memset(one, 0, sizeof(*one));
	one->lut = lw_lut_identity(false, false, 5);
	one->lut.exit_at = 200;
	memset(one->lut.table, 1, sizeof(one->lut.table));
	memset(one->lut.late, 2, sizeof(one->lut.late));
	begin_model(one, device);
}

static void end(struct one *one)
{
	lwnpu_job_free(one->job);
	lwnpu_model_free(one->model);
}

static void submit(struct lwnpu_job *job)
{
	struct lwnpu_error error;

	if (lwnpu_submit(&job, 1, LWNPU_NORMAL, &error))
		fail_msg("%s", error.message);
}

static void run(struct lwnpu_job *job)
{
	struct lwnpu_error error;

	submit(job);
	if (lwnpu_job_wait(job, FOREVER, &error))
		fail_msg("%s", error.message);
}

static enum lwnpu_job_status status(struct lwnpu_job *job)
{
	struct lwnpu_job_result result;

	lwnpu_job_result(job, &result);
	return result.status;
}

static void life(void **state)
{
	struct lwnpu_job_result result;
	struct one one;

	begin(&one, *state, 3);
	lwnpu_job_result(one.job, &result);
	assert_int_equal(result.status, LWNPU_JOB_IDLE);
	assert_int_equal(result.op, -1);
	for (uint8_t i = 0; i < 5; i++) {
		memset(one.in, i, one.size);
		run(one.job);
		for (size_t k = 0; k < one.size; k++)
			assert_int_equal(one.out[k], i + 3);
	}
	assert_int_equal(one.out[one.size], 0);
	lwnpu_job_result(one.job, &result);
	assert_int_equal(result.status, LWNPU_JOB_DONE);
	assert_int_equal(result.error, 0);
	assert_true(result.submitted <= result.started);
	assert_true(result.started <= result.ended);
	assert_int_equal(lwnpu_job_wait(one.job, 0, NULL), 0);
	end(&one);
}

static void never_submitted(void **state)
{
	struct lwnpu_error error;
	struct one one;

	begin(&one, *state, 1);
	assert_int_equal(lwnpu_job_wait(one.job, 0, &error), -EINVAL);
	assert_non_null(strstr(error.message, "never submitted"));
	assert_int_equal(lwnpu_job_fd(one.job, &error), -EINVAL);
	assert_int_equal(lwnpu_job_cancel(one.job, &error), -EINVAL);
	end(&one);
	lwnpu_job_free(NULL);
	lwnpu_memory_free(*state, NULL);
}

/* Bytes as a job takes or gives them in a type. */
static size_t encode(const struct lw_lut *lut, bool is_out, enum lwnpu_type type,
		     const uint8_t *bytes, void *data)
{
	size_t pixels = lut->h * lut->w, n = pixels * lut->c;
	bool is_signed = is_out ? lut->out_signed : lut->in_signed;
	float scale = is_out ? lut->out_scale : lut->in_scale;
	int zero = is_out ? lut->out_zero : lut->in_zero;
	size_t size = (lut->c + 3) / 4 * pixels * 4;
	uint8_t *to = data;

	if (type == LWNPU_NATIVE)
		memset(to, 0, size);
	for (size_t i = 0; i < n; i++) {
		size_t pixel = i / lut->c, c = i % lut->c;

		if (type == LWNPU_F32)
			((float *)data)[i] = scale * (bytes[i] - zero);
		else if (type == LWNPU_QUANT)
			to[i] = bytes[i] ^ (is_signed ? 0x80 : 0);
		else
			to[(c / 4 * pixels + pixel) * 4 + c % 4] = bytes[i];
	}
	return type == LWNPU_NATIVE ? size :
	       type == LWNPU_F32 ? n * sizeof(float) : n;
}

static void run_types(struct one *one, enum lwnpu_type in_type,
		      enum lwnpu_type out_type)
{
	uint8_t bytes[MAX_BYTES], answer[MAX_BYTES];
	float in[MAX_BYTES], out[MAX_BYTES], expected[MAX_BYTES];
	size_t in_size, out_size;

	for (size_t i = 0; i < MAX_BYTES; i++) {
		bytes[i] = 37 * i + 11 * in_type + out_type;
		answer[i] = one->lut.table[bytes[i]];
	}
	in_size = encode(&one->lut, false, in_type, bytes, in);
	out_size = encode(&one->lut, true, out_type, answer, expected);
	memset(out, 0xee, sizeof(out));
	bind(one, in, in_type, in_size, out, out_type, out_size);
	run(one->job);
	assert_memory_equal(out, expected, out_size);
	assert_int_equal(((uint8_t *)out)[out_size], 0xee);
}

static void types_of(struct lwnpu_device *device, struct lw_lut lut)
{
	static const enum lwnpu_type types[] = { LWNPU_F32, LWNPU_QUANT,
						 LWNPU_NATIVE };
	struct one one = { .lut = lut };

	for (int i = 0; i < 256; i++)
		one.lut.table[i] = 7 * i + 3;
	one.model = lw_lut_load(device, &one.lut);
	assert_int_equal(lwnpu_job_create(&one.job, one.model, NULL), 0);
	for (int i = 0; i < 9; i++)
		run_types(&one, types[i / 3], types[i % 3]);
	end(&one);
}

/* All types, signed and unsigned, in memory that is bound and that is not. */
static void types(void **state)
{
	for (uint32_t c = 1; c <= 9; c++) {
		takes_foreign = c % 2;
		types_of(*state, lw_lut_identity(c & 2, c & 1, c));
		types_of(*state, lw_lut_identity(c & 4, c & 2, c));
	}
}

static void native_memory(void **state)
{
	struct lwnpu_device *device = *state;
	struct lwnpu_tensor_info info;
	struct lwnpu_error error;
	struct one one;
	void *memory;
	uint8_t *in;

	begin(&one, device, 9);
	assert_int_equal(lwnpu_model_input(one.model, 0, &info), 0);
	assert_int_equal(info.native_size, 3 * 5 * 8);
	assert_int_equal(lwnpu_memory_alloc(&memory, device, info.native_size,
					    &error), 0);
	in = memory;
	assert_int_equal((uintptr_t)memory % 64, 0);
	for (size_t i = 0; i < info.native_size; i++)
		assert_int_equal(in[i], 0);
	/* In place: what is written while the job is held, it reads. */
	takes_foreign = false;
	own_memory = memory;
	bind(&one, in, LWNPU_NATIVE, info.native_size, one.out, LWNPU_QUANT,
	     one.size);
	mock_engine_hold(&gate, true);
	submit(one.job);
	assert_true(mock_engine_wait(&gate, 1));
	in[0] = 50;
	mock_engine_hold(&gate, false);
	assert_int_equal(lwnpu_job_wait(one.job, FOREVER, NULL), 0);
	assert_int_equal(one.out[0], 59);

	gated.alloc = no_alloc;
	assert_int_equal(lwnpu_memory_alloc(&memory, device, 77, &error),
			 -ENOSPC);
	assert_int_equal(error.code, -ENOSPC);
	assert_non_null(strstr(error.message, "77 bytes"));
	end(&one);
	lwnpu_memory_free(device, in);
}

/* A copy of foreign words does not leave its unused lanes behind. */
static void unused_lanes(void **state)
{
	uint8_t words[3 * 5 * 8], bytes[3 * 5 * 5] = { 0 };
	struct lwnpu_buffer native = { words, sizeof(words), LWNPU_NATIVE };
	struct lwnpu_buffer quantised = { bytes, sizeof(bytes), LWNPU_QUANT };
	struct lw_frame frame;
	struct one one;

	begin(&one, *state, 0);
	takes_foreign = false;
	lw_frame_init(&frame, one.model);
	assert_int_equal(lw_frame_bind(&frame, 2, &native, NULL), 0);
	memset(words, 77, sizeof(words));
	lw_frame_store(&frame);
	assert_memory_equal(frame.own[2], words, sizeof(words));
	assert_int_equal(lw_frame_bind(&frame, 2, &quantised, NULL), 0);
	lw_frame_store(&frame);
	memset(words, 0, sizeof(words));
	assert_memory_equal(frame.own[2], words, sizeof(words));
	lw_frame_release(&frame);
	end(&one);
}

static void wrong_buffers(void **state)
{
	struct lwnpu_error error;
	struct one one;
	struct lwnpu_buffer wrong[] = {
		{ one.in, 74, LWNPU_QUANT }, { one.in, 75, LWNPU_F32 },
		{ NULL, 75, LWNPU_QUANT }, { one.in, 75, 3 },
		{ one.in, 119, LWNPU_NATIVE },
	};

	begin(&one, *state, 4);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(lwnpu_job_set_input(one.job, 0, &wrong[i],
						     &error), -EINVAL);
		assert_non_null(strstr(error.message, "input \"in\""));
		assert_int_equal(lwnpu_job_set_output(one.job, 0, &wrong[i],
						      &error), -EINVAL);
		assert_non_null(strstr(error.message, "output \"out\""));
	}
	assert_int_equal(lwnpu_job_set_input(one.job, 1, wrong, &error),
			 -EINVAL);
	assert_string_equal(error.message, "input 1: the model has 1");
	assert_int_equal(lwnpu_job_set_output(one.job, 9, wrong, &error),
			 -EINVAL);
	assert_int_equal(lwnpu_job_set_deadline(one.job, -1), -EINVAL);
	/* What was bound still is. */
	run(one.job);
	assert_int_equal(one.out[74], 4);
	end(&one);
}

static void refuse(struct lwnpu_job *const *jobs, unsigned int n, int priority,
		   int code, const char *text)
{
	struct lwnpu_error error;

	assert_int_equal(lwnpu_submit(jobs, n, priority, &error), code);
	assert_int_equal(error.code, code);
	if (!strstr(error.message, text))
		fail_msg("\"%s\": expected %s", error.message, text);
	assert_int_equal(lwnpu_submit(jobs, n, priority, NULL), code);
}

/* A submission that is refused has submitted nothing. */
static void refused(void **state)
{
	struct lwnpu_job *jobs[LWNPU_SUBMIT_MAX + 1];
	struct lwnpu_device *other;
	struct one one, two;

	begin(&one, *state, 1);
	other = lw_open_device("ref");
	begin(&two, other, 1);
	for (int i = 0; i <= LWNPU_SUBMIT_MAX; i++)
		jobs[i] = one.job;
	refuse(jobs, 0, LWNPU_NORMAL, -EINVAL, "0 jobs");
	refuse(jobs, LWNPU_SUBMIT_MAX + 1, LWNPU_NORMAL, -EINVAL, "65 jobs");
	refuse(jobs, 1, LWNPU_HIGH + 1, -EINVAL, "priority 3");
	refuse(jobs, 1, -1, -EINVAL, "priority -1");
	refuse(jobs, 2, LWNPU_NORMAL, -EBUSY, "pending");
	jobs[1] = two.job;
	refuse(jobs, 2, LWNPU_NORMAL, -EINVAL, "job 1 has another device");
	assert_int_equal(lwnpu_job_create(&jobs[1], one.model, NULL), 0);
	refuse(jobs, 2, LWNPU_NORMAL, -EINVAL, "input \"in\": no buffer");
	assert_int_equal(status(one.job), LWNPU_JOB_IDLE);
	assert_int_equal(status(two.job), LWNPU_JOB_IDLE);
	assert_int_equal(gate.n_started, 0);
	run(one.job);
	lwnpu_job_free(jobs[1]);
	end(&two);
	lwnpu_device_close(other);
	end(&one);
}

static void overlaps(void **state)
{
	struct lwnpu_buffer in, out;
	uint8_t memory[600];
	struct one one;

	begin(&one, *state, 1);
	for (int at = 0; at <= 480; at += 40) {
		bool bad = at > 240 - 120 && at < 240 + 120;

		bind(&one, memory + 240, LWNPU_NATIVE, 120, memory + at,
		     LWNPU_NATIVE, 120);
		in = (struct lwnpu_buffer){ memory + 240, 120, LWNPU_NATIVE };
		out = (struct lwnpu_buffer){ memory + at, 120, LWNPU_NATIVE };
		if (bad)
			refuse(&one.job, 1, LWNPU_NORMAL, -EINVAL, "overlaps");
		else
			run(one.job);
		assert_int_equal(lwnpu_model_run(one.model, &in, &out, NULL),
				 bad ? -EINVAL : 0);
	}
	end(&one);
}

static void busy(void **state)
{
	struct lwnpu_buffer buffer;
	struct lwnpu_error error;
	struct one one;

	begin(&one, *state, 1);
	buffer = (struct lwnpu_buffer){ one.in, one.size, LWNPU_QUANT };
	mock_engine_hold(&gate, true);
	submit(one.job);
	assert_int_equal(status(one.job), LWNPU_JOB_PENDING);
	refuse(&one.job, 1, LWNPU_NORMAL, -EBUSY, "pending");
	assert_int_equal(lwnpu_job_set_input(one.job, 0, &buffer, &error),
			 -EBUSY);
	assert_int_equal(lwnpu_job_set_output(one.job, 0, &buffer, &error),
			 -EBUSY);
	assert_int_equal(lwnpu_job_set_deadline(one.job, 1), -EBUSY);
	assert_int_equal(lwnpu_job_wait(one.job, 0, &error), -ETIMEDOUT);
	assert_int_equal(error.code, -ETIMEDOUT);
	assert_int_equal(status(one.job), LWNPU_JOB_PENDING);
	mock_engine_hold(&gate, false);
	assert_int_equal(lwnpu_job_wait(one.job, FOREVER, &error), 0);
	assert_int_equal(lwnpu_job_set_input(one.job, 0, &buffer, &error), 0);
	end(&one);
}

static void late(void **state)
{
	struct lwnpu_error error;
	struct one one;

	begin(&one, *state, 1);
	assert_int_equal(lwnpu_job_set_deadline(one.job, 1), 0);
	memset(one.out, 0xaa, one.size);
	submit(one.job);
	assert_int_equal(lwnpu_job_wait(one.job, FOREVER, &error), -ETIME);
	assert_non_null(strstr(error.message, "deadline"));
	assert_int_equal(status(one.job), LWNPU_JOB_LATE);
	assert_int_equal(lwnpu_job_wait(one.job, 0, NULL), -ETIME);
	assert_int_equal(one.out[0], 0xaa);
	/* It was that submission's. */
	run(one.job);
	assert_int_equal(lwnpu_job_set_deadline(one.job,
						lwnpu_time() + 3600000000000),
			 0);
	run(one.job);
	end(&one);
}

static void failure(void **state)
{
	struct lwnpu_error error;
	struct one one;

	begin(&one, *state, 1);
	gate.fail = (uintptr_t)one.model->loaded;
	memset(one.out, 0xaa, one.size);
	submit(one.job);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(lwnpu_job_wait(one.job, FOREVER, &error), -EIO);
		assert_string_equal(error.message, "told to fail");
	}
	assert_int_equal(status(one.job), LWNPU_JOB_FAILED);
	assert_int_equal(one.out[0], 0xaa);
	gate.fail = 0;
	run(one.job);
	end(&one);
}

/* The model's first answer is the last where a byte is great enough. */
static void gates(void **state)
{
	struct lwnpu_job_result result;
	struct one one;

	begin(&one, *state, 1);
	assert_int_equal(lwnpu_model_gates(one.model), 0);
	end(&one);
	begin_with_gate(&one, *state);
	assert_int_equal(lwnpu_model_gates(one.model), 1);
	for (int i = 0; i < 4; i++) {
		one.in[33] = i % 2 ? 200 : 100;
		run(one.job);
		lwnpu_job_result(one.job, &result);
		assert_true(result.has_gates);
		assert_int_equal(result.gates, i % 2);
		assert_int_equal(one.out[0], i % 2 ? 1 : 2);
	}
	gate.fail = (uintptr_t)one.model->loaded;
	submit(one.job);
	lwnpu_job_wait(one.job, FOREVER, NULL);
	lwnpu_job_result(one.job, &result);
	assert_true(!result.has_gates && !result.gates);
	end(&one);
}

/* A job reads what the one before it wrote. */
static void chain(void **state)
{
	struct one one, two;
	struct lwnpu_job *jobs[2];
	void *between;

	begin(&one, *state, 10);
	begin(&two, *state, 20);
	assert_int_equal(lwnpu_memory_alloc(&between, *state, 120, NULL), 0);
	bind(&one, one.in, LWNPU_QUANT, 75, between, LWNPU_NATIVE, 120);
	bind(&two, between, LWNPU_NATIVE, 120, two.out, LWNPU_QUANT, 75);
	jobs[0] = one.job;
	jobs[1] = two.job;
	for (int i = 0; i < 100; i++) {
		memset(one.in, i, 75);
		assert_int_equal(lwnpu_submit(jobs, 2, LWNPU_NORMAL, NULL), 0);
		assert_int_equal(lwnpu_job_wait(two.job, FOREVER, NULL), 0);
		assert_int_equal(lwnpu_job_wait(one.job, 0, NULL), 0);
		for (int k = 0; k < 75; k++)
			assert_int_equal(two.out[k], i + 30);
	}
	end(&one);
	end(&two);
	lwnpu_memory_free(*state, between);
}

/* Freed in all states. */
static void free_pending(void **state)
{
	struct lwnpu_job *jobs[3];
	struct one one;

	begin(&one, *state, 1);
	for (int i = 0; i < 3; i++) {
		struct lwnpu_job *first = one.job;

		assert_int_equal(lwnpu_job_create(&one.job, one.model, NULL),
				 0);
		bind(&one, one.in, LWNPU_QUANT, 75, one.out, LWNPU_QUANT, 75);
		jobs[i] = one.job;
		one.job = first;
	}
	mock_engine_hold(&gate, true);
	submit(one.job);
	assert_true(mock_engine_wait(&gate, 1));
	assert_int_equal(lwnpu_submit(jobs, 3, LWNPU_LOW, NULL), 0);
	lwnpu_job_free(jobs[1]);
	assert_int_equal(lwnpu_job_wait(jobs[2], FOREVER, NULL), -ECANCELED);
	lwnpu_job_free(jobs[0]);
	mock_engine_hold(&gate, false);
	submit(jobs[2]);
	lwnpu_job_free(jobs[2]);
	end(&one);
}

#define IN_FLIGHT 100

/* Many in flight, each answer its own, found by epoll. */
static void many(void **state)
{
	static uint8_t in[IN_FLIGHT][75], out[IN_FLIGHT][75];
	struct lwnpu_job *jobs[IN_FLIGHT], *first;
	int fds[IN_FLIGHT], epoll = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event event;
	struct one one;

	begin(&one, *state, 100);
	first = one.job;
	for (int i = 0; i < IN_FLIGHT; i++) {
		assert_int_equal(lwnpu_job_create(&jobs[i], one.model, NULL),
				 0);
		one.job = jobs[i];
		memset(in[i], i, 75);
		bind(&one, in[i], LWNPU_QUANT, 75, out[i], LWNPU_QUANT, 75);
		submit(jobs[i]);
		fds[i] = lwnpu_job_fd(jobs[i], NULL);
		event = (struct epoll_event){ EPOLLIN, { .u32 = i } };
		assert_int_equal(epoll_ctl(epoll, EPOLL_CTL_ADD, fds[i],
					   &event), 0);
	}
	one.job = first;
	for (int i = 0; i < IN_FLIGHT; i++) {
		assert_int_equal(epoll_wait(epoll, &event, 1, 10000), 1);
		int k = event.data.u32;

		assert_int_equal(lwnpu_job_wait(jobs[k], 0, NULL), 0);
		assert_int_equal(out[k][74], k + 100);
		lwnpu_job_free(jobs[k]);
		close(fds[k]);
	}
	close(epoll);
	end(&one);
}

static void *wait_thread(void *job)
{
	struct lwnpu_error error;

	return (void *)(intptr_t)lwnpu_job_wait(job, FOREVER, &error);
}

/* Several threads wait for one job; one of them fetches. */
static void waiters(void **state)
{
	pthread_t threads[4];
	struct one one;
	void *ret;

	begin(&one, *state, 1);
	for (int round = 0; round < 50; round++) {
		mock_engine_hold(&gate, true);
		memset(one.in, round, one.size);
		submit(one.job);
		for (int i = 0; i < 4; i++)
			assert_int_equal(pthread_create(&threads[i], NULL,
							wait_thread, one.job),
					 0);
		mock_engine_hold(&gate, false);
		for (int i = 0; i < 4; i++) {
			pthread_join(threads[i], &ret);
			assert_null(ret);
		}
		assert_int_equal(one.out[0], round + 1);
	}
	end(&one);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, start, stop)
	const struct CMUnitTest tests[] = {
		TEST(life), TEST(never_submitted), TEST(types),
		TEST(native_memory), TEST(unused_lanes), TEST(wrong_buffers),
		TEST(refused), TEST(overlaps), TEST(busy), TEST(late),
		TEST(failure), TEST(gates), TEST(chain), TEST(free_pending), TEST(many),
		TEST(waiters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
