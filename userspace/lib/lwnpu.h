/* SPDX-License-Identifier: MIT */
/*
 * liblwnpu: run packed models (.lwm) on lwnpu devices.
 *
 * Every function that can fail returns 0 or a negative errno value, and fills
 * in the struct lwnpu_error that it was given (it may be NULL). The library
 * prints nothing and never exits.
 *
 * Any thread may call any function at any time, for the same objects, too. Who
 * closes or frees an object is its last user: jobs go before their model,
 * models and memory before their device. After fork() only the parent uses
 * what was open.
 *
 * Times are nanoseconds of CLOCK_MONOTONIC.
 */
#ifndef LWNPU_H
#define LWNPU_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LWNPU_ERROR_SIZE 512

/**
 * struct lwnpu_error - what went wrong
 * @code: negative errno value
 * @message: one line: what, where, what was expected
 */
struct lwnpu_error {
	int code;
	char message[LWNPU_ERROR_SIZE];
};

struct lwnpu_device;
struct lwnpu_model;
struct lwnpu_job;

/**
 * lwnpu_version() - version of the library in use
 *
 * Return: a static string, "MAJOR.MINOR.PATCH".
 */
const char *lwnpu_version(void);

/**
 * enum lwnpu_log_level - how much a message matters
 * @LWNPU_LOG_WARNING: things are not as they should be, and go on
 * @LWNPU_LOG_INFO: what was chosen
 * @LWNPU_LOG_DEBUG: what takes time
 */
enum lwnpu_log_level {
	LWNPU_LOG_WARNING,
	LWNPU_LOG_INFO,
	LWNPU_LOG_DEBUG,
};

/**
 * lwnpu_log_function - hears of messages
 * @data: of lwnpu_log_set()
 * @level: enum lwnpu_log_level
 * @message: one line, without its end; valid during the call
 *
 * May be called by several threads at once, and must not call the library.
 */
typedef void lwnpu_log_function(void *data, enum lwnpu_log_level level,
				const char *message);

/**
 * lwnpu_log_set() - listen to messages, which are of no use to programs
 * @log: called from now on, by any thread; NULL: nothing is. The function that
 *	was set before is not called any more when this returns
 * @data: for @log
 */
void lwnpu_log_set(lwnpu_log_function *log, void *data);

/**
 * struct lwnpu_device_info - a device, for people
 * @name: what lwnpu_device_open() takes
 * @engine: "ref", "opencl", "lwnpu" (a node of the driver)
 * @description: device name, driver version
 */
struct lwnpu_device_info {
	char name[64];
	char engine[16];
	char description[256];
};

/**
 * lwnpu_device_list() - the devices of this machine
 * @info: gets up to @max entries; may be NULL if @max is 0
 * @max: room in @info
 *
 * Return: how many there are, or a negative errno value.
 */
int lwnpu_device_list(struct lwnpu_device_info *info, unsigned int max);

/**
 * lwnpu_device_open() - open a device
 * @device: gets the device; close it with lwnpu_device_close()
 * @name: "ref" (plain C), "opencl" (the first OpenCL device, or the one that
 *	LWNPU_OPENCL_DEVICE chooses), "opencl:CHOICE" (a number of
 *	lwnpu_device_list(), or part of a device's name), a path of a device
 *	node ("/dev/lwnpu", "/dev/accel/accel0": anything with a slash), or
 *	NULL: the value of LWNPU_DEVICE; else /dev/lwnpu if there is one; else
 *	the first accel node of the lwnpu driver that may be opened; else
 *	"opencl"
 * @error: filled in on failure, may be NULL
 *
 * Return: 0; -ENODEV no such device; -EACCES its node is not for this user;
 * -EOPNOTSUPP its driver speaks another version; -ENOMEM; -EIO the device
 * failed; others of open().
 */
int lwnpu_device_open(struct lwnpu_device **device, const char *name,
		      struct lwnpu_error *error);

/**
 * lwnpu_device_close() - close a device; its models and memory are freed before
 * @device: may be NULL
 */
void lwnpu_device_close(struct lwnpu_device *device);

