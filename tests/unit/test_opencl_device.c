// SPDX-License-Identifier: MIT
/* The OpenCL engine's devices: which there are, and which is taken. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine.h"

#define THREADS 8

static const struct lw_engine_ops *const ops = &lw_opencl_engine;

/*
 * The compiler in PoCL gives the first thread another stack for signals, which
 * AddressSanitizer would take for its own.
 */
__attribute__((visibility("default")))
const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
	return "use_sigaltstack=0";
}

/* The loader looks for drivers, and PoCL for devices, once in a process. */
static void in_a_child(bool (*is_right)(void))
{
	pid_t pid = fork();
	int status;

	if (!pid)
		_exit(!is_right());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static bool find_none(void)
{
	struct lwnpu_error error = { 0 };
	void *engine;

	setenv("OCL_ICD_VENDORS", "/nonexistent", 1);
	return ops->list(NULL, 0) == 0 &&
	       ops->open(&engine, NULL, &error) == -ENODEV &&
	       strstr(error.message, "pocl-opencl-icd");
}

static void without_drivers_no_device_is_found(void **state)
{
	(void)state;
	in_a_child(find_none);
}

static void *list(void *barrier)
{
	pthread_barrier_wait(barrier);
	return (void *)(intptr_t)ops->list(NULL, 0);
}

static bool all_find_the_same(void)
{
	pthread_t threads[THREADS];
	pthread_barrier_t barrier;
	bool same = true;

	pthread_barrier_init(&barrier, NULL, THREADS);
	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, list, &barrier))
			return false;
	for (int i = 0; i < THREADS; i++) {
		void *n;

		pthread_join(threads[i], &n);
		same &= (intptr_t)n > 0 && (intptr_t)n == ops->list(NULL, 0);
	}
	return same;
}

static void threads_may_all_be_the_first(void **state)
{
	(void)state;
	for (int i = 0; i < 10; i++)
		in_a_child(all_find_the_same);
}

static void devices_are_listed(void **state)
{
	struct lwnpu_device_info info[2] = { 0 };
	int n = ops->list(NULL, 0);

	(void)state;
	assert_true(n > 0);
	assert_int_equal(ops->list(info, 1), n);
	assert_string_equal(info[0].name, "opencl:0");
	assert_string_equal(info[0].engine, "opencl");
	assert_true(strlen(info[0].description) > 0);
	assert_string_equal(info[1].name, "");
}

static void a_device_is_chosen_by_number_or_name(void **state)
{
	struct lwnpu_device_info listed, info;
	char part[8] = { 0 };
	void *engine;

	(void)state;
	ops->list(&listed, 1);
	memcpy(part, listed.description, sizeof(part) - 1);
	assert_int_equal(ops->open(&engine, "0", NULL), 0);
	ops->describe(engine, &info);
	assert_memory_equal(&info, &listed, sizeof(info));
	ops->close(engine);
	assert_int_equal(ops->open(&engine, part, NULL), 0);
	ops->close(engine);
	setenv("LWNPU_OPENCL_DEVICE", part, 1);
	assert_int_equal(ops->open(&engine, "", NULL), 0);
	ops->close(engine);
	unsetenv("LWNPU_OPENCL_DEVICE");
}

static void unknown_devices_are_refused(void **state)
{
	static const char *const choices[] = {
		"9999", "-1", "0x", "99999999999999999999", "no such device",
	};
	struct lwnpu_error error;
	void *engine;

	(void)state;
	for (size_t i = 0; i < sizeof(choices) / sizeof(choices[0]); i++) {
		assert_int_equal(ops->open(&engine, choices[i], &error),
				 -ENODEV);
		assert_non_null(strstr(error.message, choices[i]));
	}
	setenv("LWNPU_OPENCL_DEVICE", "elsewhere", 1);
	assert_int_equal(ops->open(&engine, NULL, &error), -ENODEV);
	assert_non_null(strstr(error.message, "elsewhere"));
	unsetenv("LWNPU_OPENCL_DEVICE");
}

static void an_unknown_dot_is_refused(void **state)
{
	struct lwnpu_error error;
	void *engine;

	(void)state;
	setenv("LWNPU_OPENCL_DOT", "nine", 1);
	assert_int_equal(ops->open(&engine, NULL, &error), -EINVAL);
	assert_non_null(strstr(error.message, "nine"));
	unsetenv("LWNPU_OPENCL_DOT");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		/* The first two before this process has looked. */
		cmocka_unit_test(without_drivers_no_device_is_found),
		cmocka_unit_test(threads_may_all_be_the_first),
		cmocka_unit_test(devices_are_listed),
		cmocka_unit_test(a_device_is_chosen_by_number_or_name),
		cmocka_unit_test(unknown_devices_are_refused),
		cmocka_unit_test(an_unknown_dot_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
