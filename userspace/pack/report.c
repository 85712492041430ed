// SPDX-License-Identifier: MIT
/* Reports of what passes did. */
#include <stdlib.h>
#include <string.h>

#include "report.h"

int lw_report_add(struct lw_report *report, const struct lw_report_row *row)
{
	struct lw_report_row *rows;
	size_t size;
	char *layer;

	if (!report)
		return 0;
	if (lw_mul((size_t)report->n + 1, sizeof(*rows), &size))
		return -ENOMEM;
	rows = realloc(report->row, size);
	if (!rows)
		return -ENOMEM;
	report->row = rows;
	layer = strdup(row->layer ? row->layer : "");
	if (!layer)
		return -ENOMEM;
	rows[report->n] = *row;
	rows[report->n++].layer = layer;
	return 0;
}

void lw_report_free(struct lw_report *report)
{
	uint32_t i;

	for (i = 0; i < report->n; i++)
		free(report->row[i].layer);
	free(report->row);
	*report = (struct lw_report){ 0 };
}

uint64_t lw_node_bytes(const struct lw_node *node)
{
	const struct lw_weights *w = node->weights;
	uint64_t n;

	if (node->kind == LW_NODE_CONSTANT)
		return lw_value_size(node->out) *
		       (node->out->quantised ? 1 : sizeof(*node->constant));
	if (!w)
		return 0;
	n = (uint64_t)w->o * w->kh * w->kw * w->i;
	if (w->q)
		return n + (uint64_t)w->o *
		       (sizeof(*w->scale) + (w->bias_q ? sizeof(*w->bias_q) : 0));
	return n * sizeof(*w->real) +
	       (w->bias ? (uint64_t)w->o * sizeof(*w->bias) : 0);
}

static bool is_zero(const float *block, uint32_t n)
{
	uint32_t i;

	for (i = 0; i < n; i++)
		if (block[i] != 0)
			return false;
	return true;
}

static uint64_t nonzero_weights(const struct lw_weights *w)
{
	size_t row, rows = (size_t)w->o * w->kh * w->kw;
	uint64_t sum = 0;
	uint32_t i, n;

	for (row = 0; row < rows; row++)
		for (i = 0; i < w->i; i += 4) {
			n = w->i - i < 4 ? w->i - i : 4;
			if (!is_zero(w->real + row * w->i + i, n))
				sum += n;
		}
	return sum;
}

uint64_t lw_node_macs(const struct lw_node *node)
{
	const struct lw_value *at = node->kind == LW_NODE_TCONV ? node->in[0] :
								  node->out;
	uint64_t pixels = (uint64_t)at->h * at->w;
	const struct lw_weights *w = node->weights;

	if (node->kind == LW_NODE_CONV || node->kind == LW_NODE_TCONV)
		return pixels * nonzero_weights(w);
	return w ? pixels * w->o * w->kh * w->kw : 0;
}