/**
 * lwnpu_device_describe() - what was opened
 * @device: an open device
 * @info: filled in
 */
void lwnpu_device_describe(const struct lwnpu_device *device,
			   struct lwnpu_device_info *info);

/**
 * lwnpu_model_load_file() - read, verify and prepare a packed model
 * @model: gets the model; free it with lwnpu_model_free()
 * @device: where it will run; must outlive the model
 * @path: a .lwm file
 * @error: filled in on failure, may be NULL
 *
 * Return: 0; -ENOENT, -EACCES, … of open(); -EBADMSG the file is damaged or no
 * package; -EOPNOTSUPP it needs a newer library, or an operation that the
 * device lacks; -EINVAL its program is refused; -ENOSPC a limit of the device
 * is reached; -ENOMEM; -ENODEV the device is gone; -EIO it failed.
 */
int lwnpu_model_load_file(struct lwnpu_model **model,
			  struct lwnpu_device *device, const char *path,
			  struct lwnpu_error *error);

/**
 * lwnpu_model_load_memory() - the same from memory
 * @model: as lwnpu_model_load_file()
 * @device: as lwnpu_model_load_file()
 * @data: the bytes of a .lwm file; not needed after the call
 * @size: how many
 * @error: filled in on failure, may be NULL
 *
 * Return: as lwnpu_model_load_file().
 */
int lwnpu_model_load_memory(struct lwnpu_model **model,
			    struct lwnpu_device *device, const void *data,
			    size_t size, struct lwnpu_error *error);

/**
 * lwnpu_model_free() - free a model
 * @model: may be NULL
 */
void lwnpu_model_free(struct lwnpu_model *model);

/**
 * enum lwnpu_type - what a buffer holds
 * @LWNPU_F32: real numbers, float, [height][width][channels] (one image, NHWC)
 * @LWNPU_QUANT: the model's own 8-bit type, see struct lwnpu_tensor_info, in
 *	the same order
 * @LWNPU_NATIVE: what devices compute with, uint8_t
 *	[(channels + 3) / 4][height][width][4]: bytes of LWNPU_QUANT, plus 128
 *	where that is signed; zero past the last channel. In memory of
 *	lwnpu_memory_alloc() nothing is copied or converted
 */
enum lwnpu_type {
	LWNPU_F32,
	LWNPU_QUANT,
	LWNPU_NATIVE,
};

/**
 * struct lwnpu_tensor_info - an input or output of a model
 * @name: its name in the model
 * @height: rows
 * @width: columns
 * @channels: channels
 * @is_signed: LWNPU_QUANT elements are int8_t, else uint8_t
 * @scale: real = @scale * (quantised - @zero_point)
 * @zero_point: in the quantised type, -128…127 or 0…255
 * @native_size: bytes of a buffer of LWNPU_NATIVE
 */
struct lwnpu_tensor_info {
	const char *name;
	uint32_t height;
	uint32_t width;
	uint32_t channels;
	int is_signed;
	float scale;
	int32_t zero_point;
	size_t native_size;
};

/**
 * lwnpu_model_inputs() - number of inputs
 * @model: a model
 */
unsigned int lwnpu_model_inputs(const struct lwnpu_model *model);

/**
 * lwnpu_model_outputs() - number of outputs
 * @model: a model
 */
unsigned int lwnpu_model_outputs(const struct lwnpu_model *model);

/**
 * lwnpu_model_gates() - number of gates, where a model may end early
 * @model: a model
 *
 * They are counted from 0 in the order of the program; there are at most 64.
 */
unsigned int lwnpu_model_gates(const struct lwnpu_model *model);

/**
 * lwnpu_model_input() - describe an input
 * @model: a model
 * @index: below lwnpu_model_inputs()
 * @info: filled in; its name lives as long as @model
 *
 * Return: 0, or -EINVAL.
 */
int lwnpu_model_input(const struct lwnpu_model *model, unsigned int index,
		      struct lwnpu_tensor_info *info);

/**
 * lwnpu_model_output() - describe an output
 * @model: a model
 * @index: below lwnpu_model_outputs()
 * @info: filled in; its name lives as long as @model
 *
 * Return: 0, or -EINVAL.
 */
