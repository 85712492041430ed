// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "device.h"
#include "job_rig.h"

struct mock_engine job_rig_gate;
struct lw_engine_ops job_rig_engine;
bool job_rig_takes_foreign;
void *job_rig_own_memory;

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
	return job_rig_takes_foreign || data == job_rig_own_memory;
}

int job_rig_start(void **state)
{
	struct lwnpu_device *device;

	mock_engine_init(&job_rig_gate, false);
	job_rig_engine = lw_ref_engine;
	job_rig_engine.run = gated_run;
	job_rig_engine.can_bind = gated_can_bind;
	job_rig_engine.max_running = 1;
	job_rig_takes_foreign = true;
	job_rig_own_memory = NULL;
	if (lw_device_create(&device, &job_rig_engine, &job_rig_gate, NULL))
		return -1;
	*state = device;
	return 0;
}

int job_rig_stop(void **state)
{
	mock_engine_hold(&job_rig_gate, false);
	lwnpu_device_close(*state);
	mock_engine_release(&job_rig_gate);
	return 0;
}

void job_rig_bind(struct job_rig *one, void *in, enum lwnpu_type in_type,
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

static void begin_model(struct job_rig *one, struct lwnpu_device *device)
{
	struct lwnpu_error error;

	one->size = one->lut.h * one->lut.w * one->lut.c;
	one->model = lw_lut_load(device, &one->lut);
	if (lwnpu_job_create(&one->job, one->model, &error))
		fail_msg("%s", error.message);
	job_rig_bind(one, one->in, LWNPU_QUANT, one->size, one->out,
		     LWNPU_QUANT, one->size);
}

void job_rig_begin(struct job_rig *one, struct lwnpu_device *device,
		   uint8_t plus)
{
	memset(one, 0, sizeof(*one));
	one->lut = lw_lut_identity(false, false, 5);
	for (int i = 0; i < 256; i++)
		one->lut.table[i] = i + plus;
	begin_model(one, device);
}

void job_rig_begin_gate(struct job_rig *one, struct lwnpu_device *device)
{
	memset(one, 0, sizeof(*one));
	one->lut = lw_lut_identity(false, false, 5);
	one->lut.exit_at = 200;
	memset(one->lut.table, 1, sizeof(one->lut.table));
	memset(one->lut.late, 2, sizeof(one->lut.late));
	begin_model(one, device);
}

void job_rig_end(struct job_rig *one)
{
	lwnpu_job_free(one->job);
	lwnpu_model_free(one->model);
}

void job_rig_submit(struct lwnpu_job *job)
{
	struct lwnpu_error error;

	if (lwnpu_submit(&job, 1, LWNPU_NORMAL, &error))
		fail_msg("%s", error.message);
}

void job_rig_run(struct lwnpu_job *job)
{
	struct lwnpu_error error;

	job_rig_submit(job);
	if (lwnpu_job_wait(job, INT64_MAX, &error))
		fail_msg("%s", error.message);
}

enum lwnpu_job_status job_rig_status(struct lwnpu_job *job)
{
	struct lwnpu_job_result result;

	lwnpu_job_result(job, &result);
	return result.status;
}

void job_rig_refuse(struct lwnpu_job *const *jobs, unsigned int n,
		    int priority, int code, const char *text)
{
	struct lwnpu_error error;

	assert_int_equal(lwnpu_submit(jobs, n, priority, &error), code);
	assert_int_equal(error.code, code);
	if (!strstr(error.message, text))
		fail_msg("\"%s\": expected %s", error.message, text);
	assert_int_equal(lwnpu_submit(jobs, n, priority, NULL), code);
}
