// SPDX-License-Identifier: MIT
/* lwctl: pack models, run them, look into them. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lwctl.h"

static bool is_option(const char *word, const char *name, const char *letter)
{
	return !strcmp(word, name) || !strcmp(word, letter);
}

/*
 * A file that is opened must not become standard output or error because these
 * were closed. What is opened in their place refuses what they are for.
 */
static void hold_standard_files(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			open("/dev/null", fd ? O_RDONLY : O_WRONLY);
}

int main(int argc, char **argv)
{
	struct lwnpu_error error;
	int status;

	hold_standard_files();
	lwctl_look_for_json(argc, argv);
	if (argc < 2) {
		lw_fail(&error, -EINVAL, "no command given, see lwctl help");
		return lwctl_fail(LWCTL_USAGE, &error);
	}
	if (is_option(argv[1], "--help", "-h"))
		status = lwctl_print_help();
	else if (is_option(argv[1], "--version", "-V"))
		status = lwctl_print_version();
	else
		status = lwctl_run(argv[1], argc - 1, argv + 1);
	return status ? status : lwctl_flush();
}
