/* SPDX-License-Identifier: MIT */
/* Files from strangers are read, and what comes out is used. */
#ifndef STRANGER_H
#define STRANGER_H

#include "error.h"

/* Not empty, valid text, without line ends. */
bool lw_is_line(const char *text);

/**
 * lw_stranger_lwm() - read a package; what is accepted can be written
 * @data: bytes
 * @size: how many
 * @error: filled in on failure
 *
 * Return: what the reader does, or 1 after saying what does not hold.
 */
int lw_stranger_lwm(const void *data, size_t size, struct lwnpu_error *error);

/** lw_stranger_tflite() - import a model; the graph is sound, folded too */
int lw_stranger_tflite(const void *data, size_t size,
		       struct lwnpu_error *error);

/** lw_stranger_onnx() - the same */
int lw_stranger_onnx(const void *data, size_t size, struct lwnpu_error *error);

#endif /* STRANGER_H */
