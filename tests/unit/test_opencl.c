// SPDX-License-Identifier: MIT
/* The OpenCL engine: arithmetic, buffers, threads, kernel cache. */
#define _GNU_SOURCE
#include <dirent.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "../common/random_program.h"
#include "../common/trial.h"
#include "file.h"

#define PROGRAMS 40
#define CHANNELS 20
#define JOBS 100
#define PAGE 4096

static const struct lw_engine_ops *const ops = &lw_opencl_engine;

static void *open_choice(const char *choice)
{
	struct lwnpu_error error = { 0 };
	void *engine = NULL;

	if (ops->open(&engine, choice, &error)) {
		print_message("%s\n", error.message);
		fail();
	}
	return engine;
}

static void *open_device(void)
{
	return open_choice(NULL);
}

static void compare_with_ref(void *engine, const struct lw_program *program,
			     uint64_t seed)
{
	struct lwnpu_error error = { 0 };
	struct lw_trial ref, trial;
	int ret;

	ret = lw_trial_open(&ref, &lw_ref_engine, NULL, program, seed, &error);
	assert_int_equal(ret, 0);
	ret = lw_trial_open(&trial, ops, engine, program, seed, &error);
	if (!ret)
		ret = lw_trial_run(&ref, seed, &error);
	if (!ret)
		ret = lw_trial_run(&trial, seed, &error);
	if (!ret)
		ret = lw_trial_compare(&ref, &trial, &error);
	if (ret)
		print_message("seed %llu: %s\n", (unsigned long long)seed,
			      error.message);
	assert_int_equal(ret, 0);
	lw_trial_close(&trial);
	lw_trial_close(&ref);
}

/**
 * struct layer - a convolution of a 1x1 output to test corners with
 * @program: valid after make_layer()
 * @op: its operation
 * @weights: region 0
 */
struct layer {
	struct lw_program program;
	struct lwnpu_op op;
	_Alignas(64) uint8_t weights[65536];
};

static struct lwnpu_tensor image(uint32_t size, uint32_t c, uint8_t region)
{
	struct lwnpu_tensor tensor = {
		.row_pitch = 4 * size,
		.plane_pitch = 4 * size * size,
		.h = size,
		.w = size,
		.c = c,
		.region = region,
		.zero_point = 200,
	};

	return tensor;
}

/* Weights are alternately @a and @b. */
static void make_layer(struct layer *layer, uint32_t size, uint32_t kernel,
		       uint8_t dilation, int8_t a, int8_t b)
{
	struct lwnpu_conv *conv = &layer->op.conv;
	uint32_t blocks = CHANNELS * kernel * kernel * (CHANNELS / 4);
	float scale = 1.0f / 4096;

	memset(layer, 0, sizeof(*layer));
	layer->op.opcode = LWNPU_OP_CONV;
	layer->op.in[0] = image(size, CHANNELS, LWNPU_REGION_IO);
	layer->op.out = image(size, CHANNELS, LWNPU_REGION_IO + 1);
	conv->weights_len = 4 * blocks;
	conv->bias = conv->weights_len;
	conv->scale = conv->bias + 4 * CHANNELS;
	conv->groups = 1;
	conv->kernel_h = conv->kernel_w = kernel;
	conv->stride_h = conv->stride_w = 1;
	conv->dilation_h = conv->dilation_w = dilation;
	conv->pad_top = conv->pad_left = kernel / 2 * dilation;
	conv->hi = 255;
	for (uint32_t i = 0; i < 4 * blocks; i++)
		layer->weights[i] = i % 2 ? b : a;
	for (uint32_t i = 0; i < CHANNELS; i++)
		memcpy(layer->weights + conv->scale + 4 * i, &scale, 4);
	layer->program.ops = &layer->op;
	layer->program.n_ops = 1;
	layer->program.weights = layer->weights;
	layer->program.weights_size = conv->scale + 4 * CHANNELS;
	assert_int_equal(lw_program_check(&layer->program, NULL), 0);
}

