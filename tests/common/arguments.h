/* SPDX-License-Identifier: MIT */
/* Options of test programs: pairs of a name and a value. */
#ifndef ARGUMENTS_H
#define ARGUMENTS_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct argument - an option
 * @name: "--seed"; NULL ends a list
 * @number: gets its value, a whole number, or
 * @text: gets it, any text
 */
struct argument {
	const char *name;
	uint64_t *number;
	const char **text;
};

/**
 * read_arguments() - take options from the command line
 * @words: from the first option on; NULL ends them
 * @arguments: those that there are
 *
 * Return: false if one is unknown, has no value, or should be a number.
 */
bool read_arguments(char **words, const struct argument *arguments);

#endif /* ARGUMENTS_H */
