// SPDX-License-Identifier: MIT
#include "trial.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lwnpu_table.h"
#include "random.h"

#define LW_TRIAL_GUARD 128

static bool lw_trial_uses(const struct lw_program *program, uint32_t region)
{
	return region >= LWNPU_REGION_IO &&
	       program->info.region[region].direction != LWNPU_UNUSED;
}

static size_t lw_trial_size(const struct lw_program *program, uint32_t region)
{
	return program->info.region[region].size;
}

uint8_t *lw_trial_bytes(const struct lw_trial *trial, uint32_t region,
			       uint64_t seed)
{
	struct lw_random random = lw_random_seed(seed ^ region * 0x9e3779b9ULL);
	size_t size = lw_trial_size(trial->program, region) + LW_TRIAL_GUARD;
	uint8_t *bytes = malloc(size);
	uint32_t kind = lw_random_below(&random, 10);

	if (!bytes)
		return NULL;
	lw_random_fill(&random, bytes, size);
	/* Saturated inputs show sums that do not fit narrow registers. */
	if (kind == 0)
		memset(bytes, 255, size - LW_TRIAL_GUARD);
	if (kind == 1)
		memset(bytes, 0, size - LW_TRIAL_GUARD);
	return bytes;
}

int lw_trial_open(struct lw_trial *trial, const struct lw_engine_ops *ops,
		  void *engine, const struct lw_program *program,
		  uint64_t seed, struct lwnpu_error *error)
{
	struct lw_random random = lw_random_seed(seed);
	uint32_t r;
	size_t size;

	memset(trial, 0, sizeof(*trial));
	trial->ops = ops;
	trial->engine = engine;
	trial->program = program;
	for (r = 0; r < program->info.n_regions; r++) {
		if (!lw_trial_uses(program, r))
			continue;
		size = lw_trial_size(program, r) + LW_TRIAL_GUARD;
		trial->foreign[r] = lw_random_chance(&random, 30) &&
				    !ops->can_bind;
		trial->memory[r] = trial->foreign[r] ? malloc(size) :
				   ops->alloc(engine, size);
		if (!trial->memory[r])
			return lw_fail(error, -ENOMEM, "%s: no memory",
				       ops->name);
		trial->bindings[r].data = trial->memory[r];
		trial->bindings[r].size = size - LW_TRIAL_GUARD;
	}
	return ops->load(engine, program, &trial->loaded, error);
}

void lw_trial_close(struct lw_trial *trial)
{
	uint32_t r;

	if (trial->loaded)
		trial->ops->unload(trial->engine, trial->loaded);
	for (r = 0; r < LWNPU_REGION_MAX; r++) {
		if (trial->foreign[r])
			free(trial->memory[r]);
		else if (trial->memory[r])
			trial->ops->free(trial->engine, trial->memory[r]);
	}
	memset(trial, 0, sizeof(*trial));
}

static void lw_trial_mark_word(uint8_t *written, const struct lwnpu_op *op,
			       uint32_t plane, uint32_t y, uint32_t x)
{
	uint32_t lane = op->opcode == LWNPU_OP_COPY && !plane ?
			op->copy.lane_out : 0;

	memset(written + op->out.offset + (size_t)plane * op->out.plane_pitch +
	       (size_t)y * op->out.row_pitch + (size_t)x * LWNPU_LANES + lane,
	       1, LWNPU_LANES - lane);
}

/* One byte per byte of a region: whether an operation writes it. */
static uint8_t *lw_trial_written(const struct lw_program *program,
				 uint32_t region)
{
	uint8_t *written = calloc(1, lw_trial_size(program, region) +
				  LW_TRIAL_GUARD);
	uint32_t i, plane, y, x;

	for (i = 0; written && i < program->n_ops; i++) {
		const struct lwnpu_op *op = &program->ops[i];

		if (op->out.region != region)
			continue;
		for (plane = 0; plane < lw_tensor_planes(&op->out); plane++)
			for (y = 0; y < op->out.h; y++)
				for (x = 0; x < op->out.w; x++)
					lw_trial_mark_word(written, op, plane,
							   y, x);
	}
	return written;
}

