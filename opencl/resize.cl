/* SPDX-License-Identifier: MIT */

static inline int4 blend(int4 a, int4 b, int fraction)
{
	return a * 2048 + (b - a) * fraction;
}

/* A word of @row, or something between it and the next. */
static inline int4 between(__global const uint *row, uint column)
{
	int fraction = column >> 16;
	int4 near = convert_int4(as_uchar4(row[column & 0xffff]));

	if (!fraction)
		return near * 2048;
	return blend(near, convert_int4(as_uchar4(row[(column & 0xffff) + 1])),
		     fraction);
}

/* Work-items: rows, planes. */
__kernel void resize(struct lw_resize_params p, __global const uint *constants,
		     __global const uint *in, __global const uint *unused,
		     __global uint *out)
{
	uint y = get_global_id(0), plane = get_global_id(1);
	__global const uint *columns = constants + p.columns;
	uint mask = plane == p.planes - 1 ? p.last_mask : ~0u;
	uint row;
	int fraction;

	if (y >= p.height || plane >= p.planes)
		return;
	row = constants[p.rows + y];
	fraction = row >> 16;
	in += p.in.first + plane * p.in.plane + (row & 0xffff) * p.in.row;
	out += p.out.first + plane * p.out.plane + y * p.out.row;
	for (uint x = 0; x < p.width; x++) {
		uint column = columns[x];
		int4 top, bottom;

		if (!fraction && column < 0x10000) {
			out[x] = in[column] & mask;
			continue;
		}
		top = bottom = between(in, column);
		if (fraction)
			bottom = between(in + p.in.row, column);
		bottom = (blend(top, bottom, fraction) + (1 << 21)) >> 22;
		out[x] = as_uint(convert_uchar4(bottom)) & mask;
	}
}
