/* SPDX-License-Identifier: MIT */
/*
 * Tasks: jobs as devices see them, run asynchronously. Engines that wait for
 * each run have their tasks run by threads of the library, see pool.h.
 */
#ifndef LW_TASK_H
#define LW_TASK_H

#include "engine.h"

/**
 * struct lw_outcome - how a task ended
 * @result: its status is that of a job that is complete
 * @error: code 0 if it is done
 */
struct lw_outcome {
	struct lwnpu_job_result result;
	struct lwnpu_error error;
};

/**
 * struct lw_task - a program with the buffers of one run
 * @loaded: the program, of lw_engine_ops.load
 * @bindings: as lw_engine_ops.run
 * @deadline: as lwnpu_job_set_deadline()
 * @outcome: filled in when it is complete
 * @state: of who runs it
 */
struct lw_task {
	void *loaded;
	const struct lw_binding *bindings;
	int64_t deadline;
	struct lw_outcome outcome;
	void *state;
};

/**
 * struct lw_task_ops - who runs tasks
 * @init: prepare a task, whose @loaded and @bindings are set
 * @exit: the reverse; it is not pending
 * @submit: as lwnpu_submit(), with tasks of which none is pending
 * @wait: until a submitted task is complete, with a timeout as
 *	lwnpu_job_wait(): 0, its outcome is there, or -ETIMEDOUT
 * @cancel: as lwnpu_job_cancel(), of a submitted task
 * @fd: as lwnpu_job_fd(), of a submitted task
 *
 * All may be called by several threads at once, also for the same task, but
 * for @init, @exit and @submit: then nobody else uses it.
 */
struct lw_task_ops {
	int (*init)(void *runner, struct lw_task *task,
		    struct lwnpu_error *error);
	void (*exit)(void *runner, struct lw_task *task);
	int (*submit)(void *runner, struct lw_task *const *tasks,
		      unsigned int n, enum lwnpu_priority priority,
		      struct lwnpu_error *error);
	int (*wait)(void *runner, struct lw_task *task, int64_t timeout);
	int (*cancel)(void *runner, struct lw_task *task,
		      struct lwnpu_error *error);
	int (*fd)(void *runner, struct lw_task *task,
		  struct lwnpu_error *error);
};

/**
 * lw_task_end() - fill in the outcome of a task, but for its times
 * @task: pending
 * @status: what has become of it
 * @code: 0 or a negative errno value; the outcome's error has its message
 */
static inline void lw_task_end(struct lw_task *task,
			       enum lwnpu_job_status status, int code)
{
	task->outcome.result.status = status;
	task->outcome.result.error = code;
	task->outcome.error.code = code;
}

#endif /* LW_TASK_H */
