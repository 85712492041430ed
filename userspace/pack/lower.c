// SPDX-License-Identifier: MIT
/*
 * Lowering: walks the graph, lets each kind of node append its operations,
 * then places buffers and lays out region 0.
 */
#include <stdlib.h>
#include <string.h>

#include "lower.h"

/* Makes room for one more element of an array that doubles. */
static int grow(void *array, uint32_t n, uint32_t *max, size_t size)
{
	void **p = array;
	uint32_t more = *max ? *max * 2 : 64;
	void *grown;

	if (n < *max)
		return 0;
	grown = realloc(*p, more * size);
	if (!grown)
		return -ENOMEM;
	*p = grown;
	*max = more;
	return 0;
}

int lw_lower_buffer(struct lw_lowering *lower, uint32_t region, uint32_t h,
		    uint32_t w, uint32_t c, uint8_t zero_point,
		    struct lw_view *view)
{
	uint64_t row = 4ull * w;
	uint64_t plane = row * h;
	uint64_t size = plane * ((c + 3ull) / 4);
	int ret;

	if (size > LWNPU_MAX_REGION_SIZE)
		return lw_fail(lower->error, -EFBIG,
			       "%s: a tensor of %ux%ux%u is too large",
			       lower->layer ? lower->layer->name : "input", h,
			       w, c);
	ret = grow(&lower->buffers, lower->n_buffers, &lower->max_buffers,
		   sizeof(*lower->buffers));
	if (ret)
		return ret;
	lower->buffers[lower->n_buffers] = (struct lw_buffer){
		.size = size,
		.first = UINT32_MAX,
		.region = region,
	};
	*view = (struct lw_view){
		.buffer = lower->n_buffers++,
		.tensor = {
			.row_pitch = row,
			.plane_pitch = plane,
			.h = h,
			.w = w,
			.c = c,
			.region = region,
			.zero_point = zero_point,
		},
	};
	return 0;
}

static void use_buffer(struct lw_lowering *lower, uint32_t buffer)
{
	struct lw_buffer *b = &lower->buffers[buffer];

	if (b->first == UINT32_MAX)
		b->first = lower->n_ops;
	b->last = lower->n_ops;
}

struct lwnpu_op *lw_lower_op(struct lw_lowering *lower, uint32_t opcode,
			     const struct lw_view *in0,
			     const struct lw_view *in1,
			     const struct lw_view *out)
{
	const struct lw_view *view[3] = { in0, in1, out };
	uint32_t max = lower->max_ops;
	struct lw_slots *slots;
	struct lwnpu_op *op;

	if (lower->n_ops == LWNPU_MAX_OPS ||
	    grow(&lower->slots, lower->n_ops, &max, sizeof(*lower->slots)) ||
	    grow(&lower->ops, lower->n_ops, &lower->max_ops,
		 sizeof(*lower->ops)))
		return NULL;
	slots = &lower->slots[lower->n_ops];
	op = &lower->ops[lower->n_ops];
	memset(op, 0, sizeof(*op));
	op->opcode = opcode;
	for (int i = 0; i < 3; i++) {
		struct lwnpu_tensor *t = i < 2 ? &op->in[i] : &op->out;

		slots->buffer[i] = view[i] ? view[i]->buffer : UINT32_MAX;
		if (!view[i])
			continue;
		*t = view[i]->tensor;
		use_buffer(lower, view[i]->buffer);
	}
	lower->n_ops++;
	if (lower->layer)
		lower->layer->n_ops++;
	return op;
}

struct lw_view lw_view_channels(const struct lw_view *view, uint32_t first_word,
				uint32_t c)
{
	struct lw_view part = *view;

	part.tensor.offset += first_word * view->tensor.plane_pitch;
	part.tensor.c = c;
	return part;
}

int lw_lower_real_scales(struct lw_lowering *lower, const struct lw_node *node)
{
	float a = node->in[0]->scale, b = node->out->scale;

	if (fminf(a, b) >= 0x1p-64f && fmaxf(a, b) <= 0x1p64f)
		return 0;
	return lw_fail(lower->error, -EOPNOTSUPP,
		       "%s: its scales are %g and %g, expected 2^-64 to 2^64",
		       node->name, a, b);
}

struct lw_view lw_view_window(const struct lw_view *view, uint32_t h,
			      uint32_t w, const struct lw_value *size)
{
	struct lw_view part = *view;

	part.tensor.offset += h * view->tensor.row_pitch + w * 4;
	part.tensor.h = size->h;
	part.tensor.w = size->w;
	return part;
}

int lw_lower_scale(struct lw_lowering *lower, const struct lw_node *node,
		   float a, float b, float *scale)
{
	*scale = a * b;
	*scale /= node->out->scale;
	if (isnormal(*scale))
		return 0;
	return lw_fail(lower->error, -EOPNOTSUPP,
		       "%s: its scales %g, %g and %g give the multiplier %g, expected a normal number",
		       node->name, a, b, node->out->scale, *scale);
}

static int (*const lower_node[])(struct lw_lowering *,
				 const struct lw_node *) = {
#define LOWER_ENTRY(name, NAME, text) [LW_NODE_##NAME] = lw_lower_##name,
	LW_NODES(LOWER_ENTRY)
#undef LOWER_ENTRY
};

static int check_bounds(struct lw_lowering *lower, const struct lw_node *node)
{
	bool bounded = isfinite(node->act_lo) || isfinite(node->act_hi);

	if (bounded && !lw_node_takes_bounds(node))
		return lw_fail(lower->error, -EOPNOTSUPP,
			       "%s: a %s with a fused activation", node->name,
			       lw_node_kind_name(node->kind));
	return 0;
}

