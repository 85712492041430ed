// SPDX-License-Identifier: MIT
#include <stdlib.h>

#include "correct.h"
#include "quantise.h"

/* Statistics of thousands of pixels: more inputs hardly move them. */
#define MAX_SAMPLES 64
/* Activations of all samples are kept, of both models. */
#define MAX_MEMORY (512u << 20)
/* A channel that pruning has all but emptied is not blown up. */
#define MAX_GAIN 4.0

/**
 * struct sample - one input on its way through both models
 * @before: interpreter of the model before
 * @after: of the one being corrected
 */
struct sample {
	struct lw_interpreter *before, *after;
};

struct correction {
	struct lw_graph *after;
	const struct lw_graph *before;
	struct sample *samples;
	uint32_t n;
};

struct moments {
	double mean, deviation;
};

static uint32_t samples_to_run(const struct lw_graph *graph,
			       const struct lw_dataset *dataset)
{
	size_t each = 1, most;
	uint32_t i;

	for (i = 0; i < graph->n_values; i++)
		each += 2 * lw_value_size(graph->values[i]) * sizeof(float);
	most = MAX_MEMORY / each + 1;
	if (most > MAX_SAMPLES)
		most = MAX_SAMPLES;
	return dataset->n < most ? dataset->n : most;
}

static void release(struct correction *correction)
{
	uint32_t i;

	for (i = 0; correction->samples && i < correction->n; i++) {
		lw_interpreter_free(correction->samples[i].before);
		lw_interpreter_free(correction->samples[i].after);
	}
	free(correction->samples);
}

static int start(struct correction *correction,
		 const struct lw_dataset *dataset, struct lwnpu_error *error)
{
	struct sample *sample;
	const float *input;
	uint32_t i;
	int ret = 0;

	correction->samples = calloc(correction->n,
				     sizeof(*correction->samples));
	if (!correction->samples)
		return lw_fail(error, -ENOMEM, "no memory to correct");
	for (i = 0; i < correction->n && !ret; i++) {
		sample = &correction->samples[i];
		ret = lw_interpreter_new(&sample->before, correction->before,
					 error);
		if (!ret)
			ret = lw_interpreter_new(&sample->after,
						 correction->after, error);
		if (ret)
			break;
		lw_interpreter_round(sample->after, true);
		input = dataset->data + i * dataset->size;
		lw_interpreter_load(sample->before, input);
		lw_interpreter_load(sample->after, input);
	}
	return ret;
}

static void add_sample(struct moments *sums, const float *real, size_t pixels,
		       uint32_t channels)
{
	size_t i;

	for (i = 0; i < pixels; i++) {
		double x = real[i * channels];

		sums->mean += x;
		sums->deviation += x * x;
	}
}

/* Of a channel of a node's output, over all samples. */
static struct moments measure(const struct correction *correction,
			      const struct lw_value *value, uint32_t c,
			      bool after)
{
	size_t pixels = (size_t)value->h * value->w;
	double n = (double)pixels * correction->n;
	struct moments moments = { 0 };
	uint32_t i;

	for (i = 0; i < correction->n; i++) {
		const struct sample *sample = &correction->samples[i];

		add_sample(&moments,
			   lw_interpreter_value(after ? sample->after :
							sample->before,
						value) + c,
			   pixels, value->c);
	}
	moments.mean /= n;
	moments.deviation = sqrt(fmax(moments.deviation / n -
				      moments.mean * moments.mean, 0));
	return moments;
}

/* x becomes gain x + offset in all samples, as the next layers will see it. */
static void change_samples(const struct correction *correction,
			   const struct lw_node *node, uint32_t c, double gain,
			   double offset)
{
	size_t k, pixels = (size_t)node->out->h * node->out->w;
	uint32_t i;
	float *real;

	for (i = 0; i < correction->n; i++) {
		real = lw_interpreter_out(correction->samples[i].after, node);
		for (k = c; k < pixels * node->out->c; k += node->out->c)
			real[k] = gain * real[k] + offset;
	}
}

static void change_weights(struct lw_node *node, uint32_t o, double gain,
			   double offset)
{
	struct lw_weights *w = node->weights;
	size_t k, each = (size_t)w->kh * w->kw * w->i;

	for (k = o * each; k < (o + 1) * each; k++)
		w->real[k] *= gain;
	w->bias[o] = gain * w->bias[o] + offset;
	if (!w->q)
		return;
	w->scale[o] *= gain;
	lw_quantise_bias(node, o);
}

static void correct_channel(const struct correction *correction,
			    struct lw_node *node, uint32_t c)
{
	struct moments is = measure(correction, node->out, c, true);
	struct moments was = measure(correction, node->out, c, false);
	double gain = is.deviation > 0 ? was.deviation / is.deviation : 1;
	double offset;

	if (!(gain >= 1 / MAX_GAIN && gain <= MAX_GAIN))
		gain = 1;
	offset = was.mean - gain * is.mean;
	change_weights(node, c, gain, offset);
	change_samples(correction, node, c, gain, offset);
}

static int correct_node(const struct correction *correction,
			struct lw_node *node)
{
	struct lw_weights *w = node->weights;
	uint32_t c;

	if (!w->bias) {
		w->bias = calloc(w->o, sizeof(*w->bias));
		if (w->q)
			w->bias_q = calloc(w->o, sizeof(*w->bias_q));
		if (!w->bias || (w->q && !w->bias_q))
			return -ENOMEM;
	}
	for (c = 0; c < w->o; c++)
		correct_channel(correction, node, c);
	return 0;
}

static bool is_layer(const struct lw_node *node)
{
	return node->kind == LW_NODE_CONV || node->kind == LW_NODE_DWCONV ||
	       node->kind == LW_NODE_TCONV;
}

static int correct_all(const struct correction *correction,
		       const struct lw_pack_options *options)
{
	uint32_t i, s, n = correction->after->n_nodes;
	int ret = 0;

	for (i = 0; i < n && !ret; i++) {
		struct lw_node *node = correction->after->nodes[i];
		const struct lw_node *old = correction->before->nodes[i];

		for (s = 0; s < correction->n; s++) {
			lw_interpreter_begin(correction->samples[s].before, old);
			lw_interpreter_begin(correction->samples[s].after, node);
		}
		if (is_layer(node))
			ret = correct_node(correction, node);
		for (s = 0; s < correction->n; s++) {
			lw_interpreter_end(correction->samples[s].before, old);
			lw_interpreter_end(correction->samples[s].after, node);
		}
		if (options->progress)
			options->progress(options->progress_data, "correct",
					  (float)(i + 1) / n);
	}
	return ret;
}

int lw_correct(struct lw_graph *after, const struct lw_graph *before,
	       const struct lw_pack_options *options, struct lwnpu_error *error)
{
	const struct lw_dataset *dataset = options->calibration;
	struct correction correction = { .after = after, .before = before };
	int ret;

	if (!options->correct || !dataset)
		return 0;
	ret = lw_dataset_check(before, dataset, error);
	if (ret)
		return ret;
	correction.n = samples_to_run(before, dataset);
	ret = start(&correction, dataset, error);
	if (!ret && correct_all(&correction, options))
		ret = lw_fail(error, -ENOMEM, "no memory to correct");
	release(&correction);
	return ret;
}
