// SPDX-License-Identifier: MIT
/* How fast the codings of a package decode. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench_decode.h"
#include "decode.h"
#include "lwctl.h"
#include "lwm_format.h"
#include "times.h"
#include "table.h"

/* A run shorter than this is repeated, in seconds. */
#define LEAST_TIME 2e-3

/**
 * struct source - a package that has been prepared for decoding
 * @header: what it says of its blobs
 * @package: room for what they decode to
 * @all: all of them
 */
struct source {
	void *file;
	Lwm__Header *header;
	struct lwm_package package;
	struct lwm_decoding all;
};

/**
 * struct row - blobs of one coding
 * @coding: which; LWM_CODINGS: all blobs
 * @blobs: how many
 * @stored: bytes in the package
 * @decoded: bytes that they decode to
 * @seconds: with one thread, and with all
 */
struct row {
	unsigned int coding;
	uint32_t blobs;
	uint64_t stored, decoded;
	double seconds[2];
};

static void close_source(struct source *source)
{
	lwm_decoding_release(&source->all);
	lwm_release(&source->package);
	if (source->header)
		lwm__header__free_unpacked(source->header, NULL);
	free(source->file);
}

static int open_source(struct source *source, const char *path,
		       struct lwnpu_error *error)
{
	struct lwm_prelude prelude;
	size_t size;
	int ret;

	ret = lwm_load(path, &source->file, &size, error);
	if (ret)
		return ret;
	ret = lwm_parse(&source->header, source->file, size, error);
	if (!ret) {
		memcpy(&prelude, source->file, sizeof(prelude));
		ret = lwm_prepare(&source->all, &source->package,
				  source->header,
				  (uint8_t *)source->file +
				  lwm_blobs_start(&prelude), error);
	}
	return ret ? lw_fail_at(error, path) : 0;
}

static void count(struct row *row, const Lwm__Blob *blob)
{
	if (row->coding != LWM_CODINGS && row->coding != blob->coding)
		return;
	row->blobs++;
	row->stored += blob->stored_size;
	row->decoded += blob->size;
}

/* Pieces of one coding, of all that is to be decoded. */
static int select_pieces(struct lwm_decoding *some,
			 const struct lwm_decoding *all, unsigned int coding)
{
	const struct lwm_piece *piece;
	size_t i;
	int ret = 0;

	for (i = 0; i < all->pieces.n && !ret; i++) {
		piece = &all->pieces.piece[i];
		if (coding == LWM_CODINGS || coding == piece->coding)
			ret = lwm_pieces_add(&some->pieces, piece);
	}
	return ret;
}

/* Seconds of decoding once, from @times times. */
static int time_run(struct lwm_decoding *decoding, unsigned int threads,
		    unsigned int times, double *seconds,
		    struct lwnpu_error *error)
{
	double begin = lw_seconds();
	unsigned int i;
	uint32_t blob;
	int ret = 0;

	for (i = 0; i < times && !ret; i++)
		ret = lwm_decoding_run(decoding, threads, &blob, error);
	*seconds = (lw_seconds() - begin) / times;
	return ret;
}

static int median(struct lwm_decoding *decoding, unsigned int threads,
		  unsigned int runs, double *seconds, struct lwnpu_error *error)
{
	double *times = calloc(runs, sizeof(*times));
	unsigned int i, repeat = 1;
	int ret;

	if (!times)
		return lw_fail(error, -ENOMEM, "out of memory for %u runs",
			       runs);
	ret = time_run(decoding, threads, 1, seconds, error);
	if (!ret && *seconds < LEAST_TIME)
		repeat += LEAST_TIME / (*seconds + 1e-9);
	for (i = 0; i < runs && !ret; i++)
		ret = time_run(decoding, threads, repeat, &times[i], error);
	lw_times_summarise(times, runs, seconds, NULL);
	free(times);
	return ret;
}

static int measure(struct row *row, const struct source *source,
		   const struct lw_bench_decode *bench,
		   struct lwnpu_error *error)
{
	struct lwm_decoding some = { 0 };
	uint32_t i;
	int ret;

