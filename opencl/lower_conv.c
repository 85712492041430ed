// SPDX-License-Identifier: MIT
/* Lowering of convolutions: CONV, DWCONV, TCONV. */
#include <stdlib.h>
#include <string.h>

#include "lower_conv.h"

/* conv_wide takes so many entries at once. */
#define WIDE_ENTRIES 4
/* A large tile saves this part of the time of small ones, percent. */
#define LARGE_GAIN 25

/**
 * struct plan - how a convolution is run
 * @blocks: what it computes
 * @lists: the blocks in the order of the kernel
 * @kernel: chosen
 * @tile: positions of a tile, 0 in conv_wide
 * @bias: byte offset in region 0
 * @scale: byte offset in region 0
 * @lo: least output byte
 * @hi: greatest output byte
 */
struct plan {
	struct lw_cl_blocks blocks;
	struct lw_cl_lists lists;
	enum lw_cl_kernel kernel;
	uint32_t tile;
	uint32_t bias;
	uint32_t scale;
	uint8_t lo;
	uint8_t hi;
};

/* Convolutions have these fields in common, under one name each. */
#define SET_PLAN(plan, op, params) do { \
	struct lw_cl_window *window_ = &(plan)->blocks.window; \
	window_->h = (struct lw_cl_axis){ \
		.in = (op)->in[0].h, .out = (op)->out.h, \
		.taps = (params)->kernel_h, .stride = (params)->stride_h, \
		.dilation = (params)->dilation_h, .pad = (params)->pad_top, \
		.step = 1, \
	}; \
	window_->w = (struct lw_cl_axis){ \
		.in = (op)->in[0].w, .out = (op)->out.w, \
		.taps = (params)->kernel_w, .stride = (params)->stride_w, \
		.dilation = (params)->dilation_w, .pad = (params)->pad_left, \
		.step = 1, \
	}; \
	(plan)->blocks.channels = (op)->out.c; \
	(plan)->blocks.zero_point = (op)->in[0].zero_point; \
	(plan)->bias = (params)->bias; \
	(plan)->scale = (params)->scale; \
	(plan)->lo = (params)->lo; \
	(plan)->hi = (params)->hi; \
} while (0)

/* Vectors of output channels waste less than vectors of a few pixels. */
static bool prefers_wide(const struct lw_cl_lowering *lower,
			 const struct lw_cl_blocks *blocks)
{
	uint32_t rows = lw_cl_axis_positions(&blocks->window.h, 0);
	uint32_t columns = lw_cl_axis_positions(&blocks->window.w, 0);

	return blocks->group == blocks->channels &&
	       4 * rows * columns <= lower->engine->dot->lanes;
}

/* Positions that tiles of a size cover, in units of cost. */
static uint64_t tile_cost(size_t positions, uint32_t tile, bool large)
{
	uint64_t covered = (positions + tile - 1) / tile * tile;

	return covered * (large ? 100 - LARGE_GAIN : 100);
}

static void choose_tile(const struct lw_cl_lowering *lower, struct plan *plan,
			bool quad)
{
	const struct lw_cl_dot *dot = lower->engine->dot;
	const unsigned int *vectors = quad ? dot->tiles.quad : dot->tiles.conv;
	uint32_t large = vectors[0] * dot->lanes;
	uint32_t small = vectors[1] * dot->lanes;
	size_t positions = plan->blocks.window.positions;
	bool use_large = tile_cost(positions, large, true) <=
			 tile_cost(positions, small, false);

	plan->tile = use_large ? large : small;
	if (quad)
		plan->kernel = use_large ? LW_CL_conv_quad_large :
					   LW_CL_conv_quad_small;
	else
		plan->kernel = use_large ? LW_CL_conv_large : LW_CL_conv_small;
}

/*
 * Four channels that share a list load each pixel once, but also multiply by
 * the zero blocks of one where another's is not.
 */
