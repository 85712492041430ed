// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lwm_rig.h"

static void assert_same_io(const struct lwm_io *a, const struct lwm_io *b)
{
	struct lwm_io x = *a, y = *b;

	assert_string_equal(x.name, y.name);
	x.name = y.name = NULL;
	assert_memory_equal(x.dims, y.dims, sizeof(x.dims));
	assert_memory_equal(x.mean, y.mean, sizeof(x.mean));
	assert_memory_equal(x.std, y.std, sizeof(x.std));
	assert_int_equal(x.region, y.region);
	assert_int_equal(x.h, y.h);
	assert_int_equal(x.w, y.w);
	assert_int_equal(x.c, y.c);
	assert_true(x.scale == y.scale);
	assert_int_equal(x.zero_point, y.zero_point);
	assert_int_equal(x.is_signed, y.is_signed);
	assert_int_equal(x.n_dims, y.n_dims);
	assert_int_equal(x.nchw, y.nchw);
	assert_int_equal(x.norm_channels, y.norm_channels);
	assert_true(x.norm_scale == y.norm_scale);
}

static void assert_same_segments(const struct lwm_package *a,
				 const struct lwm_package *b)
{
	uint32_t i;

	assert_int_equal(a->n_segments, b->n_segments);
	for (i = 0; i < a->n_segments; i++) {
		assert_int_equal(a->segments[i].offset, b->segments[i].offset);
		assert_int_equal(a->segments[i].size, b->segments[i].size);
	}
}

/* Only where one library wrote both. */
void lwm_rig_same_codings(const struct lwm_package *a,
			  const struct lwm_package *b)
{
	uint32_t i;

	for (i = 0; i < a->n_segments; i++) {
		assert_int_equal(a->segments[i].coding, b->segments[i].coding);
		assert_int_equal(a->segments[i].coded_size,
				 b->segments[i].coded_size);
	}
}

static void assert_same_layers(const struct lwm_package *a,
			       const struct lwm_package *b)
{
	uint32_t i;

	assert_int_equal(a->n_layers, b->n_layers);
	for (i = 0; i < a->n_layers; i++) {
		assert_string_equal(a->layers[i].name, b->layers[i].name);
		assert_int_equal(a->layers[i].first_op, b->layers[i].first_op);
		assert_int_equal(a->layers[i].n_ops, b->layers[i].n_ops);
		assert_int_equal(a->layers[i].macs, b->layers[i].macs);
		assert_int_equal(a->layers[i].nonzero_macs,
				 b->layers[i].nonzero_macs);
	}
}

void lwm_rig_same(const struct lwm_package *a, const struct lwm_package *b)
{
	const struct lw_program *p = &a->program, *q = &b->program;
	uint32_t i;

	assert_string_equal(a->source, b->source);
	assert_string_equal(a->producer, b->producer);
	assert_int_equal(p->n_ops, q->n_ops);
	assert_memory_equal(p->ops, q->ops, p->n_ops * LWNPU_OP_SIZE);
	assert_int_equal(p->weights_size, q->weights_size);
	assert_memory_equal(p->weights, q->weights, p->weights_size);
	assert_memory_equal(&p->info, &q->info, sizeof(p->info));
	assert_int_equal(a->n_inputs, b->n_inputs);
	for (i = 0; i < a->n_inputs; i++)
		assert_same_io(&a->inputs[i], &b->inputs[i]);
	assert_int_equal(a->n_outputs, b->n_outputs);
	for (i = 0; i < a->n_outputs; i++)
		assert_same_io(&a->outputs[i], &b->outputs[i]);
	assert_same_segments(a, b);
	assert_same_layers(a, b);
}

void lwm_rig_read(struct lwm_package *package, const void *data, size_t size)
{
	struct lwnpu_error error;

	if (lwm_read_memory(package, data, size, &error))
		fail_msg("%s", error.message);
	assert_int_equal((uintptr_t)package->program.weights % 64, 0);
}

void lwm_rig_refused(const void *data, size_t size)
{
	struct lwnpu_error error = { 0 };
	struct lwm_package package;
	int ret;

	memset(&package, 0x5a, sizeof(package));
	ret = lwm_read_memory(&package, data, size, &error);
	assert_true(ret == -EBADMSG || ret == -EOPNOTSUPP || ret == -EINVAL);
	assert_int_equal(error.code, ret);
	assert_true(strlen(error.message) > 5);
	assert_null(strchr(error.message, '\n'));
	assert_int_equal(((uint8_t *)&package)[0], 0x5a);
}

void lwm_rig_write(struct lwm_package *package,
		   const struct lwm_choice *choice, void **data, size_t *size)
{
	struct lwnpu_error error;

	if (lwm_write_memory(package, choice, data, size, &error))
		fail_msg("%s", error.message);
}
