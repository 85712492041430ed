// SPDX-License-Identifier: MIT
/* What all codings keep: round trips, refusals, bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../common/random_stream.h"
#include "decode.h"

#define SEED 71
/* Bytes behind an output that must stay as they are. */
#define GUARD 16

static struct lw_random numbers;
static struct lw_weight_models models;

/* Coded forms are in an allocation of just their size: a byte too many shows. */
static uint8_t *encode(enum lwm_coding coding, struct lwm_stream *stream,
		       size_t *size)
{
	size_t room = 2 * stream->size + 4096;
	uint8_t *coded = malloc(room), *exact;

	stream->models = &models;
	assert_int_equal(lwm_codecs[coding].encode(stream, coded, room, size),
			 0);
	exact = malloc(*size);
	memcpy(exact, coded, *size);
	free(coded);
	return exact;
}

static int decode(enum lwm_coding coding, const uint8_t *coded,
		  size_t coded_size, uint8_t *out, size_t size)
{
	const struct lwm_piece blob = {
		.coding = coding, .coded = coded, .coded_size = coded_size,
		.out = out, .size = size,
	};
	struct lwnpu_error error = { 0 };
	int ret = lwm_decode(&blob, &error);

	assert_true(!ret || ret == -EBADMSG);
	assert_int_equal(error.code, ret);
	return ret;
}

static void check_round_trip(enum lwm_coding coding, struct lwm_stream *stream)
{
	uint8_t *out = malloc(stream->size), *coded, *again;
	size_t size, again_size;

	coded = encode(coding, stream, &size);
	again = encode(coding, stream, &again_size);
	assert_int_equal(size, again_size);
	assert_memory_equal(coded, again, size);
	assert_int_equal(decode(coding, coded, size, out, stream->size), 0);
	assert_memory_equal(out, stream->data, stream->size);
	free(coded);
	free(again);
	free(out);
}

static void all_codings(struct lwm_stream *stream)
{
	unsigned int coding;

	for (coding = 0; coding < LWM_CODINGS; coding++)
		check_round_trip(coding, stream);
}

static void random_round_trips(void **state)
{
	struct lwm_stream stream;
	unsigned int trial;

	(void)state;
	for (trial = 0; trial < 2000; trial++) {
		numbers = lw_random_seed(SEED + trial);
		stream = random_stream(&numbers, trial % 20 ? 300 : 5000);
		all_codings(&stream);
		free((void *)stream.data);
	}
}

static void round_trips_of_one_value(void **state)
{
	uint8_t data[5000];
	struct lwm_stream stream = {
		.data = data, .layout = { .stride = 1 }, .slice_size = 4096,
	};
	unsigned int value;

	(void)state;
	for (value = 0; value < 256; value += 15) {
		memset(data, value, sizeof(data));
		for (stream.size = 1; stream.size <= sizeof(data);
		     stream.size = 3 * stream.size + value % 7)
			all_codings(&stream);
	}
}

static void round_trips_of_large_streams(void **state)
{
	struct lwm_stream stream;
	unsigned int trial;

	(void)state;
	for (trial = 0; trial < 4; trial++) {
		numbers = lw_random_seed(SEED + trial);
		do
			stream = random_stream(&numbers, 400000);
		while (stream.size < 100000 &&
		       (free((void *)stream.data), true));
		stream.slice_size = 20000;
		all_codings(&stream);
		free((void *)stream.data);
	}
}

/* With as much room as is needed, and a byte less. */
static void room_is_kept(void **state)
{
	struct lwm_stream stream;
	unsigned int trial, coding;
	uint8_t *coded, *tight;
	size_t size, n;
	int ret;

	(void)state;
	for (trial = 0; trial < 300; trial++) {
		numbers = lw_random_seed(SEED + trial);
		stream = random_stream(&numbers, 500);
		for (coding = 0; coding < LWM_CODINGS; coding++) {
			coded = encode(coding, &stream, &size);
			tight = malloc(size);
			ret = lwm_codecs[coding].encode(&stream, tight, size,
							&n);
			/* zstd, and slices by context, want some more. */
			assert_true(ret == 0 || ret == -ENOSPC);
			if (!ret)
				assert_memory_equal(coded, tight, size);
			assert_int_equal(lwm_codecs[coding].encode(&stream,
							tight, size - 1, &n),
					 -ENOSPC);
			free(coded);
			free(tight);
		}
		free((void *)stream.data);
	}
}

