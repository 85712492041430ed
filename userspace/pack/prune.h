/* SPDX-License-Identifier: MIT */
/* Between the parts of the pruning pass. */
#ifndef LW_PRUNE_H
#define LW_PRUNE_H

#include "report.h"

/** lw_prune_channels() - remove whole channels; 0 or -errno */
int lw_prune_channels(struct lw_graph *graph,
		      const struct lw_pack_options *options,
		      struct lw_report *report, struct lwnpu_error *error);

#endif /* LW_PRUNE_H */
