/* SPDX-License-Identifier: MIT */
/* Names of classes, one a line. */
#ifndef LW_NAMES_H
#define LW_NAMES_H

#include "error.h"

/**
 * struct lw_names - names of classes
 * @n: how many, 0 if there are none
 * @name: by class number
 * @text: their memory
 */
struct lw_names {
	size_t n;
	char **name;
	char *text;
};

/**
 * lw_names_read() - read a text file
 * @names: filled in; release with lw_names_release()
 * @path: the file
 * @n: lines expected
 * @error: filled in on failure, may be NULL; the message names @path
 *
 * Return: 0; -EINVAL another number of lines; -ENOENT, …; -ENOMEM.
 */
int lw_names_read(struct lw_names *names, const char *path, size_t n,
		  struct lwnpu_error *error);

void lw_names_release(struct lw_names *names);

#endif /* LW_NAMES_H */
