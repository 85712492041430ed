// SPDX-License-Identifier: MIT
/* Device nodes: which there are, and whether one speaks our language. */
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "drm_io.h"
#include "drm_node.h"
#include "lwnpu_drm.h"

#define DEFAULT_NODE "/dev/lwnpu"

static int refuse_path(const char *path, int code, struct lwnpu_error *error)
{
	switch (code) {
	case -ENOENT:
	case -ENXIO:
	case -ENODEV:
	case -ENOTDIR:
		return lw_fail(error, -ENODEV, "%s: no such device", path);
	case -EACCES:
	case -EPERM:
		return lw_fail(error, -EACCES,
			       "%s: permission denied: expected a member of its group",
			       path);
	default:
		return lw_fail(error, code, "%s: %s", path, strerror(-code));
	}
}

static bool is_driver(const drmVersion *version)
{
	static const char name[] = DRM_LWNPU_DRIVER_NAME;

	return version->name_len == (int)strlen(name) &&
	       !memcmp(version->name, name, strlen(name));
}

static int check_version(const char *path, const drmVersion *version,
			 struct lwnpu_error *error)
{
	if (!version)
		return lw_fail(error, -ENODEV,
			       "%s: no accel node, expected one of the driver "
			       DRM_LWNPU_DRIVER_NAME, path);
	if (!is_driver(version))
		return lw_fail(error, -ENODEV,
			       "%s: driver \"%.*s\", expected "
			       DRM_LWNPU_DRIVER_NAME, path,
			       version->name_len, version->name);
	if (version->version_major != DRM_LWNPU_VERSION_MAJOR ||
	    version->version_minor < DRM_LWNPU_VERSION_MINOR)
		return lw_fail(error, -EOPNOTSUPP,
			       "%s: driver version %d.%d, expected %d.%d or a later %d.x",
			       path, version->version_major,
			       version->version_minor, DRM_LWNPU_VERSION_MAJOR,
			       DRM_LWNPU_VERSION_MINOR,
			       DRM_LWNPU_VERSION_MAJOR);
	return 0;
}

int lw_drm_node_open(const char *path, struct lw_drm_version *version,
		     struct lwnpu_error *error)
{
	int fd = lw_drm_io->open(path);
	drmVersionPtr found;
	int ret;

	if (fd < 0)
		return refuse_path(path, -errno, error);
	found = lw_drm_io->get_version(fd);
	ret = check_version(path, found, error);
	if (found) {
		version->major = found->version_major;
		version->minor = found->version_minor;
		lw_drm_io->free_version(found);
	}
	if (!ret)
		return fd;
	lw_drm_io->close(fd);
	return ret;
}

/* Names may not fit; what is left out then is the end of a description. */
void lw_drm_node_describe(int fd, const char *path,
			  const struct lw_drm_version *version,
			  struct lwnpu_device_info *info)
{
	struct drm_lwnpu_get_engine engine;
	struct utsname system;

	memset(&engine, 0, sizeof(engine));
	if (lw_drm_call(fd, DRM_IOCTL_LWNPU_GET_ENGINE, &engine))
		strcpy((char *)engine.name, "unknown engine");
	if (uname(&system))
		strcpy(system.release, "?");
	memset(info, 0, sizeof(*info));
	snprintf(info->name, sizeof(info->name), "%s", path);
	snprintf(info->engine, sizeof(info->engine), DRM_LWNPU_DRIVER_NAME);
	snprintf(info->description, sizeof(info->description),
		 "%.*s%s%.*s, driver " DRM_LWNPU_DRIVER_NAME
		 " %d.%d, Linux %.64s",
		 DRM_LWNPU_NAME_SIZE, (char *)engine.name,
		 engine.description[0] ? ": " : "",
		 DRM_LWNPU_DESCRIPTION_SIZE, (char *)engine.description,
		 version->major, version->minor, system.release);
}

/* Opens the next of our nodes in @numbers, from @next on. */
static int next_node(const unsigned int *numbers, unsigned int n,
		     unsigned int *next, char *path, size_t size,
		     struct lw_drm_version *version)
{
	int fd = -ENODEV;

	while (*next < n && fd < 0) {
		snprintf(path, size, "/dev/accel/accel%u", numbers[*next]);
		++*next;
		fd = lw_drm_node_open(path, version, NULL);
	}
	return fd;
}

bool lw_drm_node_default(char *path, size_t size)
{
	unsigned int numbers[LW_DRM_MAX_NODES], n, next = 0;
	struct lw_drm_version version;
	int fd;

	snprintf(path, size, DEFAULT_NODE);
	if (lw_drm_io->exists(path))
		return true;
	n = lw_drm_io->list_nodes(numbers, LW_DRM_MAX_NODES);
	fd = next_node(numbers, n, &next, path, size, &version);
	if (fd < 0)
		return false;
	lw_drm_io->close(fd);
	return true;
}

int lw_drm_node_list(struct lwnpu_device_info *info, unsigned int max)
{
	unsigned int numbers[LW_DRM_MAX_NODES], n, next = 0, found = 0;
	char path[LW_DRM_PATH_SIZE];
	struct lw_drm_version version;
	int fd;

	n = lw_drm_io->list_nodes(numbers, LW_DRM_MAX_NODES);
	while ((fd = next_node(numbers, n, &next, path, sizeof(path),
			       &version)) >= 0) {
		if (found < max)
			lw_drm_node_describe(fd, path, &version, &info[found]);
		found++;
		lw_drm_io->close(fd);
	}
	return found;
}
