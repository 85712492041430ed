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

static bool json_wanted;

/* The progress line: when the task began and the line was last drawn. */
static struct {
	double began;
	double drawn;
	bool visible;
} progress;

void lwctl_set_json(bool json)
{
	json_wanted = json;
}

bool lwctl_json(void)
{
	return json_wanted;
}

static void erase_progress(void)
{
	if (progress.visible)
		fputs("\r\033[K", stderr);
	progress.visible = false;
}

static bool is_control(char c)
{
	return (unsigned char)c < ' ' || c == 127;
}

static void make_printable(char *text)
{
	for (; *text; text++)
		if (is_control(*text))
			*text = '?';
}

/* Names inside messages come from strangers' files. */
static void print_line(const char *message)
{
	char line[LWNPU_ERROR_SIZE];

	snprintf(line, sizeof(line), "%s", message);
	make_printable(line);
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
	if (json_wanted) {
		object = json_pack("{s:o}", "error",
				   lwctl_json_string(error->message));
		if (object && detail)
			json_object_set(object, key, detail);
		lwctl_print_json(object);
	}
	json_decref(detail);
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

void lwctl_print_version(void)
{
	puts("lwctl " LWNPU_VERSION);
}

void lwctl_print_name(const char *name)
{
	for (; *name; name++)
		putchar(is_control(*name) ? '?' : *name);
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

/* JSON is UTF-8; names in files need not be. */
json_t *lwctl_json_string(const char *text)
{
	json_t *string = json_string(text);
	char *ascii;

	if (string)
		return string;
	ascii = strdup(text);
	if (!ascii)
		return NULL;
	for (char *c = ascii; *c; c++)
		if ((unsigned char)*c > 127)
			*c = '?';
	string = json_string(ascii);
	free(ascii);
	return string;
}

json_t *lwctl_json_score(size_t correct, size_t total)
{
	return json_pack("{s:I, s:I, s:f}", "correct", (json_int_t)correct,
			 "total", (json_int_t)total, "percent",
			 100.0 * correct / total);
}

int lwctl_print_json(json_t *object)
{
	struct lwnpu_error error;
	int ret;

	if (!object) {
		lw_fail(&error, -ENOMEM, "out of memory for JSON");
		print_line(error.message);
		return LWCTL_FAILED;
	}
	ret = json_dumpf(object, stdout, JSON_INDENT(2) |
			 JSON_REAL_PRECISION(9));
	json_decref(object);
	putchar('\n');
	return ret ? LWCTL_FAILED : LWCTL_OK;
}

int lwctl_flush(void)
{
	if (!fflush(stdout) && !ferror(stdout))
		return LWCTL_OK;
	print_line("standard output: cannot be written");
	return LWCTL_FAILED;
}
