// SPDX-License-Identifier: MIT
/*
 * Operators on bytes that bring the scales of their inputs and outputs: each is
 * its operator on real numbers between DequantizeLinear and QuantizeLinear.
 */
#include <stdlib.h>

#include "onnx_make.h"

typedef int (*run_fn)(struct onnx_node *node);

/*
 * Runs an operator on @n real inputs in the place of the node's own; its result
 * becomes bytes, whose scale and zero point are inputs @scale and @scale + 1.
 */
static int quantised(struct onnx_node *node, struct onnx_value **in, uint32_t n,
		     run_fn run, uint32_t scale)
{
	struct onnx_value result = { 0 }, *out = &result;
	struct onnx_node inner = *node;

	if (node->status)
		return node->status;
	if (!node->n_out || !node->out[0])
		return lw_onnx_refuse(node, "output 0 is missing");
	result.name = node->out[0]->name;
	inner.n_in = n;
	inner.in = in;
	inner.n_out = 1;
	inner.out = &out;
	run(&inner);
	node->status = inner.status;
	node->seen = inner.seen;
	node->views = inner.views;
	if (node->status)
		return node->status;
	return lw_onnx_quantise(node, 0, &result, scale);
}

/* Input @i as real numbers, in the scale of the two inputs after it. */
static struct onnx_value *real_input(struct onnx_node *node, uint32_t i,
				     int64_t axis)
{
	return lw_onnx_dequantise(node, i, i + 1, axis);
}

/* One input; scale and zero point of the result come behind its own. */
static int of_one(struct onnx_node *node, run_fn run)
{
	struct onnx_value *in = real_input(node, 0, 0);

	return quantised(node, &in, 1, run, 3);
}

int lw_onnx_run_qlinear_sigmoid(struct onnx_node *node)
{
	return of_one(node, lw_onnx_run_sigmoid);
}

int lw_onnx_run_qlinear_leaky_relu(struct onnx_node *node)
{
	return of_one(node, lw_onnx_run_leaky_relu);
}

int lw_onnx_run_qlinear_average_pool(struct onnx_node *node)
{
	lw_onnx_int_in(node, "channels_last", 0, 0, 0);
	return of_one(node, lw_onnx_run_average_pool);
}

int lw_onnx_run_qlinear_global_average_pool(struct onnx_node *node)
{
	lw_onnx_int_in(node, "channels_last", 0, 0, 0);
	return of_one(node, lw_onnx_run_global_average_pool);
}

int lw_onnx_run_qlinear_softmax(struct onnx_node *node)
{
	/* The operator set of the Softmax that it was, which says the axis. */
	int64_t opset = lw_onnx_int(node, "opset", node->im->opset);
	struct onnx_import *im = node->im;
	int64_t own = im->opset;
	int ret;

	im->opset = opset;
	ret = of_one(node, lw_onnx_run_softmax);
	im->opset = own;
	return ret;
}

/*
 * Two inputs, of which the second may be a constant with a scale for each place
 * along @axis; and a bias, input @bias, if it is there.
 */
static int of_two(struct onnx_node *node, run_fn run, int64_t axis,
		  uint32_t bias, uint32_t scale)
{
	struct onnx_value *in[3] = { real_input(node, 0, 0),
				     real_input(node, 3, axis) };
	uint32_t n = 2;

	if (bias && lw_onnx_in(node, bias))
		in[n++] = lw_onnx_dequantise_bias(node, bias, in[0], in[1]);
	return quantised(node, in, n, run, scale);
}

int lw_onnx_run_qlinear_add(struct onnx_node *node)
{
	return of_two(node, lw_onnx_run_add, 0, 0, 6);
}

int lw_onnx_run_qlinear_mul(struct onnx_node *node)
{
	return of_two(node, lw_onnx_run_mul, 0, 0, 6);
}

int lw_onnx_run_qlinear_matmul(struct onnx_node *node)
{
	return of_two(node, lw_onnx_run_matmul, -1, 0, 6);
}

int lw_onnx_run_qlinear_conv(struct onnx_node *node)
{
	return of_two(node, lw_onnx_run_conv, 0, 8, 6);
}

int lw_onnx_run_qgemm(struct onnx_node *node)
{
	bool transposed = lw_onnx_int(node, "transB", 0);

	return of_two(node, lw_onnx_run_gemm, !transposed, 6, 7);
}

/* Scale and zero point of the result come first, then three for each input. */
int lw_onnx_run_qlinear_concat(struct onnx_node *node)
{
	uint32_t i, n = (node->n_in - 2) / 3;
	struct onnx_value **in;
	int ret;

	if (node->n_in != 2 + 3 * n)
		return lw_onnx_refuse(node, "%u inputs, expected three for each part",
				      node->n_in);
	in = calloc(n, sizeof(*in));
	if (!in)
		return node->status = -ENOMEM;
	for (i = 0; i < n; i++)
		in[i] = real_input(node, 2 + 3 * i, 0);
	ret = quantised(node, in, n, lw_onnx_run_concat, 0);
	free(in);
	return ret;
}
