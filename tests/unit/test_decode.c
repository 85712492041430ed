// SPDX-License-Identifier: MIT
/* Blobs one after another: what they get, chains of them, threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../common/random_stream.h"
#include "decode.h"

#define SEED 83
#define BLOBS 12
/* To encode takes ten times as long where threads are watched. */
#ifdef __SANITIZE_THREAD__
#define TRIALS 40
#else
#define TRIALS 200
#endif

/**
 * struct blobs - some that were encoded one after another
 * @stream: what each was made from
 * @coded: its coded form
 * @out: room to decode it to
 * @decoding: of all
 */
struct blobs {
	struct lwm_stream stream[BLOBS];
	struct lwm_piece coded[BLOBS];
	struct lwm_decoding decoding;
};

static struct lw_random numbers;
static struct lwnpu_error error;

static void encode_blob(struct blobs *blobs, uint32_t i,
			const struct lwm_choice *choice,
			struct lwm_chain *chain)
{
	struct lwm_stream *stream = &blobs->stream[i];
	enum lwm_coding coding;
	uint8_t *coded;
	size_t size;

	coded = malloc(stream->size);
	assert_int_equal(lwm_encode(choice, stream, chain, coded, &coding,
				    &size), 0);
	blobs->coded[i] = (struct lwm_piece){
		.coding = coding, .blob = i, .coded = coded,
		.coded_size = size, .out = malloc(stream->size),
		.size = stream->size,
	};
	assert_int_equal(lwm_decoding_add(&blobs->decoding, &blobs->coded[i],
					  &error), 0);
}

static void make_blobs(struct blobs *blobs, uint64_t seed, uint32_t max,
		       const struct lwm_choice *choice)
{
	struct lwm_chain *chain = calloc(1, sizeof(*chain));
	uint32_t i;

	memset(blobs, 0, sizeof(*blobs));
	numbers = lw_random_seed(seed);
	for (i = 0; i < BLOBS; i++) {
		blobs->stream[i] = random_stream(&numbers, max);
		encode_blob(blobs, i, choice, chain);
	}
	free(chain);
}

static void free_blobs(struct blobs *blobs)
{
	uint32_t i;

	for (i = 0; i < BLOBS; i++) {
		free((void *)blobs->stream[i].data);
		free((void *)blobs->coded[i].coded);
		free(blobs->coded[i].out);
	}
	lwm_decoding_release(&blobs->decoding);
}

static void check_run(struct blobs *blobs, unsigned int threads)
{
	uint32_t i, failed;

	for (i = 0; i < BLOBS; i++)
		if (blobs->stream[i].layout.kind != LWM_BLOCKS)
			memset(blobs->coded[i].out, 0x5a,
			       blobs->coded[i].size);
	if (lwm_decoding_run(&blobs->decoding, threads, &failed, &error))
		fail_msg("blob %u: %s", failed, error.message);
	for (i = 0; i < BLOBS; i++)
		assert_memory_equal(blobs->coded[i].out, blobs->stream[i].data,
				    blobs->stream[i].size);
}

static void threads_give_the_same(void **state)
{
	struct blobs blobs;
	struct lwm_choice choice;
	unsigned int trial, threads, chained = 0;
	size_t i;

	(void)state;
	for (trial = 0; trial < TRIALS; trial++) {
		choice = (struct lwm_choice){
			.codings = trial % 4 ? 1u << LWM_CONTEXT :
					       LWM_ALL_CODINGS,
			.slice_size = 100 << trial % 8,
		};
		make_blobs(&blobs, SEED + trial, trial % 20 ? 500 : 20000,
			   &choice);
		for (threads = 0; threads <= 9; threads += 3)
			check_run(&blobs, threads);
		for (i = 0; i < blobs.decoding.pieces.n; i++)
			chained += blobs.decoding.pieces.piece[i].goes_on;
		free_blobs(&blobs);
	}
	assert_true(chained > TRIALS);
}

/* What goes on needs what it goes on from. */
static void links_are_not_lost(void **state)
{
	const struct lwm_choice choice = { .codings = 1u << LWM_CONTEXT };
	struct lwm_decoding alone = { 0 };
	unsigned int trial, tried = 0;
	struct blobs blobs;
	uint32_t failed;
	size_t i;

	(void)state;
	for (trial = 0; trial < 20; trial++) {
		make_blobs(&blobs, SEED + trial, 400, &choice);
		for (i = 0; i < blobs.decoding.pieces.n; i++) {
			struct lwm_piece *piece =
				&blobs.decoding.pieces.piece[i];

			if (!piece->goes_on)
				continue;
			assert_int_equal(lwm_pieces_add(&alone.pieces, piece),
					 0);
			assert_int_equal(lwm_decoding_run(&alone, 1, &failed,
							  &error), -EBADMSG);
			assert_int_equal(failed, piece->blob);
			lwm_decoding_release(&alone);
			tried++;
		}
		free_blobs(&blobs);
	}
	assert_true(tried > 20);
}

