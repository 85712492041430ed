/* SPDX-License-Identifier: MIT */
/* Codings of the blobs of a package. */
#ifndef LW_CODING_H
#define LW_CODING_H

#include "context_weights.h"
#include "lwm.h"

/* What bytes are. */
enum lwm_layout_kind {
	LWM_BYTES, /* numbers, records, text: bytes in columns */
	LWM_ROWS, /* weights, a row for each output channel */
	LWM_LANES, /* weights, a row for each word of output channels */
	LWM_BLOCKS, /* a mask of words, and the weights of those there */
};

/**
 * struct lwm_layout - how bytes are laid out, for codings that can use it
 * @kind: what they are
 * @stride: LWM_BYTES: from a byte to the one below it, 1 for text
 * @rows: others: rows
 * @row: words of 4 weights in each
 * @step: words from one tap of the kernel to the next
 */
struct lwm_layout {
	enum lwm_layout_kind kind;
	uint32_t stride;
	uint32_t rows;
	uint32_t row;
	uint32_t step;
};

/** lwm_segment_layout() - the layout of a segment of a valid package */
struct lwm_layout lwm_segment_layout(const struct lwm_package *package,
				     uint32_t index);

/**
 * struct lwm_stream - bytes to encode
 * @data: the bytes
 * @size: how many, at least 1
 * @layout: how they are laid out; if that is not so, they are just bytes
 * @slice_size: decoded bytes that are worth a slice
 * @goes_on: the blob goes on with @models, else it starts anew
 * @models: of weights; learn from these, NULL if no one asks
 */
struct lwm_stream {
	const uint8_t *data;
	size_t size;
	struct lwm_layout layout;
	uint32_t slice_size;
	bool goes_on;
	struct lw_weight_models *models;
};

/**
 * struct lwm_piece - a part of a blob that is decoded by itself
 * @coding: the blob's
 * @blob: its index
 * @coded: coded form
 * @coded_size: bytes of it
 * @out: gets the decoded bytes, but for what @rows says
 * @size: bytes of them
 * @goes_on: only after the piece before, with the models that it left
 * @stride: of bytes by context
 * @rows: weights by context
 */
struct lwm_piece {
	enum lwm_coding coding;
	uint32_t blob;
	const uint8_t *coded;
	size_t coded_size;
	uint8_t *out;
	size_t size;
	bool goes_on;
	uint32_t stride;
	struct lw_rows rows;
};

/* A list of pieces. */
struct lwm_pieces {
	size_t n, room;
	struct lwm_piece *piece;
};

/** lwm_pieces_add() - append a piece; returns 0 or -ENOMEM */
int lwm_pieces_add(struct lwm_pieces *pieces, const struct lwm_piece *piece);

/**
 * struct lwm_codec - a coding
 * @name: for people and options
 * @max_ratio: decoded bytes are at most this many times the stored ones; a
 *	reader allocates no more, a writer does not use the coding for what is
 *	smaller
 * @cost: what decoding a byte of weights takes, in ns, about; decides what
 *	profiles choose, and how many threads are worth it
 * @bytes_cost: the same of other bytes
 * @encode: write the coded form to @out and set *@coded_size; -ENOSPC if it
 *	takes more than @room bytes, or -ENOMEM
 * @split: append the pieces of a blob, which is @whole but for that; NULL: it
 *	is one; -EBADMSG or -ENOMEM, with what is wrong as a static string
 * @decode: decode a piece, reading all of it and nothing past it; fails in the
 *	same way
 *
 * The same bytes always get the same coded form from one version of a coding.
 */
struct lwm_codec {
	const char *name;
	uint32_t max_ratio;
	uint32_t cost, bytes_cost;
	int (*encode)(const struct lwm_stream *stream, uint8_t *out,
		      size_t room, size_t *coded_size);
	int (*split)(const struct lwm_piece *whole, struct lwm_pieces *pieces,
		     const char **wrong);
	int (*decode)(const struct lwm_piece *piece,
		      struct lw_weight_models *models, const char **wrong);
};

/* Indexed by enum lwm_coding. */
extern const struct lwm_codec lwm_codecs[LWM_CODINGS];

/**
 * struct lwm_chain - blobs of weights that learn from those before
 * @size: decoded bytes of them; 0: the next one starts anew
 * @models: what they have taught
 * @trial: the same and what the next one teaches
 */
struct lwm_chain {
	uint64_t size;
	struct lw_weight_models models, trial;
};

/**
 * lwm_encode() - the best coded form
 * @choice: codings to try, raw always is, and what is best
 * @stream: the bytes; what follows its layout is set by this
 * @chain: blobs before
 * @out: gets the coded form; room for as many bytes as the stream's
 * @coding: gets which it is
 * @coded_size: gets its bytes
 *
 * Return: 0 or -ENOMEM.
 */
int lwm_encode(const struct lwm_choice *choice, struct lwm_stream *stream,
	       struct lwm_chain *chain, uint8_t *out, enum lwm_coding *coding,
	       size_t *coded_size);

#endif /* LW_CODING_H */
