// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/stranger.h"
#include "../target.h"
#include "decode.h"

/* More would only take more time. */
#define MAX_DECODED 2048

static void demand(bool holds, const char *what,
		   const struct lwnpu_error *error)
{
	if (holds)
		return;
	fprintf(stderr, "%s: error %d \"%s\"\n", what, error->code,
		error->message);
	abort();
}

void fuzz_reader(int (*read)(const void *data, size_t size,
			     struct lwnpu_error *error),
		 const uint8_t *data, size_t size)
{
	struct lwnpu_error error = { 0 };
	int ret = read(data, size, &error);

	demand(ret <= 0, "accepted, but not sound", &error);
	demand(!ret || (error.code == ret && lw_is_line(error.message)),
	       "refused without a message", &error);
}

void fuzz_coding(enum lwm_coding coding, const uint8_t *data, size_t size)
{
	struct lwm_piece blob = { .coding = coding };
	struct lwnpu_error error = { 0 };
	int ret;

	if (size < 2)
		return;
	blob.size = 1 + (data[0] + 256 * (size_t)data[1]) % MAX_DECODED;
	blob.out = malloc(blob.size);
	blob.coded = data + 2;
	blob.coded_size = size - 2;
	if (!blob.out)
		return;
	ret = lwm_decode(&blob, &error);
	free(blob.out);
	demand(!ret || (error.code == ret && lw_is_line(error.message)),
	       "refused without a message", &error);
}
