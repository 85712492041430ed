/* SPDX-License-Identifier: MIT */
/*
 * The 4 channels of an output word share a list; an entry has the weights of
 * each. Compiled once for each size of tiles. Work-items: as conv.
 */
KERNEL(NAME(conv_quad), lw_conv_params)
{
	uint word = id.x, phase = id.z;
	uint tile = id.y, first = tile * VECTORS * LANES;
	uint list = word * p.phases + phase;
	vint acc[4][VECTORS];
	vuint packed[VECTORS];

	if (word >= p.lists || tile >= p.tiles || phase >= p.phases)
		return;
	enter_phase(&p, phase);
	in += p.in + first;
#pragma unroll
	for (uint k = 0; k < 4 * VECTORS; k++)
		acc[k / VECTORS][k % VECTORS] =
			(int)constants[p.bias + 4 * list + k / VECTORS];
	for (uint i = constants[p.starts + list],
		  end = constants[p.starts + list + 1]; i < end; i++) {
		__global const uint *w = constants + p.weights + 4 * i;
		__global const uint *x = in + constants[p.offsets + i];

#pragma unroll
		for (uint v = 0; v < VECTORS; v++) {
			vuint pixels = load_words(x + v * LANES);

#pragma unroll
			for (uint lane = 0; lane < 4; lane++)
				acc[lane][v] = dot4(acc[lane][v], pixels,
						    (vuint)w[lane]);
		}
	}
#pragma unroll
	for (uint v = 0; v < VECTORS; v++) {
		packed[v] = 0;
#pragma unroll
		for (uint lane = 0; lane < 4; lane++) {
			float scale = as_float(
				constants[p.scale + 4 * word + lane]);
			vint q = requantize(acc[lane][v], scale, p.lo, p.hi);

			packed[v] += as_words(q) << (8 * lane);
		}
	}
	store_tile(&p, word, first, packed, VECTORS, out);
}
