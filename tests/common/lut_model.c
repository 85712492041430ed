// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lut_model.h"
#include "lwm.h"

struct lw_lut lw_lut_identity(bool in_signed, bool out_signed, uint32_t c)
{
	struct lw_lut lut = {
		.h = 3, .w = 5, .c = c,
		.in_signed = in_signed, .out_signed = out_signed,
		.in_scale = 0.5f, .out_scale = 0.25f,
		.in_zero = 100, .out_zero = 7,
	};

	for (int i = 0; i < 256; i++)
		lut.table[i] = i;
	return lut;
}

static struct lwnpu_tensor make_tensor(const struct lw_lut *lut,
				       uint8_t region, uint8_t zero_point)
{
	return (struct lwnpu_tensor){
		.row_pitch = 4 * lut->w,
		.plane_pitch = 4 * lut->w * lut->h,
		.h = lut->h,
		.w = lut->w,
		.c = lut->c,
		.region = region,
		.zero_point = zero_point,
	};
}

static struct lwm_io make_io(const struct lw_lut *lut, char *name,
			     uint32_t region)
{
	bool in = region == LWNPU_REGION_IO;

	return (struct lwm_io){
		.name = name,
		.region = region,
		.h = lut->h,
		.w = lut->w,
		.c = lut->c,
		.scale = in ? lut->in_scale : lut->out_scale,
		.zero_point = in ? lut->in_zero : lut->out_zero,
		.is_signed = in ? lut->in_signed : lut->out_signed,
		.n_dims = 4,
		.dims = { 1, lut->h, lut->w, lut->c },
	};
}

void lw_lut_package(const struct lw_lut *lut, void **data, size_t *size)
{
	char in_name[] = "in", out_name[] = "out";
	struct lwm_segment segment = { .size = 512 };
	struct lwm_io in = make_io(lut, in_name, LWNPU_REGION_IO);
	struct lwm_io out = make_io(lut, out_name, LWNPU_REGION_IO + 1);
	uint8_t tables[512] __attribute__((aligned(64)));
	struct lwnpu_op ops[3] = {
		[0] = {
			.opcode = LWNPU_OP_LUT,
			.in = { make_tensor(lut, in.region, in.zero_point) },
			.out = make_tensor(lut, out.region, out.zero_point),
		},
		[1] = {
			.opcode = LWNPU_OP_GATE,
			.gate = { .skip = 1, .threshold = lut->exit_at },
		},
	};
	struct lwm_package package = {
		.source = in_name,
		.producer = in_name,
		.program = { ops, lut->exit_at ? 3 : 1, tables, sizeof(tables),
			     { 0 } },
		.n_segments = 1,
		.segments = &segment,
		.n_inputs = 1,
		.inputs = &in,
		.n_outputs = 1,
		.outputs = &out,
	};
	const struct lwm_choice choice = { 0 };
	struct lwnpu_error error;

	in.norm_channels = lut->norm_channels;
	in.norm_scale = lut->norm_scale;
	memcpy(in.mean, lut->mean, sizeof(in.mean));
	memcpy(in.std, lut->std, sizeof(in.std));
	if (lut->declared) {
		in.h = in.w = in.c = lut->declared;
		in.n_dims = 3;
		for (int i = 0; i < 3; i++)
			in.dims[i] = lut->declared;
	}
	ops[1].in[0] = ops[0].in[0];
	ops[2] = ops[0];
	ops[2].lut.table = 256;
	memcpy(tables, lut->table, 256);
	memcpy(tables + 256, lut->late, 256);
	if (lwm_write_memory(&package, &choice, data, size, &error))
		fail_msg("%s", error.message);
}

struct lwnpu_model *lw_lut_load(struct lwnpu_device *device,
				const struct lw_lut *lut)
{
	struct lwnpu_model *model;
	struct lwnpu_error error;
	void *data;
	size_t size;

	lw_lut_package(lut, &data, &size);
	if (lwnpu_model_load_memory(&model, device, data, size, &error))
		fail_msg("%s", error.message);
	free(data);
	return model;
}

struct lwnpu_device *lw_open_device(const char *name)
{
	struct lwnpu_device *device;
	struct lwnpu_error error;

	if (lwnpu_device_open(&device, name, &error))
		fail_msg("%s", error.message);
	return device;
}
