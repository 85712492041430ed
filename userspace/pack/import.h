/* SPDX-License-Identifier: MIT */
/* From a model file to a graph. */
#ifndef LW_IMPORT_H
#define LW_IMPORT_H

#include "graph.h"

/**
 * struct lw_shape - the dimensions that an input is to have
 * @name: of the input; NULL: of the model's only one
 * @n: how many
 * @dim: the batch, which is 1, included
 */
struct lw_shape {
	const char *name;
	uint32_t n;
	uint32_t dim[LW_MAX_RANK];
};

/**
 * struct lw_import_options - what a user says of a model
 * @n_shapes: inputs whose dimensions are given
 * @shapes: [n_shapes]; TFLite models have their own, which these have to be
 * @n_ends: tensors that are the outputs instead of the model's; 0: its own
 * @ends: [n_ends] names; what only lies behind them is not read
 */
struct lw_import_options {
	size_t n_shapes;
	const struct lw_shape *shapes;
	size_t n_ends;
	const char *const *ends;
};

/** lw_shape_find() - what an input is to have; NULL: that was not said */
const struct lw_shape *lw_shape_find(const struct lw_import_options *options,
				     const char *name);

/**
 * lw_import_file() - read a model; the kind is told by the file's contents
 * @graph: gets the graph; free with lw_graph_free()
 * @path: .tflite or .onnx
 * @options: may be NULL
 * @refusals: filled in when nodes cannot be packed; free in any case
 * @error: filled in on failure, may be NULL; starts with the path
 *
 * Return: 0; -EBADMSG the file is damaged; -EOPNOTSUPP see @refusals; -EDOM
 * the model has not the inputs or tensors of @options; -ENOENT, …; -ENOMEM.
 */
int lw_import_file(struct lw_graph **graph, const char *path,
		   const struct lw_import_options *options,
		   struct lw_refusals *refusals, struct lwnpu_error *error);

/** lw_import_tflite() - the same from the bytes of a TFLite flatbuffer */
int lw_import_tflite(struct lw_graph **graph, const void *data, size_t size,
		     const struct lw_import_options *options,
		     struct lw_refusals *refusals, struct lwnpu_error *error);

/** lw_import_onnx() - the same from the bytes of an ONNX protobuf */
int lw_import_onnx(struct lw_graph **graph, const void *data, size_t size,
		   const struct lw_import_options *options,
		   struct lw_refusals *refusals, struct lwnpu_error *error);

/**
 * struct lw_claim - an operator that an importer reads
 * @format: "onnx" or "tflite"
 * @domain: of the operator set; "" is ONNX's own, and TFLite's builtins;
 *	"custom": TFLite's other ones
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
