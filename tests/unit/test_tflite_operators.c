// SPDX-License-Identifier: MIT
/* What the TFLite importer makes of operators, and what it refuses of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "import.h"
#include "../common/tflite_builder.h"

enum {
	MUL = 18,
	GATHER = 36,
	BATCH_TO_SPACE_ND = 37,
	SPACE_TO_BATCH_ND = 38,
	TRANSPOSE = 39,
	MEAN = 40,
	PRELU = 54,
};

/* A model of one or more operators, and what became of it. */
struct rig {
	struct tfl t;
	int ret;
	struct lw_graph *graph;
	struct lw_refusals refusals;
	struct lwnpu_error error;
};

static int32_t value(struct rig *r, int32_t n, int32_t h, int32_t w, int32_t c,
		     float scale, int64_t zero)
{
	return tfl_add_tensor(&r->t, &(struct tfl_tensor){
		.name = "value", .type = TFL_INT8, .dims = { n, h, w, c },
		.scale = &scale, .n_scales = 1, .zero = zero });
}

static int32_t integers(struct rig *r, const int32_t *numbers, int32_t n)
{
	return tfl_add_tensor(&r->t, &(struct tfl_tensor){
		.name = "numbers", .type = TFL_INT32, .dims = { n },
		.data = numbers, .size = 4 * (uint32_t)n });
}

static int32_t bytes(struct rig *r, const int8_t *numbers, int32_t n,
		     float scale)
{
	return tfl_add_tensor(&r->t, &(struct tfl_tensor){
		.name = "bytes", .type = TFL_INT8, .dims = { n },
		.scale = &scale, .n_scales = 1, .data = numbers,
		.size = (uint32_t)n });
}

static void run(struct rig *r, int32_t input, int32_t output)
{
	size_t size;
	const uint8_t *data = tfl_finish(&r->t, input, output, &size);

	r->ret = lw_import_tflite(&r->graph, data, size, NULL, &r->refusals,
				  &r->error);
	tfl_free(&r->t);
}

static void release(struct rig *r)
{
	lw_graph_free(r->graph);
	lw_refusals_free(&r->refusals);
}

static void run_refused(struct rig *r, int32_t input, int32_t output,
			const char *op, const char *reason)
{
	run(r, input, output);
	assert_int_equal(r->ret, -EOPNOTSUPP);
	assert_int_equal(r->refusals.n, 1);
	assert_string_equal(r->refusals.item[0].op, op);
	if (!strstr(r->refusals.item[0].reason, reason))
		fail_msg("\"%s\" is not in \"%s\"", reason,
			 r->refusals.item[0].reason);
	release(r);
}

/* Space to batch, a 3x3 convolution, and back without the first @crop rows. */
static void dilated(struct rig *r, int32_t crop)
{
	static const int8_t weights[3 * 3 * 2 * 2] = { 1 };
	const int32_t block[2] = { 2, 2 };
	const int32_t pads[4] = { 2, 2, 2, 2 };
	const int32_t crops[4] = { crop, 0, 0, 0 };
	const float scale = 1;
	int32_t in, spread, made, out, w;

	tfl_begin(&r->t);
	in = value(r, 1, 8, 8, 2, 1, 0);
	spread = value(r, 4, 6, 6, 2, 1, 0);
	made = value(r, 4, 4, 4, 2, 1, 0);
	out = value(r, 1, 8 - crop, 8, 2, 1, 0);
	w = tfl_add_tensor(&r->t, &(struct tfl_tensor){
		.name = "weights", .type = TFL_INT8, .dims = { 2, 3, 3, 2 },
		.scale = &scale, .n_scales = 1, .data = weights,
		.size = sizeof(weights) });
	tfl_add_operator(&r->t, SPACE_TO_BATCH_ND,
			 (int32_t[]){ in, integers(r, block, 2),
				      integers(r, pads, 4), -2 }, spread, 0, 0);
	tfl_add_operator(&r->t, TFL_CONV_2D, (int32_t[]){ spread, w, -2 },
			 made, TFL_CONV_2D_OPTIONS,
			 tfl_conv_options(&r->t, TFL_VALID, 1, TFL_NONE, 0));
	tfl_add_operator(&r->t, BATCH_TO_SPACE_ND,
			 (int32_t[]){ made, integers(r, block, 2),
				      integers(r, crops, 4), -2 }, out, 0, 0);
	run(r, in, out);
}

static void test_batches_around_a_convolution(void **state)
{
	const struct lw_window *w;
	struct rig r = { 0 };

	(void)state;
	dilated(&r, 1);
	assert_int_equal(r.ret, 0);
	assert_int_equal(r.graph->n_nodes, 1);
	assert_int_equal(r.graph->nodes[0]->kind, LW_NODE_CONV);
	w = &r.graph->nodes[0]->window;
	assert_int_equal(w->dilation_h, 2);
	assert_int_equal(w->dilation_w, 2);
	/* Of two rows of padding the first result is cropped. */
	assert_int_equal(w->pad_top, 1);
	assert_int_equal(w->pad_bottom, 2);
	assert_int_equal(w->pad_left, 2);
	assert_int_equal(w->pad_right, 2);
	release(&r);
}

