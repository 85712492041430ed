/* SPDX-License-Identifier: MIT */
/* The command line of lwnpud. */
#ifndef LWD_OPTIONS_H
#define LWD_OPTIONS_H

#include "error.h"

/* Exit codes. */
enum lwd_status {
	LWD_STOPPED = 0,
	LWD_FAILED = 1,
	LWD_USAGE = 2,
};

/**
 * struct lwd_options - what is wanted
 * @engine: "opencl", "opencl:CHOICE" or "ref"
 * @control: path of the control file
 * @jobs: at once
 * @memory: bytes of loaded programs
 * @remove: take the node away at the end
 */
struct lwd_options {
	const char *engine;
	const char *control;
	uint32_t jobs;
	size_t memory;
	bool remove;
};

/**
 * lwd_options_parse() - read the command line
 * @options: filled in
 * @argc: as main()
 * @argv: as main()
 * @error: says what is wrong with it
 *
 * Prints help and version, and ends the process then.
 *
 * Return: 0 or -EINVAL.
 */
int lwd_options_parse(struct lwd_options *options, int argc, char **argv,
		      struct lwnpu_error *error);

#endif /* LWD_OPTIONS_H */
