/* SPDX-License-Identifier: MIT */
/*
 * The packer's graph: what every importer makes, every pass changes, the
 * float interpreter runs and the lowering reads.
 *
 * Activations are [height][width][channels], one image; a vector is 1 x 1 x c.
 * Importers of channels-first models transpose weights, and leave activations'
 * meaning alone. Quantised tensors are unsigned: int8 models import with 128
 * added to values and zero points. Weights are signed.
 */
#ifndef LW_GRAPH_H
#define LW_GRAPH_H

#include <math.h>

#include "error.h"

/* Bounds on what a stranger's model may ask for. */
#define LW_MAX_NODES 16384
#define LW_MAX_DIM 65535
#define LW_MAX_ELEMENTS (1u << 28)

/**
 * struct lw_value - an activation
 * @name: in the source model
 * @h: rows
 * @w: columns
 * @c: channels
 * @quantised: @scale and @zero_point are set
 * @is_signed: the source model holds it as int8 (its values are ours - 128)
 * @scale: real = @scale x (q - @zero_point), q in 0…255
 * @zero_point: 0…255
 * @lo: least real number seen in calibration
 * @hi: greatest
 * @id: index in lw_graph.values
 */
struct lw_value {
	char *name;
	uint32_t h, w, c;
	bool quantised;
	bool is_signed;
	float scale;
	int32_t zero_point;
	float lo, hi;
	uint32_t id;
};

/**
 * struct lw_weights - constants of a convolution
 * @o: output channels
 * @kh: kernel rows
 * @kw: kernel columns
 * @i: input channels of a group (1 for depthwise: then @o is the channels)
 * @real: [o][kh][kw][i]; always there, equal to scale x q if @q is
 * @q: the same, quantised, or NULL
 * @scale: [o] of @q, or NULL
 * @bias: [o] real, or NULL
 * @bias_q: [o] in units of input scale x weight scale, as the source gives it
 *	(no zero-point correction), or NULL
 * Owned by one node.
 */
struct lw_weights {
	uint32_t o, kh, kw, i;
	float *real;
	int8_t *q;
	float *scale;
	float *bias;
	int32_t *bias_q;
};

/* Nodes: LW_NODE(name, NAME, text). */
#define LW_NODES(X) \
	X(conv, CONV, "convolution; fully connected is 1x1 on 1x1") \
	X(dwconv, DWCONV, "depthwise convolution, one output per channel") \
	X(pool, POOL, "maximum or average pooling") \
	X(add, ADD, "sum of two tensors of one shape") \
	X(affine, AFFINE, "per-channel multiply and add (batch norm)") \
	X(unary, UNARY, "a function of one number") \
	X(concat, CONCAT, "concatenation along h, w or c") \
	X(slice, SLICE, "part of a tensor, with strides") \
	X(pad, PAD, "constant padding in h, w and c") \
	X(flatten, FLATTEN, "h x w x c to 1 x 1 x (h w c)") \
	X(softmax, SOFTMAX, "softmax over channels") \
	X(requant, REQUANT, "the same real numbers in another scale")

enum lw_node_kind {
#define LW_NODE_ENUM(name, NAME, text) LW_NODE_##NAME,
	LW_NODES(LW_NODE_ENUM)
#undef LW_NODE_ENUM
	LW_NODE_KINDS
};

/* A window that slides over an image: convolution, pooling, padding. */
struct lw_window {
	uint32_t kernel_h, kernel_w;
	uint32_t stride_h, stride_w;
	uint32_t dilation_h, dilation_w;
	uint32_t pad_top, pad_left, pad_bottom, pad_right;
};

enum lw_pool_kind { LW_POOL_MAX, LW_POOL_AVERAGE };

enum lw_unary_kind {
	LW_UNARY_IDENTITY, /* only its node's act_lo and act_hi: Relu, Clip */
	LW_UNARY_SIGMOID,
	LW_UNARY_TANH,
	LW_UNARY_HARD_SIGMOID,
	LW_UNARY_HARD_SWISH,
	LW_UNARY_LEAKY_RELU, /* alpha */
};

enum lw_axis { LW_AXIS_H, LW_AXIS_W, LW_AXIS_C };

/**
 * struct lw_node - an operation
 * @kind: enum lw_node_kind
 * @name: in the source model
 * @n_in: activations read
 * @in: them; not owned
 * @out: the one written; not owned
 * @act_lo: fused activation: real lower bound, -INFINITY for none
 * @act_hi: upper bound, INFINITY for none
 * @window: CONV, DWCONV, POOL, PAD (its pads only)
 * @groups: CONV
 * @weights: CONV, DWCONV: owned; AFFINE: o = channels, kh = kw = i = 1, real
 *	multiplies, bias adds
 * @pool: POOL
 * @count_pad: POOL average: the divisor counts padding as zeros
 * @integer_average: POOL average of a quantised TFLite model: the integer
 *	quotient, halves rounded away from @average_zero
 * @average_zero: the byte of 0 in the type that the source averages in
 * @unary: UNARY
 * @alpha: UNARY: slope (leaky relu), or slope (hard sigmoid)
 * @beta: UNARY: offset (hard sigmoid)
 * @axis: CONCAT
 * @start: SLICE: first h, w, c
 * @step: SLICE: steps in h, w, c (sizes are @out's)
 * @fill: PAD: real value
 * @pad_channels_before: PAD: channels of @fill before the input's
 * @pad_channels_after: PAD: and after them
 * @nchw: FLATTEN: order of the result is c, h, w (else h, w, c)
 */
