/* SPDX-License-Identifier: MIT */
/* Between the parts of the TFLite importer. */
#ifndef LW_TFLITE_IMPORT_H
#define LW_TFLITE_IMPORT_H

#include "graph.h"
#include "import.h"
#include "tflite_model.h"

/**
 * struct lw_tflite_import - an import under way
 * @model: what is read
 * @graph: what is made
 * @values: [n_tensors] activations known so far, else NULL
 * @written: [n_tensors] it is an input, or an operator before writes it
 * @readers: [n_tensors] operators that read it (graph outputs not counted)
 * @done: [n_operators] imported together with one before
 * @refused: [n_operators]
 * @constants: weights that may still be unpacked
 * @refusals: what cannot be packed
 * @error: for damage
 */
struct lw_tflite_import {
	struct lw_tflite_model *model;
	struct lw_graph *graph;
	struct lw_value **values;
	bool *written;
	uint32_t *readers;
	bool *done;
	bool *refused;
	uint64_t constants;
	struct lw_refusals *refusals;
	struct lwnpu_error *error;
};

/**
 * struct lw_tflite_bracket - a convolution between space-to-batch and back
 * That is how a dilated convolution is done where there are none.
 * @in: what goes to batches
 * @out: the tensor that comes back
 * @block: rows and columns that come to lie in another batch each
 * @pad: padding above and at the left, less what is cropped of the result
 */
struct lw_tflite_bracket {
	struct lw_value *in;
	const struct lw_tflite_tensor *out;
	uint32_t block[2];
	uint32_t pad[2];
};

/**
 * struct lw_tflite_op - an operator on its way to the graph
 * @import: all the rest
 * @source: the operator
 * @kind: its builtin operator's name
 * @name: of the node: its output's up to the first semicolon
 * @derived: the value that lw_tflite_derive() made last
 * @bracket: what it is inside of, or NULL
 */
struct lw_tflite_op {
	struct lw_tflite_import *import;
	const struct lw_tflite_operator *source;
	const char *kind;
	char name[LW_TFLITE_NAME_SIZE];
	struct lw_value *derived;
	const struct lw_tflite_bracket *bracket;
};

/**
 * struct lw_tflite_builtin - how a builtin operator is imported
 * @name: in the schema
 * @import: adds its nodes; NULL if it cannot be packed. Returns 0, or
 *	-EOPNOTSUPP after lw_tflite_refuse(), or another error
 * @options: type of its options in the schema, 0 if it has none to read
 * @least: inputs
 * @most: inputs
 * @outputs: at most; 1 at least
 * @images: number of the input that is one image, or a batch of them, from 1
 *	on; 0: it has none
 * @limits: for people: what of it is packed, or why nothing is; NULL
 */
struct lw_tflite_builtin {
	const char *name;
	int (*import)(struct lw_tflite_op *op);
	uint8_t options;
	uint16_t least, most, outputs, images;
	const char *limits;
};

/** lw_tflite_builtin() - by its number in the schema; NULL if unknown */
const struct lw_tflite_builtin *lw_tflite_builtin(int32_t code);

/** lw_tflite_custom() - one that is no builtin operator; NULL if unknown */
const struct lw_tflite_builtin *lw_tflite_custom(const struct lw_fb_vector *name);

/** lw_tflite_import_at() - import an operator before its turn comes */
int lw_tflite_import_at(struct lw_tflite_import *import, uint32_t i,
			const struct lw_tflite_bracket *bracket);

/** lw_tflite_each_image() - run an operator's handler, once for each image */
int lw_tflite_each_image(struct lw_tflite_op *op,
			 const struct lw_tflite_builtin *builtin);

/**
 * lw_tflite_end() - make given tensors the outputs of a model
 * Operators that only what lies behind them needs are gone.
 *
 * Return: 0; -EDOM there is no such tensor; -ENOMEM.
 */
int lw_tflite_end(struct lw_tflite_model *model,
		  const struct lw_import_options *options,
		  struct lwnpu_error *error);

/** lw_tflite_tell_ends() - after refusals: where the model could end before */
int lw_tflite_tell_ends(const struct lw_tflite_import *import);

