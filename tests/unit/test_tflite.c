// SPDX-License-Identifier: MIT
/* The TFLite importer, on models made here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "file.h"
#include "import.h"
#include "../common/tflite_builder.h"

#define SMALL "tests/data/small.tflite"

/* What became of a model. */
struct result {
	int ret;
	struct lw_graph *graph;
	struct lw_refusals refusals;
	struct lwnpu_error error;
};

/* Imports an exact copy, so that a byte read past its end is seen. */
static struct result import_bytes(const uint8_t *data, size_t size)
{
	struct result r = { 0 };
	uint8_t *copy = malloc(size ? size : 1);

	assert_non_null(copy);
	memcpy(copy, data, size);
	r.ret = lw_import_tflite(&r.graph, copy, size, NULL, &r.refusals,
				 &r.error);
	free(copy);
	if (r.ret) {
		assert_null(r.graph);
		assert_int_equal(r.error.code, r.ret);
		assert_string_not_equal(r.error.message, "");
	}
	return r;
}

static void release(struct result *r)
{
	lw_graph_free(r->graph);
	lw_refusals_free(&r->refusals);
}

/* Imports a finished model and frees its builder. */
static struct result import_model(struct tfl *t, int32_t input, int32_t output)
{
	size_t size;
	const uint8_t *data = tfl_finish(t, input, output, &size);
	struct result r = import_bytes(data, size);

	tfl_free(t);
	return r;
}

static int32_t float_value(struct tfl *t, const char *name, int32_t h,
			   int32_t w, int32_t c)
{
	return tfl_add_tensor(t, &(struct tfl_tensor){
		.name = name, .dims = { 1, h, w, c } });
}

static int32_t quantised_value(struct tfl *t, const char *name,
			       enum tfl_type type, int32_t h, int32_t w,
			       int32_t c, float scale, int64_t zero)
{
	return tfl_add_tensor(t, &(struct tfl_tensor){
		.name = name, .type = type, .dims = { 1, h, w, c },
		.scale = &scale, .n_scales = 1, .zero = zero });
}

static int32_t float_constant(struct tfl *t, const int32_t dims[4],
			      const float *data, uint32_t n)
{
	return tfl_add_tensor(t, &(struct tfl_tensor){
		.name = "constant",
		.dims = { dims[0], dims[1], dims[2], dims[3] },
		.data = data, .size = n * 4 });
}

static void test_float_convolution(void **state)
{
	static const float weights[2 * 3 * 3 * 1] = {
		1, 2, 3, 4, 5, 6, 7, 8, 9, -1, -2, -3, -4, -5, -6, -7, -8, -9,
	};
	static const float bias[2] = { 0.5f, -0.25f };
	int32_t in, out, w, b;
	struct lw_node *node;
	struct result r;
	struct tfl t;

	(void)state;
	tfl_begin(&t);
	in = float_value(&t, "in", 5, 6, 1);
	out = float_value(&t, "out;relu;bias", 3, 3, 2);
	w = float_constant(&t, (int32_t[]){ 2, 3, 3, 1 }, weights, 18);
	b = float_constant(&t, (int32_t[]){ 2, 0, 0, 0 }, bias, 2);
	tfl_add_operator(&t, TFL_CONV_2D, (int32_t[]){ in, w, b, -2 }, out,
			 TFL_CONV_2D_OPTIONS,
			 tfl_conv_options(&t, TFL_SAME, 2, TFL_FUSED_RELU, 0));
	r = import_model(&t, in, out);
	assert_int_equal(r.ret, 0);
	assert_false(r.graph->quantised);
	assert_int_equal(r.graph->n_nodes, 1);
	node = r.graph->nodes[0];
	assert_int_equal(node->kind, LW_NODE_CONV);
	assert_string_equal(node->name, "out");
	assert_string_equal(node->out->name, "out;relu;bias");
	assert_true(node->act_lo == 0 && isinf(node->act_hi));
	assert_int_equal(node->groups, 1);
	/* Rows: 5 in steps of 2 need 7; columns: 6 need 7, the odd one after */
	assert_int_equal(node->window.pad_top, 1);
	assert_int_equal(node->window.pad_bottom, 1);
	assert_int_equal(node->window.pad_left, 0);
	assert_int_equal(node->window.pad_right, 1);
	assert_int_equal(node->window.stride_h, 2);
	assert_memory_equal(node->weights->real, weights, sizeof(weights));
	assert_memory_equal(node->weights->bias, bias, sizeof(bias));
	assert_null(node->weights->q);
	assert_int_equal(r.graph->inputs[0].n_dims, 4);
	assert_int_equal(r.graph->inputs[0].dims[2], 6);
	release(&r);
}

