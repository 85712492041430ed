// SPDX-License-Identifier: MIT
/*
 * Lowering: a packed graph gives what the graph gives with rounding. Scales are
 * powers of two and zero points even, so that the interpreter's real numbers
 * and the program's integers round alike and results can be compared exactly.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../common/build_graph.h"
#include "interpreter.h"
#include "lower.h"

#define SCALE 0.0625f
#define ZERO 128

static struct lw_node *scaled(struct lw_node *node)
{
	build_scale(node->out, SCALE, ZERO);
	return node;
}

static struct lw_graph *start(uint32_t h, uint32_t w, uint32_t c)
{
	struct lw_graph *graph = build_graph(h, w, c);

	build_scale(graph->inputs[0].value, SCALE, ZERO);
	return graph;
}

static struct lw_value *input(struct lw_graph *graph)
{
	return graph->inputs[0].value;
}

/* A convolution with weights in steps of 1/32, as an importer gives it. */
static struct lw_node *conv(struct lw_graph *graph, enum lw_node_kind kind,
			    const char *name, struct lw_value *in,
			    struct build_conv how)
{
	struct lw_node *node = scaled(build_conv(graph, kind, name, in, how));
	struct lw_weights *w = node->weights;
	size_t n = (size_t)w->o * w->kh * w->kw * w->i;

	w->q = calloc(n, 1);
	w->scale = calloc(w->o, sizeof(*w->scale));
	assert_true(w->q && w->scale);
	for (uint32_t o = 0; o < w->o; o++)
		w->scale[o] = 1.0f / 32;
	for (size_t k = 0; k < n; k++) {
		w->q[k] = lrintf(w->real[k] * 20);
		w->real[k] = w->q[k] / 32.0f;
	}
	return node;
}

static struct lw_node *join(struct lw_graph *graph, enum lw_node_kind kind,
			    const char *name, struct lw_value *a,
			    struct lw_value *b, struct build_conv size)
{
	struct lw_value *in[2] = { a, b };
	struct lw_value *out = lw_graph_value(graph, name, size.kernel,
					      size.stride, size.o);

	assert_non_null(out);
	return scaled(lw_graph_node(graph, kind, name, in, 2, out));
}

static struct lw_node *concat(struct lw_graph *graph, const char *name,
			      struct lw_value *a, struct lw_value *b,
			      enum lw_axis axis)
{
	struct lw_node *node;

	node = join(graph, LW_NODE_CONCAT, name, a, b, (struct build_conv){
		.kernel = axis == LW_AXIS_H ? a->h + b->h : a->h,
		.stride = axis == LW_AXIS_W ? a->w + b->w : a->w,
		.o = axis == LW_AXIS_C ? a->c + b->c : a->c });
	node->axis = axis;
	return node;
}

static struct lw_node *add(struct lw_graph *graph, const char *name,
			   struct lw_value *a, struct lw_value *b)
{
	return join(graph, LW_NODE_ADD, name, a, b, (struct build_conv){
		.kernel = a->h, .stride = a->w, .o = a->c });
}

static struct lw_node *slice(struct lw_graph *graph, const char *name,
			     struct lw_value *in, const uint32_t first[3],
			     const uint32_t step[3])
{
	const uint32_t size[3] = { in->h, in->w, in->c };
	uint32_t n[3];
	struct lw_node *node;

	for (int i = 0; i < 3; i++)
		n[i] = (size[i] - first[i] + step[i] - 1) / step[i];
	node = scaled(build_node(graph, LW_NODE_SLICE, name, in, n[0], n[1],
				 n[2]));
	memcpy(node->start, first, sizeof(node->start));
	memcpy(node->step, step, sizeof(node->step));
	return node;
}

static void lower(const struct lw_graph *graph, struct lwm_package *package)
{
	const struct lw_pack_options options = { 0 };
	struct lwnpu_error error;

	if (lw_lower(graph, &options, package, &error))
		fail_msg("%s", error.message);
}

/* Runs the package's bytes through the library; outputs to be freed. */
static void run_packed(struct lwm_package *package, const float *in,
		       float **outs)
{
	struct lwnpu_buffer input_buffer = { .type = LWNPU_F32 };
	struct lwnpu_buffer buffers[4];
	struct lwnpu_device *device;
	struct lwnpu_model *model;
	struct lwnpu_error error;
	size_t size;
	void *data;

	assert_int_equal(lwm_write_memory(package, 7, &data, &size, &error), 0);
	assert_int_equal(lwnpu_device_open(&device, "ref", &error), 0);
	if (lwnpu_model_load_memory(&model, device, data, size, &error))
		fail_msg("%s", error.message);
	input_buffer.data = (void *)in;
	input_buffer.size = 4ul * package->inputs[0].h * package->inputs[0].w *
			    package->inputs[0].c;
	for (uint32_t i = 0; i < package->n_outputs; i++) {
		const struct lwm_io *io = &package->outputs[i];

		buffers[i].size = 4ul * io->h * io->w * io->c;
		buffers[i].type = LWNPU_F32;
		buffers[i].data = outs[i] = malloc(buffers[i].size);
		assert_non_null(outs[i]);
	}
	if (lwnpu_model_run(model, &input_buffer, buffers, &error))
		fail_msg("%s", error.message);
	lwnpu_model_free(model);
	lwnpu_device_close(device);
	free(data);
}

