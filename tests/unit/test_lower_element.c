// SPDX-License-Identifier: MIT
/* Lowering of sums, products and functions of one number. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../common/lower_rig.h"

struct shape {
	uint32_t h, w, c;
};

/* Inputs of other scales, then a node that may overwrite what it reads. */
static void check_pair(enum lw_node_kind kind, bool subtract, struct shape a,
		       struct shape b)
{
	struct lw_graph *graph = rig_graph(a.h, a.w, a.c);
	struct lw_value *other = build_input(graph, "b", b.h, b.w, b.c);
	struct lw_node *left, *node;

	build_scale(other, RIG_SCALE / 4, 96);
	left = rig_conv(graph, LW_NODE_DWCONV, "left", rig_input(graph),
			(struct build_conv){ .kernel = 1 });
	node = rig_pair(graph, kind, "pair", left->out, other);
	node->subtract = subtract;
	node->act_lo = -4;
	node->act_hi = 5.5f;
	build_scale(node->out, RIG_SCALE / 2, 128);
	node = rig_pair(graph, kind, "again", other, node->out);
	node->subtract = subtract;
	build_output(graph, node->out);
	/* Sums round halves up, not to even. */
	assert_int_equal(rig_check_near(graph, kind == LW_NODE_ADD ?
					       RIG_SCALE : 0), 3);
}

static void test_sums_differences_products(void **state)
{
	static const struct shape whole = { 3, 4, 6 };
	static const struct shape part[] = {
		{ 3, 4, 6 }, { 1, 1, 6 }, { 3, 4, 1 }, { 1, 1, 1 }, { 1, 4, 6 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(part) / sizeof(*part); i++) {
		check_pair(LW_NODE_ADD, false, whole, part[i]);
		check_pair(LW_NODE_ADD, true, part[i], whole);
		check_pair(LW_NODE_MUL, false, whole, part[i]);
		check_pair(LW_NODE_MUL, false, part[i], whole);
	}
	check_pair(LW_NODE_MUL, false, (struct shape){ 3, 1, 6 },
		   (struct shape){ 1, 4, 1 });
}

static void test_tables(void **state)
{
	static const struct {
		enum lw_unary_kind kind;
		float scale, zero;
	} cases[] = {
		{ LW_UNARY_IDENTITY, RIG_SCALE, RIG_ZERO },
		{ LW_UNARY_SIGMOID, 1.0f / 256, 0 },
		{ LW_UNARY_TANH, 1.0f / 128, 128 },
		{ LW_UNARY_HARD_SIGMOID, 1.0f / 256, 0 },
		{ LW_UNARY_HARD_SWISH, RIG_SCALE, 16 },
		{ LW_UNARY_LEAKY_RELU, RIG_SCALE, RIG_ZERO },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct lw_graph *graph = rig_graph(5, 5, 3);
		struct lw_node *f = build_node(graph, LW_NODE_UNARY, "f",
					       rig_input(graph), 5, 5, 3);

		f->unary = cases[i].kind;
		f->alpha = 0.125f;
		f->beta = 0.5f;
		f->act_lo = -2;
		build_scale(f->out, cases[i].scale, cases[i].zero);
		build_output(graph, f->out);
		assert_int_equal(rig_check(graph), 1);
	}
}

/* Tables that a node brings along stand in place of its formula. */
static void test_given_tables(void **state)
{
	struct lw_graph *graph = rig_graph(1, 1, 1), *copy;
	struct lw_node *f = build_node(graph, LW_NODE_UNARY, "f", rig_input(graph),
				       1, 1, 1);
	const float x = 3 * RIG_SCALE;
	const float *in = &x;
	float *out = NULL;
	struct lwm_package package;

	(void)state;
	f->unary = LW_UNARY_SIGMOID;
	f->n_tables = 1;
	f->tables = calloc(1, 256);
	assert_non_null(f->tables);
	build_scale(f->out, 1, 0);
	build_output(graph, f->out);
	for (int hi = 200; hi >= 100; hi -= 100) {
		f->tables[0][RIG_ZERO + 3] = 123;
		f->act_hi = hi;
		copy = lw_graph_copy(graph);
		f->tables[0][RIG_ZERO + 3] = 7;
		rig_lower(copy, &package);
		rig_run(&package, "ref", &in, &out);
		assert_true(*out == (hi == 200 ? 123 : 100));
		free(out);
		lwm_release(&package);
		lw_graph_free(copy);
	}
	lw_graph_free(graph);
}

/* A table for each channel, more of them than a word has. */
static void test_channels_with_tables_of_their_own(void **state)
{
	(void)state;
	for (int affine = 0; affine < 2; affine++) {
		struct lw_graph *graph = rig_graph(2, 3, 5);
		struct lw_node *f;

		if (affine) {
			f = build_affine(graph, "f", rig_input(graph));
		} else {
			f = build_node(graph, LW_NODE_UNARY, "f",
				       rig_input(graph), 2, 3, 5);
			f->unary = LW_UNARY_LEAKY_RELU;
			f->alphas = build_copy((float[]){ 0.5f, -2, 0, 0.125f,
							  0.75f }, 5);
		}
		f->act_hi = 4;
		build_output(graph, rig_scaled(f)->out);
		assert_int_equal(rig_check(graph), 1);
	}
}

static void check_matmul(uint32_t ha, uint32_t hb, bool ta, bool tb)
{
	const uint32_t m = 3, k = 9, n = 5;
	struct lw_graph *graph = rig_graph(ha, ta ? k : m, ta ? m : k);
	struct lw_value *in[2] = {
		rig_input(graph),
		build_input(graph, "b", hb, tb ? n : k, tb ? k : n),
	};
	struct lw_node *node = build_join(graph, LW_NODE_MATMUL, "product", in,
					  2, ha > hb ? ha : hb, m, n);

	build_scale(in[1], RIG_SCALE / 4, 96);
	build_scale(node->out, RIG_SCALE * 2, 120);
	node->transpose_a = ta;
	node->transpose_b = tb;
	node->act_lo = -9;
	node->act_hi = 11;
	build_output(graph, node->out);
	assert_int_equal(rig_check(graph), 1);
}

static void test_matrix_products(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		check_matmul(2, 2, i & 1, i & 2);
		check_matmul(1, 3, i & 1, i & 2);
		check_matmul(3, 1, i & 1, i & 2);
	}
}

static void test_product_of_tiny_scales(void **state)
{
	struct lw_graph *graph = rig_graph(1, 1, 4);
	struct lw_node *node = rig_pair(graph, LW_NODE_MUL, "product",
					rig_input(graph), rig_input(graph));

	(void)state;
	build_scale(rig_input(graph), 1e-25f, 0);
	build_output(graph, node->out);
	rig_refuse(graph, -EOPNOTSUPP, "product: its scales 1e-25");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sums_differences_products),
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_given_tables),
		cmocka_unit_test(test_channels_with_tables_of_their_own),
		cmocka_unit_test(test_matrix_products),
		cmocka_unit_test(test_product_of_tiny_scales),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
