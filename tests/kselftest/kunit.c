// SPDX-License-Identifier: MIT
/*
 * Runs the driver's KUnit tests again, where the kernel has them, and prints
 * what they say, one line a test.
 */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common.h"

#define KUNIT "/sys/kernel/debug/kunit"
#define PREFIX "lwnpu"

/* Results that are further in are those of a test's parameters. */
static const char *strip(const char *line)
{
	if (strncmp(line, "    ", 4) || line[4] == ' ')
		return NULL;
	line += 4;
	return strncmp(line, "ok ", 3) && strncmp(line, "not ok ", 7) ? NULL :
	       line;
}

static void print_results(const char *suite, unsigned int *n,
			  unsigned int *failed)
{
	char path[512], line[512];
	const char *result;
	FILE *file;

	snprintf(path, sizeof(path), KUNIT "/%s/results", suite);
	file = fopen(path, "re");
	if (!file)
		fail(path);
	while (fgets(line, sizeof(line), file)) {
		result = strip(line);
		if (!result) {
			printf("# %s", line);
			continue;
		}
		*failed += *result == 'n';
		printf("%sok %u %s.%s", *result == 'n' ? "not " : "", ++*n,
		       suite, strrchr(result, ' ') + 1);
	}
	fclose(file);
}

int main(void)
{
	unsigned int n = 0, failed = 0;
	DIR *folder = opendir(KUNIT);
	struct dirent *entry;
	char path[512];

	printf("TAP version 13\n");
	if (!folder) {
		printf("1..0 # SKIP no KUnit\n");
		return 4;
	}
	while ((entry = readdir(folder))) {
		if (strncmp(entry->d_name, PREFIX, strlen(PREFIX)))
			continue;
		snprintf(path, sizeof(path), KUNIT "/%s/run", entry->d_name);
		if (sysfs_write(path, "1"))
			fail(path);
		print_results(entry->d_name, &n, &failed);
	}
	closedir(folder);
	printf("1..%u\n", n);
	return failed || !n;
}
