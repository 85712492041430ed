// SPDX-License-Identifier: MIT
/* Options of lwctl pack that say how a model is made small. */
#include <string.h>

#include "lwctl.h"
#include "packing.h"

enum { KEY_SPARSITY = 0x2001, KEY_PATTERN, KEY_RANGE, KEY_EQUALISE,
       KEY_NO_CORRECT, KEY_SENSITIVITY };

static const struct argp_option options[] = {
	{ "sparsity", KEY_SPARSITY, "S", 0,
	  "Share of convolution weights, or of channels, to do without, 0 to below 1", 0 },
	{ "pattern", KEY_PATTERN, "PATTERN", 0,
	  "What becomes zero: weights, block4 (1 output x 4 inputs; the default) or 2:4 (2 of every 4 inputs, without --sparsity); or what goes: filters (by their weights) or channels (by those that read them)", 0 },
	{ "range", KEY_RANGE, "RANGE", 0,
	  "Activation ranges: minmax (the default), mse, entropy, percentile (of numbers within: 99.99) or percentile:P", 0 },
	{ "equalise", KEY_EQUALISE, NULL, 0,
	  "Give channels between convolutions weights of like size", 0 },
	{ "no-correct", KEY_NO_CORRECT, NULL, 0,
	  "Do not give activations back the means and deviations that pruning and quantising change", 0 },
	{ "sensitivity", KEY_SENSITIVITY, NULL, 0,
	  "Report what quantising each layer alone does to the outputs", 0 },
	{ 0 }
};

#define DEFAULT_PERCENTILE 99.99f
#define LEAST_PERCENTILE 50

const char *lw_pattern_name(unsigned int i)
{
	static const char *const names[] = {
		[LW_PATTERN_WEIGHTS - 1] = "weights",
		[LW_PATTERN_BLOCK4 - 1] = "block4",
		[LW_PATTERN_2_OF_4 - 1] = "2:4",
		[LW_PATTERN_FILTERS - 1] = "filters",
		[LW_PATTERN_CHANNELS - 1] = "channels",
	};

	return i < sizeof(names) / sizeof(*names) ? names[i] : NULL;
}

const char *lw_range_name(unsigned int i)
{
	static const char *const names[] = {
		[LW_RANGE_MINMAX] = "minmax",
		[LW_RANGE_MSE] = "mse",
		[LW_RANGE_PERCENTILE] = "percentile",
		[LW_RANGE_ENTROPY] = "entropy",
	};

	return i < sizeof(names) / sizeof(*names) ? names[i] : NULL;
}

static error_t parse_percentile(struct lw_pack_options *pack, const char *text)
{
	pack->range = LW_RANGE_PERCENTILE;
	if (lwctl_parse_number(text, &pack->percentile) &&
	    pack->percentile >= LEAST_PERCENTILE && pack->percentile <= 100)
		return 0;
	return lwctl_usage("--range: percentile \"%s\", expected %d to 100",
			   text, LEAST_PERCENTILE);
}

static error_t parse_range(struct lw_pack_options *pack, const char *arg)
{
	unsigned int range;
	error_t ret;

	pack->percentile = DEFAULT_PERCENTILE;
	if (!strncmp(arg, "percentile:", 11))
		return parse_percentile(pack, arg + 11);
	ret = lwctl_parse_choice("--range", arg, lw_range_name, &range);
	pack->range = range;
	return ret;
}

static error_t parse_pattern(struct lw_pack_options *pack, const char *arg)
{
	unsigned int pattern;
	error_t ret;

	ret = lwctl_parse_choice("--pattern", arg, lw_pattern_name, &pattern);
	pack->pattern = pattern + 1;
	return ret;
}

static error_t parse_sparsity(struct lw_pack_options *pack, const char *arg)
{
	if (lwctl_parse_number(arg, &pack->sparsity) && pack->sparsity >= 0 &&
	    pack->sparsity < 1)
		return 0;
	return lwctl_usage("--sparsity: \"%s\", expected 0 to below 1", arg);
}

static error_t check(struct lw_pack_options *pack)
{
	if (pack->pattern == LW_PATTERN_2_OF_4 && pack->sparsity)
		return lwctl_usage("--pattern: 2:4 is half of all weights, expected no --sparsity");
	if (pack->pattern && pack->pattern != LW_PATTERN_2_OF_4 &&
	    !pack->sparsity)
		return lwctl_usage("--pattern: expected --sparsity with it");
	if (pack->sparsity && !pack->pattern)
		pack->pattern = LW_PATTERN_BLOCK4;
	return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct lw_packing_request *request = state->input;
	struct lw_pack_options *pack = &request->options;

	switch (key) {
	case KEY_SPARSITY:
		return parse_sparsity(pack, arg);
	case KEY_PATTERN:
		return parse_pattern(pack, arg);
	case KEY_RANGE:
		return parse_range(pack, arg);
	case KEY_EQUALISE:
		pack->equalise = true;
		return 0;
	case KEY_NO_CORRECT:
		pack->correct = false;
		return 0;
	case KEY_SENSITIVITY:
		pack->sensitivity = true;
		request->report = true;
		return 0;
	case ARGP_KEY_END:
		return check(pack);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp lw_pack_techniques = { .options = options, .parser = parse };
