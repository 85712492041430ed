// SPDX-License-Identifier: MIT
/* lwm_golden FOLDER: writes the golden packages, good ones and bad ones. */
#include <stdio.h>
#include <stdlib.h>

#include "../common/lwm_samples.h"
#include "file.h"

static int write_good(const char *folder, const struct lwm_sample *sample,
		      struct lwnpu_error *error)
{
	struct lwm_package package;
	char path[4096];
	int ret;

	if (sample->make(&package))
		ret = lw_fail(error, -ENOMEM, "%s: no memory", sample->name);
	else {
		snprintf(path, sizeof(path), "%s/good-%s.lwm", folder,
			 sample->name);
		ret = lwm_write_file(&package, &sample->choice, path, error);
	}
	lwm_release(&package);
	return ret;
}

static int write_bad(const char *folder, unsigned int index,
		     struct lwnpu_error *error)
{
	char path[4096];
	const char *name;
	uint8_t *data;
	size_t size;
	int ret;

	name = lwm_bad(index, &data, &size);
	if (!name)
		return 1;
	snprintf(path, sizeof(path), "%s/bad-%s.lwm", folder, name);
	ret = lw_file_write(path, data, size, error);
	free(data);
	return ret;
}

int main(int argc, char **argv)
{
	const struct lwm_sample *sample;
	struct lwnpu_error error;
	unsigned int i;
	int ret = 0;

	if (argc != 2) {
		fprintf(stderr, "usage: lwm_golden FOLDER\n");
		return 2;
	}
	for (sample = lwm_samples; sample->name && !ret; sample++)
		ret = write_good(argv[1], sample, &error);
	for (i = 0; !ret; i++)
		ret = write_bad(argv[1], i, &error);
	if (ret < 0) {
		fprintf(stderr, "lwm_golden: %s\n", error.message);
		return 1;
	}
	return 0;
}
