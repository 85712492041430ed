// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "build_graph.h"
#include "random.h"

static struct lw_random source = { .state = 1 };

static void *need(void *p)
{
	if (!p)
		abort();
	return p;
}

void build_seed(uint64_t seed)
{
	source = lw_random_seed(seed);
}

float build_random(void)
{
	return (float)(lw_random_u32(&source) >> 8) / (1 << 23) - 1;
}

uint32_t build_random_below(uint32_t n)
{
	return lw_random_below(&source, n);
}

static struct lw_port port_of(struct lw_value *value)
{
	return (struct lw_port){
		.value = value,
		.n_dims = 4,
		.dims = { 1, value->h, value->w, value->c },
	};
}

struct lw_value *build_input(struct lw_graph *graph, const char *name,
			     uint32_t h, uint32_t w, uint32_t c)
{
	struct lw_value *in = need(lw_graph_value(graph, name, h, w, c));
	struct lw_port port = port_of(in);

	if (lw_graph_input(graph, &port))
		abort();
	return in;
}

struct lw_graph *build_graph(uint32_t h, uint32_t w, uint32_t c)
{
	struct lw_graph *graph = need(lw_graph_new("test"));

	build_input(graph, "in", h, w, c);
	return graph;
}

void build_output(struct lw_graph *graph, struct lw_value *value)
{
	struct lw_port port = port_of(value);

	if (lw_graph_output(graph, &port))
		abort();
}

struct lw_node *build_join(struct lw_graph *graph, enum lw_node_kind kind,
			   const char *name, struct lw_value *const *in,
			   uint32_t n_in, uint32_t h, uint32_t w, uint32_t c)
{
	struct lw_value *out;
	char out_name[64];

	snprintf(out_name, sizeof(out_name), "%s.out", name);
	out = need(lw_graph_value(graph, out_name, h, w, c));
	return need(lw_graph_node(graph, kind, name, in, n_in, out));
}

struct lw_node *build_node(struct lw_graph *graph, enum lw_node_kind kind,
			   const char *name, struct lw_value *in, uint32_t h,
			   uint32_t w, uint32_t c)
{
	return build_join(graph, kind, name, &in, 1, h, w, c);
}

/* Rows of a convolution's output. */
static uint32_t size(uint32_t in, enum lw_node_kind kind,
		     const struct lw_window *w)
{
	uint32_t reach = (w->kernel_h - 1) * w->dilation_h + 1;

	if (kind == LW_NODE_TCONV)
		return (in - 1) * w->stride_h + reach - 2 * w->pad_top;
	return (in + 2 * w->pad_top - reach) / w->stride_h + 1;
}

static void fill(float *numbers, size_t n)
{
	while (n--)
		*numbers++ = build_random();
}

struct lw_node *build_constant(struct lw_graph *graph, const char *name,
			       uint32_t h, uint32_t w, uint32_t c)
{
	struct lw_node *node = build_join(graph, LW_NODE_CONSTANT, name, NULL,
					  0, h, w, c);

	node->constant = build_numbers(node->out);
	return node;
}

struct lw_node *build_conv(struct lw_graph *graph, enum lw_node_kind kind,
			   const char *name, struct lw_value *in,
			   struct build_conv conv)
{
	bool depthwise = kind == LW_NODE_DWCONV;
	uint32_t k = conv.kernel ? conv.kernel : 1;
	uint32_t stride = conv.stride ? conv.stride : 1;
	uint32_t dilation = conv.dilation ? conv.dilation : 1;
	uint32_t groups = conv.groups ? conv.groups : 1;
	uint32_t o = depthwise ? in->c : conv.o;
	uint32_t i = depthwise ? 1 : in->c / groups;
	struct lw_window window = { k, k, stride, stride, dilation, dilation,
				    conv.pad, conv.pad, conv.pad, conv.pad };
	struct lw_node *node;

