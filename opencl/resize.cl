/* SPDX-License-Identifier: MIT */
/* Four pixels at a time. A column's entry: index, fraction << 16. */

static inline uint4 pick_words(__global const uint *row, uint4 at)
{
	return (uint4)(row[at.x], row[at.y], row[at.z], row[at.w]);
}

static inline int16 widen(uint4 words)
{
	return convert_int16(as_uchar16(words));
}

static inline int16 blend(int16 a, int16 b, int16 fraction)
{
	return a * 2048 + (b - a) * fraction;
}

/* A word at the right is only read where there is a fraction of it. */
static inline int16 blend_columns(__global const uint *row, uint4 columns)
{
	uint4 left = columns & 0xffff, right = left + min(columns >> 16, 1u);
	int4 fraction = as_int4(columns >> 16);

	return blend(widen(pick_words(row, left)),
		     widen(pick_words(row, right)),
		     fraction.s0000111122223333);
}

static inline uint4 resize_words(__global const uint *row, uint pitch,
				 uint4 columns, int fraction)
{
	int16 top, bottom;

	if (!fraction && all(columns < 0x10000))
		return pick_words(row, columns);
	top = blend_columns(row, columns);
	bottom = fraction ? blend_columns(row + pitch, columns) : top;
	bottom = blend(top, bottom, (int16)fraction) + (1 << 21);
	return as_uint4(convert_uchar16(bottom >> 22));
}

/* Work-items: rows, planes. */
KERNEL(resize, lw_resize_params)
{
	uint y = id.x, plane = id.y;
	uint mask = plane == p.planes - 1 ? p.last_mask : ~0u;
	uint row;

	if (y >= p.height || plane >= p.planes)
		return;
	row = constants[p.rows + y];
	in += p.in.first + plane * p.in.plane + (row & 0xffff) * p.in.row;
	out += p.out.first + plane * p.out.plane + y * p.out.row;
	for (uint x = 0; x < p.width; x += 4) {
		uint4 columns = vload4(0, constants + p.columns + x);
		uint4 words = resize_words(in, p.in.row, columns, row >> 16) &
			      mask;

		if (x + 4 <= p.width)
			vstore4(words, 0, out + x);
		else
			for (uint i = 0; i < p.width - x; i++)
				out[x + i] = ((uint *)&words)[i];
	}
}
