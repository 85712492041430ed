/* SPDX-License-Identifier: MIT */
/* Writing a tile of a convolution's output: words of consecutive positions. */

/* What a phase of a transposed convolution has other than the first. */
static inline void enter_phase(struct lw_conv_params *p, uint phase)
{
	uint y, x;

	if (!phase)
		return;
	y = phase / p->phases_w;
	x = phase % p->phases_w;
	p->out.first += y * p->phase_row + x;
	p->height -= y >= p->full_h;
	p->width -= x >= p->full_w;
}

/* Rows of the tile that lie in the image; positions between rows do not. */
static inline void store_rows(const struct lw_conv_params *p, uint first,
			      const uint *tile, uint size, __global uint *out)
{
	uint y = first / p->pitch, x = first % p->pitch;

	for (uint i = 0; i < size && y < p->height; y++) {
		uint n = x < p->width ? min(p->width - x, size - i) : 0;
		__global uint *to = out + y * p->out.row + x * p->step;
		uint k = 0;

		if (p->step == 1)
			for (; k + 4 <= n; k += 4)
				vstore4(vload4(0, tile + i + k), 0, to + k);
		SCALAR_LOOP
		for (; k < n; k++)
			to[k * p->step] = tile[i + k];
		i += p->pitch - x;
		x = 0;
	}
}

static inline void store_tile(const struct lw_conv_params *p, uint word,
			      uint first, vuint *tile, uint vectors,
			      __global uint *out)
{
	uint mask = word == p->words - 1 ? p->last_mask : ~0u;
	uint size = vectors * LANES;

	out += p->out.first + word * p->out.plane;
	for (uint v = 0; v < vectors; v++)
		tile[v] = (tile[v] + p->zero_point) & mask;
	if (p->height > 1 || first + size > p->width || p->step > 1) {
		store_rows(p, first, (const uint *)tile, size, out);
		return;
	}
	for (uint v = 0; v < vectors; v++)
		store_words(tile[v], out + first + v * LANES);
}
