/* SPDX-License-Identifier: MIT */

/* Digits of an output element's number, and the input element it takes. */
struct source {
	uint digit[LWNPU_DIGITS];
	uint element;
};

static inline struct source find_source(const struct lw_reorder_params *p,
					uint number)
{
	struct source s;

	s.element = 0;
	for (uint d = LWNPU_DIGITS; d-- > 0; number /= p->size[d]) {
		s.digit[d] = number % p->size[d];
		s.element += s.digit[d] * p->stride[d];
	}
	return s;
}

static inline void next_source(const struct lw_reorder_params *p,
			       struct source *s)
{
	for (uint d = LWNPU_DIGITS; d-- > 0;) {
		s->element += p->stride[d];
		if (++s->digit[d] < p->size[d])
			return;
		s->element -= p->stride[d] * p->size[d];
		s->digit[d] = 0;
	}
}

/* Work-items: runs of pixels. */
KERNEL(reorder, lw_reorder_params)
{
	__global const uchar *bytes = (__global const uchar *)(in + p.in.first);
	uint pixel = id.x * p.run;
	uint end = min(pixel + p.run, p.pixels);
	struct source s;

	if (pixel >= p.pixels)
		return;
	s = find_source(&p, pixel * p.channels);
	out += p.out.first;
	for (; pixel < end; pixel++) {
		__global uint *to = out + pixel / p.width * p.out.row +
				    pixel % p.width;

		for (uint c = 0; c < p.channels; c += 4, to += p.out.plane) {
			uint lanes = min(4u, p.channels - c), word = 0;

			for (uint k = 0; k < lanes; k++) {
				uint from = s.element / p.in_channels;
				uint lane = s.element % p.in_channels;

				word |= (uint)bytes[4 * (lane / 4 * p.in.plane +
					from / p.in_width * p.in.row +
					from % p.in_width) + lane % 4] <<
					(8 * k);
				next_source(&p, &s);
			}
			*to = word;
		}
	}
}
