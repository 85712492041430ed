// SPDX-License-Identifier: MIT
/* Lowering of MATMUL: operands are packed, then multiplied. */
#include <string.h>

#include "lower.h"

/* Work-items that a launch should have at least. */
#define WORK_ITEMS 64

/**
 * struct product - sizes of a product, and where its operands are
 * @op: the operation
 * @rows: of the output
 * @columns: of the output
 * @depth: elements along k
 * @pitch: columns of the packed second operand, whole tiles
 * @vectors: in the width of a tile
 * @kernel: the one with such tiles
 * @packed: second operand, words from the start of the arena
 * @terms: of its columns
 * @turned: first operand if it is transposed, @turned_pitch its columns
 * @turned_pitch: in words
 */
struct product {
	const struct lwnpu_op *op;
	uint32_t rows;
	uint32_t columns;
	uint32_t depth;
	uint32_t pitch;
	uint32_t vectors;
	enum lw_cl_kernel kernel;
	size_t packed;
	size_t terms;
	size_t turned;
	uint32_t turned_pitch;
};

static uint32_t round_up(uint32_t n, uint32_t multiple)
{
	return (n + multiple - 1) / multiple * multiple;
}

/* Large tiles unless a fifth of their columns would be padding. */
static void choose_tiles(struct product *product, const struct lw_cl_dot *dot)
{
	uint32_t large = dot->tiles.quad[0] * dot->lanes;
	uint32_t small = dot->tiles.quad[1] * dot->lanes;
	uint32_t columns = round_up(product->columns, small);
	bool is_large = 4 * round_up(columns, large) <= 5 * columns;

	product->vectors = dot->tiles.quad[is_large ? 0 : 1];
	product->pitch = round_up(columns, is_large ? large : small);
	product->kernel = is_large ? LW_CL_matmul_large : LW_CL_matmul_small;
}

static struct product describe(const struct lw_cl_dot *dot,
			       const struct lwnpu_op *op)
{
	bool turn = op->matmul.transpose_a;
	struct product product = {
		.op = op,
		.rows = op->out.w,
		.columns = op->out.c,
		.depth = turn ? op->in[0].w : op->in[0].c,
		.turned_pitch = turn ? round_up(op->out.w, dot->lanes) : 0,
	};

	choose_tiles(&product, dot);
	return product;
}

/* @n matrices of the packed layout; SIZE_MAX if that is more than anything. */
static size_t count_words(uint32_t n, uint32_t depth, uint32_t pitch)
{
	size_t words;

	if (lw_mul(lw_cl_words(depth), pitch, &words) ||
	    lw_mul(words, n, &words))
		return SIZE_MAX;
	return words;
}

static int find_places(struct lw_cl_lowering *lower, struct product *product)
{
	const struct lwnpu_tensor *in = product->op->in;
	size_t packed = count_words(in[1].h, product->depth, product->pitch);
	size_t terms = count_words(in[1].h, 1, product->pitch);
	size_t turned = count_words(in[0].h, product->depth,
				    product->turned_pitch);
	size_t words;

	if (lw_add(packed, terms, &words) || lw_add(words, turned, &words))
		words = SIZE_MAX;
	product->packed = lower->scratch;
	product->terms = product->packed + packed;
	product->turned = product->terms + terms;
	return lw_cl_scratch(lower, words);
}

/* Batches of an operand that has one are in the same place. */
static struct lw_view batches_view(const struct lwnpu_tensor *in)
{
	struct lw_view view = lw_cl_view(in);

	if (in->h == 1)
		view.row = 0;
	return view;
}

static int launch_pack(struct lw_cl_lowering *lower,
		       const struct product *product, unsigned int i,
		       struct lw_pack_params *params)
{
	const struct lwnpu_tensor *in = &product->op->in[i];
	uint32_t lanes = lower->engine->dot->lanes;
	struct lw_cl_call call = {
		.kernel = LW_CL_matmul_pack,
		.params = params,
		.size = sizeof(*params),
		.in = { in->region },
		.out = LWNPU_REGION_ARENA,
		.global = { params->pitch / lanes, in->h, 1 },
	};

