// SPDX-License-Identifier: MIT
/* The implementations of dot4(), and who has them. */
#include <string.h>

#include "opencl.h"

#if defined(__x86_64__)
#include <cpuid.h>

static bool host_has_avx2(const struct lw_cl_device *device)
{
	return device->is_host && __builtin_cpu_supports("avx2");
}

static bool host_has_vnni(const struct lw_cl_device *device)
{
	return device->has_asm && __builtin_cpu_supports("avx512vnni");
}

static bool host_has_avxvnni(const struct lw_cl_device *device)
{
	unsigned int a, b, c, d;

	return device->has_asm && host_has_avx2(device) &&
	       __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a & 1 << 4);
}
#else
static bool host_has_avx2(const struct lw_cl_device *device)
{
	(void)device;
	return false;
}

#define host_has_vnni host_has_avx2
#define host_has_avxvnni host_has_avx2
#endif

static bool is_cpu(const struct lw_cl_device *device)
{
	return device->is_cpu;
}

static bool is_any(const struct lw_cl_device *device)
{
	(void)device;
	return true;
}

/* Best first. */
static const struct lw_cl_dot dots[] = {
	{
		.name = "vnni", .macro = "DOT_VNNI", .lanes = 16,
		.tiles = { .conv = { 4, 1 }, .quad = { 4, 1 } },
		.quad_cost = 50, .usable = host_has_vnni,
	}, {
		.name = "avxvnni", .macro = "DOT_AVXVNNI", .lanes = 8,
		.tiles = { .conv = { 8, 2 }, .quad = { 2, 1 } },
		.quad_cost = 70, .usable = host_has_avxvnni,
	}, {
		.name = "avx2", .macro = "DOT_AVX2", .lanes = 8,
		.tiles = { .conv = { 8, 2 }, .quad = { 2, 1 } },
		.quad_cost = 90, .split_pairs = true, .usable = host_has_avx2,
	}, {
		.name = "portable", .macro = "DOT_PORTABLE", .lanes = 8,
		.tiles = { .conv = { 4, 2 }, .quad = { 2, 1 } },
		.quad_cost = 90, .usable = is_cpu,
	}, {
		.name = "packed", .macro = "DOT_PACKED", .lanes = 4,
		.tiles = { .conv = { 4, 1 }, .quad = { 2, 1 } },
		.quad_cost = 90, .usable = is_any,
	},
};

#define N_DOTS (sizeof(dots) / sizeof(dots[0]))

const struct lw_cl_dot *lw_cl_dot_next(const struct lw_cl_device *device,
				       const struct lw_cl_dot *last)
{
	for (size_t i = last ? (size_t)(last - dots) + 1 : 0; i < N_DOTS; i++)
		if (dots[i].usable(device))
			return &dots[i];
	return NULL;
}

const struct lw_cl_dot *lw_cl_dot_find(const char *name)
{
	for (size_t i = 0; i < N_DOTS; i++)
		if (!strcmp(dots[i].name, name))
			return &dots[i];
	return NULL;
}
