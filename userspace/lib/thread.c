// SPDX-License-Identifier: MIT
#include <signal.h>

#include "thread.h"

int lw_thread_create(pthread_t *thread, void *(*run)(void *data), void *data)
{
	sigset_t blocked, before;
	int ret;

	sigfillset(&blocked);
	sigdelset(&blocked, SIGBUS);
	sigdelset(&blocked, SIGFPE);
	sigdelset(&blocked, SIGILL);
	sigdelset(&blocked, SIGSEGV);
	pthread_sigmask(SIG_SETMASK, &blocked, &before);
	ret = pthread_create(thread, NULL, run, data);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -ret;
}
