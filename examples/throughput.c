// SPDX-License-Identifier: MIT
/*
 * Batches that may wait, and jobs that may not, on one device: keeps two batches
 * of low priority in flight, and now and then submits a job of normal priority
 * that has to be done soon. Prints how many jobs the batches got through, and
 * how long the urgent ones took.
 *
 *   cc throughput.c $(pkg-config --cflags --libs lwnpu) -o throughput
 *   ./throughput model.lwm [DEVICE [SECONDS]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lwnpu.h>

#define BATCH 16
#define BATCHES 2
#define MAX_URGENT 1000
#define MS 1000000LL

/* Jobs in the device's own memory: nothing is copied. */
struct load {
	struct lwnpu_device *device;
	struct lwnpu_model *model;
	size_t in_size, out_size;
	struct lwnpu_job *jobs[BATCHES * BATCH + 1];
	void *memory[2 * (BATCHES * BATCH + 1)];
	struct lwnpu_error error;
};

static int open_job(struct load *load, int i)
{
	void **in = &load->memory[2 * i], **out = &load->memory[2 * i + 1];
	struct lwnpu_buffer buffer = { .type = LWNPU_NATIVE };

	if (lwnpu_memory_alloc(in, load->device, load->in_size, &load->error) ||
	    lwnpu_memory_alloc(out, load->device, load->out_size,
			       &load->error) ||
	    lwnpu_job_create(&load->jobs[i], load->model, &load->error))
		return -1;
	memset(*in, i, load->in_size);
	buffer.data = *in;
	buffer.size = load->in_size;
	if (lwnpu_job_set_input(load->jobs[i], 0, &buffer, &load->error))
		return -1;
	buffer.data = *out;
	buffer.size = load->out_size;
	return lwnpu_job_set_output(load->jobs[i], 0, &buffer, &load->error);
}

static int open_load(struct load *load, const char *model, const char *device)
{
	struct lwnpu_tensor_info in, out;
	int ret = 0;

	if (lwnpu_device_open(&load->device, device, &load->error) ||
	    lwnpu_model_load_file(&load->model, load->device, model,
				  &load->error))
		return -1;
	lwnpu_model_input(load->model, 0, &in);
	lwnpu_model_output(load->model, 0, &out);
	load->in_size = in.native_size;
	load->out_size = out.native_size;
	for (int i = 0; i <= BATCHES * BATCH && !ret; i++)
		ret = open_job(load, i);
	return ret;
}

static void close_load(struct load *load)
{
	for (int i = 0; i <= BATCHES * BATCH; i++)
		lwnpu_job_free(load->jobs[i]);
	for (int i = 0; i < 2 * (BATCHES * BATCH + 1); i++)
		lwnpu_memory_free(load->device, load->memory[i]);
	lwnpu_model_free(load->model);
	lwnpu_device_close(load->device);
}

static int wait_batch(struct load *load, int batch)
{
	int ret = 0;

	for (int i = 0; i < BATCH && !ret; i++)
		ret = lwnpu_job_wait(load->jobs[batch * BATCH + i], INT64_MAX,
				     &load->error);
	return ret;
}

static int submit_batch(struct load *load, int batch)
{
	return lwnpu_submit(&load->jobs[batch * BATCH], BATCH, LWNPU_LOW,
			    &load->error);
}

/* Return: how long it took, or negative. */
static int64_t run_urgent(struct load *load)
{
	struct lwnpu_job *job = load->jobs[BATCHES * BATCH];
	int64_t begun = lwnpu_time();

	if (lwnpu_submit(&job, 1, LWNPU_NORMAL, &load->error) ||
	    lwnpu_job_wait(job, begun + 10000 * MS, &load->error))
		return -1;
	return lwnpu_time() - begun;
}

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static int run(struct load *load, double seconds)
{
	static int64_t took[MAX_URGENT];
	int64_t begun = lwnpu_time(), end = begun + seconds * 1e9;
	int oldest = 0, n = 0, ret = 0;
	unsigned long done = 0;

	for (int i = 0; i < BATCHES && !ret; i++)
		ret = submit_batch(load, i);
	while (!ret && (lwnpu_time() < end || !n)) {
		if (n < MAX_URGENT) {
			took[n] = run_urgent(load);
			if (took[n++] < 0)
				return -1;
		}
		ret = wait_batch(load, oldest);
		done += BATCH;
		if (!ret)
			ret = submit_batch(load, oldest);
		oldest = (oldest + 1) % BATCHES;
	}
	if (ret)
		return ret;
	printf("batches: %.1f jobs a second\n",
	       done / ((lwnpu_time() - begun) * 1e-9));
	qsort(took, n, sizeof(*took), by_size);
	printf("urgent jobs: %d, median %.2f ms, slowest %.2f ms\n", n,
	       took[n / 2] * 1e-6, took[n - 1] * 1e-6);
	return 0;
}

int main(int argc, char **argv)
{
	static struct load load;
	int ret;

	if (argc < 2) {
		fprintf(stderr, "usage: %s MODEL.lwm [DEVICE [SECONDS]]\n",
			argv[0]);
		return 2;
	}
	ret = open_load(&load, argv[1], argc > 2 ? argv[2] : NULL);
	if (!ret)
		ret = run(&load, argc > 3 ? atof(argv[3]) : 2);
	if (ret)
		fprintf(stderr, "%s\n", load.error.message);
	close_load(&load);
	return ret ? 1 : 0;
}
