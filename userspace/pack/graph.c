// SPDX-License-Identifier: MIT
/* Making, copying and changing graphs. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph.h"

/*
 * Makes room for one element more. The capacity is the power of two that
 * follows from n, so it needs no field; removing elements only makes it larger
 * than that.
 */
static int grow(void **array, uint32_t n, size_t size)
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

static char *copy_name(const char *name)
{
	return strdup(name ? name : "");
}

static void *copy_array(const void *from, size_t n, size_t size)
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

struct lw_graph *lw_graph_new(const char *source)
{
	struct lw_graph *graph = calloc(1, sizeof(*graph));

	if (!graph)
		return NULL;
	graph->source = copy_name(source);
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

	if (grow((void **)&graph->values, graph->n_values,
		 sizeof(*graph->values)))
		return NULL;
	value = calloc(1, sizeof(*value));
	if (!value)
		return NULL;
	value->name = copy_name(name);
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

	if (grow((void **)&graph->nodes, graph->n_nodes,
		 sizeof(*graph->nodes)))
		return NULL;
	node = calloc(1, sizeof(*node));
	if (!node)
		return NULL;
	set_defaults(node);
	node->kind = kind;
	node->n_in = n_in;
	node->out = out;
	node->name = copy_name(name);
	node->in = copy_array(in, n_in, sizeof(*in));
	if (!node->name || !node->in) {
		free_node(node);
		return NULL;
	}
	graph->nodes[graph->n_nodes++] = node;
	return node;
}

static int append_port(struct lw_port **ports, uint32_t *n,
		       const struct lw_port *port)
{
	int ret = grow((void **)ports, *n, sizeof(**ports));

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

struct lw_node *lw_graph_producer(const struct lw_graph *graph,
				  const struct lw_value *value)
{
	uint32_t i;

	for (i = 0; i < graph->n_nodes; i++)
		if (graph->nodes[i]->out == value)
			return graph->nodes[i];
	return NULL;
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

static bool weights_size(uint32_t o, uint32_t kh, uint32_t kw, uint32_t i,
			 size_t *n)
{
	return o && kh && kw && i && !lw_mul(o, kh, n) && !lw_mul(*n, kw, n) &&
	       !lw_mul(*n, i, n) && *n <= LW_MAX_ELEMENTS;
}

struct lw_weights *lw_weights_new(uint32_t o, uint32_t kh, uint32_t kw,
				  uint32_t i, bool bias)
{
	struct lw_weights *weights;
	size_t n;

	if (!weights_size(o, kh, kw, i, &n))
		return NULL;
	weights = calloc(1, sizeof(*weights));
	if (!weights)
		return NULL;
	weights->o = o;
	weights->kh = kh;
	weights->kw = kw;
	weights->i = i;
	weights->real = calloc(n, sizeof(*weights->real));
	if (bias)
		weights->bias = calloc(o, sizeof(*weights->bias));
	if (!weights->real || (bias && !weights->bias)) {
		lw_weights_free(weights);
		return NULL;
	}
	return weights;
}

void lw_weights_free(struct lw_weights *weights)
{
	if (!weights)
		return;
	free(weights->real);
	free(weights->q);
	free(weights->scale);
	free(weights->bias);
	free(weights->bias_q);
	free(weights);
}

/* Copies an optional array; true when memory is short. */
#define COPY_FIELD(to, from, field, n) \
	((from)->field && !((to)->field = copy_array((from)->field, n, \
						     sizeof(*(from)->field))))

static struct lw_weights *copy_weights(const struct lw_weights *from)
{
	struct lw_weights *to = lw_weights_new(from->o, from->kh, from->kw,
					       from->i, from->bias);
	size_t n = (size_t)from->o * from->kh * from->kw * from->i;

	if (!to)
		return NULL;
	memcpy(to->real, from->real, n * sizeof(*to->real));
	if (from->bias)
		memcpy(to->bias, from->bias, from->o * sizeof(*to->bias));
	if (COPY_FIELD(to, from, q, n) || COPY_FIELD(to, from, scale, to->o) ||
	    COPY_FIELD(to, from, bias_q, to->o)) {
		lw_weights_free(to);
		return NULL;
	}
	return to;
}

static int copy_value(struct lw_graph *to, const struct lw_value *from)
{
	struct lw_value *value = lw_graph_value(to, from->name, from->h,
						from->w, from->c);
	struct lw_value made;

	if (!value)
		return -ENOMEM;
	made = *value;
	*value = *from;
	value->name = made.name;
	value->id = made.id;
	return 0;
}

static int copy_node(struct lw_graph *to, const struct lw_node *from)
{
	struct lw_node *node = lw_graph_node(to, from->kind, from->name,
					     from->in, from->n_in, NULL);
	struct lw_node made;
	uint32_t i;

	if (!node)
		return -ENOMEM;
	made = *node;
	*node = *from;
	node->name = made.name;
	node->in = made.in;
	node->weights = NULL;
	for (i = 0; i < node->n_in; i++)
		node->in[i] = to->values[from->in[i]->id];
	node->out = to->values[from->out->id];
	if (from->weights) {
		node->weights = copy_weights(from->weights);
		if (!node->weights)
			return -ENOMEM;
	}
	return 0;
}

static int copy_ports(struct lw_graph *to, const struct lw_graph *from)
{
	struct lw_port port;
	uint32_t i;
	int ret = 0;

	for (i = 0; i < from->n_inputs && !ret; i++) {
		port = from->inputs[i];
		port.value = to->values[port.value->id];
		ret = lw_graph_input(to, &port);
	}
	for (i = 0; i < from->n_outputs && !ret; i++) {
		port = from->outputs[i];
		port.value = to->values[port.value->id];
		ret = lw_graph_output(to, &port);
	}
	return ret;
}

struct lw_graph *lw_graph_copy(const struct lw_graph *graph)
{
	struct lw_graph *copy = lw_graph_new(graph->source);
	int ret = copy ? 0 : -ENOMEM;
	uint32_t i;

	if (copy)
		copy->quantised = graph->quantised;
	for (i = 0; i < graph->n_values && !ret; i++)
		ret = copy_value(copy, graph->values[i]);
	for (i = 0; i < graph->n_nodes && !ret; i++)
		ret = copy_node(copy, graph->nodes[i]);
	if (!ret)
		ret = copy_ports(copy, graph);
	if (ret) {
		lw_graph_free(copy);
		return NULL;
	}
	return copy;
}

static void free_refusal(struct lw_refusal *refusal)
{
	free(refusal->node);
	free(refusal->op);
	free(refusal->reason);
}

int lw_refuse(struct lw_refusals *refusals, const char *node, const char *op,
	      const char *format, ...)
{
	struct lw_refusal refusal = { 0 };
	char reason[256];
	va_list args;

	if (grow((void **)&refusals->item, refusals->n,
		 sizeof(*refusals->item)))
		return -ENOMEM;
	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
	refusal.reason = copy_name(reason);
	refusal.node = copy_name(node);
	refusal.op = copy_name(op);
	if (!refusal.node || !refusal.op || !refusal.reason) {
		free_refusal(&refusal);
		return -ENOMEM;
	}
	lw_one_line(refusal.reason);
	lw_one_line(refusal.node);
	lw_one_line(refusal.op);
	refusals->item[refusals->n++] = refusal;
	return 0;
}

void lw_refusals_free(struct lw_refusals *refusals)
{
	uint32_t i;

	for (i = 0; i < refusals->n; i++)
		free_refusal(&refusals->item[i]);
	free(refusals->item);
	*refusals = (struct lw_refusals){ 0 };
}
