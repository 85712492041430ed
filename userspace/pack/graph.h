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
#define LW_MAX_RANK 8

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
	X(constant, CONSTANT, "a tensor that the model holds") \
	X(conv, CONV, "convolution; fully connected is 1x1 on 1x1") \
	X(dwconv, DWCONV, "depthwise convolution, one output per channel") \
	X(pool, POOL, "maximum or average pooling") \
	X(tconv, TCONV, "transposed convolution") \
	X(add, ADD, "sum or difference of two tensors") \
	X(mul, MUL, "product of two tensors, number by number") \
	X(matmul, MATMUL, "matrix product of two tensors, batches along h") \
	X(affine, AFFINE, "per-channel multiply and add (batch norm)") \
	X(unary, UNARY, "a function of one number") \
	X(concat, CONCAT, "concatenation along h, w or c") \
	X(slice, SLICE, "part of a tensor, with strides") \
	X(pad, PAD, "constant padding in h, w and c") \
	X(flatten, FLATTEN, "h x w x c to 1 x 1 x (h w c)") \
	X(reorder, REORDER, "reshape, transpose, shuffle, tile") \
	X(resize, RESIZE, "rows and columns at other places, interpolated") \
	X(softmax, SOFTMAX, "softmax over channels") \
	X(requant, REQUANT, "the same real numbers in another scale") \
	X(gate, GATE, "a test that lets nodes be skipped") \
	X(merge, MERGE, "one of two results, as a gate decided")

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

/*
 * Whose arithmetic on bytes, where that of others is not the common one.
 * TFLITE: an average is the integer quotient, halves rounded away from
 * average_zero. ONNXRUNTIME: an average and an interpolation are computed with
 * real numbers in single precision; of a softmax's output 1 / scale is taken
 * as a whole number; of a REQUANT numbers are divided by the output's scale, not
 * multiplied by a quotient. ONNXRUNTIME_SUM: the sum of an average is requantised by
 * in.scale / (out.scale x count), not by in.scale / out.scale / count.
 * ONNXRUNTIME_REDUCE: an average is a reduction of real numbers.
 */
enum lw_rule {
	LW_RULE_COMMON,
	LW_RULE_TFLITE,
	LW_RULE_ONNXRUNTIME,
	LW_RULE_ONNXRUNTIME_SUM,
	LW_RULE_ONNXRUNTIME_REDUCE,
};

/*
 * Functions of UNARY nodes, LW_UNARY(NAME, of x, a = alpha and b = beta), with
 * the names and parameters of ONNX's operators. IDENTITY has only its node's
 * act_lo and act_hi: Relu, Clip. With slopes per channel LEAKY_RELU is PRelu.
 * Those from OFFSET on are a tensor and a constant, for models that are
 * quantised: in others such a node is an AFFINE, which folds.
 */
#define LW_UNARIES(X) \
	X(IDENTITY, x) \
	X(SIGMOID, sigmoid(x)) \
	X(TANH, tanhf(x)) \
	X(HARD_SIGMOID, clip(a * x + b, 0, 1)) \
	X(HARD_SWISH, x * clip(x * (1.0f / 6) + 0.5f, 0, 1)) \
	X(LEAKY_RELU, x < 0 ? a * x : x) \
	X(THRESHOLDED_RELU, x > a ? x : 0) \
	X(ELU, x < 0 ? a * expm1f(x) : x) \
	X(SELU, b * (x < 0 ? a * expm1f(x) : x)) \
	X(CELU, x < 0 ? a * expm1f(x / a) : x) \
	X(GELU, x * 0.5f * erfcf(x * (float)-M_SQRT1_2)) \
	X(GELU_TANH, x * sigmoid(1.5957691216f * (x + 0.044715f * x * x * x))) \
	X(SWISH, x * sigmoid(a * x)) \
	X(MISH, x * tanhf(softplus(x))) \
	X(SOFTPLUS, softplus(x)) \
	X(SOFTSIGN, x / (1 + fabsf(x))) \
	X(SHRINK, x < -a ? x + b : x > a ? x - b : 0) \
	X(EXP, expf(x)) \
	X(LOG, logf(x)) \
	X(SQRT, sqrtf(x)) \
	X(RSQRT, 1 / sqrtf(x)) \
	X(RECIPROCAL, 1 / x) \
	X(SQUARE, x * x) \
	X(POW, powf(x, a)) \
	X(ABS, fabsf(x)) \
	X(NEG, -x) \
	X(SIGN, x > 0 ? 1 : x < 0 ? -1 : 0) \
	X(FLOOR, floorf(x)) \
	X(CEIL, ceilf(x)) \
	X(ROUND, rintf(x)) \
	X(ERF, erff(x)) \
	X(SIN, sinf(x)) \
	X(COS, cosf(x)) \
	X(TAN, tanf(x)) \
	X(ASIN, asinf(x)) \
	X(ACOS, acosf(x)) \
	X(ATAN, atanf(x)) \
	X(SINH, sinhf(x)) \
	X(COSH, coshf(x)) \
	X(ASINH, asinhf(x)) \
	X(ACOSH, acoshf(x)) \
	X(ATANH, atanhf(x)) \
	X(OFFSET, x + a) \
	X(REVERSED, a - x) \
	X(SCALED, x * a) \
	X(RATIO, a / x) \
	X(DIVIDED, x / a) \
	X(MAXIMUM, fmaxf(x, a)) \
	X(MINIMUM, fminf(x, a)) \
	X(SQUARED_DIFFERENCE, (x - a) * (x - a))

