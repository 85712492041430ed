// SPDX-License-Identifier: MIT
/* completion_zsh.sh, and what it asks for. */
#include <string.h>

#include "completion.h"

extern const char lw_shell_completion_zsh[];

/* Text in single quotes, where @special has a meaning of its own. */
static void print_quoted(FILE *out, const char *text, const char *special)
{
	for (; *text; text++) {
		if (*text == '\'') {
			fputs("'\\''", out);
			continue;
		}
		if (strchr(special, *text))
			fputc('\\', out);
		fputc(*text, out);
	}
}

static void print_names(FILE *out, lwctl_name *name)
{
	for (unsigned int i = 0; name(i); i++) {
		fputs(i ? " " : "", out);
		print_quoted(out, name(i), ":");
	}
}

/* Parentheses around a single word would be glob qualifiers. */
static void print_pattern(FILE *out, const char *extensions)
{
	bool several = strchr(extensions, ' ');

	fprintf(out, "_files -g \"*.%s", several ? "(" : "");
	for (; *extensions; extensions++)
		fputc(*extensions == ' ' ? '|' : *extensions, out);
	fputs(several ? ")\"" : "\"", out);
}

/* ":what it is:what offers it" */
static void print_offer(FILE *out, const struct lw_operand *value)
{
	fprintf(out, ":%s:", value->text);
	switch (value->kind) {
	case LW_FILE:
		if (*value->extensions)
			print_pattern(out, value->extensions);
		else
			fputs("_files", out);
		break;
	case LW_DEVICE:
		fputs(value->list ? "_sequence -d _lwctl_devices" :
				    "_lwctl_devices", out);
		break;
	case LW_CHOICE:
		fputs(value->list ? "_sequence compadd - " : "(", out);
		print_names(out, value->name);
		fputs(value->list ? "" : ")", out);
		break;
	case LW_ANYTHING:
		break;
	}
}

static void print_option(const struct argp_option *option, void *data)
{
	char letter = lwctl_letter(option);
	struct lw_operand value;
	FILE *out = data;

	fputs(" \\\n			'", out);
	/* What may be repeated says so. */
	if (strstr(option->doc, "repeated"))
		fputc('*', out);
	if (letter)
		fprintf(out, "(-%c --%s)'{-%c%s,--%s%s}'", letter,
			option->name, letter, option->arg ? "+" : "",
			option->name, option->arg ? "=" : "");
	else
		fprintf(out, "--%s%s", option->name, option->arg ? "=" : "");
	fputc('[', out);
	print_quoted(out, option->doc, "[]\\");
	fputc(']', out);
	if (option->arg) {
		lw_operand_of(&value, option->arg);
		print_offer(out, &value);
	}
	fputc('\'', out);
}

static void print_arguments(FILE *out, const struct lwctl_command *command)
{
	struct lw_operand arguments[LW_MAX_ARGUMENTS];
	size_t n = lw_arguments_of(command, arguments);

	for (size_t i = 0; i < n; i++) {
		fputs(" \\\n			'", out);
		if (arguments[i].repeated)
			fputc('*', out);
		else
			fprintf(out, "%zu", i + 1);
		print_offer(out, &arguments[i]);
		fputc('\'', out);
	}
}

static void print_commands(FILE *out)
{
	fputs("\n_lwctl_commands()\n{\n	local -a commands\n	commands=(\n",
	      out);
	for (size_t i = 0; lwctl_commands[i]; i++) {
		if (lwctl_commands[i]->hidden)
			continue;
		fprintf(out, "		'%s:", lwctl_commands[i]->name);
		print_quoted(out, lwctl_commands[i]->text, "");
		fputs("'\n", out);
	}
	fputs("	)\n	_describe command commands\n}\n\n", out);
}

/* zsh loads the script as a function, or reads it as a file. */
void lw_print_zsh(FILE *out)
{
	fputs(lw_shell_completion_zsh, out);
	print_commands(out);
	fputs("_lwctl_arguments()\n{\n	case $command in\n", out);
	for (size_t i = 0; lwctl_commands[i]; i++) {
		fprintf(out, "	(%s)\n		_arguments -s",
			lwctl_commands[i]->name);
		lwctl_each_option(lwctl_commands[i], print_option, out);
		print_arguments(out, lwctl_commands[i]);
		fputs("\n		;;\n", out);
	}
	fputs("	esac\n}\n\n", out);
	fputs("if [[ $funcstack[1] == _lwctl ]]; then\n	_lwctl \"$@\"\nelse\n"
	      "	compdef _lwctl lwctl\nfi\n", out);
}
