// SPDX-License-Identifier: MIT
/* completion_bash.sh, and what it asks for. */
#include "completion.h"

extern const char lw_shell_completion_bash[];

/* What visits a command's options. */
struct visit {
	FILE *out;
	const char *command;
};

static void print_words(FILE *out, const struct lw_operand *value)
{
	if (value->kind == LW_DEVICE)
		fputs(" $(_lwctl_devices)", out);
	for (unsigned int i = 0; value->name && value->name(i); i++)
		fprintf(out, " %s", value->name(i));
}

/* The command that offers what a value may be. */
static void print_offer(FILE *out, const struct lw_operand *value)
{
	switch (value->kind) {
	case LW_FILE:
		if (*value->extensions)
			fprintf(out, "_lwctl_files %s", value->extensions);
		else
			fputs("_lwctl_any_file", out);
		break;
	case LW_DEVICE:
	case LW_CHOICE:
		fputs(value->list ? "_lwctl_list" : "_lwctl_words", out);
		print_words(out, value);
		break;
	case LW_ANYTHING:
		fputs(":", out);
		break;
	}
}

static void print_value(const struct argp_option *option, void *data)
{
	char letter = lwctl_letter(option);
	const struct visit *visit = data;
	struct lw_operand value;

	if (!option->arg)
		return;
	fprintf(visit->out, "	'%s --%s'", visit->command, option->name);
	if (letter)
		fprintf(visit->out, " | '%s -%c'", visit->command, letter);
	fputs(") ", visit->out);
	lw_operand_of(&value, option->arg);
	print_offer(visit->out, &value);
	fputs(" ;;\n", visit->out);
}

static void print_option(const struct argp_option *option, void *data)
{
	const struct visit *visit = data;

	fprintf(visit->out, " --%s%s", option->name, option->arg ? "=" : "");
}

static void print_options(FILE *out, const struct lwctl_command *command)
{
	struct visit visit = { out, command->name };

	fprintf(out, "	%s) echo", command->name);
	lwctl_each_option(command, print_option, &visit);
	fputs(" ;;\n", out);
}

static void print_values(FILE *out, const struct lwctl_command *command)
{
	struct visit visit = { out, command->name };

	lwctl_each_option(command, print_value, &visit);
}

/* The first is over once a word ends like it. */
static void print_argument(FILE *out, const struct lwctl_command *command)
{
	struct lw_operand arguments[LW_MAX_ARGUMENTS];
	size_t n = lw_arguments_of(command, arguments);

	if (!n)
		return;
	fprintf(out, "	%s) ", command->name);
	if (n > 1) {
		fprintf(out, "_lwctl_given %s && ", arguments[0].extensions);
		print_offer(out, &arguments[n - 1]);
		fputs(" || ", out);
	}
	print_offer(out, &arguments[0]);
	fputs(" ;;\n", out);
}

static void print_cases(FILE *out, const char *function, const char *word,
			void (*print)(FILE *out,
				      const struct lwctl_command *command),
			const char *end)
{
	fprintf(out, "\n%s()\n{\n	case %s in\n", function, word);
	for (size_t i = 0; lwctl_commands[i]; i++)
		print(out, lwctl_commands[i]);
	fprintf(out, "%s	esac\n	return 0\n}\n", end);
}

void lw_print_bash(FILE *out)
{
	fputs(lw_shell_completion_bash, out);
	fputs("\n_lwctl_commands()\n{\n	echo", out);
	for (size_t i = 0; lwctl_commands[i]; i++)
		if (!lwctl_commands[i]->hidden)
			fprintf(out, " %s", lwctl_commands[i]->name);
	fputs("\n}\n", out);
	print_cases(out, "_lwctl_options", "$command", print_options, "");
	print_cases(out, "_lwctl_value", "\"$command $option\"", print_values,
		    "	*) return 1 ;;\n");
	print_cases(out, "_lwctl_argument", "$command", print_argument, "");
}
