/* SPDX-License-Identifier: MIT */
/* RESIZE in single precision, four pixels at a time. */

static inline float16 real_words(const struct lw_resize_params *p,
				 __global const uint *row, uint4 at)
{
	uchar16 bytes = as_uchar16(pick_words(row, at));

	return (convert_float16(bytes) - p->in_zero) * p->in_scale;
}

/* Two places in each row, weighed: columns are left, right << 16. */
static inline float16 weigh_row(const struct lw_resize_params *p,
				__global const uint *row, uint4 columns,
				float4 fx, float fy, float16 sum)
{
	float16 wide = fx.s0000111122223333;

	sum += (1.0f - wide) * fy * real_words(p, row, columns & 0xffff);
	return sum + wide * fy * real_words(p, row, columns >> 16);
}

/* Work-items: rows, planes. */
KERNEL(resize_real, lw_resize_params)
{
	uint y = id.x, plane = id.y;
	uint mask = plane == p.planes - 1 ? p.last_mask : ~0u;
	float lo = -p.zero_point, hi = 255 - p.zero_point, fy;
	uint rows;

	if (y >= p.height || plane >= p.planes)
		return;
	fy = as_float(constants[p.row_fractions + y]);
	rows = constants[p.rows + y];
	in += p.in.first + plane * p.in.plane;
	out += p.out.first + plane * p.out.plane + y * p.out.row;
	for (uint x = 0; x < p.width; x += 4) {
		uint4 at = vload4(0, constants + p.columns + x), words;
		float4 fx = as_float4(vload4(0, constants +
					     p.column_fractions + x));
		float16 sum = weigh_row(&p, in + (rows & 0xffff) * p.in.row,
					at, fx, 1.0f - fy, 0.0f);

		sum = weigh_row(&p, in + (rows >> 16) * p.in.row, at, fx, fy,
				sum);
		sum = QUOTIENT(sum, p.out_scale, 16);
		sum = sum < lo ? (float16)lo : sum;
		sum = sum > hi ? (float16)hi : sum;
		words = as_uint4(convert_uchar16(as_int16(sum + ROUNDER) -
						 as_int(ROUNDER) +
						 p.zero_point)) & mask;
		for (uint i = 0; i < min(4u, p.width - x); i++)
			out[x + i] = ((uint *)&words)[i];
	}
}
