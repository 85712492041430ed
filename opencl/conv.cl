/* SPDX-License-Identifier: MIT */
/*
 * Each output channel has its own list of entries. Compiled once for each size
 * of tiles, VECTORS x LANES positions. Work-items: output words, tiles.
 */
__kernel void NAME(conv)(struct lw_conv_params p,
			 __global const uint *constants,
			 __global const uint *in, __global const uint *unused,
			 __global uint *out)
{
	uint word = get_global_id(0), tile = get_global_id(1);
	uint first = tile * VECTORS * LANES;
	__global const uint *starts = constants + p.starts + 4 * word;
	vuint packed[VECTORS];

	if (word >= p.lists || tile >= p.tiles)
		return;
	in += p.in + first;
	for (uint v = 0; v < VECTORS; v++)
		packed[v] = 0;
	for (uint lane = 0; lane < 4; lane++) {
		float scale = as_float(constants[p.scale + 4 * word + lane]);
		uint end = starts[lane + 1];
		vint acc[VECTORS];

#pragma unroll
		for (uint v = 0; v < VECTORS; v++)
			acc[v] = (int)constants[p.bias + 4 * word + lane];
		for (uint i = starts[lane]; i < end; i++) {
			__global const uint *x = in + constants[p.offsets + i];
			vuint w = constants[p.weights + i];

#pragma unroll
			for (uint v = 0; v < VECTORS; v++)
				acc[v] = dot4(acc[v],
					      load_words(x + v * LANES), w);
		}
#pragma unroll
		for (uint v = 0; v < VECTORS; v++) {
			vint q = requantize(acc[v], scale, p.lo, p.hi);

			packed[v] += as_words(q) << (8 * lane);
		}
	}
	store_tile(&p, word, first, packed, VECTORS, out);
}
