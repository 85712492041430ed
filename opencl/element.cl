/* SPDX-License-Identifier: MIT */
/* Work-items: chunks of CHUNK words of a row, rows, planes. */

static inline vuint add_words(const struct lw_add_params *p, vuint a, vuint b)
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

__kernel void add(struct lw_add_params p, __global const uint *constants,
		  __global const uint *in0, __global const uint *in1,
		  __global uint *out)
{
	uint x = get_global_id(0) * CHUNK;
	uint y = get_global_id(1), plane = get_global_id(2);
	uint end = min(x + CHUNK, p.width);
	uint mask = plane == p.planes - 1 ? p.last_mask : ~0u;
	vuint a = 0, b = 0, sum;

	if (y >= p.height || plane >= p.planes)
		return;
	in0 += p.in[0].first + plane * p.in[0].plane + y * p.in[0].row;
	in1 += p.in[1].first + plane * p.in[1].plane + y * p.in[1].row;
	out += p.out.first + plane * p.out.plane + y * p.out.row;
	for (; x + LANES <= end; x += LANES)
		store_words(add_words(&p, load_words(in0 + x),
				      load_words(in1 + x)) & mask, out + x);
	if (x >= end)
		return;
	for (uint i = 0; i < end - x; i++) {
		((uint *)&a)[i] = in0[x + i];
		((uint *)&b)[i] = in1[x + i];
	}
	sum = add_words(&p, a, b) & mask;
	for (uint i = 0; i < end - x; i++)
		out[x + i] = ((uint *)&sum)[i];
}

__kernel void lut(struct lw_lut_params p, __global const uint *constants,
		  __global const uint *in, __global const uint *unused,
		  __global uint *out)
{
	__global const uchar *table = (__global const uchar *)(constants + p.table);
	uint x = get_global_id(0) * CHUNK;
	uint y = get_global_id(1), plane = get_global_id(2);
	uint end = min(x + CHUNK, p.width);
	uint mask = plane == p.planes - 1 ? p.last_mask : ~0u;

	if (y >= p.height || plane >= p.planes)
		return;
	in += p.in.first + plane * p.in.plane + y * p.in.row;
	out += p.out.first + plane * p.out.plane + y * p.out.row;
	for (; x < end; x++) {
		uchar4 b = as_uchar4(in[x]);

		out[x] = as_uint((uchar4)(table[b.x], table[b.y], table[b.z],
					  table[b.w])) & mask;
	}
}
