// SPDX-License-Identifier: MIT
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>

#include "export.h"
#include "log.h"

/* Read by those who tell, so that none does when lwnpu_log_set() is back. */
static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static lwnpu_log_function *listener;
static void *listener_data;
static atomic_bool is_heard;

LW_EXPORT void lwnpu_log_set(lwnpu_log_function *log, void *data)
{
	pthread_rwlock_wrlock(&lock);
	listener = log;
	listener_data = data;
	is_heard = log;
	pthread_rwlock_unlock(&lock);
}

bool lw_log_is_heard(void)
{
	return is_heard;
}

void lw_log(enum lwnpu_log_level level, const char *format, ...)
{
	char message[LWNPU_ERROR_SIZE] = "";
	va_list args;

	if (!is_heard)
		return;
	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	lw_one_line(message);
	pthread_rwlock_rdlock(&lock);
	if (listener)
		listener(listener_data, level, message);
	pthread_rwlock_unlock(&lock);
}