/* A 1x1 convolution of two channels to two, in whole numbers of quanta. */
static struct result import_quantised(enum tfl_type type, const void *weights,
				      const float *scale, uint32_t n_scales,
				      int64_t zero, const int32_t *bias)
{
	static const float bias_scale[2] = { 1, 1 };
	int32_t in, out, w, b;
	struct tfl t;

	tfl_begin(&t);
	in = quantised_value(&t, "in", type, 4, 4, 2, 0.5f,
			     type == TFL_INT8 ? -3 : 125);
	out = quantised_value(&t, "out", type, 4, 4, 2, 0.25f,
			      type == TFL_INT8 ? -128 : 0);
	w = tfl_add_tensor(&t, &(struct tfl_tensor){
		.name = "weights", .type = type, .dims = { 2, 1, 1, 2 },
		.scale = scale, .n_scales = n_scales, .zero = zero,
		.data = weights, .size = 4 });
	b = tfl_add_tensor(&t, &(struct tfl_tensor){
		.name = "bias", .type = TFL_INT32, .dims = { 2 },
		.scale = bias_scale, .n_scales = 2, .data = bias, .size = 8 });
	tfl_add_operator(&t, TFL_CONV_2D, (int32_t[]){ in, w, b, -2 }, out,
			 TFL_CONV_2D_OPTIONS,
			 tfl_conv_options(&t, TFL_VALID, 1, TFL_NONE, 0));
	return import_model(&t, in, out);
}

static void test_int8_per_channel(void **state)
{
	static const int8_t weights[4] = { -128, 127, 5, -6 };
	static const float scale[2] = { 0.5f, 2 };
	static const float real[4] = { -64, 63.5f, 10, -12 };
	static const int32_t bias[2] = { 100, -7 };
	struct lw_weights *w;
	struct result r = import_quantised(TFL_INT8, weights, scale, 2, 0,
					   bias);

	(void)state;
	assert_int_equal(r.ret, 0);
	assert_true(r.graph->quantised);
	assert_true(r.graph->inputs[0].value->is_signed);
	assert_int_equal(r.graph->inputs[0].value->zero_point, 125);
	assert_int_equal(r.graph->outputs[0].value->zero_point, 0);
	w = r.graph->nodes[0]->weights;
	assert_memory_equal(w->q, weights, sizeof(weights));
	assert_memory_equal(w->scale, scale, sizeof(scale));
	assert_memory_equal(w->real, real, sizeof(real));
	assert_memory_equal(w->bias_q, bias, sizeof(bias));
	assert_true(w->bias[0] == 25 && w->bias[1] == -7);
	release(&r);
}

static void test_uint8_weights_are_requantised(void **state)
{
	/* Channel 0 fits. 255 does not, not even as a sum of two. */
	static const uint8_t weights[4] = { 127, 26, 255, 128 };
	static const float scale = 0.5f;
	static const float larger = 0.5f * 255 / 127;
	static const int32_t bias[2] = { 11, 8 };
	static const int8_t q[4] = { 127, 26, 127, 64 };
	struct lw_weights *w;
	struct result r = import_quantised(TFL_UINT8, weights, &scale, 1, 0,
					   bias);

	(void)state;
	assert_int_equal(r.ret, 0);
	assert_false(r.graph->inputs[0].value->is_signed);
	assert_int_equal(r.graph->inputs[0].value->zero_point, 125);
	w = r.graph->nodes[0]->weights;
	assert_memory_equal(w->q, q, sizeof(q));
	assert_true(w->scale[0] == 0.5f && w->scale[1] == larger);
	assert_true(w->real[0] == 63.5f && w->real[3] == 64 * larger);
	assert_int_equal(w->bias_q[0], 11);
	assert_int_equal(w->bias_q[1], 4);
	release(&r);
}

