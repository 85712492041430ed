// SPDX-License-Identifier: MIT
/* Buffers of jobs: types, memory in place and copied, wrong ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model.h"

#include "../common/job_rig.h"

#define FOREVER INT64_MAX

static void *no_alloc(void *engine, size_t size)
{
	(void)engine;
	(void)size;
	errno = ENOSPC;
	return NULL;
}

/* Bytes as a job takes or gives them in a type. */
static size_t encode(const struct lw_lut *lut, bool is_out,
		     enum lwnpu_type type,
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

static void run_types(struct job_rig *one, enum lwnpu_type in_type,
		      enum lwnpu_type out_type)
{
	uint8_t bytes[JOB_RIG_MAX], answer[JOB_RIG_MAX];
	float in[JOB_RIG_MAX], out[JOB_RIG_MAX], expected[JOB_RIG_MAX];
	size_t in_size, out_size;

	for (size_t i = 0; i < JOB_RIG_MAX; i++) {
		bytes[i] = 37 * i + 11 * in_type + out_type;
		answer[i] = one->lut.table[bytes[i]];
	}
	in_size = encode(&one->lut, false, in_type, bytes, in);
	out_size = encode(&one->lut, true, out_type, answer, expected);
	memset(out, 0xee, sizeof(out));
	job_rig_bind(one, in, in_type, in_size, out, out_type, out_size);
	job_rig_run(one->job);
	assert_memory_equal(out, expected, out_size);
	assert_int_equal(((uint8_t *)out)[out_size], 0xee);
}

static void types_of(struct lwnpu_device *device, struct lw_lut lut)
{
	static const enum lwnpu_type types[] = { LWNPU_F32, LWNPU_QUANT,
						 LWNPU_NATIVE };
	struct job_rig one = { .lut = lut };

	for (int i = 0; i < 256; i++)
		one.lut.table[i] = 7 * i + 3;
	one.model = lw_lut_load(device, &one.lut);
	assert_int_equal(lwnpu_job_create(&one.job, one.model, NULL), 0);
	for (int i = 0; i < 9; i++)
		run_types(&one, types[i / 3], types[i % 3]);
	job_rig_end(&one);
}

/* All types, signed and unsigned, in memory that is bound and that is not. */
static void types(void **state)
{
	for (uint32_t c = 1; c <= 9; c++) {
		job_rig_takes_foreign = c % 2;
		types_of(*state, lw_lut_identity(c & 2, c & 1, c));
		types_of(*state, lw_lut_identity(c & 4, c & 2, c));
	}
}

static void native_memory(void **state)
{
	struct lwnpu_device *device = *state;
	struct lwnpu_tensor_info info;
	struct lwnpu_error error;
	struct job_rig one;
	void *memory;
	uint8_t *in;

	job_rig_begin(&one, device, 9);
	assert_int_equal(lwnpu_model_input(one.model, 0, &info), 0);
	assert_int_equal(info.native_size, 3 * 5 * 8);
	assert_int_equal(lwnpu_memory_alloc(&memory, device, info.native_size,
					    &error), 0);
	in = memory;
	assert_int_equal((uintptr_t)memory % 64, 0);
	for (size_t i = 0; i < info.native_size; i++)
		assert_int_equal(in[i], 0);
	/* In place: what is written while the job is held, it reads. */
	job_rig_takes_foreign = false;
	job_rig_own_memory = memory;
	job_rig_bind(&one, in, LWNPU_NATIVE, info.native_size, one.out,
		     LWNPU_QUANT, one.size);
	mock_engine_hold(&job_rig_gate, true);
	job_rig_submit(one.job);
	assert_true(mock_engine_wait(&job_rig_gate, 1));
	in[0] = 50;
	mock_engine_hold(&job_rig_gate, false);
	assert_int_equal(lwnpu_job_wait(one.job, FOREVER, NULL), 0);
	assert_int_equal(one.out[0], 59);

	job_rig_engine.alloc = no_alloc;
	assert_int_equal(lwnpu_memory_alloc(&memory, device, 77, &error),
			 -ENOSPC);
	assert_int_equal(error.code, -ENOSPC);
	assert_non_null(strstr(error.message, "77 bytes"));
	job_rig_end(&one);
	lwnpu_memory_free(device, in);
}

/* A copy of foreign words does not leave its unused lanes behind. */
static void unused_lanes(void **state)
{
	uint8_t words[3 * 5 * 8], bytes[3 * 5 * 5] = { 0 };
	struct lwnpu_buffer native = { words, sizeof(words), LWNPU_NATIVE };
	struct lwnpu_buffer quantised = { bytes, sizeof(bytes), LWNPU_QUANT };
	struct lw_frame frame;
	struct job_rig one;

	job_rig_begin(&one, *state, 0);
	job_rig_takes_foreign = false;
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
	job_rig_end(&one);
}

static void wrong_buffers(void **state)
{
	struct lwnpu_error error;
	struct job_rig one;
	struct lwnpu_buffer wrong[] = {
		{ one.in, 74, LWNPU_QUANT }, { one.in, 75, LWNPU_F32 },
		{ NULL, 75, LWNPU_QUANT }, { one.in, 75, 3 },
		{ one.in, 119, LWNPU_NATIVE },
	};

	job_rig_begin(&one, *state, 4);
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
	job_rig_run(one.job);
	assert_int_equal(one.out[74], 4);
	job_rig_end(&one);
}

static void overlaps(void **state)
{
	struct lwnpu_buffer in, out;
	uint8_t memory[600];
	struct job_rig one;

	job_rig_begin(&one, *state, 1);
	for (int at = 0; at <= 480; at += 40) {
		bool bad = at > 240 - 120 && at < 240 + 120;

		job_rig_bind(&one, memory + 240, LWNPU_NATIVE, 120,
			     memory + at, LWNPU_NATIVE, 120);
		in = (struct lwnpu_buffer){ memory + 240, 120, LWNPU_NATIVE };
		out = (struct lwnpu_buffer){ memory + at, 120, LWNPU_NATIVE };
		if (bad)
			job_rig_refuse(&one.job, 1, LWNPU_NORMAL, -EINVAL, "overlaps");
		else
			job_rig_run(one.job);
		assert_int_equal(lwnpu_model_run(one.model, &in, &out, NULL),
				 bad ? -EINVAL : 0);
	}
	job_rig_end(&one);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		JOB_RIG_TEST(types),
		JOB_RIG_TEST(native_memory),
		JOB_RIG_TEST(unused_lanes),
		JOB_RIG_TEST(wrong_buffers),
		JOB_RIG_TEST(overlaps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
