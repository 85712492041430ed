/* SPDX-License-Identifier: MIT */
/*
 * Each output channel has its own list of entries. Compiled once for each size
 * of tiles, VECTORS x LANES positions. Work-items: output words, tiles, phases.
 */
KERNEL(NAME(conv), lw_conv_params)
{
	uint word = id.x, phase = id.z;
	uint tile = id.y, first = tile * VECTORS * LANES;
	vuint packed[VECTORS];

	if (word >= p.lists || tile >= p.tiles || phase >= p.phases)
		return;
	enter_phase(&p, phase);
	in += p.in + first;
	for (uint v = 0; v < VECTORS; v++)
		packed[v] = 0;
	for (uint lane = 0; lane < 4; lane++) {
		float scale = as_float(constants[p.scale + 4 * word + lane]);
		uint list = (4 * word + lane) * p.phases + phase;
		uint end = constants[p.starts + list + 1];
		vint acc[VECTORS];

#pragma unroll
		for (uint v = 0; v < VECTORS; v++)
			acc[v] = (int)constants[p.bias + list];
		for (uint i = constants[p.starts + list]; i < end; i++) {
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
