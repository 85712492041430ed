// SPDX-License-Identifier: MIT
/* Which processes use lwnpu devices, and how much. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lwctl.h"
#include "usage.h"

/* Longer than any fdinfo of a device node. */
#define TEXT_SIZE 4096

/**
 * struct scan - a process being looked at
 * @usage: what is known of it
 * @clients: numbers of its open files, usage->clients of them
 * @room: for clients
 */
struct scan {
	struct lw_usage usage;
	uint64_t *clients;
	size_t room;
};

/* Returns the length, without a newline at the end, or a negative value. */
static ssize_t read_text(int folder, const char *name, char *text, size_t size)
{
	int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = read(fd, text, size - 1);
	close(fd);
	if (n < 0)
		return -1;
	if (n && text[n - 1] == '\n')
		n--;
	text[n] = 0;
	return n;
}

/* Descriptors that were duplicated, or inherited twice, count once. */
static int add_client(struct scan *scan, const struct lw_fdinfo *info)
{
	struct lw_usage *usage = &scan->usage;
	uint64_t *clients;

	for (unsigned int i = 0; i < usage->clients; i++)
		if (scan->clients[i] == info->client)
			return 0;
	if (usage->clients == scan->room) {
		scan->room = 2 * scan->room + 4;
		clients = realloc(scan->clients,
				  scan->room * sizeof(*clients));
		if (!clients)
			return -ENOMEM;
		scan->clients = clients;
	}
	scan->clients[usage->clients++] = info->client;
	usage->sum.engine_ns += info->engine_ns;
	usage->sum.jobs += info->jobs;
	usage->sum.memory += info->memory;
	usage->sum.resident += info->resident;
	return 0;
}

/* Most descriptors are no devices, and need not be asked. */
static bool is_device(int process, const char *number)
{
	char name[32], target[16];
	ssize_t length;

	snprintf(name, sizeof(name), "fd/%.20s", number);
	length = readlinkat(process, name, target, sizeof(target));
	return length > 5 && !memcmp(target, "/dev/", 5);
}

static int scan_files(struct scan *scan, int process)
{
	int fd = openat(process, "fdinfo", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const struct dirent *entry;
	struct lw_fdinfo info;
	char text[TEXT_SIZE];
	DIR *folder;
	int ret = 0;

	if (fd < 0)
		return 0;
	folder = fdopendir(fd);
	if (!folder) {
		close(fd);
		return -ENOMEM;
	}
	while (!ret && (entry = readdir(folder)))
		if (is_device(process, entry->d_name) &&
		    read_text(fd, entry->d_name, text, sizeof(text)) >= 0 &&
		    lw_fdinfo_parse(text, &info))
			ret = add_client(scan, &info);
	closedir(folder);
	return ret;
}

static int append(struct lw_usages *usages, const struct lw_usage *usage)
{
	struct lw_usage *process;

	process = realloc(usages->process, (usages->n + 1) * sizeof(*process));
	if (!process)
		return -ENOMEM;
	usages->process = process;
	process[usages->n++] = *usage;
	return 0;
}

/* A process that ends meanwhile is none. */
static int scan_process(struct lw_usages *usages, int proc, const char *name)
{
	struct scan scan = { .usage = { .pid = atoi(name), .busy = -1 } };
	int process = openat(proc, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int ret;

	if (process < 0)
		return 0;
	ret = scan_files(&scan, process);
	if (!ret && scan.usage.clients) {
		if (read_text(process, "comm", scan.usage.command,
			      sizeof(scan.usage.command)) <= 0)
			strcpy(scan.usage.command, "?");
		ret = append(usages, &scan.usage);
	}
	free(scan.clients);
	close(process);
	return ret;
}

int lw_usage_scan(struct lw_usages *usages, const char *proc,
		  struct lwnpu_error *error)
{
	struct lw_usages found = { .seconds = lw_seconds() };
	const struct dirent *entry;
	DIR *folder = opendir(proc);
	int ret = 0;

	if (!folder)
		return lw_fail(error, -errno, "%s: %s", proc, strerror(errno));
	while (!ret && (entry = readdir(folder)))
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
			ret = scan_process(&found, dirfd(folder),
					   entry->d_name);
	closedir(folder);
	if (ret) {
		free(found.process);
		return lw_fail(error, ret, "out of memory for %zu processes",
			       found.n + 1);
	}
	*usages = found;
	return 0;
}

void lw_usage_compare(struct lw_usages *now, const struct lw_usages *before)
{
	double seconds = now->seconds - before->seconds;

	for (size_t i = 0; i < now->n; i++) {
		struct lw_usage *usage = &now->process[i];
		const struct lw_usage *old = before->process;
		const struct lw_usage *end = old + before->n;
		double spent;

		while (old < end && old->pid != usage->pid)
			old++;
		if (old == end || seconds <= 0)
			continue;
		/* Less than before: nodes were closed. */
		spent = ((double)usage->sum.engine_ns - old->sum.engine_ns) *
			1e-9;
		usage->busy = spent > 0 ? spent / seconds : 0;
	}
}

static int by_use(const void *a, const void *b)
{
	const struct lw_usage *x = a, *y = b;

	if (x->busy != y->busy)
		return x->busy < y->busy ? 1 : -1;
	if (x->sum.engine_ns != y->sum.engine_ns)
		return x->sum.engine_ns < y->sum.engine_ns ? 1 : -1;
	return x->pid - y->pid;
}

void lw_usage_sort(struct lw_usages *usages)
{
	if (usages->n)
		qsort(usages->process, usages->n, sizeof(*usages->process),
		      by_use);
}
