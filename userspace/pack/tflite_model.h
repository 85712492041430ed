/* SPDX-License-Identifier: MIT */
/* The parts of a TFLite model that the importer reads, checked. */
#ifndef LW_TFLITE_MODEL_H
#define LW_TFLITE_MODEL_H

#include "tflite_buffer.h"

#define LW_TFLITE_MAX_TENSORS 65536
#define LW_TFLITE_MAX_DIMS 8
#define LW_TFLITE_MAX_INPUTS 4096 /* of an operator, or of the model */
#define LW_TFLITE_NAME_SIZE 256

/* Element types: LW_TFLITE_TYPE(number in the schema, name, bytes). */
#define LW_TFLITE_TYPES(X) \
	X(0, FLOAT32, 4) \
	X(1, FLOAT16, 2) \
	X(2, INT32, 4) \
	X(3, UINT8, 1) \
	X(4, INT64, 8) \
	X(5, STRING, 0) \
	X(6, BOOL, 1) \
	X(7, INT16, 2) \
	X(8, COMPLEX64, 8) \
	X(9, INT8, 1) \
	X(10, FLOAT64, 8) \
	X(11, COMPLEX128, 16) \
	X(12, UINT64, 8) \
	X(13, RESOURCE, 0) \
	X(14, VARIANT, 0) \
	X(15, UINT32, 4) \
	X(16, UINT16, 2) \
	X(17, INT4, 0) \
	X(18, BFLOAT16, 2)

enum lw_tflite_type {
#define LW_TFLITE_TYPE_ENUM(number, name, size) LW_TFLITE_##name = number,
	LW_TFLITE_TYPES(LW_TFLITE_TYPE_ENUM)
#undef LW_TFLITE_TYPE_ENUM
};

/**
 * struct lw_tflite_tensor - an activation or a constant
 * @name: printable ASCII, cut if very long
 * @type: enum lw_tflite_type, or a number that it does not know
 * @n_dims: rank
 * @dims: its first LW_TFLITE_MAX_DIMS dimensions
 * @data: bytes of a constant, NULL for an activation
 * @size: how many
 * @scale: f32 quantisation scales
 * @zero_point: s64 zero points
 * @axis: the dimension that several scales go along
 * @filled: owned: @data, if only some of its numbers are in the file
 * @variable: it keeps its value from one run to the next
 */
struct lw_tflite_tensor {
	char name[LW_TFLITE_NAME_SIZE];
	uint8_t type;
	uint32_t n_dims;
	int32_t dims[LW_TFLITE_MAX_DIMS];
	const uint8_t *data;
	uint32_t size;
	struct lw_fb_vector scale;
	struct lw_fb_vector zero_point;
	int32_t axis;
	uint8_t *filled;
	bool variable;
};

/**
 * struct lw_tflite_operator - an operator
 * @code: its number in the schema
 * @custom: its name if it is no builtin operator
 * @inputs: s32 tensors, -1 for one that is left out
 * @outputs: s32 tensors
 * @options_type: type of @options
 * @options: its parameters
 * @custom_options: bytes: those of one that is no builtin operator
 */
struct lw_tflite_operator {
	int32_t code;
	struct lw_fb_vector custom;
	struct lw_fb_vector inputs;
	struct lw_fb_vector outputs;
	uint8_t options_type;
	struct lw_fb_table options;
	struct lw_fb_vector custom_options;
};

/**
 * struct lw_tflite_model - a model's main graph
 * @fb: its bytes
 * @room: bytes that sparse constants may still take when they are dense
 * @tensors: [n_tensors]
 * @operators: [n_operators] in the order of execution
 * @inputs: s32 tensors
 * @outputs: s32 tensors
 * @ports: owned: @inputs and @outputs, if they are not the model's
 */
struct lw_tflite_model {
	struct lw_fb fb;
	size_t room;
	uint32_t n_tensors;
	struct lw_tflite_tensor *tensors;
	uint32_t n_operators;
	struct lw_tflite_operator *operators;
	struct lw_fb_vector inputs;
	struct lw_fb_vector outputs;
	uint8_t *ports;
};

/**
 * lw_tflite_model_read() - read and check the structure of a model
 * @model: filled in on success; release with lw_tflite_model_release();
 *	refers to @data
 * @data: a TFLite flatbuffer
 * @size: its bytes
 * @error: filled in on failure, may be NULL
 *
 * All tensor numbers in it are in range (or -1 among inputs of operators).
 *
 * Return: 0, -EBADMSG, -EOPNOTSUPP, -ENOMEM.
 */
int lw_tflite_model_read(struct lw_tflite_model *model, const void *data,
			 size_t size, struct lwnpu_error *error);

void lw_tflite_model_release(struct lw_tflite_model *model);

/** lw_tflite_damage() - report what the buffer's reader met, if anything */
int lw_tflite_damage(const struct lw_fb *fb, struct lwnpu_error *error);

/** lw_tflite_text() - a string as printable ASCII, cut to fit */
void lw_tflite_text(char *text, size_t size, const struct lw_fb_vector *string);

/** lw_tflite_type_name() - "FLOAT32", … or "an unknown type" */
const char *lw_tflite_type_name(unsigned int type);

/** lw_tflite_type_size() - bytes of an element, 0 if not whole or unknown */
uint32_t lw_tflite_type_size(unsigned int type);

/** lw_tflite_index() - an element of a vector of tensors */
static inline int32_t lw_tflite_index(const struct lw_fb_vector *vector,
				      uint32_t i)
{
	return (int32_t)lw_fb_get_u32(vector->data + (size_t)4 * i);
}

#endif /* LW_TFLITE_MODEL_H */
