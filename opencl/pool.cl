/* SPDX-License-Identifier: MIT */

/* A window, clipped to the image. */
struct window {
	__global const uint *first;
	uint row;
	uint height;
	uint width;
};

static inline uint4 largest(struct window w)
{
	uchar4 most = 0;

	for (uint y = 0; y < w.height; y++)
		for (uint x = 0; x < w.width; x++)
			most = max(most, as_uchar4(w.first[y * w.row + x]));
	return convert_uint4(most);
}

static inline uint4 sum(struct window w)
{
	uint4 total = 0;

	for (uint y = 0; y < w.height; y++)
		for (uint x = 0; x < w.width; x++)
			total += convert_uint4(as_uchar4(w.first[y * w.row + x]));
	return total;
}

/* The quotient, halves away from zero. */
static inline int4 divide(int4 value, int area)
{
	int4 up = (int4)(area / 2);

	return (value + (value < 0 ? -up : up)) / (int4)area;
}

/* A place of a window as real numbers. */
static inline float4 real_place(const struct lw_pool_params *p,
				struct window w, uint y, uint x)
{
	uchar4 bytes = as_uchar4(w.first[y * w.row + x]);

	return p->scale * convert_float4(convert_int4(bytes) - p->zero);
}

static inline float4 real_sum(const struct lw_pool_params *p, struct window w)
{
	float4 total = 0;

	for (uint y = 0; y < w.height; y++)
		for (uint x = 0; x < w.width; x++)
			total += real_place(p, w, y, x);
	return total;
}

/* As Eigen sums up a row in vectors of four, after the first @head numbers. */
static inline float4 vectors_sum(const struct lw_pool_params *p,
				 struct window w, uint head)
{
	uint n = w.height * w.width, pairs, odd, i = 0, left = 0;
	float4 sums[8] = { 0 }, rest[3 + 4 + 3], total;

	head = min(head, n);
	pairs = (n - head) / 8 * 8;
	odd = (n - head) / 4 * 4 - pairs;
	for (uint y = 0; y < w.height; y++)
		for (uint x = 0; x < w.width; x++, i++) {
			float4 place = real_place(p, w, y, x);

			/* Less than 0 is more than any. */
			if (i - head < pairs)
				sums[(i - head) % 8] += place;
			else
				rest[left++] = place;
		}
	for (i = 0; i < 4; i++)
		sums[i] += sums[4 + i];
	for (i = 0; i < odd; i++)
		sums[i] += rest[head + i];
	total = (sums[0] + sums[2]) + (sums[1] + sums[3]);
	for (i = 0; i < left; i++)
		if (i < head || i >= head + odd)
			total += rest[i];
	return total;
}

/*
 * Where the vectors of a channel's row begin depends on where that lies: on
 * @place, the number of the first channel's output in order c, h, w.
 */
static inline float4 rows_sum(const struct lw_pool_params *p, struct window w,
			      uint place)
{
	uint4 places = place + (uint4)(0, 1, 2, 3) * p->height * p->width;
	uint4 heads = -(places * w.height * w.width) % 4;
	float4 total = 0;

	for (uint head = 0; head < 4; head++)
		if (any(heads == head))
			total = heads == head ? vectors_sum(p, w, head) :
						total;
	return total;
}

/* The average of real numbers, each operation in single precision. */
static inline float4 real_average(const struct lw_pool_params *p,
				  struct window w, uint place)
{
	float n = p->area > 0.0f ? p->area : (float)(w.height * w.width);
	float4 total = p->vectors ? rows_sum(p, w, place) : real_sum(p, w);

	total = QUOTIENT(total, n, 4);
	return QUOTIENT(total, p->out_scale, 4);
}

static inline float4 bound(float4 real, float lo, float hi)
{
	real = real < lo ? (float4)lo : real;
	return real > hi ? (float4)hi : real;
}

static inline int4 pool_window(const struct lw_pool_params *p, struct window w,
			       uint place)
{
	int area = (int)(w.height * w.width);
	float lo = p->lo - p->zero_point, hi = p->hi - p->zero_point;
	int4 value;

	if (p->mode == POOL_MAX)
		return as_int4(largest(w));
	if (p->mode == POOL_REAL)
		return convert_int4_rte(bound(real_average(p, w, place) +
					      (float)p->zero_point,
					      p->lo, p->hi));
	if (p->mode == POOL_REDUCE)
		return convert_int4_rte(bound(real_average(p, w, place), lo,
					      hi)) + p->zero_point;
	value = as_int4(sum(w)) - p->zero * area;
	if (p->mode == POOL_AVERAGE)
		return divide(value, area) + p->zero;
	return convert_int4_rte(bound(convert_float4(value) * p->scale, lo,
				      hi)) + p->zero_point;
}

/* Work-items: planes, output rows. */
KERNEL(pool, lw_pool_params)
{
	uint y = id.y, plane = id.x;
	int top = (int)(y * p.stride_h) - (int)p.pad_top;
	int bottom = min(top + (int)p.kernel_h, (int)p.in_height);
	uint mask = plane == p.planes - 1 ? p.last_mask : ~0u;
	uint place = (4 * plane * p.height + y) * p.width;

	if (y >= p.height || plane >= p.planes)
		return;
	top = max(top, 0);
	in += p.in.first + plane * p.in.plane + top * p.in.row;
	out += p.out.first + plane * p.out.plane + y * p.out.row;
	for (uint x = 0; x < p.width; x++) {
		int left = (int)(x * p.stride_w) - (int)p.pad_left;
		int right = min(left + (int)p.kernel_w, (int)p.in_width);
		struct window w;
		int4 q;

		left = max(left, 0);
		w.first = in + left;
		w.row = p.in.row;
		w.height = bottom - top;
		w.width = right - left;
		q = pool_window(&p, w, place + x);
		q = min(max(q, (int4)p.lo), (int4)p.hi);
		out[x] = as_uint(convert_uchar4(q)) & mask;
	}
}
