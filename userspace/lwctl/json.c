// SPDX-License-Identifier: MIT
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lwctl.h"

static bool json_wanted;
/* Something is missing from what is to be printed. */
static bool incomplete;

void lwctl_set_json(bool json)
{
	json_wanted = json;
}

bool lwctl_json(void)
{
	return json_wanted;
}

/* JSON is UTF-8; names in files need not be. */
json_t *lwctl_json_string(const char *text)
{
	json_t *string = json_string(text);
	char *copy;

	if (string)
		return string;
	copy = strdup(text);
	if (!copy)
		return NULL;
	lw_one_line(copy);
	string = json_string(copy);
	free(copy);
	return string;
}

json_t *lwctl_json_real(double number)
{
	return isfinite(number) ? json_real(number) : json_null();
}

json_t *lwctl_json_score(size_t correct, size_t total)
{
	return json_pack("{s:I, s:I, s:f}", "correct", (json_int_t)correct,
			 "total", (json_int_t)total, "percent",
			 100.0 * correct / total);
}

void lwctl_json_append(json_t *array, json_t *value)
{
	if (json_array_append_new(array, value))
		incomplete = true;
}

void lwctl_json_set(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, value))
		incomplete = true;
}

/* json_dumps() may forget a key where memory is short. */
static char *print(const json_t *object)
{
	size_t flags = JSON_INDENT(2) | JSON_REAL_PRECISION(9);
	size_t size = json_dumpb(object, NULL, 0, flags);
	char *text = malloc(size + 1);

	if (!size || !text || json_dumpb(object, text, size, flags) != size) {
		free(text);
		return NULL;
	}
	text[size] = '\0';
	return text;
}

int lwctl_print_json(json_t *object)
{
	char *text = incomplete ? NULL : print(object);

	json_decref(object);
	if (!text) {
		lwctl_note("out of memory for JSON");
		return LWCTL_FAILED;
	}
	puts(text);
	free(text);
	return LWCTL_OK;
}
