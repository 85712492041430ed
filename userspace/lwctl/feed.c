// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>

#include "feed.h"
#include "file.h"
#include "lwctl.h"
#include "model.h"

/* "a", "b" and "c" */
static void list_names(const struct lwm_io *ios, uint32_t n, char *text,
		       size_t size)
{
	size_t at = 0;

	text[0] = 0;
	for (uint32_t i = 0; i < n && at < size; i++)
		at += snprintf(text + at, size - at, "%s\"%s\"",
			       i ? i + 1 < n ? ", " : " and " : "",
			       ios[i].name);
}

const char *lw_port_find(const struct lwm_io *ios, uint32_t n,
			 const char *what, const char *text, uint32_t *unnamed,
			 uint32_t *index, struct lwnpu_error *error)
{
	char names[256];

	for (*index = 0; *index < n; (*index)++) {
		size_t length = strlen(ios[*index].name);

		if (!strncmp(text, ios[*index].name, length) &&
		    text[length] == '=')
			return text + length + 1;
	}
	*index = (*unnamed)++;
	if (*index < n)
		return text;
	list_names(ios, n, names, sizeof(names));
	lw_fail(error, -EINVAL,
		"%s: the model has the %ss %s, expected a file for each or NAME=FILE",
		text, what, names);
	return NULL;
}

bool lw_port_has_file(const char *text, const char *path)
{
	const char *equals = strchr(text, '=');

	return lw_file_is_same(text, path) ||
	       (equals && lw_file_is_same(equals + 1, path));
}

static int add(struct lw_feed *feed, const char *text,
	       struct lwnpu_error *error)
{
	uint32_t one = 0, index;
	const char *path;

	/* All files are for the input of a model with one. */
	path = lw_port_find(feed->inputs, feed->n, "input", text,
			    feed->n == 1 ? &one : &feed->unnamed, &index,
			    error);
	return path ? lw_samples_add(feed->samples[index], path, error) :
		      -EINVAL;
}

static int check_counts(const struct lw_feed *feed, struct lwnpu_error *error)
{
	size_t first = lw_samples_count(feed->samples[0]), n;

	for (uint32_t i = 0; i < feed->n; i++) {
		n = lw_samples_count(feed->samples[i]);
		if (!n)
			return lw_fail(error, -EINVAL,
				       "input \"%s\" is given nothing",
				       feed->inputs[i].name);
		if (n != first)
			return lw_fail(error, -EINVAL,
				       "input \"%s\" is given %zu samples, input \"%s\" %zu",
				       feed->inputs[0].name, first,
				       feed->inputs[i].name, n);
	}
	return 0;
}

int lw_feed_open(struct lw_feed *feed, const struct lwm_io *inputs, uint32_t n,
		 const char *const *files, size_t n_files,
		 struct lwnpu_error *error)
{
	int ret = 0;

	*feed = (struct lw_feed){ .n = n, .inputs = inputs };
	feed->samples = calloc(n, sizeof(*feed->samples));
	feed->buffers = calloc(n, sizeof(*feed->buffers));
	if (!feed->samples || !feed->buffers)
		return lw_fail(error, -ENOMEM, "out of memory for inputs");
	for (uint32_t i = 0; i < n && !ret; i++)
		ret = lw_samples_new(&feed->samples[i], &inputs[i], error);
	for (size_t i = 0; i < n_files && !ret; i++)
		ret = add(feed, files[i], error);
	return ret ? ret : check_counts(feed, error);
}

void lw_feed_release(struct lw_feed *feed)
{
	for (uint32_t i = 0; feed->samples && i < feed->n; i++)
		lw_samples_free(feed->samples[i]);
	free(feed->samples);
	free(feed->buffers);
	*feed = (struct lw_feed){ 0 };
}

size_t lw_feed_count(const struct lw_feed *feed)
{
	return feed->n ? lw_samples_count(feed->samples[0]) : 0;
}

void lw_feed_name(const struct lw_feed *feed, size_t i, char *name,
		  size_t size)
{
	lw_samples_name(feed->samples[0], i, name, size);
}

bool lw_feed_has_bytes(const struct lw_feed *feed)
{
	for (uint32_t i = 0; i < feed->n; i++)
		if (lw_samples_has_bytes(feed->samples[i]))
			return true;
	return false;
}

void lw_feed_note_resized(const struct lw_feed *feed)
{
	for (uint32_t i = 0; i < feed->n; i++) {
		size_t n = lw_samples_resized(feed->samples[i]);

		if (n)
			lwctl_note("%zu image%s resized to %u x %u", n,
				   n == 1 ? "" : "s", feed->inputs[i].w,
				   feed->inputs[i].h);
	}
}

int lw_feed_read(struct lw_feed *feed, size_t i, struct lwnpu_error *error)
{
	struct lw_sample sample;
	int ret = 0;

	for (uint32_t k = 0; k < feed->n && !ret; k++) {
		ret = lw_samples_read(feed->samples[k], i, &sample, error);
		feed->buffers[k] = (struct lwnpu_buffer){
			sample.data, sample.size, sample.type
		};
	}
	return ret;
}

size_t lw_feed_size(const struct lw_feed *feed)
{
	size_t size = 0;

	for (uint32_t i = 0; i < feed->n; i++)
		size += lw_io_elements(&feed->inputs[i]);
	return size;
}

int lw_feed_read_real(struct lw_feed *feed, size_t i, float *sample,
		      struct lwnpu_error *error)
{
	int ret = 0;

	for (uint32_t k = 0; k < feed->n && !ret; k++) {
		ret = lw_samples_read_real(feed->samples[k], i, sample, error);
		sample += lw_io_elements(&feed->inputs[k]);
	}
	return ret;
}

int lw_feed_dataset(struct lw_feed *feed, struct lw_dataset *dataset,
		    struct lwnpu_error *error)
{
	size_t n = lw_feed_count(feed), size = lw_feed_size(feed), count;
	float *data;
	int ret = 0;

	if (n > UINT32_MAX || lw_mul(n, size, &count) ||
	    !(data = calloc(count, sizeof(*data))))
		return lw_fail(error, -ENOMEM, "out of memory for %zu inputs",
			       n);
	for (size_t i = 0; i < n && !ret; i++)
		ret = lw_feed_read_real(feed, i, data + i * size, error);
	if (ret) {
		free(data);
		return ret;
	}
	*dataset = (struct lw_dataset){ n, size, data };
	return 0;
}
