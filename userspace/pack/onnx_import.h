/* SPDX-License-Identifier: MIT */
/* What the files of the ONNX importer share. */
#ifndef LW_ONNX_IMPORT_H
#define LW_ONNX_IMPORT_H

#include "import.h"
#include "onnx.pb-c.h"

#define ONNX_MAX_DIMS 8
#define ONNX_MAX_NODES (1u << 16)
#define ONNX_MAX_NAMES (1u << 17)
/* A job binds a region to each. */
#define ONNX_MAX_PORTS 32
/* Graphs in a graph. */
#define ONNX_MAX_DEPTH 16
#define ONNX_MIN_OPSET 7
#define ONNX_MAX_OPSET 28

/* Element types, the numbers of TensorProto.DataType. */
enum onnx_type {
	ONNX_FLOAT = 1,
	ONNX_UINT8 = 2,
	ONNX_INT8 = 3,
	ONNX_UINT16 = 4,
	ONNX_INT16 = 5,
	ONNX_INT32 = 6,
	ONNX_INT64 = 7,
	ONNX_BOOL = 9,
	ONNX_FLOAT16 = 10,
	ONNX_DOUBLE = 11,
	ONNX_UINT32 = 12,
	ONNX_BFLOAT16 = 16,
	ONNX_UINT4 = 21,
	ONNX_INT4 = 22,
	ONNX_UINT2 = 25,
	ONNX_INT2 = 26,
};

/* Where a dimension of ONNX is in an activation, or nowhere (its size is 1). */
enum onnx_axis {
	ONNX_UNIT = -1,
	ONNX_H = LW_AXIS_H,
	ONNX_W = LW_AXIS_W,
	ONNX_C = LW_AXIS_C,
};

/* Room for the factors of a shape, more than any sequence of views has. */
#define ONNX_MAX_FACTORS 24

/**
 * struct onnx_shape - a shape as ONNX has it, and where its numbers lie
 * @n: dimensions
 * @dim: their sizes
 * @n_factors: of an activation: its dimensions above 1 are split into these,
 *	in their order, the most significant factor of a dimension first
 * @factor: @size, above 1; @stride, in numbers of the activation in its own
 *	order (h, w, c), from one to the next, 0 where they repeat; @dim
 *
 * So reordering, splitting, merging and repeating dimensions is no work until
 * a node wants the result in a certain order (lw_onnx_lay()).
 */
struct onnx_shape {
	uint32_t n;
	uint32_t dim[ONNX_MAX_DIMS];
	uint32_t n_factors;
	struct onnx_factor {
		uint32_t size, stride, dim;
	} factor[ONNX_MAX_FACTORS];
};

/**
 * struct onnx_constant - numbers known at import
 * @next: all constants of an import
 * @n: how many numbers
 * @real: of types of real numbers, else NULL
 * @whole: of integers and ONNX_BOOL, else NULL
 * @q: of the result of DequantizeLinear: what it was made from, else NULL
 * @n_scale: how many scales and zero points
 * @scale: of @q
 * @zero: zero points of @q, or NULL
 * @axis: dimension to which they belong, if @n_scale is not 1
 */
struct onnx_constant {
	struct onnx_constant *next;
	size_t n;
	float *real;
	int64_t *whole;
	const int64_t *q;
	size_t n_scale;
	const float *scale;
	const int64_t *zero;
	uint32_t axis;
};

enum onnx_origin { ONNX_INITIALIZER, ONNX_INPUT, ONNX_OUTPUT };

enum onnx_state {
	ONNX_UNSEEN,	/* the node that writes it comes later */
	ONNX_REFUSED,	/* the node that writes it was refused, or its input */
	ONNX_UNMADE,	/* an optional result that the importer leaves out */
	ONNX_CONSTANT,
	ONNX_ACTIVATION,
	ONNX_TEST,	/* known when the model runs, and only of use to If */
};

/* What a value of ONNX_TEST is. */
enum onnx_test {
	ONNX_GREATEST,	/* numbers of TopK */
	ONNX_MARGIN,	/* the greatest less the second greatest */
	ONNX_CONDITION,	/* the comparison of one of them */
};

