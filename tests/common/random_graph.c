// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "random_graph.h"
#include "random_node.h"

/* Bounds at random, so that numbers do not grow. */
static void bound(struct lw_node *node)
{
	node->act_lo = -1 - 3 * fabsf(build_random());
	node->act_hi = 1 + 3 * fabsf(build_random());
}

static void scale_weights(struct lw_node *node, uint32_t fan_in)
{
	struct lw_weights *w = node->weights;
	size_t i, n = (size_t)w->o * w->kh * w->kw * w->i;
	float scale = sqrtf(3.0f / fan_in);

	for (i = 0; i < n; i++)
		w->real[i] *= random_chance(4) ? 0 : scale;
	if (random_chance(3))
		node->act_lo = 0;
}

static uint32_t common_divisor(uint32_t a, uint32_t b)
{
	return b ? common_divisor(b, a % b) : a;
}

static struct lw_node *convolution(struct making *m, struct lw_value *in,
				   enum lw_node_kind kind)
{
	struct build_conv conv = build_random_conv(3);
	uint32_t reach;

	if (kind == LW_NODE_DWCONV)
		conv.o = in->c;
	else if (common_divisor(in->c, conv.groups) != conv.groups)
		conv.o /= conv.groups, conv.groups = 1;
	reach = (conv.kernel - 1) * conv.dilation + 1;
	if (kind == LW_NODE_TCONV) {
		if ((in->h - 1) * conv.stride + reach <= 2 * conv.pad ||
		    (in->w - 1) * conv.stride + reach <= 2 * conv.pad ||
		    !random_fits((in->h - 1) * conv.stride + reach,
			  (in->w - 1) * conv.stride + reach, conv.o))
			return NULL;
	} else if (reach > in->h + 2 * conv.pad ||
		   reach > in->w + 2 * conv.pad ||
		   !random_fits(in->h + 2 * conv.pad, in->w + 2 * conv.pad,
				conv.o)) {
		return NULL;
	}
	return build_conv(m->graph, kind, m->name, in, conv);
}

static struct lw_node *make_conv(struct making *m, struct lw_value *in)
{
	struct lw_node *node = convolution(m, in, LW_NODE_CONV);

	if (node)
		scale_weights(node, node->weights->kh * node->weights->kw *
				    node->weights->i);
	return node;
}

static struct lw_node *make_dwconv(struct making *m, struct lw_value *in)
{
	struct lw_node *node = convolution(m, in, LW_NODE_DWCONV);

	if (node)
		scale_weights(node, node->weights->kh * node->weights->kw);
	return node;
}

static struct lw_node *make_tconv(struct making *m, struct lw_value *in)
{
	struct lw_node *node = convolution(m, in, LW_NODE_TCONV);

	if (node)
		scale_weights(node, node->weights->kh * node->weights->kw *
				    node->weights->i);
	return node;
}

static struct lw_node *make_pool(struct making *m, struct lw_value *in)
{
	uint32_t k = 1 + build_random_below(3), pad = build_random_below(k);
	uint32_t stride = 1 + build_random_below(2);
	struct lw_node *node;

	if (random_chance(4) && in->h > 1) {
		node = random_node(m, LW_NODE_POOL, in, 1, 1, in->c);
		node->window.kernel_h = in->h;
		node->window.kernel_w = in->w;
		node->pool = LW_POOL_AVERAGE;
		return node;
	}
	if (k > in->h || k > in->w)
		return NULL;
	node = random_node(m, LW_NODE_POOL, in,
			   (in->h + 2 * pad - k) / stride + 1,
			   (in->w + 2 * pad - k) / stride + 1, in->c);
	if (!node)
		return NULL;
	node->window = (struct lw_window){ k, k, stride, stride, 1, 1,
					   pad, pad, pad, pad };
	node->pool = build_random_below(2) ? LW_POOL_MAX : LW_POOL_AVERAGE;
	node->count_pad = build_random_below(2);
	node->rule = random_rule();
	return node;
}

/* A value that another may be combined with, number by number. */
static struct lw_value *partner(struct making *m, const struct lw_value *a)
{
	struct lw_value *b;
	int i;

	for (i = 0; i < 20; i++) {
		b = random_value(m);
		if ((a->h == b->h || a->h == 1 || b->h == 1) &&
		    (a->w == b->w || a->w == 1 || b->w == 1) &&
		    (a->c == b->c || a->c == 1 || b->c == 1))
			return b;
	}
	return NULL;
}

