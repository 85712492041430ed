/* SPDX-License-Identifier: GPL-2.0-only */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM lwnpu

#if !defined(LWNPU_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define LWNPU_TRACE_H

#include <linux/tracepoint.h>

#include "lwnpu_job.h"

DECLARE_EVENT_CLASS(lwnpu_job,
	TP_PROTO(struct lwnpu_job *job),
	TP_ARGS(job),
	TP_STRUCT__entry(
		__field(u64, number)
		__field(u64, queue)
		__field(u64, id)
		__field(u32, attempts)
	),
	TP_fast_assign(
		__entry->number = job->number;
		__entry->queue = job->queue->number;
		__entry->id = job->id;
		__entry->attempts = job->attempts;
	),
	TP_printk("job=%llu queue=%llu id=%llu attempts=%u", __entry->number,
		  __entry->queue, __entry->id, __entry->attempts)
);

DEFINE_EVENT(lwnpu_job, lwnpu_job_submit,
	TP_PROTO(struct lwnpu_job *job), TP_ARGS(job));
DEFINE_EVENT(lwnpu_job, lwnpu_job_run,
	TP_PROTO(struct lwnpu_job *job), TP_ARGS(job));
DEFINE_EVENT(lwnpu_job, lwnpu_job_give,
	TP_PROTO(struct lwnpu_job *job), TP_ARGS(job));

TRACE_EVENT(lwnpu_job_done,
	TP_PROTO(struct lwnpu_job *job,
		 const struct drm_lwnpu_completion *completion),
	TP_ARGS(job, completion),
	TP_STRUCT__entry(
		__field(u64, number)
		__field(u64, queue)
		__field(u64, id)
		__field(u64, ns)
		__field(u32, status)
		__field(s32, error)
	),
	TP_fast_assign(
		__entry->number = job->number;
		__entry->queue = job->queue->number;
		__entry->id = job->id;
		__entry->ns = completion->start_ns ?
			      completion->end_ns - completion->start_ns : 0;
		__entry->status = completion->status;
		__entry->error = completion->error;
	),
	TP_printk("job=%llu queue=%llu id=%llu status=%u error=%d ns=%llu",
		  __entry->number, __entry->queue, __entry->id,
		  __entry->status, __entry->error, __entry->ns)
);

#endif /* LWNPU_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE lwnpu_trace
#include <trace/define_trace.h>
