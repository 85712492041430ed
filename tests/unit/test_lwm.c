// SPDX-License-Identifier: MIT
/* Packages: round trips, damage, bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../common/lwm_rig.h"
#include "file.h"

#define SEED 30
/* Far above what a small file may take, far below what one may claim. */
#define ENOUGH_MEMORY (256ul << 20)

static struct lwnpu_error error;

static void write_ok(struct lwm_package *package, unsigned int codings,
		     void **data, size_t *size)
{
	lwm_rig_write(package, SMALLEST(codings), data, size);
}

static void good_sample(const char *name, void **data, size_t *size)
{
	const struct lwm_sample *sample = lwm_samples;
	struct lwm_package package;

	while (strcmp(sample->name, name))
		sample++;
	assert_int_equal(sample->make(&package), 0);
	lwm_rig_write(&package, &sample->choice, data, size);
	lwm_release(&package);
}

static void round_trips(void **state)
{
	struct lwm_package made, read;
	struct lwm_choice choice;
	size_t size, again_size;
	void *data, *again;
	uint64_t i;

	(void)state;
	for (i = 0; i < 300; i++) {
		assert_int_equal(lwm_sample_random(&made, SEED + i), 0);
		choice = (struct lwm_choice){
			.codings = i % (1u << LWM_CODINGS),
			.profile = i % LWM_PROFILES,
			.slice_size = i % 5 ? 0 : 16 << i % 7,
		};
		lwm_rig_write(&made, &choice, &data, &size);
		lwm_rig_read(&read, data, size);
		lwm_rig_same(&made, &read);
		lwm_rig_same_codings(&made, &read);
		lwm_rig_write(&read, &choice, &again, &again_size);
		assert_int_equal(size, again_size);
		assert_memory_equal(data, again, size);
		lwm_release(&made);
		lwm_release(&read);
		free(data);
		free(again);
	}
}

/*
 * No segment is larger than with any one coding of a set, which lacks one in
 * turn; but for context, as that one may have learned from fewer blobs here.
 */
static void smallest_coding_wins(void **state)
{
	struct lwm_package package;
	uint32_t size[LWM_CODINGS][16], best, i, coding, used[LWM_CODINGS];
	unsigned int set;
	uint64_t trial;
	size_t n;
	void *data;

	(void)state;
	memset(used, 0, sizeof(used));
	for (trial = 0; trial < 50; trial++) {
		assert_int_equal(lwm_sample_random(&package, SEED + trial), 0);
		for (coding = 0; coding < LWM_CODINGS; coding++) {
			write_ok(&package, 1u << coding, &data, &n);
			free(data);
			for (i = 0; i < package.n_segments; i++)
				size[coding][i] = package.segments[i].coded_size;
		}
		set = LWM_ALL_CODINGS & ~(1u << trial % LWM_CODINGS);
		write_ok(&package, set, &data, &n);
		free(data);
		for (i = 0; i < package.n_segments; i++) {
			best = size[LWM_RAW][i];
			for (coding = 0; coding < LWM_CODINGS; coding++)
				if (coding != LWM_CONTEXT &&
				    set & 1u << coding && size[coding][i] < best)
					best = size[coding][i];
			coding = package.segments[i].coding;
			if (coding == LWM_CONTEXT)
				assert_true(package.segments[i].coded_size <=
					    best);
			else
				assert_int_equal(package.segments[i].coded_size,
						 best);
			used[coding]++;
		}
		lwm_release(&package);
	}
	for (coding = LWM_HUFFMAN; coding < LWM_CODINGS; coding++)
		assert_true(used[coding]);
}

static void every_flip_is_refused(void **state)
{
	uint8_t *bytes;
	size_t size, i;
	void *data;

	(void)state;
	good_sample("chain", &data, &size);
	bytes = data;
	for (i = 0; i < 8 * size; i++) {
		bytes[i / 8] ^= 1 << i % 8;
		lwm_rig_refused(data, size);
		bytes[i / 8] ^= 1 << i % 8;
	}
	free(data);
}

static void every_truncation_is_refused(void **state)
{
	size_t size, cut;
	void *data, *exact;

	(void)state;
	good_sample("chain", &data, &size);
	for (cut = 0; cut < size; cut++) {
		exact = malloc(cut + 1);
		memcpy(exact, data, cut);
		lwm_rig_refused(exact, cut);
		free(exact);
	}
	free(data);
}

