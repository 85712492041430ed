// SPDX-License-Identifier: MIT
/* lwctl devices: what there is to run on. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lwctl.h"

static int list(struct lwnpu_device_info **devices, int *n,
		struct lwnpu_error *error)
{
	int found = lwnpu_device_list(NULL, 0);

	if (found < 0)
		return lw_fail(error, found, "devices cannot be listed: %s",
			       strerror(-found));
	*devices = calloc(found ? found : 1, sizeof(**devices));
	if (!*devices)
		return lw_fail(error, -ENOMEM, "out of memory for devices");
	*n = lwnpu_device_list(*devices, found);
	if (*n < 0 || *n > found)
		*n = found;
	return 0;
}

static int print_json(const struct lwnpu_device_info *devices, int n)
{
	json_t *array = json_array();

	for (int i = 0; i < n; i++)
		lwctl_json_append(
			array,
			json_pack("{s:o, s:o, s:o}", "name",
				  lwctl_json_string(devices[i].name), "engine",
				  lwctl_json_string(devices[i].engine),
				  "description",
				  lwctl_json_string(devices[i].description)));
	return lwctl_print_json(json_pack("{s:o}", "devices", array));
}

static int print_text(const struct lwnpu_device_info *devices, int n)
{
	int width = 0, length;

	for (int i = 0; i < n; i++) {
		length = strlen(devices[i].name);
		if (length > width)
			width = length;
	}
	for (int i = 0; i < n; i++) {
		printf("%-*s  ", width, devices[i].name);
		lwctl_print_name(devices[i].description);
		printf("\n");
	}
	return LWCTL_OK;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	(void)state;
	if (key == ARGP_KEY_ARG)
		return lwctl_usage("devices: \"%s\", expected no argument",
				   arg);
	return ARGP_ERR_UNKNOWN;
}

static int run(int argc, char **argv)
{
	struct lwnpu_device_info *devices;
	struct lwnpu_error error;
	int n = 0, status;

	status = lwctl_parse(&lwctl_devices, argc, argv, NULL);
	if (status)
		return status;
	if (list(&devices, &n, &error))
		return lwctl_fail(LWCTL_FAILED, &error);
	status = lwctl_json() ? print_json(devices, n) :
				print_text(devices, n);
	free(devices);
	return status;
}

static const struct argp argp = { .parser = parse, .doc = "List devices." };

const struct lwctl_command lwctl_devices = {
	.name = "devices",
	.text = "list devices",
	.argp = &argp,
	.run = run,
};
