/* SPDX-License-Identifier: MIT */
/* OpenCL devices. */
#ifndef LW_CL_DEVICE_H
#define LW_CL_DEVICE_H

#define CL_TARGET_OPENCL_VERSION 200
#define CL_USE_DEPRECATED_OPENCL_1_2_APIS
#include <CL/cl.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lwnpu_error;

/**
 * struct lw_cl_device - what a device is and can do
 * @platform: its platform
 * @id: the device
 * @name: CL_DEVICE_NAME
 * @driver: CL_DRIVER_VERSION
 * @lacks: what it needs and does not have, NULL if nothing
 * @is_cpu: it shares the host's memory, and likes one work-item a group
 * @is_host: its kernels run in this process: host CPUID tells what they can use
 * @has_asm: its kernels may hold inline assembly for the host's processor
 * @denormals: single precision has them
 * @exact_divide: single precision division can be correctly rounded
 * @has_double: it has double precision
 * @units: work-groups that it runs at a time
 * @alignment: of host memory that buffers may use in place, bytes
 * @max_buffer: greatest buffer, bytes
 */
struct lw_cl_device {
	cl_platform_id platform;
	cl_device_id id;
	char name[128];
	char driver[64];
	const char *lacks;
	bool is_cpu;
	bool is_host;
	bool has_asm;
	bool denormals;
	bool exact_divide;
	bool has_double;
	unsigned int units;
	size_t alignment;
	uint64_t max_buffer;
};

/**
 * lw_cl_find_devices() - all devices of all platforms
 * @devices: gets an array that the caller frees, NULL if there are none
 *
 * Return: how many, or -ENOMEM.
 */
int lw_cl_find_devices(struct lw_cl_device **devices);

/**
 * lw_cl_choose_device() - the device that a user means
 * @device: filled in
 * @choice: a number, a part of a name, or "" for the first
 * @error: filled in on failure, may be NULL
 *
 * Return: 0, -ENODEV, -EOPNOTSUPP the device lacks something, -ENOMEM.
 */
int lw_cl_choose_device(struct lw_cl_device *device, const char *choice,
			struct lwnpu_error *error);

/* lw_cl_is_basic() - whether it is PoCL's device without threads */
bool lw_cl_is_basic(const struct lw_cl_device *device);

/**
 * lw_cl_find_basic() - the device without threads beside one of PoCL's
 * @device: the one
 * @basic: filled in, if there is another
 *
 * Return: whether there is.
 */
bool lw_cl_find_basic(const struct lw_cl_device *device,
		      struct lw_cl_device *basic);

#endif /* LW_CL_DEVICE_H */
