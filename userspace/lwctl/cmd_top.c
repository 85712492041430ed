// SPDX-License-Identifier: MIT
/* lwctl top: who uses the devices. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "lwctl.h"
#include "usage.h"

#define DEFAULT_INTERVAL 1.0f
#define MAX_INTERVAL 3600.0f

enum { KEY_INTERVAL = 1 };

static const struct argp_option options[] = {
	{ "interval", KEY_INTERVAL, "SECONDS", 0,
	  "Between two looks; printed once, how busy devices are meanwhile",
	  0 },
	{ 0 }
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	float *interval = state->input;

	switch (key) {
	case ARGP_KEY_ARG:
		return lwctl_usage("top: \"%s\", expected no argument", arg);
	case KEY_INTERVAL:
		if (!lwctl_parse_number(arg, interval) || *interval <= 0 ||
		    *interval > MAX_INTERVAL)
			return lwctl_usage("--interval: \"%s\", expected a number above 0, at most %.0f",
					   arg, MAX_INTERVAL);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void print_size(uint64_t bytes)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB" };
	double size = bytes / 1024.0;
	int unit = 0;

	while (size >= 1024 && unit < 3) {
		size /= 1024;
		unit++;
	}
	printf("%8.1f %s", size, units[unit]);
}

static void print_process(const struct lw_usage *usage)
{
	printf("%7d %5.0f:%05.2f %10llu ", usage->pid,
	       floor(usage->sum.engine_ns / 60e9),
	       floor(fmod(usage->sum.engine_ns / 1e9, 60) * 100) / 100,
	       (unsigned long long)usage->sum.jobs);
	if (usage->busy < 0)
		printf("%6s ", "-");
	else
		printf("%6.1f ", 100 * usage->busy);
	print_size(usage->sum.memory);
	printf("  ");
	lwctl_print_name(usage->command);
	printf("\n");
}

static int print_text(const struct lw_usages *usages)
{
	printf("%7s %11s %10s %6s %12s  %s\n", "PID", "TIME", "JOBS", "BUSY%",
	       "MEMORY", "COMMAND");
	for (size_t i = 0; i < usages->n; i++)
		print_process(&usages->process[i]);
	return LWCTL_OK;
}

static json_t *json_of_process(const struct lw_usage *usage)
{
	json_t *process;

	process = json_pack("{s:i, s:o, s:i, s:I, s:I, s:I, s:I}", "pid",
			    usage->pid, "command",
			    lwctl_json_string(usage->command), "clients",
			    (int)usage->clients, "engine_ns",
			    (json_int_t)usage->sum.engine_ns, "jobs",
			    (json_int_t)usage->sum.jobs, "memory",
			    (json_int_t)usage->sum.memory, "resident",
			    (json_int_t)usage->sum.resident);
	if (usage->busy >= 0)
		lwctl_json_set(process, "busy", json_real(usage->busy));
	return process;
}

static int print_json(const struct lw_usages *usages)
{
	json_t *array = json_array();

	for (size_t i = 0; i < usages->n; i++)
		lwctl_json_append(array, json_of_process(&usages->process[i]));
	return lwctl_print_json(json_pack("{s:o}", "processes", array));
}

static void pause_for(float seconds)
{
	struct timespec left = {
		.tv_sec = seconds,
		.tv_nsec = (seconds - (int)seconds) * 1e9f,
	};

	while (nanosleep(&left, &left) && errno == EINTR)
		;
}

/* Replaces @last by a new look. */
static int look_again(struct lw_usages *last, struct lwnpu_error *error)
{
	struct lw_usages now;
	int ret = lw_usage_scan(&now, "/proc", error);

	if (ret)
		return ret;
	lw_usage_compare(&now, last);
	free(last->process);
	*last = now;
	return 0;
}

static int print_once(struct lw_usages *usages)
{
	lw_usage_sort(usages);
	return lwctl_json() ? print_json(usages) : print_text(usages);
}

/* Until the user stops it, or the terminal is gone. */
static int refresh(struct lw_usages *usages, float interval,
		   struct lwnpu_error *error)
{
	int ret = 0;

	while (!ret) {
		fputs("\033[H\033[J", stdout);
		print_once(usages);
		if (lwctl_flush())
			return -EPIPE;
		pause_for(interval);
		ret = look_again(usages, error);
	}
	return ret;
}

static int run(int argc, char **argv)
{
	struct lw_usages usages = { 0 };
	struct lwnpu_error error = { 0 };
	float interval = 0;
	int ret, status;

	status = lwctl_parse(&lwctl_top, argc, argv, &interval);
	if (status)
		return status;
	ret = lw_usage_scan(&usages, "/proc", &error);
	if (!ret && !lwctl_json() && isatty(STDOUT_FILENO))
		ret = refresh(&usages, interval ? interval : DEFAULT_INTERVAL,
			      &error);
	else if (!ret && interval) {
		pause_for(interval);
		ret = look_again(&usages, &error);
	}
	if (ret)
		status = error.code ? lwctl_fail(LWCTL_FAILED, &error) :
				      LWCTL_FAILED;
	else
		status = print_once(&usages);
	free(usages.process);
	return status;
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.doc = "Show which processes use devices, as root those of everybody.",
};

const struct lwctl_command lwctl_top = {
	.name = "top",
	.text = "show which processes use devices",
	.argp = &argp,
	.run = run,
};
