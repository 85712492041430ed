// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "check_fixture.h"
#include "lwd_rig.h"

static void ignore(int signal)
{
	(void)signal;
}

void lwd_rig_open(struct lwd_rig *rig, uint32_t n_lanes, size_t memory)
{
	struct sigaction wake = { .sa_handler = ignore };

	sigaction(LWD_WAKE_SIGNAL, &wake, NULL);
	memset(rig, 0, sizeof(*rig));
	rig->kernel = ctl_kernel_open(LWD_RIG_RING);
	rig->ctl.fd = rig->kernel->fd;
	rig->ctl.ioctl = ctl_kernel_ioctl;
	for (; rig->n_lanes < n_lanes; rig->n_lanes++)
		assert_int_equal(lwd_lane_open(&rig->lanes[rig->n_lanes],
					       "ref", memory, NULL), 0);
}

void lwd_rig_start(struct lwd_rig *rig)
{
	struct lwnpu_ctl_start start = { .capacity = LWD_RIG_RING,
					 .depth = LWD_RIG_RING };
	struct lwnpu_error error;

	if (lwd_work_start(&rig->work, &rig->ctl, &start, rig->lanes,
			   rig->n_lanes, -1, &error))
		fail_msg("%s", error.message);
}

void lwd_rig_stop(struct lwd_rig *rig)
{
	assert_true(lwd_work_stop(&rig->work, 10000));
	lwd_work_release(&rig->work);
}

void lwd_rig_close(struct lwd_rig *rig)
{
	while (rig->n_lanes)
		lwd_lane_close(&rig->lanes[--rig->n_lanes]);
	ctl_kernel_close(rig->kernel);
}

uint64_t lwd_lut_program(struct ctl_kernel *kernel, uint8_t add)
{
	struct lwnpu_op op = {
		.opcode = LWNPU_OP_LUT, .in[0] = tensor(2, 1, 64, 4),
		.out = tensor(3, 1, 64, 4),
	};
	uint8_t table[256];

	for (int i = 0; i < 256; i++)
		table[i] = i + add;
	return ctl_kernel_program(kernel, &op, 1, table, sizeof(table));
}

struct lwnpu_ctl_record lwd_lut_job(uint64_t program, uint64_t in,
				    uint64_t out)
{
	return (struct lwnpu_ctl_record) {
		.n_bindings = 2, .program = program, .priority = 1,
		.deadline_ns = INT64_MAX,
		.binding[0] = { .buffer = in, .size = LWD_LUT_SIZE,
				.region = 2, .direction = LWNPU_IN },
		.binding[1] = { .buffer = out, .size = LWD_LUT_SIZE,
				.region = 3, .direction = LWNPU_OUT },
	};
}

struct lwd_lut *lwd_lut_open(uint32_t n_lanes)
{
	struct lwd_lut *lut = calloc(1, sizeof(*lut));
	struct ctl_kernel *kernel;
	uint64_t in, out;

	assert_non_null(lut);
	lwd_rig_open(&lut->rig, n_lanes, LWD_RIG_MEMORY);
	kernel = lut->rig.kernel;
	in = ctl_kernel_buffer(kernel, LWD_LUT_SIZE);
	out = ctl_kernel_buffer(kernel, LWD_LUT_SIZE);
	lut->job = lwd_lut_job(lwd_lut_program(kernel, 1), in, out);
	lut->in = kernel->object[in].data;
	lut->out = kernel->object[out].data;
	return lut;
}

void lwd_lut_close(struct lwd_lut *lut)
{
	lwd_rig_close(&lut->rig);
	free(lut);
}

void lwd_rig_expect(struct ctl_kernel *kernel, uint64_t job, int error)
{
	const struct lwnpu_ctl_completion *completion =
		ctl_kernel_wait(kernel, job);

	assert_non_null(completion);
	assert_int_equal(completion->error, error);
	assert_int_equal(completion->op, LWD_NO_OP);
}

void lwd_lut_expect(struct lwd_lut *lut)
{
	struct ctl_kernel *kernel = lut->rig.kernel;

	for (int i = 0; i < LWD_LUT_SIZE; i++)
		lut->in[i] = i;
	memset(lut->out, 0, LWD_LUT_SIZE);
	lwd_rig_expect(kernel, ctl_kernel_submit(kernel, &lut->job), 0);
	for (int i = 0; i < LWD_LUT_SIZE; i++)
		assert_int_equal(lut->out[i], (uint8_t)(i + 1));
}
