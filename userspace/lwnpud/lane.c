// SPDX-License-Identifier: MIT
/* Engines. A device of the driver is none: the daemon would serve itself. */
#include <string.h>

#include "work.h"

static const struct lw_engine_ops *const engines[] = {
	&lw_ref_engine,
	&lw_opencl_engine,
};

static const struct lw_engine_ops *find_engine(const char *name, size_t length)
{
	for (size_t i = 0; i < sizeof(engines) / sizeof(engines[0]); i++)
		if (strlen(engines[i]->name) == length &&
		    !memcmp(engines[i]->name, name, length))
			return engines[i];
	return NULL;
}

int lwd_lane_open(struct lwd_lane *lane, const char *engine, size_t budget,
		  struct lwnpu_error *error)
{
	size_t length = strcspn(engine, ":");
	struct lwd_programs *programs = &lane->programs;
	int ret;

	memset(lane, 0, sizeof(*lane));
	pthread_mutex_init(&lane->engine_lock, NULL);
	programs->budget = budget;
	programs->ops = find_engine(engine, length);
	if (!programs->ops)
		return lw_fail(error, -EINVAL,
			       "no engine \"%.64s\": expected ref, opencl or opencl:CHOICE",
			       engine);
	ret = programs->ops->open(&programs->engine,
				  engine[length] ? engine + length + 1 : NULL,
				  error);
	if (ret || !programs->ops->prepare)
		return ret;
	/* Jobs have a time limit, and no time for a compiler. */
	ret = programs->ops->prepare(programs->engine, error);
	if (ret)
		programs->ops->close(programs->engine);
	return ret;
}

void lwd_lane_close(struct lwd_lane *lane)
{
	struct lwd_programs *programs = &lane->programs;

	lwd_programs_clear(programs);
	programs->ops->close(programs->engine);
	pthread_mutex_destroy(&lane->engine_lock);
	memset(lane, 0, sizeof(*lane));
}