static void test_bad_scales_are_refused(void **state)
{
	static const int8_t weights[4] = { 1, 2, 3, 4 };
	static const float scales[][2] = {
		{ 0, 1 }, { 1, -1 }, { INFINITY, 1 }, { NAN, 1 },
	};
	static const float good[3] = { 1, 1, 1 };
	static const int32_t bias[2] = { 0, 0 };
	struct result r;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(scales) / sizeof(*scales); i++) {
		r = import_quantised(TFL_INT8, weights, scales[i], 2, 0, bias);
		assert_int_equal(r.ret, -EOPNOTSUPP);
		assert_non_null(strstr(r.refusals.item[0].reason, "scale"));
		release(&r);
	}
	r = import_quantised(TFL_INT8, weights, good, 3, 0, bias);
	assert_int_equal(r.ret, -EOPNOTSUPP);
	assert_non_null(strstr(r.refusals.item[0].reason, "3 scales"));
	release(&r);
	r = import_quantised(TFL_INT8, weights, good, 2, 1, bias);
	assert_int_equal(r.ret, -EOPNOTSUPP);
	assert_non_null(strstr(r.refusals.item[0].reason, "zero point 1"));
	release(&r);
}

static void test_depthwise_layout(void **state)
{
	/* Source order: row, column, output; two outputs for each input. */
	static const float weights[1 * 1 * 2 * 4] = { 0, 1, 2, 3, 4, 5, 6, 7 };
	static const float expected[8] = { 0, 4, 1, 5, 2, 6, 3, 7 };
	int32_t multiplier;

	(void)state;
	for (multiplier = 1; multiplier <= 2; multiplier++) {
		int32_t in, out, w;
		struct lw_node *node;
		struct result r;
		struct tfl t;

		tfl_begin(&t);
		in = float_value(&t, "in", 1, 2, 4 / multiplier);
		out = float_value(&t, "out", 1, 1, 4);
		w = float_constant(&t, (int32_t[]){ 1, 1, 2, 4 }, weights, 8);
		tfl_add_operator(&t, TFL_DEPTHWISE_CONV_2D,
				 (int32_t[]){ in, w, -2 }, out,
				 TFL_DEPTHWISE_OPTIONS,
				 tfl_conv_options(&t, TFL_VALID, 1, TFL_NONE,
						  (uint32_t)multiplier));
		r = import_model(&t, in, out);
		assert_int_equal(r.ret, 0);
		node = r.graph->nodes[0];
		assert_int_equal(node->kind, multiplier == 1 ? LW_NODE_DWCONV :
							       LW_NODE_CONV);
		assert_int_equal(node->groups, multiplier == 1 ? 1 : 2);
		assert_int_equal(node->weights->o, 4);
		assert_int_equal(node->weights->i, 1);
		assert_memory_equal(node->weights->real, expected,
				    sizeof(expected));
		assert_null(node->weights->bias);
		release(&r);
	}
}

static void test_fully_connected_flattens(void **state)
{
	static const float weights[2 * 12] = { 1 };
	int32_t in, out, w;
	struct result r;
	struct tfl t;

	(void)state;
	tfl_begin(&t);
	in = float_value(&t, "in", 2, 2, 3);
	out = tfl_add_tensor(&t, &(struct tfl_tensor){
		.name = "out", .dims = { 1, 2 } });
	w = float_constant(&t, (int32_t[]){ 2, 12, 0, 0 }, weights, 24);
	tfl_add_operator(&t, TFL_FULLY_CONNECTED, (int32_t[]){ in, w, -1, -2 },
			 out, TFL_FULLY_CONNECTED_OPTIONS,
			 tfl_u8_options(&t, TFL_NONE));
	r = import_model(&t, in, out);
	assert_int_equal(r.ret, 0);
	assert_int_equal(r.graph->n_nodes, 2);
	assert_int_equal(r.graph->nodes[0]->kind, LW_NODE_FLATTEN);
	assert_false(r.graph->nodes[0]->nchw);
	assert_int_equal(r.graph->nodes[1]->kind, LW_NODE_CONV);
	assert_int_equal(r.graph->nodes[1]->weights->i, 12);
	assert_int_equal(r.graph->outputs[0].n_dims, 2);
	release(&r);
}

