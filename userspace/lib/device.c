// SPDX-License-Identifier: MIT
/* Devices: the table of engines, and names like "opencl:1" or a path. */
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "drm_node.h"
#include "export.h"

static const struct lw_engine_ops *const engines[] = {
	&lw_ref_engine,
	&lw_opencl_engine,
	&lw_drm_engine,
};

#define N_ENGINES (sizeof(engines) / sizeof(engines[0]))
#define FALLBACK_DEVICE "opencl"

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

/* The engine that "NAME", "NAME:CHOICE" or a path asks for, or NULL. */
static const struct lw_engine_ops *find_engine(const char *name,
					       const char **choice)
{
	size_t length = strcspn(name, "/:");

	if (name[length] == '/') {
		*choice = name;
		return &lw_drm_engine;
	}
	*choice = name[length] ? name + length + 1 : NULL;
	for (size_t i = 0; i < N_ENGINES; i++) {
		if (strlen(engines[i]->name) == length &&
		    !strncmp(engines[i]->name, name, length))
			return engines[i];
	}
	return NULL;
}

/* Uses @path, of LW_DRM_PATH_SIZE bytes. */
static const char *default_name(char *path)
{
	const char *name = getenv("LWNPU_DEVICE");

	if (name && name[0])
		return name;
	if (lw_drm_node_default(path, LW_DRM_PATH_SIZE))
		return path;
	return FALLBACK_DEVICE;
}

LW_EXPORT int lwnpu_device_open(struct lwnpu_device **device, const char *name,
				struct lwnpu_error *error)
{
	const struct lw_engine_ops *ops;
	struct lwnpu_device *opened;
	char path[LW_DRM_PATH_SIZE];
	const char *choice;
	int ret;

	if (!name)
		name = default_name(path);
	ops = find_engine(name, &choice);
	if (!ops)
		return lw_fail(error, -ENODEV,
			       "no device \"%.64s\": expected ref, opencl, opencl:CHOICE or a path",
			       name);
	opened = calloc(1, sizeof(*opened));
	if (!opened)
		return lw_fail(error, -ENOMEM, "out of memory for a device");
	opened->ops = ops;
	ret = ops->open(&opened->engine, choice, error);
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
