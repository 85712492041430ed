// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "names.h"

#define MAX_FILE ((size_t)1 << 24)

static size_t count_lines(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		if (*text == '\n' || !text[1])
			n++;
	return n;
}

static void split_lines(struct lw_names *names)
{
	char *at = names->text;

	for (size_t i = 0; i < names->n; i++) {
		size_t length = strcspn(at, "\n");
		char *end = at + length;

		names->name[i] = at;
		at = *end ? end + 1 : end;
		*end = 0;
		if (length && end[-1] == '\r')
			end[-1] = 0;
	}
}

int lw_names_read(struct lw_names *names, const char *path, size_t n,
		  struct lwnpu_error *error)
{
	struct lw_names read = { .n = n };
	size_t size, lines;
	void *text;
	int ret;

	ret = lw_file_read(path, MAX_FILE, &text, &size, error);
	if (ret)
		return ret;
	read.text = text;
	lines = count_lines(read.text);
	if (lines != n) {
		ret = lw_fail(error, -EINVAL,
			      "%s: %zu names, expected %zu, one a line", path,
			      lines, n);
		goto out;
	}
	read.name = calloc(n, sizeof(*read.name));
	if (!read.name) {
		ret = lw_fail(error, -ENOMEM, "out of memory for %s", path);
		goto out;
	}
	split_lines(&read);
	*names = read;
	return 0;
out:
	free(read.text);
	return ret;
}

void lw_names_release(struct lw_names *names)
{
	free(names->name);
	free(names->text);
	memset(names, 0, sizeof(*names));
}
