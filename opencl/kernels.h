/* SPDX-License-Identifier: MIT */
/* The kernels' sources (made by embed.sh) and the kernels in them. */
#ifndef LW_CL_KERNELS_H
#define LW_CL_KERNELS_H

extern const char lw_kernel_params[];
extern const char lw_kernel_dot[];
extern const char lw_kernel_store[];
extern const char lw_kernel_conv[];
extern const char lw_kernel_conv_quad[];
extern const char lw_kernel_conv_wide[];
extern const char lw_kernel_copy[];
extern const char lw_kernel_element[];
extern const char lw_kernel_gate[];
extern const char lw_kernel_gather[];
extern const char lw_kernel_matmul[];
extern const char lw_kernel_matmul_pack[];
extern const char lw_kernel_pair[];
extern const char lw_kernel_pool[];
extern const char lw_kernel_reorder[];
extern const char lw_kernel_resize[];
extern const char lw_kernel_softmax[];

#define LW_CL_KERNELS(X) \
	X(conv_large) \
	X(conv_small) \
	X(conv_quad_large) \
	X(conv_quad_small) \
	X(conv_wide) \
	X(copy) \
	X(copy_lanes) \
	X(gate) \
	X(gather) \
	X(lut) \
	X(matmul_large) \
	X(matmul_small) \
	X(matmul_pack) \
	X(add) \
	X(mul) \
	X(pool) \
	X(reorder) \
	X(resize) \
	X(softmax)

enum lw_cl_kernel {
#define LW_CL_ENUM(name) LW_CL_##name,
	LW_CL_KERNELS(LW_CL_ENUM)
#undef LW_CL_ENUM
};

/* Words of a row that one work-item of an element-wise kernel handles. */
#define LW_CL_CHUNK 1024

/* Rows of a tile of MATMUL. */
#define LW_CL_MATMUL_ROWS 4

#endif /* LW_CL_KERNELS_H */
