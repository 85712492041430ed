// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fold_rig.h"
#include "interpreter.h"

float *fold_run(const struct lw_graph *graph, const float *in)
{
	const struct lw_value *value = graph->outputs[0].value;
	size_t size = lw_value_size(value) * sizeof(float);
	struct lw_interpreter *interpreter;
	float *out = malloc(size);

	assert_int_equal(lw_interpreter_new(&interpreter, graph, NULL), 0);
	lw_interpreter_round(interpreter, true);
	lw_interpreter_run(interpreter, &in, NULL, NULL);
	memcpy(out, lw_interpreter_value(interpreter, value), size);
	lw_interpreter_free(interpreter);
	return out;
}

float fold_largest(const float *numbers, size_t n)
{
	float most = 1e-6f;
	size_t i;

	for (i = 0; i < n; i++)
		most = fmaxf(most, fabsf(numbers[i]));
	return most;
}

void fold_within(const float *a, const float *b, size_t n, float most)
{
	float error = 0;
	size_t i;

	for (i = 0; i < n; i++)
		error = fmaxf(error, fabsf(a[i] - b[i]));
	if (!(error <= 2e-5f * most))
		fail_msg("changed by %g of %g", error, most);
}

struct lw_graph *fold_check(struct lw_graph *graph, struct lw_value *out,
			    uint32_t nodes)
{
	struct lw_pack_options options = { .sparsity = 0 };
	struct lwnpu_error error = { 0 };
	float *in, *before, *after;
	size_t n;

	build_output(graph, out);
	in = build_numbers(graph->values[0]);
	before = fold_run(graph, in);
	if (lw_pass_fold(graph, &options, NULL, &error))
		fail_msg("%s", error.message);
	after = fold_run(graph, in);
	n = lw_value_size(graph->outputs[0].value);
	fold_within(before, after, n, fold_largest(before, n));
	assert_int_equal(graph->n_nodes, nodes);
	assert_int_equal(graph->n_values, nodes + 1);
	free(in);
	free(before);
	free(after);
	return graph;
}
