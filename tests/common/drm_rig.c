// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "drm_rig.h"
#include "random_program.h"

int drm_rig_start(void **state)
{
	(void)state;
	unsetenv("LWNPU_DEVICE");
	fake_drm_start();
	return 0;
}

int drm_rig_stop(void **state)
{
	bool clean = fake_drm_is_clean();

	(void)state;
	fake_drm_stop();
	return clean ? 0 : -1;
}

void *drm_rig_open(void)
{
	struct lwnpu_error error;
	void *engine;

	if (lw_drm_engine.open(&engine, DRM_RIG_NODE, &error))
		fail_msg("%s", error.message);
	return engine;
}

void drm_rig_open_trial(struct lw_trial *trial, void *engine,
			struct lw_program *program, uint64_t seed)
{
	lw_random_program(program, seed);
	lw_trial_must_open(trial, &lw_drm_engine, engine, program, seed);
}
