// SPDX-License-Identifier: MIT
/*
 * Short memory: every allocation below every public call fails once. The call
 * says so, nothing is lost, and the same is done again without a fault.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "drm_io.h"

#include "../common/fake_drm.h"
#include "../common/lut_model.h"
#include "../memory/short.h"

#if !LW_SHORT_IS_THERE
#include "../memory/absent.h"
#else

#define SIZE (3 * 5 * 3)
#define FOREVER INT64_MAX

static char path[] = "/tmp/lwnpu-test-XXXXXX";
static void *package;
static size_t package_size;

static int make_package(void **state)
{
	struct lw_lut lut = lw_lut_identity(true, true, 3);
	int fd = mkstemp(path);

	(void)state;
	lw_lut_package(&lut, &package, &package_size);
	if (fd < 0 || write(fd, package, package_size) != (ssize_t)package_size)
		return -1;
	return close(fd);
}

static int remove_package(void **state)
{
	(void)state;
	free(package);
	return unlink(path);
}

static int run_model(struct lwnpu_model *model, struct lwnpu_error *error)
{
	static const uint8_t pixels[4 * 6 * 3];
	const struct lwnpu_image image = { pixels, 6, 4, 3, 18 };
	uint8_t in[SIZE], native[3 * 5 * 4];
	float out[SIZE];
	struct lwnpu_buffer input = { in, SIZE, LWNPU_QUANT };
	struct lwnpu_buffer words = { native, sizeof(native), LWNPU_NATIVE };
	struct lwnpu_buffer output = { out, sizeof(out), LWNPU_F32 };
	int ret;

	ret = lwnpu_model_preprocess(model, 0, &image, &input, error);
	if (!ret)
		ret = lwnpu_model_run(model, &input, &output, error);
	return ret ? ret : lwnpu_model_run(model, &words, &output, error);
}

static int poll_jobs(struct lwnpu_job *const *jobs, struct lwnpu_error *error)
{
	struct lwnpu_job_result result;
	int fd, ret;

	fd = lwnpu_job_fd(jobs[1], error);
	if (fd < 0)
		return fd;
	close(fd);
	ret = lwnpu_job_wait(jobs[0], FOREVER, error);
	if (!ret)
		ret = lwnpu_job_wait(jobs[1], FOREVER, error);
	lwnpu_job_result(jobs[1], &result);
	return ret ? ret : lwnpu_job_cancel(jobs[1], error);
}

static int bind_job(struct lwnpu_job *job, void *memory,
		    struct lwnpu_error *error)
{
	static float out[SIZE];
	struct lwnpu_buffer in_buffer = { memory, 3 * 5 * 4, LWNPU_NATIVE };
	struct lwnpu_buffer out_buffer = { out, sizeof(out), LWNPU_F32 };
	int ret;

	ret = lwnpu_job_set_input(job, 0, &in_buffer, error);
	return ret ? ret : lwnpu_job_set_output(job, 0, &out_buffer, error);
}

static int run_jobs(struct lwnpu_device *device, struct lwnpu_model *model,
		    struct lwnpu_error *error)
{
	struct lwnpu_job *jobs[2] = { NULL };
	void *memory = NULL;
	int ret;

	ret = lwnpu_memory_alloc(&memory, device, 3 * 5 * 4, error);
	for (int i = 0; i < 2 && !ret; i++) {
		ret = lwnpu_job_create(&jobs[i], model, error);
		if (!ret)
			ret = bind_job(jobs[i], memory, error);
	}
	if (!ret)
		ret = lwnpu_job_set_deadline(jobs[0], lwnpu_time() + FOREVER / 2);
	if (!ret)
		ret = lwnpu_submit(jobs, 2, LWNPU_LOW, error);
	if (!ret)
		ret = poll_jobs(jobs, error);
	for (int i = 0; i < 2; i++)
		lwnpu_job_free(jobs[i]);
	lwnpu_memory_free(device, memory);
	return ret;
}

/* All that an application does. */
static int life(const char *name, struct lwnpu_error *error)
{
	struct lwnpu_model *model = NULL, *other = NULL;
	struct lwnpu_device *device;
	struct lwnpu_device_info info;
	int ret;

	ret = lwnpu_device_open(&device, name, error);
	if (ret)
		return ret;
	lwnpu_device_describe(device, &info);
	ret = lwnpu_model_load_file(&other, device, path, error);
	if (!ret)
		ret = lwnpu_model_load_memory(&model, device, package,
					      package_size, error);
	if (!ret)
		ret = run_model(model, error);
	if (!ret)
		ret = run_jobs(device, model, error);
	lwnpu_model_free(model);
	lwnpu_model_free(other);
	lwnpu_device_close(device);
	return ret;
}

