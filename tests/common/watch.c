// SPDX-License-Identifier: MIT
/* Bounds on what a test case takes. */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "watch.h"

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif

static char current[128] = "no case";
static unsigned int seconds;

/* Only what a signal handler may call. */
static void say(const char *what)
{
	const char *part[] = { current, ": ", what, "\n" };
	size_t i;

	for (i = 0; i < sizeof(part) / sizeof(*part); i++) {
		if (write(STDERR_FILENO, part[i], strlen(part[i])) < 0)
			return;
	}
}

static void too_long(int signal_number)
{
	(void)signal_number;
	say("takes too long");
	_exit(1);
}

#ifdef __SANITIZE_ADDRESS__
/* gcc's packages do not have the sanitizers' headers everywhere. */
int __sanitizer_install_malloc_and_free_hooks(
	void (*allocated)(const volatile void *pointer, size_t size),
	void (*freed)(const volatile void *pointer));
size_t __sanitizer_get_allocated_size(const volatile void *pointer);
void __sanitizer_set_death_callback(void (*died)(void));

static size_t used, most;

static void allocated(const volatile void *pointer, size_t size)
{
	(void)pointer;
	if (__atomic_add_fetch(&used, size, __ATOMIC_RELAXED) <= most)
		return;
	say("allocates too much");
	_exit(1);
}

static void freed(const volatile void *pointer)
{
	size_t size;

	if (!pointer)
		return;
	size = __sanitizer_get_allocated_size(pointer);
	/* What was allocated before the watch began. */
	if (size > used)
		size = used;
	__atomic_sub_fetch(&used, size, __ATOMIC_RELAXED);
}

static void died(void)
{
	say("dies");
}

static void bound_memory(size_t max)
{
	most = max;
	__sanitizer_install_malloc_and_free_hooks(allocated, freed);
	__sanitizer_set_death_callback(died);
}
#else
static void crashed(int signal_number)
{
	say(strsignal(signal_number));
	_exit(1);
}

static void bound_memory(size_t max)
{
	/* A limit on the address space would starve libraries' threads. */
	(void)max;
	signal(SIGSEGV, crashed);
	signal(SIGBUS, crashed);
	signal(SIGFPE, crashed);
	signal(SIGABRT, crashed);
}
#endif

void watch_start(size_t max_memory, unsigned int max_seconds)
{
	seconds = max_seconds;
	signal(SIGPROF, too_long);
	bound_memory(max_memory);
}

void watch_case(const char *name)
{
	const struct itimerval timer = { .it_value = { .tv_sec = seconds } };

	snprintf(current, sizeof(current), "%s", name);
	setitimer(ITIMER_PROF, &timer, NULL);
}
