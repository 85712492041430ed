// SPDX-License-Identifier: MIT
/* Checks of nodes with two inputs, of nodes that move numbers, of gates. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../common/build_graph.h"
#include "../common/near.h"

/* What the faults change. */
struct made {
	struct lw_graph *graph;
	struct lw_node *tconv, *mul, *matmul, *reorder, *resize, *prelu;
	struct lw_node *gate, *first, *second, *merge, *last, *constant;
};

static struct lw_node *join(struct lw_graph *graph, enum lw_node_kind kind,
			    const char *name, struct lw_value *a,
			    struct lw_value *b, uint32_t h, uint32_t w,
			    uint32_t c)
{
	return build_join(graph, kind, name, (struct lw_value *[]){ a, b }, 2,
			  h, w, c);
}

static struct lw_node *merge(struct lw_graph *graph, const char *name,
			     struct lw_value *flag, struct lw_value *early,
			     struct lw_value *late)
{
	return build_join(graph, LW_NODE_MERGE, name,
			  (struct lw_value *[]){ flag, early, late }, 3,
			  late->h, late->w, late->c);
}

/* One row of nodes, the last of them skipped when the first numbers do. */
static struct made make(void)
{
	struct made m = { .graph = build_graph(2, 3, 4) };
	struct lw_value *in = m.graph->values[0];
	uint32_t i;

	m.tconv = build_conv(m.graph, LW_NODE_TCONV, "tconv", in,
			     (struct build_conv){ .o = 6, .kernel = 3,
						  .stride = 2, .groups = 2,
						  .bias = true });
	m.reorder = build_node(m.graph, LW_NODE_REORDER, "reorder", in, 2, 4,
			       3);
	m.reorder->n_sizes = 3;
	memcpy(m.reorder->size, (uint32_t[]){ 2, 4, 3 }, 12);
	memcpy(m.reorder->stride, (uint32_t[]){ 12, 1, 4 }, 12);
	m.matmul = join(m.graph, LW_NODE_MATMUL, "matmul", in, m.reorder->out,
			2, 3, 3);
	m.resize = build_node(m.graph, LW_NODE_RESIZE, "resize", m.matmul->out,
			      2, 5, 3);
	m.resize->position[0] = calloc(2, sizeof(float));
	m.resize->position[1] = calloc(5, sizeof(float));
	for (i = 0; i < 5; i++)
		m.resize->position[1][i] = 0.5f * i;
	m.mul = join(m.graph, LW_NODE_MUL, "mul", m.resize->out, m.resize->out,
		     2, 5, 3);
	m.prelu = build_node(m.graph, LW_NODE_UNARY, "prelu", m.mul->out, 2, 5,
			     3);
	m.prelu->unary = LW_UNARY_LEAKY_RELU;
	m.prelu->alphas = calloc(3, sizeof(float));
	m.gate = build_node(m.graph, LW_NODE_GATE, "gate", m.prelu->out, 1, 1,
			    1);
	m.gate->threshold = 3;
	m.first = build_node(m.graph, LW_NODE_SOFTMAX, "first", m.prelu->out, 2,
			     5, 3);
	m.second = join(m.graph, LW_NODE_ADD, "second", m.first->out,
			m.prelu->out, 2, 5, 3);
	m.merge = merge(m.graph, "merge", m.gate->out, m.mul->out,
			m.second->out);
	m.last = build_node(m.graph, LW_NODE_REQUANT, "last", m.merge->out, 2,
			    5, 3);
	m.constant = build_constant(m.graph, "constant", 2, 3, 4);
	build_output(m.graph, m.last->out);
	build_output(m.graph, m.tconv->out);
	return m;
}

static void test_check_accepts(void **state)
{
	struct made m = make();
	struct lwnpu_error error = { 0 };

	(void)state;
	if (lw_graph_check(m.graph, &error))
		fail_msg("%s", error.message);
	/* Its result may lie further out than any kernel reaches. */
	m.tconv->out->w = m.graph->outputs[1].dims[2] = 50;
	m.tconv->window.pad_top = 9;
	assert_int_equal(lw_graph_check(m.graph, NULL), 0);
	lw_graph_free(m.graph);
}

