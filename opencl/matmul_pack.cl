/* SPDX-License-Identifier: MIT */
/*
 * What MATMUL multiplies: words of 4 values along k, at each k/4 a row of
 * columns, padded; past the last k zeros. The second operand is made signed,
 * and gets a term for each column.
 */

/* 4 words along the columns, one for each k, become 4 words along k. */
static inline uint4 turn_words(uint4 rows)
{
	return as_uint4(as_uchar16(rows).s048c159d26ae37bf);
}

static inline vuint pack_columns(const struct lw_pack_params *p,
				 __global const uint *in, uint x)
{
	vuint words = 0;

	if (x + LANES <= p->columns)
		return load_words(in + x);
	for (uint i = 0; x + i < p->columns; i++)
		((uint *)&words)[i] = in[x + i];
	return words;
}

static inline vuint pack_turned(const struct lw_pack_params *p,
				__global const uint *in, uint x, uint k)
{
	vuint words = 0;

	for (uint i = 0; i < LANES && x + i < p->columns; i += 4) {
		__global const uint *from = in + (x + i) / 4 * p->in.plane + k;
		uint4 rows = 0;

		if (k + 4 <= p->depth)
			rows = vload4(0, from);
		else
			for (uint j = 0; k + j < p->depth; j++)
				((uint *)&rows)[j] = from[j];
		((uint4 *)&words)[i / 4] = turn_words(rows);
	}
	return words;
}

/* Work-items: vectors of columns, batches. */
KERNEL(matmul_pack, lw_pack_params)
{
	uint x = id.x * LANES, h = id.y;
	uint words = (p.depth + 3) / 4;
	__global uint *to = out + p.packed + h * words * p.pitch + x;
	vint sums = 0;

	if (x >= p.pitch || h >= p.batches)
		return;
	in += p.in.first + h * p.in.row;
	for (uint k = 0; k < words; k++, to += p.pitch) {
		vuint w = p.turned ? pack_turned(&p, in, x, 4 * k) :
				     pack_columns(&p, in + k * p.in.plane, x);

		w = (w ^ p.sign) & (k == words - 1 ? p.last_mask : ~0u);
		store_words(w, to);
		sums = dot4_any(sums, (vuint)0x01010101, w);
	}
	if (p.sign)
		store_words((uint)p.offset - (uint)p.zero * as_words(sums),
			    out + p.terms + h * p.pitch + x);
}
