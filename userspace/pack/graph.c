// SPDX-License-Identifier: MIT
/* Making and changing graphs. */
#include <stdlib.h>
#include <string.h>

#include "graph_private.h"

/*
 * The capacity is the power of two that follows from n, so it needs no field;
 * removing elements only makes it larger than that.
 */
int lw_array_grow(void **array, uint32_t n, size_t size)
{
	size_t capacity = n ? (size_t)n * 2 : 1;
	size_t bytes;
	void *p;

	if (n & (n - 1) && *array)
		return 0;
	if (n == UINT32_MAX || lw_mul(capacity, size, &bytes))
		return -ENOMEM;
	p = realloc(*array, bytes);
	if (!p)
		return -ENOMEM;
	*array = p;
	return 0;
}

char *lw_name_copy(const char *name)
{
	return strdup(name ? name : "");
}

void *lw_array_copy(const void *from, size_t n, size_t size)
{
	size_t bytes;
	void *to;

	if (lw_mul(n, size, &bytes))
		return NULL;
	to = malloc(bytes ? bytes : 1);
	if (to && bytes)
		memcpy(to, from, bytes);
	return to;
}

const char *lw_node_kind_name(enum lw_node_kind kind)
{
	static const char *const names[] = {
#define LW_NODE_NAME(name, NAME, text) [LW_NODE_##NAME] = #name,
		LW_NODES(LW_NODE_NAME)
#undef LW_NODE_NAME
	};

	return (unsigned int)kind < LW_NODE_KINDS ? names[kind] : "unknown";
}

bool lw_node_takes_bounds(const struct lw_node *node)
{
	switch (node->kind) {
	case LW_NODE_CONV:
	case LW_NODE_DWCONV:
	case LW_NODE_TCONV:
	case LW_NODE_POOL:
	case LW_NODE_ADD:
	case LW_NODE_MUL:
	case LW_NODE_MATMUL:
	case LW_NODE_AFFINE:
	case LW_NODE_UNARY:
	case LW_NODE_REQUANT:
		return true;
	default:
		return false;
	}
}

struct lw_graph *lw_graph_new(const char *source)
{
	struct lw_graph *graph = calloc(1, sizeof(*graph));

	if (!graph)
		return NULL;
	graph->source = lw_name_copy(source);
	if (!graph->source) {
		free(graph);
		return NULL;
	}
	return graph;
}

static void free_node(struct lw_node *node)
{
	if (!node)
		return;
	lw_weights_free(node->weights);
	free(node->constant);
	free(node->alphas);
	free(node->tables);
	free(node->position[0]);
	free(node->position[1]);
	free(node->in);
	free(node->name);
	free(node);
}

static void free_value(struct lw_value *value)
{
	if (!value)
		return;
	free(value->name);
	free(value);
}

void lw_graph_free(struct lw_graph *graph)
{
	uint32_t i;

	if (!graph)
		return;
	for (i = 0; i < graph->n_nodes; i++)
		free_node(graph->nodes[i]);
	for (i = 0; i < graph->n_values; i++)
		free_value(graph->values[i]);
	free(graph->nodes);
	free(graph->values);
	free(graph->inputs);
	free(graph->outputs);
	free(graph->source);
	free(graph);
}

struct lw_value *lw_graph_value(struct lw_graph *graph, const char *name,
				uint32_t h, uint32_t w, uint32_t c)
{
	struct lw_value *value;

	if (lw_array_grow((void **)&graph->values, graph->n_values,
			  sizeof(*graph->values)))
		return NULL;
	value = calloc(1, sizeof(*value));
	if (!value)
		return NULL;
	value->name = lw_name_copy(name);
	if (!value->name) {
		free(value);
		return NULL;
	}
	value->h = h;
	value->w = w;
	value->c = c;
	value->id = graph->n_values;
	graph->values[graph->n_values++] = value;
	return value;
}

static void set_defaults(struct lw_node *node)
{
	struct lw_window *w = &node->window;
	int i;

	node->act_lo = -INFINITY;
	node->act_hi = INFINITY;
	node->groups = 1;
	w->kernel_h = w->kernel_w = 1;
	w->stride_h = w->stride_w = 1;
	w->dilation_h = w->dilation_w = 1;
	for (i = 0; i < 3; i++)
		node->step[i] = 1;
}

