// SPDX-License-Identifier: MIT
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "log.h"
#include "options.h"
#include "work.h"

/* Two share an idle processor well, and the caches of a single one badly. */
#define DEFAULT_JOBS 2
#define DEFAULT_MEMORY_MIB 1024

static const char help[] =
"Usage: lwnpud [OPTION...]\n"
"Run the jobs of an lwnpu device on OpenCL or in plain C.\n"
"\n"
"  -e, --engine=ENGINE  opencl, opencl:CHOICE (a number of \"lwctl devices\", or\n"
"                       part of a name) or ref; opencl by default\n"
"  -j, --jobs=N         jobs at once, 1 to %u; by default %u, and 1 where there\n"
"                       is one processor\n"
"  -m, --memory=MIB     of loaded programs; %u by default\n"
"  -c, --control=PATH   the driver's control file; /dev/lwnpu-ctl by default\n"
"      --remove         take the device away at the end; else it waits for\n"
"                       another daemon, and so do its jobs\n"
"      --foreground     stay in the foreground, as always\n"
"  -v, --verbose        say why jobs fail\n"
"  -h, --help           print this\n"
"  -V, --version        print the version\n"
"\n"
"Exit status: 0 stopped by SIGTERM, SIGINT or SIGHUP; 1 failed; 2 the command\n"
"line is wrong. lwnpud(8) explains more.\n";

enum { OPTION_REMOVE = 256, OPTION_FOREGROUND };

static const struct option long_options[] = {
	{ "engine", required_argument, NULL, 'e' },
	{ "jobs", required_argument, NULL, 'j' },
	{ "memory", required_argument, NULL, 'm' },
	{ "control", required_argument, NULL, 'c' },
	{ "remove", no_argument, NULL, OPTION_REMOVE },
	{ "foreground", no_argument, NULL, OPTION_FOREGROUND },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ 0 }
};

static int parse_number(const char *text, const char *name, uint64_t max,
			uint64_t *number, struct lwnpu_error *error)
{
	char *end;

	errno = 0;
	*number = strtoull(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end || errno || !*number ||
	    *number > max)
		return lw_fail(error, -EINVAL,
			       "--%s: \"%.32s\", expected a number from 1 to %llu",
			       name, text, (unsigned long long)max);
	return 0;
}

static void print_and_exit(void)
{
	exit(fflush(stdout) ? LWD_FAILED : LWD_STOPPED);
}

static int parse_option(struct lwd_options *options, int key,
			struct lwnpu_error *error)
{
	uint64_t number;
	int ret = 0;

	switch (key) {
	case 'e':
		options->engine = optarg;
		break;
	case 'c':
		options->control = optarg;
		break;
	case 'j':
		ret = parse_number(optarg, "jobs", LWD_MAX_LANES, &number,
				   error);
		options->jobs = number;
		break;
	case 'm':
		ret = parse_number(optarg, "memory", SIZE_MAX >> 20, &number,
				   error);
		options->memory = number << 20;
		break;
	case OPTION_REMOVE:
		options->remove = true;
		break;
	case OPTION_FOREGROUND:
		break;
	case 'v':
		lwd_log_verbose(true);
		break;
	case 'h':
		printf(help, LWD_MAX_LANES, DEFAULT_JOBS, DEFAULT_MEMORY_MIB);
		print_and_exit();
		break;
	case 'V':
		puts("lwnpud " LWNPU_VERSION);
		print_and_exit();
		break;
	}
	return ret;
}

int lwd_options_parse(struct lwd_options *options, int argc, char **argv,
		      struct lwnpu_error *error)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	int key, ret = 0;

	*options = (struct lwd_options) {
		.engine = "opencl",
		.control = "/dev/lwnpu-ctl",
		.jobs = processors == 1 ? 1 : DEFAULT_JOBS,
		.memory = (size_t)DEFAULT_MEMORY_MIB << 20,
	};
	opterr = 0;
	while (!ret && (key = getopt_long(argc, argv, ":e:j:m:c:vhV",
					  long_options, NULL)) != -1) {
		if (key == ':' || key == '?')
			return lw_fail(error, -EINVAL,
				       "%.64s: unknown option, or it lacks its value",
				       argv[optind - 1]);
		ret = parse_option(options, key, error);
	}
	if (!ret && optind < argc)
		ret = lw_fail(error, -EINVAL,
			      "\"%.64s\": expected no argument", argv[optind]);
	return ret;
}
