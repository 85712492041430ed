// SPDX-License-Identifier: MIT
/* Faults that the kernel injects into calls of the thread that asks for them. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common.h"
#include "inject.h"

#define DEBUGFS "/sys/kernel/debug/"

static const char *const kinds[] = {
	"failslab", "fail_page_alloc", "fail_usercopy",
};

static void set_fault(const char *kind, const char *name, const char *value)
{
	char path[128];
	int error;

	snprintf(path, sizeof(path), DEBUGFS "%s/%s", kind, name);
	error = sysfs_write(path, value);
	if (error) {
		errno = -error;
		fail(path);
	}
}

/* Where a function of the kernel begins, and where the next one does. */
static void find_function(const char *name, uint64_t *begin, uint64_t *end)
{
	FILE *symbols = fopen("/proc/kallsyms", "re");
	char symbol[256];
	uint64_t address;

	*begin = 0;
	*end = UINT64_MAX;
	while (symbols && fscanf(symbols, "%" SCNx64 " %*c %255s%*[^\n]",
				 &address, symbol) == 2)
		if (!strcmp(symbol, name))
			*begin = address;
	if (!*begin)
		fail(name);
	rewind(symbols);
	while (fscanf(symbols, "%" SCNx64 " %*c %255s%*[^\n]", &address,
		      symbol) == 2)
		if (address > *begin && address < *end)
			*end = address;
	fclose(symbols);
}

/*
 * drm_minor_alloc() of Linux 6.12 gives back a pointer that it never got if
 * this function fails, so nothing fails in there.
 */
static void spare_core(void)
{
	uint64_t begin, end;
	char text[32];
	size_t i;

	find_function("drm_sysfs_minor_alloc", &begin, &end);
	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		snprintf(text, sizeof(text), "%#" PRIx64, begin);
		set_fault(kinds[i], "reject-start", text);
		snprintf(text, sizeof(text), "%#" PRIx64, end);
		set_fault(kinds[i], "reject-end", text);
	}
}

/* All allocations of a task may fail, if it asks for that. */
static void set_up(void)
{
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		set_fault(kinds[i], "verbose", "0");
	set_fault("failslab", "ignore-gfp-wait", "N");
	set_fault("fail_page_alloc", "ignore-gfp-wait", "N");
	set_fault("fail_page_alloc", "ignore-gfp-highmem", "N");
	set_fault("fail_page_alloc", "min-order", "0");
	spare_core();
}

int inject_open(void)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%ld/fail-nth",
		 syscall(SYS_gettid));
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd >= 0)
		set_up();
	return fd;
}

/* Asking for no fault any more may be what the last one hits. */
void inject_after(int fd, unsigned int n)
{
	char text[16];
	ssize_t done;

	snprintf(text, sizeof(text), "%u", n);
	do {
		done = pwrite(fd, text, strlen(text), 0);
	} while (done < 0 && errno == EFAULT && !n);
	if (done < 0)
		fail("fail-nth");
}

bool inject_done(int fd)
{
	char text[16] = "1";

	if (pread(fd, text, sizeof(text) - 1, 0) < 0 && errno != EFAULT)
		fail("fail-nth");
	inject_after(fd, 0);
	return !atoi(text);
}
