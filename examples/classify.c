// SPDX-License-Identifier: MIT
/*
 * Runs a packed classifier on one input and prints the best class.
 *
 *   cc classify.c $(pkg-config --cflags --libs lwnpu) -o classify
 *   ./classify model.lwm input.bin [DEVICE]
 *
 * input.bin holds the model's quantised input: [height][width][channels] bytes.
 */
#include <stdio.h>
#include <stdlib.h>

#include <lwnpu.h>

static size_t elements(const struct lwnpu_tensor_info *info)
{
	return (size_t)info->height * info->width * info->channels;
}

static int read_input(const char *path, void *data, size_t size)
{
	FILE *file = fopen(path, "rb");
	size_t n;

	if (!file) {
		perror(path);
		return -1;
	}
	n = fread(data, 1, size, file);
	fclose(file);
	if (n != size) {
		fprintf(stderr, "%s: expected %zu bytes\n", path, size);
		return -1;
	}
	return 0;
}

static int classify(struct lwnpu_model *model, const char *path,
		    struct lwnpu_error *error)
{
	struct lwnpu_tensor_info in, out;
	struct lwnpu_buffer input, output;
	float *scores;
	size_t best = 0;
	int ret = -1;

	lwnpu_model_input(model, 0, &in);
	lwnpu_model_output(model, 0, &out);
	input.type = LWNPU_QUANT;
	input.size = elements(&in);
	input.data = malloc(input.size);
	output.type = LWNPU_F32;
	output.size = elements(&out) * sizeof(float);
	output.data = scores = malloc(output.size);
	if (!input.data || !output.data) {
		perror("malloc");
	} else if (!read_input(path, input.data, input.size)) {
		ret = lwnpu_model_run(model, &input, &output, error);
		if (ret)
			fprintf(stderr, "%s\n", error->message);
	}
	if (!ret) {
		for (size_t i = 1; i < elements(&out); i++)
			if (scores[i] > scores[best])
				best = i;
		printf("class %zu, score %g\n", best, scores[best]);
	}
	free(input.data);
	free(output.data);
	return ret;
}

int main(int argc, char **argv)
{
	struct lwnpu_device *device = NULL;
	struct lwnpu_model *model = NULL;
	struct lwnpu_error error;
	int ret;

	if (argc < 3) {
		fprintf(stderr, "usage: %s MODEL.lwm INPUT.bin [DEVICE]\n",
			argv[0]);
		return 2;
	}
	if (lwnpu_device_open(&device, argc > 3 ? argv[3] : NULL, &error) ||
	    lwnpu_model_load_file(&model, device, argv[1], &error)) {
		fprintf(stderr, "%s\n", error.message);
		ret = -1;
	} else {
		ret = classify(model, argv[2], &error);
	}
	lwnpu_model_free(model);
	lwnpu_device_close(device);
	return ret ? 1 : 0;
}
