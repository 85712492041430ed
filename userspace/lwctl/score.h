/* SPDX-License-Identifier: MIT */
/* Answers of a classifier and how many of them are right. */
#ifndef LW_SCORE_H
#define LW_SCORE_H

#include "error.h"

/**
 * struct lw_labels - the right answers
 * @n: how many, 0 if there are none
 * @label: class numbers
 */
struct lw_labels {
	size_t n;
	int64_t *label;
};

/**
 * lw_labels_read() - read an array of class numbers
 * @labels: filled in; release with lw_labels_release()
 * @path: .npy of integers, [n] or [n][1]
 * @n: how many are expected
 * @classes: each is below this
 * @error: filled in on failure, may be NULL; the message names @path
 *
 * Return: 0; -EINVAL; the errors of lw_npy_read().
 */
int lw_labels_read(struct lw_labels *labels, const char *path, size_t n,
		   size_t classes, struct lwnpu_error *error);

void lw_labels_release(struct lw_labels *labels);

/**
 * lw_top() - classes of the greatest values
 * @values: [n], one per class
 * @n: how many
 * @top: gets @k class numbers, the greatest value's first; of equal values the
 *	lower class comes first
 * @k: at most @n
 */
void lw_top(const float *values, size_t n, uint32_t *top, size_t k);

/**
 * struct lw_score - how many answers are right
 * @correct: of them
 * @total: answers, 0 if there were no labels
 */
struct lw_score {
	size_t correct;
	size_t total;
};

/** lw_score_add() - count an answer; nothing without labels */
void lw_score_add(struct lw_score *score, const struct lw_labels *labels,
		  size_t i, const float *values, size_t n);

/** lw_score_percent() - of @total, which is not 0 */
double lw_score_percent(const struct lw_score *score);

#endif /* LW_SCORE_H */
