// SPDX-License-Identifier: MIT
/* A run: its launches, which gates divide. */
#include "lower.h"

/* Inputs and outputs are the only arguments that change. */
static int bind_launch(const struct lw_cl_launch *launch,
		       const struct lw_cl_job *job, struct lwnpu_error *error)
{
	cl_int code = CL_SUCCESS;

	for (unsigned int i = 0; i < 3 && code == CL_SUCCESS; i++)
		if (lw_cl_is_bound(launch->step.buffers[i]))
			code = clSetKernelArg(launch->kernel,
					      LW_CL_FIRST_TENSOR + i,
					      sizeof(cl_mem),
					      &job->mem[launch->step.buffers[i]]);
	if (code != CL_SUCCESS)
		return lw_cl_fail(error, "clSetKernelArg", code);
	return 0;
}

/* From launch @from to the one before @to. */
static int enqueue_launches(struct lw_cl_engine *engine,
			    struct lw_cl_loaded *loaded,
			    const struct lw_cl_job *job, size_t from, size_t to,
			    struct lwnpu_error *error)
{
	/* A CPU is busy with one work-item; other devices know best. */
	static const size_t one[3] = { 1, 1, 1 };
	const size_t *local = engine->device.is_cpu ? one : NULL;

	if (loaded->walk.kernel)
		return lw_cl_walk_enqueue(engine, loaded, job, from, to, error);
	for (size_t i = from; i < to; i++) {
		const struct lw_cl_launch *launch = &loaded->launches[i];
		const uint *size = launch->step.size;
		const size_t global[3] = { size[0], size[1], size[2] };
		cl_int code;
		int ret = bind_launch(launch, job, error);

		if (ret)
			return ret;
		code = clEnqueueNDRangeKernel(engine->queue, launch->kernel, 3,
					      NULL, global, local, 0,
					      NULL, NULL);
		if (code != CL_SUCCESS)
			return lw_cl_fail(error, "clEnqueueNDRangeKernel",
					  code);
	}
	return 0;
}

/* Waits until the launch before has found the value. */
static int read_gate(struct lw_cl_engine *engine,
		     const struct lw_cl_loaded *loaded,
		     const struct lw_cl_gate *gate, bool *taken,
		     struct lwnpu_error *error)
{
	uint32_t value;
	cl_int code;

	code = clEnqueueReadBuffer(engine->queue, loaded->arena, CL_TRUE,
				   loaded->gate_value * sizeof(value),
				   sizeof(value), &value, 0, NULL, NULL);
	if (code != CL_SUCCESS)
		return lw_cl_fail(error, "clEnqueueReadBuffer", code);
	*taken = (value >= gate->threshold) != gate->invert;
	return 0;
}

int lw_cl_run_launches(struct lw_cl_engine *engine, struct lw_cl_loaded *loaded,
		       const struct lw_cl_job *job, uint64_t *gates,
		       struct lwnpu_error *error)
{
	size_t next = 0;
	bool taken = false;
	int ret;

	*gates = 0;
	lw_cl_walk_begin(&loaded->walk);
	for (size_t i = 0; i < loaded->n_gates; i++) {
		const struct lw_cl_gate *gate = &loaded->gates[i];

		if (gate->launch < next)
			continue;
		ret = enqueue_launches(engine, loaded, job, next,
				       gate->launch + 1, error);
		if (!ret)
			ret = read_gate(engine, loaded, gate, &taken, error);
		if (ret)
			return ret;
		next = taken ? gate->target : gate->launch + 1;
		*gates |= (uint64_t)taken << i;
	}
	return enqueue_launches(engine, loaded, job, next, loaded->n_launches,
				error);
}