/* Sums of pairs that do not fit 16 bits, in all kinds of tiles. */
static void compare_extremes(void *engine)
{
	static const int8_t pairs[][2] = {
		{ 127, 127 }, { -128, -128 }, { 127, -128 }, { -128, 127 },
		{ 64, 64 },   { 65, 64 },     { -64, -65 },  { 127, 1 },
		{ 127, 2 },   { -128, -1 },   { -128, 1 },
	};
	static const uint32_t sizes[] = { 1, 2, 3, 5, 9, 30 };
	struct layer *layer = calloc(1, sizeof(*layer));

	assert_non_null(layer);
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		for (size_t k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++) {
			make_layer(layer, sizes[k], 1, 1, pairs[i][0],
				   pairs[i][1]);
			for (uint64_t seed = 0; seed < 6; seed++)
				compare_with_ref(engine, &layer->program, seed);
		}
	free(layer);
}

static void compare_with_dot(const char *dot)
{
	struct lwnpu_error error = { 0 };
	struct lw_program program;
	void *engine;
	int ret;

	setenv("LWNPU_OPENCL_DOT", dot, 1);
	ret = ops->open(&engine, NULL, &error);
	unsetenv("LWNPU_OPENCL_DOT");
	if (ret == -EOPNOTSUPP) {
		print_message("%s\n", error.message);
		skip();
	}
	assert_int_equal(ret, 0);
	compare_extremes(engine);
	for (uint64_t seed = 0; seed < PROGRAMS; seed++) {
		lw_random_program(&program, seed);
		compare_with_ref(engine, &program, seed);
		lw_program_release(&program);
	}
	ops->close(engine);
}