/* Blobs that fail are told in their order, not in that of time. */
static void first_failure_is_told(void **state)
{
	const struct lwm_choice choice = { .codings = 1u << LWM_RANS };
	struct blobs blobs;
	uint32_t failed, first, i, trial;
	unsigned int told = 0;
	char message[LWNPU_ERROR_SIZE];

	(void)state;
	for (trial = 0; trial < 100; trial++) {
		make_blobs(&blobs, SEED + trial, 3000, &choice);
		for (i = 0; i < BLOBS; i++)
			if (blobs.coded[i].coding == LWM_RANS && i % 3 == 1)
				((uint8_t *)blobs.coded[i].coded)
					[blobs.coded[i].coded_size - 1] ^= 0x55;
		if (!lwm_decoding_run(&blobs.decoding, 1, &first, &error)) {
			free_blobs(&blobs);
			continue;
		}
		told++;
		strcpy(message, error.message);
		for (i = 0; i < 5; i++) {
			assert_int_equal(lwm_decoding_run(&blobs.decoding, 4,
							  &failed, &error),
					 -EBADMSG);
			assert_int_equal(failed, first);
			assert_string_equal(error.message, message);
		}
		free_blobs(&blobs);
	}
	assert_true(told > 50);
}

static uint64_t total(const struct blobs *blobs)
{
	uint64_t sum = 0;
	uint32_t i;

	for (i = 0; i < BLOBS; i++)
		sum += blobs->coded[i].coded_size;
	return sum;
}

static void profiles_are_kept(void **state)
{
	struct blobs blobs;
	uint64_t sum[LWM_PROFILES] = { 0 };
	unsigned int trial, slow = 0;
	uint32_t i, profile;

	(void)state;
	for (trial = 0; trial < 40; trial++) {
		for (profile = 0; profile < LWM_PROFILES; profile++) {
			make_blobs(&blobs, SEED + trial, 2000,
				   &(struct lwm_choice){ LWM_ALL_CODINGS,
							 profile, 0 });
			sum[profile] += total(&blobs);
			for (i = 0; i < BLOBS; i++) {
				bool is_slow = blobs.coded[i].coding ==
					       LWM_CONTEXT;

				slow += is_slow;
				assert_false(profile == LWM_FAST && is_slow);
			}
			free_blobs(&blobs);
		}
	}
	assert_true(slow > 100);
	assert_true(sum[LWM_SMALL] < sum[LWM_BALANCED]);
	assert_true(sum[LWM_BALANCED] < sum[LWM_FAST]);
}

/* Rows of weights of different sizes: what the context coding is for. */
static void fill_rows(uint8_t *data, uint32_t rows, uint32_t row)
{
	uint32_t r, i, k;
	int scale, sum;

	for (r = 0; r < rows; r++) {
		scale = 1 + lw_random_below(&numbers, 20);
		for (i = 0; i < row; i++) {
			for (k = 0, sum = 0; k < 4; k++)
				sum += (int)lw_random_below(&numbers,
							    2 * scale + 1) -
				       scale;
			*data++ = sum;
		}
	}
}

static void rows_are_learned(void **state)
{
	uint8_t data[64 * 400], coded[sizeof(data)];
	struct lwm_stream stream = {
		.data = data, .size = sizeof(data),
		.layout = { .kind = LWM_ROWS, .rows = 64, .row = 100,
			    .step = 100 },
	};
	struct lwm_chain *chain = calloc(1, sizeof(*chain));
	size_t size[LWM_CODINGS];
	enum lwm_coding coding;
	unsigned int i;

	(void)state;
	numbers = lw_random_seed(SEED);
	fill_rows(data, 64, 400);
	for (i = LWM_HUFFMAN; i < LWM_CODINGS; i++)
		assert_int_equal(lwm_encode(&(struct lwm_choice){ 1u << i, 0, 0 },
					    &stream, chain, coded, &coding,
					    &size[i]), 0);
	free(chain);
	assert_true(size[LWM_RANS] < size[LWM_HUFFMAN]);
	assert_true(size[LWM_CONTEXT] < 0.97 * size[LWM_RANS]);
	assert_true(size[LWM_CONTEXT] < 0.97 * size[LWM_ZSTD]);
	assert_true(size[LWM_CONTEXT] < 0.97 * size[LWM_DEFLATE]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(threads_give_the_same),
		cmocka_unit_test(links_are_not_lost),
		cmocka_unit_test(first_failure_is_told),
		cmocka_unit_test(profiles_are_kept),
		cmocka_unit_test(rows_are_learned),
	};

	print_message("seed %d\n", SEED);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