/* A claim of 2 GiB cannot be met then. */
static bool limit_memory(void)
{
	unsigned long pages = 0;
	FILE *file = fopen("/proc/self/statm", "r");
	struct rlimit limit = { 0, RLIM_INFINITY };
	bool ok;

	ok = file && fscanf(file, "%lu", &pages) == 1;
	if (file)
		fclose(file);
	limit.rlim_cur = pages * sysconf(_SC_PAGESIZE) + ENOUGH_MEMORY;
	return ok && !setrlimit(RLIMIT_AS, &limit);
}

/* In a process of its own: threads of libraries must not feel the limit. */
static void assert_refused_cheaply(const struct lwm_image *image,
				   const char *message)
{
	struct lwm_package package;
	int status, ret;
	uint8_t *data;
	size_t size;
	pid_t child;

	assert_int_equal(lwm_image_seal(image, &data, &size), 0);
	child = fork();
	if (!child) {
		if (!limit_memory())
			_exit(2);
		ret = lwm_read_memory(&package, data, size, &error);
		if (ret == -EBADMSG && strstr(error.message, message))
			_exit(0);
		fprintf(stderr, "%d: %s\n", ret, error.message);
		_exit(1);
	}
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	free(data);
}

/* Samples have headers of each coding, so that all are met above. */
static void headers_are_coded(void **state)
{
	const struct lwm_sample *sample;
	struct lwm_prelude prelude;
	unsigned int used = 0;
	size_t size;
	void *data;

	(void)state;
	for (sample = lwm_samples; sample->name; sample++) {
		good_sample(sample->name, &data, &size);
		memcpy(&prelude, data, sizeof(prelude));
		assert_true(prelude.header_stored <= prelude.header_size);
		used |= 1u << prelude.header_coding;
		free(data);
	}
	assert_int_equal(used, (1u << LWM_CODINGS) - 1);
}

static void open_sample(struct lwm_image *image, const char *name)
{
	size_t size;
	void *data;

	good_sample(name, &data, &size);
	assert_int_equal(lwm_image_open(image, data, size), 0);
	free(data);
}

static void claims_are_not_believed(void **state)
{
	struct lwm_image image;
	Lwm__Blob *blob;

	(void)state;
	open_sample(&image, "lut");
	blob = image.header->segments[0];
	blob->size = 1u << 31;
	assert_refused_cheaply(&image, "decoded size is 2147483648");
	blob->coding = LWM__CODING__HUFFMAN;
	assert_refused_cheaply(&image, "decoded size is 2147483648");
	blob->coding = LWM__CODING__ZSTD;
	assert_refused_cheaply(&image, "decoded size is 2147483648");
	lwm_image_close(&image);
}

/* A zstd blob of 64 KiB may hold 2 GiB, but no region more. */
static void region_is_bounded(void **state)
{
	struct lwm_image image;
	Lwm__Blob *blob;

	(void)state;
	open_sample(&image, "conv");
	blob = image.header->segments[1];
	assert_int_equal(lwm_image_resize(&image, 65600), 0);
	blob->coding = LWM__CODING__ZSTD;
	blob->size = (1u << 31) - image.header->segments[0]->size + 1;
	lwm_image_sum(&image);
	assert_refused_cheaply(&image, "ends at 2147483649");
	lwm_image_close(&image);
}

/* Two bytes each make a layer of a hundred. */
static void header_is_bounded(void **state)
{
	Lwm__Layer empty = LWM__LAYER__INIT, **layers;
	const size_t n = 500000;
	struct lwm_image image;
	Lwm__Header header;
	size_t i;

	(void)state;
	layers = malloc(n * sizeof(*layers));
	assert_non_null(layers);
	for (i = 0; i < n; i++)
		layers[i] = &empty;
	open_sample(&image, "lut");
	header = *image.header;
	header.n_layers = n;
	header.layers = layers;
	assert_refused_cheaply(&(struct lwm_image){ &header, image.blobs,
						    image.size },
			       "more memory than its size allows");
	lwm_image_close(&image);
	free(layers);
}

