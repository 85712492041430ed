// SPDX-License-Identifier: MIT
/* OpenCL devices: finding, describing, choosing. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "opencl.h"

/* Text of a device; what it does not say is "". */
static void get_text(cl_device_id id, cl_device_info what, char *text,
		     size_t size)
{
	if (clGetDeviceInfo(id, what, size - 1, text, NULL) != CL_SUCCESS)
		text[0] = '\0';
	text[size - 1] = '\0';
}

static bool is_pocl(cl_platform_id platform)
{
	char name[64] = "";

	clGetPlatformInfo(platform, CL_PLATFORM_NAME, sizeof(name) - 1, name,
			  NULL);
	return !strcmp(name, "Portable Computing Language");
}

static bool has_flag(cl_device_id id, cl_device_info what)
{
	cl_bool flag = CL_FALSE;

	return clGetDeviceInfo(id, what, sizeof(flag), &flag, NULL) ==
	       CL_SUCCESS && flag;
}

/* "OpenCL 1.2 …" or later */
static bool is_recent(cl_device_id id)
{
	char version[128];
	unsigned int major, minor;

	get_text(id, CL_DEVICE_VERSION, version, sizeof(version));
	return sscanf(version, "OpenCL %u.%u", &major, &minor) == 2 &&
	       (major > 1 || minor >= 2);
}

/* What every program needs, and few devices do not have. */
static const char *find_lack(cl_device_id id, cl_device_fp_config single)
{
	if (!is_recent(id))
		return "OpenCL 1.2";
	if (!has_flag(id, CL_DEVICE_AVAILABLE) ||
	    !has_flag(id, CL_DEVICE_COMPILER_AVAILABLE))
		return "a compiler that is available";
	if (!has_flag(id, CL_DEVICE_ENDIAN_LITTLE))
		return "little-endian words";
	if (!(single & CL_FP_ROUND_TO_NEAREST))
		return "rounding to nearest";
	return NULL;
}

static void describe_device(struct lw_cl_device *device)
{
	cl_device_fp_config single = 0, both = 0;
	cl_device_type type = 0;
	cl_ulong max_buffer = 0;
	cl_uint align_bits = 0, units = 0;
	cl_device_id id = device->id;

	get_text(id, CL_DEVICE_NAME, device->name, sizeof(device->name));
	get_text(id, CL_DRIVER_VERSION, device->driver, sizeof(device->driver));
	clGetDeviceInfo(id, CL_DEVICE_TYPE, sizeof(type), &type, NULL);
	clGetDeviceInfo(id, CL_DEVICE_SINGLE_FP_CONFIG, sizeof(single), &single,
			NULL);
	clGetDeviceInfo(id, CL_DEVICE_DOUBLE_FP_CONFIG, sizeof(both), &both,
			NULL);
	clGetDeviceInfo(id, CL_DEVICE_MAX_MEM_ALLOC_SIZE, sizeof(max_buffer),
			&max_buffer, NULL);
	clGetDeviceInfo(id, CL_DEVICE_MEM_BASE_ADDR_ALIGN, sizeof(align_bits),
			&align_bits, NULL);
	clGetDeviceInfo(id, CL_DEVICE_MAX_COMPUTE_UNITS, sizeof(units), &units,
			NULL);
	device->lacks = find_lack(id, single);
	device->is_cpu = type & CL_DEVICE_TYPE_CPU;
	device->is_host = device->is_cpu && is_pocl(device->platform);
	/* 3.1 was seen to work; 6.0 aborts the process; 4 and 5 are untried. */
	device->has_asm = device->is_host && strtoul(device->driver, NULL, 10) < 4;
	device->denormals = single & CL_FP_DENORM;
	device->exact_divide = single & CL_FP_CORRECTLY_ROUNDED_DIVIDE_SQRT;
	device->has_double = both;
	device->units = units;
	device->alignment = align_bits >= 8 ? align_bits / 8 : 1;
	device->max_buffer = max_buffer;
}

/*
 * PoCL makes its devices without threads only if asked, before it makes any.
 * From version 4 on its devices have other names, and these are still taken; 7
 * and later ones are untried.
 */
static void ask_for_basic(cl_platform_id platform)
{
	char version[256] = "";
	unsigned int major;

	clGetPlatformInfo(platform, CL_PLATFORM_VERSION, sizeof(version) - 1,
			  version, NULL);
	if (!is_pocl(platform) ||
	    sscanf(version, "OpenCL %*s PoCL %u", &major) != 1 || major > 6)
		return;
	setenv("POCL_DEVICES", "pthread basic basic", 0);
}

/* Appends a platform's devices. */
static int find_on_platform(cl_platform_id platform,
			    struct lw_cl_device **devices, cl_uint *n)
{
	struct lw_cl_device *grown;
	cl_device_id *ids;
	cl_uint found = 0;

