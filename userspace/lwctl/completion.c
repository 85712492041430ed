// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>

#include "completion.h"
#include "packing.h"

static const char *command_name(unsigned int i)
{
	return lwctl_commands[i] ? lwctl_commands[i]->name : NULL;
}

/* What is called by its kind; names with a dot in them are files. */
static const struct lw_operand values[] = {
	{ .text = "FILE", .kind = LW_FILE },
	{ .text = "MODEL", .kind = LW_FILE, .extensions = "onnx tflite" },
	{ .text = "NAME", .kind = LW_DEVICE },
	{ .text = "A,B", .kind = LW_DEVICE, .list = true },
	{ .text = "RANGE", .kind = LW_CHOICE, .name = lw_range_name },
	{ .text = "PATTERN", .kind = LW_CHOICE, .name = lw_pattern_name },
	{ .text = "LIST", .kind = LW_CHOICE, .list = true,
	  .name = lwm_coding_name },
	{ .text = "PROFILE", .kind = LW_CHOICE, .name = lwm_profile_name },
	{ .text = "COMMAND", .kind = LW_CHOICE, .name = command_name },
	{ .text = "SHELL", .kind = LW_CHOICE, .name = lwctl_shell_name },
};

void lw_operand_of(struct lw_operand *value, const char *text)
{
	const char *dot;

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		*value = values[i];
		if (!strcmp(value->text, text))
			return;
	}
	*value = (struct lw_operand){ .kind = LW_ANYTHING };
	snprintf(value->text, sizeof(value->text), "%s", text);
	dot = strchr(text, '.');
	if (dot) {
		value->kind = LW_FILE;
		snprintf(value->extensions, sizeof(value->extensions), "%s",
			 dot + 1);
	}
}

/* "[FILE...]", of @length, without its brackets and dots. */
static void set_argument(struct lw_operand *argument, const char *word,
			 size_t length)
{
	char text[sizeof(argument->text)];
	bool repeated = false;

	if (word[0] == '[') {
		word++;
		length -= 2;
	}
	if (length > 3 && !strncmp(word + length - 3, "...", 3)) {
		repeated = true;
		length -= 3;
	}
	snprintf(text, sizeof(text), "%.*s", (int)length, word);
	lw_operand_of(argument, text);
	argument->repeated = repeated;
}

/* Of "MODEL.lwm --devices A,B [FILE...]" the first and the last. */
size_t lw_arguments_of(const struct lwctl_command *command,
		       struct lw_operand arguments[LW_MAX_ARGUMENTS])
{
	const char *at = command->argp->args_doc;
	bool of_option = false;
	size_t n = 0, length;

	while (at && *at && *at != '\n' && n < LW_MAX_ARGUMENTS) {
		length = strcspn(at, " \n");
		if (!of_option && *at != '-')
			set_argument(&arguments[n++], at, length);
		of_option = *at == '-';
		at += length;
		at += *at == ' ';
	}
	return n;
}
