// SPDX-License-Identifier: MIT
/*
 * mutate KIND FILE [--count N] [--seed S]
 *
 * Reads every truncation of a package (KIND lwm) or model (tflite, onnx) and N
 * random mutations of it. Each must be accepted, and then be sound, or be
 * refused with one line of text; none may crash, hang or take much memory.
 * Mutation i depends on S + i alone.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/arguments.h"
#include "../common/lwm_samples.h"
#include "../common/mutation.h"
#include "../common/stranger.h"
#include "../common/watch.h"
#include "decode.h"
#include "file.h"

#define MAX_FILE (64u << 20)
#define MAX_SECONDS 2
/* Larger files are not cut at every byte. */
#define MAX_CUTS 65536
/* Decoded blobs above this get no checksum of their own. */
#define MAX_DECODED (1u << 20)

/**
 * struct kind - what is read
 * @name: argument
 * @read: read bytes, and if they are accepted use what comes out; returns what
 *	the reader does, or 1 after saying what is wrong
 * @mutate: make a mutation of the original file; sets *@corrected if it made
 *	checksums right again
 * @sealed: any other change of bytes must be refused
 */
struct kind {
	const char *name;
	int (*read)(const void *data, size_t size, struct lwnpu_error *error);
	int (*mutate)(struct mutant *mutant, const struct mutant *original,
		      struct lw_random *random, bool *corrected);
	bool sealed;
};

struct totals {
	unsigned long accepted, refused;
};

static int mutate_bytes(struct mutant *mutant, const struct mutant *original,
			struct lw_random *random, bool *corrected)
{
	*corrected = false;
	memcpy(mutant->data, original->data, original->size);
	mutant->size = original->size;
	mutate(mutant, random, false);
	return 0;
}

/* Replaces the header by its mutation, if that can still be parsed. */
static int mutate_header(struct lwm_image *image, struct lw_random *random)
{
	struct mutant header = { 0 };
	Lwm__Header *changed;

	header.size = lwm__header__get_packed_size(image->header);
	header.room = 2 * header.size + 1;
	header.data = malloc(header.room);
	if (!header.data)
		return -ENOMEM;
	lwm__header__pack(image->header, header.data);
	mutate(&header, random, false);
	changed = lwm__header__unpack(NULL, header.size, header.data);
	free(header.data);
	if (changed) {
		lwm__header__free_unpacked(image->header, NULL);
		image->header = changed;
	}
	return 0;
}

/* Adds a blob to what is to be decoded, behind what is there. */
static int add_blob(struct lwm_decoding *decoding, struct mutant *to,
		    const struct lwm_image *image, const Lwm__Blob *blob,
		    uint32_t index)
{
	struct lwm_piece piece = { .blob = index };

	piece.coded = lwm_image_bytes(image, blob);
	if (!piece.coded || (unsigned int)blob->coding >= LWM_CODINGS ||
	    blob->size > to->room - to->size)
		return -EBADMSG;
	piece.coding = (enum lwm_coding)blob->coding;
	piece.coded_size = blob->stored_size;
	piece.out = to->data + to->size;
	piece.size = blob->size;
	to->size += blob->size;
	return lwm_decoding_add(decoding, &piece, NULL);
}

static int decode(struct mutant *ops, struct mutant *weights,
		  const struct lwm_image *image)
{
	const Lwm__Header *header = image->header;
	struct lwm_decoding decoding = { 0 };
	uint32_t i, failed;
	int ret;

	ret = add_blob(&decoding, ops, image, header->ops, 0);
	for (i = 0; i < header->n_segments && !ret; i++)
		ret = add_blob(&decoding, weights, image, header->segments[i],
			       i + 1);
	if (!ret)
		ret = lwm_decoding_run(&decoding, 1, &failed, NULL);
	lwm_decoding_release(&decoding);
	return ret;
}