int lwnpu_model_output(const struct lwnpu_model *model, unsigned int index,
		       struct lwnpu_tensor_info *info);

/**
 * struct lwnpu_buffer - caller's memory for one input or output
 * @data: the elements
 * @size: bytes at @data, exactly the tensor's
 * @type: what they are
 */
struct lwnpu_buffer {
	void *data;
	size_t size;
	enum lwnpu_type type;
};

/**
 * struct lwnpu_image - an image in memory
 * @data: its rows, from the top, of pixels from the left
 * @width: pixels
 * @height: pixels
 * @channels: bytes of a pixel: 1 gray; 3 red, green, blue; 4 the same, and
 *	alpha: transparent parts are black
 * @stride: bytes from one row to the next
 */
struct lwnpu_image {
	const uint8_t *data;
	uint32_t width;
	uint32_t height;
	uint32_t channels;
	size_t stride;
};

/**
 * lwnpu_model_preprocess() - make an input of an image
 * @model: a model
 * @index: of an input with 1 or 3 channels
 * @image: an image of any size
 * @buffer: gets the input; its data, size and type are set
 * @error: filled in on failure, may be NULL
 *
 * The image gets the model's size (averaged where it shrinks, interpolated
 * where it grows; its sides are not kept in proportion), its channels, and the
 * normalisation that is stored with the model. If there is none, the image's
 * bytes are those of the quantised input.
 *
 * Return: 0; -EINVAL no such input, or it is no image; the image or the buffer
 * has a wrong size or type; -EFBIG the image is too large; -ENOMEM.
 */
int lwnpu_model_preprocess(const struct lwnpu_model *model, unsigned int index,
			   const struct lwnpu_image *image,
			   const struct lwnpu_buffer *buffer,
			   struct lwnpu_error *error);

/**
 * lwnpu_model_run() - run the model once and wait
 * @model: a model
 * @inputs: one per input, read
 * @outputs: one per output, written; on failure those of LWNPU_F32 and
 *	LWNPU_QUANT are untouched
 * @error: filled in on failure, may be NULL
 *
 * A job that is made, submitted with LWNPU_NORMAL, waited for and freed, but
 * cheaper.
 *
 * Return: 0; -EINVAL a buffer has the wrong size or type; -ENODEV the device
 * is gone, or its engine is away; -ETIME the device hung; -EIO it failed;
 * -ENOMEM.
 */
int lwnpu_model_run(struct lwnpu_model *model,
		    const struct lwnpu_buffer *inputs,
		    const struct lwnpu_buffer *outputs,
		    struct lwnpu_error *error);

/**
 * lwnpu_memory_alloc() - memory that a device reaches without a copy
 * @data: gets zeroed memory, aligned to 64 bytes at least; free it with
 *	lwnpu_memory_free()
 * @device: an open device
 * @size: bytes
 * @error: filled in on failure, may be NULL
 *
 * For buffers of LWNPU_NATIVE. One that begins where the memory begins is used
 * in place on every device.
 *
 * Return: 0; -ENOMEM; -ENOSPC a limit of the device is reached; -ENODEV it is
 * gone.
 */
int lwnpu_memory_alloc(void **data, struct lwnpu_device *device, size_t size,
		       struct lwnpu_error *error);

/**
 * lwnpu_memory_free() - free memory
 * @device: where it comes from
 * @data: of lwnpu_memory_alloc(), in use by no job; may be NULL
 */
void lwnpu_memory_free(struct lwnpu_device *device, void *data);

/**
 * lwnpu_time() - the time that deadlines and timeouts are compared with
 *
 * Return: nanoseconds of CLOCK_MONOTONIC.
 */
int64_t lwnpu_time(void);

/**
 * lwnpu_job_create() - make a job: one run of a model at a time
 * @job: gets the job; free it with lwnpu_job_free()
 * @model: what it runs; must outlive the job
 * @error: filled in on failure, may be NULL
 *
 * A job is submitted as often as one likes. It keeps the memory that it needs,
 * so that submitting is cheap.
 *
 * Return: 0; -ENOMEM; -ENODEV the device is gone.
 */
