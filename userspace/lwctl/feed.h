/* SPDX-License-Identifier: MIT */
/* What a model is given: samples for each of its inputs. */
#ifndef LW_FEED_H
#define LW_FEED_H

#include "sample.h"

/**
 * struct lw_feed - samples for all inputs of a model
 * @n: inputs
 * @inputs: the model's
 * @samples: [n]
 * @buffers: [n] room for a sample
 * @unnamed: files so far that were given without an input's name
 */
struct lw_feed {
	uint32_t n;
	const struct lwm_io *inputs;
	struct lw_samples **samples;
	struct lwnpu_buffer *buffers;
	uint32_t unnamed;
};

/**
 * lw_port_find() - which input or output a command line means
 * @ios: the model's
 * @n: how many
 * @what: "input" or "output", for messages
 * @text: NAME=FILE, or FILE
 * @unnamed: FILEs so far, counted up: of several inputs or outputs, each is
 *	for the next
 * @index: gets the input or output
 * @error: filled in on failure
 *
 * Return: FILE; NULL: there are more FILEs than inputs or outputs.
 */
const char *lw_port_find(const struct lwm_io *ios, uint32_t n,
			 const char *what, const char *text, uint32_t *unnamed,
			 uint32_t *index, struct lwnpu_error *error);

/** lw_port_has_file() - a NAME=FILE, or FILE, is the file of that path */
bool lw_port_has_file(const char *text, const char *path);

/**
 * lw_feed_open() - read the files of a command line
 * @feed: filled in; release with lw_feed_release() in any case
 * @inputs: the model's; must outlive the feed
 * @n: how many
 * @files: each FILE, or NAME=FILE, as lw_samples_add()
 * @n_files: how many
 * @error: filled in on failure
 *
 * Return: 0; -EINVAL if the files do not fit the inputs, or hold different
 * numbers of samples; the errors of lw_samples_add().
 */
int lw_feed_open(struct lw_feed *feed, const struct lwm_io *inputs, uint32_t n,
		 const char *const *files, size_t n_files,
		 struct lwnpu_error *error);

void lw_feed_release(struct lw_feed *feed);

/** lw_feed_count() - samples, of each input the same number */
size_t lw_feed_count(const struct lw_feed *feed);

/** lw_feed_name() - of a sample: its first input's */
void lw_feed_name(const struct lw_feed *feed, size_t i, char *name,
		  size_t size);

/** lw_feed_has_bytes() - some are 8-bit: arrays or images */
bool lw_feed_has_bytes(const struct lw_feed *feed);

/** lw_feed_note_resized() - tell people about images of another size */
void lw_feed_note_resized(const struct lw_feed *feed);

/** lw_feed_read() - sample @i for lwnpu_model_run(), until the next call */
int lw_feed_read(struct lw_feed *feed, size_t i, struct lwnpu_error *error);

/**
 * lw_feed_size() - numbers in a sample of all inputs
 */
size_t lw_feed_size(const struct lw_feed *feed);

/** lw_feed_read_real() - sample @i as a struct lw_dataset holds it */
int lw_feed_read_real(struct lw_feed *feed, size_t i, float *sample,
		      struct lwnpu_error *error);

/** lw_feed_dataset() - all samples; free the data */
int lw_feed_dataset(struct lw_feed *feed, struct lw_dataset *dataset,
		    struct lwnpu_error *error);

#endif /* LW_FEED_H */
