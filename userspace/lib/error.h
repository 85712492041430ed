/* SPDX-License-Identifier: MIT */
/* Errors and sizes, used by every part of userspace. */
#ifndef LW_ERROR_H
#define LW_ERROR_H

#include <errno.h>
#include <stdbool.h>

#include "lwnpu.h"

/**
 * lw_fail() - fill in an error
 * @error: may be NULL
 * @code: negative errno value
 * @format: one line: what, where, what was expected; printf-like
 *
 * Return: @code, so that a function can end with it.
 */
int lw_fail(struct lwnpu_error *error, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * lw_fail_at() - put "WHERE: " before the message of an error
 * @error: filled in before; may be NULL
 * @where: a file's name
 *
 * Return: the error's code (-EIO if @error is NULL).
 */
int lw_fail_at(struct lwnpu_error *error, const char *where);

/* Of a path longer than this, a message has the end only. */
#define LW_PATH_SHOWN 256

/**
 * lw_path_end() - what a message shows of a path
 * @path: a file's name
 * @cut: gets what to put before, "..." or ""
 *
 * Return: its end, so that there is room for what is wrong with it.
 */
const char *lw_path_end(const char *path, const char **cut);

/**
 * lw_character() - the length of a character
 * @text: a string
 *
 * Return: the bytes of the UTF-8 character that it starts with, 0 if that is
 * none, a control character, or the end.
 */
unsigned int lw_character(const char *text);

/**
 * lw_one_line() - make a text fit to be shown
 * @text: changed in place: what is no lw_character() becomes a question mark
 *
 * Names may come from a stranger's file: a message stays one line of valid
 * UTF-8 and cannot drive a terminal. lw_fail() does this itself.
 */
void lw_one_line(char *text);

/* *out = a x b or a + b; true on overflow. */
static inline bool lw_mul(size_t a, size_t b, size_t *out)
{
	return __builtin_mul_overflow(a, b, out);
}

static inline bool lw_add(size_t a, size_t b, size_t *out)
{
	return __builtin_add_overflow(a, b, out);
}

#endif /* LW_ERROR_H */
