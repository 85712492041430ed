/* SPDX-License-Identifier: MIT */

/* First and past-the-last output column whose input column exists. */
static inline uint2 inside(int start, uint stride, uint in, uint out)
{
	uint from = start < 0 ? (stride - 1 - (uint)start) / stride : 0;
	uint to = start < (int)in ? ((int)in - 1 - start) / stride + 1 : 0;

	to = min(to, out);
	return (uint2)(min(from, to), to);
}

static inline void copy_words(__global uint *to, __global const uint *from,
			      uint stride, uint n, uint mask)
{
	uint i = 0;

	if (stride == 1)
		for (; i + 8 <= n; i += 8)
			vstore8(vload8(0, from + i) & mask, 0, to + i);
	else if (stride == 2)
		/* The odd word past the last is there if more are to come. */
		for (; i + 8 < n; i += 8)
			vstore8(vload16(0, from + 2 * i).even & mask, 0,
				to + i);
	/* Some words twice. */
	if (stride == 1 && n >= 8 && i < n) {
		vstore8(vload8(0, from + n - 8) & mask, 0, to + n - 8);
		return;
	}
	SCALAR_LOOP
	for (; i < n; i++)
		to[i] = from[i * stride] & mask;
}

static inline void fill_words(__global uint *to, uint from, uint end, uint word)
{
	for (; from + 8 <= end; from += 8)
		vstore8((uint8)word, 0, to + from);
	SCALAR_LOOP
	for (; from < end; from++)
		to[from] = word;
}

/* Work-items: planes, phases, blocks of rows. */
KERNEL(copy, lw_copy_params)
{
	uint y = id.z * p.rows, plane = id.x;
	uint phase = id.y, end = min(y + p.rows, p.height);
	int start_h = p.start_h + (int)(phase / p.phases_w);
	int start_w = p.start_w + (int)(phase % p.phases_w);
	uint mask = plane == p.planes - 1 ? p.last_mask : ~0u;
	uint2 inner = inside(start_w, p.stride_w, p.in_width, p.width);

	if (plane >= p.planes || phase >= p.phases)
		return;
	in += p.in.first + plane * p.in.plane;
	out += p.out.first + plane * p.out.plane + phase * p.phase_pitch +
	       y * p.out.row;
	for (; y < end; y++, out += p.out.row) {
		int row = (int)(y * p.stride_h) + start_h;
		uint from = inner.x;

		if (row < 0 || row >= (int)p.in_height)
			from = p.width;
		fill_words(out, 0, from, p.fill & mask);
		if (from == p.width)
			continue;
		copy_words(out + from, in + row * p.in.row +
			   (int)(from * p.stride_w) + start_w, p.stride_w,
			   inner.y - from, mask);
		fill_words(out, inner.y, p.width, p.fill & mask);
	}
}

/* Channels that change their lane come from two neighbouring planes. */
KERNEL(copy_lanes, lw_copy_params)
{
	uint y = id.z, plane = id.x;
	uint lower = p.shift < 0 ? plane - 1 : plane;
	uint bits = 8 * (p.shift & 3);
	uint mask = plane == p.planes - 1 ? p.last_mask : ~0u;
	uint keep = plane ? 0 : ~p.first_mask;
	int row = (int)(y * p.stride_h) + p.start_h;

	if (y >= p.height || plane >= p.planes)
		return;
	out += p.out.first + plane * p.out.plane + y * p.out.row;
	in += p.in.first;
	for (uint x = 0; x < p.width; x++) {
		int column = (int)(x * p.stride_w) + p.start_w;
		uint word = p.fill;

		if (row >= 0 && row < (int)p.in_height && column >= 0 &&
		    column < (int)p.in_width) {
			__global const uint *from = in + row * p.in.row + column;
			uint low = lower < p.in_planes ?
				   from[lower * p.in.plane] : 0;
			uint high = lower + 1 < p.in_planes ?
				    from[(lower + 1) * p.in.plane] : 0;

			word = bits ? low >> bits | high << (32 - bits) : low;
		}
		out[x] = (word & mask & ~keep) | (out[x] & keep);
	}
}