/* Corrects the checksum of the decoded program, if it does decode. */
static int sum_program(struct lwm_image *image)
{
	struct mutant ops = { .room = MAX_DECODED };
	struct mutant weights = { .room = MAX_DECODED };
	struct lw_program program;
	int ret = -ENOMEM;

	ops.data = malloc(ops.room);
	weights.data = malloc(weights.room);
	if (!ops.data || !weights.data)
		goto free;
	ret = decode(&ops, &weights, image);
	program = (struct lw_program){
		.ops = (struct lwnpu_op *)ops.data,
		.n_ops = ops.size / LWNPU_OP_SIZE,
		.weights = weights.data,
		.weights_size = weights.size,
	};
	if (!ret)
		image->header->program_xxh3 = lwm_program_xxh3(&program);
free:
	free(ops.data);
	free(weights.data);
	return ret == -ENOMEM ? ret : 0;
}

/* The header as it is stored, coded, or the size that it claims. */
static int mutate_stored_header(struct mutant *mutant,
				const struct mutant *original,
				struct lw_random *random)
{
	struct lwm_prelude prelude;
	struct mutant header;

	memcpy(mutant->data, original->data, original->size);
	mutant->size = original->size;
	memcpy(&prelude, mutant->data, sizeof(prelude));
	header.data = mutant->data + sizeof(prelude);
	header.size = header.room = prelude.header_stored;
	if (lw_random_chance(random, 75))
		mutate(&header, random, true);
	else
		prelude.header_size =
			lw_random_below(random, 2 * prelude.header_size);
	memcpy(mutant->data, &prelude, sizeof(prelude));
	prelude.checksum = lwm_header_xxh3(mutant->data);
	memcpy(mutant->data, &prelude, sizeof(prelude));
	return 0;
}

/* Half of the time checksums are right again, so that more is reached. */
static int mutate_lwm(struct mutant *mutant, const struct mutant *original,
		      struct lw_random *random, bool *corrected)
{
	struct lwm_image image;
	struct mutant blobs;
	uint8_t *data;
	size_t size;
	int ret;

	if (lw_random_chance(random, 50))
		return mutate_bytes(mutant, original, random, corrected);
	*corrected = true;
	if (lw_random_chance(random, 20))
		return mutate_stored_header(mutant, original, random);
	ret = lwm_image_open(&image, original->data, original->size);
	if (ret)
		return ret;
	blobs = (struct mutant){ image.blobs, image.size, image.size };
	if (lw_random_chance(random, 50))
		ret = mutate_header(&image, random);
	else
		mutate(&blobs, random, true);
	lwm_image_sum(&image);
	if (!ret)
		ret = sum_program(&image);
	if (!ret)
		ret = lwm_image_seal(&image, &data, &size);
	lwm_image_close(&image);
	if (ret)
		return ret;
	mutant->size = size < mutant->room ? size : mutant->room;
	memcpy(mutant->data, data, mutant->size);
	free(data);
	return 0;
}

static const struct kind kinds[] = {
	{ "lwm", lw_stranger_lwm, mutate_lwm, true },
	{ "tflite", lw_stranger_tflite, mutate_bytes, false },
	{ "onnx", lw_stranger_onnx, mutate_bytes, false },
};

/* Exact allocation, so that a byte too many is seen. */
static int try(const struct kind *kind, const struct mutant *mutant,
	       struct totals *totals)
{
	struct lwnpu_error error = { 0 };
	void *exact = malloc(mutant->size ? mutant->size : 1);
	int ret;

	if (!exact)
		return -ENOMEM;
	memcpy(exact, mutant->data, mutant->size);
	ret = kind->read(exact, mutant->size, &error);
	free(exact);
	if (!ret) {
		totals->accepted++;
		return 0;
	}
	if (ret > 0 || ret == -ENOMEM || error.code != ret ||
	    !lw_is_line(error.message)) {
		fprintf(stderr, "returns %d, error %d \"%s\"\n", ret,
			error.code, error.message);
		return 1;
	}
	totals->refused++;
	return 0;
}

static int try_truncations(const struct kind *kind,
			   const struct mutant *original,
			   struct totals *totals)
{
	size_t step = 1 + original->size / MAX_CUTS;
	struct mutant cut = *original;
	unsigned long accepted = totals->accepted;
	char name[64];

