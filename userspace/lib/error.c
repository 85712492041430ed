// SPDX-License-Identifier: MIT
/* Filling in struct lwnpu_error. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "error.h"

/*
 * Names in a message may come from a stranger's file: a message stays one line
 * and cannot drive a terminal.
 */
static void make_one_line(char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = '?';
	}
}

int lw_fail(struct lwnpu_error *error, int code, const char *format, ...)
{
	va_list args;

	if (!error)
		return code;
	error->code = code;
	va_start(args, format);
	if (vsnprintf(error->message, sizeof(error->message), format, args) < 0)
		error->message[0] = '\0';
	va_end(args);
	make_one_line(error->message);
	return code;
}

int lw_fail_at(struct lwnpu_error *error, const char *where)
{
	char message[LWNPU_ERROR_SIZE];

	if (!error)
		return -EIO;
	memcpy(message, error->message, sizeof(message));
	message[sizeof(message) - 1] = '\0';
	return lw_fail(error, error->code, "%s: %s", where, message);
}