/**
 * struct onnx_value - what a name of the model stands for
 * @name: the model's
 * @origin: what defines it
 * @state: what is known
 * @type: enum onnx_type
 * @shape: not of ONNX_REFUSED
 * @constant: ONNX_CONSTANT; not owned
 * @value: ONNX_ACTIVATION; several names may stand for one
 * @rounded: ONNX_ACTIVATION of real numbers that went through QuantizeLinear
 * @wanted: an end of the model needs it; without ends of no meaning
 * @greatest_of: ONNX_ACTIVATION that is the greatest number of this, or NULL
 * @test: ONNX_TEST: of all numbers of @value
 * @first: ONNX_GREATEST: how many numbers are greater
 * @kind, @threshold, @invert: ONNX_CONDITION: as of a GATE
 */
struct onnx_value {
	const char *name;
	enum onnx_origin origin;
	enum onnx_state state;
	int32_t type;
	struct onnx_shape shape;
	const struct onnx_constant *constant;
	struct lw_value *value;
	bool rounded, wanted;
	struct lw_value *greatest_of;
	enum onnx_test test;
	uint32_t first;
	enum lw_gate_kind kind;
	float threshold;
	bool invert;
};

/**
 * struct onnx_scope - a graph whose nodes are at work
 * @outer: the graph that it is in, whose names it may use; NULL: the model's
 * @proto: it
 * @values: its names, sorted
 * @n_values: how many
 * @wanted: its nodes that are read, or NULL: all
 */
struct onnx_scope {
	struct onnx_scope *outer;
	const Lw__Onnx__GraphProto *proto;
	struct onnx_value *values;
	uint32_t n_values;
	bool *wanted;
};

struct onnx_view;

/**
 * struct onnx_import - an import
 * @allocator: of the parser
 * @scope: the graph at work
 * @depth: graphs around it
 * @opset: version of the default operator set
 * @options: what the user says
 * @graph: being made
 * @refusals: being made
 * @error: may be NULL
 * @constants: all of them, owned
 * @moved: values whose numbers were moved, for nodes that want them so, too;
 *	owned
 * @budget: bytes that constants and weights may still take
 * @raw: by lw_value.id: read by a node before rounding
 * @n_raw: room in @raw
 * @partly: something reads a value without its QuantizeLinear
 */
struct onnx_import {
	ProtobufCAllocator *allocator;
	struct onnx_scope *scope;
	unsigned int depth;
	int64_t opset;
	const struct lw_import_options *options;
	struct lw_graph *graph;
	struct lw_refusals *refusals;
	struct lwnpu_error *error;
	struct onnx_constant *constants;
	struct onnx_view *moved;
	size_t budget;
	bool *raw;
	uint32_t n_raw;
	bool partly;
};

struct onnx_node;

/**
 * struct onnx_op - an operator
 * @domain: of its operator set, "" is ONNX's own
 * @name: in it
 * @run: adds to the graph, or NULL
 * @fold: computes constants from constants, or NULL
 * @min_in: inputs that must be there
 * @max_in: inputs that may be there
 * @max_out: outputs that may be there
 * @since: first operator set that has it
 * @limits: for people, what of it is refused
 * Both functions return onnx_node.status.
 */
struct onnx_op {
	const char *domain;
	const char *name;
	int (*run)(struct onnx_node *node);
	int (*fold)(struct onnx_node *node);
	uint32_t min_in, max_in, max_out;
	uint32_t since;
	const char *limits;
};

/**
 * struct onnx_node - the node at work
 * @im: the import
 * @proto: the model's
 * @op: its operator
 * @label: its name, or operator and number
 * @n_in: inputs
 * @in: they; NULL where one is left out
 * @n_out: outputs
 * @out: they; NULL where one is left out
 * @views: values on the way, owned
 * @seen: attributes that were asked for, a bit each
 * @status: 0; 1: refused; negative: errno. Once set, it stays: helpers that
 *	return something harmless set it, and callers look at it when they are
 *	about to act.
 */
struct onnx_node {
	struct onnx_import *im;
	const Lw__Onnx__NodeProto *proto;
	const struct onnx_op *op;
	char label[128];
	uint32_t n_in;
	struct onnx_value **in;
	uint32_t n_out;
	struct onnx_value **out;
	struct onnx_view *views;
	uint64_t seen;
	int status;
};