enum lw_unary_kind {
#define LW_UNARY_ENUM(NAME, formula) LW_UNARY_##NAME,
	LW_UNARIES(LW_UNARY_ENUM)
#undef LW_UNARY_ENUM
	LW_UNARY_KINDS
};

/* What a GATE tests, over all numbers of its input. */
enum lw_gate_kind {
	LW_GATE_MAX, /* the greatest */
	LW_GATE_MARGIN, /* the greatest less the second greatest */
};

/* Dimensions that a REORDER splits its elements into. */
#define LW_MAX_SIZES 6

enum lw_axis { LW_AXIS_H, LW_AXIS_W, LW_AXIS_C };

/**
 * struct lw_node - an operation
 * @kind: enum lw_node_kind
 * @name: in the source model
 * @n_in: activations read
 * @in: them; not owned. Without any, @in[0] is there, and NULL
 * @out: the one written; not owned
 * @act_lo: fused activation: real lower bound, -INFINITY for none
 * @act_hi: upper bound, INFINITY for none
 * @constant: CONSTANT, which has no inputs: owned, the output's numbers
 * @window: CONV, DWCONV, POOL, PAD (its pads only); TCONV: input (y, x) adds
 *	to output (y stride_h - pad_top + k dilation_h, …) of each kernel row k:
 *	the pads above and at the left crop, the others are not used, and the
 *	output may reach further than all kernels
 * @groups: CONV, TCONV
 * @weights: CONV, DWCONV, TCONV: owned; AFFINE: o = channels, kh = kw = i = 1,
 *	real multiplies, bias adds
 * @subtract: ADD: the second input is subtracted
 * @transpose_a: MATMUL: the first input is [h][k][m], else [h][m][k]
 * @transpose_b: MATMUL: the second input is [h][n][k], else [h][k][n]; the
 *	output is [h][m][n]
 * @pool: POOL
 * @count_pad: POOL average: the divisor counts padding as zeros
 * @rule: POOL average, RESIZE, SOFTMAX, REQUANT of a quantised model
 * @average_zero: the byte of 0 in the type that the source averages in
 * @vectors: POOL of rule ONNXRUNTIME_REDUCE: summed up in vectors of four
 * @unary: UNARY
 * @alpha: UNARY: a in its formula
 * @beta: UNARY: b in its formula
 * @alphas: UNARY: owned [channels]: a of each channel, or NULL: @alpha
 * @n_tables: UNARY, REQUANT of a quantised model: 1, channels, or 0: what
 *	follows from the formula
 * @tables: owned [n_tables][256]: the output's byte for each byte of the
 *	input, as the source's runtime computes it; act_lo and act_hi bound it
 * @axis: CONCAT
 * @start: SLICE: first h, w, c
 * @step: SLICE: steps in h, w, c (sizes are @out's)
 * @fill: PAD: real value
 * @pad_channels_before: PAD: channels of @fill before the input's
 * @pad_channels_after: PAD: and after them
 * @nchw: FLATTEN: order of the result is c, h, w (else h, w, c)
 * @n_sizes: REORDER: of @size and @stride, 1 to LW_MAX_SIZES
 * @size: REORDER: the output's elements, numbered in order h, w, c, c fastest,
 *	are [size 0][size 1]…, the last fastest
 * @stride: REORDER: output element (i, j, …) is input element number
 *	i stride 0 + j stride 1 + …, in the input's order h, w, c
 * @position: RESIZE: owned [rows] and [columns] of the output: where in the
 *	input each lies, 0 to its last row or column; between two, linear
 * @gate: GATE; its output is 1 x 1 x 1, 1 if taken, else 0, quantised with
 *	scale 1 and zero point 0
 * @threshold: GATE: it is taken when what it tests is at least this
 * @invert: GATE: when it is less
 *
 * ADD and MUL broadcast: an input dimension of 1 stands for any. So does an h
 * of 1 of a MATMUL's input.
 *
 * MERGE reads a gate's flag, what stands if that is taken, and what stands if
 * not. A gate's MERGEs follow each other; the nodes between it and the first
 * of them do not run when it is taken.
 */