static void test_float_ports_of_a_quantised_model(void **state)
{
	int32_t in, first, second, out;
	struct result r;
	struct tfl t;

	(void)state;
	tfl_begin(&t);
	in = float_value(&t, "in", 2, 2, 4);
	first = quantised_value(&t, "first", TFL_INT8, 2, 2, 4, 0.5f, 10);
	second = quantised_value(&t, "second", TFL_UINT8, 2, 2, 4, 1, 0);
	out = float_value(&t, "out", 2, 2, 4);
	tfl_add_operator(&t, TFL_QUANTIZE, (int32_t[]){ in, -2 }, first, 0, 0);
	tfl_add_operator(&t, TFL_QUANTIZE, (int32_t[]){ first, -2 }, second, 0,
			 0);
	tfl_add_operator(&t, TFL_DEQUANTIZE, (int32_t[]){ second, -2 }, out, 0,
			 0);
	r = import_model(&t, in, out);
	assert_int_equal(r.ret, 0);
	assert_true(r.graph->quantised);
	assert_int_equal(r.graph->n_nodes, 1);
	assert_int_equal(r.graph->nodes[0]->kind, LW_NODE_REQUANT);
	assert_int_equal(r.graph->inputs[0].value->zero_point, 138);
	assert_true(r.graph->inputs[0].value->is_signed);
	assert_true(r.graph->outputs[0].value->scale == 1);
	release(&r);
}

static void test_reshape_relabels_the_input(void **state)
{
	int32_t in, image, out;
	struct result r;
	struct tfl t;

	(void)state;
	tfl_begin(&t);
	in = tfl_add_tensor(&t, &(struct tfl_tensor){
		.name = "in", .dims = { 1, 24 } });
	image = float_value(&t, "image", 4, 3, 2);
	out = float_value(&t, "out", 4, 3, 2);
	tfl_add_operator(&t, TFL_RESHAPE, (int32_t[]){ in, -2 }, image, 0, 0);
	tfl_add_operator(&t, TFL_RELU, (int32_t[]){ image, -2 }, out, 0, 0);
	r = import_model(&t, in, out);
	assert_int_equal(r.ret, 0);
	assert_int_equal(r.graph->n_nodes, 1);
	assert_int_equal(r.graph->inputs[0].value->h, 4);
	assert_int_equal(r.graph->inputs[0].n_dims, 2);
	assert_int_equal(r.graph->inputs[0].dims[1], 24);
	release(&r);
}

static void test_all_refusals_are_listed(void **state)
{
	enum { L2_POOL = 12, FLOOR_MOD = 95, UNKNOWN = 9999 };
	int32_t in, first, second, third, fourth, out;
	struct result r;
	struct tfl t;

	(void)state;
	tfl_begin(&t);
	in = float_value(&t, "in", 2, 2, 4);
	first = float_value(&t, "first", 2, 2, 4);
	second = float_value(&t, "second", 2, 2, 4);
	third = float_value(&t, "third\n", 2, 2, 4);
	fourth = float_value(&t, NULL, 2, 2, 4);
	out = float_value(&t, "out", 2, 2, 4);
	tfl_add_operator(&t, L2_POOL, (int32_t[]){ in, -2 }, first, 0, 0);
	tfl_add_operator(&t, TFL_RELU, (int32_t[]){ first, -2 }, second, 0, 0);
	tfl_add_operator(&t, TFL_ADD, (int32_t[]){ first, second, -2 }, third,
			 TFL_ADD_OPTIONS, tfl_u8_options(&t, TFL_FUSED_TANH));
	tfl_add_operator(&t, FLOOR_MOD, (int32_t[]){ third, first, -2 }, fourth,
			 0, 0);
	tfl_add_operator(&t, UNKNOWN, (int32_t[]){ fourth, -2 }, out, 0, 0);
	r = import_model(&t, in, out);
	assert_int_equal(r.ret, -EOPNOTSUPP);
	assert_int_equal(r.refusals.n, 4);
	assert_string_equal(r.refusals.item[0].node, "first");
	assert_string_equal(r.refusals.item[0].op, "L2_POOL_2D");
	assert_string_equal(r.refusals.item[1].node, "third?");
	assert_string_equal(r.refusals.item[1].op, "ADD");
	assert_non_null(strstr(r.refusals.item[1].reason, "TANH"));
	assert_string_equal(r.refusals.item[2].node, "op 3");
	assert_string_equal(r.refusals.item[3].op, "builtin operator 9999");
	assert_string_equal(r.error.message,
			    "4 of 5 operators cannot be packed; first: first (L2_POOL_2D): the operator is not supported");
	release(&r);
}

