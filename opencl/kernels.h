/* SPDX-License-Identifier: MIT */
/* The kernels' sources (made by embed.sh) and sizes that they share. */
#ifndef LW_CL_KERNELS_H
#define LW_CL_KERNELS_H

extern const char lw_kernel_params[];
extern const char lw_kernel_dot[];
extern const char lw_kernel_store[];
extern const char lw_kernel_conv[];
extern const char lw_kernel_conv_quad[];
extern const char lw_kernel_conv_wide[];
extern const char lw_kernel_copy[];
extern const char lw_kernel_divide[];
extern const char lw_kernel_element[];
extern const char lw_kernel_gate[];
extern const char lw_kernel_gather[];
extern const char lw_kernel_kernel[];
extern const char lw_kernel_matmul[];
extern const char lw_kernel_matmul_pack[];
extern const char lw_kernel_pair[];
extern const char lw_kernel_pool[];
extern const char lw_kernel_reorder[];
extern const char lw_kernel_resize[];
extern const char lw_kernel_resize_real[];
extern const char lw_kernel_softmax[];
extern const char lw_kernel_walk[];

/* Words of a row that one work-item of an element-wise kernel handles. */
#define LW_CL_CHUNK 1024

/* Rows of a tile of MATMUL. */
#define LW_CL_MATMUL_ROWS 4

/* Words from one step's counters to the next's: a line of the cache. */
#define LW_CL_WALK_PITCH 16

/*
 * Arguments of the kernel "walk": parameters, constants, counters, arena, then
 * the buffers of a job.
 */
#define LW_CL_WALK_FIRST_BUFFER 4
#define LW_CL_WALK_BUFFERS 6

/*
 * Work-groups of a thread of two: one that has ended because the other kept it
 * waiting is replaced by the next.
 */
#define LW_CL_TWIN_GROUPS 8

#endif /* LW_CL_KERNELS_H */