struct lw_node {
	enum lw_node_kind kind;
	char *name;
	uint32_t n_in;
	struct lw_value **in;
	struct lw_value *out;
	float act_lo, act_hi;
	struct lw_window window;
	uint32_t groups;
	struct lw_weights *weights;
	enum lw_pool_kind pool;
	bool count_pad;
	bool integer_average;
	uint8_t average_zero;
	enum lw_unary_kind unary;
	float alpha, beta;
	enum lw_axis axis;
	uint32_t start[3], step[3];
	float fill;
	uint32_t pad_channels_before, pad_channels_after;
	bool nchw;
};

/**
 * struct lw_port - how the source model sees an input or output
 * @value: the activation
 * @n_dims: of its own shape, the batch axis included
 * @dims: that shape, batch 1
 * @nchw: it is channels first
 */
struct lw_port {
	struct lw_value *value;
	uint32_t n_dims;
	uint32_t dims[8];
	bool nchw;
};

/**
 * struct lw_graph - a model
 * @quantised: every activation is, and weights are (an int8 model)
 * Nodes are in an order in which they can run.
 */
struct lw_graph {
	char *source;
	bool quantised;
	uint32_t n_values;
	struct lw_value **values;
	uint32_t n_nodes;
	struct lw_node **nodes;
	uint32_t n_inputs;
	struct lw_port *inputs;
	uint32_t n_outputs;
	struct lw_port *outputs;
};

/**
 * struct lw_refusals - nodes that cannot be packed
 * @item: [n] node name, source operator, reason
 */
struct lw_refusals {
	uint32_t n;
	struct lw_refusal {
		char *node;
		char *op;
		char *reason;
	} *item;
};

/* All of these return NULL or -ENOMEM when memory is short. */
struct lw_graph *lw_graph_new(const char *source);
void lw_graph_free(struct lw_graph *graph);
struct lw_graph *lw_graph_copy(const struct lw_graph *graph);
struct lw_value *lw_graph_value(struct lw_graph *graph, const char *name,
				uint32_t h, uint32_t w, uint32_t c);
/* Appends a node; act_lo/act_hi are -INF/INF, strides, steps, groups 1. */
struct lw_node *lw_graph_node(struct lw_graph *graph, enum lw_node_kind kind,
			      const char *name, struct lw_value *const *in,
			      uint32_t n_in, struct lw_value *out);
int lw_graph_input(struct lw_graph *graph, const struct lw_port *port);
int lw_graph_output(struct lw_graph *graph, const struct lw_port *port);
/* Removes a node (its place closes up) and frees it. */
void lw_graph_remove(struct lw_graph *graph, uint32_t node);
/* Node that writes a value, or NULL (an input). */
struct lw_node *lw_graph_producer(const struct lw_graph *graph,
				  const struct lw_value *value);
/* Whether a value is one of the graph's inputs, or outputs. */
bool lw_graph_is_input(const struct lw_graph *graph,
		       const struct lw_value *value);
bool lw_graph_is_output(const struct lw_graph *graph,
			const struct lw_value *value);
/* Nodes and outputs that read a value. */
uint32_t lw_graph_readers(const struct lw_graph *graph,
			  const struct lw_value *value);
/* Replaces every reading of one value by another. */
void lw_graph_replace(struct lw_graph *graph, struct lw_value *from,
		      struct lw_value *to);

/* real (and bias) zeroed; sizes checked against LW_MAX_ELEMENTS. */
struct lw_weights *lw_weights_new(uint32_t o, uint32_t kh, uint32_t kw,
				  uint32_t i, bool bias);
void lw_weights_free(struct lw_weights *weights);

const char *lw_node_kind_name(enum lw_node_kind kind);

/**
 * lw_unary() - the function of a UNARY node, without its act_lo and act_hi
 * Formulas and defaults are those of ONNX's operators of the same names.
 */
float lw_unary(const struct lw_node *node, float x);

/**
 * lw_graph_check() - verify that a graph is sound
 * Shapes of every node agree, windows lie in their images, values are written
 * once and before they are read, scales are finite and positive, zero points
 * are bytes. Importers call it last, and so does the lowering first, so
 * nothing behind it has to ask again.
 *
 * Return: 0, or -EINVAL with a message that names the node.
 */
int lw_graph_check(const struct lw_graph *graph, struct lwnpu_error *error);

int lw_refuse(struct lw_refusals *refusals, const char *node, const char *op,
	      const char *format, ...) __attribute__((format(printf, 4, 5)));
void lw_refusals_free(struct lw_refusals *refusals);

#endif /* LW_GRAPH_H */