static void compare(const struct lw_graph *graph, float **got, float *in,
		    float tolerance)
{
	struct lw_interpreter *interpreter;
	const float *inputs = in;

	assert_int_equal(lw_interpreter_new(&interpreter, graph, NULL), 0);
	lw_interpreter_round(interpreter, true);
	lw_interpreter_run(interpreter, &inputs, NULL, NULL);
	for (uint32_t i = 0; i < graph->n_outputs; i++) {
		const struct lw_value *v = graph->outputs[i].value;
		const float *real = lw_interpreter_value(interpreter, v);

		for (size_t k = 0; k < lw_value_size(v); k++)
			if (fabsf(got[i][k] - real[k]) > tolerance)
				fail_msg("%s[%zu] is %g, not %g", v->name, k,
					 got[i][k], real[k]);
	}
	lw_interpreter_free(interpreter);
}

/* Lowers, runs, compares; returns the number of operations; frees the graph. */
static uint32_t check_near(struct lw_graph *graph, float tolerance)
{
	struct lwm_package package;
	float *in = build_numbers(input(graph));
	float *outs[4] = { NULL };
	uint32_t n_ops;

	for (size_t k = 0; k < lw_value_size(input(graph)); k++)
		in[k] *= 7;
	lower(graph, &package);
	run_packed(&package, in, outs);
	compare(graph, outs, in, tolerance);
	for (int i = 0; i < 4; i++)
		free(outs[i]);
	n_ops = package.program.n_ops;
	lwm_release(&package);
	lw_graph_free(graph);
	free(in);
	return n_ops;
}

static uint32_t check(struct lw_graph *graph)
{
	return check_near(graph, 0);
}

