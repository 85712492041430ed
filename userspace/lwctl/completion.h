/* SPDX-License-Identifier: MIT */
/* What shells can complete, found in the commands' tables. */
#ifndef LW_COMPLETION_H
#define LW_COMPLETION_H

#include <stdio.h>

#include "lwctl.h"

enum lw_operand_kind { LW_ANYTHING, LW_FILE, LW_DEVICE, LW_CHOICE };

/**
 * struct lw_operand - what a value or argument may be
 * @text: as the help says it
 * @kind: what it is
 * @list: several, with commas between them
 * @repeated: an argument that may be there several times
 * @extensions: LW_FILE: of the names, with spaces between them; "": any
 * @name: LW_CHOICE: the words
 */
struct lw_operand {
	char text[32];
	enum lw_operand_kind kind;
	bool list, repeated;
	char extensions[32];
	lwctl_name *name;
};

/** lw_operand_of() - what the help calls @text */
void lw_operand_of(struct lw_operand *value, const char *text);

#define LW_MAX_ARGUMENTS 4

/**
 * lw_arguments_of() - a command's arguments that are no options
 * @command: the command
 * @arguments: filled in, in their order
 *
 * Return: how many.
 */
size_t lw_arguments_of(const struct lwctl_command *command,
		       struct lw_operand arguments[LW_MAX_ARGUMENTS]);

void lw_print_bash(FILE *out);
void lw_print_zsh(FILE *out);

#endif /* LW_COMPLETION_H */
