// SPDX-License-Identifier: MIT
/* ScatterND of constants: how exporters write x[i:j] = y for masks. */
#include <string.h>

#include "onnx_make.h"

/* Where the part that a row of @n indices means begins, in numbers. */
static size_t find_part(struct onnx_node *node, const struct onnx_shape *shape,
			const int64_t *index, uint32_t n, size_t run)
{
	size_t at = 0;
	uint32_t i;

	for (i = 0; i < n; i++)
		at = at * shape->dim[i] +
		     lw_onnx_dim(node, index[i], shape->dim[i]);
	return at * run;
}

/* Numbers of a part: those of the dimensions behind the first @n. */
static size_t run_of(const struct onnx_shape *shape, uint32_t n)
{
	size_t run = 1;
	uint32_t i;

	for (i = n; i < shape->n; i++)
		run *= shape->dim[i];
	return run;
}

static int check(struct onnx_node *node, const struct onnx_value *data,
		 const struct onnx_value *index,
		 const struct onnx_value *updates)
{
	if (!lw_onnx_string_is(node, "reduction", "none", "none"))
		return lw_onnx_refuse(node, "reduction is not none");
	if (!index->constant->whole)
		return lw_onnx_refuse(node, "the indices are not integers");
	if (!data->constant->real != !updates->constant->real)
		return lw_onnx_refuse(node, "the updates are of another type");
	if (!index->shape.n || !index->shape.dim[index->shape.n - 1] ||
	    index->shape.dim[index->shape.n - 1] > data->shape.n)
		return lw_onnx_refuse(node, "the last dimension of the indices is not 1 to %u",
				      data->shape.n);
	return node->status;
}

int lw_onnx_fold_scatter_nd(struct onnx_node *node)
{
	const struct onnx_value *data = node->in[0], *index = node->in[1];
	const struct onnx_value *updates = node->in[2];
	struct onnx_constant *to;
	size_t rows, run, i;
	uint32_t n;

	if (check(node, data, index, updates))
		return node->status;
	n = index->shape.dim[index->shape.n - 1];
	run = run_of(&data->shape, n);
	rows = index->constant->n / n;
	if (updates->constant->n != rows * run)
		return lw_onnx_refuse(node, "%zu updates of %zu numbers, expected %zu",
				      rows, run, updates->constant->n);
	to = lw_onnx_fold_new(node, &data->shape, data->constant->real);
	if (to)
		lw_onnx_fold_copy(to, 0, data->constant, 0, to->n);
	for (i = 0; to && i < rows && run; i++) {
		size_t at = find_part(node, &data->shape,
				      index->constant->whole + i * n, n, run);

		if (node->status)
			return node->status;
		lw_onnx_fold_copy(to, at, updates->constant, i * run, run);
	}
	return lw_onnx_define_constant(node, 0, data->type, &data->shape, to);
}