/** lw_tflite_refuse() - note why an operator cannot be packed; -EOPNOTSUPP */
int lw_tflite_refuse(struct lw_tflite_op *op, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/** lw_tflite_number() - of a tensor in the model */
size_t lw_tflite_number(const struct lw_tflite_op *op,
			const struct lw_tflite_tensor *tensor);

/* Tensor of an input or output of an operator; NULL if it is left out. */
struct lw_tflite_tensor *lw_tflite_input(const struct lw_tflite_op *op,
					 uint32_t i);
struct lw_tflite_tensor *lw_tflite_output_at(const struct lw_tflite_op *op,
					     uint32_t i);
struct lw_tflite_tensor *lw_tflite_output(const struct lw_tflite_op *op);

/*
 * Activations of an operator, made when they are asked for first. An input may
 * be a constant.
 */
int lw_tflite_input_value(struct lw_tflite_op *op, uint32_t i,
			  struct lw_value **value);
int lw_tflite_output_value(struct lw_tflite_op *op, struct lw_value **value);

/** lw_tflite_through() - input 0 and the output; refuses another shape or type */
int lw_tflite_through(struct lw_tflite_op *op, struct lw_value **in,
		      struct lw_value **out);

/** lw_tflite_value() - the value that a tensor stands for, made if need be */
int lw_tflite_value(struct lw_tflite_op *op,
		    const struct lw_tflite_tensor *tensor,
		    struct lw_value **value);

/**
 * struct lw_tflite_dims - a tensor's own shape
 * @n: dimensions
 * @d: sizes, each 1 to LW_MAX_DIM
 *
 * Its value has the last two as w and c, and the product of the others as h:
 * the order of the elements is the same.
 */
struct lw_tflite_dims {
	uint32_t n;
	uint32_t d[LW_TFLITE_MAX_DIMS];
};

/** lw_tflite_dims() - a tensor's shape; refuses impossible ones */
int lw_tflite_dims(struct lw_tflite_op *op,
		   const struct lw_tflite_tensor *tensor,
		   struct lw_tflite_dims *dims);

/** lw_tflite_product() - of dimensions [first, end), or too many elements */
uint32_t lw_tflite_product(const struct lw_tflite_dims *dims, uint32_t first,
			   uint32_t end);

/** lw_tflite_hwc() - the value's shape of a tensor's */
void lw_tflite_hwc(const struct lw_tflite_dims *dims, uint32_t hwc[3]);

/** lw_tflite_image() - refuse what is not [1, height, width, channels] */
int lw_tflite_image(struct lw_tflite_op *op,
		    const struct lw_tflite_tensor *tensor);

/** lw_tflite_describe() - shape and quantisation of an activation's tensor */
int lw_tflite_describe(struct lw_tflite_op *op,
		       const struct lw_tflite_tensor *tensor,
		       struct lw_value *value);

/** lw_tflite_describe_quanta() - only its quantisation */
int lw_tflite_describe_quanta(struct lw_tflite_op *op,
			      const struct lw_tflite_tensor *tensor,
			      struct lw_value *value);

/** lw_tflite_same_shape() - refuse an output of another shape */
int lw_tflite_same_shape(struct lw_tflite_op *op, const struct lw_value *in,
			 const struct lw_value *out);

/** lw_tflite_same_quanta() - do two values have one quantisation? */
bool lw_tflite_same_quanta(const struct lw_value *a, const struct lw_value *b);

/** lw_tflite_keeps_quanta() - refuse a change of scale */
int lw_tflite_keeps_quanta(struct lw_tflite_op *op, const struct lw_value *in,
			   const struct lw_value *out);

/** lw_tflite_keeps_type() - refuse a mix of float and quantised */
int lw_tflite_keeps_type(struct lw_tflite_op *op, const struct lw_value *in,
			 const struct lw_value *out);

/** lw_tflite_is_input() - is it an input of the model? */
bool lw_tflite_is_input(const struct lw_tflite_op *op,
			const struct lw_tflite_tensor *tensor);

/** lw_tflite_alias() - let a tensor stand for a value that there is */
void lw_tflite_alias(struct lw_tflite_op *op,
		     const struct lw_tflite_tensor *tensor,
		     struct lw_value *value);

/** lw_tflite_known() - the value that a tensor stands for, if it has one yet */
struct lw_value *lw_tflite_known(const struct lw_tflite_op *op,
				 const struct lw_tflite_tensor *tensor);

/** lw_tflite_readers() - operators that read a tensor */
uint32_t lw_tflite_readers(const struct lw_tflite_op *op,
			   const struct lw_tflite_tensor *tensor);

/** lw_tflite_derive() - a new value of another shape, quantised like one */
int lw_tflite_derive(struct lw_tflite_op *op, const struct lw_value *like,
		     uint32_t h, uint32_t w, uint32_t c,
		     struct lw_value **value);

/** lw_tflite_node() - a node with this operator's name */
int lw_tflite_node(struct lw_tflite_op *op, enum lw_node_kind kind,
		   struct lw_value *const *in, uint32_t n_in,
		   struct lw_value *out, struct lw_node **node);

/** lw_tflite_activation() - a fused activation, enumerated by the schema */
int lw_tflite_activation(struct lw_tflite_op *op, unsigned int activation,
			 struct lw_node *node);

/** lw_tflite_elements() - of a constant; false if impossible */
bool lw_tflite_elements(const struct lw_tflite_tensor *tensor, size_t *n);

/** lw_tflite_constant() - refuse what is no plain constant of its full size */
int lw_tflite_constant(struct lw_tflite_op *op,
		       const struct lw_tflite_tensor *tensor, const char *what);

/** lw_tflite_half() - a number of type FLOAT16 */
float lw_tflite_half(uint16_t half);

/**
 * struct lw_tflite_numbers - a constant operand
 * @dims: its shape
 * @like: how it is quantised
 * @n: elements
 * @real: [n]
 * @quanta: [n] above zero, of a quantised one
 */
struct lw_tflite_numbers {
	struct lw_tflite_dims dims;
	struct lw_value like;
	size_t n;
	float *real;
	int32_t *quanta;
};

/** lw_tflite_numbers() - read one; to be released in any case */
int lw_tflite_numbers(struct lw_tflite_op *op,
		      const struct lw_tflite_tensor *tensor,
		      struct lw_tflite_numbers *numbers);
void lw_tflite_numbers_release(struct lw_tflite_numbers *numbers);

/** lw_tflite_hold() - a constant as an activation, one for all that read it */
int lw_tflite_hold(struct lw_tflite_op *op,
		   const struct lw_tflite_tensor *tensor,
		   struct lw_value **value);

/** lw_tflite_times() - a value times a number above zero */
int lw_tflite_times(struct lw_tflite_op *op, struct lw_value **value,
		    float factor);

/** lw_tflite_negated() - minus a value, byte for byte */
int lw_tflite_negated(struct lw_tflite_op *op, struct lw_value **value);

/** lw_tflite_requant() - the same numbers in another scale, by LiteRT's rule */
int lw_tflite_requant(struct lw_tflite_op *op, struct lw_value *in,
		      struct lw_value *out);

/** lw_tflite_integers() - a constant list of @n INT32 or INT64 numbers */
int lw_tflite_integers(struct lw_tflite_op *op, uint32_t input,
		       const char *what, int64_t *list, uint32_t n);

/** lw_tflite_list() - the same of any length up to LW_TFLITE_MAX_DIMS */
int lw_tflite_list(struct lw_tflite_op *op, uint32_t input, const char *what,
		   int64_t list[LW_TFLITE_MAX_DIMS], uint32_t *n);

/** lw_tflite_axis() - a dimension, counted from the end if negative */
int lw_tflite_axis(struct lw_tflite_op *op, int64_t axis, uint32_t n_dims,
		   uint32_t *result);

/** lw_tflite_may_unpack() - take @n weights from what may be unpacked */
bool lw_tflite_may_unpack(struct lw_tflite_op *op, size_t n);

/**
 * lw_tflite_weights() - unpack the constants of a convolution
 * @op: its input 1 is the weights
 * @in: what it reads
 * @shape: o, kh, kw, i are set
 * @depthwise: the source's order is kh, kw, o; else o, kh, kw, i
 * @bias: number of that input, if it is there
 * @weights: gets them
 * @rest: gets NULL, or, where int8 cannot hold the weights, what is to be
 *	added to weights->q; to be freed
 */
int lw_tflite_weights(struct lw_tflite_op *op, const struct lw_value *in,
		      const struct lw_weights *shape, bool depthwise,
		      uint32_t bias, struct lw_weights **weights,
		      int16_t **rest);

/**
 * struct lw_tflite_layer - a convolution on its way to the graph
 * @in: activation
 * @out: activation
 * @shape: of the weights
 * @depthwise_order: of the source's weights
 * @bias: number of that input
 * @transposed: a transposed convolution
 * @groups: 0 for a depthwise convolution
 * @window: placed
 * @activation: fused, as the schema numbers it
 */
struct lw_tflite_layer {
	struct lw_value *in, *out;
	struct lw_weights shape;
	bool depthwise_order;
	uint32_t bias;
	bool transposed;
	uint32_t groups;
	struct lw_window window;
	unsigned int activation;
};

/** lw_tflite_weight_dims() - refuse another number of dimensions */
int lw_tflite_weight_dims(struct lw_tflite_op *op, uint32_t n_dims);

/** lw_tflite_import_layer() - read its weights and add its nodes */
int lw_tflite_import_layer(struct lw_tflite_op *op,
			   const struct lw_tflite_layer *layer);

/** lw_tflite_add_layer() - add its node; @weights go with it, or are freed */
int lw_tflite_add_layer(struct lw_tflite_op *op,
			const struct lw_tflite_layer *layer,
			struct lw_weights *weights);

/**
 * lw_tflite_add_wide() - add nodes for a layer with weights of nine bits
 * @weights: of which q lacks @rest; they go with the nodes, or are freed
 * @rest: stays the caller's
 */
int lw_tflite_add_wide(struct lw_tflite_op *op,
		       const struct lw_tflite_layer *layer,
		       struct lw_weights *weights, const int16_t *rest);

/* Handlers. */
int lw_tflite_conv(struct lw_tflite_op *op);
int lw_tflite_depthwise(struct lw_tflite_op *op);
int lw_tflite_transpose_conv(struct lw_tflite_op *op);
int lw_tflite_transpose_conv_bias(struct lw_tflite_op *op);
int lw_tflite_fully_connected(struct lw_tflite_op *op);
int lw_tflite_max_pool(struct lw_tflite_op *op);
int lw_tflite_average_pool(struct lw_tflite_op *op);
int lw_tflite_mean(struct lw_tflite_op *op);
int lw_tflite_batch_matmul(struct lw_tflite_op *op);
int lw_tflite_l2_normalization(struct lw_tflite_op *op);
int lw_tflite_reduce_sum(struct lw_tflite_op *op);
int lw_tflite_reduce_max(struct lw_tflite_op *op);
int lw_tflite_reduce_min(struct lw_tflite_op *op);
int lw_tflite_add(struct lw_tflite_op *op);
int lw_tflite_sub(struct lw_tflite_op *op);
int lw_tflite_mul(struct lw_tflite_op *op);
int lw_tflite_div(struct lw_tflite_op *op);
int lw_tflite_squared_difference(struct lw_tflite_op *op);
int lw_tflite_maximum(struct lw_tflite_op *op);
int lw_tflite_minimum(struct lw_tflite_op *op);
int lw_tflite_relu(struct lw_tflite_op *op);
int lw_tflite_relu6(struct lw_tflite_op *op);
int lw_tflite_relu_n1_to_1(struct lw_tflite_op *op);
int lw_tflite_relu_0_to_1(struct lw_tflite_op *op);
int lw_tflite_logistic(struct lw_tflite_op *op);
int lw_tflite_tanh(struct lw_tflite_op *op);
int lw_tflite_hard_swish(struct lw_tflite_op *op);
int lw_tflite_leaky_relu(struct lw_tflite_op *op);
int lw_tflite_prelu(struct lw_tflite_op *op);
int lw_tflite_elu(struct lw_tflite_op *op);
int lw_tflite_gelu(struct lw_tflite_op *op);
int lw_tflite_exp(struct lw_tflite_op *op);
int lw_tflite_log(struct lw_tflite_op *op);
int lw_tflite_sqrt(struct lw_tflite_op *op);
int lw_tflite_rsqrt(struct lw_tflite_op *op);
int lw_tflite_square(struct lw_tflite_op *op);
int lw_tflite_floor(struct lw_tflite_op *op);
int lw_tflite_ceil(struct lw_tflite_op *op);
int lw_tflite_round(struct lw_tflite_op *op);
int lw_tflite_sign(struct lw_tflite_op *op);
int lw_tflite_sin(struct lw_tflite_op *op);
int lw_tflite_cos(struct lw_tflite_op *op);
int lw_tflite_abs(struct lw_tflite_op *op);
int lw_tflite_neg(struct lw_tflite_op *op);
int lw_tflite_softmax(struct lw_tflite_op *op);
int lw_tflite_log_softmax(struct lw_tflite_op *op);
int lw_tflite_quantize(struct lw_tflite_op *op);
int lw_tflite_densify(struct lw_tflite_op *op);
int lw_tflite_dequantize(struct lw_tflite_op *op);
int lw_tflite_reshape(struct lw_tflite_op *op);
int lw_tflite_shape(struct lw_tflite_op *op);
int lw_tflite_pad(struct lw_tflite_op *op);
int lw_tflite_mirror_pad(struct lw_tflite_op *op);
int lw_tflite_concatenation(struct lw_tflite_op *op);
int lw_tflite_pack(struct lw_tflite_op *op);
int lw_tflite_slice(struct lw_tflite_op *op);
int lw_tflite_strided_slice(struct lw_tflite_op *op);
int lw_tflite_split(struct lw_tflite_op *op);
int lw_tflite_split_v(struct lw_tflite_op *op);
int lw_tflite_unpack(struct lw_tflite_op *op);
int lw_tflite_gather(struct lw_tflite_op *op);
int lw_tflite_reverse(struct lw_tflite_op *op);
int lw_tflite_transpose(struct lw_tflite_op *op);
int lw_tflite_tile(struct lw_tflite_op *op);
int lw_tflite_broadcast_to(struct lw_tflite_op *op);
int lw_tflite_depth_to_space(struct lw_tflite_op *op);
int lw_tflite_space_to_depth(struct lw_tflite_op *op);
int lw_tflite_space_to_batch(struct lw_tflite_op *op);
int lw_tflite_batch_to_space(struct lw_tflite_op *op);
int lw_tflite_resize_bilinear(struct lw_tflite_op *op);
int lw_tflite_resize_nearest(struct lw_tflite_op *op);

#endif /* LW_TFLITE_IMPORT_H */