static struct lw_node *make_pair(struct making *m, enum lw_node_kind kind,
				 struct lw_value *a)
{
	struct lw_value *b = partner(m, a), *in[2] = { a, b };
	uint32_t h, w, c;

	if (!b)
		return NULL;
	h = a->h > b->h ? a->h : b->h;
	w = a->w > b->w ? a->w : b->w;
	c = a->c > b->c ? a->c : b->c;
	if (!random_fits(h, w, c))
		return NULL;
	return build_join(m->graph, kind, m->name, in, 2, h, w, c);
}

static struct lw_node *make_add(struct making *m, struct lw_value *in)
{
	struct lw_node *node = make_pair(m, LW_NODE_ADD, in);

	if (node)
		node->subtract = build_random_below(2);
	return node;
}

static struct lw_node *make_mul(struct making *m, struct lw_value *in)
{
	struct lw_node *node = make_pair(m, LW_NODE_MUL, in);

	if (node)
		bound(node);
	return node;
}

/* Two values of which the sizes happen to agree, or one with itself. */
static struct lw_node *make_matmul(struct making *m, struct lw_value *a)
{
	bool ta = build_random_below(2), tb = build_random_below(2);
	uint32_t k = ta ? a->w : a->c, h;
	struct lw_value *b = NULL, *in[2] = { a, NULL };
	struct lw_node *node;
	int i;

	for (i = 0; i < 40 && !in[1]; i++) {
		b = i < 39 ? random_value(m) : a;
		tb = i < 39 ? build_random_below(2) : !ta;
		if ((tb ? b->c : b->w) == k &&
		    (a->h == b->h || a->h == 1 || b->h == 1))
			in[1] = b;
	}
	if (!in[1])
		return NULL;
	h = a->h > b->h ? a->h : b->h;
	if (!random_fits(h, ta ? a->c : a->w, tb ? b->w : b->c))
		return NULL;
	node = build_join(m->graph, LW_NODE_MATMUL, m->name, in, 2, h,
			  ta ? a->c : a->w, tb ? b->w : b->c);
	node->transpose_a = ta;
	node->transpose_b = tb;
	bound(node);
	return node;
}

static struct lw_node *make_affine(struct making *m, struct lw_value *in)
{
	return build_affine(m->graph, m->name, in);
}

static struct lw_node *make_unary(struct making *m, struct lw_value *in)
{
	/* Those that are smooth everywhere, and no steeper than a line. */
	static const enum lw_unary_kind kinds[] = {
		LW_UNARY_IDENTITY, LW_UNARY_SIGMOID, LW_UNARY_TANH,
		LW_UNARY_HARD_SIGMOID, LW_UNARY_HARD_SWISH, LW_UNARY_LEAKY_RELU,
		LW_UNARY_ELU, LW_UNARY_GELU, LW_UNARY_GELU_TANH, LW_UNARY_MISH,
		LW_UNARY_SOFTPLUS, LW_UNARY_SOFTSIGN, LW_UNARY_ABS,
		LW_UNARY_NEG, LW_UNARY_ERF, LW_UNARY_SIN, LW_UNARY_SWISH,
	};
	struct lw_node *node = random_node(m, LW_NODE_UNARY, in, in->h, in->w,
					   in->c);
	uint32_t i;

	node->unary = kinds[build_random_below(sizeof(kinds) / sizeof(*kinds))];
	node->alpha = 0.25f;
	node->beta = 0.5f;
	if (node->unary == LW_UNARY_IDENTITY || random_chance(5))
		bound(node);
	if (node->unary != LW_UNARY_LEAKY_RELU || random_chance(2))
		return node;
	node->alphas = build_copy((float[MAX_CHANNELS]){ 0 }, in->c);
	for (i = 0; i < in->c; i++)
		node->alphas[i] = build_random();
	return node;
}

static struct lw_node *make_softmax(struct making *m, struct lw_value *in)
{
	struct lw_node *node = random_node(m, LW_NODE_SOFTMAX, in, in->h,
					   in->w, in->c);

	if (node)
		node->rule = random_rule();
	return node;
}

static struct lw_node *make_requant(struct making *m, struct lw_value *in)
{
	return random_node(m, LW_NODE_REQUANT, in, in->h, in->w, in->c);
}

