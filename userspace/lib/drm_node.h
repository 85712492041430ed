/* SPDX-License-Identifier: MIT */
/* Device nodes: which there are, and whether one speaks our language. */
#ifndef LW_DRM_NODE_H
#define LW_DRM_NODE_H

#include "error.h"

#define LW_DRM_PATH_SIZE 64
#define LW_DRM_MAX_NODES 256

/**
 * struct lw_drm_version - a node's driver
 * @major: of its interface
 * @minor: of its interface
 */
struct lw_drm_version {
	int major;
	int minor;
};

/**
 * lw_drm_node_open() - open a node of the lwnpu driver
 * @path: the node
 * @version: filled in
 * @error: filled in on failure, may be NULL
 *
 * Return: a file descriptor; -ENODEV there is none, or of another driver;
 * -EACCES; -EOPNOTSUPP the driver's version is not one that we know; others
 * of open().
 */
int lw_drm_node_open(const char *path, struct lw_drm_version *version,
		     struct lwnpu_error *error);

/**
 * lw_drm_node_default() - the node to use where none is named
 * @path: gets /dev/lwnpu if that is there, else the first accel node of the
 *	lwnpu driver that can be opened
 * @size: of @path, at least LW_DRM_PATH_SIZE
 *
 * Return: whether there is one.
 */
bool lw_drm_node_default(char *path, size_t size);

/**
 * lw_drm_node_list() - accel nodes of the lwnpu driver that can be opened
 * @info: gets up to @max entries
 * @max: room in @info
 *
 * Return: how many there are.
 */
int lw_drm_node_list(struct lwnpu_device_info *info, unsigned int max);

/**
 * lw_drm_node_describe() - a node for people
 * @fd: the node
 * @path: its name
 * @version: of its driver
 * @info: filled in
 */
void lw_drm_node_describe(int fd, const char *path,
			  const struct lw_drm_version *version,
			  struct lwnpu_device_info *info);

#endif /* LW_DRM_NODE_H */