#define DOT_TEST(name) \
	static void results_with_##name##_are_those_of_ref(void **state) \
	{ \
		(void)state; \
		compare_with_dot(#name); \
	}
DOT_TEST(vnni)
DOT_TEST(avxvnni)
DOT_TEST(avx2)
DOT_TEST(portable)
DOT_TEST(packed)

/* As on a GPU, and with programs of many buffers. */
static void results_of_single_launches_are_those_of_ref(void **state)
{
	(void)state;
	setenv("LWNPU_OPENCL_WALK", "0", 1);
	compare_with_dot("");
	unsetenv("LWNPU_OPENCL_WALK");
}

/* Most of the kernel never reaches the image, and adds a constant. */
static void kernels_far_larger_than_the_image(void **state)
{
	struct layer *layer = calloc(1, sizeof(*layer));
	void *engine = open_device();

	(void)state;
	assert_non_null(layer);
	for (uint32_t size = 1; size < 12; size += 2) {
		make_layer(layer, size, 3, 127, 3, -100);
		compare_with_ref(engine, &layer->program, size);
		make_layer(layer, size, 5, size, -5, 77);
		compare_with_ref(engine, &layer->program, size);
	}
	free(layer);
	ops->close(engine);
}

static void run_layer(void *engine, struct layer *layer, void *in, void *out)
{
	struct lw_binding bindings[LWNPU_REGION_MAX] = {
		[LWNPU_REGION_IO] = {
			in, layer->program.info.region[LWNPU_REGION_IO].size
		},
		[LWNPU_REGION_IO + 1] = {
			out,
			layer->program.info.region[LWNPU_REGION_IO + 1].size
		},
	};
	void *loaded;

	assert_int_equal(ops->load(engine, &layer->program, &loaded, NULL), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(ops->run(engine, loaded, bindings, NULL,
					  NULL), 0);
	ops->unload(engine, loaded);
}

/* Every kind of memory for input and output gives the same output. */
static void use_all_kinds_of_memory(void *engine)
{
	struct layer *layer = calloc(1, sizeof(*layer));
	uint8_t *in[5], *out[5], *pages;
	size_t size;

	assert_non_null(layer);
	make_layer(layer, 10, 3, 1, 50, -7);
	size = layer->program.info.region[LWNPU_REGION_IO].size;
	pages = aligned_alloc(4096, 65536);
	assert_non_null(pages);
	in[0] = ops->alloc(engine, 16384);
	out[0] = ops->alloc(engine, 16384);
	in[1] = pages;
	out[1] = pages + 4096;
	in[2] = pages + 8192 + 4;
	out[2] = pages + 12288 + 12;
	in[3] = pages + 16384 + 1;
	out[3] = pages + 20480 + 3;
	in[4] = in[0] + 8192;
	out[4] = out[0] + 8192;
	for (int i = 0; i < 5; i++)
		for (size_t k = 0; k < size; k++)
			in[i][k] = k * 37 + k / 256;
	for (int i = 0; i < 5; i++)
		for (int k = 0; k < 5; k++) {
			memset(out[k], 0xee, size);
			run_layer(engine, layer, in[i], out[k]);
			assert_memory_equal(out[k], out[0], size);
			assert_memory_equal(in[i], in[0], size);
		}
	ops->free(engine, in[0]);
	ops->free(engine, out[0]);
	ops->free(engine, NULL);
	free(pages);
	free(layer);
}

/* The first device alone, and with what it leaves to the calling thread. */
static void buffers_may_be_anywhere(void **state)
{
	static const char *const choices[] = { "0", NULL };

	(void)state;
	for (int i = 0; i < 2; i++) {
		void *engine = open_choice(choices[i]);

		use_all_kinds_of_memory(engine);
		ops->close(engine);
	}
}

static double seconds(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return time.tv_sec + time.tv_nsec * 1e-9;
}

/* The part of the time of small jobs that the calling thread has used. */
static double own_share(const char *choice)
{
	struct layer *layer = calloc(1, sizeof(*layer));
	void *engine = open_choice(choice);
	uint8_t *in = ops->alloc(engine, 32768);
	uint8_t *out = ops->alloc(engine, 32768);
	double own, all;

	assert_non_null(layer);
	make_layer(layer, 30, 3, 1, 3, -5);
	run_layer(engine, layer, in, out);
	own = seconds(CLOCK_THREAD_CPUTIME_ID);
	all = seconds(CLOCK_PROCESS_CPUTIME_ID);
	for (int i = 0; i < JOBS; i++)
		run_layer(engine, layer, in, out);
	own = seconds(CLOCK_THREAD_CPUTIME_ID) - own;
	all = seconds(CLOCK_PROCESS_CPUTIME_ID) - all;
	free(layer);
	ops->close(engine);
	return own / all;
}

static void small_programs_run_in_the_calling_thread(void **state)
{
	double share = own_share(NULL);

	(void)state;
	print_message("share of the time: %.2f; of a device that is named: %.2f\n",
		      share, own_share("0"));
	if (ops->list(NULL, 0) < 2)
		skip();
	assert_true(share > 0.9);
	assert_true(own_share("0") < share);
}

/* In a child process: PoCL makes its devices only once. */
static void one_device_is_enough(void **state)
{
	int status;
	pid_t pid = fork();

	(void)state;
	if (!pid) {
		struct layer *layer = calloc(1, sizeof(*layer));
		void *engine;

		setenv("POCL_DEVICES", "pthread", 1);
		engine = open_device();
		make_layer(layer, 5, 3, 1, 3, -5);
		compare_with_ref(engine, &layer->program, 1);
		ops->close(engine);
		_exit(ops->list(NULL, 0) != 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* Memory with an inaccessible page on each side; @size fills its pages. */
static uint8_t *guarded_pages(size_t size)
{
	uint8_t *pages = mmap(NULL, size + 2 * PAGE, PROT_NONE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_true(pages != MAP_FAILED);
	assert_int_equal(mprotect(pages + PAGE, size, PROT_READ | PROT_WRITE),
			 0);
	return pages + PAGE;
}

static void nothing_outside_buffers_is_touched(void **state)
{
	static const uint32_t sizes[] = { 8, 16 };
	struct layer *layer = calloc(1, sizeof(*layer));
	uint8_t *in = guarded_pages(2 * PAGE), *out = guarded_pages(2 * PAGE);
	void *engine = open_device();

	(void)state;
	assert_non_null(layer);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		for (uint32_t kernel = 1; kernel < 6; kernel += 2) {
			size_t size = sizes[i] * sizes[i] * CHANNELS;
			size_t end = 2 * PAGE - size;

			make_layer(layer, sizes[i], kernel, 1, 9, -4);
			run_layer(engine, layer, in, out);
			run_layer(engine, layer, in + end, out + end);
		}
	munmap(in - PAGE, 4 * PAGE);
	munmap(out - PAGE, 4 * PAGE);
	free(layer);
	ops->close(engine);
}

static void allocated_memory_is_zeroed_and_aligned(void **state)
{
	void *engine = open_device();
	uint8_t *data = ops->alloc(engine, 1000);

	(void)state;
	assert_non_null(data);
	assert_int_equal((uintptr_t)data % 64, 0);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(data[i], 0);
	assert_null(ops->alloc(engine, SIZE_MAX - 5));
	/* What is not given back, the engine frees. */
	ops->close(engine);
}

static void small_and_missing_buffers_are_refused(void **state)
{
	struct layer *layer = calloc(1, sizeof(*layer));
	struct lw_binding bindings[LWNPU_REGION_MAX] = { 0 };
	struct lwnpu_error error = { 0 };
	void *engine = open_device(), *loaded;
	size_t size;

	(void)state;
	assert_non_null(layer);
	make_layer(layer, 4, 1, 1, 1, 2);
	size = layer->program.info.region[LWNPU_REGION_IO].size;
	assert_int_equal(ops->load(engine, &layer->program, &loaded, NULL), 0);
	bindings[2] = (struct lw_binding){ ops->alloc(engine, size), size };
	assert_int_equal(ops->run(engine, loaded, bindings, NULL, &error),
			 -EINVAL);
	assert_non_null(strstr(error.message, "region 3"));
	bindings[3] = (struct lw_binding){ ops->alloc(engine, size), size };
	bindings[2].size--;
	assert_int_equal(ops->run(engine, loaded, bindings, NULL, &error),
			 -EINVAL);
	assert_non_null(strstr(error.message, "region 2"));
	bindings[2].size++;
	assert_int_equal(ops->run(engine, loaded, bindings, NULL, &error), 0);
	ops->unload(engine, loaded);
	ops->free(engine, bindings[2].data);
	ops->free(engine, bindings[3].data);
	ops->close(engine);
	free(layer);
}

static void *run_jobs(void *argument)
{
	struct lw_trial *trial = argument;
	struct lwnpu_error error;

	for (int i = 0; i < JOBS; i++)
		if (lw_trial_run(trial, 5, &error))
			return argument;
	return NULL;
}

static void threads_share_a_device(void **state)
{
	struct lwnpu_error error = { 0 };
	struct lw_program programs[3];
	struct lw_trial refs[3], trials[3];
	void *engine = open_device(), *result;
	pthread_t threads[3];

	(void)state;
	for (int i = 0; i < 3; i++) {
		lw_random_program(&programs[i], 7 + i);
		assert_int_equal(lw_trial_open(&refs[i], &lw_ref_engine, NULL,
					       &programs[i], 7, &error), 0);
		assert_int_equal(lw_trial_open(&trials[i], ops, engine,
					       &programs[i], 7, &error), 0);
		assert_int_equal(lw_trial_run(&refs[i], 5, &error), 0);
	}
	for (int i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, run_jobs,
						&trials[i]), 0);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(pthread_join(threads[i], &result), 0);
		assert_null(result);
		assert_int_equal(lw_trial_compare(&refs[i], &trials[i], &error),
				 0);
		lw_trial_close(&trials[i]);
		lw_trial_close(&refs[i]);
		lw_program_release(&programs[i]);
	}
	ops->close(engine);
}

/* One file of a directory; returns how many there are. */
static int find_file(const char *directory, char *path, size_t size)
{
	DIR *dir = opendir(directory);
	struct dirent *entry;
	int n = 0;

	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, size, "%s/%s", directory, entry->d_name);
		n++;
	}
	if (dir)
		closedir(dir);
	return n;
}

static void open_and_close(void)
{
	void *engine = open_device();

	ops->close(engine);
}

static void damage(const char *path, size_t size, long at)
{
	FILE *file = fopen(path, at < 0 ? "w" : "r+");
	int c;

	assert_non_null(file);
	if (at >= 0) {
		fseek(file, at % size, SEEK_SET);
		c = fgetc(file);
		fseek(file, at % size, SEEK_SET);
		fputc(c ^ 0x40, file);
	}
	fclose(file);
}

static void check_cache(const char *home)
{
	static const long places[] = { -1, 0, 9, 17, 25, 33, 1000, 99999 };
	char directory[256], path[512];
	size_t size, now;
	void *good, *file;

	snprintf(directory, sizeof(directory), "%s/lwnpu", home);
	setenv("LWNPU_CACHE", "off", 1);
	open_and_close();
	unsetenv("LWNPU_CACHE");
	assert_int_equal(find_file(directory, path, sizeof(path)), 0);
	open_and_close();
	assert_int_equal(find_file(directory, path, sizeof(path)), 1);
	assert_int_equal(lw_file_read(path, 1 << 26, &good, &size, NULL), 0);
	open_and_close();
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		damage(path, size, places[i]);
		open_and_close();
		assert_int_equal(find_file(directory, path, sizeof(path)), 1);
		assert_int_equal(lw_file_read(path, 1 << 26, &file, &now, NULL),
				 0);
		/* Not what damage() left, but whole again. */
		assert_int_equal(((uint8_t *)file)[0], ((uint8_t *)good)[0]);
		assert_true(now > 1000);
		free(file);
	}
	free(good);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(directory), 0);
}

