// SPDX-License-Identifier: MIT
/* The context coding of a blob: its head, and slices of it. */
#include <string.h>

#include "context.h"
#include "context_bytes.h"
#include "varint.h"

/* The head's first byte: enum lwm_layout_kind, and a flag. */
#define KIND_MASK 3
#define GOES_ON 4

/**
 * struct slices - rows cut into slices
 * @layout: of all
 * @slice_rows: rows in each but the last
 * @mask: all of it, or NULL
 * @weights: those of the next slice
 * @words: words at @weights, in all slices from there on
 */
struct slices {
	struct lwm_layout layout;
	uint32_t slice_rows;
	uint8_t *mask;
	uint8_t *weights;
	uint64_t words;
};

static uint64_t mask_size(const struct lwm_layout *layout)
{
	return ((uint64_t)layout->rows * layout->row + 31) / 32 * 4;
}

/* Whether a layout is possible for so many bytes. */
static bool fits(const struct lwm_layout *layout, size_t size)
{
	uint64_t words = (uint64_t)layout->rows * layout->row;

	if (layout->kind == LWM_BYTES)
		return layout->stride && layout->stride <= LW_BYTES_MAX_STRIDE;
	if (!layout->rows || !layout->row || layout->row > LW_CONTEXT_MAX_ROW ||
	    !layout->step || layout->step > layout->row || size % 4)
		return false;
	return layout->kind == LWM_BLOCKS ? mask_size(layout) <= size :
					    4 * words == size;
}

static struct slices cut(const struct lwm_layout *layout, uint8_t *data,
			 size_t size, uint32_t slice_rows)
{
	uint64_t mask = layout->kind == LWM_BLOCKS ? mask_size(layout) : 0;

	return (struct slices){
		.layout = *layout,
		.slice_rows = slice_rows,
		.mask = mask ? data : NULL,
		.weights = data + mask,
		.words = (size - mask) / 4,
	};
}

/* The slice from a row on; its words are to be set where there is a mask. */
static struct lw_rows slice_at(const struct slices *slices, uint32_t row)
{
	const struct lwm_layout *layout = &slices->layout;
	uint32_t left = layout->rows - row;
	struct lw_rows rows = {
		.rows = left < slices->slice_rows ? left : slices->slice_rows,
		.row = layout->row,
		.step = layout->step,
		.lanes = layout->kind == LWM_LANES,
		.weights = slices->weights,
	};

	rows.n = (uint64_t)rows.rows * rows.row;
	if (slices->mask)
		rows.mask = slices->mask + (uint64_t)row * rows.row / 8;
	return rows;
}

static uint32_t choose_slice_rows(const struct lwm_layout *layout,
				  const struct lwm_stream *stream)
{
	uint32_t n = stream->size / stream->slice_size, rows;

	if (n < 2)
		return layout->rows;
	rows = (layout->rows - 1) / n + 1;
	/* Slices of a mask start at whole bytes. */
	if (layout->kind == LWM_BLOCKS)
		rows = (rows + 7) & ~7u;
	return rows < layout->rows ? rows : layout->rows;
}

static uint64_t count_bits(const uint8_t *bytes, uint64_t n)
{
	uint64_t i, count = 0;

	for (i = 0; i < n / 8; i++)
		count += __builtin_popcount(bytes[i]);
	if (n % 8)
		count += __builtin_popcount(bytes[i] & ((1u << n % 8) - 1));
	return count;
}

/* A mask and as many words, none of them zero, nothing else set. */
static bool is_masked(const struct lwm_layout *layout, const uint8_t *data,
		      size_t size)
{
	uint64_t bits = (uint64_t)layout->rows * layout->row;
	uint64_t mask = mask_size(layout), n = count_bits(data, bits), i;
	uint32_t word;

	if (mask + 4 * n != size || count_bits(data, 8 * mask) != n)
		return false;
	for (i = 0; i < n; i++) {
		memcpy(&word, data + mask + 4 * i, sizeof(word));
		if (!word)
			return false;
	}
	return true;
}

/* The layout that bytes have: the one that is claimed, or none. */
static struct lwm_layout true_layout(const struct lwm_stream *stream)
{
	static const struct lwm_layout just_bytes = { .stride = 4 };
	const struct lwm_layout *layout = &stream->layout;

	if (!fits(layout, stream->size) ||
	    (layout->kind == LWM_BLOCKS &&
	     !is_masked(layout, stream->data, stream->size)))
		return just_bytes;
	return *layout;
}

bool lw_context_teaches(const struct lwm_stream *stream)
{
	struct lwm_layout layout = true_layout(stream);

	return layout.kind != LWM_BYTES &&
	       choose_slice_rows(&layout, stream) == layout.rows;
}

