// SPDX-License-Identifier: MIT
/* Options whose value is one of a few names, or some of them. */
#include <stdio.h>
#include <string.h>

#include "lwctl.h"

/* "a, b or c", cut at @size. */
static const char *list_names(lwctl_name *name, const char *last, char *text,
			      size_t size)
{
	size_t n = 0;

	text[0] = '\0';
	for (unsigned int i = 0; name(i) && n < size; i++)
		n += snprintf(text + n, size - n, "%s%s",
			      !i ? "" : name(i + 1) ? ", " : last, name(i));
	return text;
}

static bool find_name(lwctl_name *name, const char *text, size_t length,
		      unsigned int *choice)
{
	for (*choice = 0; name(*choice); (*choice)++)
		if (strlen(name(*choice)) == length &&
		    !strncmp(name(*choice), text, length))
			return true;
	return false;
}

error_t lwctl_parse_choice(const char *option, const char *arg,
			   lwctl_name *name, unsigned int *choice)
{
	char names[LWNPU_ERROR_SIZE];

	if (find_name(name, arg, strlen(arg), choice))
		return 0;
	return lwctl_usage("%s: \"%s\", expected %s", option, arg,
			   list_names(name, " or ", names, sizeof(names)));
}

error_t lwctl_parse_choices(const char *option, const char *arg,
			    lwctl_name *name, unsigned int *set)
{
	char names[LWNPU_ERROR_SIZE];
	const char *item = arg;
	unsigned int choice;
	size_t length;

	for (*set = 0;; item += length + 1) {
		length = strcspn(item, ",");
		if (!find_name(name, item, length, &choice))
			return lwctl_usage("%s: \"%s\", expected some of %s, with commas between them",
					   option, arg,
					   list_names(name, ", ", names,
						      sizeof(names)));
		*set |= 1u << choice;
		if (!item[length])
			return 0;
	}
}