static void test_product_with_a_constant(void **state)
{
	static const int8_t numbers[3] = { 2, -1, 0 };
	const struct lw_node *node;
	struct rig r = { 0 };
	int32_t in, out;

	(void)state;
	tfl_begin(&r.t);
	in = value(&r, 1, 2, 2, 3, 0.5f, 10);
	out = value(&r, 1, 2, 2, 3, 0.25f, -100);
	tfl_add_operator(&r.t, MUL,
			 (int32_t[]){ bytes(&r, numbers, 3, 0.5f), in, -2 },
			 out, 0, 0);
	run(&r, in, out);
	assert_int_equal(r.ret, 0);
	assert_int_equal(r.graph->n_nodes, 1);
	node = r.graph->nodes[0];
	assert_int_equal(node->kind, LW_NODE_UNARY);
	assert_int_equal(node->n_tables, 3);
	/* 3 above zero is 1.5, times 1, -0.5 and 0, in quarters. */
	assert_int_equal(node->tables[0][128 + 13], 28 + 6);
	assert_int_equal(node->tables[1][128 + 13], 28 - 3);
	assert_int_equal(node->tables[2][128 + 13], 28);
	assert_true(node->alphas[1] == -0.5f);
	release(&r);
}

static void test_a_constant_image(void **state)
{
	static const int8_t numbers[4] = { 1, 2, 3, 4 };
	const float scale = 0.5f;
	const struct lw_node *last;
	struct rig r = { 0 };
	int32_t in, out, c;

	(void)state;
	tfl_begin(&r.t);
	in = value(&r, 1, 2, 2, 1, 1, 0);
	out = value(&r, 1, 2, 2, 1, 1, 0);
	c = tfl_add_tensor(&r.t, &(struct tfl_tensor){
		.name = "image", .type = TFL_INT8, .dims = { 1, 2, 2, 1 },
		.scale = &scale, .n_scales = 1, .data = numbers, .size = 4 });
	tfl_add_operator(&r.t, TFL_ADD, (int32_t[]){ in, c, -2 }, out,
			 TFL_ADD_OPTIONS, tfl_u8_options(&r.t, TFL_NONE));
	run(&r, in, out);
	assert_int_equal(r.ret, 0);
	last = r.graph->nodes[r.graph->n_nodes - 1];
	assert_int_equal(last->kind, LW_NODE_ADD);
	assert_true(last->in[1]->scale == scale);
	release(&r);
}

static void pool_batch(struct rig *r, int32_t n_in, int32_t n_out,
		       const char *reason)
{
	int32_t in, out;

	tfl_begin(&r->t);
	in = value(r, n_in, 4, 4, 2, 1, 0);
	out = value(r, n_out, 4, 4, 2, 1, 0);
	tfl_add_operator(&r->t, TFL_AVERAGE_POOL_2D, (int32_t[]){ in, -2 }, out,
			 TFL_POOL_OPTIONS,
			 tfl_pool_options(&r->t, TFL_SAME, 1, 2));
	run_refused(r, in, out, "AVERAGE_POOL_2D", reason);
}

/* A product of its input with itself. */
static void bias_of_activations(struct rig *r)
{
	static const int32_t zeros[2] = { 0 };
	const float scale = 1;
	const struct tfl_tensor matrix = {
		.name = "matrix", .type = TFL_INT8, .dims = { 2, 8 },
		.scale = &scale, .n_scales = 1 };
	int32_t in, out;

	tfl_begin(&r->t);
	in = tfl_add_tensor(&r->t, &matrix);
	out = value(r, 1, 1, 2, 2, 1, 0);
	tfl_add_operator(&r->t, TFL_FULLY_CONNECTED,
			 (int32_t[]){ in, in, integers(r, zeros, 2), -2 },
			 out, 0, 0);
	run_refused(r, in, out, "FULLY_CONNECTED",
		    "it has a bias, and its weights are no constant");
}

static void test_refusals(void **state)
{
	static const int32_t bad_axes[4] = { 0, 1, 1, 3 };
	static const int32_t far = 7;
	static const int8_t slopes[2] = { 1, 2 };
	struct rig r = { 0 };
	int32_t in, out;

	(void)state;
	tfl_begin(&r.t);
	in = value(&r, 1, 2, 2, 2, 1, 0);
	out = value(&r, 1, 2, 2, 2, 1, 0);
	tfl_add_operator(&r.t, TRANSPOSE,
			 (int32_t[]){ in, integers(&r, bad_axes, 4), -2 }, out,
			 0, 0);
	run_refused(&r, in, out, "TRANSPOSE", "leaves out a dimension");

	tfl_begin(&r.t);
	in = value(&r, 1, 2, 2, 2, 1, 0);
	out = value(&r, 1, 2, 2, 2, 1, 0);
	tfl_add_operator(&r.t, GATHER,
			 (int32_t[]){ in, integers(&r, &far, 1), -2 }, out, 0,
			 0);
	run_refused(&r, in, out, "GATHER", "its index 0 is 7");

	tfl_begin(&r.t);
	in = value(&r, 1, 2, 2, 4, 1, 0);
	out = value(&r, 1, 2, 2, 4, 1, 0);
	tfl_add_operator(&r.t, PRELU,
			 (int32_t[]){ in, bytes(&r, slopes, 2, 1), -2 }, out,
			 0, 0);
	run_refused(&r, in, out, "PRELU", "2 slopes");

	tfl_begin(&r.t);
	in = value(&r, 1, 2, 2, 4, 1, 0);
	out = value(&r, 1, 1, 1, 4, 1, 0);
	tfl_add_operator(&r.t, MEAN, (int32_t[]){ in, in, -2 }, out, 0, 0);
	run_refused(&r, in, out, "MEAN", "is no constant");

	bias_of_activations(&r);
	pool_batch(&r, 65, 65, "has a batch of 65; at most 64 expected");
	pool_batch(&r, 2, 3, "has a batch of 2; 1 expected");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_batches_around_a_convolution),
		cmocka_unit_test(test_product_with_a_constant),
		cmocka_unit_test(test_a_constant_image),
		cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