static size_t put_head(const struct lwm_layout *layout, uint32_t slice_rows,
		       bool goes_on, uint8_t *out)
{
	size_t n = 0;

	out[n++] = layout->kind | (goes_on ? GOES_ON : 0);
	if (layout->kind == LWM_BYTES)
		return n + lw_put_varint(out + n, layout->stride);
	n += lw_put_varint(out + n, layout->row);
	n += lw_put_varint(out + n, layout->step);
	if (layout->kind == LWM_BLOCKS)
		n += lw_put_varint(out + n, layout->rows);
	return n + lw_put_varint(out + n, slice_rows);
}

/* Encodes a slice, and puts how long it is before all but the last. */
static int encode_slice(const struct lw_rows *rows, bool is_last,
			struct lw_weight_models *models, uint8_t *out,
			size_t room, size_t *n)
{
	size_t head = is_last ? 0 : 2 * LW_VARINT_MAX, size, used = 0;
	struct lw_range_coder range;
	const char *wrong;
	int ret;

	if (room < head)
		return -ENOSPC;
	lw_range_start_encode(&range, out + head, room - head);
	ret = lw_code_rows(&range, models, rows, &wrong);
	if (ret)
		return ret;
	size = lw_range_end_encode(&range);
	if (size > room - head)
		return -ENOSPC;
	if (!is_last) {
		if (rows->mask)
			used = lw_put_varint(out, rows->n);
		used += lw_put_varint(out + used, size);
		memmove(out + used, out + head, size);
	}
	*n = used + size;
	return 0;
}

static int encode_slices(struct slices *slices, bool goes_on,
			 struct lw_weight_models *models, uint8_t *out,
			 size_t room, size_t *coded_size)
{
	uint32_t row, n_rows = slices->layout.rows;
	struct lw_rows rows;
	size_t n;
	int ret;

	for (row = 0; row < n_rows; row += rows.rows) {
		rows = slice_at(slices, row);
		if (rows.mask)
			rows.n = count_bits(rows.mask, rows.n);
		if (!goes_on)
			lw_weight_models_start(models);
		ret = encode_slice(&rows, row + rows.rows == n_rows, models,
				   out + *coded_size, room - *coded_size, &n);
		if (ret)
			return ret;
		slices->weights += 4 * rows.n;
		*coded_size += n;
	}
	return 0;
}

static int encode_bytes(const struct lwm_layout *layout, uint8_t *data,
			size_t size, uint8_t *out, size_t room,
			size_t *coded_size)
{
	struct lw_range_coder range;
	int ret;

	lw_range_start_encode(&range, out + *coded_size, room - *coded_size);
	ret = lw_code_bytes(&range, layout->stride, data, size);
	if (ret)
		return ret;
	*coded_size += lw_range_end_encode(&range);
	return *coded_size <= room ? 0 : -ENOSPC;
}

int lw_context_encode(const struct lwm_stream *stream, uint8_t *out,
		      size_t room, size_t *coded_size)
{
	struct lwm_layout layout = true_layout(stream);
	/* Read only, but one code writes in the other direction. */
	uint8_t *data = (uint8_t *)stream->data;
	bool weights = layout.kind != LWM_BYTES, goes_on;
	uint8_t head[1 + 4 * LW_VARINT_MAX];
	struct slices slices;
	uint32_t slice_rows;

	slice_rows = weights ? choose_slice_rows(&layout, stream) : 0;
	goes_on = stream->goes_on && weights && slice_rows == layout.rows;
	*coded_size = put_head(&layout, slice_rows, goes_on, head);
	if (room < *coded_size)
		return -ENOSPC;
	memcpy(out, head, *coded_size);
	if (!weights)
		return encode_bytes(&layout, data, stream->size, out, room,
				    coded_size);
	slices = cut(&layout, data, stream->size, slice_rows);
	return encode_slices(&slices, goes_on, stream->models, out, room,
			     coded_size);
}

/* What the head says of a blob. */
struct head {
	struct lwm_layout layout;
	uint32_t slice_rows;
	bool goes_on;
};

static bool get_layout(const uint8_t **at, const uint8_t *end, size_t size,
		       struct lwm_layout *layout)
{
	if (layout->kind == LWM_BYTES)
		return lw_get_varint(at, end, &layout->stride);
	if (!lw_get_varint(at, end, &layout->row) ||
	    !lw_get_varint(at, end, &layout->step))
		return false;
	if (layout->kind == LWM_BLOCKS)
		return lw_get_varint(at, end, &layout->rows);
	if (layout->row)
		layout->rows = size / 4 / layout->row;
	return true;
}