/* One thing wrong each, and a word that the message must have. */
#define FAULTS(X) \
	X("tconv", m.tconv->groups = 3) \
	X("tconv", m.tconv->window.stride_h = 0) \
	X("tconv", m.tconv->window.kernel_w = 2) \
	X("tconv", m.tconv->weights->i = 4) \
	X("reorder", m.reorder->n_sizes = 0) \
	X("reorder", m.reorder->n_sizes = 7) \
	X("reorder", m.reorder->size[1] = 0) \
	X("reorder", m.reorder->size[1] = 5) \
	X("reorder", m.reorder->stride[0] = 13) \
	X("reorder", m.reorder->stride[2] = UINT32_MAX) \
	X("matmul", m.matmul->n_in = 1) \
	X("matmul", m.matmul->transpose_a = true) \
	X("matmul", m.matmul->transpose_b = true) \
	X("matmul", m.matmul->out->w = 4) \
	X("resize", m.resize->position[0][1] = -0.5f) \
	X("resize", m.resize->position[1][4] = 2.5f) \
	X("resize", m.resize->position[1][4] = NAN) \
	X("resize", (free(m.resize->position[0]), \
		     m.resize->position[0] = NULL)) \
	X("resize", m.resize->out->c = 4) \
	X("mul", m.mul->in[1] = m.matmul->out) \
	X("mul", m.mul->out->h = 1) \
	X("prelu", m.prelu->alphas[2] = INFINITY) \
	X("prelu", m.prelu->unary = LW_UNARY_KINDS) \
	X("last", m.last->n_tables = 1) \
	X("last", (m.last->tables = calloc(2, 256), m.last->n_tables = 2)) \
	X("last", (m.last->tables = calloc(1, 256), m.last->n_tables = 1)) \
	X("constant", (m.constant->n_in = 1, \
		       m.constant->in[0] = m.mul->out)) \
	X("constant", m.constant->constant[23] = NAN) \
	X("constant", (free(m.constant->constant), \
		       m.constant->constant = NULL)) \
	X("gate", m.gate->gate = 2) \
	X("gate", m.gate->threshold = NAN) \
	X("gate", m.gate->out->c = 2) \
	X("gate", build_scale(m.gate->out, 0.5f, 0)) \
	X("gate", build_scale(m.gate->out, 1, 1)) \
	X("gate", build_output(m.graph, m.gate->out)) \
	X("'first'", m.last->in[0] = m.first->out) \
	X("first.out", m.merge->in[1] = m.first->out) \
	X("'second'", build_output(m.graph, m.second->out)) \
	X("merge", m.merge->in[0] = m.graph->values[0]) \
	X("merge", m.merge->in[1] = m.matmul->out) \
	X("merge", m.merge->n_in = 2)

