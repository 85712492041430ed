/* SPDX-License-Identifier: MIT */
/* Each test has a pretended kernel of its own, and must leave nothing in it. */
#ifndef DRM_RIG_H
#define DRM_RIG_H

#include "fake_drm.h"
#include "trial.h"

#define DRM_RIG_NODE "/dev/accel/accel0"

/* The test's setup and teardown. */
int drm_rig_start(void **state);
int drm_rig_stop(void **state);

/* Opens the node; fails the test if that fails. */
void *drm_rig_open(void);

/*
 * A random program with its buffers; @seed chooses which are the device's own.
 * The test fails if it is not taken.
 */
void drm_rig_open_trial(struct lw_trial *trial, void *engine,
			struct lw_program *program, uint64_t seed);

#define DRM_RIG_TEST(function) \
	cmocka_unit_test_setup_teardown(function, drm_rig_start, drm_rig_stop)

#endif /* DRM_RIG_H */
