/* SPDX-License-Identifier: MIT */
/* The application's side of the tests. */
#ifndef COMMON_H
#define COMMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lwnpu_drm.h"
#include "lwnpu_isa.h"
#include "engine.h"

/**
 * fail() - end the test: what it needs has failed, and errno says why
 * @what: has failed
 */
void fail(const char *what) __attribute__((noreturn));

/**
 * in_ms() - an absolute time, CLOCK_MONOTONIC in nanoseconds
 * @ms: from now
 */
int64_t in_ms(int64_t ms);

/**
 * device_open() - open the node of an engine
 * @engine: started
 *
 * Return: a file descriptor.
 */
int device_open(const struct engine *engine);

/* The bus driver of devices that daemons make. */
#define BUS_DRIVER "/sys/bus/platform/drivers/lwnpu-user/"

/**
 * minor_name() - the name of a device on the platform bus
 * @minor: of its node
 * @name: filled in
 * @size: of @name
 *
 * Return: whether there is one.
 */
bool minor_name(uint32_t minor, char *name, size_t size);

/**
 * device_name() - the name of an engine's device on the platform bus
 * @engine: started
 * @name: filled in
 * @size: of @name
 */
void device_name(const struct engine *engine, char *name, size_t size);

/**
 * device_state() - what debugfs says of an engine's device
 * @engine: started
 * @text: gets it
 * @size: room in @text
 *
 * Return: its length, 0 if there is no debugfs.
 */
size_t device_state(const struct engine *engine, char *text, size_t size);

/* A file as text, cut off at @size; its length, 0 if it cannot be read. */
size_t read_file(const char *path, char *text, size_t size);

/**
 * device_ioctl() - ioctl() repeated when a signal interrupts it
 *
 * Return: 0 or a negative errno value.
 */
int device_ioctl(int fd, unsigned long command, void *argument);

/** param() - a value that GET_PARAM must know */
uint64_t param(int fd, uint32_t which);

/** bo_create() - a buffer, or the end of the test */
uint32_t bo_create(int fd, uint64_t size);

/** bo_map() - map a buffer */
void *bo_map(int fd, uint32_t handle, uint64_t size);

/** gem_close() - give up a buffer's handle. Return: 0 or -errno */
int gem_close(int fd, uint32_t handle);

/** bo_export() - a dma-buf of a buffer */
int bo_export(int fd, uint32_t handle);

/** bo_import() - a handle of a dma-buf. Return: 0 or -errno */
int bo_import(int fd, int dmabuf, uint32_t *handle);

/**
 * struct lut_program - out[i] = in[i] ^ key, region 2 to region 3
 * @ops: each does the same
 * @weights: the table
 */
struct lut_program {
	struct lwnpu_op ops[1];
	uint8_t weights[256];
};

/* Bytes that lut_program() reads and writes. */
#define LUT_BYTES 256

/** lut_program_init() - make one that adds @key by exclusive or */
void lut_program_init(struct lut_program *program, uint8_t key);

/** program_try() - PROGRAM_CREATE of @n_ops. Return: 0 or -errno */
int program_try(int fd, const struct lwnpu_op *ops, uint32_t n_ops,
		const void *weights, uint64_t weights_size,
		struct drm_lwnpu_program_create *create);

/** program_create() - a lut_program, or the end of the test */
uint32_t program_create(int fd, uint8_t key);

/** queue_create() - a queue, or the end of the test */
uint32_t queue_create(int fd, uint32_t priority);

/** queue_state() - QUEUE_GET_STATE */
struct drm_lwnpu_queue_get_state queue_state(int fd, uint32_t queue);

/** syncobj_create() - a syncobj; @flags as the ioctl's */
uint32_t syncobj_create(int fd, uint32_t flags);

/** syncobj_wait() - for one, binary. Return: 0 or -errno */
int syncobj_wait(int fd, uint32_t handle, int timeout_ms);

/** syncobj_wait_point() - for a point to be signalled. Return: 0 or -errno */
int syncobj_wait_point(int fd, uint32_t handle, uint64_t point,
		       int timeout_ms);

/**
 * struct request - a job and all that it points to
 * @job: points to the rest
 * @bindings: regions 2 and 3
 * @in: in-syncs
 * @out: out-syncs
 */
struct request {
	struct drm_lwnpu_job job;
	struct drm_lwnpu_binding bindings[2];
	struct drm_lwnpu_sync in[4];
	struct drm_lwnpu_sync out[4];
};

/** request_init() - a job of @program from @input to @output, no syncs */
void request_init(struct request *request, uint32_t program, uint32_t input,
		  uint32_t output);

/** request_wait_for() - add an in-sync; @point 0: binary */
void request_wait_for(struct request *request, uint32_t handle,
		      uint64_t point);

/** request_signal() - add an out-sync; @point 0: binary */
void request_signal(struct request *request, uint32_t handle, uint64_t point);

/** submit_jobs() - SUBMIT an array. Return: 0 or -errno */
int submit_jobs(int fd, uint32_t queue, struct drm_lwnpu_job *jobs,
		uint32_t count);

/** submit() - SUBMIT one job. Return: 0 or -errno, its id in the request */
int submit(int fd, uint32_t queue, struct request *request);

/** wait_job() - WAIT_JOB. Return: 0 or -errno */
int wait_job(int fd, uint32_t queue, uint64_t id, int timeout_ms,
	     struct drm_lwnpu_completion *completion);

/**
 * struct session - an application with one program, two buffers and a queue
 * @fd: the device's node
 * @program: XORs with @key
 * @key: of @program
 * @queue: of normal priority
 * @input: handle of the input
 * @output: handle of the output
 * @in: its bytes
 * @out: its bytes
 */
struct session {
	int fd;
	uint32_t program;
	uint8_t key;
	uint32_t queue;
	uint32_t input;
	uint32_t output;
	uint8_t *in;
	uint8_t *out;
};

/** session_open() - a session with a device, or the end of the test */
void session_open(struct session *session, const struct engine *engine,
		  uint8_t key);

/** session_close() - unmap and close; may be closed already */
void session_close(struct session *session);

/** session_request() - a job from the session's input to its output */
void session_request(const struct session *session, struct request *request);

/** session_submit() - the same, submitted. Return: id or -errno */
int64_t session_submit(struct session *session);

/** session_wait() - for a job. Return: its status, or -errno */
int session_wait(struct session *session, uint64_t id, int timeout_ms);

/** session_check() - whether the output is what the input must give */
bool session_check(const struct session *session);

/**
 * set_parameter() - set a parameter of the module
 * @name: of it
 * @value: text
 * @before: gets what it was, or NULL
 * @size: of @before
 *
 * Return: 0 or -errno.
 */
int set_parameter(const char *name, const char *value, char *before,
		  size_t size);

/**
 * sysfs_write() - write a text to a file of the kernel
 *
 * Return: 0 or -errno.
 */
int sysfs_write(const char *path, const char *text);

#endif /* COMMON_H */