/* Kernels are kept in "home", which is empty and goes away, while it runs. */
static void with_cache(void (*check)(const char *home))
{
	char home[] = "/tmp/lwnpu-cache-XXXXXX";
	char *before = getenv("XDG_CACHE_HOME");

	before = before ? strdup(before) : NULL;
	assert_non_null(mkdtemp(home));
	setenv("XDG_CACHE_HOME", home, 1);
	check(home);
	assert_int_equal(rmdir(home), 0);
	if (before)
		setenv("XDG_CACHE_HOME", before, 1);
	else
		unsetenv("XDG_CACHE_HOME");
	free(before);
}

static void check_missing_cache(const char *home)
{
	(void)home;
	setenv("XDG_CACHE_HOME", "/proc/nonexistent", 1);
	open_and_close();
}

static void damaged_kernels_are_compiled_again(void **state)
{
	(void)state;
	with_cache(check_cache);
	with_cache(check_missing_cache);
}

/* Loads a small program; its kernels must be compiled already. */
static void load_small(void *engine)
{
	struct layer *layer = calloc(1, sizeof(*layer));
	void *loaded;

	assert_non_null(layer);
	make_layer(layer, 5, 3, 1, 3, -5);
	assert_int_equal(ops->load(engine, &layer->program, &loaded, NULL), 0);
	ops->unload(engine, loaded);
	free(layer);
}

