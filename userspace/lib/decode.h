/* SPDX-License-Identifier: MIT */
/* Decoding the blobs of a package, several at a time. */
#ifndef LW_DECODE_H
#define LW_DECODE_H

#include "coding.h"

#define LWM_MAX_THREADS 64

/**
 * struct lwm_decoding - blobs to be decoded
 * @pieces: what they consist of
 * @next: of each piece, index of the one that goes on with its models; or 0
 *
 * Zero it, add the blobs, run it as often as needed, release it.
 */
struct lwm_decoding {
	struct lwm_pieces pieces;
	size_t *next;
};

/**
 * lwm_decoding_add() - add a blob
 * @decoding: where
 * @blob: coding, blob, coded, coded_size, out and size are set
 * @error: filled in on failure, may be NULL; names the coding
 *
 * Return: 0, -EBADMSG, -ENOMEM.
 */
int lwm_decoding_add(struct lwm_decoding *decoding,
		     const struct lwm_piece *blob, struct lwnpu_error *error);

/**
 * lwm_decoding_run() - decode all blobs
 * @decoding: blobs that were added
 * @threads: to use at most, or 0: what the machine has and the work is worth
 * @blob: on failure, gets the first blob in order that failed
 * @error: filled in on failure, may be NULL; names the coding
 *
 * What comes out does not depend on the number of threads.
 *
 * Return: 0, -EBADMSG, -ENOMEM.
 */
int lwm_decoding_run(struct lwm_decoding *decoding, unsigned int threads,
		     uint32_t *blob, struct lwnpu_error *error);

void lwm_decoding_release(struct lwm_decoding *decoding);

/** lwm_decode() - decode one blob; fails as above */
int lwm_decode(const struct lwm_piece *blob, struct lwnpu_error *error);

/** lwm_cpus() - processors to use, LWM_MAX_THREADS at most */
unsigned int lwm_cpus(void);

#endif /* LW_DECODE_H */
