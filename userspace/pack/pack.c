// SPDX-License-Identifier: MIT
/* The packer's passes in their order. */
#include "pack.h"

const struct lw_pass lw_passes[] = {
	{ "fold", "merge batch norms, activations, paddings into convolutions",
	  lw_pass_fold },
	{ "equalise", "give channels between convolutions like weights",
	  lw_pass_equalise },
	{ "prune", "set the smallest weights to zero, or remove channels", lw_pass_prune },
	{ "quantise", "8-bit activations and weights from calibration inputs",
	  lw_pass_quantise },
	{ NULL, NULL, NULL },
};

int lw_pack(struct lw_graph *graph, const struct lw_pack_options *options,
	    struct lwm_package *package, struct lw_report *report,
	    struct lwnpu_error *error)
{
	for (const struct lw_pass *pass = lw_passes; pass->name; pass++) {
		int ret = pass->run(graph, options, report, error);

		if (ret)
			return ret;
	}
	return lw_lower(graph, options, package, error);
}
