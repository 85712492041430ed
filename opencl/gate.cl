/* SPDX-License-Identifier: MIT */

/* Each lane's two greatest. */
struct greatest {
	uchar16 first;
	uchar16 second;
};

static inline void add_bytes(struct greatest *g, uchar16 bytes)
{
	g->second = max(g->second, min(g->first, bytes));
	g->first = max(g->first, bytes);
}

/* Bytes that are not there are zeros, which change nothing. */
static inline void add_row(struct greatest *g, __global const uint *row,
			   uint width, uint mask)
{
	uint x = 0;

	for (; x + 4 <= width; x += 4)
		add_bytes(g, as_uchar16(vload4(0, row + x) & mask));
	for (; x < width; x++)
		add_bytes(g, as_uchar16((uint4)(row[x] & mask, 0, 0, 0)));
}

/* One work-item. */
KERNEL(gate, lw_gate_params)
{
	struct greatest g;
	uchar first = 0, second = 0;

	if (id.x)
		return;
	g.first = g.second = 0;
	for (uint plane = 0; plane < p.planes; plane++)
		for (uint y = 0; y < p.height; y++)
			add_row(&g, in + p.in.first + plane * p.in.plane +
				y * p.in.row, p.width,
				plane == p.planes - 1 ? p.last_mask : ~0u);
	for (uint i = 0; i < 16; i++) {
		uchar a = ((uchar *)&g.first)[i], b = ((uchar *)&g.second)[i];

		second = max(max(second, b), min(first, a));
		first = max(first, a);
	}
	out[p.value] = p.margin ? first - second : first;
}
