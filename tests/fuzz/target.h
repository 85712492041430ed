/* SPDX-License-Identifier: MIT */
/* What fuzz targets share: each is a file of targets/ with one function. */
#ifndef FUZZ_TARGET_H
#define FUZZ_TARGET_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "lwm.h"

/* Called with any bytes; ends the program if what must hold does not. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** fuzz_reader() - bytes are accepted and sound, or refused with a message */
void fuzz_reader(int (*read)(const void *data, size_t size,
			     struct lwnpu_error *error),
		 const uint8_t *data, size_t size);

/** fuzz_coding() - bytes decode or not: two of a size, then a coded blob */
void fuzz_coding(enum lwm_coding coding, const uint8_t *data, size_t size);

#endif /* FUZZ_TARGET_H */
