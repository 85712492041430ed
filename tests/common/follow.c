// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>

#include "follow.h"
#include "interpreter.h"

/**
 * struct follower - steps through the interpreter's run beside a package's
 * @interpreter: whose values become those of the package one by one
 * @results: the package's
 * @slack: by value id: how far off the interpreter may be, 0 where it has the
 *	package's numbers
 * @most: the largest number so far
 * @error: where it says more than rounding explains
 * @ret: -EFAULT then
 */
struct follower {
	struct lw_interpreter *interpreter;
	const struct follow_results *results;
	float *slack;
	float most;
	struct lwnpu_error *error;
	int ret;
};

/*
 * Half a quantum. Operations that keep the scale are followed by a table, where
 * it changes; fractions of places between rows are rounded to 1/2048.
 */
static float quanta_of(const struct lw_node *node)
{
	float quanta = node->kind == LW_NODE_RESIZE ? 0.65f : 0.51f;

	if ((node->kind == LW_NODE_POOL || node->kind == LW_NODE_RESIZE) &&
	    !lw_same_scale(node->in[0], node->out))
		quanta += 0.5f;
	return quanta;
}

/* Of single precision, of rounding, of inputs. */
static float slack_of(const struct follower *f, const struct lw_value *v)
{
	const struct lw_node *node =
		lw_graph_producer(f->interpreter->graph, v);
	float slack = 1e-6f * f->most + quanta_of(node) * v->scale;
	uint32_t i;

	/* What is not known exactly may lie on either side of a threshold. */
	if (node->kind == LW_NODE_GATE)
		return f->slack[node->in[0]->id] > 0 ? INFINITY : 0;
	for (i = 0; i < node->n_in; i++)
		slack += 1.5f * f->slack[node->in[i]->id];
	return slack;
}

/* Bytes hold no more than this. */
static void clamp(const struct lw_value *v, float *real, size_t n)
{
	float lo = v->scale * (float)-v->zero_point;
	float hi = v->scale * (float)(255 - v->zero_point);

	while (n--)
		real[n] = fminf(fmaxf(real[n], lo), hi);
}

static void follow(void *data, const struct lw_value *v, const float *known)
{
	struct follower *f = data;
	const float *packed = f->results->real[v->id];
	float *real = f->interpreter->values[v->id];
	size_t k, n = lw_value_size(v);

	for (k = 0; k < n; k++)
		f->most = fmaxf(f->most, fabsf(known[k]));
	if (lw_graph_is_input(f->interpreter->graph, v))
		return;
	clamp(v, real, n);
	f->slack[v->id] = slack_of(f, v);
	if (!packed)
		return;
	for (k = 0; k < n && !f->ret; k++)
		if (!(fabsf(packed[k] - real[k]) <= f->slack[v->id]))
			f->ret = lw_fail(f->error, -EFAULT,
					 "%s[%zu] is %g, the interpreter says %g; scale %g",
					 v->name, k, packed[k], real[k],
					 v->scale);
	memcpy(real, packed, n * sizeof(*packed));
	f->slack[v->id] = 0;
}

int follow_graph(const struct lw_graph *graph,
		 const struct follow_results *results, const float *sample,
		 struct lwnpu_error *error)
{
	struct follower f = { .results = results, .error = error };

	f.ret = lw_interpreter_new(&f.interpreter, graph, error);
	f.slack = calloc(graph->n_values, sizeof(*f.slack));
	if (!f.ret && f.slack)
		lw_interpreter_run_sample(f.interpreter, sample, follow, &f);
	lw_interpreter_free(f.interpreter);
	free(f.slack);
	return f.ret;
}
