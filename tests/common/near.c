// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "near.h"

void assert_near(const float *got, const double *expected, size_t n)
{
	double error = 0, signal = 1e-12;
	size_t i;

	for (i = 0; i < n; i++) {
		error = fmax(error, fabs(got[i] - expected[i]));
		signal = fmax(signal, fabs(expected[i]));
	}
	if (!(error <= 1e-5 * signal))
		fail_msg("differs by %g of %g", error, signal);
}

void near_run_all(struct lw_graph *graph, struct lw_node *node,
		  const float *const *in, const double *expected)
{
	float *out;

	build_output(graph, node->out);
	out = build_run_all(graph, in);
	assert_near(out, expected, lw_value_size(node->out));
	free(out);
	lw_graph_free(graph);
}

void near_run(struct lw_graph *graph, struct lw_node *node, const float *in,
	      const double *expected)
{
	near_run_all(graph, node, &in, expected);
}

void assert_unsound(const char *what, const char *word, struct lw_graph *graph)
{
	struct lwnpu_error error = { 0 };
	int ret = lw_graph_check(graph, &error);

	if (ret != -EINVAL)
		fail_msg("%s: returned %d", what, ret);
	if (!strstr(error.message, word))
		fail_msg("%s: message '%s' has no '%s'", what, error.message,
			 word);
	lw_graph_free(graph);
}