static void test_convolutions(void **state)
{
	static const struct build_conv how[] = {
		{ .o = 8 },
		{ .o = 5, .kernel = 3, .pad = 1, .stride = 2 },
		{ .o = 6, .kernel = 3, .pad = 2, .dilation = 2 },
		{ .o = 12, .kernel = 3, .groups = 6 },
		{ .o = 8, .kernel = 1, .pad = 2 },
		{ .o = 4, .kernel = 1, .stride = 3 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(how) / sizeof(*how); i++) {
		struct lw_graph *graph = start(7, 9, 6);

		build_output(graph, conv(graph, LW_NODE_CONV, "conv",
					 input(graph), how[i])->out);
		assert_int_equal(check(graph), how[i].kernel == 1 && how[i].pad ?
					       2 : 1);
	}
}

static void test_groups_of_words(void **state)
{
	struct lw_graph *graph = start(5, 5, 16);

	(void)state;
	build_output(graph, conv(graph, LW_NODE_CONV, "conv", input(graph),
				 (struct build_conv){ .o = 8, .kernel = 3,
						      .groups = 2 })->out);
	assert_int_equal(check(graph), 1);
}

static void test_depthwise_and_pools(void **state)
{
	struct lw_graph *graph = start(8, 8, 7);
	struct lw_node *dw, *max, *mean;

	(void)state;
	dw = conv(graph, LW_NODE_DWCONV, "dw", input(graph),
		  (struct build_conv){ .kernel = 3, .pad = 1 });
	max = scaled(build_node(graph, LW_NODE_POOL, "max", dw->out, 4, 4, 7));
	max->window = (struct lw_window){ 2, 2, 2, 2, 1, 1, 0, 0, 0, 0 };
	mean = scaled(build_node(graph, LW_NODE_POOL, "mean", max->out, 1, 1,
				 7));
	mean->pool = LW_POOL_AVERAGE;
	mean->window = (struct lw_window){ 4, 4, 1, 1, 1, 1, 0, 0, 0, 0 };
	build_output(graph, mean->out);
	assert_int_equal(check_near(graph, SCALE), 3);
}

/* Parts at whole words are written in place; others are copied. */
static void test_concatenation(void **state)
{
	static const struct {
		uint32_t c0, c1, ops;
		enum lw_axis axis;
	} cases[] = {
		{ 8, 6, 2, LW_AXIS_C }, { 6, 5, 4, LW_AXIS_C },
		{ 8, 8, 4, LW_AXIS_H }, { 5, 5, 4, LW_AXIS_W },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct lw_graph *graph = start(3, 4, 8);
		struct lw_node *a, *b;

		a = conv(graph, LW_NODE_CONV, "a", input(graph),
			 (struct build_conv){ .o = cases[i].c0 });
		b = conv(graph, LW_NODE_CONV, "b", input(graph),
			 (struct build_conv){ .o = cases[i].c1 });
		build_output(graph, concat(graph, "both", a->out, b->out,
					   cases[i].axis)->out);
		assert_in_range(check(graph), cases[i].ops - 1, cases[i].ops);
	}
}

static void test_concatenation_of_itself_and_of_an_input(void **state)
{
	struct lw_graph *graph = start(3, 3, 8);
	struct lw_node *a, *twice;

	(void)state;
	a = conv(graph, LW_NODE_CONV, "a", input(graph),
		 (struct build_conv){ .o = 8 });
	twice = concat(graph, "twice", a->out, a->out, LW_AXIS_C);
	build_output(graph, concat(graph, "all", twice->out, input(graph),
				   LW_AXIS_C)->out);
	check(graph);
}

static void test_slices(void **state)
{
	static const uint32_t cases[][2][3] = {
		{ { 0, 0, 4 }, { 1, 1, 1 } }, { { 1, 2, 0 }, { 1, 1, 1 } },
		{ { 0, 0, 3 }, { 1, 1, 1 } }, { { 1, 0, 0 }, { 2, 2, 1 } },
		{ { 0, 1, 1 }, { 1, 1, 3 } }, { { 2, 2, 8 }, { 1, 1, 1 } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct lw_graph *graph = start(5, 6, 11);
		struct lw_node *part = slice(graph, "part", input(graph),
					     cases[i][0], cases[i][1]);
		struct lw_node *of_part = conv(graph, LW_NODE_CONV, "conv",
					       part->out,
					       (struct build_conv){ .o = 3 });

		build_output(graph, part->out);
		build_output(graph, of_part->out);
		check(graph);
	}
}

static void test_padding(void **state)
{
	struct lw_graph *graph = start(3, 4, 5);
	struct lw_node *pad = scaled(build_node(graph, LW_NODE_PAD, "pad",
						input(graph), 6, 5, 20));

	(void)state;
	pad->window.pad_top = 1;
	pad->window.pad_bottom = 2;
	pad->window.pad_left = 1;
	pad->pad_channels_before = 9;
	pad->pad_channels_after = 6;
	pad->fill = 1.5f;
	build_output(graph, pad->out);
	check(graph);
}

static void test_flatten_in_both_orders(void **state)
{
	(void)state;
	for (int nchw = 0; nchw < 2; nchw++) {
		struct lw_graph *graph = start(3, 2, 5);
		struct lw_node *flat = scaled(build_node(graph, LW_NODE_FLATTEN,
							 "flat", input(graph),
							 1, 1, 30));

		flat->nchw = nchw;
		build_output(graph, flat->out);
		check(graph);
	}
}

/* Values that die are added in place, others stay as they are. */
static void test_residuals(void **state)
{
	struct lw_graph *graph = start(6, 6, 8);
	struct lw_value *x = input(graph);

	(void)state;
	for (int i = 0; i < 3; i++) {
		char name[2][8] = { { 'c', '0' + i, 0 }, { 'a', '0' + i, 0 } };
		struct lw_node *c = conv(graph, LW_NODE_CONV, name[0], x,
					 (struct build_conv){ .o = 8 });

		x = add(graph, name[1], x, c->out)->out;
	}
	x = add(graph, "double", x, x)->out;
	build_output(graph, x);
	assert_int_equal(check(graph), 7);
}

static void test_outputs_that_are_read_again(void **state)
{
	struct lw_graph *graph = start(4, 4, 6);
	struct lw_node *a, *b;

	(void)state;
	a = conv(graph, LW_NODE_CONV, "a", input(graph),
		 (struct build_conv){ .o = 6 });
	b = conv(graph, LW_NODE_CONV, "b", a->out,
		 (struct build_conv){ .o = 4 });
	build_output(graph, a->out);
	build_output(graph, b->out);
	build_output(graph, b->out);
	build_output(graph, input(graph));
	check(graph);
}

static void test_changes_of_scale(void **state)
{
	struct lw_graph *graph = start(4, 4, 6);
	struct lw_node *max, *requant, *both;

	(void)state;
	max = build_node(graph, LW_NODE_POOL, "max", input(graph), 2, 2, 6);
	max->window = (struct lw_window){ 2, 2, 2, 2, 1, 1, 0, 0, 0, 0 };
	build_scale(max->out, 2 * SCALE, 100);
	requant = scaled(build_node(graph, LW_NODE_REQUANT, "requant",
				    max->out, 2, 2, 6));
	both = concat(graph, "both", requant->out, max->out, LW_AXIS_C);
	build_output(graph, both->out);
	check(graph);
}

static void test_tables(void **state)
{
	static const struct {
		enum lw_unary_kind kind;
		float scale, zero;
	} cases[] = {
		{ LW_UNARY_IDENTITY, SCALE, ZERO },
		{ LW_UNARY_SIGMOID, 1.0f / 256, 0 },
		{ LW_UNARY_TANH, 1.0f / 128, 128 },
		{ LW_UNARY_HARD_SIGMOID, 1.0f / 256, 0 },
		{ LW_UNARY_HARD_SWISH, SCALE, 16 },
		{ LW_UNARY_LEAKY_RELU, SCALE, ZERO },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct lw_graph *graph = start(5, 5, 3);
		struct lw_node *f = build_node(graph, LW_NODE_UNARY, "f",
					       input(graph), 5, 5, 3);

		f->unary = cases[i].kind;
		f->alpha = 0.125f;
		f->beta = 0.5f;
		f->act_lo = -2;
		build_scale(f->out, cases[i].scale, cases[i].zero);
		build_output(graph, f->out);
		assert_int_equal(check(graph), 1);
	}
}

/* Tables that a node brings along stand in place of its formula. */
static void test_given_tables(void **state)
{
	struct lw_graph *graph = start(1, 1, 1), *copy;
	struct lw_node *f = build_node(graph, LW_NODE_UNARY, "f", input(graph),
				       1, 1, 1);
	const float x = 3 * SCALE;
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
		f->tables[0][ZERO + 3] = 123;
		f->act_hi = hi;
		copy = lw_graph_copy(graph);
		f->tables[0][ZERO + 3] = 7;
		lower(copy, &package);
		run_packed(&package, &x, &out);
		assert_true(*out == (hi == 200 ? 123 : 100));
		free(out);
		lwm_release(&package);
		lw_graph_free(copy);
	}
	lw_graph_free(graph);
}

static void test_equal_weights_are_stored_once(void **state)
{
	struct lw_graph *graph = start(4, 4, 8);
	struct lwm_package package;
	struct lw_node *a, *b;

	(void)state;
	a = conv(graph, LW_NODE_CONV, "a", input(graph),
		 (struct build_conv){ .o = 8 });
	b = conv(graph, LW_NODE_CONV, "b", a->out,
		 (struct build_conv){ .o = 8 });
	memcpy(b->weights->q, a->weights->q, 64);
	build_output(graph, b->out);
	lower(graph, &package);
	assert_int_equal(package.n_segments, 2);
	assert_ptr_equal(lwm_segment_layer(&package, 0), &package.layers[0]);
	assert_null(lwm_segment_layer(&package, 1));
	assert_int_equal(package.program.ops[0].conv.weights,
			 package.program.ops[1].conv.weights);
	lwm_release(&package);
	lw_graph_free(graph);
}

static void expect_refusal(struct lw_graph *graph, int code, const char *text)
{
	const struct lw_pack_options options = { 0 };
	struct lwm_package package;
	struct lwnpu_error error;

	assert_int_equal(lw_lower(graph, &options, &package, &error), code);
	if (!strstr(error.message, text))
		fail_msg("\"%s\" is not in \"%s\"", text, error.message);
	lw_graph_free(graph);
}

static void test_refusals(void **state)
{
	struct lw_graph *graph = start(4, 4, 8);
	struct lw_node *node = conv(graph, LW_NODE_CONV, "a", input(graph),
				    (struct build_conv){ .o = 8 });

	(void)state;
	build_output(graph, node->out);
	node->out->quantised = false;
	expect_refusal(graph, -EINVAL, "a: its output has no scale");

	graph = start(1, 1, 8);
	node = add(graph, "sum", input(graph), input(graph));
	build_scale(node->out, 1e-9f, ZERO);
	build_output(graph, node->out);
	expect_refusal(graph, -EOPNOTSUPP, "sum: an input's scale");

	graph = start(1, 1, 8);
	node = scaled(build_affine(graph, "norm", input(graph)));
	build_output(graph, node->out);
	expect_refusal(graph, -EOPNOTSUPP, "norm: a multiplication");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_convolutions),
		cmocka_unit_test(test_groups_of_words),
		cmocka_unit_test(test_depthwise_and_pools),
		cmocka_unit_test(test_concatenation),
		cmocka_unit_test(test_concatenation_of_itself_and_of_an_input),
		cmocka_unit_test(test_slices),
		cmocka_unit_test(test_padding),
		cmocka_unit_test(test_flatten_in_both_orders),
		cmocka_unit_test(test_residuals),
		cmocka_unit_test(test_outputs_that_are_read_again),
		cmocka_unit_test(test_changes_of_scale),
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_given_tables),
		cmocka_unit_test(test_equal_weights_are_stored_once),
		cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
