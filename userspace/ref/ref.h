/* SPDX-License-Identifier: MIT */
/*
 * The reference engine: the definition of every operation, in plain C. Other
 * engines give the same bytes.
 */
#ifndef LW_REF_H
#define LW_REF_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "engine.h"

/**
 * struct lw_ref_job - what an operation works on
 * @region: first byte of each region
 * @acc: room for one accumulator per column of the widest output
 * @skip: set by an operation that leaves out the next ones, to how many
 */
struct lw_ref_job {
	uint8_t *region[LWNPU_REGION_MAX];
	uint32_t *acc;
	uint32_t *skip;
};

/* lw_ref_conv(), …: do one checked operation. */
#define LWNPU_OP(name, NAME, number, tensors, doc) \
	void lw_ref_##name(const struct lw_ref_job *job, \
			   const struct lwnpu_op *op);
#define LWNPU_FIELD(name, type, field, role, min, max, doc)
#define LWNPU_END(name, NAME)
#include "lwnpu_ops.def"
#undef LWNPU_OP
#undef LWNPU_FIELD
#undef LWNPU_END

/* The word at row @y and column @x of the plane of channels 4 x @plane … */
static inline uint8_t *lw_ref_word(const struct lw_ref_job *job,
				   const struct lwnpu_tensor *tensor,
				   size_t plane, size_t y, size_t x)
{
	return job->region[tensor->region] + tensor->offset +
	       plane * tensor->plane_pitch + y * tensor->row_pitch +
	       x * LWNPU_LANES;
}

/* The byte of channel @c. */
static inline uint8_t *lw_ref_byte(const struct lw_ref_job *job,
				   const struct lwnpu_tensor *tensor,
				   size_t c, size_t y, size_t x)
{
	return lw_ref_word(job, tensor, c / LWNPU_LANES, y, x) +
	       c % LWNPU_LANES;
}

static inline const uint8_t *lw_ref_stream(const struct lw_ref_job *job,
					   uint32_t offset)
{
	return job->region[LWNPU_REGION_WEIGHTS] + offset;
}

/* Element @i of a stream of 32-bit values, which may lie at any address. */
static inline uint32_t lw_ref_u32(const uint8_t *stream, size_t i)
{
	uint32_t value;

	memcpy(&value, stream + i * sizeof(value), sizeof(value));
	return value;
}

static inline float lw_ref_f32(const uint8_t *stream, size_t i)
{
	float value;

	memcpy(&value, stream + i * sizeof(value), sizeof(value));
	return value;
}

/* A field that holds the bits of a float. */
static inline float lw_ref_float(lwnpu_f32 bits)
{
	float value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

/*
 * An accumulator is exact modulo 2^32, taken as signed. It is converted to
 * single precision, multiplied, clamped (so the conversion back is in range)
 * and rounded, each to nearest even.
 */
static inline uint8_t lw_ref_requantise(uint32_t acc, float scale,
					uint8_t zero_point, uint8_t lo,
					uint8_t hi)
{
	float value = (float)(int32_t)acc * scale;

	value = fmaxf(value, (float)(lo - zero_point));
	value = fminf(value, (float)(hi - zero_point));
	return (int)lrintf(value) + zero_point;
}

#endif /* LW_REF_H */
