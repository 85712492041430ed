// SPDX-License-Identifier: MIT
/* Files from strangers are read, and what comes out is used. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "import.h"
#include "lwm_samples.h"
#include "pack.h"
#include "stranger.h"

static int wrong(const char *what, const struct lwnpu_error *error)
{
	fprintf(stderr, "%s: %s\n", what, error->message);
	return 1;
}

/* What a reader accepts, the writer writes. */
int lw_stranger_lwm(const void *data, size_t size, struct lwnpu_error *error)
{
	struct lwm_package package;
	size_t again_size;
	void *again;
	int ret;

	ret = lwm_read_memory(&package, data, size, error);
	if (ret)
		return ret;
	ret = lwm_write_memory(&package, SMALLEST(1u << LWM_HUFFMAN), &again,
			       &again_size, error);
	lwm_release(&package);
	if (ret)
		return wrong("an accepted package cannot be written", error);
	free(again);
	return 0;
}

bool lw_is_line(const char *text)
{
	unsigned int n;

	if (!text || !*text)
		return false;
	for (; *text; text += n) {
		n = lw_character(text);
		if (!n)
			return false;
	}
	return true;
}

static int check_refusals(int ret, const struct lw_refusals *refusals)
{
	uint32_t i;

	for (i = 0; i < refusals->n; i++) {
		if (!lw_is_line(refusals->item[i].reason)) {
			fprintf(stderr, "reason of refusal %u is not a line of text\n", i);
			return 1;
		}
	}
	return ret;
}

static int use_graph(struct lw_graph *graph, struct lwnpu_error *error)
{
	const struct lw_pack_options options = { 0 };
	struct lw_report report = { 0 };
	int ret;

	if (lw_graph_check(graph, error))
		return wrong("an imported graph is not sound", error);
	ret = lw_pass_fold(graph, &options, &report, error);
	lw_report_free(&report);
	if (ret)
		return wrong("an imported graph cannot be folded", error);
	if (lw_graph_check(graph, error))
		return wrong("a folded graph is not sound", error);
	return 0;
}

static int read_model(int (*import)(struct lw_graph **graph, const void *data,
				    size_t size,
				    const struct lw_import_options *options,
				    struct lw_refusals *refusals,
				    struct lwnpu_error *error),
		      const void *data, size_t size, struct lwnpu_error *error)
{
	struct lw_refusals refusals = { 0 };
	struct lw_graph *graph = NULL;
	int ret;

	ret = import(&graph, data, size, NULL, &refusals, error);
	if (!ret) {
		ret = use_graph(graph, error);
		lw_graph_free(graph);
	} else {
		ret = check_refusals(ret, &refusals);
	}
	lw_refusals_free(&refusals);
	return ret;
}

int lw_stranger_tflite(const void *data, size_t size,
		       struct lwnpu_error *error)
{
	return read_model(lw_import_tflite, data, size, error);
}

int lw_stranger_onnx(const void *data, size_t size, struct lwnpu_error *error)
{
	return read_model(lw_import_onnx, data, size, error);
}
