// SPDX-License-Identifier: MIT
/* Random nodes that move numbers, and what all random nodes need. */
#include <stdlib.h>
#include <string.h>

#include "random_node.h"

bool random_chance(uint32_t one_in)
{
	return !build_random_below(one_in);
}

bool random_fits(uint32_t h, uint32_t w, uint32_t c)
{
	return h && w && c && h <= MAX_SIZE && w <= MAX_SIZE &&
	       c <= MAX_CHANNELS && h * w * c <= MAX_ELEMENTS;
}

struct lw_node *random_node(struct making *m, enum lw_node_kind kind,
			    struct lw_value *in, uint32_t h, uint32_t w,
			    uint32_t c)
{
	if (!random_fits(h, w, c))
		return NULL;
	return build_node(m->graph, kind, m->name, in, h, w, c);
}

struct lw_value *random_value(struct making *m)
{
	/* What is newer is read more often. */
	uint32_t age = build_random_below(1 + build_random_below(m->n));

	return m->pool[m->n - 1 - age];
}

/* As large as another value, or 1 along some axes. */
struct lw_node *random_constant(struct making *m, struct lw_value *like)
{
	uint32_t h = random_chance(3) ? 1 : like->h;
	uint32_t w = random_chance(3) ? 1 : like->w;
	uint32_t c = random_chance(3) ? 1 : like->c;

	return build_constant(m->graph, m->name, h, w, c);
}

struct lw_node *random_concat(struct making *m, struct lw_value *in)
{
	enum lw_axis axis = build_random_below(3);
	struct lw_value *with = in, *pair[2] = { in, in };
	struct lw_node *node;
	uint32_t h, w, c;
	int i;

	for (i = 0; i < 10; i++) {
		with = random_value(m);
		if ((axis == LW_AXIS_H || with->h == in->h) &&
		    (axis == LW_AXIS_W || with->w == in->w) &&
		    (axis == LW_AXIS_C || with->c == in->c))
			pair[1] = with;
	}
	with = pair[1];
	h = axis == LW_AXIS_H ? in->h + with->h : in->h;
	w = axis == LW_AXIS_W ? in->w + with->w : in->w;
	c = axis == LW_AXIS_C ? in->c + with->c : in->c;
	if (!random_fits(h, w, c))
		return NULL;
	node = build_join(m->graph, LW_NODE_CONCAT, m->name, pair, 2, h, w, c);
	node->axis = axis;
	return node;
}

struct lw_node *random_slice(struct making *m, struct lw_value *in)
{
	const uint32_t size[3] = { in->h, in->w, in->c };
	uint32_t start[3], step[3], n[3];
	struct lw_node *node;
	int i;

	for (i = 0; i < 3; i++) {
		start[i] = random_chance(2) ? 0 : build_random_below(size[i]);
		if (i == 2 && random_chance(2))
			start[i] -= start[i] % 4;
		step[i] = random_chance(3) ? 1 + build_random_below(3) : 1;
		n[i] = (size[i] - start[i] - 1) / step[i] + 1;
		n[i] -= random_chance(3) ? build_random_below(n[i]) : 0;
	}
	node = random_node(m, LW_NODE_SLICE, in, n[0], n[1], n[2]);
	memcpy(node->start, start, sizeof(start));
	memcpy(node->step, step, sizeof(step));
	return node;
}

struct lw_node *random_pad(struct making *m, struct lw_value *in)
{
	uint32_t top = build_random_below(3), left = build_random_below(3);
	uint32_t bottom = build_random_below(2), right = build_random_below(2);
	uint32_t before = build_random_below(2) * build_random_below(7);
	uint32_t after = build_random_below(2);
	struct lw_node *node;

	node = random_node(m, LW_NODE_PAD, in, in->h + top + bottom,
		    in->w + left + right, in->c + before + after);
	if (!node)
		return NULL;
	node->window.pad_top = top;
	node->window.pad_bottom = bottom;
	node->window.pad_left = left;
	node->window.pad_right = right;
	node->pad_channels_before = before;
	node->pad_channels_after = after;
	node->fill = random_chance(2) ? 0 : build_random();
	return node;
}

struct lw_node *random_flatten(struct making *m, struct lw_value *in)
{
	struct lw_node *node = random_node(m, LW_NODE_FLATTEN, in, 1, 1,
				    in->h * in->w * in->c);

	if (node)
		node->nchw = build_random_below(2);
	return node;
}

/* Another order of h, w and c, and at times another shape. */
struct lw_node *random_reorder(struct making *m, struct lw_value *in)
{
	const uint32_t size[3] = { in->h, in->w, in->c };
	const uint32_t stride[3] = { in->w * in->c, in->c, 1 };
	uint32_t order[3] = { 0, 1, 2 }, i, j, t, h, w, c;
	struct lw_node *node;

	for (i = random_chance(3) ? 0 : 2; i; i--) {
		j = build_random_below(i + 1);
		t = order[i];
		order[i] = order[j];
		order[j] = t;
	}
	h = size[order[0]];
	w = size[order[1]];
	c = size[order[2]];
	if (random_chance(3) && h % 2 == 0)
		h /= 2, w *= 2;
	else if (random_chance(3) && c % 2 == 0)
		c /= 2, w *= 2;
	node = random_node(m, LW_NODE_REORDER, in, h, w, c);
	if (!node)
		return NULL;
	node->n_sizes = 3;
	for (i = 0; i < 3; i++) {
		node->size[i] = size[order[i]];
		node->stride[i] = stride[order[i]];
	}
	return node;
}

static float *random_positions(uint32_t n, uint32_t size, bool whole)
{
	float *position = build_copy((float[MAX_SIZE]){ 0 }, n);
	uint32_t i;

	for (i = 0; i < n; i++)
		position[i] = whole ? build_random_below(size) :
			      fabsf(build_random()) * (size - 1);
	return position;
}

enum lw_rule random_rule(void)
{
	return build_random_below(2) ? LW_RULE_COMMON : LW_RULE_ONNXRUNTIME;
}

struct lw_node *random_resize(struct making *m, struct lw_value *in)
{
	uint32_t h = 1 + build_random_below(MAX_SIZE);
	uint32_t w = 1 + build_random_below(MAX_SIZE);
	struct lw_node *node = random_node(m, LW_NODE_RESIZE, in, h, w, in->c);

	if (!node)
		return NULL;
	node->rule = random_rule();
	node->position[0] = random_positions(h, in->h, build_random_below(2));
	node->position[1] = random_positions(w, in->w, build_random_below(2));
	return node;
}
