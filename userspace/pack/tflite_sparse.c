// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>

#include "graph.h"
#include "tflite_sparse.h"

enum {
	SPARSITY_TRAVERSAL_ORDER = 0,
	SPARSITY_BLOCK_MAP = 1,
	SPARSITY_LEVELS = 2,

	LEVEL_FORMAT = 0,
	LEVEL_DENSE_SIZE = 1,
	LEVEL_SEGMENTS_TYPE = 2,
	LEVEL_SEGMENTS = 3,
	LEVEL_INDICES_TYPE = 4,
	LEVEL_INDICES = 5,

	INDICES_VALUES = 0,
};

enum { FORMAT_DENSE, FORMAT_SPARSE };

/* Each dimension, and the place inside of a block along each. */
#define MAX_LEVELS (2 * LW_TFLITE_MAX_DIMS)

/* Whole numbers of @size bytes. */
struct indices {
	struct lw_fb_vector vector;
	uint32_t size;
};

/**
 * struct level - a loop of those, one in the other, that visit a constant
 * @places: along it
 * @step: numbers of the dense constant from one place to the next
 * @sparse: only some places are there; else all
 * @segments: sparse: where the places of turn i of the loop around begin, and
 *	those of turn i + 1
 * @at: sparse: places
 */
struct level {
	uint32_t places;
	size_t step;
	bool sparse;
	struct indices segments, at;
};

/**
 * struct filling - a constant on its way
 * @fb: the file, for damage
 * @levels: outermost first
 * @n_levels: how many
 * @from: stored numbers that are left
 * @left: how many
 * @to: the dense constant
 * @size: bytes of a number
 */
struct filling {
	struct lw_fb *fb;
	struct level levels[MAX_LEVELS];
	uint32_t n_levels;
	const uint8_t *from;
	size_t left;
	uint8_t *to;
	uint32_t size;
};

static uint32_t index_at(const struct indices *indices, uint32_t i)
{
	const uint8_t *at = indices->vector.data + (size_t)i * indices->size;

	if (indices->size == 4)
		return lw_fb_get_u32(at);
	return indices->size == 2 ? lw_fb_get_u16(at) : *at;
}

/* Of one of three types; an empty list if it is none of them. */
static struct indices read_indices(const struct lw_fb_table *level,
				   unsigned int type, unsigned int field)
{
	static const uint32_t sizes[] = { 0, 4, 2, 1 };
	struct lw_fb_table table = lw_fb_child(level, field);
	unsigned int kind = lw_fb_u8(level, type, 0);
	struct indices indices = { 0 };

	if (!kind || kind >= sizeof(sizes) / sizeof(*sizes))
		return indices;
	indices.size = sizes[kind];
	indices.vector = lw_fb_vector(&table, INDICES_VALUES, indices.size);
	return indices;
}

static int refuse(const struct lw_tflite_tensor *tensor, const char *why,
		  struct lwnpu_error *error)
{
	return lw_fail(error, -EBADMSG, "sparse constant '%s': %s",
		       tensor->name, why);
}

/*
 * Which dimension a level is along, dimensions first; -1: none. What is numbered
 * after the dimensions is a block along the dimension that the map says.
 */
static int64_t dimension_of(const struct lw_tflite_tensor *tensor,
			    const struct lw_fb_vector *order,
			    const struct lw_fb_vector *map, uint32_t level)
{
	int64_t number = lw_tflite_index(order, level);
	int64_t dim = number;

	if (level >= tensor->n_dims) {
		number -= tensor->n_dims;
		if (number < 0 || number >= map->n)
			return -1;
		dim = lw_tflite_index(map, (uint32_t)number);
	}
	return dim >= 0 && dim < tensor->n_dims ? dim : -1;
}

/* From the innermost level out, each dimension is made of its levels. */
static int set_steps(struct filling *filling,
		     const struct lw_tflite_tensor *tensor,
		     const struct lw_fb_vector *order,
		     const struct lw_fb_vector *map, struct lwnpu_error *error)
{
	uint32_t done[LW_TFLITE_MAX_DIMS], size;
	size_t step[LW_TFLITE_MAX_DIMS];
	struct level *level;
	uint32_t i;

	for (i = tensor->n_dims; i--;) {
		done[i] = 1;
		step[i] = i + 1 < tensor->n_dims ?
			  step[i + 1] * tensor->dims[i + 1] : 1;
	}
	for (i = filling->n_levels; i--;) {
		int64_t dim = dimension_of(tensor, order, map, i);

		if (dim < 0)
			return refuse(tensor, "a level is along no dimension",
				      error);
		level = &filling->levels[i];
		size = tensor->dims[dim] / done[dim];
		/* The outermost has what its blocks leave. */
		if (i < tensor->n_dims && level->sparse)
			level->places = size;
		if (!level->places || size % level->places ||
		    (i < tensor->n_dims && level->places != size))
			return refuse(tensor,
				      "its levels do not make up its shape",
				      error);
		level->step = step[dim] * done[dim];
		done[dim] *= level->places;
	}
	for (i = 0; i < tensor->n_dims; i++)
		if (done[i] != (uint32_t)tensor->dims[i])
			return refuse(tensor,
				      "its levels do not make up its shape",
				      error);
	return 0;
}

