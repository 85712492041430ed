// SPDX-License-Identifier: MIT
/* Lowering of gates: where results lie, what is skipped, thresholds in bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../common/lower_rig.h"

#define S RIG_SCALE

/* A gate in a graph that @tested belongs to; bytes are S apart. */
static struct lw_node *add_gate(struct lw_graph *graph, const char *name,
				struct lw_value *tested, float threshold)
{
	struct lw_node *gate = build_node(graph, LW_NODE_GATE, name, tested, 1,
					  1, 1);

	build_scale(gate->out, 1, 0);
	gate->threshold = threshold;
	return gate;
}

static struct lw_node *add_merge(struct lw_graph *graph, const char *name,
				 const struct lw_node *gate,
				 struct lw_value *early, struct lw_value *late)
{
	struct lw_value *in[] = { gate->out, early, late };

	return rig_scaled(build_join(graph, LW_NODE_MERGE, name, in, 3, late->h,
				     late->w, late->c));
}

static struct lw_node *negate(struct lw_graph *graph, const char *name,
			      struct lw_value *in)
{
	struct lw_node *node = rig_scaled(build_node(graph, LW_NODE_UNARY, name,
						     in, in->h, in->w, in->c));

	node->unary = LW_UNARY_NEG;
	return node;
}

static void check_threshold(enum lw_gate_kind kind, float threshold,
			    const float *in, bool taken)
{
	for (int invert = 0; invert < 2; invert++) {
		struct lw_graph *graph = rig_graph(1, 1, 3);
		struct lw_value *v = rig_input(graph);
		struct lw_node *gate = add_gate(graph, "gate", v, threshold);
		struct lw_node *late = negate(graph, "late", v);
		struct lwm_package package;
		float *out;

		gate->gate = kind;
		gate->invert = invert;
		build_output(graph, add_merge(graph, "merge", gate, v,
					      late->out)->out);
		rig_lower(graph, &package);
		rig_run(&package, "ref", &in, &out);
		if (*out != (taken != invert ? *in : fminf(-*in, 127 * S)))
			fail_msg("kind %d, threshold %g, invert %d: %g of %g",
				 kind, threshold, invert, *out, *in);
		free(out);
		lwm_release(&package);
		lw_graph_free(graph);
	}
}

static void test_thresholds(void **state)
{
	const float in[] = { 5 * S, -20 * S, 2 * S };
	const float all_least[] = { -128 * S, -128 * S, -128 * S };
	const float twice[] = { 5 * S, 5 * S, 2 * S };

	(void)state;
	check_threshold(LW_GATE_MAX, 5 * S, in, true);
	check_threshold(LW_GATE_MAX, 5.01f * S, in, false);
	check_threshold(LW_GATE_MAX, 4.01f * S, in, true);
	/* Out of reach, above and below. */
	check_threshold(LW_GATE_MAX, 1000, in, false);
	check_threshold(LW_GATE_MAX, -1000, all_least, true);
	check_threshold(LW_GATE_MAX, -128 * S, all_least, true);
	check_threshold(LW_GATE_MAX, 127 * S, in, false);
	check_threshold(LW_GATE_MARGIN, 3 * S, in, true);
	check_threshold(LW_GATE_MARGIN, 3.01f * S, in, false);
	check_threshold(LW_GATE_MARGIN, 0, twice, true);
	check_threshold(LW_GATE_MARGIN, S, twice, false);
	check_threshold(LW_GATE_MARGIN, -1, twice, true);
	check_threshold(LW_GATE_MARGIN, 1000, in, false);
}

/* Either way of a gate, by its sign. */
static uint32_t check_ways(struct lw_graph *(*make)(float threshold))
{
	uint32_t n_ops = rig_check(make(-1000));

	assert_int_equal(rig_check(make(1000)), n_ops);
	return n_ops;
}

/* Both results are written where the merge's lies: no copies. */
static struct lw_graph *make_exit(float threshold)
{
	struct lw_graph *graph = rig_graph(2, 3, 4);
	struct lw_node *a, *early, *gate, *late;