	params->in = batches_view(in);
	params->batches = in->h;
	params->depth = product->depth;
	params->last_mask = lw_cl_lanes(product->depth);
	return lw_cl_launch(lower, &call);
}

static int pack_first(struct lw_cl_lowering *lower,
		      const struct product *product)
{
	struct lw_pack_params params = {
		.packed = product->turned,
		.columns = product->rows,
		.pitch = product->turned_pitch,
		.turned = 1,
	};

	return launch_pack(lower, product, 0, &params);
}

static int pack_second(struct lw_cl_lowering *lower,
		       const struct product *product)
{
	const struct lwnpu_op *op = product->op;
	uint32_t zero = op->in[0].zero_point;
	struct lw_pack_params params = {
		.packed = product->packed,
		.terms = product->terms,
		.columns = product->columns,
		.pitch = product->pitch,
		.turned = !op->matmul.transpose_b,
		.sign = 0x80808080,
		.zero = zero,
		.offset = product->depth * zero *
			  ((uint32_t)op->in[1].zero_point - 128),
	};

	return launch_pack(lower, product, 1, &params);
}

/* Columns of a work-item: all of them, if there are enough rows. */
static uint32_t chunk_columns(const struct product *product, uint32_t tile,
			      size_t items)
{
	size_t tiles = product->pitch / tile;
	size_t chunk = tiles * items / WORK_ITEMS;

	return (chunk < 1 ? 1 : chunk < tiles ? chunk : tiles) * tile;
}

static void set_first(struct lw_matmul_params *params, struct lw_cl_call *call,
		      const struct product *product)
{
	const struct lwnpu_tensor *in = &product->op->in[0];

	params->in = batches_view(in);
	call->in[0] = in->region;
	if (!product->op->matmul.transpose_a)
		return;
	params->in.first = product->turned;
	params->in.plane = product->turned_pitch;
	params->in.row = in->h == 1 ? 0 : params->depth * params->in.plane;
	call->in[0] = LWNPU_REGION_ARENA;
}

static int multiply(struct lw_cl_lowering *lower, const struct product *product)
{
	const struct lwnpu_op *op = product->op;
	const struct lwnpu_matmul *matmul = &op->matmul;
	uint32_t tile = product->vectors * lower->engine->dot->lanes;
	uint32_t tiles = round_up(product->rows, LW_CL_MATMUL_ROWS) /
			 LW_CL_MATMUL_ROWS;
	uint32_t depth = lw_cl_words(product->depth);
	bool same = op->in[1].h == 1;
	struct lw_matmul_params params = {
		.out = lw_cl_view(&op->out),
		.packed = product->packed,
		.packed_batch = same ? 0 : depth * product->pitch,
		.terms = product->terms,
		.terms_batch = same ? 0 : product->pitch,
		.pitch = product->pitch,
		.batches = op->out.h,
		.rows = product->rows,
		.words = lw_cl_words(product->columns),
		.depth = depth,
		.chunk = chunk_columns(product, tile,
				       (size_t)tiles * op->out.h),
		.last_mask = lw_cl_lanes(product->columns),
		.last_ones = lw_cl_lanes(product->depth) & 0x01010101,
		.row_factor = 128 - op->in[1].zero_point,
		.lo = matmul->lo - op->out.zero_point,
		.hi = matmul->hi - op->out.zero_point,
		.zero_point = op->out.zero_point,
	};
	struct lw_cl_call call = {
		.kernel = product->kernel,
		.params = &params,
		.size = sizeof(params),
		.in = { 0, LWNPU_REGION_ARENA },
		.out = op->out.region,
		.global = { round_up(product->pitch, params.chunk) /
			    params.chunk, tiles, op->out.h },
	};

	memcpy(&params.scale, &matmul->scale, sizeof(params.scale));
	set_first(&params, &call, product);
	return lw_cl_launch(lower, &call);
}

int lw_cl_matmul(struct lw_cl_lowering *lower, const struct lwnpu_op *op)
{
	struct product product = describe(lower->engine->dot, op);
	int ret = find_places(lower, &product);

	if (!ret)
		ret = pack_second(lower, &product);
	if (!ret && op->matmul.transpose_a)
		ret = pack_first(lower, &product);
	return ret ? ret : multiply(lower, &product);
}
