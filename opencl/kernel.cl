/* SPDX-License-Identifier: MIT */
/*
 * KERNEL(name, type) { ... } is what one work-item, number id, of a kernel does.
 * It is a kernel of its own, or a part of the kernel that walks programs.
 */
#define ARGUMENTS(type) \
	struct type p, __global const uint *constants, \
	__global const uint *in, __global const uint *other, __global uint *out

#if defined(WALK_PITCH)
#define KERNEL(name, type) \
	static inline void JOIN(name, _item)(const uint3 id, ARGUMENTS(type))
#else
#define KERNEL(name, type) \
	static inline void JOIN(name, _item)(const uint3 id, ARGUMENTS(type)); \
	__kernel void name(ARGUMENTS(type)) \
	{ \
		const uint3 id = (uint3)(get_global_id(0), get_global_id(1), \
					 get_global_id(2)); \
\
		JOIN(name, _item)(id, p, constants, in, other, out); \
	} \
	static inline void JOIN(name, _item)(const uint3 id, ARGUMENTS(type))
#endif
