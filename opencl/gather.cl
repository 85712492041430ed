/* SPDX-License-Identifier: MIT */
/* A row of words, of which each lane has its place in the input. */

static inline bool is_word(uint4 lanes)
{
	return !(lanes.x & 3) && lanes.y == lanes.x + 1 &&
	       lanes.z == lanes.x + 2 && lanes.w == lanes.x + 3;
}

/* From neighbouring columns. */
static inline void gather_lanes(__global const uint *in, uint4 lanes,
				uint width, uint mask, __global uint *out)
{
	__global const uint *a = in + lanes.x / 4, *b = in + lanes.y / 4;
	__global const uint *c = in + lanes.z / 4, *d = in + lanes.w / 4;
	uint4 shift = 8 * (lanes & 3);
	uint x = 0;

	for (; x + LANES <= width; x += LANES) {
		vuint words = (load_words(a + x) >> shift.x & 255) |
			      (load_words(b + x) >> shift.y & 255) << 8 |
			      (load_words(c + x) >> shift.z & 255) << 16 |
			      (load_words(d + x) >> shift.w) << 24;

		store_words(words & mask, out + x);
	}
	SCALAR_LOOP
	for (; x < width; x++)
		out[x] = ((a[x] >> shift.x & 255) |
			  (b[x] >> shift.y & 255) << 8 |
			  (c[x] >> shift.z & 255) << 16 |
			  (d[x] >> shift.w) << 24) & mask;
}

static inline void gather_bytes(__global const uchar *in, uint4 lanes,
				__global const uint *columns, uint width,
				uint mask, __global uint *out)
{
	for (uint x = 0; x < width; x++) {
		__global const uchar *from = in + columns[x];
		uchar4 word = (uchar4)(from[lanes.x], from[lanes.y],
				       from[lanes.z], from[lanes.w]);

		out[x] = as_uint(word) & mask;
	}
}

/* Work-items: blocks of rows, planes. */
KERNEL(gather, lw_gather_params)
{
	uint y = id.x * p.rows, plane = id.y;
	__global const uint *columns = constants + p.column_bytes;
	uint end = min(y + p.rows, p.height);
	uint mask = plane == p.planes - 1 ? p.last_mask : ~0u;
	uint4 channels;

	if (plane >= p.planes)
		return;
	channels = vload4(plane, constants + p.channel_bytes);
	in += p.in;
	out += p.out.first + plane * p.out.plane + y * p.out.row;
	for (; y < end; y++, out += p.out.row) {
		uint4 lanes = channels + constants[p.row_bytes + y];

		if (is_word(lanes) && p.touching)
			copy_words(out, in + lanes.x / 4, 1, p.width, mask);
		else if (is_word(lanes) && p.aligned)
			for (uint x = 0; x < p.width; x++)
				out[x] = in[(lanes.x + columns[x]) / 4] & mask;
		else if (p.touching)
			gather_lanes(in, lanes, p.width, mask, out);
		else
			gather_bytes((__global const uchar *)in, lanes,
				     columns, p.width, mask, out);
	}
}