static int lower_one(struct lw_lowering *lower, const struct lw_node *node,
		     struct lwm_layer *layer)
{
	bool placed = false;
	int ret;

	layer->name = strdup(node->name);
	if (!layer->name)
		return -ENOMEM;
	layer->first_op = lower->n_ops;
	lower->layer = layer;
	ret = check_bounds(lower, node);
	if (!ret)
		ret = lw_place_part(lower, node, &placed);
	if (!ret && !placed)
		ret = lower_node[node->kind](lower, node);
	lower->layer = NULL;
	return ret;
}

static bool is_buffer_read(const struct lw_lowering *lower, uint32_t buffer)
{
	const struct lw_graph *g = lower->graph;
	uint32_t outputs = 0;

	for (uint32_t i = 0; i < lower->n_ops; i++)
		if (lower->slots[i].buffer[0] == buffer ||
		    lower->slots[i].buffer[1] == buffer)
			return true;
	for (uint32_t i = 0; i < g->n_outputs; i++)
		outputs += lower->views[g->outputs[i].value->id].buffer ==
			   buffer;
	return outputs > 1;
}

static int copy_output(struct lw_lowering *lower, const struct lw_value *v,
		       uint32_t region)
{
	struct lw_view out;
	struct lwnpu_op *op;
	int ret;

	ret = lw_lower_buffer(lower, region, v->h, v->w, v->c, v->zero_point,
			      &out);
	if (ret)
		return ret;
	op = lw_lower_op(lower, LWNPU_OP_COPY, lw_lower_view(lower, v), NULL,
			 &out);
	if (!op)
		return -ENOMEM;
	op->copy.stride_h = 1;
	op->copy.stride_w = 1;
	op->copy.channels = v->c;
	return 0;
}

/*
 * An output is written by the node that computes it when nothing reads it
 * again (an output region is never read); else it is copied at the end.
 */
static int lower_outputs(struct lw_lowering *lower)
{
	const struct lw_graph *g = lower->graph;

	for (uint32_t i = 0; i < g->n_outputs; i++) {
		const struct lw_value *v = g->outputs[i].value;
		const struct lw_view *view = lw_lower_view(lower, v);
		struct lw_buffer *b = &lower->buffers[view->buffer];
		uint32_t region = LWNPU_REGION_IO + g->n_inputs + i;
		bool whole = view->tensor.offset == 0 &&
			     b->size == (uint64_t)view->tensor.plane_pitch *
						((v->c + 3) / 4);
		int ret;

		if (b->region == LWNPU_REGION_ARENA && whole &&
		    !is_buffer_read(lower, view->buffer)) {
			b->region = region;
			continue;
		}
		ret = copy_output(lower, v, region);
		if (ret)
			return ret;
	}
	return 0;
}

/* Offsets marked as constants become offsets behind the streams. */
static void resolve_constants(struct lw_lowering *lower)
{
	uint32_t base = lower->region0.stream_size;

#define ROLE_WEIGHTS(field) \
	if ((field) & LW_CONSTANT_MARK) \
		(field) = ((field) & ~LW_CONSTANT_MARK) + base;
#define ROLE_LENGTH(field)
#define ROLE_IMM(field)
#define ROLE_RQ(field)
#define ROLE_SCALE(field)
#define ROLE_ENUM(field)
#define LWNPU_OP(name, NAME, number, tensors, doc) case number: {
#define LWNPU_FIELD(name, type, field, role, min, max, doc) \
	ROLE_##role(op->name.field)
#define LWNPU_END(name, NAME) break; }
	for (uint32_t i = 0; i < lower->n_ops; i++) {
		struct lwnpu_op *op = &lower->ops[i];

		switch (op->opcode) {
#include "lwnpu_ops.def"
		}
	}
#undef LWNPU_OP
#undef LWNPU_FIELD
#undef LWNPU_END
}

static void resolve_buffers(struct lw_lowering *lower)
{
	for (uint32_t i = 0; i < lower->n_ops; i++) {
		struct lwnpu_op *op = &lower->ops[i];

		for (int k = 0; k < 3; k++) {
			struct lwnpu_tensor *t = k < 2 ? &op->in[k] : &op->out;
			uint32_t buffer = lower->slots[i].buffer[k];

			if (buffer == UINT32_MAX)
				continue;
			t->region = lower->buffers[buffer].region;
			t->offset += lower->buffers[buffer].offset;
		}
	}
}

int lw_lower_nodes(struct lw_lowering *lower, struct lwm_layer *layers)
{
	const struct lw_graph *g = lower->graph;
	uint64_t arena;
	int ret = lw_place_values(lower);

	for (uint32_t i = 0; i < g->n_nodes && !ret; i++) {
		lower->node = i;
		ret = lower_one(lower, g->nodes[i], &layers[i]);
	}
	if (!ret)
		ret = lower_outputs(lower);
	if (!ret)
		ret = lw_plan(lower->buffers, lower->n_buffers, &arena);
	if (ret)
		return ret;
	if (arena > LWNPU_MAX_REGION_SIZE)
		return lw_fail(lower->error, -EFBIG,
			       "the arena would need %llu bytes, at most %llu",
			       (unsigned long long)arena,
			       LWNPU_MAX_REGION_SIZE);
	resolve_buffers(lower);
	resolve_constants(lower);
	return 0;
}
