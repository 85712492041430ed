/* SPDX-License-Identifier: MIT */

static inline uint lane_of(__global const uint *pixel, uint plane, uint c)
{
	return pixel[c / 4 * plane] >> (8 * (c % 4)) & 255;
}

/* Work-items: columns, rows. */
KERNEL(softmax, lw_softmax_params)
{
	__global const float *table =
		(__global const float *)(constants + p.table);
	uint x = id.x, y = id.y;
	float sum = 0, inverse;
	uint most = 0;

	if (x >= p.width || y >= p.height)
		return;
	in += p.in.first + y * p.in.row + x;
	out += p.out.first + y * p.out.row + x;
	for (uint c = 0; c < p.channels; c++)
		most = max(most, lane_of(in, p.in.plane, c));
	for (uint c = 0; c < p.channels; c++)
		sum += table[most - lane_of(in, p.in.plane, c)];
	inverse = QUOTIENT(1.0f, sum * p.scale, );
	for (uint c = 0; c < p.channels; c += 4) {
		uint word = 0;

		for (uint k = 0; k < min(4u, p.channels - c); k++) {
			float e = table[most - lane_of(in, p.in.plane, c + k)];
			float q = floor(e * inverse + 0.5f) + p.zero_point;

			q = q < 0.0f ? 0.0f : q > 255.0f ? 255.0f : q;
			word |= (uint)q << (8 * k);
		}
		out[c / 4 * p.out.plane] = word;
	}
}
