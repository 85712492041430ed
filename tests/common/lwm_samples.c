// SPDX-License-Identifier: MIT
/* Small valid packages. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lwm_samples.h"
#include "random.h"

#define MAX_OPS 8
#define MAX_WEIGHTS 65536

/* A program as it grows: a chain of operations, and region 0. */
struct builder {
	struct lwm_package *package;
	struct lw_random random;
	uint32_t region;
	uint32_t arena;
	struct lwnpu_tensor at;
};

static uint32_t below(struct builder *b, uint32_t n)
{
	return lw_random_below(&b->random, n);
}

/* Small numbers are frequent, as in weights. */
static int8_t weight(struct builder *b)
{
	int sum = 0, i;

	for (i = 0; i < 6; i++)
		sum += (int)below(b, 13) - 6;
	return sum;
}

static size_t words(uint32_t channels)
{
	return (channels + LWNPU_LANES - 1) / LWNPU_LANES;
}

static int begin(struct builder *b, struct lwm_package *package, uint64_t seed)
{
	memset(package, 0, sizeof(*package));
	*b = (struct builder){
		.package = package,
		.random = lw_random_seed(seed),
		.region = LWNPU_REGION_IO,
	};
	package->source = strdup("sample.onnx");
	package->producer = strdup("lwm_samples");
	package->program.ops = calloc(MAX_OPS, LWNPU_OP_SIZE);
	package->program.weights = aligned_alloc(64, MAX_WEIGHTS);
	package->segments = calloc(2 * MAX_OPS, sizeof(*package->segments));
	package->layers = calloc(MAX_OPS, sizeof(*package->layers));
	package->inputs = calloc(1, sizeof(*package->inputs));
	package->outputs = calloc(1, sizeof(*package->outputs));
	return package->source && package->producer && package->program.ops &&
	       package->program.weights && package->segments &&
	       package->layers && package->inputs && package->outputs ?
	       0 : -ENOMEM;
}

static struct lwnpu_tensor tensor(uint32_t region, uint32_t offset, uint32_t h,
				  uint32_t w, uint32_t c)
{
	return (struct lwnpu_tensor){
		.offset = offset,
		.row_pitch = w * LWNPU_LANES,
		.plane_pitch = h * w * LWNPU_LANES,
		.h = h,
		.w = w,
		.c = c,
		.region = region,
		.zero_point = 128,
	};
}

static void describe(struct lwm_io *io, const struct lwnpu_tensor *t,
		     const char *name)
{
	*io = (struct lwm_io){
		.name = strdup(name),
		.region = t->region,
		.h = t->h,
		.w = t->w,
		.c = t->c,
		.scale = 0.0625f,
		.zero_point = t->zero_point,
		.is_signed = true,
		.n_dims = 4,
		.dims = { 1, t->h, t->w, t->c },
	};
}

static void set_input(struct builder *b, uint32_t h, uint32_t w, uint32_t c)
{
	b->at = tensor(b->region++, 0, h, w, c);
	describe(b->package->inputs, &b->at, "image");
	b->package->n_inputs = 1;
}

/* Appends zeros to region 0, as a segment of their own. */
static uint8_t *segment(struct builder *b, size_t size, uint32_t *offset)
{
	struct lw_program *program = &b->package->program;
	uint8_t *data = program->weights + program->weights_size;

	*offset = program->weights_size;
	memset(data, 0, size);
	program->weights_size += size;
	b->package->segments[b->package->n_segments++] = (struct lwm_segment){
		.offset = *offset,
		.size = size,
	};
	return data;
}

/* The next operation: reads what the last one wrote, writes to the arena. */
static struct lwnpu_op *operation(struct builder *b, uint32_t opcode,
				  const char *name, uint32_t h, uint32_t w,
				  uint32_t c)
{
	struct lw_program *program = &b->package->program;
	struct lwnpu_op *op = &program->ops[program->n_ops];

	op->opcode = opcode;
	op->in[0] = b->at;
	op->out = tensor(LWNPU_REGION_ARENA, b->arena, h, w, c);
	b->arena += words(c) * h * w * LWNPU_LANES;
	b->at = op->out;
	b->package->layers[b->package->n_layers++] = (struct lwm_layer){
		.name = strdup(name),
		.first_op = program->n_ops++,
		.n_ops = 1,
	};
	return op;
}