static int choose_lists(struct lw_cl_lowering *lower, struct plan *plan)
{
	const struct lw_cl_dot *dot = lower->engine->dot;
	const struct lw_cl_blocks *blocks = &plan->blocks;
	struct lw_cl_lists quad = { 0 };
	bool use_quad = false;
	int ret = lw_cl_lists_build(&plan->lists, blocks, 1, dot->split_pairs,
				    1);

	if (!ret && (blocks->group == blocks->channels ||
		     blocks->group % LWNPU_LANES == 0)) {
		ret = lw_cl_lists_build(&quad, blocks, LWNPU_LANES,
					dot->split_pairs, 1);
		use_quad = (uint64_t)quad.n_entries * LWNPU_LANES *
			   dot->quad_cost < 100 * plan->lists.n_entries;
	}
	if (!ret && use_quad) {
		lw_cl_lists_free(&plan->lists);
		plan->lists = quad;
		memset(&quad, 0, sizeof(quad));
	}
	lw_cl_lists_free(&quad);
	choose_tile(lower, plan, use_quad);
	return ret;
}

static int build_lists(struct lw_cl_lowering *lower, const struct lwnpu_op *op,
		       struct plan *plan)
{
	const struct lw_cl_dot *dot = lower->engine->dot;
	bool wide = prefers_wide(lower, &plan->blocks);
	int ret = lw_cl_window_place(lower, op, &plan->blocks.window, wide);

	if (ret)
		return ret;
	if (wide) {
		plan->kernel = LW_CL_conv_wide;
		ret = lw_cl_lists_build(&plan->lists, &plan->blocks, dot->lanes,
					dot->split_pairs, WIDE_ENTRIES);
	} else {
		ret = choose_lists(lower, plan);
	}
	if (ret)
		return lw_fail(lower->error, ret, "op %u: out of memory",
			       lower->op);
	return 0;
}

static int copy_constants(struct lw_cl_lowering *lower, const void *from,
			  size_t words, uint32_t *first)
{
	uint32_t *to = lw_cl_constants(lower, words, first);

	if (!to)
		return -ENOMEM;
	if (words)
		memcpy(to, from, words * 4);
	return 0;
}

static int set_channels(struct lw_cl_lowering *lower, const struct plan *plan,
			struct lw_conv_params *params)
{
	const struct lw_cl_lists *lists = &plan->lists;
	const uint8_t *weights = lower->program->weights;
	uint32_t words = lw_cl_words(plan->blocks.channels) * LWNPU_LANES;
	size_t padded = lists->n_lists * lists->shared;
	uint32_t *to = lw_cl_constants(lower, padded, &params->bias);

	if (!to)
		return -ENOMEM;
	for (size_t i = 0; i < padded; i++) {
		size_t list = i / lists->shared;
		size_t channel = list / lists->phases * lists->shared +
				 i % lists->shared;

		if (channel < words)
			memcpy(&to[i], weights + plan->bias + 4 * channel, 4);
		to[i] += lists->correction[i];
	}
	to = lw_cl_constants(lower, padded / lists->phases, &params->scale);
	if (!to)
		return -ENOMEM;
	memcpy(to, weights + plan->scale, words * 4);
	return 0;
}

static int set_constants(struct lw_cl_lowering *lower, const struct plan *plan,
			 struct lw_conv_params *params)
{
	const struct lw_cl_lists *lists = &plan->lists;
	int ret = set_channels(lower, plan, params);

	if (!ret)
		ret = copy_constants(lower, lists->starts, lists->n_lists + 1,
				     &params->starts);
	if (!ret)
		ret = copy_constants(lower, lists->offsets, lists->n_entries,
				     &params->offsets);
	if (!ret)
		ret = copy_constants(lower, lists->weights,
				     lists->n_entries * lists->shared,
				     &params->weights);
	return ret;
}

/* One long row where neither input nor output has a gap between rows. */
static void set_rows(struct lw_conv_params *params, const struct lwnpu_op *op,
		     const struct plan *plan)
{
	const struct lw_cl_window *window = &plan->blocks.window;
	uint32_t pitch = window->image.row;

	params->pitch = pitch;
	params->width = lw_cl_axis_positions(&window->w, 0);
	params->height = lw_cl_axis_positions(&window->h, 0);
	if (plan->kernel == LW_CL_conv_wide)
		return;
	if (params->height == 1 ||
	    (lw_cl_window_phases(window) == 1 && pitch == op->out.w &&
	     op->out.row_pitch / 4 == pitch)) {
		params->pitch = window->positions;
		params->width = window->positions;
		params->height = 1;
	}
}

/* Those with as many positions as phase 0; others have one less. */
static uint32_t full_phases(const struct lw_cl_axis *axis)
{
	return axis->out - (lw_cl_axis_positions(axis, 0) - 1) * axis->step;
}

