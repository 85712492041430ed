// SPDX-License-Identifier: MIT
#include <string.h>
#include <time.h>

#include "job.h"

/**
 * struct bound - the buffers of a job
 * @binding: per region, as engines want them
 * @buffer: per region, what is behind it
 * @is_new: some of it was got for this job
 */
struct bound {
	struct lw_binding binding[LWNPU_REGION_MAX];
	struct lwd_buffer *buffer[LWNPU_REGION_MAX];
	bool is_new;
};

int64_t lwd_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static int check_binding(const struct lwnpu_ctl_binding *binding,
			 const struct lwnpu_program_info *info,
			 const struct bound *bound, struct lwnpu_error *error)
{
	const struct lwnpu_region_info *region;

	if (binding->region < LWNPU_REGION_IO ||
	    binding->region >= info->n_regions)
		return lw_fail(error, -EINVAL,
			       "region %u: expected %u to %u", binding->region,
			       LWNPU_REGION_IO, info->n_regions - 1);
	region = &info->region[binding->region];
	if (bound->buffer[binding->region])
		return lw_fail(error, -EINVAL, "region %u: bound twice",
			       binding->region);
	if (binding->direction != region->direction)
		return lw_fail(error, -EINVAL,
			       "region %u: direction %u, expected %u",
			       binding->region, binding->direction,
			       region->direction);
	if (binding->size < region->size)
		return lw_fail(error, -EINVAL,
			       "region %u: %llu bytes, expected at least %llu",
			       binding->region,
			       (unsigned long long)binding->size,
			       (unsigned long long)region->size);
	return 0;
}

static int bind(struct bound *bound, const struct lwnpu_ctl_binding *binding,
		uint64_t job, struct lwd_ctl *ctl, struct lwd_buffers *buffers,
		struct lwnpu_error *error)
{
	struct lwd_buffer *buffer;
	size_t end;
	int ret = lwd_buffers_get(buffers, ctl, job, binding->buffer,
				  binding->direction == LWNPU_OUT, &buffer,
				  error);

	if (ret < 0)
		return ret;
	bound->is_new |= ret > 0;
	bound->buffer[binding->region] = buffer;
	if (lw_add(binding->offset, binding->size, &end) || end > buffer->size)
		return lw_fail(error, -EOVERFLOW,
			       "region %u: %llu bytes at %llu of a buffer of %zu",
			       binding->region,
			       (unsigned long long)binding->size,
			       (unsigned long long)binding->offset,
			       buffer->size);
	bound->binding[binding->region] = (struct lw_binding) {
		.data = buffer->data + binding->offset,
		.size = binding->size,
	};
	return 0;
}

static int check_complete(const struct bound *bound,
			  const struct lwnpu_program_info *info,
			  struct lwnpu_error *error)
{
	for (uint32_t r = LWNPU_REGION_IO; r < info->n_regions; r++)
		if (info->region[r].direction != LWNPU_UNUSED &&
		    !bound->buffer[r])
			return lw_fail(error, -EINVAL,
				       "region %u: no buffer is bound", r);
	return 0;
}

static int bind_all(struct bound *bound, const struct lwnpu_ctl_record *record,
		    const struct lwnpu_program_info *info, struct lwd_ctl *ctl,
		    struct lwd_buffers *buffers, struct lwnpu_error *error)
{
	int ret = 0;

	if (record->n_bindings > LWNPU_CTL_MAX_BINDINGS)
		return lw_fail(error, -EINVAL, "%u bindings, expected at most %u",
			       record->n_bindings, LWNPU_CTL_MAX_BINDINGS);
	for (uint32_t i = 0; i < record->n_bindings && !ret; i++) {
		const struct lwnpu_ctl_binding *binding = &record->binding[i];

		ret = check_binding(binding, info, bound, error);
		if (!ret)
			ret = bind(bound, binding, record->id, ctl, buffers,
				   error);
	}
	return ret ? ret : check_complete(bound, info, error);
}

static void unbind_all(struct bound *bound, struct lwd_buffers *buffers)
{
	for (uint32_t r = LWNPU_REGION_IO; r < LWNPU_REGION_MAX; r++)
		if (bound->buffer[r])
			lwd_buffers_put(buffers, bound->buffer[r]);
}

static int run_bound(const struct lwnpu_ctl_record *record,
		     const struct bound *bound,
		     const struct lwd_programs *programs,
		     const struct lwd_program *program, int64_t now,
		     struct lwnpu_ctl_completion *completion,
		     struct lwnpu_error *error)
{
	struct lw_run_result result = { 0 };
	int ret;

	/* Times are those of the engine alone, not of what is done once. */
	completion->start_ns = now && !bound->is_new ? now : lwd_now();
	if ((int64_t)completion->start_ns >= record->deadline_ns)
		return lw_fail(error, -ETIME, "its deadline has passed");
	ret = programs->ops->run(programs->engine, program->loaded,
				 bound->binding, &result, error);
	completion->gates = result.gates;
	return ret;
}

void lwd_job_run(const struct lwnpu_ctl_record *record, struct lwd_ctl *ctl,
		 struct lwd_programs *programs, struct lwd_buffers *buffers,
		 int64_t now, struct lwnpu_ctl_completion *completion,
		 struct lwnpu_error *error)
{
	struct bound bound = { 0 };
	struct lwd_program *program;
	int ret;

	memset(completion, 0, sizeof(*completion));
	completion->id = record->id;
	completion->op = LWD_NO_OP;
	ret = lwd_programs_get(programs, ctl, record->id, record->program,
			       &program, error);
	bound.is_new = ret > 0;
	if (ret >= 0)
		ret = bind_all(&bound, record, &program->info, ctl, buffers,
			       error);
	if (!ret)
		ret = run_bound(record, &bound, programs, program, now,
				completion, error);
	unbind_all(&bound, buffers);
	completion->error = ret;
}
