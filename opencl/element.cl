/* SPDX-License-Identifier: MIT */
/* Work-items: chunks of CHUNK words of a row, rows, planes. */

__kernel void lut(struct lw_lut_params p, __global const uint *constants,
		  __global const uint *in, __global const uint *unused,
		  __global uint *out)
{
	__global const uchar *table =
		(__global const uchar *)(constants + p.table) +
		get_global_id(2) * 4 * p.pitch;
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

		out[x] = as_uint((uchar4)(table[b.x], table[p.pitch + b.y],
					  table[2 * p.pitch + b.z],
					  table[3 * p.pitch + b.w])) & mask;
	}
}