/* Refused, or the coded form of something else. */
static bool is_other(enum lwm_coding coding, const uint8_t *coded, size_t n,
		     const struct lwm_stream *stream)
{
	uint8_t *out = malloc(stream->size), *exact = malloc(n + 1);
	bool other;

	memcpy(exact, coded, n);
	other = decode(coding, exact, n, out, stream->size) ||
		memcmp(out, stream->data, stream->size);
	free(exact);
	free(out);
	return other;
}

static void no_other_form_is_accepted(void **state)
{
	struct lwm_stream stream;
	unsigned int trial, coding;
	uint8_t *coded;
	size_t size, n;

	(void)state;
	for (trial = 0; trial < 100; trial++) {
		numbers = lw_random_seed(SEED + trial);
		stream = random_stream(&numbers, 200);
		for (coding = 0; coding < LWM_CODINGS; coding++) {
			coded = encode(coding, &stream, &size);
			for (n = 0; n < size; n++)
				assert_true(is_other(coding, coded, n,
						     &stream));
			coded = realloc(coded, size + 1);
			coded[size] = lw_random_chance(&numbers, 50) ? 0 :
				      lw_random_u32(&numbers);
			assert_true(is_other(coding, coded, size + 1, &stream));
			free(coded);
		}
		free((void *)stream.data);
	}
}

static void check_guard(const uint8_t *guard)
{
	unsigned int i;

	for (i = 0; i < GUARD; i++)
		assert_int_equal(guard[i], 0xa5);
}

/* Whatever becomes of altered bytes, nothing but the output is written. */
static void alterations_do_no_harm(void **state)
{
	unsigned int trial, coding, i, refused = 0;
	struct lwm_stream stream;
	uint8_t *coded, *out;
	size_t size;

	(void)state;
	for (trial = 0; trial < 2000; trial++) {
		numbers = lw_random_seed(SEED + trial);
		stream = random_stream(&numbers, 300);
		coding = LWM_HUFFMAN + trial % (LWM_CODINGS - LWM_HUFFMAN);
		coded = encode(coding, &stream, &size);
		out = malloc(stream.size + GUARD);
		memset(out + stream.size, 0xa5, GUARD);
		for (i = 0; i < 10; i++) {
			coded[lw_random_below(&numbers, i % 2 ? size :
					      size < 8 ? size : 8)] ^=
				1 << lw_random_below(&numbers, 8);
			refused += decode(coding, coded, size, out,
					  stream.size) != 0;
			check_guard(out + stream.size);
		}
		free(out);
		free(coded);
		free((void *)stream.data);
	}
	assert_true(refused > 15000);
}

static void garbage_does_no_harm(void **state)
{
	unsigned int trial, coding, refused = 0;
	uint8_t *coded, *out;
	size_t size, n;

	(void)state;
	for (trial = 0; trial < 10000; trial++) {
		numbers = lw_random_seed(SEED + trial);
		coding = LWM_HUFFMAN + trial % (LWM_CODINGS - LWM_HUFFMAN);
		n = lw_random_below(&numbers, 100);
		size = 4 * (1 + lw_random_below(&numbers, 100));
		coded = malloc(n + 1);
		out = malloc(size + GUARD);
		lw_random_fill(&numbers, coded, n);
		/* A kind that there is, so that more is reached. */
		if (n && coding == LWM_CONTEXT)
			coded[0] &= 3;
		memset(out + size, 0xa5, GUARD);
		refused += decode(coding, coded, n, out, size) != 0;
		check_guard(out + size);
		free(out);
		free(coded);
	}
	assert_true(refused > 9000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_round_trips),
		cmocka_unit_test(round_trips_of_one_value),
		cmocka_unit_test(round_trips_of_large_streams),
		cmocka_unit_test(room_is_kept),
		cmocka_unit_test(no_other_form_is_accepted),
		cmocka_unit_test(alterations_do_no_harm),
		cmocka_unit_test(garbage_does_no_harm),
	};

	print_message("seed %d\n", SEED);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