static struct lw_node *join_same(struct making *m, enum lw_node_kind kind,
				 struct lw_value *a, struct lw_value *b)
{
	struct lw_value *in[2] = { a, b };

	return build_join(m->graph, kind, m->name, in, 2, a->h, a->w, a->c);
}

/* Another value of the same shape, or the same. */
static struct lw_value *like(struct making *m, struct lw_value *v)
{
	struct lw_value *other;
	int i;

	for (i = 0; i < 20; i++) {
		other = random_value(m);
		if (other->h == v->h && other->w == v->w && other->c == v->c)
			return other;
	}
	return v;
}

static struct lw_node *add_gate(struct making *m, struct lw_value *tested)
{
	struct lw_node *gate = random_node(m, LW_NODE_GATE, tested, 1, 1, 1);

	gate->gate = LW_GATE_MAX;
	if (lw_value_size(tested) > 1)
		gate->gate = build_random_below(2);
	gate->threshold = fabsf(build_random()) *
			  (gate->gate == LW_GATE_MAX ? 1.5f : 0.2f);
	gate->invert = build_random_below(2);
	return gate;
}

static struct lw_node *add_merge(struct making *m, const struct lw_node *gate,
				 struct lw_value *early, struct lw_value *late)
{
	strcat(m->name, "m");
	return build_join(m->graph, LW_NODE_MERGE, m->name,
			  (struct lw_value *[]){ gate->out, early, late }, 3,
			  late->h, late->w, late->c);
}

/*
 * What a gate skips: a node or two, or nothing; at times one is a gate again.
 * Only what is behind the merge may read it.
 */
static struct lw_value *make_skipped(struct making *m, struct lw_value *in,
				     int depth)
{
	struct lw_node *gate;
	uint32_t i, n = build_random_below(3);

	for (i = 0; i < n; i++) {
		strcat(m->name, "x");
		switch (build_random_below(depth ? 2 : 3)) {
		case 0:
			in = make_unary(m, in)->out;
			break;
		case 1:
			in = join_same(m, LW_NODE_ADD, in, like(m, in))->out;
			break;
		default:
			gate = add_gate(m, in);
			in = add_merge(m, gate, like(m, in),
				       make_skipped(m, in, 1))->out;
		}
	}
	return in;
}

static struct lw_node *make_gate(struct making *m, struct lw_value *in)
{
	const struct lw_node *gate = add_gate(m, random_value(m));
	struct lw_value *late = make_skipped(m, in, 0);
	struct lw_value *early[2] = { like(m, in), like(m, in) };

	if (random_chance(3))
		m->pool[m->n++] = add_merge(m, gate, early[1], late)->out;
	return add_merge(m, gate, early[0], late);
}

static struct lw_node *(*const makers[])(struct making *m,
					 struct lw_value *in) = {
	make_conv, make_dwconv, make_tconv, make_pool, make_add, make_mul,
	make_matmul, make_affine, make_unary, random_constant, random_concat,
	random_slice, random_pad, random_flatten, random_reorder, random_resize,
	make_softmax, make_requant, make_gate,
};

static void add_input(struct making *m, uint32_t i)
{
	const char *name = (const char *[]){ "a", "b", "c" }[i];

	m->pool[m->n++] = build_input(m->graph, name,
				      1 + build_random_below(8),
				      1 + build_random_below(8),
				      1 + build_random_below(12));
}

static void set_outputs(struct lw_graph *graph)
{
	uint32_t i;

	for (i = 0; i < graph->n_values; i++)
		if (!lw_graph_readers(graph, graph->values[i]))
			build_output(graph, graph->values[i]);
}

struct lw_graph *random_graph(uint64_t seed, uint32_t n_nodes)
{
	struct making m = { .graph = lw_graph_new("random") };
	struct lw_node *node;
	uint32_t i, i_maker, inputs;

	if (!m.graph)
		abort();
	build_seed(seed);
	inputs = 1 + build_random_below(3);
	for (i = 0; i < inputs; i++)
		add_input(&m, i);
	for (i = 0; i < n_nodes;) {
		snprintf(m.name, sizeof(m.name), "n%u", i);
		i_maker = build_random_below(sizeof(makers) / sizeof(*makers));
		node = makers[i_maker](&m, random_value(&m));
		if (!node)
			continue;
		m.pool[m.n++] = node->out;
		i++;
	}
	set_outputs(m.graph);
	return m.graph;
}