static void assert_unwritable(struct lwm_package *package, const char *message)
{
	void *data = &error;
	size_t size = 7;

	assert_int_equal(lwm_write_memory(package, SMALLEST(0), &data, &size,
					  &error), -EINVAL);
	assert_non_null(strstr(error.message, message));
	assert_ptr_equal(data, &error);
	assert_int_equal(size, 7);
}

/* A writer makes no file that a reader refuses. */
static void writer_refuses(void **state)
{
	struct lwm_package package;

	(void)state;
	assert_int_equal(lwm_samples[1].make(&package), 0);
	package.segments[1].offset++;
	assert_unwritable(&package, "segment 1: 1440 bytes at 321, expected some at 320");
	package.segments[1].offset--;
	package.segments[1].size--;
	assert_unwritable(&package, "segments end at 1759, expected 1760");
	package.segments[1].size++;
	package.program.ops[0].reserved = 1;
	assert_unwritable(&package, "reserved");
	package.program.ops[0].reserved = 0;
	package.n_outputs = 0;
	assert_unwritable(&package, "no output");
	package.n_outputs = 1;
	package.outputs[0].region = 4;
	assert_unwritable(&package, "output classes: region is 4, expected 3");
	package.outputs[0].region = 3;
	package.layers[0].first_op = 1;
	assert_unwritable(&package, "layer conv: starts at operation 1, expected 0");
	package.layers[0].first_op = 0;
	package.layers[0].name[0] = '\n';
	assert_unwritable(&package, "layer \"?onv\" is not UTF-8 text");
	package.n_layers = 0;
	package.n_segments = 0;
	assert_unwritable(&package, "segments end at 0");
	package.n_segments = 2;
	package.n_layers = 1;
	lwm_release(&package);
}

static void files(void **state)
{
	char path[] = "/tmp/lwnpu-test-XXXXXX";
	struct lwm_package made, read;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(lwm_samples[0].make(&made), 0);
	assert_int_equal(lwm_write_file(&made, SMALLEST(0), path, &error), 0);
	assert_int_equal(lwm_read_file(&read, path, &error), 0);
	lwm_rig_same(&made, &read);
	lwm_rig_same_codings(&made, &read);
	lwm_release(&read);
	made.n_inputs = 0;
	assert_int_equal(lwm_write_file(&made, SMALLEST(0), path, &error), -EINVAL);
	assert_int_equal(strncmp(error.message, path, strlen(path)), 0);
	assert_int_equal(lwm_write_file(&made, SMALLEST(0), path, NULL), -EINVAL);
	assert_int_equal(lwm_read_file(&read, path, NULL), 0);
	lwm_release(&read);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(lwm_read_file(&read, path, &error), -ENOENT);
	made.n_inputs = 1;
	lwm_release(&made);
	lwm_release(&made);
}

/* What does not start as a package of its size is not read: 8 GiB of zeros. */
static void large_files(void **state)
{
	char path[] = "/tmp/lwm-test-XXXXXX";
	struct lwm_package package;
	int fd = mkstemp(path);
	size_t size;
	void *data;

	(void)state;
	good_sample("chain", &data, &size);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, 8ll << 30), 0);
	assert_int_equal(lwm_read_file(&package, path, &error), -EBADMSG);
	assert_int_equal(strncmp(error.message, path, strlen(path)), 0);
	assert_non_null(strstr(error.message, "not a package"));
	assert_int_equal(pwrite(fd, data, size, 0), size);
	assert_int_equal(lwm_read_file(&package, path, NULL), -EBADMSG);
	assert_int_equal(lwm_read_file(&package, path, &error), -EBADMSG);
	assert_non_null(strstr(error.message, "bytes after the end"));
	assert_int_equal(ftruncate(fd, size), 0);
	assert_int_equal(lwm_read_file(&package, path, &error), 0);
	lwm_release(&package);
	close(fd);
	unlink(path);
	free(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trips),
		cmocka_unit_test(smallest_coding_wins),
		cmocka_unit_test(every_flip_is_refused),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(headers_are_coded),
		cmocka_unit_test(claims_are_not_believed),
		cmocka_unit_test(region_is_bounded),
		cmocka_unit_test(header_is_bounded),
		cmocka_unit_test(writer_refuses),
		cmocka_unit_test(files),
		cmocka_unit_test(large_files),
	};

	print_message("seed %d\n", SEED);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
