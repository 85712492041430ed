/* SPDX-License-Identifier: MIT */
/* What the commands of lwctl share. */
#ifndef LWCTL_H
#define LWCTL_H

#include <argp.h>
#include <jansson.h>

#include "lwm.h"

/* Exit codes: name, number, meaning; lwctl(1) has them in the same words. */
#define LWCTL_STATUSES(X) \
	X(OK, 0, "success") \
	X(FAILED, 1, \
	  "the work failed: a device is not there, may not be used or failed; memory was short; a file could not be written") \
	X(USAGE, 2, "the command line is wrong, or does not fit the model") \
	X(INPUT, 3, \
	  "a model, package or input file cannot be read, is damaged or is not supported") \
	X(DIFFER, 4, "verify: bytes differ")

enum lwctl_status {
#define LWCTL_STATUS(name, number, text) LWCTL_##name = (number),
	LWCTL_STATUSES(LWCTL_STATUS)
#undef LWCTL_STATUS
};

/**
 * struct lwctl_command - a command
 * @name: what the user types
 * @text: one line for people
 * @argp: its command line, but for the options that all have
 * @run: does it; @argv[0] is "lwctl NAME"; returns an enum lwctl_status
 * @hidden: not for people
 */
struct lwctl_command {
	const char *name;
	const char *text;
	const struct argp *argp;
	int (*run)(int argc, char **argv);
	bool hidden;
};

extern const struct lwctl_command lwctl_pack, lwctl_submit, lwctl_verify,
	lwctl_info, lwctl_disasm, lwctl_bench, lwctl_devices, lwctl_top,
	lwctl_help, lwctl_completion;

/* list_ops.c: for lwctl_pack. */
int lwctl_list_ops(void);

/* segments.c: weights, and how each tensor of them is stored */
int lwctl_print_segments(const struct lwm_package *package);
json_t *lwctl_json_segments(const struct lwm_package *package);

/* commands.c: what there is */

/* All commands, in the order of the help; ends with NULL. */
extern const struct lwctl_command *const lwctl_commands[];

/**
 * lwctl_run() - run a command
 * @name: of the command; an unknown one is reported
 * @argc: of the command, whose name is the first word
 * @argv: its first word is replaced
 */
int lwctl_run(const char *name, int argc, char **argv);

/**
 * lwctl_each_option() - visit a command's options, those of its argp's children
 *	and those that all commands have
 * @command: the command
 * @visit: called with each
 * @data: its second argument
 */
void lwctl_each_option(const struct lwctl_command *command,
		       void (*visit)(const struct argp_option *option,
				     void *data),
		       void *data);

/** lwctl_letter() - an option's short form, 0 if it has none */
char lwctl_letter(const struct argp_option *option);

/* cmd_completion.c: "bash", "zsh" */
const char *lwctl_shell_name(unsigned int i);

/* cmd_help.c */

/** lwctl_print_help() - the overview */
int lwctl_print_help(void);

/** lwctl_print_command() - a command and its options, as JSON */
int lwctl_print_command(const struct lwctl_command *command);

/* message.c: what people are told */

/**
 * lwctl_fail() - report an error
 * @status: what the command ends with
 * @error: its message becomes one line on standard error
 *
 * Return: @status; LWCTL_FAILED if memory or the device was at fault,
 * LWCTL_USAGE if the command line does not fit the model (-EDOM).
 */
int lwctl_fail(enum lwctl_status status, const struct lwnpu_error *error);

/** lwctl_fail_with() - the same; in JSON @detail, released here, is @key */
int lwctl_fail_with(enum lwctl_status status, const struct lwnpu_error *error,
		    const char *key, json_t *detail);

/** lwctl_note() - tell people something on standard error, one line */
void lwctl_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** lwctl_print_version() - "lwctl 0.1.0" */
int lwctl_print_version(void);

/** lwctl_print_name() - print a stranger's text, control bytes as '?' */
void lwctl_print_name(const char *name);

/**
 * lwctl_progress() - show how far a long task is
 * @data: unused; it is there for lw_pack_options.progress
 * @what: a few words
 * @done: share done, 0…1; 1 takes the line away
 *
 * Only on a terminal, and after the first second.
 */
void lwctl_progress(void *data, const char *what, float done);

/** lw_seconds() - a clock that only goes forward */
double lw_seconds(void);

/** lwctl_flush() - LWCTL_OK, or LWCTL_FAILED if output could not be written */
int lwctl_flush(void);

/* json.c: what scripts are told */

/** lwctl_set_json() - results and errors go to standard output as JSON */
void lwctl_set_json(bool json);
bool lwctl_json(void);

/** lwctl_json_string() - a JSON string of any bytes */
json_t *lwctl_json_string(const char *text);

/** lwctl_json_real() - a number; null if it is not finite */
json_t *lwctl_json_real(double number);

/** lwctl_json_score() - an accuracy */
json_t *lwctl_json_score(size_t correct, size_t total);

/*
 * json_array_append_new(), json_object_set_new(). If one fails, or gets NULL
 * because another function had no memory, so does lwctl_print_json().
 */
void lwctl_json_append(json_t *array, json_t *value);
void lwctl_json_set(json_t *object, const char *key, json_t *value);

/**
 * lwctl_print_json() - print an object, complete or not at all, and release it
 * @object: NULL if memory was short
 *
 * Return: LWCTL_OK or LWCTL_FAILED.
 */
int lwctl_print_json(json_t *object);

/* options.c: command lines */

/* The options that all commands have. */
extern const struct argp_option lwctl_common_options[];

/** lwctl_look_for_json() - errors that come before --json are JSON too */
void lwctl_look_for_json(int argc, char **argv);

/**
 * lwctl_parse() - parse a command's arguments
 * @command: --json, --help and --version are added to its options
 * @argc: of the command
 * @argv: of the command
 * @input: for the parser of its argp
 *
 * A wrong command line is reported. --help and --version end the program.
 *
 * Return: LWCTL_OK, LWCTL_USAGE, or LWCTL_FAILED for want of memory.
 */
int lwctl_parse(const struct lwctl_command *command, int argc, char **argv,
		void *input);

/**
 * lwctl_usage() - report a wrong command line
 * @format: one line
 *
 * Return: EINVAL, which the parser of an argp returns.
 */
int lwctl_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* "1.5" or "1/255"; false if it is not a finite number. */
bool lwctl_parse_number(const char *text, float *number);
/* A decimal number from 0 to @max. */
bool lwctl_parse_integer(const char *text, uint64_t max, uint64_t *number);
/* "a,b,c": how many numbers, 0 if there is none, too many or a bad one. */
uint32_t lwctl_parse_numbers(const char *text, float *numbers, uint32_t max);

/* choice.c: values with names */

/* The name of value @i; NULL from some number on. */
typedef const char *lwctl_name(unsigned int i);

/**
 * lwctl_parse_choice() - one of a few names
 * @option: "--option", for the message
 * @arg: its value
 * @name: what it may be
 * @choice: gets which
 *
 * Return: 0, or what lwctl_usage() returns.
 */
error_t lwctl_parse_choice(const char *option, const char *arg,
			   lwctl_name *name, unsigned int *choice);

/** lwctl_parse_choices() - some of them, as "a,b": bits in @set */
error_t lwctl_parse_choices(const char *option, const char *arg,
			    lwctl_name *name, unsigned int *set);

#endif /* LWCTL_H */