static void test_check_finds_each_fault(void **state)
{
	struct made m;

	(void)state;
#define CHECK_FAULT(word, ...) \
	m = make(); \
	__VA_ARGS__; \
	assert_unsound(#__VA_ARGS__, word, m.graph);
	FAULTS(CHECK_FAULT)
}

/* A gate of one number has no second one. */
static void test_margin_needs_two_numbers(void **state)
{
	struct lw_graph *graph = build_graph(1, 1, 1);
	struct lw_value *in = graph->values[0];
	struct lw_node *gate = build_node(graph, LW_NODE_GATE, "gate", in, 1, 1,
					  1);

	(void)state;
	build_output(graph, merge(graph, "merge", gate->out, in, in)->out);
	assert_int_equal(lw_graph_check(graph, NULL), 0);
	gate->gate = LW_GATE_MARGIN;
	assert_int_equal(lw_graph_check(graph, NULL), -EINVAL);
	lw_graph_free(graph);
}

static void test_merges_follow_each_other(void **state)
{
	struct lw_graph *graph = build_graph(1, 1, 4);
	struct lw_value *in = graph->values[0];
	struct lw_node *gate = build_node(graph, LW_NODE_GATE, "gate", in, 1, 1,
					  1);

	(void)state;
	build_output(graph, in);
	assert_int_equal(lw_graph_check(graph, NULL), -EINVAL);
	merge(graph, "0", gate->out, in, in);
	assert_int_equal(lw_graph_check(graph, NULL), 0);
	build_node(graph, LW_NODE_SOFTMAX, "between", in, 1, 1, 4);
	assert_int_equal(lw_graph_check(graph, NULL), 0);
	merge(graph, "1", gate->out, in, in);
	assert_int_equal(lw_graph_check(graph, NULL), -EINVAL);
	lw_graph_free(graph);
}

/* A second gate among what the first one skips; two results. */
static void test_gates_in_gates(void **state)
{
	struct lw_graph *graph = build_graph(1, 1, 4);
	struct lw_value *in = graph->values[0], *flag[2];
	struct lw_node *node, *inner, *outer[2];

	(void)state;
	flag[0] = build_node(graph, LW_NODE_GATE, "gate", in, 1, 1, 1)->out;
	node = build_node(graph, LW_NODE_SOFTMAX, "a", in, 1, 1, 4);
	flag[1] = build_node(graph, LW_NODE_GATE, "inner gate", node->out, 1, 1,
			     1)->out;
	node = build_node(graph, LW_NODE_SOFTMAX, "b", node->out, 1, 1, 4);
	inner = merge(graph, "inner", flag[1], in, node->out);
	outer[0] = merge(graph, "0", flag[0], in, inner->out);
	outer[1] = merge(graph, "1", flag[0], in, inner->out);
	build_output(graph, outer[0]->out);
	build_output(graph, outer[1]->out);
	assert_int_equal(lw_graph_check(graph, NULL), 0);
	/* The inner merge outside, or a result that may not exist. */
	outer[1]->in[0] = flag[1];
	assert_int_equal(lw_graph_check(graph, NULL), -EINVAL);
	outer[1]->in[0] = flag[0];
	outer[1]->in[2] = node->out;
	assert_int_equal(lw_graph_check(graph, NULL), -EINVAL);
	/* A result that stands only behind the gate. */
	outer[1]->in[2] = inner->out;
	outer[1]->in[1] = outer[0]->out;
	assert_int_equal(lw_graph_check(graph, NULL), -EINVAL);
	lw_graph_free(graph);
}

static void check_gate(enum lw_gate_kind kind, bool invert, const float *in,
		       bool taken)
{
	struct lw_graph *graph = build_graph(1, 1, 3);
	struct lw_value *v = graph->values[0];
	struct lw_node *gate = build_node(graph, LW_NODE_GATE, "gate", v, 1, 1,
					  1);
	struct lw_node *late = build_node(graph, LW_NODE_UNARY, "late", v, 1, 1,
					  3);
	double expected[3];
	int i;

	gate->gate = kind;
	gate->threshold = 2;
	gate->invert = invert;
	late->unary = LW_UNARY_NEG;
	for (i = 0; i < 3; i++)
		expected[i] = taken ? in[i] : -in[i];
	near_run(graph, merge(graph, "merge", gate->out, v, late->out), in,
		 expected);
}

static void test_gates_choose(void **state)
{
	(void)state;
	check_gate(LW_GATE_MAX, false, (float[]){ 1, 2, -3 }, true);
	check_gate(LW_GATE_MAX, false, (float[]){ 1, 1.5f, -3 }, false);
	check_gate(LW_GATE_MAX, true, (float[]){ 1, 2, -3 }, false);
	check_gate(LW_GATE_MAX, true, (float[]){ 1, 1.5f, -3 }, true);
	check_gate(LW_GATE_MARGIN, false, (float[]){ 3, 5, -3 }, true);
	check_gate(LW_GATE_MARGIN, false, (float[]){ 5, 3.5f, -3 }, false);
	check_gate(LW_GATE_MARGIN, false, (float[]){ 5, -3, 5 }, false);
	check_gate(LW_GATE_MARGIN, true, (float[]){ -1, -2, -5 }, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_check_accepts),
		cmocka_unit_test(test_check_finds_each_fault),
		cmocka_unit_test(test_margin_needs_two_numbers),
		cmocka_unit_test(test_merges_follow_each_other),
		cmocka_unit_test(test_gates_in_gates),
		cmocka_unit_test(test_gates_choose),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
