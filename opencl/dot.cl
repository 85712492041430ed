/* SPDX-License-Identifier: MIT */
/*
 * Vectors of LANES pixels, and dot4(): acc + the sum of 4 products of
 * unsigned by signed bytes, modulo 2^32. One of the DOT_… macros says how.
 */
#pragma OPENCL FP_CONTRACT OFF

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define VECTOR(type) JOIN(type, LANES)

/* For remainders: compilers would unroll and vectorise them for nothing. */
#define SCALAR_LOOP \
	_Pragma("clang loop vectorize(disable) unroll(disable)")

typedef VECTOR(int) vint;
typedef VECTOR(uint) vuint;
typedef VECTOR(float) vfloat;

#define load_words(p) JOIN(vload, LANES)(0, p)
#define store_words(v, p) JOIN(vstore, LANES)(v, 0, p)
#define as_words(v) JOIN(as_uint, LANES)(v)
#define as_sums(v) JOIN(as_int, LANES)(v)
#define as_scales(v) JOIN(as_float, LANES)(v)

#if defined(DOT_VNNI)
#ifndef __AVX512F__
#error lwnpu: the device's compiler does not target AVX-512
#endif

/* The builtin needs a target with VNNI, and the compiler's may be older. */
static inline vint dot4(vint acc, vuint x, vuint w)
{
	__asm__("vpdpbusd %2, %1, %0" : "+v"(acc) : "v"(x), "v"(w));
	return acc;
}

#elif defined(DOT_AVXVNNI)
#ifndef __AVX2__
#error lwnpu: the device's compiler does not target AVX2
#endif

static inline vint dot4(vint acc, vuint x, vuint w)
{
	__asm__("%{vex%} vpdpbusd %2, %1, %0" : "+x"(acc) : "x"(x), "x"(w));
	return acc;
}

#elif defined(DOT_AVX2)
#ifndef __AVX2__
#error lwnpu: the device's compiler does not target AVX2
#endif

typedef char bytes32 __attribute__((vector_size(32)));
typedef short shorts16 __attribute__((vector_size(32)));

/* Exact because no pair of weights has |w0| + |w1| > 128: see lowering. */
static inline vint dot4(vint acc, vuint x, vuint w)
{
	const shorts16 ones = { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 };
	shorts16 pairs = __builtin_ia32_pmaddubsw256(
		__builtin_astype(x, bytes32), __builtin_astype(w, bytes32));

	return acc + __builtin_astype(
		__builtin_ia32_pmaddwd256(pairs, ones), vint);
}

/* The products of even lanes, and of odd ones, as 16 bits. */
static inline vint dot4_any(vint acc, vuint x, vuint w)
{
	shorts16 signs = __builtin_astype(w, shorts16);
	shorts16 even = __builtin_astype(x & 0x00ff00ffu, shorts16);
	shorts16 odd = __builtin_astype(x >> 8 & 0x00ff00ffu, shorts16);

	return acc + __builtin_astype(__builtin_ia32_pmaddwd256(
			even, signs << 8 >> 8), vint) +
	       __builtin_astype(__builtin_ia32_pmaddwd256(
			odd, signs >> 8), vint);
}
#define dot4_any dot4_any

#elif defined(DOT_PACKED)
#ifdef cl_khr_integer_dot_product
#pragma OPENCL EXTENSION cl_khr_integer_dot_product : enable
#define dot_word dot_4x8packed_us_int
#else
static inline int dot_word(uint x, uint w)
{
	int4 products = convert_int4(as_uchar4(x)) * convert_int4(as_char4(w));

	return products.x + products.y + products.z + products.w;
}
#endif

static inline vint dot4(vint acc, vuint x, vuint w)
{
	return (vint)(acc.x + dot_word(x.x, w.x), acc.y + dot_word(x.y, w.y),
		      acc.z + dot_word(x.z, w.z), acc.w + dot_word(x.w, w.w));
}

#elif defined(DOT_PORTABLE)
/* Operands that fit 16 bits: x86 compilers turn each product into pmaddwd. */
static inline vint dot4(vint acc, vuint x, vuint w)
{
	vint signs = as_sums(w);

	return acc + as_sums(x & 255) * (signs << 24 >> 24) +
	       as_sums(x >> 8 & 255) * (signs << 16 >> 24) +
	       as_sums(x >> 16 & 255) * (signs << 8 >> 24) +
	       as_sums(x >> 24) * (signs >> 24);
}

#else
#error no DOT_ macro is defined
#endif

/* dot4() of weights that lowering has not seen. */
#ifndef dot4_any
#define dot4_any dot4
#endif

/* Added to a small number, it leaves no bits for a fraction. */
#define ROUNDER 0x1.8p23f

/*
 * A requantised accumulator, less the zero point. The addition rounds to
 * nearest even; compilers make of convert_int_rte() scalar code.
 */
static inline vint requantize(vint acc, vfloat scale, float lo, float hi)
{
	vfloat x = JOIN(convert_float, LANES)(acc) * scale;

	x = x < lo ? (vfloat)lo : x;
	x = x > hi ? (vfloat)hi : x;
	return as_sums(x + ROUNDER) - as_int(ROUNDER);
}
