/* SPDX-License-Identifier: MIT */
/* Work-items: planes, chunks of CHUNK words of a row, rows. */

KERNEL(lut, lw_lut_params)
{
	__global const uchar *t0 =
		(__global const uchar *)(constants + p.table) +
		id.x * 4 * p.pitch;
	__global const uchar *t1 = t0 + p.pitch, *t2 = t1 + p.pitch;
	__global const uchar *t3 = t2 + p.pitch;
	uint x = id.y * CHUNK;
	uint y = id.z, plane = id.x;
	uint end = min(x + CHUNK, p.width);
	uint mask = plane == p.planes - 1 ? p.last_mask : ~0u;

	if (y >= p.height || plane >= p.planes)
		return;
	in += p.in.first + plane * p.in.plane + y * p.in.row;
	out += p.out.first + plane * p.out.plane + y * p.out.row;
	for (; x < end; x++) {
		uchar4 b = as_uchar4(in[x]);

		out[x] = as_uint((uchar4)(t0[b.x], t1[b.y], t2[b.z],
					  t3[b.w])) & mask;
	}
}
