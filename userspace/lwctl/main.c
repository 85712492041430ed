// SPDX-License-Identifier: MIT
/* lwctl: pack models, run them, look into them. */
#include <stdio.h>
#include <string.h>

#include "lwctl.h"

static int lwctl_help(int argc, char **argv);

static const struct lwctl_command commands[] = {
	{ "pack", "make a package from an ONNX or TFLite model", lwctl_pack },
	{ "submit", "run a package on arrays or images", lwctl_submit },
	{ "verify", "compare two devices, byte for byte", lwctl_verify },
	{ "info", "describe a package", lwctl_info },
	{ "disasm", "print a package's program", lwctl_disasm },
	{ "devices", "list devices", lwctl_devices },
	{ "top", "show which processes use devices", lwctl_top },
	{ "help", "print this, or the help of a command", lwctl_help },
};

#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static const struct lwctl_command *find_command(const char *name)
{
	for (size_t i = 0; i < N_COMMANDS; i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

static void print_commands(void)
{
	printf("Usage: lwctl COMMAND [OPTION...]\n"
	       "Pack neural networks for lwnpu devices, and run them.\n\n");
	for (size_t i = 0; i < N_COMMANDS; i++)
		printf("  %-10s %s\n", commands[i].name, commands[i].text);
	printf("\n\"lwctl COMMAND --help\" explains a command, lwctl(1) all.\n");
}

static int run_command(const char *name, int argc, char **argv)
{
	const struct lwctl_command *command = find_command(name);
	static char program[32]; /* argp keeps a pointer to it */
	struct lwnpu_error error;

	if (!command) {
		lw_fail(&error, -EINVAL,
			"\"%.32s\": unknown command, see lwctl help", name);
		return lwctl_fail(LWCTL_USAGE, &error);
	}
	snprintf(program, sizeof(program), "lwctl %s", command->name);
	argv[0] = program;
	return command->run(argc, argv);
}

static int lwctl_help(int argc, char **argv)
{
	char help[] = "--help";
	char *command_line[] = { argv[0], help, NULL };

	if (argc > 1 && argv[1][0] != '-' && strcmp(argv[1], "help"))
		return run_command(argv[1], 2, command_line);
	print_commands();
	return LWCTL_OK;
}

int main(int argc, char **argv)
{
	struct lwnpu_error error;
	int status;

	lwctl_look_for_json(argc, argv);
	if (argc < 2) {
		lw_fail(&error, -EINVAL, "no command given, see lwctl help");
		return lwctl_fail(LWCTL_USAGE, &error);
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		print_commands();
		status = LWCTL_OK;
	} else if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
		lwctl_print_version();
		status = LWCTL_OK;
	} else {
		status = run_command(argv[1], argc - 1, argv + 1);
	}
	return status ? status : lwctl_flush();
}
