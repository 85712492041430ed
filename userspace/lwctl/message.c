// SPDX-License-Identifier: MIT
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lwctl.h"

#define PROGRESS_AFTER 1.0 /* seconds */
#define PROGRESS_EVERY 0.1

/* The progress line: when the task began and the line was last drawn. */
static struct {
	double began;
	double drawn;
	bool visible;
} progress;

static void erase_progress(void)
{
	if (progress.visible)
		fputs("\r\033[K", stderr);
	progress.visible = false;
}

/* Names inside messages come from strangers' files. */
static void print_line(const char *message)
{
	char line[LWNPU_ERROR_SIZE];

	snprintf(line, sizeof(line), "%s", message);
	lw_one_line(line);
	erase_progress();
	fprintf(stderr, "lwctl: %s\n", line);
}

/* Of memory and of devices, not of the file that was being read. */
static bool is_failure(int code)
{
	switch (code) {
	case -ENOMEM:
	case -EIO:
	case -ENODEV:
	case -ENOSPC:
	case -ETIME:
	case -ECANCELED:
		return true;
	default:
		return false;
	}
}

int lwctl_fail_with(enum lwctl_status status, const struct lwnpu_error *error,
		    const char *key, json_t *detail)
{
	json_t *object;

	print_line(error->message);
	if (lwctl_json()) {
		object = json_pack("{s:o}", "error",
				   lwctl_json_string(error->message));
		if (key)
			lwctl_json_set(object, key, json_incref(detail));
		lwctl_print_json(object);
	}
	json_decref(detail);
	if (error->code == -EDOM)
		return LWCTL_USAGE;
	return is_failure(error->code) ? LWCTL_FAILED : status;
}

int lwctl_fail(enum lwctl_status status, const struct lwnpu_error *error)
{
	return lwctl_fail_with(status, error, NULL, NULL);
}

void lwctl_note(const char *format, ...)
{
	char line[LWNPU_ERROR_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	print_line(line);
}

int lwctl_print_version(void)
{
	if (lwctl_json())
		return lwctl_print_json(json_pack("{s:s}", "version",
						  LWNPU_VERSION));
	puts("lwctl " LWNPU_VERSION);
	return LWCTL_OK;
}

void lwctl_print_name(const char *name)
{
	unsigned int n;

	for (; *name; name += n ? n : 1) {
		n = lw_character(name);
		printf("%.*s", n ? (int)n : 1, n ? name : "?");
	}
}

double lw_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec * 1e-9;
}

void lwctl_progress(void *data, const char *what, float done)
{
	double now = lw_seconds();

	(void)data;
	if (done >= 1) {
		erase_progress();
		progress.began = 0;
		return;
	}
	if (!progress.began)
		progress.began = now;
	if (now - progress.began < PROGRESS_AFTER ||
	    now - progress.drawn < PROGRESS_EVERY || !isatty(STDERR_FILENO))
		return;
	fprintf(stderr, "\r\033[K%.60s %3.0f %%", what, 100 * done);
	progress.drawn = now;
	progress.visible = true;
}

int lwctl_flush(void)
{
	if (!fflush(stdout) && !ferror(stdout))
		return LWCTL_OK;
	print_line("standard output: cannot be written");
	return LWCTL_FAILED;
}
