// SPDX-License-Identifier: MIT
/* Intact packages with a header, or a program, that is wrong. */
#include <stdlib.h>
#include <string.h>

#include "lwm_samples.h"

static void no_blob(struct lwm_image *image)
{
	image->header->ops = NULL;
}

static void blob_past_end(struct lwm_image *image)
{
	SEGMENT(image, 1)->stored_size += 1;
}

static void blob_before_end(struct lwm_image *image)
{
	image->size++;
	image->blobs[image->size - 1] = 0;
}

static void coding(struct lwm_image *image)
{
	SEGMENT(image, 1)->coding = (Lwm__Coding)LWM_CODINGS;
}

static void size_zero(struct lwm_image *image)
{
	SEGMENT(image, 1)->size = 0;
}

static void size_of_raw(struct lwm_image *image)
{
	SEGMENT(image, 0)->size--;
}

static void size_over_huffman(struct lwm_image *image)
{
	Lwm__Blob *blob = SEGMENT(image, 1);

	blob->size = 8 * blob->stored_size + 1;
}

static void ops_size(struct lwm_image *image)
{
	Lwm__Blob *ops = image->header->ops;
	uint8_t *end = image->blobs + ops->stored_size;

	memmove(end - 4, end, image->size - ops->stored_size);
	image->size -= 4;
	ops->size -= 4;
	ops->stored_size -= 4;
}

static void program_checksum(struct lwm_image *image)
{
	image->header->program_xxh3 ^= 1;
}

/* An operation that does not exist, in a package that is else as it says. */
static void opcode(struct lwm_image *image)
{
	struct lw_program program = { .n_ops = 1 };
	uint8_t *ops = lwm_image_bytes(image, image->header->ops);

	ops[0] = 99;
	program.ops = (struct lwnpu_op *)ops;
	program.weights = lwm_image_bytes(image, SEGMENT(image, 0));
	program.weights_size = SEGMENT(image, 0)->size;
	image->header->program_xxh3 = lwm_program_xxh3(&program);
}

static void no_input(struct lwm_image *image)
{
	image->header->n_inputs = 0;
}

static void no_output(struct lwm_image *image)
{
	image->header->n_outputs = 0;
}

static void io_height(struct lwm_image *image)
{
	image->header->inputs[0]->dims[1] = 70000;
}

static void io_dims(struct lwm_image *image)
{
	image->header->inputs[0]->dims[0] = 2;
}

static void io_repeats(struct lwm_image *image)
{
	Lwm__Io *io = image->header->inputs[0];

	io->h = io->dims[1];
	io->w = io->dims[2];
	io->c = io->dims[3];
}

/* The second output would be region 4. */
static void io_region(struct lwm_image *image)
{
	static Lwm__Io *two[2];

	two[0] = two[1] = image->header->outputs[0];
	image->header->outputs = two;
	image->header->n_outputs = 2;
}

/* Region 3, which is an output. */
static void io_direction(struct lwm_image *image)
{
	static Lwm__Io *two[2];

	two[0] = image->header->inputs[0];
	two[1] = image->header->outputs[0];
	image->header->inputs = two;
	image->header->n_inputs = 2;
}

static void io_size(struct lwm_image *image)
{
	image->header->outputs[0]->dims[1] = 9;
}

static void io_scale(struct lwm_image *image)
{
	image->header->outputs[0]->scale = -1;
}

static void io_zero_point(struct lwm_image *image)
{
	image->header->outputs[0]->zero_point = 256;
}

static void io_norm(struct lwm_image *image)
{
	image->header->inputs[0]->n_mean = 2;
	image->header->inputs[0]->n_std = 2;
}

static void io_deviation(struct lwm_image *image)
{
	image->header->inputs[0]->std[1] = 0;
}

static void io_name(struct lwm_image *image)
{
	image->header->inputs[0]->name[1] = '\x1b';
}

static void layer_range(struct lwm_image *image)
{
	image->header->layers[0]->n_ops = 2;
}

static void layer_macs(struct lwm_image *image)
{
	image->header->layers[0]->zero_macs =
		image->header->layers[0]->macs + 1;
}

static void layer_name(struct lwm_image *image)
{
	image->header->layers[0]->name[2] = (char)0xe9;
}

const struct lwm_image_fault lwm_header_faults[] = {
	{ "no-blob", no_blob, "conv" },
	{ "blob-past-end", blob_past_end, "conv" },
	{ "blob-before-end", blob_before_end, "conv" },
	{ "coding", coding, "conv" },
	{ "size-zero", size_zero, "conv" },
	{ "size-of-raw", size_of_raw, "lut" },
	{ "size-over-huffman", size_over_huffman, "conv" },
	{ "ops-size", ops_size, "lut" },
	{ "program-checksum", program_checksum, "lut" },
	{ "opcode", opcode, "lut" },
	{ "no-input", no_input, "conv" },
	{ "no-output", no_output, "conv" },
	{ "io-height", io_height, "conv" },
	{ "io-dims", io_dims, "conv" },
	{ "io-repeats", io_repeats, "conv" },
	{ "io-region", io_region, "conv" },
	{ "io-direction", io_direction, "conv" },
	{ "io-size", io_size, "conv" },
	{ "io-scale", io_scale, "conv" },
	{ "io-zero-point", io_zero_point, "conv" },
	{ "io-norm", io_norm, "conv" },
	{ "io-deviation", io_deviation, "conv" },
	{ "io-name", io_name, "conv" },
	{ "layer-range", layer_range, "conv" },
	{ "layer-macs", layer_macs, "conv" },
	{ "layer-name", layer_name, "conv" },
	{ NULL, NULL, NULL },
};