/* Return: how many allocations there are to fail. */
static unsigned int sweep(const char *name, enum lw_short_whose whose)
{
	struct lwnpu_error error;
	unsigned int n = 0;
	bool has_failed;
	int ret;

	/* What libraries and threads make once, they keep. */
	for (int i = 0; i < 4; i++)
		assert_int_equal(life(name, &error), 0);
	do {
		memset(&error, 0, sizeof(error));
		lw_short_begin(++n, whose);
		ret = life(name, &error);
		assert_int_equal(lw_short_end(&has_failed), 0);
		/* Some things can be done without. */
		if (!ret)
			continue;
		assert_true(has_failed);
		assert_int_equal(ret, -ENOMEM);
		assert_int_equal(error.code, -ENOMEM);
		assert_int_not_equal(error.message[0], 0);
		assert_int_equal(life(name, &error), 0);
	} while (has_failed);
	print_message("%s: %u allocations\n", name, n - 1);
	return n - 1;
}

static void on_ref(void **state)
{
	(void)state;
	assert_in_range(sweep("ref", LW_SHORT_ALL), 60, 2000);
}

/* Of OpenCL implementations themselves, nothing is known. */
static void on_opencl(void **state)
{
	(void)state;
	assert_in_range(sweep("opencl", LW_SHORT_OWN), 60, 2000);
}

/* The pretended kernel has memory enough. */
static const struct lw_drm_io *fake;

static int rich_ioctl(int fd, unsigned long request, void *args)
{
	int ret;

	lw_short_pause();
	ret = fake->ioctl(fd, request, args);
	lw_short_resume();
	return ret;
}

static drmVersionPtr rich_version(int fd)
{
	drmVersionPtr version;

	lw_short_pause();
	version = fake->get_version(fd);
	lw_short_resume();
	return version;
}

static void on_node(void **state)
{
	struct lw_drm_io rich;

	(void)state;
	fake_drm_start();
	fake = lw_drm_io;
	rich = *fake;
	rich.ioctl = rich_ioctl;
	rich.get_version = rich_version;
	lw_drm_io = &rich;
	assert_in_range(sweep("/dev/accel/accel0", LW_SHORT_ALL), 60, 2000);
	assert_true(fake_drm_is_clean());
	lw_drm_io = fake;
	fake_drm_stop();
}

/* Devices are counted, or memory is short. */
static void listing(void **state)
{
	struct lwnpu_device_info info[4];
	int expected = lwnpu_device_list(NULL, 0), n = 0, ret;
	bool has_failed;

	(void)state;
	do {
		lw_short_begin(++n, LW_SHORT_OWN);
		ret = lwnpu_device_list(info, 4);
		assert_int_equal(lw_short_end(&has_failed), 0);
		assert_true(ret == expected || (has_failed && ret == -ENOMEM));
	} while (has_failed);
	assert_in_range(n, 2, 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(on_ref),
		cmocka_unit_test(on_opencl),
		cmocka_unit_test(on_node),
		cmocka_unit_test(listing),
	};

	return cmocka_run_group_tests(tests, make_package, remove_package);
}

#endif
