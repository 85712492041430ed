// SPDX-License-Identifier: MIT
/* Devices: the table of engines, and names like "opencl:1". */
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "export.h"

static const struct lw_engine_ops *const engines[] = {
	&lw_ref_engine,
	&lw_opencl_engine,
};

#define N_ENGINES (sizeof(engines) / sizeof(engines[0]))
#define DEFAULT_DEVICE "opencl"

LW_EXPORT int lwnpu_device_list(struct lwnpu_device_info *info,
				unsigned int max)
{
	unsigned int n = 0;

	for (size_t i = 0; i < N_ENGINES; i++) {
		unsigned int room = n < max ? max - n : 0;
		int found = engines[i]->list(room ? info + n : NULL, room);

		if (found < 0)
			return found;
		n += found;
	}
	return n;
}

/* The engine that "NAME" or "NAME:CHOICE" asks for, or NULL. */
static const struct lw_engine_ops *find_engine(const char *name)
{
	size_t length = strcspn(name, ":");

	for (size_t i = 0; i < N_ENGINES; i++) {
		if (strlen(engines[i]->name) == length &&
		    !strncmp(engines[i]->name, name, length))
			return engines[i];
	}
	return NULL;
}

static const char *default_name(void)
{
	const char *name = getenv("LWNPU_DEVICE");

	return name && name[0] ? name : DEFAULT_DEVICE;
}

LW_EXPORT int lwnpu_device_open(struct lwnpu_device **device, const char *name,
				struct lwnpu_error *error)
{
	const struct lw_engine_ops *ops;
	struct lwnpu_device *opened;
	const char *choice;
	int ret;

	if (!name)
		name = default_name();
	ops = find_engine(name);
	if (!ops)
		return lw_fail(error, -ENODEV,
			       "no device \"%.64s\": expected ref, opencl or opencl:CHOICE",
			       name);
	choice = strchr(name, ':');
	opened = calloc(1, sizeof(*opened));
	if (!opened)
		return lw_fail(error, -ENOMEM, "out of memory for a device");
	opened->ops = ops;
	ret = ops->open(&opened->engine, choice ? choice + 1 : NULL, error);
	if (ret) {
		free(opened);
		return ret;
	}
	*device = opened;
	return 0;
}

LW_EXPORT void lwnpu_device_close(struct lwnpu_device *device)
{
	if (!device)
		return;
	device->ops->close(device->engine);
	free(device);
}

LW_EXPORT void lwnpu_device_describe(const struct lwnpu_device *device,
				     struct lwnpu_device_info *info)
{
	memset(info, 0, sizeof(*info));
	device->ops->describe(device->engine, info);
}
