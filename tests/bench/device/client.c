// SPDX-License-Identifier: MIT
/* An application: a model, and jobs of it in memory that the device reaches. */
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "lwnpu.h"

#define MAX_TENSORS 16

struct bench_client {
	struct lwnpu_device *device;
	struct lwnpu_model *model;
	struct lwnpu_job **jobs;
	int n_jobs;
	struct lwnpu_buffer inputs[MAX_TENSORS];
	struct lwnpu_buffer outputs[MAX_TENSORS];
	void **memory;
	int n_memory;
};

static void check(int ret, const struct lwnpu_error *error)
{
	if (ret)
		bench_fail("%s", error->message);
}

static struct lwnpu_buffer make_buffer(struct bench_client *client,
				       const struct lwnpu_tensor_info *info)
{
	struct lwnpu_buffer buffer = {
		.size = info->native_size, .type = LWNPU_NATIVE,
	};
	struct lwnpu_error error;

	check(lwnpu_memory_alloc(&buffer.data, client->device, buffer.size,
				 &error), &error);
	memset(buffer.data, 100, buffer.size);
	client->memory = realloc(client->memory, (client->n_memory + 1) *
				 sizeof(*client->memory));
	if (!client->memory)
		bench_fail("out of memory");
	client->memory[client->n_memory++] = buffer.data;
	return buffer;
}

/* The buffers of the last job are those of bench_client_run(). */
static struct lwnpu_job *make_job(struct bench_client *client)
{
	struct lwnpu_model *model = client->model;
	struct lwnpu_tensor_info info;
	struct lwnpu_error error;
	struct lwnpu_job *job;
	unsigned int i;

	check(lwnpu_job_create(&job, model, &error), &error);
	for (i = 0; i < lwnpu_model_inputs(model); i++) {
		lwnpu_model_input(model, i, &info);
		client->inputs[i] = make_buffer(client, &info);
		check(lwnpu_job_set_input(job, i, &client->inputs[i], &error),
		      &error);
	}
	for (i = 0; i < lwnpu_model_outputs(model); i++) {
		lwnpu_model_output(model, i, &info);
		client->outputs[i] = make_buffer(client, &info);
		check(lwnpu_job_set_output(job, i, &client->outputs[i],
					   &error), &error);
	}
	return job;
}

struct bench_client *bench_client_open(const char *device, const char *path,
				       int n_jobs)
{
	struct bench_client *client = calloc(1, sizeof(*client));
	struct lwnpu_error error;

	if (!client)
		bench_fail("out of memory");
	check(lwnpu_device_open(&client->device, device, &error), &error);
	check(lwnpu_model_load_file(&client->model, client->device, path,
				    &error), &error);
	if (lwnpu_model_inputs(client->model) > MAX_TENSORS ||
	    lwnpu_model_outputs(client->model) > MAX_TENSORS)
		bench_fail("%s has too many inputs or outputs", path);
	client->jobs = calloc(n_jobs, sizeof(*client->jobs));
	while (client->n_jobs < n_jobs)
		client->jobs[client->n_jobs++] = make_job(client);
	return client;
}

void bench_client_close(struct bench_client *client)
{
	while (client->n_jobs)
		lwnpu_job_free(client->jobs[--client->n_jobs]);
	lwnpu_model_free(client->model);
	while (client->n_memory)
		lwnpu_memory_free(client->device,
				  client->memory[--client->n_memory]);
	lwnpu_device_close(client->device);
	free(client->memory);
	free(client->jobs);
	free(client);
}

static void submit(struct lwnpu_job *job)
{
	struct lwnpu_error error;

	check(lwnpu_submit(&job, 1, LWNPU_NORMAL, &error), &error);
}

void bench_client_run(struct bench_client *client, int n)
{
	struct lwnpu_error error;

	while (n--)
		check(lwnpu_model_run(client->model, client->inputs,
				      client->outputs, &error), &error);
}

void bench_client_stream(struct bench_client *client, int n, double *ends)
{
	struct lwnpu_error error;
	int i;

	for (i = 0; i < client->n_jobs && i < n; i++)
		submit(client->jobs[i]);
	for (i = 0; i < n; i++) {
		struct lwnpu_job *job = client->jobs[i % client->n_jobs];

		check(lwnpu_job_wait(job, INT64_MAX, &error), &error);
		if (ends)
			ends[i] = bench_seconds();
		if (i + client->n_jobs < n)
			submit(job);
	}
}
