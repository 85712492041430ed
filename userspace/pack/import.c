// SPDX-License-Identifier: MIT
/* Reads a model file and tells its kind. */
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "import.h"

#define MAX_FILE_SIZE ((size_t)1 << 30)

static int name_source(struct lw_graph *graph, const char *path,
		       struct lwnpu_error *error)
{
	const char *slash = strrchr(path, '/');
	char *name = strdup(slash ? slash + 1 : path);

	if (!name)
		return lw_fail(error, -ENOMEM, "out of memory");
	free(graph->source);
	graph->source = name;
	return 0;
}

/* A TFLite file has an identifier at its byte 4; an ONNX file has none. */
static bool is_tflite(const void *data, size_t size)
{
	return size >= 8 && !memcmp((const char *)data + 4, "TFL3", 4);
}

int lw_import_file(struct lw_graph **graph, const char *path,
		   struct lw_refusals *refusals, struct lwnpu_error *error)
{
	size_t size;
	void *data;
	int ret = lw_file_read(path, MAX_FILE_SIZE, &data, &size, error);

	*graph = NULL;
	if (ret)
		return ret;
	if (is_tflite(data, size))
		ret = lw_import_tflite(graph, data, size, refusals, error);
	else
		ret = lw_import_onnx(graph, data, size, refusals, error);
	free(data);
	if (!ret)
		ret = name_source(*graph, path, error);
	if (!ret)
		return 0;
	lw_graph_free(*graph);
	*graph = NULL;
	lw_fail_at(error, path);
	return ret;
}

bool lw_import_claim(uint32_t i, struct lw_claim *claim)
{
	uint32_t n = 0;

	if (lw_onnx_claim(i, claim))
		return true;
	while (lw_onnx_claim(n, claim))
		n++;
	return lw_tflite_claim(i - n, claim);
}