	a = rig_conv(graph, LW_NODE_CONV, "a", rig_input(graph),
		     (struct build_conv){ .o = 4 });
	early = rig_conv(graph, LW_NODE_CONV, "early", a->out,
			 (struct build_conv){ .o = 5 });
	gate = add_gate(graph, "gate", a->out, threshold);
	late = negate(graph, "b", a->out);
	late = rig_conv(graph, LW_NODE_CONV, "late", late->out,
			(struct build_conv){ .o = 5 });
	build_output(graph, add_merge(graph, "merge", gate, early->out,
				      late->out)->out);
	return graph;
}

static void test_exit_without_copies(void **state)
{
	(void)state;
	assert_int_equal(check_ways(make_exit), 5);
}

/* The gate tests the early result, in another scale, and so do others. */
static struct lw_graph *make_copies(float threshold)
{
	struct lw_graph *graph = rig_graph(2, 3, 4);
	struct lw_node *early, *gate, *late, *merge;

	early = negate(graph, "early", rig_input(graph));
	build_scale(early->out, 2 * S, RIG_ZERO);
	gate = add_gate(graph, "gate", early->out, threshold);
	late = negate(graph, "late", rig_input(graph));
	merge = add_merge(graph, "merge", gate, early->out, late->out);
	build_output(graph, rig_pair(graph, LW_NODE_ADD, "sum", merge->out,
				     early->out)->out);
	return graph;
}

static void test_copies_of_results(void **state)
{
	(void)state;
	/* early, table, gate, late, sum */
	assert_int_equal(check_ways(make_copies), 5);
}

/* What is skipped writes in place, over what was written before the gate. */
static struct lw_graph *make_in_place(float threshold)
{
	struct lw_graph *graph = rig_graph(2, 3, 4);
	struct lw_node *a, *early, *gate, *late;

	early = negate(graph, "early", rig_input(graph));
	a = rig_conv(graph, LW_NODE_CONV, "a", rig_input(graph),
		     (struct build_conv){ .o = 4 });
	gate = add_gate(graph, "gate", rig_input(graph), threshold);
	late = negate(graph, "late", a->out);
	late = add_merge(graph, "merge", gate, early->out, late->out);
	build_output(graph, negate(graph, "last", late->out)->out);
	return graph;
}

static void test_nothing_is_overwritten_before_its_time(void **state)
{
	(void)state;
	check_ways(make_in_place);
}

/* A gate among what another skips; two results of one gate; late is early. */
static struct lw_graph *make_nested(float threshold)
{
	struct lw_graph *graph = rig_graph(2, 3, 4);
	struct lw_value *in = rig_input(graph);
	struct lw_node *outer, *inner, *a, *b, *merge;

	outer = add_gate(graph, "outer", in, threshold);
	a = rig_conv(graph, LW_NODE_CONV, "a", in,
		     (struct build_conv){ .o = 4 });
	inner = add_gate(graph, "inner", a->out, 0.5f);
	b = negate(graph, "b", a->out);
	merge = add_merge(graph, "inner merge", inner, a->out, b->out);
	build_output(graph, add_merge(graph, "0", outer, in, merge->out)->out);
	build_output(graph, add_merge(graph, "1", outer, in, merge->out)->out);
	build_output(graph, add_merge(graph, "2", outer, in, in)->out);
	return graph;
}

static void test_gates_in_gates(void **state)
{
	(void)state;
	check_ways(make_nested);
}

/* More in each other than a program may have at all. */
static void test_too_many_gates(void **state)
{
	struct lw_graph *graph = rig_graph(1, 1, 4);
	struct lw_value *v = rig_input(graph);
	struct lw_node *gates[65];
	char name[16];
	int i;

	(void)state;
	for (i = 0; i < 65; i++) {
		snprintf(name, sizeof(name), "gate%d", i);
		gates[i] = add_gate(graph, name, rig_input(graph), 1);
	}
	while (i--) {
		snprintf(name, sizeof(name), "merge%d", i);
		v = add_merge(graph, name, gates[i], rig_input(graph), v)->out;
	}
	build_output(graph, v);
	rig_refuse(graph, -EOPNOTSUPP, "gate64: more than 64 gates");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_thresholds),
		cmocka_unit_test(test_exit_without_copies),
		cmocka_unit_test(test_copies_of_results),
		cmocka_unit_test(test_nothing_is_overwritten_before_its_time),
		cmocka_unit_test(test_gates_in_gates),
		cmocka_unit_test(test_too_many_gates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
