/* SPDX-License-Identifier: MIT */
/* Whole files: read at once, written complete or not at all. */
#ifndef LW_FILE_H
#define LW_FILE_H

#include "error.h"

/**
 * lw_file_read() - read a regular file
 * @path: its name
 * @max: refuse larger files (-EFBIG)
 * @data: gets malloc()ed bytes, one zero byte after the last
 * @size: gets how many
 * @error: filled in on failure, may be NULL; the message names @path
 *
 * Return: 0 or a negative errno value.
 */
int lw_file_read(const char *path, size_t max, void **data, size_t *size,
		 struct lwnpu_error *error);

/**
 * lw_file_peek() - read what a regular file starts with
 * @path: its name
 * @data: gets up to @room bytes
 * @room: of @data
 * @n: gets how many
 * @size: gets how many the file has
 * @error: filled in on failure, may be NULL; the message names @path
 *
 * Return: 0 or a negative errno value.
 */
int lw_file_peek(const char *path, void *data, size_t room, size_t *n,
		 uint64_t *size, struct lwnpu_error *error);

/**
 * lw_file_write() - write a file: temporary name, fsync, rename
 * @path: its name
 * @data: the bytes
 * @size: how many
 * @error: filled in on failure, may be NULL; the message names @path
 *
 * Return: 0 or a negative errno value; then @path is as it was.
 */
int lw_file_write(const char *path, const void *data, size_t size,
		  struct lwnpu_error *error);

/** lw_file_is_same() - both names are of one file, or would be */
bool lw_file_is_same(const char *a, const char *b);

#endif /* LW_FILE_H */
