// SPDX-License-Identifier: MIT
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "error.h"
#include "log.h"

static bool is_verbose;

void lwd_log_verbose(bool verbose)
{
	is_verbose = verbose;
}

void lwd_log(int priority, const char *format, ...)
{
	char text[LWNPU_ERROR_SIZE];
	va_list args;

	if (priority == LOG_DEBUG && !is_verbose)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	lw_one_line(text);
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "lwnpud: %s\n", text);
	else
		fprintf(stderr, "<%d>lwnpud: %s\n", priority, text);
}