static const char *get_head(const uint8_t **at, const uint8_t *end, size_t size,
			    struct head *head)
{
	struct lwm_layout *layout = &head->layout;
	uint8_t first;

	if (*at == end)
		return "there is no head";
	first = *(*at)++;
	*head = (struct head){
		.layout.kind = first & KIND_MASK,
		.goes_on = first & GOES_ON,
	};
	if (first & ~(KIND_MASK | GOES_ON))
		return "first byte has unknown bits";
	if (!get_layout(at, end, size, layout))
		return "head is cut off, or a number in it is not possible";
	if (!fits(layout, size))
		return "layout does not fit the decoded size";
	if (layout->kind == LWM_BYTES)
		return head->goes_on ? "bytes do not go on" : NULL;
	if (!lw_get_varint(at, end, &head->slice_rows) || !head->slice_rows ||
	    head->slice_rows > layout->rows)
		return "rows of a slice are not possible";
	if (head->slice_rows == layout->rows)
		return NULL;
	if (head->goes_on)
		return "slices do not go on";
	if (layout->kind == LWM_BLOCKS &&
	    (uint64_t)head->slice_rows * layout->row % 8)
		return "slices of the mask do not start at whole bytes";
	return NULL;
}

/* Words and coded bytes of a slice; of the last one, what is left. */
static const char *get_slice(const struct slices *slices, bool is_last,
			     struct lwm_piece *piece)
{
	const uint8_t *at = piece->coded, *end = at + piece->coded_size;
	uint32_t words = piece->rows.n, size;

	if (is_last) {
		piece->rows.n = slices->words;
		return NULL;
	}
	if ((slices->mask && !lw_get_varint(&at, end, &words)) ||
	    !lw_get_varint(&at, end, &size))
		return "slice's head is cut off";
	if (words > piece->rows.n || words > slices->words)
		return "slice has more words than there are";
	if (size > (size_t)(end - at))
		return "slice goes past the end";
	piece->rows.n = words;
	piece->coded = at;
	piece->coded_size = size;
	return NULL;
}

static int split_rows(const struct lwm_piece *whole, const struct head *head,
		      const uint8_t *at, struct lwm_pieces *pieces,
		      const char **wrong)
{
	const uint8_t *end = whole->coded + whole->coded_size;
	uint32_t row, n_rows = head->layout.rows;
	struct lwm_piece piece = *whole;
	struct slices slices;

	slices = cut(&head->layout, whole->out, whole->size, head->slice_rows);
	if (slices.mask)
		memset(slices.mask, 0, mask_size(&head->layout));
	piece.goes_on = head->goes_on;
	for (row = 0; row < n_rows; row += piece.rows.rows) {
		piece.rows = slice_at(&slices, row);
		piece.coded = at;
		piece.coded_size = end - at;
		*wrong = get_slice(&slices, row + piece.rows.rows == n_rows,
				   &piece);
		if (*wrong)
			return -EBADMSG;
		piece.size = 4 * piece.rows.n;
		if (lwm_pieces_add(pieces, &piece)) {
			*wrong = "no memory";
			return -ENOMEM;
		}
		slices.weights += piece.size;
		slices.words -= piece.rows.n;
		at = piece.coded + piece.coded_size;
	}
	return 0;
}

int lw_context_split(const struct lwm_piece *whole, struct lwm_pieces *pieces,
		     const char **wrong)
{
	const uint8_t *at = whole->coded, *end = at + whole->coded_size;
	struct lwm_piece piece = *whole;
	struct head head;

	*wrong = get_head(&at, end, whole->size, &head);
	if (*wrong)
		return -EBADMSG;
	if (head.layout.kind != LWM_BYTES)
		return split_rows(whole, &head, at, pieces, wrong);
	piece.stride = head.layout.stride;
	piece.coded = at;
	piece.coded_size = end - at;
	*wrong = "no memory";
	return lwm_pieces_add(pieces, &piece);
}

int lw_context_decode(const struct lwm_piece *piece,
		      struct lw_weight_models *models, const char **wrong)
{
	struct lw_range_coder range;
	int ret;

	lw_range_start_decode(&range, piece->coded, piece->coded_size);
	*wrong = "no memory";
	if (piece->stride) {
		ret = lw_code_bytes(&range, piece->stride, piece->out,
				    piece->size);
	} else {
		if (!piece->goes_on)
			lw_weight_models_start(models);
		ret = lw_code_rows(&range, models, &piece->rows, wrong);
	}
	if (ret)
		return ret;
	*wrong = lw_range_end_decode(&range);
	return *wrong ? -EBADMSG : 0;
}
