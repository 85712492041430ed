// SPDX-License-Identifier: MIT
/*
 * Runs a packed classifier on an image and prints the best classes.
 *
 *   cc classify.c $(pkg-config --cflags --libs lwnpu) -o classify
 *   ./classify model.lwm image.ppm [DEVICE]
 *
 * The image is a binary PPM or PGM file of any size: "P6 WIDTH HEIGHT 255\n"
 * and RGB bytes, or "P5" and gray ones.
 */
#include <stdio.h>
#include <stdlib.h>

#include <lwnpu.h>

#define TOP 5

/* The caller frees image->data, also after a failure. */
static int read_image(const char *path, struct lwnpu_image *image)
{
	unsigned int width, height;
	FILE *file = fopen(path, "rb");
	uint8_t *data = NULL;
	int ret = -1;
	char kind;

	if (!file) {
		perror(path);
		return -1;
	}
	if (fscanf(file, "P%c %u %u 255", &kind, &width, &height) == 3 &&
	    (kind == '5' || kind == '6') && fgetc(file) != EOF &&
	    width && width < 32768 && height && height < 32768) {
		image->width = width;
		image->height = height;
		image->channels = kind == '6' ? 3 : 1;
		image->stride = (size_t)width * image->channels;
		data = malloc(image->stride * height);
		if (data && fread(data, image->stride, height, file) == height)
			ret = 0;
	}
	fclose(file);
	image->data = data;
	if (ret)
		fprintf(stderr, "%s: expected a PPM or PGM image\n", path);
	return ret;
}

static void print_best(float *scores, size_t n)
{
	for (int rank = 0; rank < TOP && (size_t)rank < n; rank++) {
		size_t best = 0;

		for (size_t i = 1; i < n; i++)
			if (scores[i] > scores[best])
				best = i;
		printf("class %zu, score %g\n", best, scores[best]);
		scores[best] = -1e30f;
	}
}

static int classify(struct lwnpu_model *model, const struct lwnpu_image *image)
{
	struct lwnpu_buffer input = { .type = LWNPU_QUANT };
	struct lwnpu_buffer output = { .type = LWNPU_F32 };
	struct lwnpu_tensor_info in, out;
	struct lwnpu_error error;
	size_t classes;
	int ret;

	lwnpu_model_input(model, 0, &in);
	lwnpu_model_output(model, 0, &out);
	classes = (size_t)out.height * out.width * out.channels;
	input.size = (size_t)in.height * in.width * in.channels;
	input.data = malloc(input.size);
	output.size = classes * sizeof(float);
	output.data = malloc(output.size);
	if (!input.data || !output.data) {
		perror("malloc");
		ret = -1;
	} else {
		ret = lwnpu_model_preprocess(model, 0, image, &input, &error);
		if (!ret)
			ret = lwnpu_model_run(model, &input, &output, &error);
		if (ret)
			fprintf(stderr, "%s\n", error.message);
		else
			print_best(output.data, classes);
	}
	free(input.data);
	free(output.data);
	return ret;
}

int main(int argc, char **argv)
{
	struct lwnpu_device *device = NULL;
	struct lwnpu_model *model = NULL;
	struct lwnpu_image image = { 0 };
	struct lwnpu_error error;
	int ret;

	if (argc < 3) {
		fprintf(stderr, "usage: %s MODEL.lwm IMAGE.ppm [DEVICE]\n",
			argv[0]);
		return 2;
	}
	if (lwnpu_device_open(&device, argc > 3 ? argv[3] : NULL, &error) ||
	    lwnpu_model_load_file(&model, device, argv[1], &error)) {
		fprintf(stderr, "%s\n", error.message);
		ret = -1;
	} else {
		ret = read_image(argv[2], &image);
		if (!ret)
			ret = classify(model, &image);
	}
	free((void *)image.data);
	lwnpu_model_free(model);
	lwnpu_device_close(device);
	return ret ? 1 : 0;
}
