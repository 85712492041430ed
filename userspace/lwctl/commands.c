// SPDX-License-Identifier: MIT
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "lwctl.h"

const struct lwctl_command *const lwctl_commands[] = {
	&lwctl_pack,	&lwctl_submit,	&lwctl_verify,	&lwctl_info,
	&lwctl_disasm,	&lwctl_bench,	&lwctl_devices, &lwctl_top,
	&lwctl_help,	&lwctl_completion, NULL
};

int lwctl_run(const char *name, int argc, char **argv)
{
	const struct lwctl_command *const *command = lwctl_commands;
	static char program[32]; /* argp keeps a pointer to it */
	struct lwnpu_error error;

	while (*command && strcmp((*command)->name, name))
		command++;
	if (!*command) {
		lw_fail(&error, -EINVAL,
			"\"%.32s\": unknown command, see lwctl help", name);
		return lwctl_fail(LWCTL_USAGE, &error);
	}
	snprintf(program, sizeof(program), "lwctl %s", (*command)->name);
	argv[0] = program;
	return (*command)->run(argc, argv);
}

static void each_option(const struct argp *argp,
			void (*visit)(const struct argp_option *, void *),
			void *data)
{
	const struct argp_option *option = argp->options;
	const struct argp_child *child = argp->children;

	for (; option && option->name; option++)
		visit(option, data);
	for (; child && child->argp; child++)
		each_option(child->argp, visit, data);
}

void lwctl_each_option(const struct lwctl_command *command,
		       void (*visit)(const struct argp_option *option,
				     void *data),
		       void *data)
{
	const struct argp common = { .options = lwctl_common_options };

	each_option(command->argp, visit, data);
	each_option(&common, visit, data);
}

char lwctl_letter(const struct argp_option *option)
{
	return option->key < 128 && isalpha(option->key) ? option->key : 0;
}
