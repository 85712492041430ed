// SPDX-License-Identifier: MIT
/*
 * Programs that are valid but for one change, or still valid: what the checker
 * lets pass runs on the reference engine, whose every access the sanitizers
 * and the guards of the buffers watch.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../common/random.h"
#include "../common/random_program.h"
#include "../common/trial.h"
#include "lwnpu_table.h"

#define PROGRAMS 400
#define MUTATIONS 12
#define MAX_MEMORY (1U << 22)
#define MAX_WORK (1U << 24)

static const uint32_t edges[] = {
	0, 1, 2, 3, 4, 5, 127, 128, 255, 256, 32767, 32768, 65534, 65535,
	0x00800000, 0x3f800000, 0x7f800000, 0x7fffffff, 0x80000000, 0xfffffffc,
	0xffffffff,
};

/* A value near the old one, at an edge, or any. */
static uint32_t mutate_value(struct lw_random *random, uint32_t old)
{
	switch (lw_random_below(random, 4)) {
	case 0:
		return LW_RANDOM_PICK(random, edges);
	case 1:
		return lw_random_u32(random);
	case 2:
		return old ^ (1U << lw_random_below(random, 32));
	default:
		return old + lw_random_between(random, -8, 8);
	}
}

static void mutate_bytes(struct lw_random *random, void *bytes, size_t size)
{
	uint32_t value = 0;

	memcpy(&value, bytes, size);
	value = mutate_value(random, value);
	memcpy(bytes, &value, size);
}

#define MUTATE(random, member) \
	mutate_bytes(random, &(member), sizeof(member))

static void mutate_tensor(struct lw_random *random,
			  struct lwnpu_tensor *tensor)
{
	switch (lw_random_below(random, 8)) {
	case 0:
		MUTATE(random, tensor->offset);
		break;
	case 1:
		MUTATE(random, tensor->row_pitch);
		break;
	case 2:
		MUTATE(random, tensor->plane_pitch);
		break;
	case 3:
		MUTATE(random, tensor->h);
		break;
	case 4:
		MUTATE(random, tensor->w);
		break;
	case 5:
		MUTATE(random, tensor->c);
		break;
	case 6:
		tensor->region = lw_random_below(random, LWNPU_REGION_MAX + 2);
		break;
	default:
		MUTATE(random, tensor->zero_point);
	}
}

static void mutate(struct lw_random *random, struct lw_program *program)
{
	struct lwnpu_op *op = &program->ops[lw_random_below(random,
							    program->n_ops)];
	const struct lw_op_desc *desc = lw_op_describe(op->opcode);
	const struct lw_field *field;
	uint32_t kind = lw_random_below(random, 100);

	if (kind < 40) {
		field = &desc->fields[lw_random_below(random, desc->n_fields)];
		mutate_bytes(random, op->raw + field->offset, field->size);
	} else if (kind < 60) {
		mutate_tensor(random, &op->in[0]);
	} else if (kind < 65) {
		mutate_tensor(random, &op->in[1]);
	} else if (kind < 85) {
		mutate_tensor(random, &op->out);
	} else if (kind < 90 && program->weights_size) {
		program->weights[lw_random_below(random,
						 program->weights_size)] =
			lw_random_u32(random);
	} else if (kind < 93 && program->weights_size) {
		program->weights_size = lw_random_below(random,
							program->weights_size);
	} else if (kind < 96) {
		op->opcode = lw_random_below(random, 10);
	} else {
		mutate_bytes(random, (uint8_t *)op +
			     lw_random_below(random, LWNPU_OP_SIZE), 1);
	}
}

/* Places that an operation reads to make its output, at most. */
static uint64_t work_of(const struct lwnpu_op *op)
{
	uint64_t outputs = (uint64_t)op->out.h * op->out.w * op->out.c;

	switch (op->opcode) {
	case LWNPU_OP_CONV:
		return outputs / op->out.c * lwnpu_conv_blocks(op);
	case LWNPU_OP_DWCONV:
		return outputs * op->dwconv.kernel_h * op->dwconv.kernel_w;
	case LWNPU_OP_POOL:
		return outputs * op->pool.kernel_h * op->pool.kernel_w;
	default:
		return outputs;
	}
}

