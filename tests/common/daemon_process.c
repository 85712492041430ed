// SPDX-License-Identifier: MIT
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon_process.h"
#include "drm_node.h"
#include "../../userspace/lwctl/lwctl.h"

pid_t lw_daemon_start(const char *lwnpud, const char *engine, const char *jobs,
		      const char *log)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	if (log && !freopen(log, "w", stderr))
		_exit(127);
	execl(lwnpud, "lwnpud", "--remove", "--jobs", jobs, "--engine", engine,
	      NULL);
	perror(lwnpud);
	_exit(127);
}

bool lw_daemon_has_ended(pid_t daemon)
{
	siginfo_t info = { 0 };

	return waitid(P_PID, daemon, &info, WEXITED | WNOHANG | WNOWAIT) ||
	       info.si_pid == daemon;
}

bool lw_daemon_wait_node(pid_t daemon)
{
	double end = lw_seconds() + LW_PATIENCE_S;
	char path[LW_DRM_PATH_SIZE];

	while (!lw_drm_node_default(path, sizeof(path))) {
		if (lw_seconds() > end || lw_daemon_has_ended(daemon))
			return false;
		usleep(1000);
	}
	return true;
}

bool lw_daemon_stop(pid_t daemon)
{
	char path[LW_DRM_PATH_SIZE], text[64];
	int status = -1;

	kill(daemon, SIGTERM);
	waitpid(daemon, &status, 0);
	if (status)
		printf("# the daemon's status is %#x\n", status);
	return !status && !lw_drm_node_default(path, sizeof(path)) &&
	       lw_read_text(LW_MODULE "refcnt", text, sizeof(text)) &&
	       !strcmp(text, "0\n");
}

bool lw_read_text(const char *path, char *text, size_t size)
{
	FILE *file = fopen(path, "re");

	if (!file)
		return false;
	text[fread(text, 1, size - 1, file)] = '\0';
	fclose(file);
	return true;
}

bool lw_write_text(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");
	bool good = file && fputs(text, file) >= 0;

	return file && !fclose(file) && good;
}
