// SPDX-License-Identifier: MIT
/*
 * Lowering of REORDER. If the byte that an output byte comes from is a sum of
 * one number for its row, one for its column and one for its channel, it is
 * found by tables; else digits are counted.
 */
#include <stdlib.h>
#include <string.h>

#include "lower.h"

/* Elements that a work-item of REORDER moves. */
#define REORDER_ELEMENTS 2048

/*
 * Digits that count through the input as one do become one, behind others of
 * one value.
 */
static void set_digits(struct lw_reorder_params *params,
		       const struct lwnpu_op *op)
{
	struct lwnpu_digits digits = lwnpu_reorder_digits(op);
	uint32_t to = LWNPU_DIGITS;

	for (uint32_t d = LWNPU_DIGITS; d-- > 0;) {
		if (digits.size[d] == 1)
			continue;
		if (to < LWNPU_DIGITS && digits.stride[d] ==
					 params->size[to] * params->stride[to]) {
			params->size[to] *= digits.size[d];
			continue;
		}
		to--;
		params->size[to] = digits.size[d];
		params->stride[to] = digits.stride[d];
	}
	while (to-- > 0) {
		params->size[to] = 1;
		params->stride[to] = 0;
	}
}

static int launch_count(struct lw_cl_lowering *lower, const struct lwnpu_op *op)
{
	const struct lwnpu_tensor *out = &op->out;
	struct lw_reorder_params params = {
		.in = lw_cl_view(&op->in[0]),
		.out = lw_cl_view(out),
		.in_width = op->in[0].w,
		.in_channels = op->in[0].c,
		.width = out->w,
		.channels = out->c,
		.pixels = (uint32_t)out->h * out->w,
		.run = REORDER_ELEMENTS / out->c + 1,
	};
	struct lw_cl_call call = {
		.kernel = LW_CL_reorder,
		.params = &params,
		.size = sizeof(params),
		.in = { op->in[0].region },
		.out = out->region,
		.global = { (params.pixels + params.run - 1) / params.run, 1,
			    1 },
	};

	set_digits(&params, op);
	return lw_cl_launch(lower, &call);
}

/* Axes of a tensor, the fastest first. */
enum axis {
	CHANNELS,
	COLUMNS,
	ROWS,
	AXES,
};

/**
 * struct tables - where output elements come from
 * @size: of each axis of the output
 * @part: of each place along an axis; an element comes from the sum of three:
 *	first its number, then its byte
 */
struct tables {
	uint32_t size[AXES];
	uint32_t *part[AXES];
};

static bool alloc_tables(struct tables *tables, const struct lwnpu_tensor *out)
{
	uint32_t *all;

	tables->size[CHANNELS] = out->c;
	tables->size[COLUMNS] = out->w;
	tables->size[ROWS] = out->h;
	all = calloc((size_t)out->c + out->w + out->h, sizeof(*all));
	tables->part[CHANNELS] = all;
	if (!all)
		return false;
	tables->part[COLUMNS] = all + out->c;
	tables->part[ROWS] = all + out->c + out->w;
	return true;
}

/* Counts @size more places from @n on, a stride apart. */
static void count_on(uint32_t *part, uint32_t n, uint32_t size, uint32_t stride)
{
	for (uint32_t i = n; i < n * size; i++)
		part[i] = part[i - n] + stride;
}

/*
 * Hands out the digits to the axes, the fastest first, cut where one axis is
 * full. False: a digit cannot be cut there.
 */
static bool number_places(struct tables *tables, const struct lwnpu_op *op)
{
	struct lwnpu_digits digits = lwnpu_reorder_digits(op);
	uint32_t d = LWNPU_DIGITS - 1;

	for (enum axis axis = CHANNELS; axis < AXES; axis++) {
		uint32_t n = 1;

		while (n < tables->size[axis]) {
			uint32_t room = tables->size[axis] / n;
			uint32_t size = digits.size[d];
			uint32_t taken = size < room ? size : room;

			if (room % taken || size % taken)
				return false;
			count_on(tables->part[axis], n, taken,
				 digits.stride[d]);
			n *= taken;
			digits.size[d] /= taken;
			digits.stride[d] *= taken;
			if (digits.size[d] == 1 && d)
				d--;
		}
	}
	return true;
}