/* The last operation writes the output. */
static void finish(struct builder *b)
{
	struct lw_program *program = &b->package->program;
	struct lwnpu_op *op = &program->ops[program->n_ops - 1];

	op->out.region = b->region++;
	op->out.offset = 0;
	describe(b->package->outputs, &op->out, "classes");
	b->package->n_outputs = 1;
}

static void add_lut(struct builder *b, const char *name, unsigned int period)
{
	const struct lwnpu_tensor at = b->at;
	struct lwnpu_op *op;
	uint8_t *table;
	unsigned int i;

	op = operation(b, LWNPU_OP_LUT, name, at.h, at.w, at.c);
	table = segment(b, 256, &op->lut.table);
	for (i = 0; i < 256; i++)
		table[i] = period ? i % period : below(b, 256);
}

/* Bias and multiplier per channel. */
static void add_constants(struct builder *b, struct lwnpu_conv *conv,
			  uint32_t channels)
{
	size_t size = words(channels) * LWNPU_LANES * 4;
	uint32_t i, offset;
	uint8_t *data = segment(b, 2 * size, &offset);
	int32_t bias;
	float scale;

	for (i = 0; i < channels; i++) {
		bias = (int32_t)below(b, 4096) - 2048;
		scale = (1 + below(b, 64)) / 65536.0f;
		memcpy(data + 4 * i, &bias, 4);
		memcpy(data + size + 4 * i, &scale, 4);
	}
	conv->bias = offset;
	conv->scale = offset + size;
}

static void add_weights(struct builder *b, struct lwnpu_op *op,
			unsigned int zeros)
{
	struct lwnpu_conv *conv = &op->conv;
	uint64_t block, blocks = lwnpu_conv_blocks(op);
	uint32_t lane, word, in_words = words(op->in[0].c);
	size_t mask_size = zeros ? (blocks + 31) / 32 * 4 : 0, size;
	static uint8_t stream[MAX_WEIGHTS];
	uint8_t *to = stream + mask_size;

	memset(stream, 0, sizeof(stream));
	for (block = 0; block < blocks; block++) {
		if (zeros && below(b, 100) < zeros)
			continue;
		if (zeros)
			stream[block / 8] |= 1 << block % 8;
		word = block % in_words;
		for (lane = 0; lane < LWNPU_LANES; lane++) {
			if (word * LWNPU_LANES + lane < op->in[0].c)
				to[lane] = weight(b);
		}
		to += LWNPU_LANES;
	}
	size = to - stream;
	conv->sparse = zeros != 0;
	conv->weights_len = size;
	memcpy(segment(b, size, &conv->weights), stream, size);
}

static void add_dwconv(struct builder *b, const char *name)
{
	const struct lwnpu_tensor at = b->at;
	const size_t size = words(at.c) * LWNPU_LANES * 9;
	struct lwnpu_conv constants;
	struct lwnpu_op *op;
	uint8_t *data;
	size_t i;

	op = operation(b, LWNPU_OP_DWCONV, name, at.h, at.w, at.c);
	op->dwconv = (struct lwnpu_dwconv){
		.weights_len = size, .kernel_h = 3, .kernel_w = 3,
		.stride_h = 1, .stride_w = 1, .dilation_h = 1, .dilation_w = 1,
		.pad_top = 1, .pad_left = 1, .hi = 255,
	};
	add_constants(b, &constants, at.c);
	op->dwconv.bias = constants.bias;
	op->dwconv.scale = constants.scale;
	data = segment(b, size, &op->dwconv.weights);
	for (i = 0; i < size; i++)
		data[i] = i % LWNPU_LANES < at.c ? weight(b) : 0;
}

/* 3x3 of stride 1 that keeps the size; @zeros: percent of blocks. */
static void add_conv(struct builder *b, const char *name, uint32_t channels,
		     unsigned int zeros)
{
	const struct lwnpu_tensor at = b->at;
	struct lwm_layer *layer;
	struct lwnpu_op *op;

	op = operation(b, LWNPU_OP_CONV, name, at.h, at.w, channels);
	op->conv = (struct lwnpu_conv){
		.groups = 1, .kernel_h = 3, .kernel_w = 3,
		.stride_h = 1, .stride_w = 1, .dilation_h = 1, .dilation_w = 1,
		.pad_top = 1, .pad_left = 1, .hi = 255,
	};
	add_constants(b, &op->conv, channels);
	add_weights(b, op, zeros);
	layer = &b->package->layers[b->package->n_layers - 1];
	layer->macs = 9ull * at.h * at.w * at.c * channels;
	layer->nonzero_macs = layer->macs - layer->macs * zeros / 100;
}

