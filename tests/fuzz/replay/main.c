// SPDX-License-Identifier: MIT
/*
 * TARGET FILE|FOLDER...: hands each file to the target, in an allocation of
 * just its size, without a fuzzer.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../target.h"
#include "file.h"

#define MAX_FILE (1u << 20)

static unsigned int replayed;

static int replay_file(const char *path)
{
	struct lwnpu_error error;
	size_t size;
	void *data;

	if (lw_file_read(path, MAX_FILE, &data, &size, &error)) {
		fprintf(stderr, "%s\n", error.message);
		return 1;
	}
	fprintf(stderr, "%s\n", path);
	data = realloc(data, size ? size : 1);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	replayed++;
	return 0;
}

static int replay(const char *path)
{
	DIR *folder = opendir(path);
	const struct dirent *entry;
	char name[4096];
	int ret = 0;

	if (!folder)
		return replay_file(path);
	while (!ret && (entry = readdir(folder))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		ret = replay_file(name);
	}
	closedir(folder);
	return ret;
}

int main(int argc, char **argv)
{
	int i, ret = 0;

	for (i = 1; i < argc && !ret; i++)
		ret = replay(argv[i]);
	printf("%u files replayed\n", replayed);
	return ret || !replayed;
}
