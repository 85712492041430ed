// SPDX-License-Identifier: MIT
/* lwctl pack --list-ops: what models may be made of. */
#include "import.h"
#include "lwctl.h"
#include "table.h"

static json_t *json_of_claim(const struct lw_claim *claim)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:b, s:b, s:s}", "format",
			 claim->format, "domain", claim->domain, "operator",
			 claim->op, "versions", claim->versions, "activations",
			 claim->activations, "constants", claim->constants,
			 "limits", claim->limits);
}

/* With its domain, where that is not the format's own. */
static void add_claim(struct lw_table *table, const struct lw_claim *claim)
{
	lw_table_add(table, "%s", claim->format);
	lw_table_add(table, "%s%s%s", claim->domain, *claim->domain ? "." : "",
		     claim->op);
	lw_table_add(table, "%s", claim->versions);
	lw_table_add(table, "%s", !claim->constants ? "activations" :
				  !claim->activations ? "constants" : "both");
	lw_table_add(table, "%s", claim->limits);
}

static int print_text(void)
{
	static const struct lw_column columns[] = {
		{ "format", 0, false }, { "operator", 0, false },
		{ "versions", 0, false }, { "of", 0, false },
		{ "limits", 0, false },
	};
	struct lw_table table;
	struct lw_claim claim;

	lw_table_begin(&table, columns, 5);
	for (uint32_t i = 0; lw_import_claim(i, &claim); i++)
		add_claim(&table, &claim);
	return lw_table_print(&table);
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