static int lw_trial_check(const struct lw_trial *trial, uint32_t region,
			  uint64_t seed, struct lwnpu_error *error)
{
	size_t size = lw_trial_size(trial->program, region) + LW_TRIAL_GUARD;
	uint8_t *before = lw_trial_bytes(trial, region, seed);
	uint8_t *written = lw_trial_written(trial->program, region);
	const uint8_t *now = trial->memory[region];
	int err = 0;
	size_t i;

	if (!before || !written) {
		err = lw_fail(error, -ENOMEM, "no memory");
		goto out;
	}
	for (i = 0; i < size; i++) {
		if (written[i] || now[i] == before[i])
			continue;
		err = lw_fail(error, -EFAULT,
			      "%s: region %u: byte %zu of %zu is not the program's to write (was %u, is %u)",
			      trial->ops->name, region, i,
			      size - LW_TRIAL_GUARD, before[i], now[i]);
		break;
	}
out:
	free(before);
	free(written);
	return err;
}

int lw_trial_run(struct lw_trial *trial, uint64_t seed,
		 struct lwnpu_error *error)
{
	uint8_t *bytes;
	uint32_t r;
	int err;

	for (r = 0; r < trial->program->info.n_regions; r++) {
		if (!lw_trial_uses(trial->program, r))
			continue;
		bytes = lw_trial_bytes(trial, r, seed);
		if (!bytes)
			return lw_fail(error, -ENOMEM, "no memory");
		memcpy(trial->memory[r], bytes,
		       lw_trial_size(trial->program, r) + LW_TRIAL_GUARD);
		free(bytes);
	}
	err = trial->ops->run(trial->engine, trial->loaded, trial->bindings,
			      &trial->result, error);
	for (r = 0; !err && r < trial->program->info.n_regions; r++)
		if (lw_trial_uses(trial->program, r))
			err = lw_trial_check(trial, r, seed, error);
	return err;
}

/* The last operation that writes into a region at @offset or before it. */
static uint32_t lw_trial_writer(const struct lw_program *program,
				uint32_t region, size_t offset)
{
	uint32_t i, best = 0;

	for (i = 0; i < program->n_ops; i++)
		if (program->ops[i].out.region == region &&
		    program->ops[i].out.offset <= offset)
			best = i;
	return best;
}

void lw_trial_must_open(struct lw_trial *trial, const struct lw_engine_ops *ops,
			void *engine, const struct lw_program *program,
			uint64_t seed)
{
	struct lwnpu_error error;

	if (lw_trial_open(trial, ops, engine, program, seed, &error))
		fail_msg("seed %llu: %s", (unsigned long long)seed,
			 error.message);
}

void lw_trial_must_run(struct lw_trial *trial, uint64_t seed)
{
	struct lwnpu_error error;

	if (lw_trial_run(trial, seed, &error))
		fail_msg("seed %llu: %s", (unsigned long long)seed,
			 error.message);
}

int lw_trial_compare(const struct lw_trial *a, const struct lw_trial *b,
		     struct lwnpu_error *error)
{
	const struct lw_program *program = a->program;
	uint32_t r;
	size_t i;

	if (a->result.has_gates && b->result.has_gates &&
	    a->result.gates != b->result.gates)
		return lw_fail(error, -EFAULT,
			       "%s takes the gates %#llx, %s takes %#llx",
			       a->ops->name,
			       (unsigned long long)a->result.gates,
			       b->ops->name,
			       (unsigned long long)b->result.gates);
	for (r = 0; r < program->info.n_regions; r++) {
		if (!lw_trial_uses(program, r))
			continue;
		for (i = 0; i < lw_trial_size(program, r); i++)
			if (a->memory[r][i] != b->memory[r][i])
				return lw_fail(error, -EFAULT,
					       "region %u: byte %zu (of op %u?): %s gives %u, %s gives %u",
					       r, i,
					       lw_trial_writer(program, r, i),
					       a->ops->name, a->memory[r][i],
					       b->ops->name,
					       b->memory[r][i]);
	}
	return 0;
}
