// SPDX-License-Identifier: MIT
/* lwctl help: which commands and options there are. */
#include <stdio.h>
#include <string.h>

#include "lwctl.h"

#define STATUS_WIDTH 76

static const struct {
	int number;
	const char *text;
} statuses[] = {
#define LWCTL_STATUS(name, number, text) { number, text },
	LWCTL_STATUSES(LWCTL_STATUS)
#undef LWCTL_STATUS
};

#define N_STATUSES (sizeof(statuses) / sizeof(statuses[0]))

/* Wraps @text under its number. */
static void print_status(int number, const char *text)
{
	int column = printf("  %d", number);

	while (*text) {
		int length = strcspn(text, " ");

		if (column + 1 + length > STATUS_WIDTH)
			column = printf("\n    ") - 1;
		column += printf(" %.*s", length, text);
		text += length + strspn(text + length, " ");
	}
	printf("\n");
}

static int print_text(void)
{
	printf("Usage: lwctl COMMAND [OPTION...]\n"
	       "Pack neural networks for lwnpu devices, and run them.\n\n");
	for (size_t i = 0; lwctl_commands[i]; i++)
		if (!lwctl_commands[i]->hidden)
			printf("  %-10s %s\n", lwctl_commands[i]->name,
			       lwctl_commands[i]->text);
	printf("\nExit status:\n");
	for (size_t i = 0; i < N_STATUSES; i++)
		print_status(statuses[i].number, statuses[i].text);
	printf("\n\"lwctl COMMAND --help\" explains a command, lwctl(1) all.\n");
	return LWCTL_OK;
}

static void add_option(const struct argp_option *option, void *data)
{
	const char letter[] = { lwctl_letter(option), 0 };
	json_t *object;

	object = json_pack("{s:s, s:s}", "name", option->name, "text",
			   option->doc);
	if (*letter)
		lwctl_json_set(object, "letter", json_string(letter));
	if (option->arg)
		lwctl_json_set(object, "value", json_string(option->arg));
	lwctl_json_append(data, object);
}

static json_t *json_of_command(const struct lwctl_command *command)
{
	json_t *array = json_array();

	lwctl_each_option(command, add_option, array);
	return json_pack("{s:s, s:s, s:s, s:o}", "name", command->name, "text",
			 command->text, "arguments",
			 command->argp->args_doc ? command->argp->args_doc : "",
			 "options", array);
}

static int print_json(void)
{
	json_t *array = json_array(), *codes = json_array();

	for (size_t i = 0; lwctl_commands[i]; i++)
		lwctl_json_append(array, json_of_command(lwctl_commands[i]));
	for (size_t i = 0; i < N_STATUSES; i++)
		lwctl_json_append(codes,
				  json_pack("{s:i, s:s}", "code",
					    statuses[i].number, "text",
					    statuses[i].text));
	return lwctl_print_json(json_pack("{s:o, s:o}", "commands", array,
					  "exit_status", codes));
}

int lwctl_print_help(void)
{
	return lwctl_json() ? print_json() : print_text();
}

int lwctl_print_command(const struct lwctl_command *command)
{
	return lwctl_print_json(json_of_command(command));
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	const char **name = state->input;

	if (key != ARGP_KEY_ARG)
		return ARGP_ERR_UNKNOWN;
	if (*name)
		return lwctl_usage("\"%s\": expected one command", arg);
	*name = arg;
	return 0;
}

static int run(int argc, char **argv)
{
	char help[] = "--help";
	char *command_line[] = { argv[0], help, NULL };
	const char *name = NULL;
	int status;

	status = lwctl_parse(&lwctl_help, argc, argv, &name);
	if (status)
		return status;
	return name ? lwctl_run(name, 2, command_line) : lwctl_print_help();
}

static const struct argp argp = {
	.parser = parse,
	.args_doc = "[COMMAND]",
	.doc = "List the commands, or explain one.",
};

const struct lwctl_command lwctl_help = {
	.name = "help",
	.text = "print this, or the help of a command",
	.argp = &argp,
	.run = run,
};