int lwnpu_job_create(struct lwnpu_job **job, struct lwnpu_model *model,
		     struct lwnpu_error *error);

/**
 * lwnpu_job_free() - free a job; one that is pending is cancelled and waited
 *	for, and its buffers stay in use until then
 * @job: may be NULL
 */
void lwnpu_job_free(struct lwnpu_job *job);

/**
 * lwnpu_job_set_input() - bind a buffer to an input
 * @job: not pending
 * @index: below lwnpu_model_inputs()
 * @buffer: copied; what it points to is read by lwnpu_submit(), or, if it is
 *	of LWNPU_NATIVE, until the job is complete
 * @error: filled in on failure, may be NULL
 *
 * It stays bound until another one is.
 *
 * Return: 0; -EINVAL no such input, or the buffer has the wrong size or type;
 * -EBUSY the job is pending, or a thread is in lwnpu_job_wait(); -ENOMEM;
 * -ENOSPC a limit of the device is reached; -ENODEV it is gone.
 */
int lwnpu_job_set_input(struct lwnpu_job *job, unsigned int index,
			const struct lwnpu_buffer *buffer,
			struct lwnpu_error *error);

/**
 * lwnpu_job_set_output() - bind a buffer to an output
 * @job: not pending
 * @index: below lwnpu_model_outputs()
 * @buffer: copied; what it points to is written by lwnpu_job_wait(), or, if it
 *	is of LWNPU_NATIVE, at any time from lwnpu_submit() on
 * @error: filled in on failure, may be NULL
 *
 * Return: as lwnpu_job_set_input().
 */
int lwnpu_job_set_output(struct lwnpu_job *job, unsigned int index,
			 const struct lwnpu_buffer *buffer,
			 struct lwnpu_error *error);

/**
 * lwnpu_job_set_deadline() - say when the job becomes useless
 * @job: not pending
 * @deadline: a job that has not started by then fails, at the latest when its
 *	turn comes; 0: never. Only for the next lwnpu_submit()
 *
 * Return: 0; -EINVAL it is negative; -EBUSY as lwnpu_job_set_input().
 */
int lwnpu_job_set_deadline(struct lwnpu_job *job, int64_t deadline);

/**
 * enum lwnpu_priority - which job starts first; one that has started goes on
 * @LWNPU_LOW: when nothing else is to be done
 * @LWNPU_NORMAL: for everybody
 * @LWNPU_HIGH: before all others; a device node wants CAP_SYS_NICE
 */
enum lwnpu_priority {
	LWNPU_LOW,
	LWNPU_NORMAL,
	LWNPU_HIGH,
};

/* Jobs of one lwnpu_submit(), at most. */
#define LWNPU_SUBMIT_MAX 64

/**
 * lwnpu_submit() - hand jobs to their device: all of them, or none
 * @jobs: of one device, each once, none pending, all buffers bound
 * @n: 1…LWNPU_SUBMIT_MAX
 * @priority: which go first; of equals, those submitted first
 * @error: filled in on failure, may be NULL
 *
 * Jobs run at the same time, as far as the device can. But of those of one call,
 * one that reads memory of LWNPU_NATIVE that one before it writes, or writes
 * what one before it reads or writes, waits for that one to be complete,
 * whatever became of it. Those of several calls must not use the same memory so.
 *
 * Return: 0; -EINVAL a job has no buffer, buffers that overlap where it
 * writes, or another device than the first, or a number is out of range; -EBUSY
 * a job is pending, twice in @jobs, or a thread is in lwnpu_job_wait(); -EAGAIN
 * the device holds as many submissions as it can, at least 32: wait for one;
 * -EACCES the priority is not for this user; -ENODEV the device is gone, or its
 * engine is away; -ENOMEM.
 */
int lwnpu_submit(struct lwnpu_job *const *jobs, unsigned int n,
		 enum lwnpu_priority priority, struct lwnpu_error *error);

