/* SPDX-License-Identifier: MIT */
/* What the commands of lwctl share. */
#ifndef LWCTL_H
#define LWCTL_H

#include <argp.h>
#include <jansson.h>

#include "lwm.h"

/* Exit codes, documented in lwctl(1). */
enum lwctl_status {
	LWCTL_OK = 0,
	LWCTL_FAILED = 1, /* the work failed, or bytes differ */
	LWCTL_USAGE = 2,
	LWCTL_INPUT = 3, /* a file that was read is bad */
};

/**
 * struct lwctl_command - an entry of the commands table
 * @name: what the user types
 * @text: one line for people
 * @run: does it; @argv[0] is "lwctl NAME"; returns an enum lwctl_status
 */
struct lwctl_command {
	const char *name;
	const char *text;
	int (*run)(int argc, char **argv);
};

int lwctl_pack(int argc, char **argv);
int lwctl_submit(int argc, char **argv);
int lwctl_verify(int argc, char **argv);
int lwctl_info(int argc, char **argv);
int lwctl_disasm(int argc, char **argv);
int lwctl_devices(int argc, char **argv);
int lwctl_top(int argc, char **argv);

/* list_ops.c: for lwctl_pack(). */
int lwctl_list_ops(void);

/* message.c: what people and scripts are told */

/** lwctl_set_json() - results and errors go to standard output as JSON */
void lwctl_set_json(bool json);
bool lwctl_json(void);

/**
 * lwctl_fail() - report an error
 * @status: what the command ends with
 * @error: its message becomes one line on standard error
 *
 * Return: @status; LWCTL_FAILED if memory or the device was at fault.
 */
int lwctl_fail(enum lwctl_status status, const struct lwnpu_error *error);

/** lwctl_fail_with() - the same; in JSON @detail, released here, is @key */
int lwctl_fail_with(enum lwctl_status status, const struct lwnpu_error *error,
		    const char *key, json_t *detail);

/** lwctl_note() - tell people something on standard error, one line */
void lwctl_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** lwctl_print_version() - "lwctl 0.1.0" */
void lwctl_print_version(void);

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

/** lwctl_json_string() - a JSON string of any bytes */
json_t *lwctl_json_string(const char *text);

/** lwctl_json_score() - an accuracy */
json_t *lwctl_json_score(size_t correct, size_t total);

/**
 * lwctl_print_json() - print an object and release it
 * @object: NULL if memory was short
 *
 * Return: LWCTL_OK or LWCTL_FAILED.
 */
int lwctl_print_json(json_t *object);

/** lwctl_flush() - LWCTL_OK, or LWCTL_FAILED if output could not be written */
int lwctl_flush(void);

/* options.c: command lines */

/** lwctl_look_for_json() - errors that come before --json are JSON too */
void lwctl_look_for_json(int argc, char **argv);

/**
 * lwctl_parse() - parse a command's arguments
 * @argp: its options; --json is added to them
 * @argc: of the command
 * @argv: of the command
 * @input: for the parser of @argp
 *
 * A wrong command line is reported. --help and --version end the program.
 *
 * Return: LWCTL_OK or LWCTL_USAGE.
 */
int lwctl_parse(const struct argp *argp, int argc, char **argv, void *input);

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

#endif /* LWCTL_H */
