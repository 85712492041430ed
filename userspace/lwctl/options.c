// SPDX-License-Identifier: MIT
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lwctl.h"

#define KEY_JSON 0x1001

/* The first complaint about a command line; argp has no place for it. */
static struct lwnpu_error complaint;

const struct argp_option lwctl_common_options[] = {
	{ "json", KEY_JSON, NULL, 0, "Print results and errors as JSON", 0 },
	{ "help", 'h', NULL, 0, "Print this", -1 },
	{ "version", 'V', NULL, 0, "Print the version", -1 },
	{ 0 }
};

/**
 * struct command_line - what parse_common() works on
 * @command: the command
 * @all: its options and the common ones
 * @input: for its parser
 */
struct command_line {
	const struct lwctl_command *command;
	const struct argp *all;
	void *input;
};

/**
 * struct search - a look for an option
 * @name: as typed, of @length
 * @letter: of its short form, or 0
 * @found: the option, or NULL
 * @n_like: options that begin with @name
 */
struct search {
	const char *name;
	size_t length;
	char letter;
	const struct argp_option *found;
	unsigned int n_like;
};

int lwctl_usage(const char *format, ...)
{
	char message[LWNPU_ERROR_SIZE];
	va_list args;

	if (complaint.code)
		return EINVAL;
	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	lw_fail(&complaint, -EINVAL, "%s", message);
	return EINVAL;
}

static void compare_option(const struct argp_option *option, void *data)
{
	struct search *search = data;

	if (search->letter) {
		if (lwctl_letter(option) == search->letter)
			search->found = option;
	} else if (!strncmp(option->name, search->name, search->length)) {
		search->n_like++;
		if (strlen(option->name) == search->length)
			search->found = option;
	}
}

/* getopt has refused an option of the command line; say why. */
static void explain_option(const struct command_line *line, const char *option)
{
	struct search search = { 0 };

	if (!strncmp(option, "--", 2)) {
		search.name = option + 2;
		search.length = strcspn(option + 2, "=");
	} else {
		search.letter = option[1];
	}
	lwctl_each_option(line->command, compare_option, &search);
	if (search.found && search.found->arg)
		lwctl_usage("%s: needs a value, %s", option, search.found->arg);
	else if (search.found)
		lwctl_usage("%s: takes no value", option);
	else if (search.n_like > 1)
		lwctl_usage("%s: %u options begin so, expected one, see lwctl help %s",
			    option, search.n_like, line->command->name);
	else
		lwctl_usage("%s: unknown option, see lwctl help %s", option,
			    line->command->name);
}

static void __attribute__((noreturn)) finish(int status)
{
	exit(status ? status : lwctl_flush());
}

static error_t parse_common(int key, char *arg, struct argp_state *state)
{
	struct command_line *line = state->input;

	(void)arg;
	switch (key) {
	case 'h':
		if (lwctl_json())
			finish(lwctl_print_command(line->command));
		argp_help(line->all, stdout, ARGP_HELP_STD_HELP, state->name);
		finish(LWCTL_OK);
	case 'V':
		finish(lwctl_print_version());
	case ARGP_KEY_INIT:
		state->child_inputs[0] = line->input;
		return 0;
	case ARGP_KEY_ERROR:
		explain_option(line, state->argv[state->next - 1]);
		return 0;
	case KEY_JSON:
		lwctl_set_json(true);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

void lwctl_look_for_json(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--"); i++)
		if (!strcmp(argv[i], "--json"))
			lwctl_set_json(true);
}

int lwctl_parse(const struct lwctl_command *command, int argc, char **argv,
		void *input)
{
	const struct argp_child children[] = {
		{ command->argp, 0, NULL, 0 },
		{ 0 }
	};
	const struct argp common = {
		.options = lwctl_common_options,
		.parser = parse_common,
		.doc = command->argp->doc,
		.children = children,
	};
	struct command_line line = { command, &common, input };
	error_t ret;

	/* argp's own messages take two lines, and its help goes with them. */
	ret = argp_parse(&common, argc, argv, ARGP_NO_ERRS | ARGP_NO_HELP, NULL,
			 &line);
	if (!ret)
		return LWCTL_OK;
	if (ret == ENOMEM && !complaint.code)
		lw_fail(&complaint, -ENOMEM, "out of memory for the command line");
	lwctl_usage("wrong command line");
	return lwctl_fail(LWCTL_USAGE, &complaint);
}

/* strtof() would take hexadecimal, "inf" and leading space too. */
static bool parse_decimal(const char *text, const char **end, float *number)
{
	size_t length = strspn(text, "0123456789.eE+-");
	char *stop;

	if (!length || (text[length] && text[length] != '/'))
		return false;
	*number = strtof(text, &stop);
	*end = stop;
	return stop != text && isfinite(*number);
}

bool lwctl_parse_number(const char *text, float *number)
{
	const char *end;
	float divisor;

	if (!parse_decimal(text, &end, number))
		return false;
	if (*end == '/') {
		if (!parse_decimal(end + 1, &end, &divisor) || !divisor)
			return false;
		*number /= divisor;
	}
	return !*end && isfinite(*number);
}

bool lwctl_parse_integer(const char *text, uint64_t max, uint64_t *number)
{
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	*number = strtoull(text, &end, 10);
	return !errno && !*end && *number <= max;
}

uint32_t lwctl_parse_numbers(const char *text, float *numbers, uint32_t max)
{
	char item[64];
	uint32_t n = 0;

	for (;;) {
		size_t length = strcspn(text, ",");

		if (n == max || length >= sizeof(item))
			return 0;
		memcpy(item, text, length);
		item[length] = 0;
		if (!lwctl_parse_number(item, &numbers[n++]))
			return 0;
		if (!text[length])
			return n;
		text += length + 1;
	}
}