	ask_for_basic(platform);
	if (clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 0, NULL, &found) !=
	    CL_SUCCESS || !found)
		return 0;
	ids = calloc(found, sizeof(*ids));
	grown = realloc(*devices, (*n + found + 1) * sizeof(*grown));
	if (grown)
		*devices = grown;
	if (!ids || !grown) {
		free(ids);
		return -ENOMEM;
	}
	if (clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, found, ids, NULL) !=
	    CL_SUCCESS)
		found = 0;
	/* The first is for who does not choose: those without threads are last. */
	for (cl_uint i = 0; i < 2 * found; i++) {
		struct lw_cl_device *device = &grown[*n];

		memset(device, 0, sizeof(*device));
		device->platform = platform;
		device->id = ids[i % found];
		describe_device(device);
		*n += lw_cl_is_basic(device) == (i >= found);
	}
	free(ids);
	return 0;
}

static int find_devices(struct lw_cl_device **devices)
{
	cl_platform_id *platforms;
	cl_uint n_platforms = 0, n = 0;
	int ret = 0;

	*devices = NULL;
	/* The loader's answer to no installed driver is an error of its own. */
	if (clGetPlatformIDs(0, NULL, &n_platforms) != CL_SUCCESS ||
	    !n_platforms)
		return 0;
	platforms = calloc(n_platforms, sizeof(*platforms));
	if (!platforms)
		return -ENOMEM;
	if (clGetPlatformIDs(n_platforms, platforms, NULL) != CL_SUCCESS)
		n_platforms = 0;
	for (cl_uint i = 0; i < n_platforms && !ret; i++)
		ret = find_on_platform(platforms[i], devices, &n);
	free(platforms);
	if (ret || !n) {
		free(*devices);
		*devices = NULL;
	}
	return ret ? ret : (int)n;
}

/* Neither the loader nor PoCL lets two threads be the first. */
static int find_all(struct lw_cl_device **devices)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	int n;

	pthread_mutex_lock(&lock);
	n = find_devices(devices);
	pthread_mutex_unlock(&lock);
	return n;
}

/* A second device without threads is another thread's, see twin.c. */
int lw_cl_find_devices(struct lw_cl_device **devices)
{
	int all = find_all(devices), n = all > 0 ? 1 : all;

	for (int i = 1; i < all; i++)
		if (!lw_cl_is_basic(&(*devices)[i]) ||
		    !lw_cl_is_basic(&(*devices)[n - 1]))
			(*devices)[n++] = (*devices)[i];
	return n;
}

/* The index of the device that is meant, or -ENODEV. */
static int match_device(const struct lw_cl_device *devices, int n,
			const char *choice)
{
	unsigned long number;
	char *end;

	if (!choice[0])
		return 0;
	errno = 0;
	number = strtoul(choice, &end, 10);
	if (choice[0] >= '0' && choice[0] <= '9' && !*end)
		return !errno && number < (unsigned long)n ? (int)number :
							     -ENODEV;
	for (int i = 0; i < n; i++)
		if (strcasestr(devices[i].name, choice))
			return i;
	return -ENODEV;
}

int lw_cl_choose_device(struct lw_cl_device *device, const char *choice,
			struct lwnpu_error *error)
{
	struct lw_cl_device *devices;
	int n = lw_cl_find_devices(&devices);
	int i;

	if (n < 0)
		return lw_fail(error, n, "out of memory for OpenCL devices");
	if (!n)
		return lw_fail(error, -ENODEV,
			       "no OpenCL device: install a driver, such as the package pocl-opencl-icd");
	i = match_device(devices, n, choice);
	if (i >= 0)
		*device = devices[i];
	free(devices);
	if (i < 0)
		return lw_fail(error, -ENODEV,
			       "no OpenCL device \"%.64s\": expected a number below %d or a part of a device's name",
			       choice, n);
	if (device->lacks)
		return lw_fail(error, -EOPNOTSUPP,
			       "OpenCL device %s does not have %s",
			       device->name, device->lacks);
	return 0;
}

bool lw_cl_is_basic(const struct lw_cl_device *device)
{
	return device->is_host && (!strncmp(device->name, "basic", 5) ||
				   !strncmp(device->name, "cpu-minimal", 11));
}

bool lw_cl_find_basic(const struct lw_cl_device *device,
		      struct lw_cl_device *basic)
{
	struct lw_cl_device *devices;
	int n = device->is_host ? find_all(&devices) : 0;
	bool found = false;

	for (int i = 0; i < n && !found; i++) {
		found = devices[i].platform == device->platform &&
			devices[i].id != device->id && !devices[i].lacks &&
			lw_cl_is_basic(&devices[i]);
		if (found)
			*basic = devices[i];
	}
	if (n > 0)
		free(devices);
	return found;
}