static void test_order_and_writers(void **state)
{
	int32_t in, mid, out;
	struct result r;
	struct tfl t;
	int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		tfl_begin(&t);
		in = float_value(&t, "in", 2, 2, 4);
		mid = float_value(&t, "mid", 2, 2, 4);
		out = float_value(&t, "out", 2, 2, 4);
		if (i == 0) /* reads what comes later */
			tfl_add_operator(&t, TFL_RELU, (int32_t[]){ mid, -2 },
					 out, 0, 0);
		if (i == 1) /* reads itself */
			tfl_add_operator(&t, TFL_RELU, (int32_t[]){ mid, -2 },
					 mid, 0, 0);
		tfl_add_operator(&t, TFL_RELU, (int32_t[]){ in, -2 }, mid, 0,
				 0);
		if (i == 2) /* writes twice */
			tfl_add_operator(&t, TFL_RELU, (int32_t[]){ in, -2 },
					 mid, 0, 0);
		tfl_add_operator(&t, TFL_RELU, (int32_t[]){ mid, -2 }, out, 0,
				 0);
		r = import_model(&t, in, out);
		assert_int_equal(r.ret, -EBADMSG);
		assert_non_null(strstr(r.error.message, "mid"));
		release(&r);
	}
}

static void test_tensor_numbers(void **state)
{
	static const int32_t bad[][2] = { { 7, 1 }, { -2, 1 }, { 0, 7 },
					  { -1, 1 } };
	struct result r;
	struct tfl t;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		tfl_begin(&t);
		float_value(&t, "in", 2, 2, 4);
		float_value(&t, "out", 2, 2, 4);
		tfl_add_operator(&t, TFL_RELU,
				 (int32_t[]){ bad[i][0], -2 }, bad[i][1], 0,
				 0);
		r = import_model(&t, 0, 1);
		assert_int_equal(r.ret, -EBADMSG);
		release(&r);
	}
}

static void test_constants_have_their_size(void **state)
{
	static const float weights[18];
	uint32_t n;

	(void)state;
	for (n = 1; n <= 18; n += 8) {
		int32_t in, out, w;
		struct result r;
		struct tfl t;

		tfl_begin(&t);
		in = float_value(&t, "in", 3, 3, 1);
		out = float_value(&t, "out", 1, 1, 2);
		w = float_constant(&t, (int32_t[]){ 2, 3, 3, 1 }, weights, n);
		tfl_add_operator(&t, TFL_CONV_2D, (int32_t[]){ in, w, -2 },
				 out, TFL_CONV_2D_OPTIONS,
				 tfl_conv_options(&t, TFL_VALID, 1, TFL_NONE,
						  0));
		r = import_model(&t, in, out);
		assert_int_equal(r.ret, -EBADMSG);
		assert_non_null(strstr(r.error.message, "constant"));
		release(&r);
	}
}

/* Operators that name one constant again and again must not fill memory. */
static void test_sharing_is_bounded(void **state)
{
	static const int8_t weights[128 * 128];
	static const float scale = 1;
	int32_t values[41], w;
	struct result r;
	struct tfl t;
	int n, i;

	(void)state;
	for (n = 10; n <= 40; n += 30) {
		tfl_begin(&t);
		w = tfl_add_tensor(&t, &(struct tfl_tensor){
			.name = "weights", .type = TFL_INT8,
			.dims = { 128, 1, 1, 128 }, .scale = &scale,
			.n_scales = 1, .data = weights,
			.size = sizeof(weights) });
		for (i = 0; i <= n; i++)
			values[i] = float_value(&t, "value", 1, 1, 128);
		for (i = 0; i < n; i++)
			tfl_add_operator(&t, TFL_CONV_2D,
					 (int32_t[]){ values[i], w, -2 },
					 values[i + 1], TFL_CONV_2D_OPTIONS,
					 tfl_conv_options(&t, TFL_VALID, 1,
							  TFL_NONE, 0));
		r = import_model(&t, values[0], values[n]);
		assert_int_equal(r.ret, n == 10 ? 0 : -EOPNOTSUPP);
		if (r.ret)
			assert_non_null(strstr(r.error.message, "share"));
		release(&r);
	}
}

