// SPDX-License-Identifier: MIT
/* Checked programs: the checker's verdict as text. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "lwnpu_table.h"

/* "(got 0, expected at least 1)", as far as numbers say something. */
static void lw_describe_numbers(char *text, size_t size,
				const struct lwnpu_check_error *why)
{
	long long got = why->got, expected = why->expected;
	const char *relation = got < expected ? "at least " : "at most ";

	switch (why->reason) {
	case LWNPU_CHECK_OVERLAP:
		*text = '\0';
		return;
	case LWNPU_CHECK_FLOAT:
		snprintf(text, size, " (got the bits 0x%08llx)", got);
		return;
	case LWNPU_CHECK_RESERVED:
	case LWNPU_CHECK_OPCODE:
	case LWNPU_CHECK_ALIGNMENT:
	case LWNPU_CHECK_DIRECTION:
		snprintf(text, size, " (got %lld)", got);
		return;
	case LWNPU_CHECK_SHAPE:
	case LWNPU_CHECK_STREAM:
		if (!expected) {
			snprintf(text, size, " (got %lld)", got);
			return;
		}
		relation = "";
		break;
	}
	snprintf(text, size, " (got %lld, expected %s%lld)", got, relation,
		 expected);
}

int lw_program_refuse(struct lwnpu_error *error,
		      const struct lw_program *program,
		      const struct lwnpu_check_error *why)
{
	const char *text = lwnpu_check_reason_text(why->reason);
	const struct lw_op_desc *desc;
	char numbers[96];

	lw_describe_numbers(numbers, sizeof(numbers), why);
	if (why->op >= program->n_ops ||
	    why->reason == LWNPU_CHECK_PROGRAM_SIZE)
		return lw_fail(error, -EINVAL, "program: %s: %s%s", why->field,
			       text, numbers);
	desc = lw_op_describe(program->ops[why->op].opcode);
	return lw_fail(error, -EINVAL, "op %u (%s): %s: %s%s", why->op,
		       desc ? desc->name : "unknown", why->field, text,
		       numbers);
}

int lw_program_check(struct lw_program *program, struct lwnpu_error *error)
{
	struct lwnpu_check_error why;

	if (lwnpu_check_program(program->ops, program->n_ops, program->weights,
				program->weights_size, &program->info, &why))
		return lw_program_refuse(error, program, &why);
	return 0;
}

void lw_program_release(struct lw_program *program)
{
	free(program->ops);
	free(program->weights);
	memset(program, 0, sizeof(*program));
}
