// SPDX-License-Identifier: MIT
#include <inttypes.h>
#include <stdlib.h>

#include "npy.h"
#include "score.h"

static int take_labels(struct lw_labels *labels, const struct lw_npy *array,
		       size_t n, size_t classes, struct lwnpu_error *error)
{
	if (!lw_npy_is_integer(array))
		return lw_fail(error, -EINVAL,
			       "labels are %s, expected integers",
			       lw_npy_type_name(array));
	if (array->count != n || !array->n_dims || array->dims[0] != n)
		return lw_fail(error, -EINVAL,
			       "%zu labels, expected %zu, one per input",
			       array->count, n);
	labels->label = calloc(n, sizeof(*labels->label));
	if (!labels->label)
		return lw_fail(error, -ENOMEM, "out of memory for labels");
	for (size_t i = 0; i < n; i++) {
		labels->label[i] = lw_npy_integer(array, i);
		if (labels->label[i] < 0 ||
		    (uint64_t)labels->label[i] >= classes) {
			lw_fail(error, -EINVAL,
				"label %zu is %" PRId64 ", expected 0 to %zu",
				i, labels->label[i], classes - 1);
			lw_labels_release(labels);
			return -EINVAL;
		}
	}
	labels->n = n;
	return 0;
}

int lw_labels_read(struct lw_labels *labels, const char *path, size_t n,
		   size_t classes, struct lwnpu_error *error)
{
	struct lw_npy array;
	int ret;

	ret = lw_npy_read(&array, path, error);
	if (ret)
		return ret;
	ret = take_labels(labels, &array, n, classes, error);
	lw_npy_release(&array);
	return ret ? lw_fail_at(error, path) : 0;
}

void lw_labels_release(struct lw_labels *labels)
{
	free(labels->label);
	*labels = (struct lw_labels){ 0 };
}

/* Inserts class by class; k is small. */
void lw_top(const float *values, size_t n, uint32_t *top, size_t k)
{
	size_t found = 0;

	for (size_t i = 0; i < n; i++) {
		size_t at = found;

		while (at && values[i] > values[top[at - 1]])
			at--;
		if (at == k)
			continue;
		if (found < k)
			found++;
		for (size_t j = found - 1; j > at; j--)
			top[j] = top[j - 1];
		top[at] = i;
	}
}

void lw_score_add(struct lw_score *score, const struct lw_labels *labels,
		  size_t i, const float *values, size_t n)
{
	uint32_t best;

	if (!labels->n)
		return;
	lw_top(values, n, &best, 1);
	score->total++;
	score->correct += best == labels->label[i];
}

double lw_score_percent(const struct lw_score *score)
{
	return 100.0 * score->correct / score->total;
}