static void test_small_file_is_current(void **state)
{
	struct lwnpu_error error;
	const uint8_t *made;
	size_t size, n;
	struct tfl t;
	void *data;

	(void)state;
	made = tfl_small(&t, &n);
	assert_true(n < 4096);
	assert_int_equal(lw_file_read(SMALL, 65536, &data, &size, &error), 0);
	assert_int_equal(size, n);
	assert_memory_equal(data, made, n);
	free(data);
	tfl_free(&t);
}

static void test_small_model(void **state)
{
	static const enum lw_node_kind kinds[] = {
		LW_NODE_CONV, LW_NODE_DWCONV, LW_NODE_ADD, LW_NODE_POOL,
		LW_NODE_CONV, LW_NODE_SOFTMAX,
	};
	struct result r;
	size_t size, i;
	struct tfl t;
	const uint8_t *data = tfl_small(&t, &size);

	(void)state;
	r = import_bytes(data, size);
	assert_int_equal(r.ret, 0);
	assert_int_equal(r.graph->n_nodes, 6);
	for (i = 0; i < 6; i++)
		assert_int_equal(r.graph->nodes[i]->kind, kinds[i]);
	assert_int_equal(r.graph->nodes[3]->rule, LW_RULE_TFLITE);
	release(&r);
	tfl_free(&t);
}

static void test_truncation_at_every_byte(void **state)
{
	struct result r;
	size_t size, n;
	struct tfl t;
	const uint8_t *data = tfl_small(&t, &size);

	(void)state;
	for (n = 0; n < size; n++) {
		r = import_bytes(data, n);
		assert_true(r.ret == -EBADMSG);
		release(&r);
	}
	tfl_free(&t);
}

/* Every byte set to values that make offsets and counts wild. */
static void test_every_byte_changed(void **state)
{
	static const uint8_t wild[] = { 0, 1, 0x7f, 0x80, 0xff };
	struct result r;
	size_t size, i, k;
	struct tfl t;
	const uint8_t *data = tfl_small(&t, &size);
	uint8_t *copy = malloc(size);

	(void)state;
	assert_non_null(copy);
	memcpy(copy, data, size);
	for (i = 0; i < size; i++) {
		for (k = 0; k < sizeof(wild); k++) {
			copy[i] = wild[k];
			r = import_bytes(copy, size);
			release(&r);
		}
		copy[i] = data[i];
	}
	free(copy);
	tfl_free(&t);
}

static int write_small(const char *path)
{
	struct lwnpu_error error;
	size_t size;
	struct tfl t;
	const uint8_t *data = tfl_small(&t, &size);
	int ret = lw_file_write(path, data, size, &error);

	if (ret)
		fprintf(stderr, "%s\n", error.message);
	tfl_free(&t);
	return !!ret;
}

/* With a path: writes the small model there. */
int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_float_convolution),
		cmocka_unit_test(test_int8_per_channel),
		cmocka_unit_test(test_uint8_weights_are_requantised),
		cmocka_unit_test(test_bad_scales_are_refused),
		cmocka_unit_test(test_depthwise_layout),
		cmocka_unit_test(test_fully_connected_flattens),
		cmocka_unit_test(test_float_ports_of_a_quantised_model),
		cmocka_unit_test(test_reshape_relabels_the_input),
		cmocka_unit_test(test_all_refusals_are_listed),
		cmocka_unit_test(test_order_and_writers),
		cmocka_unit_test(test_tensor_numbers),
		cmocka_unit_test(test_constants_have_their_size),
		cmocka_unit_test(test_sharing_is_bounded),
		cmocka_unit_test(test_small_file_is_current),
		cmocka_unit_test(test_small_model),
		cmocka_unit_test(test_truncation_at_every_byte),
		cmocka_unit_test(test_every_byte_changed),
	};

	if (argc == 2)
		return write_small(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
