/* SPDX-License-Identifier: MIT */
/*
 * A tile of MATMUL has MATMUL_ROWS rows and VECTORS x LANES columns: each word
 * of the first operand is multiplied by vectors of the packed second one.
 * Compiled once for each size of tiles.
 *
 * The second operand is signed, so its zero point is too: the sum of
 * (a - za) x (b - zb) is that of a x b', b' = b - 128, plus (128 - zb) x the sum
 * of a (of a row), plus the term that packing has left (of a column).
 */
struct NAME(rows) {
	__global const uint *words[MATMUL_ROWS];
	int term[MATMUL_ROWS];
};

static inline struct NAME(rows) NAME(find_rows)(const struct lw_matmul_params *p,
						__global const uint *in,
						uint first)
{
	struct NAME(rows) rows;

	/* Rows past the last are computed, and not stored. */
	for (uint r = 0; r < MATMUL_ROWS; r++) {
		rows.words[r] = in + min(first + r, p->rows - 1);
		rows.term[r] = 0;
	}
	if (!p->row_factor)
		return rows;
	for (uint r = 0; r < MATMUL_ROWS; r++) {
		vint sum = 0;

		for (uint k = 0; k < p->depth; k++) {
			uint ones = k == p->depth - 1 ? p->last_ones : 0x01010101;

			sum = dot4_any(sum, (vuint)rows.words[r][k * p->in.plane],
				       (vuint)ones);
		}
		rows.term[r] = (int)((uint)p->row_factor * (uint)sum.s0);
	}
	return rows;
}

static inline void NAME(store_columns)(const struct lw_matmul_params *p,
				       const uint *tile, uint x, uint n,
				       __global uint *out)
{
	const uint width = VECTORS * LANES / 4;

	for (uint i = 0; i < width && x / 4 + i < p->words; i++) {
		__global uint *to = out + (x / 4 + i) * p->out.plane;
		uint mask = x / 4 + i == p->words - 1 ? p->last_mask : ~0u;

		for (uint r = 0; r < n; r++)
			to[r] = tile[r * width + i] & mask;
	}
}

/* Work-items: chunks of columns, tiles of rows, batches. */
KERNEL(NAME(matmul), lw_matmul_params)
{
	uint x = id.x * p.chunk, end = min(x + p.chunk, p.pitch);
	uint first = id.y * MATMUL_ROWS, h = id.z;
	__global const uint *terms = other + p.terms + h * p.terms_batch;
	__global const uint *packed = other + p.packed + h * p.packed_batch;
	struct NAME(rows) rows;
	uint tile[MATMUL_ROWS * VECTORS * LANES / 4];

	if (x >= p.pitch || first >= p.rows || h >= p.batches)
		return;
	rows = NAME(find_rows)(&p, in + p.in.first + h * p.in.row, first);
	out += p.out.first + h * p.out.row + first;
	for (; x < end; x += VECTORS * LANES) {
		vint acc[MATMUL_ROWS][VECTORS];

#pragma unroll
		for (uint v = 0; v < VECTORS; v++)
#pragma unroll
			for (uint r = 0; r < MATMUL_ROWS; r++)
				acc[r][v] = as_sums(load_words(terms + x +
							       v * LANES)) +
					    rows.term[r];
		for (uint k = 0; k < p.depth; k++) {
			__global const uint *w = packed + k * p.pitch + x;

#pragma unroll
			for (uint v = 0; v < VECTORS; v++)
#pragma unroll
				for (uint r = 0; r < MATMUL_ROWS; r++)
					acc[r][v] = dot4_any(
						acc[r][v],
						(vuint)rows.words[r][k * p.in.plane],
						load_words(w + v * LANES));
		}
#pragma unroll
		for (uint k = 0; k < MATMUL_ROWS * VECTORS; k++) {
			vint q = requantize(acc[k / VECTORS][k % VECTORS],
					    (vfloat)p.scale, p.lo, p.hi);

			((VECTOR(uchar) *)tile)[k] =
				JOIN(convert_uchar, LANES)(q + p.zero_point);
		}
		NAME(store_columns)(&p, tile, x,
				    min((uint)MATMUL_ROWS, p.rows - first),
				    out);
	}
}
