// SPDX-License-Identifier: MIT
#include <limits.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "error.h"
#include "notify.h"

/* Return: the address's length, 0 if that is none. */
static socklen_t find_address(struct sockaddr_un *address)
{
	const char *path = getenv("NOTIFY_SOCKET");
	size_t length = path ? strlen(path) : 0;

	if (length < 2 || length >= sizeof(address->sun_path) ||
	    (path[0] != '/' && path[0] != '@'))
		return 0;
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	memcpy(address->sun_path, path, length);
	if (path[0] == '@')
		address->sun_path[0] = '\0';
	return offsetof(struct sockaddr_un, sun_path) + length;
}

int lwd_notify(const char *format, ...)
{
	struct sockaddr_un address;
	socklen_t length = find_address(&address);
	char text[512];
	va_list args;
	int fd, ret = 0;

	if (!length)
		return 0;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (sendto(fd, text, strlen(text), MSG_NOSIGNAL,
		   (struct sockaddr *)&address, length) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

int lwd_notify_interval(void)
{
	const char *us = getenv("WATCHDOG_USEC");
	const char *pid = getenv("WATCHDOG_PID");
	unsigned long long ms;

	if (!us || (pid && strtoull(pid, NULL, 10) !=
			   (unsigned long long)getpid()))
		return -1;
	/* Twice as often as must be. */
	ms = strtoull(us, NULL, 10) / 2000;
	if (!ms)
		return -1;
	return ms < INT_MAX ? (int)ms : INT_MAX;
}
