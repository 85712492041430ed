// SPDX-License-Identifier: MIT
/* One device and its models, used by several threads at once. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../common/fake_drm.h"
#include "../common/lut_model.h"
#include "../common/random.h"

#define THREADS 4
#define ROUNDS 300
#define JOBS 5
#define SIZE (3 * 5 * 5)

static struct lwnpu_device *device;
static struct lwnpu_model *model;
static struct lwnpu_job *shared;
static atomic_bool is_over;

/* What a thread works with; @errors counts what should not be. */
struct worker {
	pthread_t thread;
	struct lw_random random;
	unsigned int errors, done, canceled, late;
	uint8_t in[JOBS][SIZE], out[JOBS][SIZE];
	struct lwnpu_job *jobs[JOBS];
};

static void check_answer(struct worker *worker, unsigned int i)
{
	for (int k = 0; k < SIZE; k++)
		worker->errors += worker->out[i][k] !=
				  (uint8_t)(worker->in[i][k] + 1);
}

static void bind_all(struct worker *worker)
{
	for (int i = 0; i < JOBS; i++) {
		struct lwnpu_buffer in = { worker->in[i], SIZE, LWNPU_QUANT };
		struct lwnpu_buffer out = { worker->out[i], SIZE, LWNPU_QUANT };

		if (lwnpu_job_create(&worker->jobs[i], model, NULL) ||
		    lwnpu_job_set_input(worker->jobs[i], 0, &in, NULL) ||
		    lwnpu_job_set_output(worker->jobs[i], 0, &out, NULL))
			worker->errors++;
	}
}

static void run_once(struct worker *worker)
{
	struct lwnpu_buffer in = { worker->in[0], SIZE, LWNPU_QUANT };
	struct lwnpu_buffer out = { worker->out[0], SIZE, LWNPU_QUANT };

	worker->errors += lwnpu_model_run(model, &in, &out, NULL) != 0;
	check_answer(worker, 0);
}

static void collect(struct worker *worker, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		switch (lwnpu_job_wait(worker->jobs[i], INT64_MAX, NULL)) {
		case 0:
			check_answer(worker, i);
			worker->done++;
			break;
		case -ECANCELED:
			worker->canceled++;
			break;
		case -ETIME:
			worker->late++;
			break;
		default:
			worker->errors++;
		}
	}
}

static void run_batch(struct worker *worker)
{
	struct lw_random *random = &worker->random;
	unsigned int n = lw_random_between(random, 1, JOBS);
	unsigned int any = lw_random_below(random, n);

	if (lw_random_chance(random, 20))
		lwnpu_job_set_deadline(worker->jobs[any],
				       lwnpu_time() +
				       lw_random_below(random, 100000));
	worker->errors += lwnpu_submit(worker->jobs, n,
				       lw_random_below(random, 3), NULL) != 0;
	if (lw_random_chance(random, 30))
		worker->errors += lwnpu_job_cancel(worker->jobs[any],
						   NULL) != 0;
	collect(worker, n);
}

static void *work(void *data)
{
	struct worker *worker = data;

	bind_all(worker);
	for (int round = 0; round < ROUNDS; round++) {
		lw_random_fill(&worker->random, worker->in, sizeof(worker->in));
		if (lw_random_chance(&worker->random, 30))
			run_once(worker);
		else
			run_batch(worker);
	}
	for (int i = 0; i < JOBS; i++)
		lwnpu_job_free(worker->jobs[i]);
	return NULL;
}

/* Does to one job what comes to mind, whoever else does. */
static void *meddle(void *data)
{
	struct worker *worker = data;
	struct lw_random *random = &worker->random;
	struct lwnpu_job_result result;

	while (!is_over) {
		switch (lw_random_below(random, 5)) {
		case 0:
			lwnpu_submit(&shared, 1, LWNPU_HIGH, NULL);
			break;
		case 1:
			lwnpu_job_wait(shared, lwnpu_time() + 100000, NULL);
			break;
		case 2:
			lwnpu_job_cancel(shared, NULL);
			break;
		case 3:
			lwnpu_job_set_deadline(shared, lwnpu_time() + 50000);
			break;
		default:
			lwnpu_job_result(shared, &result);
			worker->errors += result.status > LWNPU_JOB_LOST;
		}
	}
	return NULL;
}

