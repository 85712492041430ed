// SPDX-License-Identifier: MIT
/* Devices: the table of engines, and names like "opencl:1" or a path. */
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "drm_node.h"
#include "export.h"
#include "log.h"
#include "pool.h"

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

int lw_device_create(struct lwnpu_device **device,
		     const struct lw_engine_ops *ops, void *engine,
		     struct lwnpu_error *error)
{
	struct lwnpu_device *made = calloc(1, sizeof(*made));
	int ret = 0;

	if (!made)
		return lw_fail(error, -ENOMEM, "out of memory for a device");
	made->ops = ops;
	made->engine = engine;
	made->tasks = ops->tasks;
	made->runner = engine;
	if (!ops->tasks) {
		ret = lw_pool_create(&made->pool, ops, engine, error);
		made->tasks = &lw_pool_tasks;
		made->runner = made->pool;
	}
	if (ret) {
		free(made);
		return ret;
	}
	*device = made;
	return 0;
}

static void log_device(const struct lwnpu_device *device, const char *name)
{
	struct lwnpu_device_info info;

	if (!lw_log_is_heard())
		return;
	lwnpu_device_describe(device, &info);
	lw_log(LWNPU_LOG_INFO, "device %s: %s", name, info.description);
}

LW_EXPORT int lwnpu_device_open(struct lwnpu_device **device, const char *name,
				struct lwnpu_error *error)
{
	const struct lw_engine_ops *ops;
	char path[LW_DRM_PATH_SIZE];
	const char *choice;
	void *engine;
	int ret;

	if (!name)
		name = default_name(path);
	ops = find_engine(name, &choice);
	if (!ops)
		return lw_fail(error, -ENODEV,
			       "no device \"%.64s\": expected ref, opencl, opencl:CHOICE or a path",
			       name);
	ret = ops->open(&engine, choice, error);
	if (ret)
		return ret;
	ret = lw_device_create(device, ops, engine, error);
	if (ret) {
		ops->close(engine);
		return ret;
	}
	log_device(*device, name);
	return 0;
}

LW_EXPORT void lwnpu_device_close(struct lwnpu_device *device)
{
	if (!device)
		return;
	lw_pool_destroy(device->pool);
	device->ops->close(device->engine);
	free(device);
}

LW_EXPORT void lwnpu_device_describe(const struct lwnpu_device *device,
				     struct lwnpu_device_info *info)
{
	memset(info, 0, sizeof(*info));
	device->ops->describe(device->engine, info);
}

LW_EXPORT int lwnpu_memory_alloc(void **data, struct lwnpu_device *device,
				 size_t size, struct lwnpu_error *error)
{
	void *made = device->ops->alloc(device->engine, size);

	if (!made)
		return lw_fail(error, -errno, "no memory of %zu bytes: %s",
			       size, strerror(errno));
	*data = made;
	return 0;
}

LW_EXPORT void lwnpu_memory_free(struct lwnpu_device *device, void *data)
{
	if (data)
		device->ops->free(device->engine, data);
}
