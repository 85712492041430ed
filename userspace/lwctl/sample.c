// SPDX-License-Identifier: MIT
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "file.h"
#include "image.h"
#include "model.h"
#include "sample_list.h"

#define MAX_FILE ((size_t)1 << 31)

int lw_samples_new(struct lw_samples **samples, const struct lwm_io *io,
		   struct lwnpu_error *error)
{
	struct lw_samples *made = calloc(1, sizeof(*made));

	if (!made)
		return lw_fail(error, -ENOMEM, "out of memory for inputs");
	made->io = io;
	made->elements = lw_io_elements(io);
	made->bytes = malloc(made->elements);
	made->real = calloc(made->elements, sizeof(*made->real));
	if (!made->bytes || !made->real) {
		lw_samples_free(made);
		return lw_fail(error, -ENOMEM, "out of memory for inputs");
	}
	*samples = made;
	return 0;
}

void lw_samples_free(struct lw_samples *samples)
{
	if (!samples)
		return;
	for (size_t i = 0; i < samples->n_sources; i++) {
		free(samples->sources[i].path);
		lw_npy_release(&samples->sources[i].array);
	}
	free(samples->sources);
	free(samples->items);
	free(samples->bytes);
	free(samples->real);
	free(samples);
}

size_t lw_samples_count(const struct lw_samples *samples)
{
	return samples->n_items;
}

size_t lw_samples_resized(const struct lw_samples *samples)
{
	return samples->n_resized;
}

bool lw_samples_has_bytes(const struct lw_samples *samples)
{
	for (size_t i = 0; i < samples->n_sources; i++)
		if (!lw_source_is_array(&samples->sources[i]) ||
		    lw_npy_is_integer(&samples->sources[i].array))
			return true;
	return false;
}

void lw_samples_name(const struct lw_samples *samples, size_t i, char *name,
		     size_t size)
{
	const struct lw_sample_item *item = &samples->items[i];
	const struct lw_source *source = &samples->sources[item->source];

	if (lw_source_is_array(source))
		snprintf(name, size, "%s[%zu]", source->path, item->index);
	else
		snprintf(name, size, "%s", source->path);
}

/* Appends @count inputs of a new source, whose array is then owned here. */
static int append(struct lw_samples *samples, const char *path,
		  const struct lw_npy *array, bool own, size_t count,
		  struct lwnpu_error *error)
{
	struct lw_source *sources;
	struct lw_sample_item *items;
	char *copy;

	sources = reallocarray(samples->sources, samples->n_sources + 1,
			       sizeof(*sources));
	if (sources)
		samples->sources = sources;
	items = reallocarray(samples->items, samples->n_items + count,
			     sizeof(*items));
	if (items)
		samples->items = items;
	copy = strdup(path);
	if (!sources || !items || !copy) {
		free(copy);
		return lw_fail(error, -ENOMEM, "out of memory for %s", path);
	}
	for (size_t i = 0; i < count; i++)
		items[samples->n_items++] =
			(struct lw_sample_item){ samples->n_sources, i };
	sources[samples->n_sources++] = (struct lw_source){
		copy, array ? *array : (struct lw_npy){ 0 }, own
	};
	return 0;
}

uint32_t lw_io_shape(const struct lwm_io *io, size_t dims[LWM_MAX_DIMS])
{
	uint32_t batch = io->n_dims > 1 && io->dims[0] == 1;

	for (uint32_t i = batch; i < io->n_dims; i++)
		dims[i - batch] = io->dims[i];
	return io->n_dims - batch;
}

/* The shape is [dims…], one input, or [count][dims…]. */
static bool match_shape(const struct lw_npy *array, const size_t *dims,
			uint32_t n_dims, size_t *count)
{
	uint32_t skip = array->n_dims - n_dims;

	if (array->n_dims < n_dims || skip > 1)
		return false;
	for (uint32_t i = 0; i < n_dims; i++)
		if (array->dims[skip + i] != dims[i])
			return false;
	*count = skip ? array->dims[0] : 1;
	return true;
}

static int bad_shape(const struct lw_npy *array, const size_t *own,
		     uint32_t n_own, const size_t *image,
		     struct lwnpu_error *error)
{
	char texts[3][256];

	lw_npy_shape(array->dims, array->n_dims, texts[0], sizeof(texts[0]));
	lw_npy_shape(own, n_own, texts[1], sizeof(texts[1]));
	lw_npy_shape(image, 3, texts[2], sizeof(texts[2]));
	return lw_fail(error, -EINVAL,
		       "shape %s, expected %s or %s, with or without an axis for several inputs before",
		       texts[0], texts[1], texts[2]);
}

