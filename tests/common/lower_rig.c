// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "interpreter.h"
#include "lower_rig.h"

struct lw_node *rig_scaled(struct lw_node *node)
{
	build_scale(node->out, RIG_SCALE, RIG_ZERO);
	return node;
}

struct lw_graph *rig_graph(uint32_t h, uint32_t w, uint32_t c)
{
	struct lw_graph *graph = build_graph(h, w, c);

	build_scale(rig_input(graph), RIG_SCALE, RIG_ZERO);
	return graph;
}

struct lw_node *rig_conv(struct lw_graph *graph, enum lw_node_kind kind,
			 const char *name, struct lw_value *in,
			 struct build_conv how)
{
	struct lw_node *node = rig_scaled(build_conv(graph, kind, name, in,
						     how));
	struct lw_weights *w = node->weights;
	size_t n = (size_t)w->o * w->kh * w->kw * w->i;

	/* Few results are as large as a byte cannot say. */
	for (size_t k = 0; k < n; k++)
		w->real[k] *= 0.6f;
	build_quantise(node, 1.0f / 32);
	return node;
}

struct lw_node *rig_pair(struct lw_graph *graph, enum lw_node_kind kind,
			 const char *name, struct lw_value *a,
			 struct lw_value *b)
{
	struct lw_value *in[2] = { a, b };

	return rig_scaled(build_join(graph, kind, name, in, 2,
				     a->h > b->h ? a->h : b->h,
				     a->w > b->w ? a->w : b->w,
				     a->c > b->c ? a->c : b->c));
}

void rig_lower(const struct lw_graph *graph, struct lwm_package *package)
{
	const struct lw_pack_options options = { 0 };
	struct lwnpu_error error;

	if (lw_lower(graph, &options, package, &error))
		fail_msg("%s", error.message);
}

void rig_refuse(struct lw_graph *graph, int code, const char *text)
{
	const struct lw_pack_options options = { 0 };
	struct lwm_package package;
	struct lwnpu_error error;

	assert_int_equal(lw_lower(graph, &options, &package, &error), code);
	if (!strstr(error.message, text))
		fail_msg("\"%s\" is not in \"%s\"", text, error.message);
	lw_graph_free(graph);
}

/* Room for all numbers of an input or output. */
static struct lwnpu_buffer buffer_of(const struct lwm_io *io, float *data)
{
	return (struct lwnpu_buffer){
		.data = data,
		.size = 4ul * io->h * io->w * io->c,
		.type = LWNPU_F32,
	};
}

void rig_run(struct lwm_package *package, const char *device_name,
	     const float *const *in, float **out)
{
	const struct lwm_choice choice = { .codings = LWM_ALL_CODINGS };
	struct lwnpu_buffer inputs[RIG_PORTS], outputs[RIG_PORTS];
	struct lwnpu_device *device;
	struct lwnpu_model *model;
	struct lwnpu_error error;
	size_t size;
	void *data;

	assert_int_equal(lwm_write_memory(package, &choice, &data, &size,
					  &error), 0);
	if (lwnpu_device_open(&device, device_name, &error) ||
	    lwnpu_model_load_memory(&model, device, data, size, &error))
		fail_msg("%s", error.message);
	for (uint32_t i = 0; i < package->n_inputs; i++)
		inputs[i] = buffer_of(&package->inputs[i], (float *)in[i]);
	for (uint32_t i = 0; i < package->n_outputs; i++) {
		const struct lwm_io *io = &package->outputs[i];

		outputs[i] = buffer_of(io, NULL);
		outputs[i].data = out[i] = malloc(outputs[i].size);
		assert_non_null(out[i]);
	}
	if (lwnpu_model_run(model, inputs, outputs, &error))
		fail_msg("%s: %s", device_name, error.message);
	lwnpu_model_free(model);
	lwnpu_device_close(device);
	free(data);
}

static void compare(const struct lw_graph *graph, float *const *got,
		    const float *const *in, float tolerance)
{
	struct lw_interpreter *interpreter;

	assert_int_equal(lw_interpreter_new(&interpreter, graph, NULL), 0);
	lw_interpreter_round(interpreter, true);
	lw_interpreter_run(interpreter, in, NULL, NULL);
	for (uint32_t i = 0; i < graph->n_outputs; i++) {
		const struct lw_value *v = graph->outputs[i].value;
		const float *real = lw_interpreter_value(interpreter, v);

		for (size_t k = 0; k < lw_value_size(v); k++)
			if (!(fabsf(got[i][k] - real[k]) <= tolerance))
				fail_msg("%s[%zu] is %g, not %g", v->name, k,
					 got[i][k], real[k]);
	}
	lw_interpreter_free(interpreter);
}

/* Numbers that fill the range of an input's bytes. */
static float *numbers_for(const struct lw_value *v)
{
	float *numbers = build_numbers(v);

	for (size_t i = 0; i < lw_value_size(v); i++)
		numbers[i] *= 112 * v->scale;
	return numbers;
}

uint32_t rig_check_near(struct lw_graph *graph, float tolerance)
{
	float *in[RIG_PORTS] = { NULL }, *out[RIG_PORTS] = { NULL };
	struct lwm_package package;
	uint32_t n_ops;

	for (uint32_t i = 0; i < graph->n_inputs; i++)
		in[i] = numbers_for(graph->inputs[i].value);
	rig_lower(graph, &package);
	rig_run(&package, "ref", (const float *const *)in, out);
	compare(graph, out, (const float *const *)in, tolerance);
	for (int i = 0; i < RIG_PORTS; i++) {
		free(in[i]);
		free(out[i]);
	}
	n_ops = package.program.n_ops;
	lwm_release(&package);
	lw_graph_free(graph);
	return n_ops;
}

uint32_t rig_check(struct lw_graph *graph)
{
	return rig_check_near(graph, 0);
}
