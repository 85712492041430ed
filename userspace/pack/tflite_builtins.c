// SPDX-License-Identifier: MIT
/*
 * The table of builtin operators, by their numbers in the TFLite schema, and
 * that of MediaPipe's.
 */
#include <string.h>

#include "import.h"
#include "tflite_import.h"

/* Types of the union of options. */
enum {
	OPTIONS_NONE = 0,
	OPTIONS_CONV_2D = 1,
	OPTIONS_DEPTHWISE_CONV_2D = 2,
	OPTIONS_POOL_2D = 5,
	OPTIONS_FULLY_CONNECTED = 8,
	OPTIONS_SOFTMAX = 9,
	OPTIONS_CONCATENATION = 10,
	OPTIONS_ADD = 11,
	OPTIONS_L2_NORM = 12,
	OPTIONS_RESIZE_BILINEAR = 15,
	OPTIONS_SPACE_TO_DEPTH = 19,
	OPTIONS_MUL = 21,
	OPTIONS_GATHER = 23,
	OPTIONS_REDUCER = 27,
	OPTIONS_SUB = 28,
	OPTIONS_DIV = 29,
	OPTIONS_STRIDED_SLICE = 32,
	OPTIONS_TRANSPOSE_CONV = 49,
	OPTIONS_PACK = 59,
	OPTIONS_UNPACK = 64,
	OPTIONS_RESIZE_NEAREST = 74,
	OPTIONS_LEAKY_RELU = 75,
	OPTIONS_MIRROR_PAD = 77,
	OPTIONS_DEPTH_TO_SPACE = 94,
	OPTIONS_BATCH_MATMUL = 101,
	OPTIONS_GELU = 116,
};

#define PACKED(name, handler, options, least, most, limits) \
	{ #name, lw_tflite_##handler, OPTIONS_##options, least, most, 1, 0, \
	  limits }
/* On images, which are this input, counted from 1. */
#define IMAGES(name, handler, options, least, most, images, limits) \
	{ #name, lw_tflite_##handler, OPTIONS_##options, least, most, 1, \
	  images, "at most 64 images" limits }
/* With several outputs. */
#define PACKED_PARTS(name, handler, options, least, most, limits) \
	{ #name, lw_tflite_##handler, OPTIONS_##options, least, most, \
	  LW_TFLITE_MAX_INPUTS, 0, limits }
/* Only in the arithmetic of shapes. */
#define SHAPE_ONLY(name) \
	{ #name, lw_tflite_shape, OPTIONS_NONE, 0, LW_TFLITE_MAX_INPUTS, 1, 0, \
	  "in the arithmetic of shapes" }
#define REFUSED(name) REFUSED_AS(name, NULL)
#define REFUSED_AS(name, why) { #name, NULL, OPTIONS_NONE, 0, 0, 0, 0, why }

#define WITHIN_ONE "8 bits: within one of LiteRT"