static int read_levels(struct filling *filling,
		       const struct lw_fb_table *sparsity,
		       const struct lw_tflite_tensor *tensor,
		       struct lwnpu_error *error)
{
	struct lw_fb_vector order =
		lw_fb_vector(sparsity, SPARSITY_TRAVERSAL_ORDER, 4);
	struct lw_fb_vector map = lw_fb_vector(sparsity, SPARSITY_BLOCK_MAP, 4);
	struct lw_fb_vector list = lw_fb_vector(sparsity, SPARSITY_LEVELS, 4);
	struct lw_fb_table table;
	struct level *level;
	uint32_t i;

	if (list.n < tensor->n_dims || list.n > MAX_LEVELS ||
	    order.n != list.n || list.n - tensor->n_dims != map.n)
		return refuse(tensor, "its levels are not those of its shape",
			      error);
	filling->n_levels = list.n;
	for (i = 0; i < list.n; i++) {
		level = &filling->levels[i];
		table = lw_fb_item(filling->fb, &list, i);
		level->sparse = lw_fb_u8(&table, LEVEL_FORMAT, FORMAT_DENSE) ==
				FORMAT_SPARSE;
		level->places = lw_fb_i32(&table, LEVEL_DENSE_SIZE, 0);
		level->segments = read_indices(&table, LEVEL_SEGMENTS_TYPE,
					       LEVEL_SEGMENTS);
		level->at = read_indices(&table, LEVEL_INDICES_TYPE,
					 LEVEL_INDICES);
	}
	if (filling->fb->damage)
		return lw_tflite_damage(filling->fb, error);
	return set_steps(filling, tensor, &order, &map, error);
}

static bool visit(struct filling *filling, uint32_t depth, size_t turn,
		  size_t to);

static bool store(struct filling *filling, size_t to)
{
	if (!filling->left)
		return false;
	memcpy(filling->to + to * filling->size, filling->from, filling->size);
	filling->from += filling->size;
	filling->left--;
	return true;
}

/*
 * Segments that never go back visit each entry of @at once at most: a small file
 * makes no long work.
 */
static bool visit_some(struct filling *filling, uint32_t depth, size_t turn,
		       size_t to)
{
	const struct level *level = &filling->levels[depth];
	uint32_t i, end, at;

	if (turn + 1 >= level->segments.vector.n)
		return false;
	i = index_at(&level->segments, turn);
	end = index_at(&level->segments, turn + 1);
	if (i > end || end > level->at.vector.n)
		return false;
	for (; i < end; i++) {
		at = index_at(&level->at, i);
		if (at >= level->places ||
		    !visit(filling, depth + 1, i, to + at * level->step))
			return false;
	}
	return true;
}

/* @turn: of the loops around, counted as segments count them. */
static bool visit(struct filling *filling, uint32_t depth, size_t turn,
		  size_t to)
{
	const struct level *level = &filling->levels[depth];
	uint32_t i;

	if (depth == filling->n_levels)
		return store(filling, to);
	if (level->sparse)
		return visit_some(filling, depth, turn, to);
	for (i = 0; i < level->places; i++)
		if (!visit(filling, depth + 1, turn * level->places + i,
			   to + i * level->step))
			return false;
	return true;
}

static int reserve(struct lw_tflite_model *model, struct filling *filling,
		   const struct lw_tflite_tensor *tensor, size_t *bytes,
		   struct lwnpu_error *error)
{
	uint32_t i;

	*bytes = filling->size;
	for (i = 0; i < tensor->n_dims; i++) {
		if (tensor->dims[i] < 1)
			return refuse(tensor, "a dimension is not above 0",
				      error);
		if (lw_mul(*bytes, tensor->dims[i], bytes))
			*bytes = SIZE_MAX;
	}
	if (*bytes > model->room)
		return lw_fail(error, -EOPNOTSUPP,
			       "sparse constant '%s' is too large for the model's file",
			       tensor->name);
	model->room -= *bytes;
	filling->to = calloc(1, *bytes);
	return filling->to ? 0 : lw_fail(error, -ENOMEM, "out of memory");
}

int lw_tflite_fill(struct lw_tflite_model *model,
		   const struct lw_fb_table *sparsity,
		   struct lw_tflite_tensor *tensor, struct lwnpu_error *error)
{
	struct filling filling = {
		.fb = &model->fb,
		.size = lw_tflite_type_size(tensor->type),
		.from = tensor->data,
	};
	size_t bytes;
	int ret;

	if (!filling.size || tensor->n_dims > LW_TFLITE_MAX_DIMS)
		return refuse(tensor, "its type or rank is not known", error);
	filling.left = tensor->size / filling.size;
	ret = reserve(model, &filling, tensor, &bytes, error);
	if (ret)
		return ret;
	tensor->filled = filling.to;
	ret = read_levels(&filling, sparsity, tensor, error);
	if (ret)
		return ret;
	if (!visit(&filling, 0, 0, 0) || filling.left)
		return refuse(tensor, "its numbers are not where its levels say",
			      error);
	tensor->data = filling.to;
	tensor->size = (uint32_t)bytes;
	return 0;
}
