/* SPDX-License-Identifier: MIT */
/* From a model file to a graph. */
#ifndef LW_IMPORT_H
#define LW_IMPORT_H

#include "graph.h"

/**
 * lw_import_file() - read a model; the kind is told by the file's contents
 * @graph: gets the graph; free with lw_graph_free()
 * @path: .tflite or .onnx
 * @refusals: filled in when nodes cannot be packed; free in any case
 * @error: filled in on failure, may be NULL; starts with the path
 *
 * Return: 0; -EBADMSG the file is damaged; -EOPNOTSUPP see @refusals;
 * -ENOENT, …; -ENOMEM.
 */
int lw_import_file(struct lw_graph **graph, const char *path,
		   struct lw_refusals *refusals, struct lwnpu_error *error);

/** lw_import_tflite() - the same from the bytes of a TFLite flatbuffer */
int lw_import_tflite(struct lw_graph **graph, const void *data, size_t size,
		     struct lw_refusals *refusals, struct lwnpu_error *error);

/** lw_import_onnx() - the same from the bytes of an ONNX protobuf */
int lw_import_onnx(struct lw_graph **graph, const void *data, size_t size,
		   struct lw_refusals *refusals, struct lwnpu_error *error);

/**
 * struct lw_claim - an operator that an importer reads
 * @format: "onnx" or "tflite"
 * @domain: of the operator set; "" is ONNX's own, and TFLite's builtins
 * @op: its name in the format
 * @versions: operator sets of ONNX in which it may be, else ""
 * @activations: it may work on activations
 * @constants: it is computed where all its inputs are constants
 * @limits: what of it is refused, for people
 */
struct lw_claim {
	const char *format;
	const char *domain;
	const char *op;
	char versions[16];
	bool activations, constants;
	const char *limits;
};

/** lw_import_claim() - operator @i of all formats; false if there are fewer */
bool lw_import_claim(uint32_t i, struct lw_claim *claim);

/* The same of one format. */
bool lw_onnx_claim(uint32_t i, struct lw_claim *claim);
bool lw_tflite_claim(uint32_t i, struct lw_claim *claim);

#endif /* LW_IMPORT_H */
