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

int lwctl_print_json(json_t *object)
{
	char *text = NULL;

	if (object && !incomplete)
		text = json_dumps(object, JSON_INDENT(2) |
				  JSON_REAL_PRECISION(9));
	json_decref(object);
	if (!text) {
		lwctl_note("out of memory for JSON");
		return LWCTL_FAILED;
	}
	puts(text);
	free(text);
	return LWCTL_OK;
}
