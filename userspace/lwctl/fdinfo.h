/* SPDX-License-Identifier: MIT */
/* What /proc/PID/fdinfo says of an open device node. */
#ifndef LW_FDINFO_H
#define LW_FDINFO_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct lw_fdinfo - an open file of the lwnpu driver
 * @client: its number: the same for descriptors of one open file
 * @engine_ns: time that its jobs took on the engine
 * @jobs: complete
 * @memory: bytes of buffers and programs
 * @resident: of these, bytes that are in memory
 */
struct lw_fdinfo {
	uint64_t client;
	uint64_t engine_ns;
	uint64_t jobs;
	uint64_t memory;
	uint64_t resident;
};

/**
 * lw_fdinfo_parse() - read the text of a file in fdinfo
 * @text: "KEY:\tVALUE" lines, see drm-usage-stats in the kernel's documentation
 * @info: filled in on success; what is not said, or not understood, is zero
 *
 * Return: whether the file is of the lwnpu driver.
 */
bool lw_fdinfo_parse(const char *text, struct lw_fdinfo *info);

#endif /* LW_FDINFO_H */