static int check_type(const struct lw_samples *samples,
		      const struct lw_npy *array, struct lwnpu_error *error)
{
	const struct lwm_io *io = samples->io;
	bool is_signed = io->is_signed && !io->norm_channels;

	if (array->kind == 'f' ||
	    (lw_npy_is_byte(array) && array->kind == (is_signed ? 'i' : 'u')))
		return 0;
	return lw_fail(error, -EINVAL,
		       "elements are %s, expected real numbers, or %s (%s)",
		       lw_npy_type_name(array), is_signed ? "int8" : "uint8",
		       io->norm_channels ? "an image" :
					   "the model's quantised input");
}

/*
 * The model's own shape comes before [h][w][c] where both fit, but for images,
 * whose bytes are [h][w][c] everywhere.
 */
static int add_array(struct lw_samples *samples, const char *path,
		     const struct lw_npy *array, struct lwnpu_error *error)
{
	const struct lwm_io *io = samples->io;
	const size_t nhwc[] = { io->h, io->w, io->c };
	size_t shape[LWM_MAX_DIMS], count = 0;
	uint32_t n_dims = lw_io_shape(io, shape);
	bool own, image;
	int ret;

	ret = check_type(samples, array, error);
	if (ret)
		return ret;
	own = n_dims && match_shape(array, shape, n_dims, &count);
	image = match_shape(array, nhwc, 3, &count);
	if (!own && !image)
		return bad_shape(array, shape, n_dims, nhwc, error);
	if (!count)
		return lw_fail(error, -EINVAL, "holds no input");
	if (image && lw_npy_is_byte(array) && io->norm_channels)
		own = false;
	return append(samples, path, array, own, count, error);
}

static int check_image_channels(const struct lw_samples *samples,
				struct lwnpu_error *error)
{
	if (samples->io->c == 1 || samples->io->c == 3)
		return 0;
	return lw_fail(error, -EINVAL,
		       "an image has 1 or 3 channels, the model's input has %u",
		       samples->io->c);
}

static int add_file(struct lw_samples *samples, const char *path,
		    struct lwnpu_error *error)
{
	struct lw_npy array;
	size_t size;
	void *file;
	int ret;

	ret = lw_file_read(path, MAX_FILE, &file, &size, error);
	if (ret)
		return ret;
	if (lw_image_is_known(file, size)) {
		free(file);
		ret = check_image_channels(samples, error);
		if (!ret)
			ret = append(samples, path, NULL, false, 1, error);
		return ret ? lw_fail_at(error, path) : 0;
	}
	ret = lw_npy_parse(&array, file, size, error);
	if (!ret)
		ret = add_array(samples, path, &array, error);
	if (ret) {
		free(file);
		return lw_fail_at(error, path);
	}
	return 0;
}

static int is_image_name(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return dot && dot != entry->d_name &&
	       (!strcasecmp(dot, ".png") || !strcasecmp(dot, ".jpg") ||
		!strcasecmp(dot, ".jpeg"));
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int add_entry(struct lw_samples *samples, const char *folder,
		     const char *name, struct lwnpu_error *error)
{
	size_t size = strlen(folder) + strlen(name) + 2;
	char *path = malloc(size);
	int ret;

	if (!path)
		return lw_fail(error, -ENOMEM, "out of memory for %s", folder);
	snprintf(path, size, "%s/%s", folder, name);
	ret = append(samples, path, NULL, false, 1, error);
	free(path);
	return ret;
}

static int add_folder(struct lw_samples *samples, const char *path,
		      struct lwnpu_error *error)
{
	struct dirent **entries;
	int n, ret;

	ret = check_image_channels(samples, error);
	if (ret)
		return lw_fail_at(error, path);
	n = scandir(path, &entries, is_image_name, by_name);
	if (n < 0)
		return lw_fail(error, -errno, "%s: cannot be listed: %s", path,
			       strerror(errno));
	if (!n)
		ret = lw_fail(error, -EINVAL,
			      "%s: has no images (.png, .jpg, .jpeg)", path);
	for (int i = 0; i < n && !ret; i++)
		ret = add_entry(samples, path, entries[i]->d_name, error);
	for (int i = 0; i < n; i++)
		free(entries[i]);
	free(entries);
	return ret;
}

int lw_samples_add(struct lw_samples *samples, const char *path,
		   struct lwnpu_error *error)
{
	struct stat st;

	if (!stat(path, &st) && S_ISDIR(st.st_mode))
		return add_folder(samples, path, error);
	return add_file(samples, path, error);
}