static const struct lw_tflite_builtin builtins[] = {
	PACKED(ADD, add, ADD, 2, 2, ""),
	IMAGES(AVERAGE_POOL_2D, average_pool, POOL_2D, 1, 1, 1, ""),
	PACKED(CONCATENATION, concatenation, CONCATENATION, 1,
	       LW_TFLITE_MAX_INPUTS,
	       "no fused activation"),
	IMAGES(CONV_2D, conv, CONV_2D, 2, 3, 1, ", constant weights"),
	IMAGES(DEPTHWISE_CONV_2D, depthwise, DEPTHWISE_CONV_2D, 2, 3,
	       1, ", constant weights"),
	IMAGES(DEPTH_TO_SPACE, depth_to_space, DEPTH_TO_SPACE, 1, 1, 1, ""),
	PACKED(DEQUANTIZE, dequantize, NONE, 1, 1,
	       "of constants, and for outputs of the model"),
	REFUSED(EMBEDDING_LOOKUP),
	PACKED(FLOOR, floor, NONE, 1, 1, ""),
	PACKED(FULLY_CONNECTED, fully_connected, FULLY_CONNECTED, 2, 3,
	       "8 bits: with other than constant weights no bias, within one of LiteRT"),
	REFUSED(HASHTABLE_LOOKUP),
	PACKED(L2_NORMALIZATION, l2_normalization, L2_NORM, 1, 1,
	       "no fused activation; " WITHIN_ONE),
	REFUSED(L2_POOL_2D),
	REFUSED(LOCAL_RESPONSE_NORMALIZATION),
	PACKED(LOGISTIC, logistic, NONE, 1, 1, ""),
	REFUSED(LSH_PROJECTION),
	REFUSED_AS(LSTM, LW_REFUSED_RECURRENT),
	IMAGES(MAX_POOL_2D, max_pool, POOL_2D, 1, 1, 1, ""),
	PACKED(MUL, mul, MUL, 2, 2, ""),
	PACKED(RELU, relu, NONE, 1, 1, ""),
	PACKED(RELU_N1_TO_1, relu_n1_to_1, NONE, 1, 1, ""),
	PACKED(RELU6, relu6, NONE, 1, 1, ""),
	PACKED(RESHAPE, reshape, NONE, 1, 2, ""),
	IMAGES(RESIZE_BILINEAR, resize_bilinear, RESIZE_BILINEAR, 2, 2, 1,
	       ""),
	REFUSED_AS(RNN, LW_REFUSED_RECURRENT),
	PACKED(SOFTMAX, softmax, SOFTMAX, 1, 1, ""),
	IMAGES(SPACE_TO_DEPTH, space_to_depth, SPACE_TO_DEPTH, 1, 1, 1, ""),
	REFUSED_AS(SVDF, LW_REFUSED_RECURRENT),
	PACKED(TANH, tanh, NONE, 1, 1, ""),
	REFUSED(CONCAT_EMBEDDINGS),
	REFUSED(SKIP_GRAM),
	REFUSED(CALL),
	REFUSED(CUSTOM),
	REFUSED(EMBEDDING_LOOKUP_SPARSE),
	PACKED(PAD, pad, NONE, 2, 2, "constant padding"),
	REFUSED_AS(UNIDIRECTIONAL_SEQUENCE_RNN, LW_REFUSED_RECURRENT),
	PACKED(GATHER, gather, GATHER, 2, 2,
	       "constant indices, no batch dimensions"),
	PACKED(BATCH_TO_SPACE_ND, batch_to_space, NONE, 3, 3,
	       "constant blocks and crops"),
	PACKED(SPACE_TO_BATCH_ND, space_to_batch, NONE, 3, 3,
	       "constant blocks and padding"),
	PACKED(TRANSPOSE, transpose, NONE, 2, 2, "constant permutation"),
	PACKED(MEAN, mean, REDUCER, 2, 2, "constant axes"),
	PACKED(SUB, sub, SUB, 2, 2, ""),
	PACKED(DIV, div, DIV, 2, 2,
	       "8 bits: one operand is constant; within one of LiteRT, where that is right"),
	PACKED(SQUEEZE, reshape, NONE, 1, 1, ""),
	REFUSED_AS(UNIDIRECTIONAL_SEQUENCE_LSTM, LW_REFUSED_RECURRENT),
	PACKED(STRIDED_SLICE, strided_slice, STRIDED_SLICE, 4, 4,
	       "constant bounds"),
	REFUSED_AS(BIDIRECTIONAL_SEQUENCE_RNN, LW_REFUSED_RECURRENT),
	PACKED(EXP, exp, NONE, 1, 1, ""),
	REFUSED_AS(TOPK_V2, LW_REFUSED_CHOICE),
	PACKED_PARTS(SPLIT, split, NONE, 2, 2, "constant axis"),
	PACKED(LOG_SOFTMAX, log_softmax, NONE, 1, 1, "real numbers"),
	REFUSED(DELEGATE),
	REFUSED_AS(BIDIRECTIONAL_SEQUENCE_LSTM, LW_REFUSED_RECURRENT),
	SHAPE_ONLY(CAST),
	PACKED(PRELU, prelu, NONE, 2, 2,
	       "constant slopes: one, or one for each channel"),
	PACKED(MAXIMUM, maximum, NONE, 2, 2, "8 bits: one scale"),
	REFUSED_AS(ARG_MAX, LW_REFUSED_CHOICE),
	PACKED(MINIMUM, minimum, NONE, 2, 2, "8 bits: one scale"),
	REFUSED(LESS),
	PACKED(NEG, neg, NONE, 1, 1, "8 bits: one scale, zero point 0"),
	PACKED(PADV2, pad, NONE, 3, 3, "constant padding"),
	REFUSED(GREATER),
	REFUSED(GREATER_EQUAL),
	REFUSED(LESS_EQUAL),
	REFUSED(SELECT),
	PACKED(SLICE, slice, NONE, 3, 3, "constant bounds"),
	PACKED(SIN, sin, NONE, 1, 1, ""),
	IMAGES(TRANSPOSE_CONV, transpose_conv, TRANSPOSE_CONV, 3, 4,
	       3, ", constant weights; " WITHIN_ONE
	       " if padding is SAME and a kernel shorter than its stride"),
	REFUSED(SPARSE_TO_DENSE),
	PACKED(TILE, tile, NONE, 2, 2, "constant multiples"),
	PACKED(EXPAND_DIMS, reshape, NONE, 2, 2, ""),
	REFUSED(EQUAL),
	REFUSED(NOT_EQUAL),
	PACKED(LOG, log, NONE, 1, 1, ""),
	PACKED(SUM, reduce_sum, REDUCER, 2, 2, "constant axes"),
	PACKED(SQRT, sqrt, NONE, 1, 1, ""),
	PACKED(RSQRT, rsqrt, NONE, 1, 1, ""),
	SHAPE_ONLY(SHAPE),
	REFUSED(POW),
	REFUSED_AS(ARG_MIN, LW_REFUSED_CHOICE),
	REFUSED(FAKE_QUANT),
	SHAPE_ONLY(REDUCE_PROD),
	PACKED(REDUCE_MAX, reduce_max, REDUCER, 2, 2,
	       "constant axes; 8 bits: one scale"),
	PACKED(PACK, pack, PACK, 1, LW_TFLITE_MAX_INPUTS, ""),
	REFUSED(LOGICAL_OR),
	REFUSED(ONE_HOT),
	REFUSED(LOGICAL_AND),
	REFUSED(LOGICAL_NOT),
	PACKED_PARTS(UNPACK, unpack, UNPACK, 1, 1, ""),
	PACKED(REDUCE_MIN, reduce_min, REDUCER, 2, 2,
	       "constant axes; 8 bits: one scale"),
	SHAPE_ONLY(FLOOR_DIV),
	REFUSED(REDUCE_ANY),
	PACKED(SQUARE, square, NONE, 1, 1, ""),
	REFUSED(ZEROS_LIKE),
	SHAPE_ONLY(FILL),
	REFUSED(FLOOR_MOD),
	SHAPE_ONLY(RANGE),
	IMAGES(RESIZE_NEAREST_NEIGHBOR, resize_nearest, RESIZE_NEAREST, 2, 2,
	       1, ""),
	PACKED(LEAKY_RELU, leaky_relu, LEAKY_RELU, 1, 1, ""),
	PACKED(SQUARED_DIFFERENCE, squared_difference, NONE, 2, 2,
	       "8 bits: one operand is constant"),
	PACKED(MIRROR_PAD, mirror_pad, MIRROR_PAD, 2, 2, "constant padding"),
	PACKED(ABS, abs, NONE, 1, 1, ""),
	PACKED_PARTS(SPLIT_V, split_v, NONE, 3, 3, "constant sizes"),
	REFUSED_AS(UNIQUE, LW_REFUSED_CHOICE),
	PACKED(CEIL, ceil, NONE, 1, 1, ""),
	PACKED(REVERSE_V2, reverse, NONE, 2, 2, "constant axes"),
	REFUSED(ADD_N),
	REFUSED(GATHER_ND),
	PACKED(COS, cos, NONE, 1, 1, ""),
	REFUSED_AS(WHERE, LW_REFUSED_CHOICE),
	SHAPE_ONLY(RANK),
	PACKED(ELU, elu, NONE, 1, 1, ""),
	REFUSED(REVERSE_SEQUENCE),
	REFUSED(MATRIX_DIAG),
	PACKED(QUANTIZE, quantize, NONE, 1, 1,
	       "of inputs of the model, and between 8-bit types"),
	REFUSED(MATRIX_SET_DIAG),
	PACKED(ROUND, round, NONE, 1, 1, ""),
	PACKED(HARD_SWISH, hard_swish, NONE, 1, 1, ""),
	REFUSED(IF),
	REFUSED_AS(WHILE, LW_REFUSED_LOOP),
	REFUSED_AS(NON_MAX_SUPPRESSION_V4, LW_REFUSED_CHOICE),
	REFUSED_AS(NON_MAX_SUPPRESSION_V5, LW_REFUSED_CHOICE),
	REFUSED(SCATTER_ND),
	REFUSED(SELECT_V2),
	PACKED(DENSIFY, densify, NONE, 1, 1, "of constants"),
	REFUSED(SEGMENT_SUM),
	PACKED(BATCH_MATMUL, batch_matmul, BATCH_MATMUL, 2, 2,
	       WITHIN_ONE),
	REFUSED(PLACEHOLDER_FOR_GREATER_OP_CODES),
	REFUSED(CUMSUM),
	REFUSED_AS(CALL_ONCE, LW_REFUSED_STATE),
	PACKED(BROADCAST_TO, broadcast_to, NONE, 2, 2, ""),
	REFUSED(RFFT2D),
	REFUSED(CONV_3D),
	REFUSED(IMAG),
	REFUSED(REAL),
	REFUSED(COMPLEX_ABS),
	REFUSED(HASHTABLE),
	REFUSED(HASHTABLE_FIND),
	REFUSED(HASHTABLE_IMPORT),
	REFUSED(HASHTABLE_SIZE),
	REFUSED(REDUCE_ALL),
	REFUSED(CONV_3D_TRANSPOSE),
	REFUSED_AS(VAR_HANDLE, LW_REFUSED_STATE),
	REFUSED_AS(READ_VARIABLE, LW_REFUSED_STATE),
	REFUSED_AS(ASSIGN_VARIABLE, LW_REFUSED_STATE),
	SHAPE_ONLY(BROADCAST_ARGS),
	REFUSED(RANDOM_STANDARD_NORMAL),
	REFUSED(BUCKETIZE),
	REFUSED(RANDOM_UNIFORM),
	REFUSED(MULTINOMIAL),
	PACKED(GELU, gelu, GELU, 1, 1, ""),
	REFUSED(DYNAMIC_UPDATE_SLICE),
	PACKED(RELU_0_TO_1, relu_0_to_1, NONE, 1, 1, ""),
	REFUSED(UNSORTED_SEGMENT_PROD),
	REFUSED(UNSORTED_SEGMENT_MAX),
	REFUSED(UNSORTED_SEGMENT_SUM),
	REFUSED(ATAN2),
	REFUSED(UNSORTED_SEGMENT_MIN),
	PACKED(SIGN, sign, NONE, 1, 1, ""),
	REFUSED(BITCAST),
	REFUSED(BITWISE_XOR),
	REFUSED(RIGHT_SHIFT),
	REFUSED(STABLEHLO_LOGISTIC),
	REFUSED(STABLEHLO_ADD),
	REFUSED(STABLEHLO_DIVIDE),
	REFUSED(STABLEHLO_MULTIPLY),
	REFUSED(STABLEHLO_MAXIMUM),
	REFUSED(STABLEHLO_RESHAPE),
	REFUSED(STABLEHLO_CLAMP),
	REFUSED(STABLEHLO_CONCATENATE),
	REFUSED(STABLEHLO_BROADCAST_IN_DIM),
	REFUSED(STABLEHLO_CONVOLUTION),
	REFUSED(STABLEHLO_SLICE),
	REFUSED(STABLEHLO_CUSTOM_CALL),
	REFUSED(STABLEHLO_REDUCE),
	REFUSED(STABLEHLO_ABS),
	REFUSED(STABLEHLO_AND),
	REFUSED(STABLEHLO_COSINE),
	REFUSED(STABLEHLO_EXPONENTIAL),
	REFUSED(STABLEHLO_FLOOR),
	REFUSED(STABLEHLO_LOG),
	REFUSED(STABLEHLO_MINIMUM),
	REFUSED(STABLEHLO_NEGATE),
	REFUSED(STABLEHLO_OR),
	REFUSED(STABLEHLO_POWER),
	REFUSED(STABLEHLO_REMAINDER),
	REFUSED(STABLEHLO_RSQRT),
	REFUSED(STABLEHLO_SELECT),
	REFUSED(STABLEHLO_SUBTRACT),
	REFUSED(STABLEHLO_TANH),
	REFUSED(STABLEHLO_SCATTER),
	REFUSED(STABLEHLO_COMPARE),
	REFUSED(STABLEHLO_CONVERT),
	REFUSED(STABLEHLO_DYNAMIC_SLICE),
	REFUSED(STABLEHLO_DYNAMIC_UPDATE_SLICE),
	REFUSED(STABLEHLO_PAD),
	REFUSED(STABLEHLO_IOTA),
	REFUSED(STABLEHLO_DOT_GENERAL),
	REFUSED(STABLEHLO_REDUCE_WINDOW),
	REFUSED(STABLEHLO_SORT),
	REFUSED(STABLEHLO_WHILE),
	REFUSED(STABLEHLO_GATHER),
	REFUSED(STABLEHLO_TRANSPOSE),
	REFUSED(DILATE),
	REFUSED(STABLEHLO_RNG_BIT_GENERATOR),
	REFUSED(REDUCE_WINDOW),
	REFUSED(STABLEHLO_COMPOSITE),
	REFUSED(STABLEHLO_SHIFT_LEFT),
	REFUSED(STABLEHLO_CBRT),
};

