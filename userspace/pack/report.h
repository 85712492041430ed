/* SPDX-License-Identifier: MIT */
/* What passes write into reports. */
#ifndef LW_REPORT_H
#define LW_REPORT_H

#include "pack.h"

/**
 * lw_report_add() - append a row
 * @report: nothing is done if it is NULL
 * @row: copied, its layer's name too
 *
 * Return: 0 or -ENOMEM.
 */
int lw_report_add(struct lw_report *report, const struct lw_report_row *row);

/* Bytes of a node's constants, as they are now: float or quantised. */
uint64_t lw_node_bytes(const struct lw_node *node);

/*
 * Multiply-accumulates of a node that are not with a zero block of 1 output x
 * 4 inputs; blocks do not reach from one group into the next. Depthwise
 * convolutions have no blocks.
 */
uint64_t lw_node_macs(const struct lw_node *node);

#endif /* LW_REPORT_H */