/**
 * lwnpu_job_wait() - wait for a job, and fetch its outputs
 * @job: a job that was submitted
 * @timeout: when to give up; INT64_MAX: never; in the past: do not wait
 * @error: filled in on failure, may be NULL
 *
 * Once a job is complete, this returns the same until it is submitted again.
 *
 * Return: 0 the outputs are there; -ETIMEDOUT it is not complete yet; -EINVAL
 * it was never submitted; else it is complete and has failed, see
 * enum lwnpu_job_status: -EIO; -ENOMEM; -ETIME; -ECANCELED; -ENODEV.
 */
int lwnpu_job_wait(struct lwnpu_job *job, int64_t timeout,
		   struct lwnpu_error *error);

/**
 * lwnpu_job_fd() - a file to poll for the end of a job
 * @job: a job that was submitted
 * @error: filled in on failure, may be NULL
 *
 * It is readable (POLLIN) when the job is complete, in whatever way, and stays
 * so; a job that is submitted again needs another one. Do not read from it. On
 * a device node it is a sync_file, which other drivers take as a fence.
 *
 * Return: a file descriptor that the caller closes; -EINVAL the job was never
 * submitted; -EMFILE, -ENFILE too many files are open; -ENOMEM; -ENODEV the
 * device is gone.
 */
int lwnpu_job_fd(struct lwnpu_job *job, struct lwnpu_error *error);

/**
 * lwnpu_job_cancel() - do without jobs that have not started
 * @job: a job that was submitted
 * @error: filled in on failure, may be NULL
 *
 * Those that were submitted in the same call are cancelled with it. A job that
 * has started goes on, and so do some that a device node's engine has at hand
 * already: they come to their normal end, and the others are complete when they
 * are, at the latest. Wait for them to know.
 *
 * Return: 0, also if it is complete; -EINVAL it was never submitted; -EMFILE,
 * -ENFILE too many files are open; -ENOMEM; -ENODEV the device is gone.
 */
int lwnpu_job_cancel(struct lwnpu_job *job, struct lwnpu_error *error);

/**
 * enum lwnpu_job_status - what has become of a job
 * @LWNPU_JOB_IDLE: it was never submitted
 * @LWNPU_JOB_PENDING: no lwnpu_job_wait() has found it complete
 * @LWNPU_JOB_DONE: its outputs are there
 * @LWNPU_JOB_FAILED: the device failed: -EIO, -ENOMEM
 * @LWNPU_JOB_HUNG: it ran longer than the device allows: -ETIME
 * @LWNPU_JOB_LATE: its deadline passed before it could start: -ETIME
 * @LWNPU_JOB_CANCELED: before it started, or because one that was submitted
 *	with it hung: -ECANCELED
 * @LWNPU_JOB_LOST: the device or its engine went away: -ENODEV
 */
enum lwnpu_job_status {
	LWNPU_JOB_IDLE,
	LWNPU_JOB_PENDING,
	LWNPU_JOB_DONE,
	LWNPU_JOB_FAILED,
	LWNPU_JOB_HUNG,
	LWNPU_JOB_LATE,
	LWNPU_JOB_CANCELED,
	LWNPU_JOB_LOST,
};

/**
 * struct lwnpu_job_result - what is known of a job
 * @status: what has become of it; all else is only set once it is complete
 * @error: 0 or a negative errno value
 * @op: LWNPU_JOB_FAILED: index of the operation at fault; -1: not known
 * @submitted: when it was submitted
 * @started: when it started; 0: never, or not known
 * @ended: when it was complete
 * @cycles: of the device, 0 if it does not count
 * @has_gates: whether the device says which gates were taken
 * @gates: bit i: gate i of the model was taken, so that the operations behind
 *	it were left out; see lwnpu_model_gates()
 */
struct lwnpu_job_result {
	enum lwnpu_job_status status;
	int error;
	int64_t op;
	int64_t submitted;
	int64_t started;
	int64_t ended;
	uint64_t cycles;
	int has_gates;
	uint64_t gates;
};

/**
 * lwnpu_job_result() - what is known of a job
 * @job: a job
 * @result: filled in
 */
void lwnpu_job_result(struct lwnpu_job *job, struct lwnpu_job_result *result);

#ifdef __cplusplus
}
#endif

#endif /* LWNPU_H */
