// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "daemon.h"
#include "log.h"
#include "notify.h"
#include "work.h"

/* How long a stop waits for the jobs at work. */
#define DRAIN_MS 60000

/* Between attempts to start a device that was removed. */
#define RESTART_MS 1000

/* How often to see whether the device is still there. */
#define PROBE_MS 5000

/* Short jobs are told of together, if there are several at hand. */
#define JOBS_AT_HAND 16

/**
 * struct daemon - all of it
 * @options: what is wanted
 * @ctl: control file, open while a device is started
 * @lanes: as many as jobs at once
 * @n_lanes: how many are open
 * @work: the device and its threads
 * @event: eventfd of @work
 */
struct daemon {
	const struct lwd_options *options;
	struct lwd_ctl ctl;
	struct lwd_lane *lanes;
	uint32_t n_lanes;
	struct lwd_work work;
	int event;
};

/* Why the daemon waits no longer. */
enum cause { STOP_WANTED, DEVICE_LOST, TIME_PASSED };

/* eventfd, for the handler of signals; libraries' threads may get them. */
static int stop_event = -1;

static void ask_to_stop(int signal)
{
	uint64_t one = 1;
	int saved = errno;

	(void)signal;
	if (write(stop_event, &one, sizeof(one)) < 0)
		_exit(LWD_FAILED);
	errno = saved;
}

/* The kernel takes the memory of jobs that are at work, see lwnpud(8). */
static void die_without_memory(int signal)
{
	static const char text[] =
		"<3>lwnpud: cut off by the kernel: a job hung, or the device is gone\n";
	size_t prefix = isatty(STDERR_FILENO) ? strlen("<3>") : 0;

	(void)signal;
	if (write(STDERR_FILENO, text + prefix, sizeof(text) - 1 - prefix) < 0)
		_exit(LWD_FAILED);
	_exit(LWD_FAILED);
}

static void ignore(int signal)
{
	(void)signal;
}

static int open_signals(struct daemon *daemon, struct lwnpu_error *error)
{
	static const int stops[] = { SIGTERM, SIGINT, SIGHUP };
	struct sigaction stop = { .sa_handler = ask_to_stop,
				  .sa_flags = SA_RESTART };
	struct sigaction wake = { .sa_handler = ignore };
	struct sigaction bus = { .sa_handler = die_without_memory };
	sigset_t set;

	daemon->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	stop_event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (daemon->event < 0 || stop_event < 0)
		return lw_fail(error, -errno, "eventfd: %m");
	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(stops) / sizeof(stops[0]); i++) {
		sigaction(stops[i], &stop, NULL);
		sigaddset(&set, stops[i]);
	}
	sigaction(LWD_WAKE_SIGNAL, &wake, NULL);
	sigaction(SIGBUS, &bus, NULL);
	signal(SIGPIPE, SIG_IGN);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	return 0;
}

/* A signal that comes from now on has its usual effect. */
static void close_signals(void)
{
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	if (stop_event >= 0)
		close(stop_event);
	stop_event = -1;
}

static int open_lanes(struct daemon *daemon, struct lwnpu_error *error)
{
	const struct lwd_options *options = daemon->options;
	int ret = 0;

	daemon->lanes = calloc(options->jobs, sizeof(*daemon->lanes));
	if (!daemon->lanes)
		return lw_fail(error, -ENOMEM, "out of memory for engines");
	while (daemon->n_lanes < options->jobs && !ret) {
		ret = lwd_lane_open(&daemon->lanes[daemon->n_lanes],
				    options->engine,
				    options->memory / options->jobs, error);
		daemon->n_lanes += !ret;
	}
	return ret;
}

static void close_daemon(struct daemon *daemon)
{
	while (daemon->n_lanes)
		lwd_lane_close(&daemon->lanes[--daemon->n_lanes]);
	free(daemon->lanes);
	if (daemon->event >= 0)
		close(daemon->event);
	close_signals();
}

static void describe(const struct daemon *daemon, struct lwnpu_ctl_start *start)
{
	const struct lwd_programs *programs = &daemon->lanes[0].programs;
	struct lwnpu_device_info info;

	memset(start, 0, sizeof(*start));
#define LWNPU_OP(name, NAME, number, tensors, doc) \
	start->ops |= 1ULL << (number);
#define LWNPU_FIELD(name, type, field, role, min, max, doc)
#define LWNPU_END(name, NAME)
#include "lwnpu_ops.def"
#undef LWNPU_OP
#undef LWNPU_FIELD
#undef LWNPU_END
	start->capacity = daemon->n_lanes;
	start->depth = daemon->n_lanes + JOBS_AT_HAND;
	programs->ops->describe(programs->engine, &info);
	snprintf((char *)start->name, sizeof(start->name), "%s",
		 programs->ops->name);
	snprintf((char *)start->description, sizeof(start->description),
		 "%.95s", info.description);
}

static int start_device(struct daemon *daemon, struct lwnpu_error *error)
{
	const char *path = daemon->options->control;
	struct lwnpu_ctl_start start;
	int ret;

	daemon->ctl.fd = open(path, O_RDWR | O_CLOEXEC);
	if (daemon->ctl.fd < 0)
		return lw_fail(error, -errno, "%s: %m%s", path,
			       errno == ENOENT ?
			       ", is the module lwnpu loaded?" : "");
	describe(daemon, &start);
	ret = lwd_work_start(&daemon->work, &daemon->ctl, &start,
			     daemon->lanes, daemon->n_lanes, daemon->event,
			     error);
	if (ret) {
		close(daemon->ctl.fd);
		return lw_fail_at(error, path);
	}
	start = daemon->work.ring.start;
	lwd_log(LOG_NOTICE, "accel%u %s: %s, %u jobs at once", start.minor,
		start.taken_over ? "taken over" : "started",
		(const char *)start.description, daemon->n_lanes);
	return 0;
}

