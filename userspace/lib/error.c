// SPDX-License-Identifier: MIT
/* Filling in struct lwnpu_error. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "error.h"

unsigned int lw_character(const char *text)
{
	/* Bounds of the second byte: no overlong forms, no surrogates. */
	static const struct {
		uint8_t first, last, low, high, size;
	} forms[] = {
		{ 0x20, 0x7e, 0x00, 0xff, 1 }, { 0xc2, 0xc2, 0xa0, 0xbf, 2 },
		{ 0xc3, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
		{ 0xe1, 0xec, 0x80, 0xbf, 3 }, { 0xed, 0xed, 0x80, 0x9f, 3 },
		{ 0xee, 0xef, 0x80, 0xbf, 3 }, { 0xf0, 0xf0, 0x90, 0xbf, 4 },
		{ 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};
	const uint8_t *c = (const uint8_t *)text;
	unsigned int i, k;

	for (i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		if (*c < forms[i].first || *c > forms[i].last)
			continue;
		for (k = 1; k < forms[i].size; k++) {
			if (c[k] < (k == 1 ? forms[i].low : 0x80) ||
			    c[k] > (k == 1 ? forms[i].high : 0xbf))
				return 0;
		}
		return forms[i].size;
	}
	return 0;
}

void lw_one_line(char *text)
{
	unsigned int n;

	for (; *text; text += n) {
		n = lw_character(text);
		if (!n) {
			*text = '?';
			n = 1;
		}
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
	lw_one_line(error->message);
	return code;
}

const char *lw_path_end(const char *path, const char **cut)
{
	size_t length = strlen(path);

	*cut = length > LW_PATH_SHOWN ? "..." : "";
	return length > LW_PATH_SHOWN ? path + length - LW_PATH_SHOWN : path;
}

int lw_fail_at(struct lwnpu_error *error, const char *where)
{
	char message[LWNPU_ERROR_SIZE];
	const char *cut;

	if (!error)
		return -EIO;
	memcpy(message, error->message, sizeof(message));
	message[sizeof(message) - 1] = '\0';
	where = lw_path_end(where, &cut);
	return lw_fail(error, error->code, "%s%s: %s", cut, where, message);
}