#define N_BUILTINS (int)(sizeof(builtins) / sizeof(*builtins))

static const struct lw_tflite_builtin customs[] = {
	{ "Convolution2DTransposeBias", lw_tflite_transpose_conv_bias,
	  OPTIONS_NONE, 3, 3, 1, 1,
	  "real numbers, at most 64 images, constant weights" },
};

#define N_CUSTOMS (sizeof(customs) / sizeof(*customs))

const struct lw_tflite_builtin *lw_tflite_builtin(int32_t code)
{
	return code >= 0 && code < N_BUILTINS ? &builtins[code] : NULL;
}

const struct lw_tflite_builtin *lw_tflite_custom(const struct lw_fb_vector *name)
{
	uint32_t i;

	for (i = 0; i < N_CUSTOMS; i++)
		if (name->n == strlen(customs[i].name) &&
		    !memcmp(name->data, customs[i].name, name->n))
			return &customs[i];
	return NULL;
}

bool lw_tflite_claim(uint32_t i, struct lw_claim *claim)
{
	const struct lw_tflite_builtin *builtin = builtins;
	bool custom;

	while (builtin < builtins + N_BUILTINS && (!builtin->import || i--))
		builtin++;
	custom = builtin == builtins + N_BUILTINS;
	if (custom && i >= N_CUSTOMS)
		return false;
	if (custom)
		builtin = &customs[i];
	*claim = (struct lw_claim){
		.format = "tflite",
		.domain = custom ? "custom" : "",
		.op = builtin->name,
		.activations = builtin->import != lw_tflite_shape,
		.constants = builtin->import == lw_tflite_shape,
		.limits = builtin->limits,
	};
	return true;
}
