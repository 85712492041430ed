/* SPDX-License-Identifier: MIT */
/*
 * Convolution with few pixels, above all fully connected: a vector holds
 * LANES output channels of one pixel. The number of entries of a list is a
 * multiple of 4.
 */
KERNEL(conv_wide, lw_conv_params)
{
	uint list = id.x;
	uint x = id.y, y = id.z;
	__global const uint *w = constants + p.weights;
	__global const uint *offsets = constants + p.offsets;
	vint acc[4], sum;
	vfloat scale;
	uint end;

	if (list >= p.lists)
		return;
	enter_phase(&p, list % p.phases);
	if (x >= p.width || y >= p.height)
		return;
	in += p.in + y * p.pitch + x;
	out += p.out.first + y * p.out.row + x * p.step;
	end = constants[p.starts + list + 1];
	acc[0] = as_sums(load_words(constants + p.bias + list * LANES));
	acc[1] = acc[2] = acc[3] = 0;
	for (uint i = constants[p.starts + list]; i < end; i += 4) {
#pragma unroll
		for (uint k = 0; k < 4; k++)
			acc[k] = dot4(acc[k], (vuint)in[offsets[i + k]],
				      load_words(w + (i + k) * LANES));
	}
	list /= p.phases;
	scale = as_scales(load_words(constants + p.scale + list * LANES));
	sum = requantize(acc[0] + acc[1] + acc[2] + acc[3], scale, p.lo, p.hi);
	sum += (int)(p.zero_point & 255);
	VECTOR(uchar) bytes = JOIN(convert_uchar, LANES)(sum);
	for (uint k = 0; k < LANES / 4; k++) {
		uint word = list * (LANES / 4) + k;
		uint mask = word == p.words - 1 ? p.last_mask : ~0u;

		if (word < p.words)
			out[word * p.out.plane] = ((uint *)&bytes)[k] & mask;
	}
}
