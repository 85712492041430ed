// SPDX-License-Identifier: MIT
/* Device nodes: which is opened, and models on it, with a pretended kernel. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../common/drm_rig.h"
#include "../common/lwm_samples.h"

#define MINOR DRM_LWNPU_VERSION_MINOR
#define NODE DRM_RIG_NODE

static const struct lw_engine_ops *const drm = &lw_drm_engine;

static void opening(void **state)
{
	void *engine = drm_rig_open();

	(void)state;
	assert_string_equal(fake_drm.log,
			    "open version get_param get_param queue_create ");
	fake_drm_forget();
	drm->close(engine);
	assert_string_equal(fake_drm.log, "queue_destroy ");
	assert_int_equal(fake_drm.left, 0);
}

struct refusal {
	struct fake_drm_node node;
	int code;
	const char *text;
};

static void refused_nodes(void **state)
{
	static const struct refusal refusals[] = {
		{ { NODE, "lwnpu", 2, 0, 0 }, -EOPNOTSUPP, "version 2.0" },
		{ { NODE, "lwnpu", 0, 9, 0 }, -EOPNOTSUPP, "version 0.9" },
		{ { NODE, "lwnpu", 1, 0, 0 }, -EOPNOTSUPP, "version 1.0" },
		{ { NODE, "ivpu", 1, 0, 0 }, -ENODEV, "driver \"ivpu\"" },
		{ { NODE, "lwnpu2", 1, 0, 0 }, -ENODEV, "driver \"lwnpu2\"" },
		{ { NODE, "", 1, 0, 0 }, -ENODEV, "driver \"\"" },
		{ { NODE, NULL, 0, 0, 0 }, -ENODEV, "no accel node" },
		{ { NODE, "lwnpu", 1, MINOR, EACCES }, -EACCES, "permission" },
		{ { NODE, "lwnpu", 1, MINOR, ENXIO }, -ENODEV, "no such device" },
		{ { NODE, "lwnpu", 1, MINOR, EMFILE }, -EMFILE, "open files" },
		{ { "/dev/other", "lwnpu", 1, MINOR, 0 }, -ENODEV,
		  "no such device" },
	};
	struct lwnpu_error error;
	void *engine = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		const struct fake_drm_node nodes[] = { refusals[i].node, { 0 } };

		fake_drm.nodes = nodes;
		assert_int_equal(drm->open(&engine, NODE, &error),
				 refusals[i].code);
		assert_non_null(strstr(error.message, NODE));
		assert_non_null(strstr(error.message, refusals[i].text));
		assert_int_equal(drm->open(&engine, NODE, NULL),
				 refusals[i].code);
		assert_null(engine);
	}
}

static void newer_driver(void **state)
{
	static const struct fake_drm_node nodes[] = {
		{ NODE, "lwnpu", 1, 7, 0 }, { 0 }
	};

	(void)state;
	fake_drm.nodes = nodes;
	drm->close(drm_rig_open());
}

/* The device that opens for @name, by the name that it gives itself. */
static void expect_device(const struct fake_drm_node *nodes, const char *name,
			  const char *engine, const char *path)
{
	struct lwnpu_device *device;
	struct lwnpu_device_info info;
	struct lwnpu_error error;

	fake_drm.nodes = nodes;
	if (lwnpu_device_open(&device, name, &error))
		fail_msg("%s", error.message);
	lwnpu_device_describe(device, &info);
	assert_string_equal(info.engine, engine);
	if (path)
		assert_string_equal(info.name, path);
	lwnpu_device_close(device);
}

static void device_names(void **state)
{
	static const struct fake_drm_node default_node[] = {
		{ NODE, "lwnpu", 1, MINOR, 0 },
		{ "/dev/lwnpu", "lwnpu", 1, MINOR, 0 },
		{ 0 }
	};
	static const struct fake_drm_node others[] = {
		{ "/dev/accel/accel0", "ivpu", 1, 0, 0 },
		{ "/dev/accel/accel1", "lwnpu", 1, MINOR, EACCES },
		{ "/dev/accel/accel3", "lwnpu", 1, MINOR, 0 },
		{ "/dev/accel/accel4", "lwnpu", 1, MINOR, 0 },
		{ 0 }
	};
	static const struct fake_drm_node none[] = { { 0 } };

	(void)state;
	expect_device(default_node, NULL, "lwnpu", "/dev/lwnpu");
	expect_device(default_node, NODE, "lwnpu", NODE);
	expect_device(default_node, "lwnpu:" NODE, "lwnpu", NODE);
	expect_device(default_node, "ref", "ref", NULL);
	expect_device(others, NULL, "lwnpu", "/dev/accel/accel3");
	expect_device(others, "lwnpu", "lwnpu", "/dev/accel/accel3");
	expect_device(none, NULL, "opencl", NULL);
	setenv("LWNPU_DEVICE", NODE, 1);
	expect_device(default_node, NULL, "lwnpu", NODE);
	setenv("LWNPU_DEVICE", "ref", 1);
	expect_device(default_node, NULL, "ref", NULL);
	unsetenv("LWNPU_DEVICE");
}

