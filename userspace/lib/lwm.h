/* SPDX-License-Identifier: MIT */
/* The package .lwm in memory, its reader and its writer; see docs/lwm.md. */
#ifndef LW_LWM_H
#define LW_LWM_H

#include "engine.h"

#define LWM_MAX_DIMS 8
#define LWM_MAX_IMAGE_CHANNELS 4

/* How a blob's bytes are stored. */
enum lwm_coding {
	LWM_RAW = 0,
	LWM_HUFFMAN = 1,
	LWM_ZSTD = 2,
	LWM_RANS = 3,
	LWM_CONTEXT = 4,
	LWM_DEFLATE = 5,
	LWM_CODINGS
};

#define LWM_ALL_CODINGS ((1u << LWM_CODINGS) - 1)

/* What a writer chooses codings for. */
enum lwm_profile {
	LWM_SMALL, /* the fewest bytes */
	LWM_BALANCED, /* as many ns of decoding as a byte is worth */
	LWM_FAST, /* the fewest bytes that decode fast */
	LWM_PROFILES
};

/**
 * struct lwm_choice - what a writer may choose from, and how
 * @codings: set of codings to try, bit (1 << LWM_HUFFMAN) …; raw always is
 * @profile: how
 * @slice_size: decoded bytes that are cut off for another thread, where the
 *	coding does that; 0: as many as are worth it
 */
struct lwm_choice {
	unsigned int codings;
	enum lwm_profile profile;
	uint32_t slice_size;
};

/**
 * struct lwm_segment - a run of region 0 that is coded by itself
 * @offset: in region 0
 * @size: decoded bytes
 * @coding: chosen by the writer
 * @coded_size: bytes in the file, set by the writer and by the reader
 * Segments are in order and cover region 0 without gaps.
 */
struct lwm_segment {
	uint32_t offset;
	uint32_t size;
	enum lwm_coding coding;
	uint32_t coded_size;
};

/**
 * struct lwm_io - an input or output of the program
 * @name: in the source model
 * @region: LWNPU_REGION_IO and up, in order, outputs after inputs; the tensor
 *	lies at offset 0, with row_pitch 4 x w and plane_pitch h x row_pitch
 * @h: rows
 * @w: columns
 * @c: channels
 * @scale: real = scale x (q - zero_point)
 * @zero_point: in the program's unsigned bytes
 * @is_signed: the source model's type is int8: its values are q - 128
 * @n_dims: of the source model's own shape, the batch axis included
 * @dims: that shape, batch 1
 * @nchw: the source model's own layout is channels first
 * @norm_channels: image inputs: 0 (none), 1 or @c: entries in @mean and @std
 * @norm_scale: real = (byte x norm_scale - mean) / std
 * @mean: per channel
 * @std: per channel
 */
struct lwm_io {
	char *name;
	uint32_t region;
	uint32_t h, w, c;
	float scale;
	uint8_t zero_point;
	bool is_signed;
	uint32_t n_dims;
	uint32_t dims[LWM_MAX_DIMS];
	bool nchw;
	uint32_t norm_channels;
	float norm_scale;
	float mean[LWM_MAX_IMAGE_CHANNELS];
	float std[LWM_MAX_IMAGE_CHANNELS];
};

/**
 * struct lwm_layer - what became of a node of the source model
 * @name: the node's
 * @first_op: index of its first operation: where the layer before ended, 0 for
 *	the first; operations behind those of all layers belong to none
 * @n_ops: how many
 * @macs: multiply-accumulates, zeros included
 * @nonzero_macs: of those, in blocks that are not all zero
 */
struct lwm_layer {
	char *name;
	uint32_t first_op;
	uint32_t n_ops;
	uint64_t macs;
	uint64_t nonzero_macs;
};

/**
 * struct lwm_package - a packed model
 * @source: name of the model file it was made from
 * @producer: "lwctl 0.1.0"
 */
struct lwm_package {
	char *source;
	char *producer;
	struct lw_program program;
	uint32_t n_segments;
	struct lwm_segment *segments;
	uint32_t n_inputs;
	struct lwm_io *inputs;
	uint32_t n_outputs;
	struct lwm_io *outputs;
	uint32_t n_layers;
	struct lwm_layer *layers;
};

/**
 * lwm_read_memory() - parse and verify a package, its program included
 * @package: filled in on success; release with lwm_release()
 * @data: the file's bytes, not needed afterwards
 * @size: how many
 * @error: filled in on failure, may be NULL
 *
 * Everything is verified: sizes, checksums, coverage, codings, and the program
 * by the checker, and that inputs and outputs are what the program binds.
 * Memory use is bounded by the sizes that the header states, each at most
 * LWNPU_MAX_REGION_SIZE, and coded segments are decoded only if their stated
 * size is possible for their coding.
 *
 * Return: 0; -EBADMSG damaged or no package; -EOPNOTSUPP a newer version,
 * feature or coding; -EINVAL the program is refused; -ENOMEM.
 */
int lwm_read_memory(struct lwm_package *package, const void *data, size_t size,
		    struct lwnpu_error *error);

/**
 * lwm_load() - the bytes of a package's file, for lwm_read_memory()
 * @path: its name
 * @data: gets malloc()ed bytes
 * @size: gets how many
 * @error: filled in on failure, may be NULL; the message names @path
 *
 * A file that does not start as a package of its size is not read further.
 *
 * Return: 0 or a negative errno value.
 */
int lwm_load(const char *path, void **data, size_t *size,
	     struct lwnpu_error *error);

/** lwm_read_file() - the same of a file; the message starts with its name */
int lwm_read_file(struct lwm_package *package, const char *path,
		  struct lwnpu_error *error);

/**
 * lwm_write_memory() - build the bytes of a package
 * @package: segments' coding and coded_size are set
 * @choice: codings to choose from
 * @data: gets malloc()ed bytes
 * @size: gets how many
 * @error: filled in on failure, may be NULL
 *
 * Return: 0, -EINVAL, -ENOMEM.
 */
int lwm_write_memory(struct lwm_package *package,
		     const struct lwm_choice *choice, void **data, size_t *size,
		     struct lwnpu_error *error);

/** lwm_write_file() - the same to a file, whole or not at all */
int lwm_write_file(struct lwm_package *package, const struct lwm_choice *choice,
		   const char *path, struct lwnpu_error *error);

/**
 * lwm_segment_layer() - what a segment's bytes are for
 * @package: a valid package
 * @index: of the segment
 *
 * Return: the first layer that reads a weight stream or a tensor of it, or NULL:
 * it holds biases, multipliers and tables.
 */
const struct lwm_layer *lwm_segment_layer(const struct lwm_package *package,
					  uint32_t index);

/** lwm_release() - free all, and clear */
void lwm_release(struct lwm_package *package);

/** lwm_coding_name() - "raw", "huffman" …, or NULL */
const char *lwm_coding_name(unsigned int coding);

/** lwm_profile_name() - "small", "balanced", "fast", or NULL */
const char *lwm_profile_name(unsigned int profile);

#endif /* LW_LWM_H */