	count(row, source->header->ops);
	for (i = 0; i < source->header->n_segments; i++)
		count(row, source->header->segments[i]);
	if (!row->blobs)
		return 0;
	if (select_pieces(&some, &source->all, row->coding))
		ret = lw_fail(error, -ENOMEM, "out of memory for the blobs");
	else
		ret = median(&some, 1, bench->runs, &row->seconds[0], error);
	if (!ret)
		ret = median(&some, bench->threads, bench->runs,
			     &row->seconds[1], error);
	lwm_decoding_release(&some);
	return ret;
}

static const char *row_name(const struct row *row)
{
	return row->coding == LWM_CODINGS ? "all" : lwm_coding_name(row->coding);
}

static double speed(const struct row *row, int i)
{
	return row->decoded / row->seconds[i] * 1e-6;
}

static int print_text(const struct lw_bench_decode *bench,
		      const struct row *rows)
{
	char threads[32];
	const struct lw_column columns[] = {
		{ "coding", 0, false },	 { "blobs", 0, true },
		{ "stored", 0, true },	 { "decoded", 0, true },
		{ "ms", 0, true },	 { "1 thread, MB/s", 0, true },
		{ threads, 0, true },
	};
	struct lw_table table;
	int i;

	snprintf(threads, sizeof(threads), "%u", bench->threads);
	lw_table_begin(&table, columns, sizeof(columns) / sizeof(*columns));
	for (i = 0; i <= LWM_CODINGS; i++) {
		const struct row *row = &rows[i];

		if (!row->blobs)
			continue;
		lw_table_add(&table, "%s", row_name(row));
		lw_table_add(&table, "%u", row->blobs);
		lw_table_add(&table, "%" PRIu64, row->stored);
		lw_table_add(&table, "%" PRIu64, row->decoded);
		lw_table_add(&table, "%.3f", 1e3 * row->seconds[0]);
		lw_table_add(&table, "%.0f", speed(row, 0));
		lw_table_add(&table, "%.0f", speed(row, 1));
	}
	return lw_table_print(&table);
}

static json_t *json_of_row(const struct row *row)
{
	return json_pack("{s:s, s:I, s:I, s:I, s:[f, f], s:[f, f]}", "coding",
			 row_name(row), "blobs", (json_int_t)row->blobs,
			 "stored", (json_int_t)row->stored, "decoded",
			 (json_int_t)row->decoded, "ms",
			 1e3 * row->seconds[0], 1e3 * row->seconds[1],
			 "mb_per_s", speed(row, 0), speed(row, 1));
}

static int print_json(const struct lw_bench_decode *bench,
		      const struct row *rows)
{
	json_t *array = json_array();
	int i;

	for (i = 0; i <= LWM_CODINGS; i++)
		if (rows[i].blobs)
			lwctl_json_append(array, json_of_row(&rows[i]));
	return lwctl_print_json(json_pack("{s:o, s:I, s:[I, I], s:o}",
					  "package",
					  lwctl_json_string(bench->path),
					  "runs", (json_int_t)bench->runs,
					  "threads", (json_int_t)1,
					  (json_int_t)bench->threads, "decode",
					  array));
}

int lw_bench_decode(const struct lw_bench_decode *bench)
{
	struct row rows[LWM_CODINGS + 1] = { { 0 } };
	struct source source = { 0 };
	struct lwnpu_error error;
	int i, status = LWCTL_OK;

	if (open_source(&source, bench->path, &error))
		status = lwctl_fail(LWCTL_INPUT, &error);
	for (i = 0; i <= LWM_CODINGS && !status; i++) {
		rows[i].coding = i;
		if (measure(&rows[i], &source, bench, &error)) {
			lw_fail_at(&error, bench->path);
			status = lwctl_fail(LWCTL_INPUT, &error);
		}
	}
	if (!status)
		status = lwctl_json() ? print_json(bench, rows) :
					print_text(bench, rows);
	close_source(&source);
	return status;
}