/* A default node that fails is not passed over. */
static void default_node_fails(void **state)
{
	static const struct fake_drm_node nodes[] = {
		{ "/dev/lwnpu", "lwnpu", 1, MINOR, EACCES },
		{ NODE, "lwnpu", 1, MINOR, 0 },
		{ 0 }
	};
	static const struct fake_drm_node none[] = { { 0 } };
	struct lwnpu_device *device = NULL;
	struct lwnpu_error error;
	void *engine;

	(void)state;
	fake_drm.nodes = nodes;
	assert_int_equal(lwnpu_device_open(&device, NULL, &error), -EACCES);
	assert_non_null(strstr(error.message, "/dev/lwnpu"));
	assert_null(device);
	fake_drm.nodes = none;
	assert_int_equal(drm->open(&engine, NULL, &error), -ENODEV);
}

static void listing(void **state)
{
	static const struct fake_drm_node nodes[] = {
		{ "/dev/accel/accel0", "lwnpu", 1, MINOR, 0 },
		{ "/dev/accel/accel1", "ivpu", 1, 0, 0 },
		{ "/dev/accel/accel12", "lwnpu", 1, 9, 0 },
		{ 0 }
	};
	struct lwnpu_device_info info[3];

	(void)state;
	memset(info, 0, sizeof(info));
	fake_drm.nodes = nodes;
	assert_int_equal(drm->list(NULL, 0), 2);
	assert_int_equal(drm->list(info, 1), 2);
	assert_string_equal(info[0].name, "/dev/accel/accel0");
	assert_int_equal(info[1].name[0], 0);
	assert_int_equal(drm->list(info, 3), 2);
	assert_string_equal(info[1].name, "/dev/accel/accel12");
	assert_string_equal(info[1].engine, "lwnpu");
	assert_memory_equal(info[1].description,
			    "fake: pretended, driver lwnpu 1.9, Linux ", 41);
	assert_int_equal(info[2].name[0], 0);
}

static void make_package(void **data, size_t *size)
{
	struct lwm_package package;
	struct lwnpu_error error;

	memset(&package, 0, sizeof(package));
	assert_int_equal(lwm_samples[0].make(&package), 0);
	if (lwm_write_memory(&package, &lwm_samples[0].choice, data,
			     size, &error))
		fail_msg("%s", error.message);
	lwm_release(&package);
}

static struct lwnpu_model *load(struct lwnpu_device *device)
{
	struct lwnpu_model *model;
	struct lwnpu_error error;
	size_t size;
	void *data;

	make_package(&data, &size);
	if (lwnpu_model_load_memory(&model, device, data, size, &error))
		fail_msg("%s", error.message);
	free(data);
	return model;
}

static size_t elements(const struct lwnpu_tensor_info *info)
{
	return (size_t)info->height * info->width * info->channels;
}

/* A job's answer to the bytes 0, 1, 2, ...; malloc()ed. */
static uint8_t *answer(const char *name, size_t *size)
{
	struct lwnpu_tensor_info in_info, out_info;
	struct lwnpu_buffer in = { .type = LWNPU_QUANT };
	struct lwnpu_buffer out = { .type = LWNPU_QUANT };
	struct lwnpu_device *device;
	struct lwnpu_model *model;
	struct lwnpu_error error;
	uint8_t *bytes;

	if (lwnpu_device_open(&device, name, &error))
		fail_msg("%s", error.message);
	model = load(device);
	assert_int_equal(lwnpu_model_input(model, 0, &in_info), 0);
	assert_int_equal(lwnpu_model_output(model, 0, &out_info), 0);
	in.size = elements(&in_info);
	out.size = elements(&out_info);
	bytes = malloc(in.size);
	in.data = bytes;
	out.data = malloc(out.size);
	for (size_t i = 0; i < in.size; i++)
		bytes[i] = i;
	if (lwnpu_model_run(model, &in, &out, &error))
		fail_msg("%s", error.message);
	free(bytes);
	lwnpu_model_free(model);
	lwnpu_device_close(device);
	*size = out.size;
	return out.data;
}

/* No copies: the model's buffers are the device's. */
static void model_run(void **state)
{
	size_t size, expected_size;
	uint8_t *expected = answer("ref", &expected_size);
	uint8_t *bytes = answer(NODE, &size);

	(void)state;
	assert_int_equal(size, expected_size);
	assert_memory_equal(bytes, expected, size);
	assert_non_null(strstr(fake_drm.log, "mmap submit wait_job munmap"));
	free(bytes);
	free(expected);
}

static void model_refused(void **state)
{
	struct lwnpu_model *model = NULL;
	struct lwnpu_device *device;
	struct lwnpu_error error;
	size_t size;
	void *data;

	(void)state;
	make_package(&data, &size);
	assert_int_equal(lwnpu_device_open(&device, NODE, &error), 0);
	fake_drm.fail_request = DRM_IOCTL_LWNPU_BO_CREATE;
	fake_drm.fail_errno = ENOSPC;
	assert_int_equal(lwnpu_model_load_memory(&model, device, data, size,
						 &error), -ENOSPC);
	assert_non_null(strstr(error.message, "region"));
	assert_non_null(strstr(error.message, strerror(ENOSPC)));
	fake_drm.fail_request = 0;
	fake_drm.gone = true;
	assert_int_equal(lwnpu_model_load_memory(&model, device, data, size,
						 &error), -ENODEV);
	assert_null(model);
	lwnpu_device_close(device);
	free(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DRM_RIG_TEST(opening),
		DRM_RIG_TEST(refused_nodes),
		DRM_RIG_TEST(newer_driver),
		DRM_RIG_TEST(device_names),
		DRM_RIG_TEST(default_node_fails),
		DRM_RIG_TEST(listing),
		DRM_RIG_TEST(model_run),
		DRM_RIG_TEST(model_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