static void add_norm(struct lwm_io *input)
{
	uint32_t i;

	input->norm_channels = input->c;
	input->norm_scale = 1 / 256.0f;
	for (i = 0; i < input->c; i++) {
		input->mean[i] = 0.25f * i;
		input->std[i] = 0.5f;
	}
}

static int make_lut(struct lwm_package *package)
{
	struct builder b;

	if (begin(&b, package, 1))
		return -ENOMEM;
	set_input(&b, 3, 5, 6);
	add_lut(&b, "sigmoid", 0);
	finish(&b);
	return 0;
}

static int make_conv(struct lwm_package *package)
{
	struct builder b;

	if (begin(&b, package, 2))
		return -ENOMEM;
	set_input(&b, 8, 8, 3);
	add_norm(package->inputs);
	add_conv(&b, "conv", 40, 0);
	finish(&b);
	return 0;
}

static int make_chain(struct lwm_package *package)
{
	struct builder b;

	if (begin(&b, package, 3))
		return -ENOMEM;
	set_input(&b, 6, 5, 4);
	package->inputs->nchw = true;
	package->inputs->dims[1] = 4;
	package->inputs->dims[2] = 6;
	package->inputs->dims[3] = 5;
	add_conv(&b, "stem", 16, 0);
	add_conv(&b, "größe/β", 16, 75);
	add_lut(&b, "activation", 16);
	finish(&b);
	package->outputs->is_signed = false;
	return 0;
}

/* A header long enough to be worth a coding. */
static int make_names(struct lwm_package *package)
{
	struct builder b;
	char name[64];
	int i;

	if (begin(&b, package, 4))
		return -ENOMEM;
	set_input(&b, 2, 2, 2);
	for (i = 0; i < MAX_OPS; i++) {
		snprintf(name, sizeof(name), "features/stage%d/activation", i);
		add_lut(&b, name, 32);
	}
	finish(&b);
	return 0;
}

/* Weights of each layout. */
static int make_layers(struct lwm_package *package)
{
	struct builder b;

	if (begin(&b, package, 5))
		return -ENOMEM;
	set_input(&b, 4, 4, 5);
	add_conv(&b, "dense", 16, 0);
	add_dwconv(&b, "depthwise");
	add_conv(&b, "sparse", 18, 60);
	add_lut(&b, "table", 16);
	finish(&b);
	return 0;
}

#define HUFFMAN (1u << LWM_HUFFMAN)
#define ZSTD (1u << LWM_ZSTD)
#define RANS (1u << LWM_RANS)
#define CONTEXT (1u << LWM_CONTEXT)
#define DEFLATE (1u << LWM_DEFLATE)
#define CODINGS(set, ...) { .codings = (set), ##__VA_ARGS__ }

const struct lwm_sample lwm_samples[] = {
	{ "lut", CODINGS(0), make_lut },
	{ "conv", CODINGS(HUFFMAN), make_conv },
	{ "chain", CODINGS(HUFFMAN | ZSTD), make_chain },
	{ "names", CODINGS(HUFFMAN), make_names },
	{ "rans", CODINGS(RANS), make_names },
	{ "rans-slices", CODINGS(RANS, .slice_size = 64), make_layers },
	{ "context", CODINGS(CONTEXT), make_layers },
	{ "context-slices", CODINGS(CONTEXT, .slice_size = 512), make_layers },
	{ "deflate", CODINGS(DEFLATE), make_names },
	{ "deflate-slices", CODINGS(DEFLATE, .slice_size = 64), make_layers },
	{ NULL, CODINGS(0), NULL },
};

int lwm_sample_random(struct lwm_package *package, uint64_t seed)
{
	struct builder b;
	char name[64];
	uint32_t i, n;

	if (begin(&b, package, seed))
		return -ENOMEM;
	set_input(&b, 1 + below(&b, 9), 1 + below(&b, 9), 1 + below(&b, 17));
	if (package->inputs->c <= LWM_MAX_IMAGE_CHANNELS && below(&b, 2))
		add_norm(package->inputs);
	n = 1 + below(&b, MAX_OPS);
	for (i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "node %u", i);
		if (below(&b, 3) == 0)
			add_lut(&b, name, below(&b, 100));
		else if (below(&b, 3) == 0)
			add_dwconv(&b, name);
		else
			add_conv(&b, name, 1 + below(&b, 24), below(&b, 100));
	}
	finish(&b);
	return 0;
}