struct lw_node {
	enum lw_node_kind kind;
	char *name;
	uint32_t n_in;
	struct lw_value **in;
	struct lw_value *out;
	float act_lo, act_hi;
	float *constant;
	struct lw_window window;
	uint32_t groups;
	struct lw_weights *weights;
	bool subtract;
	bool transpose_a, transpose_b;
	enum lw_pool_kind pool;
	bool count_pad;
	enum lw_rule rule;
	uint8_t average_zero;
	bool vectors;
	enum lw_unary_kind unary;
	float alpha, beta;
	float *alphas;
	uint32_t n_tables;
	uint8_t (*tables)[256];
	enum lw_axis axis;
	uint32_t start[3], step[3];
	float fill;
	uint32_t pad_channels_before, pad_channels_after;
	bool nchw;
	uint32_t n_sizes, size[LW_MAX_SIZES], stride[LW_MAX_SIZES];
	float *position[2];
	enum lw_gate_kind gate;
	float threshold;
	bool invert;
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
	uint32_t dims[LW_MAX_RANK];
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

/* Why operators of every format cannot be packed. */
#define LW_REFUSED_RECURRENT \
	"a recurrent layer, whose steps depend on those before"
#define LW_REFUSED_LOOP "a loop; how often it runs is not known beforehand"
#define LW_REFUSED_CHOICE "it chooses among results, which is the application's"
#define LW_REFUSED_STATE "a state that is kept from one run to the next"

/* Ends that are told of. */
#define LW_MAX_REFUSAL_ENDS 8

/**
 * struct lw_refusals - nodes that cannot be packed
 * @item: [n] node name, source operator, reason
 * @ends: [n_ends] tensors that these nodes, or what comes after them, read and
 *	that do not depend on any: where the model could end
 */
struct lw_refusals {
	uint32_t n;
	uint32_t n_ends;
	struct lw_refusal {
		char *node;
		char *op;
		char *reason;
	} *item;
	char *ends[LW_MAX_REFUSAL_ENDS];
};

/* Numbers in a value. */
static inline size_t lw_value_size(const struct lw_value *value)
{
	return (size_t)value->h * value->w * value->c;
}

/* The byte for a real number in a value's scale: rne(x / scale + zero point). */
uint8_t lw_quantise(float real, const struct lw_value *value);

bool lw_same_scale(const struct lw_value *a, const struct lw_value *b);

/**
 * struct lw_sum - XNNPACK's addition of bytes
 * The output is (a x mul[0] + b x mul[1] + 2^(shift - 1)) >> shift, all less
 * their zero points.
 */
struct lw_sum {
	int32_t mul[2];
	int shift;
};

/**
 * lw_sum() - both ratios of scales as integers, the larger one in 20 bits
 * A ratio below 2^-11 is kept with fewer bits.
 *
 * Return: false if the larger one is not above 0 and below 2^20.
 */
bool lw_sum(struct lw_sum *sum, float ratio0, float ratio1);

/* Whether a node's weights become bytes; AFFINE's become tables. */
static inline bool lw_has_bytes(const struct lw_node *node)
{
	return node->weights && node->kind != LW_NODE_AFFINE;
}

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
/* A fully connected layer of an image, flat until now: the kernel covers it. */
void lw_window_cover(struct lw_window *window, struct lw_weights *weights,
		     const struct lw_value *image);
/* Node that writes a value, or NULL (an input). */
struct lw_node *lw_graph_producer(const struct lw_graph *graph,
				  const struct lw_value *value);
/* Whether all weights that become bytes are. */
bool lw_graph_has_bytes(const struct lw_graph *graph);
/* Whether a value is one of the graph's inputs, or outputs. */
bool lw_graph_is_input(const struct lw_graph *graph,
		       const struct lw_value *value);
bool lw_graph_is_output(const struct lw_graph *graph,
			const struct lw_value *value);
/* The MERGEs of the GATE with this index: the first, and the node behind. */
void lw_gate_merges(const struct lw_graph *graph, uint32_t gate,
		    uint32_t *first, uint32_t *end);
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

/* Whether a node's act_lo and act_hi may be set: its operation has bounds. */
bool lw_node_takes_bounds(const struct lw_node *node);

/**
 * lw_unary() - the function of a UNARY node, without its act_lo and act_hi
 * @c: the channel of @x
 */
float lw_unary(const struct lw_node *node, float x, uint32_t c);

/**
 * lw_graph_check() - verify that a graph is sound
 * Shapes of every node agree, windows lie in their images, values are written
 * once and before they are read, nothing that a gate may skip is read by
 * others, scales are finite and positive, zero points are bytes. Importers call
 * it last, and the lowering first, so nothing behind it has to ask again.
 *
 * Return: 0, or -EINVAL with a message that names the node.
 */
int lw_graph_check(const struct lw_graph *graph, struct lwnpu_error *error);

int lw_refuse(struct lw_refusals *refusals, const char *node, const char *op,
	      const char *format, ...) __attribute__((format(printf, 4, 5)));
/* Adds an end, if it is new and there is room: 0 or -ENOMEM. */
int lw_refusals_end(struct lw_refusals *refusals, const char *name);
void lw_refusals_free(struct lw_refusals *refusals);

#endif /* LW_GRAPH_H */
