/* SPDX-License-Identifier: MIT */

/* Division must be correctly rounded; by way of double it is, too. */
#if defined(DIVIDE_DOUBLE)
#define QUOTIENT(a, b, type) \
	convert_float##type(convert_double##type(a) / (double)(b))
#else
#define QUOTIENT(a, b, type) ((a) / (b))
#endif