/* Valid programs may still ask for more than a test should. */
static bool is_modest(const struct lw_program *program)
{
	uint64_t memory = 0, work = 0;
	uint32_t i;

	for (i = 0; i < program->info.n_regions; i++)
		memory += program->info.region[i].size;
	for (i = 0; i < program->n_ops && work < MAX_WORK; i++)
		work += work_of(&program->ops[i]);
	return memory < MAX_MEMORY && work < MAX_WORK;
}

static void run_mutant(const struct lw_program *program, uint64_t seed)
{
	struct lwnpu_error error = { 0 };
	struct lw_trial trial;

	if (lw_trial_open(&trial, &lw_ref_engine, NULL, program, seed,
			  &error) || lw_trial_run(&trial, seed, &error))
		fail_msg("seed %llu: %s", (unsigned long long)seed,
			 error.message);
	lw_trial_close(&trial);
}

/* An exact copy of the weights, so that the sanitizer sees their end. */
static uint8_t *copy_weights(const struct lw_program *program)
{
	uint8_t *weights = malloc(program->weights_size +
				  !program->weights_size);

	assert_non_null(weights);
	memcpy(weights, program->weights, program->weights_size);
	return weights;
}

static void test_mutations(void **state)
{
	unsigned int refused = 0, run = 0, big = 0;
	uint64_t seed;

	(void)state;
	for (seed = 0; seed < PROGRAMS * MUTATIONS; seed++) {
		struct lw_random random = lw_random_seed(~seed);
		struct lw_program program;
		struct lwnpu_error error;
		uint8_t *weights;

		lw_random_program(&program, seed / MUTATIONS);
		mutate(&random, &program);
		weights = copy_weights(&program);
		free(program.weights);
		program.weights = weights;
		if (lw_program_check(&program, &error)) {
			refused++;
		} else if (is_modest(&program)) {
			run_mutant(&program, seed);
			run++;
		} else {
			big++;
		}
		lw_program_release(&program);
	}
	print_message("%u refused, %u run, %u too big to run\n", refused, run,
		      big);
	assert_true(refused > PROGRAMS);
	assert_true(run > PROGRAMS);
}

/* The generator reaches every operation, and their special cases. */
static void test_generator_covers(void **state)
{
	bool seen[256] = { false };
	bool sparse = false, groups = false, dilated = false, in_place = false;
	bool kept_lanes = false, over_kernel = false, one_pixel = false;
	struct lw_program program;
	uint64_t seed;
	uint32_t i;

	(void)state;
	for (seed = 0; seed < PROGRAMS; seed++) {
		lw_random_program(&program, seed);
		for (i = 0; i < program.n_ops; i++) {
			const struct lwnpu_op *op = &program.ops[i];
			bool conv = op->opcode == LWNPU_OP_CONV;

			seen[op->opcode] = true;
			sparse |= conv && op->conv.sparse;
			groups |= conv && op->conv.groups > 1;
			dilated |= conv && op->conv.kernel_h > 1 &&
				   op->conv.dilation_h > 1;
			over_kernel |= conv && op->out.h > 1 &&
				       op->conv.stride_h > op->conv.kernel_h;
			one_pixel |= conv && op->in[0].h == 1 &&
				     op->in[0].w == 1;
			in_place |= op->out.region == op->in[0].region &&
				    op->out.offset == op->in[0].offset;
			kept_lanes |= op->opcode == LWNPU_OP_COPY &&
				      op->copy.lane_out;
		}
		lw_program_release(&program);
	}
	for (i = 0; i < 256; i++)
		assert_int_equal(seen[i], lw_op_describe(i) != NULL);
	assert_true(sparse && groups && dilated && in_place);
	assert_true(kept_lanes && over_kernel && one_pixel);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_generator_covers),
		cmocka_unit_test(test_mutations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
