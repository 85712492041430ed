// SPDX-License-Identifier: MIT
/* How a package's weights are stored. */
#include <inttypes.h>

#include "lwctl.h"
#include "table.h"

json_t *lwctl_json_segments(const struct lwm_package *package)
{
	json_t *array = json_array();

	for (uint32_t i = 0; i < package->n_segments; i++) {
		const struct lwm_segment *segment = &package->segments[i];
		const struct lwm_layer *layer = lwm_segment_layer(package, i);

		lwctl_json_append(
			array,
			json_pack("{s:o, s:I, s:s, s:I}", "layer",
				  layer ? lwctl_json_string(layer->name) :
					  json_null(), "size",
				  (json_int_t)segment->size, "coding",
				  lwm_coding_name(segment->coding),
				  "coded_size",
				  (json_int_t)segment->coded_size));
	}
	return array;
}

static void add_row(struct lw_table *table, const char *name, uint64_t size,
		    uint64_t stored, const char *coding)
{
	lw_table_add(table, "%s", name);
	lw_table_add(table, "%" PRIu64, size);
	lw_table_add(table, "%" PRIu64, stored);
	lw_table_add(table, "%.1f %%", size ? 100.0 * stored / size : 100);
	lw_table_add(table, "%s", coding);
}

int lwctl_print_segments(const struct lwm_package *package)
{
	static const struct lw_column columns[] = {
		{ "weights", LW_NAME_WIDTH, false },
		{ "bytes", 0, true },
		{ "stored", 0, true },
		{ "", 0, true },
		{ "coding", 0, false },
	};
	uint64_t size = 0, stored = 0;
	struct lw_table table;

	lw_table_begin(&table, columns, 5);
	for (uint32_t i = 0; i < package->n_segments; i++) {
		const struct lwm_segment *segment = &package->segments[i];
		const struct lwm_layer *layer = lwm_segment_layer(package, i);

		size += segment->size;
		stored += segment->coded_size;
		add_row(&table, layer ? layer->name : "(constants)",
			segment->size, segment->coded_size,
			lwm_coding_name(segment->coding));
	}
	add_row(&table, "total", size, stored, "");
	return lw_table_print(&table);
}
