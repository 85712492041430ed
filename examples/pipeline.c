// SPDX-License-Identifier: MIT
/*
 * Classifies a stream of frames: reads while the device works, several jobs in
 * flight, all in one poll() loop. Prints the best class of each frame as soon
 * as it is known, which need not be in order.
 *
 *   cc pipeline.c $(pkg-config --cflags --libs lwnpu) -o pipeline
 *   camera | ./pipeline model.lwm [DEVICE]
 *
 * A frame is the model's quantised input: [height][width][channels] bytes.
 */
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <lwnpu.h>

#define DEPTH 4

/* A frame on its way. */
struct slot {
	struct lwnpu_job *job;
	unsigned long frame;
	void *in, *out;
};

struct pipeline {
	struct lwnpu_device *device;
	struct lwnpu_model *model;
	size_t in_size, out_size;
	struct slot slots[DEPTH];
	/* of each slot: the job's file, or -1: it is free; then standard input */
	struct pollfd files[DEPTH + 1];
	unsigned long n_frames;
	size_t filled;
	struct lwnpu_error error;
};

static size_t elements(const struct lwnpu_tensor_info *info)
{
	return (size_t)info->height * info->width * info->channels;
}

static int open_slot(struct pipeline *p, struct slot *slot)
{
	struct lwnpu_buffer in, out;

	slot->in = malloc(p->in_size);
	slot->out = malloc(p->out_size);
	if (!slot->in || !slot->out) {
		snprintf(p->error.message, sizeof(p->error.message),
			 "out of memory");
		return -1;
	}
	in = (struct lwnpu_buffer){ slot->in, p->in_size, LWNPU_QUANT };
	out = (struct lwnpu_buffer){ slot->out, p->out_size, LWNPU_F32 };
	if (lwnpu_job_create(&slot->job, p->model, &p->error) ||
	    lwnpu_job_set_input(slot->job, 0, &in, &p->error) ||
	    lwnpu_job_set_output(slot->job, 0, &out, &p->error))
		return -1;
	return 0;
}

static int open_pipeline(struct pipeline *p, const char *model,
			 const char *device)
{
	struct lwnpu_tensor_info in, out;
	int ret = 0;

	for (int i = 0; i < DEPTH; i++)
		p->files[i] = (struct pollfd){ .fd = -1, .events = POLLIN };
	p->files[DEPTH] = (struct pollfd){ STDIN_FILENO, POLLIN, 0 };
	if (lwnpu_device_open(&p->device, device, &p->error) ||
	    lwnpu_model_load_file(&p->model, p->device, model, &p->error))
		return -1;
	lwnpu_model_input(p->model, 0, &in);
	lwnpu_model_output(p->model, 0, &out);
	p->in_size = elements(&in);
	p->out_size = elements(&out) * sizeof(float);
	for (int i = 0; i < DEPTH && !ret; i++)
		ret = open_slot(p, &p->slots[i]);
	return ret;
}

/* Cancels and waits for what is in flight. */
static void close_pipeline(struct pipeline *p)
{
	for (int i = 0; i < DEPTH; i++) {
		lwnpu_job_free(p->slots[i].job);
		free(p->slots[i].in);
		free(p->slots[i].out);
		if (p->files[i].fd >= 0)
			close(p->files[i].fd);
	}
	lwnpu_model_free(p->model);
	lwnpu_device_close(p->device);
}

/* The first free slot, which standard input fills, or -1. */
static int free_slot(const struct pipeline *p)
{
	for (int i = 0; i < DEPTH; i++)
		if (p->files[i].fd < 0)
			return i;
	return -1;
}

static int submit(struct pipeline *p, int i)
{
	struct slot *slot = &p->slots[i];

	slot->frame = p->n_frames++;
	if (lwnpu_submit(&slot->job, 1, LWNPU_NORMAL, &p->error))
		return -1;
	p->files[i].fd = lwnpu_job_fd(slot->job, &p->error);
	return p->files[i].fd < 0 ? -1 : 0;
}

/* Reads what there is of a frame, and submits it when it is whole. */
static int read_frame(struct pipeline *p, int i)
{
	ssize_t n = read(STDIN_FILENO, (char *)p->slots[i].in + p->filled,
			 p->in_size - p->filled);

	if (n <= 0) {
		/* The end. Half a frame is none. */
		p->files[DEPTH].fd = -1;
		return 0;
	}
	p->filled += n;
	if (p->filled < p->in_size)
		return 0;
	p->filled = 0;
	return submit(p, i);
}

static int collect(struct pipeline *p, int i)
{
	const float *scores = p->slots[i].out;
	size_t best = 0;

	if (lwnpu_job_wait(p->slots[i].job, 0, &p->error))
		return -1;
	for (size_t k = 1; k < p->out_size / sizeof(*scores); k++)
		if (scores[k] > scores[best])
			best = k;
	printf("frame %lu: class %zu\n", p->slots[i].frame, best);
	close(p->files[i].fd);
	p->files[i].fd = -1;
	return 0;
}

static int run(struct pipeline *p)
{
	int next = free_slot(p), in_flight = 0, ret = 0;

	while (!ret && (in_flight || p->files[DEPTH].fd >= 0)) {
		/* Nothing is read while there is no room for it. */
		bool has_room = next >= 0;

		if (poll(p->files, DEPTH + has_room, -1) < 0) {
			snprintf(p->error.message, sizeof(p->error.message),
				 "poll() failed");
			return -1;
		}
		if (has_room && p->files[DEPTH].fd >= 0 &&
		    p->files[DEPTH].revents)
			ret = read_frame(p, next);
		for (int i = 0; i < DEPTH && !ret; i++)
			if (p->files[i].fd >= 0 && p->files[i].revents)
				ret = collect(p, i);
		in_flight = 0;
		for (int i = 0; i < DEPTH; i++)
			in_flight += p->files[i].fd >= 0;
		next = p->filled ? next : free_slot(p);
	}
	return ret;
}

int main(int argc, char **argv)
{
	struct pipeline p;
	int ret;

	if (argc < 2) {
		fprintf(stderr, "usage: %s MODEL.lwm [DEVICE] < FRAMES\n",
			argv[0]);
		return 2;
	}
	memset(&p, 0, sizeof(p));
	ret = open_pipeline(&p, argv[1], argc > 2 ? argv[2] : NULL);
	if (!ret)
		ret = run(&p);
	if (ret)
		fprintf(stderr, "%s\n", p.error.message);
	close_pipeline(&p);
	return ret ? 1 : 0;
}