/* Return: false if jobs are at work that do not end. */
static bool stop_device(struct daemon *daemon, bool remove)
{
	struct lwd_ctl *ctl = &daemon->ctl;
	int ret = 0;

	if (!lwd_work_stop(&daemon->work, DRAIN_MS))
		return false;
	if (remove)
		ret = ctl->ioctl(ctl->fd, LWNPU_CTL_STOP, NULL);
	if (ret)
		lwd_log(LOG_WARNING, "STOP: %s", strerror(-ret));
	lwd_work_release(&daemon->work);
	close(ctl->fd);
	return true;
}

static void report(struct daemon *daemon, struct lwd_summary *summary)
{
	lwd_work_summary(&daemon->work, summary);
	lwd_notify("WATCHDOG=1\nSTATUS=%s: %llu jobs done, %llu failed, %u at work\n",
		   daemon->options->engine, (unsigned long long)summary->done,
		   (unsigned long long)summary->failed, summary->running);
}

static void drain_event(const struct daemon *daemon)
{
	uint64_t count;

	if (read(daemon->event, &count, sizeof(count)) < 0 && errno != EAGAIN)
		lwd_log(LOG_ERR, "eventfd: %m");
}

static enum cause wait_for_news(struct daemon *daemon, int timeout_ms)
{
	struct pollfd fds[] = {
		{ .fd = stop_event, .events = POLLIN },
		{ .fd = daemon->event, .events = POLLIN },
	};

	if (poll(fds, 2, timeout_ms) < 0 && errno != EINTR)
		lwd_log(LOG_ERR, "poll: %m");
	if (fds[0].revents)
		return STOP_WANTED;
	if (fds[1].revents)
		return DEVICE_LOST;
	return TIME_PASSED;
}

static enum cause watch_device(struct daemon *daemon,
			       struct lwd_summary *summary)
{
	int interval = lwd_notify_interval();
	enum cause cause;

	if (interval < 0 || interval > PROBE_MS)
		interval = PROBE_MS;
	do {
		lwd_work_probe(&daemon->work);
		report(daemon, summary);
		cause = wait_for_news(daemon, interval);
	} while (cause == TIME_PASSED);
	drain_event(daemon);
	lwd_work_summary(&daemon->work, summary);
	return cause;
}

/* Return: an exit status, or -ENODEV: the device was removed. */
static int serve_device(struct daemon *daemon)
{
	struct lwd_summary summary;
	bool wanted;

	lwd_notify("READY=1\n");
	wanted = watch_device(daemon, &summary) == STOP_WANTED;
	if (wanted) {
		lwd_notify("STOPPING=1\n");
	} else if (summary.error == -ESHUTDOWN) {
		/* A job hangs, and nothing but the end ends its thread. */
		lwd_log(LOG_ERR, "cut off by the kernel: a job hung");
		_exit(LWD_FAILED);
	} else {
		lwd_log(summary.error == -ENODEV ? LOG_WARNING : LOG_ERR,
			"the device is lost: %s", strerror(-summary.error));
	}
	if (!stop_device(daemon, wanted && daemon->options->remove)) {
		lwd_log(LOG_ERR, "jobs at work do not end");
		_exit(LWD_FAILED);
	}
	lwd_log(LOG_NOTICE, "%llu jobs done, %llu failed",
		(unsigned long long)summary.done,
		(unsigned long long)summary.failed);
	if (wanted)
		return LWD_STOPPED;
	return summary.error == -ENODEV ? -ENODEV : LWD_FAILED;
}

/* The administrator may have removed the device for a while only. */
static int restart_device(struct daemon *daemon, struct lwnpu_error *error)
{
	int ret = 0;

	do {
		lwd_notify("WATCHDOG=1\nSTATUS=%s: waiting for a device\n",
			   daemon->options->engine);
		if (wait_for_news(daemon, RESTART_MS) == STOP_WANTED)
			return LWD_STOPPED;
		ret = start_device(daemon, error);
		if (ret)
			lwd_log(LOG_DEBUG, "%s", error->message);
	} while (ret);
	return serve_device(daemon);
}

static int serve(struct daemon *daemon, struct lwnpu_error *error)
{
	int ret = open_signals(daemon, error);

	if (!ret)
		ret = open_lanes(daemon, error);
	if (!ret)
		ret = start_device(daemon, error);
	if (ret) {
		lwd_log(LOG_ERR, "%s", error->message);
		return LWD_FAILED;
	}
	ret = serve_device(daemon);
	while (ret == -ENODEV)
		ret = restart_device(daemon, error);
	return ret;
}

int lwd_daemon_run(const struct lwd_options *options,
		   int (*ioctl)(int fd, unsigned long request, void *argument))
{
	struct daemon *daemon = calloc(1, sizeof(*daemon));
	struct lwnpu_error error;
	int status;

	if (!daemon) {
		lwd_log(LOG_ERR, "out of memory");
		return LWD_FAILED;
	}
	daemon->options = options;
	daemon->ctl.ioctl = ioctl;
	daemon->event = -1;
	status = serve(daemon, &error);
	close_daemon(daemon);
	free(daemon);
	return status;
}
