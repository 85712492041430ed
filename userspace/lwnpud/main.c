// SPDX-License-Identifier: MIT
/* lwnpud: the engine of an lwnpu device, in a process. */
#include "daemon.h"
#include "log.h"

int main(int argc, char **argv)
{
	struct lwd_options options;
	struct lwnpu_error error;

	if (lwd_options_parse(&options, argc, argv, &error)) {
		lwd_log(LOG_ERR, "%s, see lwnpud --help", error.message);
		return LWD_USAGE;
	}
	return lwd_daemon_run(&options, lwd_ctl_ioctl);
}