/** lw_onnx_refuse() - note why a node cannot be packed; returns its status */
int lw_onnx_refuse(struct onnx_node *node, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#define ONNX_PROTO_RUN(ours) int lw_onnx_run_##ours(struct onnx_node *node);
#define ONNX_PROTO_FOLD(ours) int lw_onnx_fold_##ours(struct onnx_node *node);
#define ONNX_PROTO_BOTH(ours) ONNX_PROTO_RUN(ours) ONNX_PROTO_FOLD(ours)
#define ONNX_PROTO_CALC(ours) ONNX_PROTO_RUN(ours)
#define ONNX_OP(what, name, ours, min_in, max_in, max_out, since, limits) \
	ONNX_PROTO_##what(ours)
#define MS_OP(what, name, ours, min_in, max_in, max_out, limits) \
	ONNX_PROTO_##what(ours)
#include "onnx_ops.def"
#undef ONNX_OP
#undef MS_OP

/* onnx_ops.c: the operator of a node, or NULL and refused. */
const struct onnx_op *lw_onnx_op(struct onnx_node *node);

/* onnx_names.c: every name that the graph defines. */
int lw_onnx_names(struct onnx_import *im, struct onnx_scope *scope);
struct onnx_value *lw_onnx_find(const struct onnx_import *im,
				const char *name);

/* onnx_import.c: all nodes of a graph, which becomes the one at work. */
int lw_onnx_run_graph(struct onnx_import *im, struct onnx_scope *scope);

/* onnx_ends.c: finds what the ends that the user gave need. */
int lw_onnx_want(struct onnx_import *im, struct onnx_scope *scope);
/* After refusals: where the model could end before them. */
int lw_onnx_tell_ends(const struct onnx_import *im);

/* onnx_ports.c: the model's inputs and outputs. */
int lw_onnx_inputs(struct onnx_import *im);
int lw_onnx_outputs(struct onnx_import *im);

/* onnx_tensor.c */
struct onnx_constant *lw_onnx_constant_new(struct onnx_import *im, size_t n,
					   bool real);
/* 0; 1: a type or place that is not supported (@why says which); -errno. */
int lw_onnx_tensor(struct onnx_import *im, const Lw__Onnx__TensorProto *proto,
		   const char *name, struct onnx_value *value,
		   const char **why);
/* Takes bytes off the budget: 0, or -EFBIG. */
int lw_onnx_charge(struct onnx_import *im, size_t bytes);
const char *lw_onnx_type_name(int32_t type);
/* Whether a type is of real numbers that a float can stand for. */
bool lw_onnx_is_real(int32_t type);
/* Bounds of a type of integers of up to 32 bits; false for any other. */
bool lw_onnx_type_range(int32_t type, int64_t *lo, int64_t *hi);

/* onnx_attr.c: attributes, or constant inputs that replace them. */

/**
 * struct onnx_list - integers of a node
 * @given: they are there
 * @n: how many
 * @at: they
 */
struct onnx_list {
	bool given;
	size_t n;
	const int64_t *at;
};

int64_t lw_onnx_int(struct onnx_node *node, const char *name, int64_t value);
/* Refuses all but min … max. */
int64_t lw_onnx_int_in(struct onnx_node *node, const char *name, int64_t value,
		       int64_t min, int64_t max);
float lw_onnx_float(struct onnx_node *node, const char *name, float value);
/* A string attribute, its @s; NULL if it is not there. */
const Lw__Onnx__AttributeProto *lw_onnx_text(struct onnx_node *node,
					     const char *name);
/* Whether the string attribute is @is; @value stands for an absent one. */
bool lw_onnx_string_is(struct onnx_node *node, const char *name,
		       const char *value, const char *is);
const Lw__Onnx__TensorProto *lw_onnx_tensor_attr(struct onnx_node *node,
						 const char *name);
const Lw__Onnx__AttributeProto *lw_onnx_graph_attr(struct onnx_node *node,
						  const char *name);
const Lw__Onnx__AttributeProto *
lw_onnx_attr(struct onnx_node *node, const char *name, int32_t type);
struct onnx_list lw_onnx_ints(struct onnx_node *node, const char *name);
void lw_onnx_ignore(struct onnx_node *node, const char *name);
struct onnx_list lw_onnx_list(struct onnx_node *node, const char *name,
			      uint32_t input);
float lw_onnx_scalar(struct onnx_node *node, const char *name, uint32_t input,
		     float value);
/* A dimension's number, -n … n - 1, as 0 … n - 1. */
uint32_t lw_onnx_dim(struct onnx_node *node, int64_t dim, uint32_t n);
/* Refuses attributes that nobody asked for. */
int lw_onnx_attrs_done(struct onnx_node *node);

/* onnx_node.c: inputs and outputs of a node. */

/* Input @i if it is there. */
struct onnx_value *lw_onnx_in(const struct onnx_node *node, uint32_t i);
/* Whether input @i is there and an activation. */
bool lw_onnx_is_activation(const struct onnx_node *node, uint32_t i);
/* Input @i, an activation of real numbers; or NULL and refused. */
struct onnx_value *lw_onnx_activation(struct onnx_node *node, uint32_t i);
/* The same, or of quantised numbers, for operators that only move them. */
struct onnx_value *lw_onnx_movable(struct onnx_node *node, uint32_t i);
/* Input @i, constant and real; or NULL and refused. */
const struct onnx_value *lw_onnx_constant(struct onnx_node *node, uint32_t i);
/* Makes output @i what a value is; @value may be NULL after a refusal. */
int lw_onnx_result(struct onnx_node *node, uint32_t i,
		   const struct onnx_value *value);
/* Makes output @i a constant. */
int lw_onnx_define_constant(struct onnx_node *node, uint32_t i, int32_t type,
			    const struct onnx_shape *shape,
			    const struct onnx_constant *constant);
/* A new value of the graph. */
struct lw_value *lw_onnx_value(struct onnx_import *im, const char *name,
			       const uint32_t size[3]);
/* New weights within the budget; NULL on failure. */
struct lw_weights *lw_onnx_weights(struct onnx_node *node, uint32_t o,
				   uint32_t kh, uint32_t kw, uint32_t i,
				   bool bias);

/* onnx_shape.c */

/* What Reshape, … make of a shape; both for constants and activations. */
typedef struct onnx_shape (*onnx_shape_fn)(struct onnx_node *node,
					   const struct onnx_shape *in);
struct onnx_shape lw_onnx_reshaped(struct onnx_node *node,
				   const struct onnx_shape *in);
struct onnx_shape lw_onnx_flattened(struct onnx_node *node,
				    const struct onnx_shape *in);
struct onnx_shape lw_onnx_squeezed(struct onnx_node *node,
				   const struct onnx_shape *in);
struct onnx_shape lw_onnx_unsqueezed(struct onnx_node *node,
				     const struct onnx_shape *in);
struct onnx_shape lw_onnx_expanded(struct onnx_node *node,
				   const struct onnx_shape *in);
/* Reads Transpose's permutation. */
int lw_onnx_permutation(struct onnx_node *node, uint32_t n, uint32_t *perm);

/* onnx_part.c: Slice along one dimension. */
struct onnx_range {
	int64_t start, step;
	uint32_t n;
};

/* Reads Slice's bounds; @range has an entry per dimension. */
int lw_onnx_ranges(struct onnx_node *node, const struct onnx_shape *in,
		   struct onnx_range *range);

/* Gather's result has the dimensions of the indices in place of @dim. */
struct onnx_shape lw_onnx_gathered(const struct onnx_shape *in,
				   const struct onnx_shape *index,
				   uint32_t dim);

/* onnx_tensor.c: an integer as its type holds it. */
int64_t lw_onnx_wrap(int32_t type, int64_t x);

/* onnx_fold.c: a result of its own; NULL on failure. */
struct onnx_constant *lw_onnx_fold_new(struct onnx_node *node,
				       const struct onnx_shape *shape,
				       bool real);
/* Copies @n numbers of one type. */
void lw_onnx_fold_copy(struct onnx_constant *to, size_t at,
		       const struct onnx_constant *from, size_t from_at,
		       size_t n);

/* onnx_evaluate.c: the results of a node of constants, as its run() has it. */
int lw_onnx_evaluate(struct onnx_node *node);

/* onnx_finish.c: the last step for quantised models, if only in parts. */
int lw_onnx_finish_quantised(struct onnx_import *im);

#endif /* LW_ONNX_IMPORT_H */
