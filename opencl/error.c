// SPDX-License-Identifier: MIT
/* Errors of OpenCL calls. */
#include "opencl.h"

static const char *error_name(cl_int code)
{
	switch (code) {
#define NAME(error) case error: return #error
	NAME(CL_DEVICE_NOT_FOUND);
	NAME(CL_DEVICE_NOT_AVAILABLE);
	NAME(CL_COMPILER_NOT_AVAILABLE);
	NAME(CL_MEM_OBJECT_ALLOCATION_FAILURE);
	NAME(CL_OUT_OF_RESOURCES);
	NAME(CL_OUT_OF_HOST_MEMORY);
	NAME(CL_BUILD_PROGRAM_FAILURE);
	NAME(CL_MAP_FAILURE);
	NAME(CL_INVALID_VALUE);
	NAME(CL_INVALID_DEVICE);
	NAME(CL_INVALID_BINARY);
	NAME(CL_INVALID_BUILD_OPTIONS);
	NAME(CL_INVALID_KERNEL_NAME);
	NAME(CL_INVALID_ARG_INDEX);
	NAME(CL_INVALID_ARG_VALUE);
	NAME(CL_INVALID_ARG_SIZE);
	NAME(CL_INVALID_KERNEL_ARGS);
	NAME(CL_INVALID_WORK_GROUP_SIZE);
	NAME(CL_INVALID_GLOBAL_WORK_SIZE);
	NAME(CL_INVALID_BUFFER_SIZE);
	NAME(CL_INVALID_HOST_PTR);
	NAME(CL_INVALID_OPERATION);
#undef NAME
	default:
		return "an error";
	}
}

int lw_cl_fail(struct lwnpu_error *error, const char *call, cl_int code)
{
	bool memory = code == CL_OUT_OF_HOST_MEMORY ||
		      code == CL_OUT_OF_RESOURCES ||
		      code == CL_MEM_OBJECT_ALLOCATION_FAILURE;

	return lw_fail(error, memory ? -ENOMEM : -EIO, "%s: %s (%d)", call,
		       error_name(code), (int)code);
}