static void check_prepare(const char *home)
{
	char directory[256], path[512];
	int n_devices = ops->list(NULL, 0) > 1 ? 2 : 1;
	void *engine = open_device();

	snprintf(directory, sizeof(directory), "%s/lwnpu", home);
	assert_int_equal(find_file(directory, path, sizeof(path)), 1);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(ops->prepare(engine, NULL), 0);
		assert_int_equal(find_file(directory, path, sizeof(path)),
				 n_devices);
	}
	while (find_file(directory, path, sizeof(path)))
		assert_int_equal(unlink(path), 0);
	load_small(engine);
	assert_int_equal(find_file(directory, path, sizeof(path)), 0);
	ops->close(engine);
	assert_int_equal(rmdir(directory), 0);
}

/* lwnpud calls prepare() so that no job waits for a compiler. */
static void prepare_compiles_for_small_programs_too(void **state)
{
	(void)state;
	with_cache(check_prepare);
}

int main(void)
{
	const struct CMUnitTest alone[] = {
		cmocka_unit_test(one_device_is_enough),
	};
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(results_with_vnni_are_those_of_ref),
		cmocka_unit_test(results_with_avxvnni_are_those_of_ref),
		cmocka_unit_test(results_with_avx2_are_those_of_ref),
		cmocka_unit_test(results_with_portable_are_those_of_ref),
		cmocka_unit_test(results_with_packed_are_those_of_ref),
		cmocka_unit_test(results_of_single_launches_are_those_of_ref),
		cmocka_unit_test(kernels_far_larger_than_the_image),
		cmocka_unit_test(buffers_may_be_anywhere),
		cmocka_unit_test(small_programs_run_in_the_calling_thread),
		cmocka_unit_test(nothing_outside_buffers_is_touched),
		cmocka_unit_test(allocated_memory_is_zeroed_and_aligned),
		cmocka_unit_test(small_and_missing_buffers_are_refused),
		cmocka_unit_test(threads_share_a_device),
		cmocka_unit_test(damaged_kernels_are_compiled_again),
		cmocka_unit_test(prepare_compiles_for_small_programs_too),
	};
	int failed = cmocka_run_group_tests(alone, NULL, NULL);

	return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
