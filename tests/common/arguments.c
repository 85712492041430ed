// SPDX-License-Identifier: MIT
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "arguments.h"

static bool read_number(const char *word, uint64_t *number)
{
	char *end;

	errno = 0;
	*number = strtoull(word, &end, 0);
	return isdigit((unsigned char)*word) && !*end && !errno;
}

bool read_arguments(char **words, const struct argument *arguments)
{
	const struct argument *argument;

	for (; *words; words += 2) {
		argument = arguments;
		while (argument->name && strcmp(argument->name, words[0]))
			argument++;
		if (!argument->name || !words[1])
			return false;
		if (argument->text)
			*argument->text = words[1];
		else if (!read_number(words[1], argument->number))
			return false;
	}
	return true;
}
