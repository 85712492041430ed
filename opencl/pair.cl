/* SPDX-License-Identifier: MIT */
/* ADD, MUL. Work-items: chunks of CHUNK words of a row, rows, planes. */

static inline vuint add_words(const struct lw_pair_params *p, vuint a, vuint b)
{
	vuint sum = 0;

#pragma unroll
	for (uint lane = 0; lane < 4; lane++) {
		vuint x = (a >> (8 * lane)) & 255;
		vuint y = (b >> (8 * lane)) & 255;
		vint q = as_sums(x * (uint)p->multiplier[0] +
				 y * (uint)p->multiplier[1] + (uint)p->bias);

		q = min(max(q >> p->shift, (vint)p->lo), (vint)p->hi);
		sum += as_words(q) << (8 * lane);
	}
	return sum + p->zero_point;
}

static inline vuint mul_words(const struct lw_pair_params *p, vuint a, vuint b)
{
	vuint product = 0;

#pragma unroll
	for (uint lane = 0; lane < 4; lane++) {
		vint x = as_sums((a >> (8 * lane)) & 255) - p->zero[0];
		vint y = as_sums((b >> (8 * lane)) & 255) - p->zero[1];
		vint q = requantize(x * y, (vfloat)p->scale, (float)p->lo,
				    (float)p->hi);

		product += as_words(q) << (8 * lane);
	}
	return product + p->zero_point;
}

/* The first of a row's n words, at most LANES, one for each pixel. */
static inline vuint operand(__global const uint *in, uint n,
			    const struct lw_pair_params *p, uint input,
			    const bool broadcast)
{
	vuint words = 0;

	if (broadcast && p->point[input])
		words = (vuint)*in;
	else if (n == LANES)
		words = load_words(in);
	else
		for (uint i = 0; i < n; i++)
			((uint *)&words)[i] = in[i];
	if (broadcast && p->splat[input])
		words = (words & 255) * 0x01010101u;
	return words;
}

static inline vuint pair_words(const struct lw_pair_params *p,
			       __global const uint *in0,
			       __global const uint *in1, uint x, uint n,
			       const bool broadcast, const bool product)
{
	uint x0 = broadcast && p->point[0] ? 0 : x;
	uint x1 = broadcast && p->point[1] ? 0 : x;
	vuint a = operand(in0 + x0, n, p, 0, broadcast);
	vuint b = operand(in1 + x1, n, p, 1, broadcast);

	return product ? mul_words(p, a, b) : add_words(p, a, b);
}

static inline void pair_row(const struct lw_pair_params *p,
			    __global const uint *in0, __global const uint *in1,
			    __global uint *out, uint mask,
			    const bool broadcast, const bool product)
{
	uint x = get_global_id(0) * CHUNK;
	uint end = min(x + CHUNK, p->width);
	vuint rest;

	for (; x + LANES <= end; x += LANES)
		store_words(pair_words(p, in0, in1, x, LANES, broadcast,
				       product) & mask, out + x);
	if (x >= end)
		return;
	rest = pair_words(p, in0, in1, x, end - x, broadcast, product) & mask;
	for (uint i = 0; i < end - x; i++)
		out[x + i] = ((uint *)&rest)[i];
}

static inline void pair(const struct lw_pair_params *p,
			__global const uint *in0, __global const uint *in1,
			__global uint *out, const bool product)
{
	uint y = get_global_id(1), plane = get_global_id(2);
	uint mask = plane == p->planes - 1 ? p->last_mask : ~0u;

	if (y >= p->height || plane >= p->planes)
		return;
	in0 += p->in[0].first + plane * p->in[0].plane + y * p->in[0].row;
	in1 += p->in[1].first + plane * p->in[1].plane + y * p->in[1].row;
	out += p->out.first + plane * p->out.plane + y * p->out.row;
	if (p->broadcast)
		pair_row(p, in0, in1, out, mask, true, product);
	else
		pair_row(p, in0, in1, out, mask, false, product);
}

__kernel void add(struct lw_pair_params p, __global const uint *constants,
		  __global const uint *in0, __global const uint *in1,
		  __global uint *out)
{
	pair(&p, in0, in1, out, false);
}

__kernel void mul(struct lw_pair_params p, __global const uint *constants,
		  __global const uint *in0, __global const uint *in1,
		  __global uint *out)
{
	pair(&p, in0, in1, out, true);
}
