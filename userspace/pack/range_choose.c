// SPDX-License-Identifier: MIT
/* Ranges narrower than the extremes: what a histogram says to clip. */
#include "quantise.h"

#define LEVELS 255

/* How bad a range is; what that means only compares with itself. */
typedef double range_error(const struct lw_seen *seen, double lo, double hi);

static double bin_width(const struct lw_seen *seen)
{
	return ((double)seen->hi - seen->lo) / LW_RANGE_BINS;
}

/* Noise of rounding within the range, the distance to it outside. */
static double squared_error(const struct lw_seen *seen, double lo, double hi)
{
	double width = bin_width(seen);
	double step = (hi - lo) / LEVELS;
	double noise = step * step / 12;
	double x, sum = 0;
	int i;

	for (i = 0; i < LW_RANGE_BINS; i++) {
		x = seen->lo + (i + 0.5) * width;
		if (x < lo)
			sum += seen->bins[i] * (lo - x) * (lo - x);
		else if (x > hi)
			sum += seen->bins[i] * (hi - x) * (hi - x);
		else
			sum += seen->bins[i] * noise;
	}
	return sum;
}

/*
 * What bins first…end - 1 lose when they become one level, which spreads the
 * numbers that lay in them over those that hold any, clipped ones too. An empty
 * level counts as one number: its divergence would be infinite.
 */
static double divergence(const double *clipped, const double *bins, int first,
			 int end)
{
	double mass = 0, sum = 0;
	int i, used = 0;

	for (i = first; i < end; i++) {
		mass += bins[i];
		used += clipped[i] > 0;
	}
	mass = mass > 0 ? mass : 1;
	for (i = first; i < end; i++)
		if (clipped[i] > 0)
			sum += clipped[i] * log(clipped[i] * used / mass);
	return sum;
}

/*
 * Relative entropy of the clipped numbers, those outside at the ends, and of
 * what rounding leaves of the numbers inside (as TensorRT calibrates, Migacz
 * 2017).
 */
static double relative_entropy(const struct lw_seen *seen, double lo, double hi)
{
	double clipped[LW_RANGE_BINS] = { 0 };
	double width = bin_width(seen), sum = 0, total = 0, inside = 0;
	int first = fmin((lo - seen->lo) / width, LW_RANGE_BINS - 1);
	int end = fmin(ceil((hi - seen->lo) / width), LW_RANGE_BINS);
	int i, n = end > first ? end - first : 1;

	for (i = 0; i < LW_RANGE_BINS; i++) {
		int at = i < first ? first : i >= first + n ? first + n - 1 : i;

		clipped[at] += seen->bins[i];
		total += seen->bins[i];
		inside += at == i ? seen->bins[i] : 0;
	}
	if (inside == 0)
		return INFINITY;
	for (i = 0; i < LEVELS; i++)
		sum += divergence(clipped, seen->bins, first + n * i / LEVELS,
				  first + n * (i + 1) / LEVELS);
	return sum / total + log(inside / total);
}

/* Tries parts of one side of the range, the other side staying as it is. */
static void shrink_side(const struct lw_seen *seen, range_error *judge,
			double *lo, double *hi, double *side)
{
	const double whole = side == hi ? seen->hi : seen->lo;
	double best = *side, least = judge(seen, *lo, *hi), error;
	int part;

	for (part = 128; part >= 16; part--) {
		*side = whole * part / 128;
		error = judge(seen, *lo, *hi);
		if (error < least) {
			least = error;
			best = *side;
		}
	}
	*side = best;
}

static void shrink(struct lw_seen *seen, range_error *judge)
{
	double lo = seen->lo, hi = seen->hi;
	int round;

	for (round = 0; round < 2; round++) {
		if (seen->hi > 0)
			shrink_side(seen, judge, &lo, &hi, &hi);
		if (seen->lo < 0)
			shrink_side(seen, judge, &lo, &hi, &lo);
	}
	seen->lo = lo;
	seen->hi = hi;
}

/* Where, from one end, as much as @mass lies outside; in bins. */
static int bins_with(const struct lw_seen *seen, double mass, int from, int step)
{
	int i = from, n = 0;
	double sum = 0;

	while (n < LW_RANGE_BINS && sum + seen->bins[i] <= mass) {
		sum += seen->bins[i];
		i += step;
		n++;
	}
	return n;
}

static void clip(struct lw_seen *seen, double percentile)
{
	double width = bin_width(seen), total = 0, outside;
	double lo = seen->lo, hi = seen->hi;
	int i;

	for (i = 0; i < LW_RANGE_BINS; i++)
		total += seen->bins[i];
	outside = total * (100 - percentile) / 100;
	seen->lo = fmin(lo + width * bins_with(seen, outside, 0, 1), 0);
	seen->hi = fmax(hi - width * bins_with(seen, outside,
					       LW_RANGE_BINS - 1, -1), 0);
}

void lw_range_choose(struct lw_seen *seen, const struct lw_pack_options *options)
{
	switch (options->range) {
	case LW_RANGE_MINMAX:
		break;
	case LW_RANGE_MSE:
		shrink(seen, squared_error);
		break;
	case LW_RANGE_PERCENTILE:
		clip(seen, options->percentile);
		break;
	case LW_RANGE_ENTROPY:
		shrink(seen, relative_entropy);
		break;
	}
}