struct lw_node *lw_graph_node(struct lw_graph *graph, enum lw_node_kind kind,
			      const char *name, struct lw_value *const *in,
			      uint32_t n_in, struct lw_value *out)
{
	struct lw_node *node;

	if (lw_array_grow((void **)&graph->nodes, graph->n_nodes,
			  sizeof(*graph->nodes)))
		return NULL;
	node = calloc(1, sizeof(*node));
	if (!node)
		return NULL;
	set_defaults(node);
	node->kind = kind;
	node->n_in = n_in;
	node->out = out;
	node->name = lw_name_copy(name);
	node->in = calloc(n_in ? n_in : 1, sizeof(*in));
	if (!node->name || !node->in) {
		free_node(node);
		return NULL;
	}
	if (n_in)
		memcpy(node->in, in, n_in * sizeof(*in));
	graph->nodes[graph->n_nodes++] = node;
	return node;
}

static int append_port(struct lw_port **ports, uint32_t *n,
		       const struct lw_port *port)
{
	int ret = lw_array_grow((void **)ports, *n, sizeof(**ports));

	if (!ret)
		(*ports)[(*n)++] = *port;
	return ret;
}

int lw_graph_input(struct lw_graph *graph, const struct lw_port *port)
{
	return append_port(&graph->inputs, &graph->n_inputs, port);
}

int lw_graph_output(struct lw_graph *graph, const struct lw_port *port)
{
	return append_port(&graph->outputs, &graph->n_outputs, port);
}

void lw_graph_remove(struct lw_graph *graph, uint32_t node)
{
	free_node(graph->nodes[node]);
	graph->n_nodes--;
	memmove(&graph->nodes[node], &graph->nodes[node + 1],
		(graph->n_nodes - node) * sizeof(*graph->nodes));
}

void lw_window_cover(struct lw_window *window, struct lw_weights *weights,
		     const struct lw_value *image)
{
	*window = (struct lw_window){
		.kernel_h = image->h,
		.kernel_w = image->w,
		.stride_h = 1,
		.stride_w = 1,
		.dilation_h = 1,
		.dilation_w = 1,
	};
	weights->kh = image->h;
	weights->kw = image->w;
	weights->i = image->c;
}

struct lw_node *lw_graph_producer(const struct lw_graph *graph,
				  const struct lw_value *value)
{
	uint32_t i;

	for (i = 0; i < graph->n_nodes; i++)
		if (graph->nodes[i]->out == value)
			return graph->nodes[i];
	return NULL;
}

bool lw_graph_has_bytes(const struct lw_graph *graph)
{
	uint32_t i;

	for (i = 0; i < graph->n_nodes; i++)
		if (lw_has_bytes(graph->nodes[i]) &&
		    !graph->nodes[i]->weights->q)
			return false;
	return true;
}

static bool is_port(const struct lw_port *ports, uint32_t n,
		    const struct lw_value *value)
{
	uint32_t i;

	for (i = 0; i < n; i++)
		if (ports[i].value == value)
			return true;
	return false;
}

bool lw_graph_is_input(const struct lw_graph *graph,
		       const struct lw_value *value)
{
	return is_port(graph->inputs, graph->n_inputs, value);
}

bool lw_graph_is_output(const struct lw_graph *graph,
			const struct lw_value *value)
{
	return is_port(graph->outputs, graph->n_outputs, value);
}

uint32_t lw_graph_readers(const struct lw_graph *graph,
			  const struct lw_value *value)
{
	uint32_t i, j, n = 0;

	for (i = 0; i < graph->n_nodes; i++)
		for (j = 0; j < graph->nodes[i]->n_in; j++)
			n += graph->nodes[i]->in[j] == value;
	for (i = 0; i < graph->n_outputs; i++)
		n += graph->outputs[i].value == value;
	return n;
}

void lw_graph_replace(struct lw_graph *graph, struct lw_value *from,
		      struct lw_value *to)
{
	uint32_t i, j;

	for (i = 0; i < graph->n_nodes; i++)
		for (j = 0; j < graph->nodes[i]->n_in; j++)
			if (graph->nodes[i]->in[j] == from)
				graph->nodes[i]->in[j] = to;
	for (i = 0; i < graph->n_outputs; i++)
		if (graph->outputs[i].value == from)
			graph->outputs[i].value = to;
}