/*
 * Numbers become bytes, one by one: that is only right if no sum carries over
 * from lanes to words, or from channels to columns, or from columns to rows.
 */
static bool find_bytes(struct tables *tables, const struct lwnpu_tensor *in)
{
	uint32_t lanes = 0, channels = 0, columns = 0;

	for (enum axis axis = CHANNELS; axis < AXES; axis++) {
		uint32_t most[3] = { 0 };

		for (uint32_t i = 0; i < tables->size[axis]; i++) {
			uint32_t n = tables->part[axis][i];
			uint32_t c = n % in->c, x = n / in->c % in->w;
			uint32_t y = n / in->c / in->w;
			uint32_t now[] = { c % LWNPU_LANES, c, x };

			for (unsigned int k = 0; k < 3; k++)
				if (now[k] > most[k])
					most[k] = now[k];
			tables->part[axis][i] =
				c / LWNPU_LANES * in->plane_pitch +
				c % LWNPU_LANES + y * in->row_pitch +
				x * LWNPU_LANES;
		}
		lanes += most[0];
		channels += most[1];
		columns += most[2];
	}
	return lanes < LWNPU_LANES && channels < in->c && columns < in->w;
}

static bool columns_touch(const struct tables *tables)
{
	for (uint32_t i = 0; i < tables->size[COLUMNS]; i++)
		if (tables->part[COLUMNS][i] != LWNPU_LANES * i)
			return false;
	return true;
}

static bool columns_are_words(const struct tables *tables)
{
	for (uint32_t i = 0; i < tables->size[COLUMNS]; i++)
		if (tables->part[COLUMNS][i] % LWNPU_LANES)
			return false;
	return true;
}

/* Channels of the last word that are not there repeat the last one. */
static int store_tables(struct lw_cl_lowering *lower,
			const struct tables *tables,
			struct lw_gather_params *params)
{
	uint32_t padded = params->planes * LWNPU_LANES;
	const uint32_t *size = tables->size;
	uint32_t *to = lw_cl_constants(lower, (size_t)padded + size[COLUMNS] +
				       size[ROWS], &params->channel_bytes);

	if (!to)
		return -ENOMEM;
	params->column_bytes = params->channel_bytes + padded;
	params->row_bytes = params->column_bytes + size[COLUMNS];
	for (uint32_t c = 0; c < padded; c++)
		to[c] = tables->part[CHANNELS][c < size[CHANNELS] ?
					       c : size[CHANNELS] - 1];
	memcpy(to + padded, tables->part[COLUMNS], 4 * (size_t)size[COLUMNS]);
	memcpy(to + padded + size[COLUMNS], tables->part[ROWS],
	       4 * (size_t)size[ROWS]);
	return 0;
}

static int launch_gather(struct lw_cl_lowering *lower,
			 const struct lwnpu_op *op, const struct tables *tables)
{
	const struct lwnpu_tensor *out = &op->out;
	struct lw_gather_params params = {
		.in = op->in[0].offset / 4,
		.out = lw_cl_view(out),
		.width = out->w,
		.height = out->h,
		.planes = lw_cl_words(out->c),
		.rows = lw_cl_copy_rows(out->w, out->h),
		.last_mask = lw_cl_lanes(out->c),
		.touching = columns_touch(tables),
		.aligned = columns_are_words(tables),
	};
	struct lw_cl_call call = {
		.kernel = LW_CL_gather,
		.params = &params,
		.size = sizeof(params),
		.in = { op->in[0].region },
		.out = out->region,
		.global = { (out->h + params.rows - 1) / params.rows,
			    params.planes, 1 },
	};
	int ret = store_tables(lower, tables, &params);

	return ret ? ret : lw_cl_launch(lower, &call);
}

int lw_cl_reorder(struct lw_cl_lowering *lower, const struct lwnpu_op *op)
{
	struct tables tables;
	int ret;

	if (!alloc_tables(&tables, &op->out))
		return lw_fail(lower->error, -ENOMEM, "op %u: out of memory",
			       lower->op);
	if (number_places(&tables, op) && find_bytes(&tables, &op->in[0]))
		ret = launch_gather(lower, op, &tables);
	else
		ret = launch_count(lower, op);
	free(tables.part[CHANNELS]);
	return ret;
}