static void set_phases(struct lw_conv_params *params,
		       const struct lw_cl_window *window)
{
	params->phases = lw_cl_window_phases(window);
	params->phases_w = window->w.out_phases;
	params->full_h = full_phases(&window->h);
	params->full_w = full_phases(&window->w);
	params->phase_row = params->out.row;
	/* A step as large as the output has no second position. */
	params->out.row *= window->h.out_phases;
	params->step = window->w.out_phases;
}

static int launch_conv(struct lw_cl_lowering *lower, const struct lwnpu_op *op,
		       const struct plan *plan)
{
	const struct lw_cl_window *window = &plan->blocks.window;
	uint32_t words = lw_cl_words(op->out.c);
	bool wide = plan->kernel == LW_CL_conv_wide;
	struct lw_conv_params params = {
		.in = window->image.first,
		.out = lw_cl_view(&op->out),
		.lists = wide ? plan->lists.n_lists : words,
		.words = words,
		.tiles = wide ? 0 : (window->positions + plan->tile - 1) /
				    plan->tile,
		.last_mask = lw_cl_lanes(op->out.c),
		.lo = (float)plan->lo - op->out.zero_point,
		.hi = (float)plan->hi - op->out.zero_point,
		.zero_point = lw_cl_splat(op->out.zero_point),
	};
	struct lw_cl_call call = {
		.kernel = plan->kernel,
		.params = &params,
		.size = sizeof(params),
		.in = { window->copied ? LWNPU_REGION_ARENA :
					 op->in[0].region },
		.out = op->out.region,
	};
	int ret;

	set_rows(&params, op, plan);
	set_phases(&params, window);
	call.global[0] = params.lists;
	call.global[1] = wide ? params.width : params.tiles;
	call.global[2] = wide ? params.height : params.phases;
	ret = set_constants(lower, plan, &params);
	return ret ? ret : lw_cl_launch(lower, &call);
}

static int run_plan(struct lw_cl_lowering *lower, const struct lwnpu_op *op,
		    struct plan *plan)
{
	struct lw_cl_window *window = &plan->blocks.window;
	int ret;

	lw_cl_axis_init(&window->h);
	lw_cl_axis_init(&window->w);
	ret = build_lists(lower, op, plan);
	if (!ret)
		ret = launch_conv(lower, op, plan);
	lw_cl_lists_free(&plan->lists);
	return ret;
}

/* The weights of CONV and TCONV. */
static void set_blocks(struct lw_cl_blocks *blocks,
		       const struct lw_cl_lowering *lower,
		       const struct lwnpu_op *op)
{
	const struct lwnpu_conv *conv = &op->conv;

	blocks->words = lw_cl_words(op->in[0].c) / conv->groups;
	blocks->group = op->out.c / conv->groups;
	blocks->data = lower->program->weights + conv->weights;
	if (conv->sparse) {
		blocks->mask = blocks->data;
		blocks->data += (lwnpu_conv_blocks(op) + 31) / 32 * 4;
	}
}

int lw_cl_conv(struct lw_cl_lowering *lower, const struct lwnpu_op *op)
{
	struct plan plan = { 0 };

	SET_PLAN(&plan, op, &op->conv);
	set_blocks(&plan.blocks, lower, op);
	return run_plan(lower, op, &plan);
}

static void transpose_axis(struct lw_cl_axis *axis)
{
	axis->transposed = true;
	axis->step = axis->stride;
	axis->stride = 1;
}

int lw_cl_tconv(struct lw_cl_lowering *lower, const struct lwnpu_op *op)
{
	struct plan plan = { 0 };

	SET_PLAN(&plan, op, &op->tconv);
	transpose_axis(&plan.blocks.window.h);
	transpose_axis(&plan.blocks.window.w);
	set_blocks(&plan.blocks, lower, op);
	plan.blocks.transposed = true;
	return run_plan(lower, op, &plan);
}

int lw_cl_dwconv(struct lw_cl_lowering *lower, const struct lwnpu_op *op)
{
	const struct lwnpu_dwconv *conv = &op->dwconv;
	struct plan plan = { 0 };

	SET_PLAN(&plan, op, conv);
	plan.blocks.words = 1;
	plan.blocks.group = LWNPU_LANES;
	plan.blocks.depthwise = true;
	plan.blocks.data = lower->program->weights + conv->weights;
	return run_plan(lower, op, &plan);
}
