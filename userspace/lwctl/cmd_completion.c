// SPDX-License-Identifier: MIT
/* lwctl completion: scripts for shells. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "completion.h"

static const struct {
	const char *name;
	void (*print)(FILE *out);
} shells[] = {
	{ "bash", lw_print_bash },
	{ "zsh", lw_print_zsh },
};

const char *lwctl_shell_name(unsigned int i)
{
	return i < sizeof(shells) / sizeof(shells[0]) ? shells[i].name : NULL;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	unsigned int *shell = state->input;

	switch (key) {
	case ARGP_KEY_ARG:
		if (lwctl_shell_name(*shell))
			return lwctl_usage("\"%s\": expected one shell", arg);
		return lwctl_parse_choice("completion", arg, lwctl_shell_name,
					  shell);
	case ARGP_KEY_END:
		if (!lwctl_shell_name(*shell))
			return lwctl_usage("completion: expected a shell, bash or zsh");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int print_script(unsigned int shell)
{
	struct lwnpu_error error;
	int status = LWCTL_OK, failed = 0;
	char *text = NULL;
	size_t size;
	FILE *out;

	out = open_memstream(&text, &size);
	if (out) {
		shells[shell].print(out);
		failed = ferror(out);
		failed |= fclose(out);
	}
	if (failed || !text) {
		lw_fail(&error, -ENOMEM, "out of memory for a script");
		status = lwctl_fail(LWCTL_FAILED, &error);
	} else if (lwctl_json()) {
		status = lwctl_print_json(json_pack("{s:s, s:s}", "shell",
						    shells[shell].name,
						    "script", text));
	} else {
		fputs(text, stdout);
	}
	free(text);
	return status;
}

static int run(int argc, char **argv)
{
	unsigned int shell = UINT_MAX;
	int status;

	status = lwctl_parse(&lwctl_completion, argc, argv, &shell);
	return status ? status : print_script(shell);
}

static const struct argp argp = {
	.parser = parse,
	.args_doc = "SHELL",
	.doc = "Print what makes a shell, bash or zsh, complete command lines.",
};

const struct lwctl_command lwctl_completion = {
	.name = "completion",
	.text = "print a shell's completion of lwctl",
	.argp = &argp,
	.run = run,
	.hidden = true,
};