static void start(struct worker *worker, uint64_t seed, void *(*run)(void *))
{
	worker->random = lw_random_seed(seed);
	assert_int_equal(pthread_create(&worker->thread, NULL, run, worker), 0);
}

static void together(void **state)
{
	static struct worker workers[THREADS], meddlers[2];
	uint8_t in[SIZE] = { 0 }, out[SIZE];
	struct lwnpu_buffer in_buffer = { in, SIZE, LWNPU_QUANT };
	struct lwnpu_buffer out_buffer = { out, SIZE, LWNPU_QUANT };
	unsigned int done = 0, canceled = 0;

	(void)state;
	memset(workers, 0, sizeof(workers));
	memset(meddlers, 0, sizeof(meddlers));
	assert_int_equal(lwnpu_job_create(&shared, model, NULL), 0);
	assert_int_equal(lwnpu_job_set_input(shared, 0, &in_buffer, NULL), 0);
	assert_int_equal(lwnpu_job_set_output(shared, 0, &out_buffer, NULL),
			 0);
	print_message("seeds 1 to %d\n", THREADS + 2);
	for (int i = 0; i < 2; i++)
		start(&meddlers[i], THREADS + 1 + i, meddle);
	for (int i = 0; i < THREADS; i++)
		start(&workers[i], i + 1, work);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(workers[i].thread, NULL);
		assert_int_equal(workers[i].errors, 0);
		done += workers[i].done;
		canceled += workers[i].canceled;
	}
	is_over = true;
	for (int i = 0; i < 2; i++) {
		pthread_join(meddlers[i].thread, NULL);
		assert_int_equal(meddlers[i].errors, 0);
	}
	lwnpu_job_free(shared);
	assert_true(done > 100 && canceled > 10);
}

/* A model is loaded, used and freed while others run. */
static void *load_and_free(void *data)
{
	struct lw_lut lut = lw_lut_identity(true, true, 5);
	struct worker *worker = data;
	struct lwnpu_model *own;

	for (int i = 0; i < 50; i++) {
		struct lwnpu_buffer in = { worker->in, SIZE, LWNPU_QUANT };
		struct lwnpu_buffer out = { worker->out, SIZE, LWNPU_QUANT };
		void *memory;

		own = lw_lut_load(device, &lut);
		worker->errors += lwnpu_memory_alloc(&memory, device, 1000,
						     NULL) != 0;
		worker->errors += lwnpu_model_run(own, &in, &out, NULL) != 0;
		run_once(worker);
		lwnpu_memory_free(device, memory);
		lwnpu_model_free(own);
	}
	return NULL;
}

static void loading(void **state)
{
	static struct worker workers[THREADS];

	(void)state;
	for (int i = 0; i < THREADS; i++)
		start(&workers[i], i, load_and_free);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(workers[i].thread, NULL);
		assert_int_equal(workers[i].errors, 0);
	}
}

static int open_device(const char *name)
{
	struct lw_lut lut = lw_lut_identity(false, false, 5);

	for (int i = 0; i < 256; i++)
		lut.table[i] = i + 1;
	is_over = false;
	device = lw_open_device(name);
	model = lw_lut_load(device, &lut);
	return 0;
}

static int close_device(void **state)
{
	(void)state;
	lwnpu_model_free(model);
	lwnpu_device_close(device);
	return 0;
}

static int open_ref(void **state)
{
	(void)state;
	return open_device("ref");
}

static pthread_t kernel;
static atomic_bool kernel_ends;

/* Jobs of the pretended device take a while, and pile up. */
static void *pretend(void *data)
{
	while (!kernel_ends) {
		fake_drm_hold(true);
		usleep(200);
		fake_drm_hold(false);
	}
	return data;
}

static int open_node(void **state)
{
	(void)state;
	unsetenv("LWNPU_DEVICE");
	fake_drm_start();
	kernel_ends = false;
	if (pthread_create(&kernel, NULL, pretend, NULL))
		return -1;
	return open_device("/dev/accel/accel0");
}

static int close_node(void **state)
{
	bool clean;

	kernel_ends = true;
	pthread_join(kernel, NULL);
	close_device(state);
	clean = fake_drm_is_clean();
	fake_drm_stop();
	return clean ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(together, open_ref,
						close_device),
		cmocka_unit_test_setup_teardown(loading, open_ref,
						close_device),
		cmocka_unit_test_setup_teardown(together, open_node,
						close_node),
		cmocka_unit_test_setup_teardown(loading, open_node,
						close_node),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