	node = build_node(graph, kind, name, in, size(in->h, kind, &window),
			  size(in->w, kind, &window), o);
	node->window = window;
	node->groups = groups;
	node->weights = need(lw_weights_new(o, k, k, i, conv.bias));
	fill(node->weights->real, (size_t)o * k * k * i);
	if (conv.bias)
		fill(node->weights->bias, o);
	return node;
}

void build_quantise(struct lw_node *node, float scale)
{
	struct lw_weights *w = node->weights;
	size_t i, n = (size_t)w->o * w->kh * w->kw * w->i;
	float bias_scale = scale * node->in[0]->scale;

	w->q = need(malloc(n));
	w->scale = need(malloc(w->o * sizeof(*w->scale)));
	for (i = 0; i < n; i++) {
		w->q[i] = lrintf(w->real[i] / scale);
		w->real[i] = w->q[i] * scale;
	}
	for (i = 0; i < w->o; i++)
		w->scale[i] = scale;
	if (!w->bias)
		return;
	w->bias_q = need(malloc(w->o * sizeof(*w->bias_q)));
	for (i = 0; i < w->o; i++) {
		w->bias_q[i] = lrintf(w->bias[i] / bias_scale);
		w->bias[i] = w->bias_q[i] * bias_scale;
	}
}

struct build_conv build_random_conv(uint32_t pads)
{
	uint32_t groups = 1 + build_random_below(3);

	return (struct build_conv){
		.o = groups * (1 + build_random_below(5)),
		.kernel = 1 + build_random_below(4),
		.stride = 1 + build_random_below(3),
		.dilation = 1 + build_random_below(3),
		.pad = build_random_below(pads),
		.groups = groups,
		.bias = build_random_below(2),
	};
}

struct lw_node *build_affine(struct lw_graph *graph, const char *name,
			     struct lw_value *in)
{
	struct lw_node *node = build_node(graph, LW_NODE_AFFINE, name, in,
					  in->h, in->w, in->c);

	node->weights = need(lw_weights_new(in->c, 1, 1, 1, true));
	fill(node->weights->real, in->c);
	fill(node->weights->bias, in->c);
	return node;
}

void build_scale(struct lw_value *value, float scale, int32_t zero_point)
{
	value->quantised = true;
	value->scale = scale;
	value->zero_point = zero_point;
}

float *build_numbers(const struct lw_value *value)
{
	size_t n = lw_value_size(value);
	float *numbers = need(malloc(n * sizeof(*numbers)));

	fill(numbers, n);
	return numbers;
}

struct lw_dataset build_dataset(const struct lw_graph *graph, uint32_t n)
{
	struct lw_dataset dataset = { .n = n };
	uint32_t i;

	for (i = 0; i < graph->n_inputs; i++)
		dataset.size += lw_value_size(graph->inputs[i].value);
	dataset.data = need(malloc(n * dataset.size * sizeof(float)));
	fill(dataset.data, n * dataset.size);
	return dataset;
}

float *build_copy(const float *numbers, size_t n)
{
	float *copy = need(malloc(n * sizeof(*copy)));

	memcpy(copy, numbers, n * sizeof(*copy));
	return copy;
}

float *build_run_all(const struct lw_graph *graph, const float *const *inputs)
{
	const struct lw_value *value = graph->outputs[0].value;
	size_t size = lw_value_size(value) * sizeof(float);
	struct lw_interpreter *interpreter;
	struct lwnpu_error error;
	float *out = need(malloc(size));

	if (lw_interpreter_new(&interpreter, graph, &error)) {
		fprintf(stderr, "%s\n", error.message);
		abort();
	}
	lw_interpreter_run(interpreter, inputs, NULL, NULL);
	memcpy(out, lw_interpreter_value(interpreter, value), size);
	lw_interpreter_free(interpreter);
	return out;
}

float *build_run(const struct lw_graph *graph, const float *input)
{
	return build_run_all(graph, &input);
}
