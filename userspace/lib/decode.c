// SPDX-License-Identifier: MIT
/*
 * Pieces of blobs are decoded by as many threads as are worth it. A piece that
 * goes on with the models of another one is decoded after it by the same
 * thread: such a chain is the unit of work.
 */
#define _GNU_SOURCE /* CPU_COUNT() */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "decode.h"
#include "thread.h"

/* Work that pays for a thread, in ns. */
#define WORTH_A_THREAD 200000

/**
 * struct crew - threads at work
 * @decoding: what on
 * @at: the next piece that no one has looked at
 * @lock: for what follows
 * @failed: index of the first piece that failed, SIZE_MAX: none
 * @code: how
 * @wrong: how
 */
struct crew {
	const struct lwm_decoding *decoding;
	atomic_size_t at;
	pthread_mutex_t lock;
	size_t failed;
	int code;
	const char *wrong;
};

int lwm_pieces_add(struct lwm_pieces *pieces, const struct lwm_piece *piece)
{
	struct lwm_piece *grown;
	size_t room, size;

	if (pieces->n == pieces->room) {
		room = 2 * pieces->room + 16;
		if (lw_mul(room, sizeof(*grown), &size))
			return -ENOMEM;
		grown = realloc(pieces->piece, size);
		if (!grown)
			return -ENOMEM;
		pieces->piece = grown;
		pieces->room = room;
	}
	pieces->piece[pieces->n++] = *piece;
	return 0;
}

static int fail(enum lwm_coding coding, int code, const char *wrong,
		struct lwnpu_error *error)
{
	return lw_fail(error, code, "%s: %s", lwm_codecs[coding].name, wrong);
}

int lwm_decoding_add(struct lwm_decoding *decoding,
		     const struct lwm_piece *blob, struct lwnpu_error *error)
{
	const struct lwm_codec *codec = &lwm_codecs[blob->coding];
	const char *wrong = "no memory";
	int ret;

	if (codec->split)
		ret = codec->split(blob, &decoding->pieces, &wrong);
	else
		ret = lwm_pieces_add(&decoding->pieces, blob);
	return ret ? fail(blob->coding, ret, wrong, error) : 0;
}

/* Whether weights by context, all of its blob's, can be gone on with. */
static bool teaches(const struct lwm_pieces *pieces, size_t i)
{
	uint32_t blob = pieces->piece[i].blob;

	return (!i || pieces->piece[i - 1].blob != blob) &&
	       (i + 1 == pieces->n || pieces->piece[i + 1].blob != blob);
}

static int link_pieces(struct lwm_decoding *decoding, struct crew *crew)
{
	const struct lwm_pieces *pieces = &decoding->pieces;
	size_t i, teacher = SIZE_MAX;

	free(decoding->next);
	decoding->next = calloc(pieces->n + 1, sizeof(*decoding->next));
	crew->wrong = "no memory";
	if (!decoding->next)
		return -ENOMEM;
	for (i = 0; i < pieces->n; i++) {
		if (pieces->piece[i].goes_on) {
			crew->failed = i;
			crew->wrong = "goes on, but there is nothing before it";
			if (teacher == SIZE_MAX)
				return -EBADMSG;
			decoding->next[teacher] = i;
		}
		if (pieces->piece[i].rows.rows)
			teacher = teaches(pieces, i) ? i : SIZE_MAX;
	}
	crew->failed = SIZE_MAX;
	return 0;
}

static void note_failure(struct crew *crew, size_t i, int code,
			 const char *wrong)
{
	pthread_mutex_lock(&crew->lock);
	if (i < crew->failed) {
		crew->failed = i;
		crew->code = code;
		crew->wrong = wrong;
	}
	pthread_mutex_unlock(&crew->lock);
}

static void decode_chain(struct crew *crew, size_t i,
			 struct lw_weight_models *models)
{
	const struct lwm_decoding *decoding = crew->decoding;
	const struct lwm_piece *piece;
	const char *wrong;
	int ret;

	do {
		piece = &decoding->pieces.piece[i];
		ret = lwm_codecs[piece->coding].decode(piece, models, &wrong);
		if (ret) {
			note_failure(crew, i, ret, wrong);
			return;
		}
		i = decoding->next[i];
	} while (i);
}

static void *work(void *data)
{
	struct crew *crew = data;
	const struct lwm_pieces *pieces = &crew->decoding->pieces;
	struct lw_weight_models models;
	size_t i;

	while ((i = atomic_fetch_add(&crew->at, 1)) < pieces->n)
		if (!pieces->piece[i].goes_on)
			decode_chain(crew, i, &models);
	return NULL;
}

unsigned int lwm_cpus(void)
{
	cpu_set_t set;
	int n;

	if (sched_getaffinity(0, sizeof(set), &set))
		return 1;
	n = CPU_COUNT(&set);
	return n < 1 ? 1 : n > LWM_MAX_THREADS ? LWM_MAX_THREADS : n;
}

static unsigned int choose_threads(const struct lwm_pieces *pieces)
{
	unsigned int cpus = lwm_cpus();
	const struct lwm_codec *codec;
	uint64_t work = 0, n;
	size_t i;

	for (i = 0; i < pieces->n; i++) {
		codec = &lwm_codecs[pieces->piece[i].coding];
		work += pieces->piece[i].size *
			(uint64_t)(pieces->piece[i].stride ?
				   codec->bytes_cost : codec->cost);
	}
	n = 1 + work / WORTH_A_THREAD;
	return n < cpus ? n : cpus;
}

/* Threads that cannot be had are done without. */
static void run_crew(struct crew *crew, unsigned int threads)
{
	pthread_t thread[LWM_MAX_THREADS];
	unsigned int n = 0;

	while (n + 1 < threads &&
	       !lw_thread_create(&thread[n], work, crew))
		n++;
	work(crew);
	while (n--)
		pthread_join(thread[n], NULL);
}

int lwm_decoding_run(struct lwm_decoding *decoding, unsigned int threads,
		     uint32_t *blob, struct lwnpu_error *error)
{
	const struct lwm_pieces *pieces = &decoding->pieces;
	struct crew crew = {
		.decoding = decoding,
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.failed = SIZE_MAX,
	};

	crew.code = link_pieces(decoding, &crew);
	if (!crew.code) {
		if (!threads)
			threads = choose_threads(pieces);
		run_crew(&crew, threads < LWM_MAX_THREADS ? threads : LWM_MAX_THREADS);
		pthread_mutex_destroy(&crew.lock);
	}
	if (!crew.code)
		return 0;
	if (crew.failed == SIZE_MAX)
		crew.failed = 0;
	*blob = pieces->piece[crew.failed].blob;
	return fail(pieces->piece[crew.failed].coding, crew.code, crew.wrong,
		    error);
}

void lwm_decoding_release(struct lwm_decoding *decoding)
{
	free(decoding->pieces.piece);
	free(decoding->next);
	*decoding = (struct lwm_decoding){ 0 };
}

int lwm_decode(const struct lwm_piece *blob, struct lwnpu_error *error)
{
	struct lwm_decoding decoding = { 0 };
	uint32_t failed;
	int ret;

	ret = lwm_decoding_add(&decoding, blob, error);
	if (!ret)
		ret = lwm_decoding_run(&decoding, 1, &failed, error);
	lwm_decoding_release(&decoding);
	return ret;
}
