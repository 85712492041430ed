// SPDX-License-Identifier: MIT
/* Threads of the library's own: which signals reach them. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "thread.h"

static void *get_blocked(void *set)
{
	pthread_sigmask(SIG_BLOCK, NULL, set);
	return set;
}

static void signals_of_others_are_blocked(void **state)
{
	static const int own[] = { SIGBUS, SIGFPE, SIGILL, SIGSEGV };
	static const int others[] = { SIGHUP, SIGINT, SIGTERM, SIGUSR1,
				      SIGCHLD, SIGALRM };
	sigset_t before, after, blocked;
	pthread_t thread;
	void *result;

	(void)state;
	pthread_sigmask(SIG_BLOCK, NULL, &before);
	assert_int_equal(lw_thread_create(&thread, get_blocked, &blocked), 0);
	pthread_sigmask(SIG_BLOCK, NULL, &after);
	pthread_join(thread, &result);
	assert_ptr_equal(result, &blocked);
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		assert_int_equal(sigismember(&blocked, own[i]), 0);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_int_equal(sigismember(&blocked, others[i]), 1);
	for (int signal = 1; signal < SIGRTMAX; signal++)
		assert_int_equal(sigismember(&after, signal),
				 sigismember(&before, signal));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signals_of_others_are_blocked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
