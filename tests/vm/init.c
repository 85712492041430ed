// SPDX-License-Identifier: MIT
/*
 * The first process of a lab's kernel: mounts what programs expect, loads the
 * modules, runs the command on the first serial line, marks its begin, end and
 * status in the kernel's log, and turns the machine off.
 *
 * Environment, from the kernel's command line:
 *   LAB        folder with "command", a shell script, and "modules", a list of
 *              files to load; both optional
 *   LAB_HOSTFS if set, LAB is made writable: it is the host's folder
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static const struct {
	const char *type, *target, *options;
} mounts[] = {
	{ "proc", "/proc", "" },
	{ "sysfs", "/sys", "" },
	{ "devtmpfs", "/dev", "" },
	{ "devpts", "/dev/pts", "" },
	{ "tmpfs", "/dev/shm", "" },
	{ "tmpfs", "/run", "mode=1777" },
	{ "debugfs", "/sys/kernel/debug", "" },
	{ "tracefs", "/sys/kernel/tracing", "" },
};

/* One line to the kernel's log, so that it has its place among others. */
static void say(const char *text)
{
	int fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		perror("/dev/kmsg");
	if (fd >= 0)
		close(fd);
}

static void mount_all(const char *lab)
{
	char text[256];

	for (size_t i = 0; i < sizeof(mounts) / sizeof(*mounts); i++) {
		mkdir(mounts[i].target, 0755);
		if (!mount(mounts[i].type, mounts[i].target, mounts[i].type, 0,
			   mounts[i].options) || errno == EBUSY)
			continue;
		snprintf(text, sizeof(text), "lab: no %s: %m\n",
			 mounts[i].target);
		say(text);
	}
	if (getenv("LAB_HOSTFS") && mount("none", lab, "hostfs", 0, lab))
		say("lab: the scratch folder is not writable\n");
}

static void load_module(const char *path)
{
	char text[512];
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || syscall(SYS_finit_module, fd, "", 0)) {
		snprintf(text, sizeof(text), "lab: %s: %m\n", path);
		say(text);
	}
	if (fd >= 0)
		close(fd);
}

static void load_modules(void)
{
	char path[256];
	FILE *list = fopen("modules", "re");

	if (!list)
		return;
	while (fgets(path, sizeof(path), list)) {
		path[strcspn(path, "\n")] = '\0';
		load_module(path);
	}
	fclose(list);
}

/* The serial line carries bytes as the command writes them. */
static int open_line(void)
{
	struct termios settings;
	int fd = open("/dev/ttyS0", O_RDWR | O_NOCTTY);

	if (fd < 0 || tcgetattr(fd, &settings))
		return fd;
	cfmakeraw(&settings);
	tcsetattr(fd, TCSANOW, &settings);
	return fd;
}

static void run_command(int line)
{
	setsid();
	for (int fd = 0; fd < 3; fd++)
		dup2(line, fd);
	if (line > 2)
		close(line);
	setenv("HOME", "/run", 1);
	setenv("TMPDIR", "/run", 1);
	setenv("PATH", "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
	execl("/bin/sh", "sh", "command", NULL);
	perror("/bin/sh");
	_exit(127);
}

/* Waits for the command, and reaps what others leave. */
static int wait_for(pid_t command)
{
	int status;
	pid_t pid;

	do {
		pid = wait(&status);
	} while (pid != command && (pid > 0 || errno == EINTR));
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	return 128 + WTERMSIG(status);
}

int main(void)
{
	const char *lab = getenv("LAB") ? : "/lab";
	char text[64];
	pid_t pid;
	int line;

	mount_all(lab);
	if (chdir(lab))
		say("lab: no folder\n");
	load_modules();
	say("lab: begin\n");
	line = open_line();
	pid = fork();
	if (!pid)
		run_command(line);
	snprintf(text, sizeof(text), "lab: end, status %d\n", wait_for(pid));
	if (line >= 0)
		tcdrain(line);
	say(text);
	sync();
	reboot(RB_POWER_OFF);
	return 1;
}