	for (cut.size = 0; cut.size < original->size; cut.size += step) {
		snprintf(name, sizeof(name), "truncated to %zu", cut.size);
		watch_case(name);
		if (try(kind, &cut, totals) ||
		    (kind->sealed && totals->accepted != accepted)) {
			fprintf(stderr, "mutate: failed: %s\n", name);
			return 1;
		}
	}
	return 0;
}

static bool is_same(const struct mutant *a, const struct mutant *b)
{
	return a->size == b->size && !memcmp(a->data, b->data, a->size);
}

static int try_mutation(const struct kind *kind, struct mutant *mutant,
			const struct mutant *original,
			struct lw_random *random, struct totals *totals)
{
	unsigned long accepted = totals->accepted;
	bool corrected;
	int ret;

	ret = kind->mutate(mutant, original, random, &corrected);
	if (!ret)
		ret = try(kind, mutant, totals);
	if (ret || totals->accepted == accepted)
		return ret;
	if (kind->sealed && !corrected && !is_same(mutant, original)) {
		fprintf(stderr, "an altered file is accepted\n");
		return 1;
	}
	return 0;
}

static int try_mutations(const struct kind *kind,
			 const struct mutant *original, uint64_t seed,
			 uint64_t count, struct totals *totals)
{
	struct mutant mutant = { .room = 2 * original->size + 4096 };
	struct lw_random random;
	char name[64];
	uint64_t i;
	int ret = 0;

	mutant.data = malloc(mutant.room);
	if (!mutant.data)
		return 1;
	for (i = 0; i < count && !ret; i++) {
		snprintf(name, sizeof(name), "--seed %" PRIu64 " --count 1",
			 seed + i);
		watch_case(name);
		random = lw_random_seed(seed + i);
		ret = try_mutation(kind, &mutant, original, &random, totals);
		if (ret)
			fprintf(stderr, "mutate: failed: %s\n", name);
	}
	free(mutant.data);
	return ret;
}

static int run(const struct kind *kind, const struct mutant *original,
	       uint64_t seed, uint64_t count)
{
	struct totals whole = { 0 }, cuts = { 0 }, mutations = { 0 };

	watch_case("the file itself");
	if (try(kind, original, &whole) || !whole.accepted) {
		fprintf(stderr, "mutate: the file itself is refused\n");
		return 1;
	}
	if (try_truncations(kind, original, &cuts) ||
	    try_mutations(kind, original, seed, count, &mutations))
		return 1;
	printf("%s: seed %" PRIu64 ": %lu of %lu truncations and %lu of %lu mutations refused, the others accepted\n",
	       kind->name, seed, cuts.refused, cuts.refused + cuts.accepted,
	       mutations.refused, mutations.refused + mutations.accepted);
	return 0;
}

static const struct kind *find_kind(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (!strcmp(kinds[i].name, name))
			return &kinds[i];
	}
	return NULL;
}

int main(int argc, char **argv)
{
	uint64_t seed = 1, count = 1000;
	struct mutant original;
	struct lwnpu_error error;
	const struct kind *kind;
	void *data;
	int ret;

	kind = argc > 2 ? find_kind(argv[1]) : NULL;
	if (!kind || !read_arguments(argv + 3, (struct argument[]){
			{ "--count", &count, NULL },
			{ "--seed", &seed, NULL },
			{ NULL, NULL, NULL } })) {
		fprintf(stderr, "usage: mutate lwm|tflite|onnx FILE [--count N] [--seed S]\n");
		return 2;
	}
	if (lw_file_read(argv[2], MAX_FILE, &data, &original.size, &error)) {
		fprintf(stderr, "mutate: %s\n", error.message);
		return 1;
	}
	original.data = data;
	original.room = original.size;
	/* Decoded and transposed copies of all weights, and a fixed part. */
	watch_start(64 * original.size + (64u << 20), MAX_SECONDS);
	ret = run(kind, &original, seed, count);
	free(data);
	return ret;
}
