// SPDX-License-Identifier: MIT
/* lwctl pack --list-ops: what models may be made of. */
#include <stdio.h>

#include "import.h"
#include "lwctl.h"

#define COLUMNS "%-7s %-28s %-9s %s"

static json_t *json_of_claim(const struct lw_claim *claim)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:b, s:b, s:s}", "format",
			 claim->format, "domain", claim->domain, "operator",
			 claim->op, "versions", claim->versions, "activations",
			 claim->activations, "constants", claim->constants,
			 "limits", claim->limits);
}

/* With its domain, where that is not the format's own. */
static void print_claim(const struct lw_claim *claim)
{
	char name[64];

	snprintf(name, sizeof(name), "%s%s%s", claim->domain,
		 *claim->domain ? "." : "", claim->op);
	printf(COLUMNS, claim->format, name, claim->versions,
	       !claim->constants ? "activations" :
	       !claim->activations ? "constants" : "both");
	printf(*claim->limits ? "; %s\n" : "\n", claim->limits);
}

static int print_text(void)
{
	struct lw_claim claim;

	printf(COLUMNS "\n", "format", "operator", "versions", "of; limits");
	for (uint32_t i = 0; lw_import_claim(i, &claim); i++)
		print_claim(&claim);
	return LWCTL_OK;
}

static int print_json(void)
{
	json_t *array = json_array();
	struct lw_claim claim;

	for (uint32_t i = 0; lw_import_claim(i, &claim); i++)
		lwctl_json_append(array, json_of_claim(&claim));
	return lwctl_print_json(json_pack("{s:o}", "operators", array));
}

int lwctl_list_ops(void)
{
	return lwctl_json() ? print_json() : print_text();
}
