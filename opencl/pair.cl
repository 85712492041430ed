/* SPDX-License-Identifier: MIT */
/* ADD, MUL. Work-items: planes, chunks of CHUNK words of a row, rows. */

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

/* A row of an input: words, of which a broadcast one may have one for all. */
struct operand {
	__global const uint *words;
	bool point;
	bool splat;
};

/* The n words from x on, at most LANES. */
static inline vuint operand(struct operand o, uint x, uint n,
			    const bool broadcast)
{
	vuint words = 0;

	if (broadcast && o.point)
		words = (vuint)*o.words;
	else if (n == LANES)
		words = load_words(o.words + x);
	else
		for (uint i = 0; i < n; i++)
			((uint *)&words)[i] = o.words[x + i];
	if (broadcast && o.splat)
		words = (words & 255) * 0x01010101u;
	return words;
}

static inline vuint pair_words(const struct lw_pair_params *p,
			       struct operand a, struct operand b, uint x,
			       uint n, const bool broadcast, const bool product)
{
	vuint words[2] = { operand(a, x, n, broadcast),
			   operand(b, x, n, broadcast) };

	return product ? mul_words(p, words[0], words[1]) :
			 add_words(p, words[0], words[1]);
}

static inline void pair_row(const struct lw_pair_params *p, uint x,
			    struct operand a, struct operand b,
			    __global uint *out, uint mask,
			    const bool broadcast, const bool product)
{
	uint end = min(x + CHUNK, p->width);
	vuint rest;

	for (; x + LANES <= end; x += LANES)
		store_words(pair_words(p, a, b, x, LANES, broadcast, product) &
			    mask, out + x);
	if (x >= end)
		return;
	rest = pair_words(p, a, b, x, end - x, broadcast, product) & mask;
	for (uint i = 0; i < end - x; i++)
		out[x + i] = ((uint *)&rest)[i];
}

static inline void pair(const struct lw_pair_params *p, const uint3 id,
			__global const uint *in0, __global const uint *in1,
			__global uint *out, const bool product)
{
	uint x = id.y * CHUNK, y = id.z, plane = id.x;
	uint mask = plane == p->planes - 1 ? p->last_mask : ~0u;

	if (y >= p->height || plane >= p->planes)
		return;
	in0 += p->in[0].first + plane * p->in[0].plane + y * p->in[0].row;
	in1 += p->in[1].first + plane * p->in[1].plane + y * p->in[1].row;
	out += p->out.first + plane * p->out.plane + y * p->out.row;
	struct operand a = { in0, p->point[0], p->splat[0] };
	struct operand b = { in1, p->point[1], p->splat[1] };

	if (p->broadcast)
		pair_row(p, x, a, b, out, mask, true, product);
	else
		pair_row(p, x, a, b, out, mask, false, product);
}

KERNEL(add, lw_pair_params)
{
	pair(&p, id, in, other, out, false);
}

KERNEL(mul, lw_pair_params)
{
	pair(&p, id, in, other, out, true);
}
