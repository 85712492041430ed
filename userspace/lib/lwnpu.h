/* SPDX-License-Identifier: MIT */
/*
 * liblwnpu: run packed models (.lwm) on lwnpu devices.
 *
 * Every function that can fail returns 0 or a negative errno value, and fills
 * in the struct lwnpu_error that it was given (it may be NULL). The library
 * never prints and never exits. Objects may be used by one thread at a time;
 * different objects by different threads at once.
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

/**
 * lwnpu_version() - version of the library in use
 *
 * Return: a static string, "MAJOR.MINOR.PATCH".
 */
const char *lwnpu_version(void);

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
 * lwnpu_device_close() - close a device; its models must be freed before
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
 * enum lwnpu_type - element type of a buffer
 * @LWNPU_F32: real numbers, float
 * @LWNPU_QUANT: the model's own 8-bit type, see struct lwnpu_tensor_info
 */
enum lwnpu_type {
	LWNPU_F32,
	LWNPU_QUANT,
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
 *
 * A buffer holds [height][width][channels] elements (NHWC, one image).
 */
struct lwnpu_tensor_info {
	const char *name;
	uint32_t height;
	uint32_t width;
	uint32_t channels;
	int is_signed;
	float scale;
	int32_t zero_point;
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
 * lwnpu_model_run() - run the model once and wait
 * @model: a model
 * @inputs: one per input, read
 * @outputs: one per output, written; untouched on failure
 * @error: filled in on failure, may be NULL
 *
 * Return: 0; -EINVAL a buffer has the wrong size or type; -ENODEV the device
 * is gone, or its engine is away; -ETIME the device hung; -ECANCELED it hung
 * in a run of another model, run again; -EIO it failed; -ENOMEM.
 */
int lwnpu_model_run(struct lwnpu_model *model,
		    const struct lwnpu_buffer *inputs,
		    const struct lwnpu_buffer *outputs,
		    struct lwnpu_error *error);

#ifdef __cplusplus
}
#endif

#endif /* LWNPU_H */
