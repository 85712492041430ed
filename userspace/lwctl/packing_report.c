// SPDX-License-Identifier: MIT
/* What lwctl pack prints. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lwctl.h"
#include "packing.h"
#include "table.h"

/**
 * struct sum - of the rows of one pass, which follow each other
 * @pass: its name
 * @first: row
 * @n: rows
 */
struct sum {
	const char *pass;
	uint32_t first, n;
	uint64_t bytes_before, bytes_after;
	uint64_t macs_before, macs_after;
};

/* Sums the rows of the pass that begins at row @first. */
static struct sum sum_pass(const struct lw_report *report, uint32_t first)
{
	struct sum sum = { .pass = report->row[first].pass, .first = first };

	for (uint32_t i = first; i < report->n; i++) {
		const struct lw_report_row *row = &report->row[i];

		if (strcmp(row->pass, sum.pass))
			break;
		sum.n++;
		sum.bytes_before += row->bytes_before;
		sum.bytes_after += row->bytes_after;
		sum.macs_before += row->macs_before;
		sum.macs_after += row->macs_after;
	}
	return sum;
}

static int print_stages(const struct lw_packing *packing)
{
	static const struct lw_column columns[] = {
		{ "stage", 0, false },
		{ "bytes", 0, true },
		{ "MACs", 0, true },
		{ "accuracy", 0, false },
	};
	size_t n = packing->labels.n ? 4 : 3;
	struct lw_table table;

	lw_table_begin(&table, columns, n);
	for (uint32_t i = 0; i < packing->n_stages; i++) {
		const struct lw_stage *stage = &packing->stages[i];

		lw_table_add(&table, "%s", stage->name);
		lw_table_add(&table, "%" PRIu64, stage->bytes);
		lw_table_add(&table, "%" PRIu64, stage->macs);
		if (n == 4)
			lw_table_add(&table, "%.1f %% (%zu of %zu)",
				     lw_score_percent(&stage->score),
				     stage->score.correct, stage->score.total);
	}
	return lw_table_print(&table);
}

static void add_numbers(struct lw_table *table, const uint64_t numbers[4])
{
	for (int i = 0; i < 4; i++)
		lw_table_add(table, "%" PRIu64, numbers[i]);
}

static void add_pass(struct lw_table *table, const struct lw_report *report,
		     const struct sum *sum)
{
	for (uint32_t i = sum->first; i < sum->first + sum->n; i++) {
		const struct lw_report_row *row = &report->row[i];

		lw_table_add(table, "%s", row->pass);
		lw_table_add(table, "%s", row->layer);
		add_numbers(table, (uint64_t[]){ row->bytes_before,
						 row->bytes_after,
						 row->macs_before,
						 row->macs_after });
		if (isnan(row->error))
			lw_table_add(table, "%s", "");
		else
			lw_table_add(table, "%.5f", row->error);
	}
	lw_table_add(table, "%s", sum->pass);
	lw_table_add(table, "total of %u", sum->n);
	add_numbers(table, (uint64_t[]){ sum->bytes_before, sum->bytes_after,
					 sum->macs_before, sum->macs_after });
	lw_table_add(table, "%s", "");
}

/* What each pass did, and how the result is stored. */
static int print_report(const struct lw_packing *packing)
{
	static const struct lw_column columns[] = {
		{ "pass", 0, false },	 { "layer", LW_NAME_WIDTH, false },
		{ "bytes", 0, true },	 { "after", 0, true },
		{ "MACs", 0, true },	 { "after", 0, true },
		{ "error", 0, true },
	};
	const struct lw_report *report = &packing->report;
	struct lw_table table;
	struct sum sum;
	int status;

	lw_table_begin(&table, columns, 7);
	for (uint32_t i = 0; i < report->n; i += sum.n) {
		sum = sum_pass(report, i);
		add_pass(&table, report, &sum);
	}
	status = lw_table_print(&table);
	if (status)
		return status;
	printf("\n");
	return lwctl_print_segments(&packing->package);
}

static json_t *json_of_stages(const struct lw_packing *packing)
{
	json_t *array = json_array(), *object;

	for (uint32_t i = 0; i < packing->n_stages; i++) {
		const struct lw_stage *stage = &packing->stages[i];

		object = json_pack("{s:s, s:I, s:I}", "stage", stage->name,
				   "bytes", (json_int_t)stage->bytes, "macs",
				   (json_int_t)stage->macs);
		if (stage->score.total)
			lwctl_json_set(object, "accuracy",
				       lwctl_json_score(stage->score.correct,
							stage->score.total));
		lwctl_json_append(array, object);
	}
	return array;
}

static json_t *json_of_report(const struct lw_report *report)
{
	json_t *array = json_array(), *object;

	for (uint32_t i = 0; i < report->n; i++) {
		const struct lw_report_row *row = &report->row[i];

		object = json_pack("{s:s, s:o, s:I, s:I, s:I, s:I}", "pass",
				   row->pass, "layer",
				   lwctl_json_string(row->layer),
				   "bytes_before",
				   (json_int_t)row->bytes_before, "bytes_after",
				   (json_int_t)row->bytes_after, "macs_before",
				   (json_int_t)row->macs_before, "macs_after",
				   (json_int_t)row->macs_after);
		if (isfinite(row->error))
			lwctl_json_set(object, "error", json_real(row->error));
		lwctl_json_append(array, object);
	}
	return array;
}

static json_t *json_of_totals(const struct lw_report *report)
{
	json_t *array = json_array();
	struct sum sum;

	for (uint32_t i = 0; i < report->n; i += sum.n) {
		sum = sum_pass(report, i);
		lwctl_json_append(
			array,
			json_pack("{s:s, s:I, s:I, s:I, s:I, s:I}", "pass",
				  sum.pass, "layers", (json_int_t)sum.n,
				  "bytes_before", (json_int_t)sum.bytes_before,
				  "bytes_after", (json_int_t)sum.bytes_after,
				  "macs_before", (json_int_t)sum.macs_before,
				  "macs_after", (json_int_t)sum.macs_after));
	}
	return array;
}

static int print_json(const struct lw_packing *packing,
		      const struct lw_packing_request *request)
{
	json_t *object;

	object = json_pack("{s:o, s:I, s:o}", "output",
			   lwctl_json_string(request->output), "bytes",
			   (json_int_t)packing->file_size, "stages",
			   json_of_stages(packing));
	if (request->report) {
		lwctl_json_set(object, "report",
			       json_of_report(&packing->report));
		lwctl_json_set(object, "totals",
			       json_of_totals(&packing->report));
		lwctl_json_set(object, "segments",
			       lwctl_json_segments(&packing->package));
	}
	return lwctl_print_json(object);
}

int lw_packing_print(const struct lw_packing *packing,
		     const struct lw_packing_request *request)
{
	int status = LWCTL_OK;

	if (lwctl_json())
		return print_json(packing, request);
	if (!request->quiet)
		status = print_stages(packing);
	if (!request->report || status)
		return status;
	if (!request->quiet)
		printf("\n");
	return print_report(packing);
}
