// SPDX-License-Identifier: MIT
/* What /proc/PID/fdinfo says of an open device node. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fdinfo.h"
#include "lwnpu_drm.h"

/**
 * struct line - "KEY:\tVALUE"
 * @key: not terminated
 * @key_length: of it
 * @value: up to @end
 * @end: of the line
 */
struct line {
	const char *key;
	size_t key_length;
	const char *value;
	const char *end;
};

/* Returns where the line after it begins, the end of @text if there is none. */
static const char *next_line(const char *text, struct line *line)
{
	size_t length = strcspn(text, "\n");
	const char *colon = memchr(text, ':', length);

	line->key = text;
	line->end = text + length;
	line->key_length = colon ? (size_t)(colon - text) : length;
	line->value = colon ? colon + 1 : line->end;
	while (line->value < line->end && strchr(" \t", *line->value))
		line->value++;
	return *line->end ? line->end + 1 : line->end;
}

static bool is_key(const struct line *line, const char *key)
{
	return line->key_length == strlen(key) &&
	       !memcmp(line->key, key, line->key_length);
}

/* "drm-engine-" is followed by the name of an engine, and so on. */
static bool is_kind(const struct line *line, const char *prefix)
{
	return line->key_length > strlen(prefix) &&
	       !memcmp(line->key, prefix, strlen(prefix));
}

static bool is_value(const struct line *line, const char *value)
{
	return (size_t)(line->end - line->value) == strlen(value) &&
	       !memcmp(line->value, value, strlen(value));
}

static uint64_t unit_of(const char *text, size_t length)
{
	static const struct {
		const char *name;
		uint64_t bytes;
	} units[] = {
		{ "KiB", 1 << 10 }, { "MiB", 1 << 20 }, { "GiB", 1 << 30 },
	};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (length == 3 && !memcmp(text, units[i].name, 3))
			return units[i].bytes;
	return 1;
}

/* "12", "12 ns" or "12 KiB"; 0 if that is no number, or too large. */
static uint64_t number_of(const struct line *line)
{
	unsigned long long number, result;
	char *stop;

	if (line->value == line->end || *line->value < '0' ||
	    *line->value > '9')
		return 0;
	errno = 0;
	number = strtoull(line->value, &stop, 10);
	while (stop < line->end && *stop == ' ')
		stop++;
	if (errno || __builtin_mul_overflow(number,
					    unit_of(stop, line->end - stop),
					    &result))
		return 0;
	return result;
}

bool lw_fdinfo_parse(const char *text, struct lw_fdinfo *info)
{
	struct lw_fdinfo found = { 0 };
	bool ours = false;
	struct line line;

	while (*text) {
		text = next_line(text, &line);
		if (is_key(&line, "drm-driver"))
			ours = is_value(&line, DRM_LWNPU_DRIVER_NAME);
		else if (is_key(&line, "drm-client-id"))
			found.client = number_of(&line);
		else if (is_key(&line, "lwnpu-jobs"))
			found.jobs = number_of(&line);
		else if (is_kind(&line, "drm-engine-capacity-") ||
			 is_kind(&line, "drm-total-cycles-"))
			continue;
		else if (is_kind(&line, "drm-engine-"))
			found.engine_ns += number_of(&line);
		else if (is_kind(&line, "drm-total-"))
			found.memory += number_of(&line);
		else if (is_kind(&line, "drm-resident-"))
			found.resident += number_of(&line);
	}
	if (ours)
		*info = found;
	return ours;
}
