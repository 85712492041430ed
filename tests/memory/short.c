// SPDX-License-Identifier: MIT
#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "short.h"

#if LW_SHORT_IS_THERE

/* The C library itself must call these. */
#define VISIBLE __attribute__((visibility("default")))

#define TABLE 65536

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *pointer, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *pointer);

/* Where the program's own code is. */
extern const char __executable_start[], etext[];

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static volatile bool is_counting, has_failed;
static unsigned int countdown;
static enum lw_short_whose whose;
static __thread unsigned int pauses;

/* What was allocated while counting; 1: a place that was in use. */
static uintptr_t alive[TABLE];
static int n_alive;

static size_t place_of(uintptr_t pointer)
{
	return (pointer >> 4) * 0x9e3779b97f4a7c15ULL >> 48;
}

static void add(void *pointer)
{
	size_t i = place_of((uintptr_t)pointer);

	while (alive[i] > 1)
		i = (i + 1) % TABLE;
	alive[i] = (uintptr_t)pointer;
	n_alive++;
}

static void drop(void *pointer)
{
	size_t i = place_of((uintptr_t)pointer);

	while (alive[i] && alive[i] != (uintptr_t)pointer)
		i = (i + 1) % TABLE;
	if (!alive[i])
		return;
	alive[i] = 1;
	n_alive--;
}

static bool counts(const void *caller)
{
	return is_counting && !pauses &&
	       (whose == LW_SHORT_ALL ||
		((const char *)caller >= __executable_start &&
		 (const char *)caller < etext));
}

/* Whether an allocation that counts is to succeed. */
static bool may_allocate(void)
{
	bool may = true;

	pthread_mutex_lock(&lock);
	if (countdown && !--countdown) {
		may = false;
		has_failed = true;
	}
	pthread_mutex_unlock(&lock);
	if (!may)
		errno = ENOMEM;
	return may;
}

static void *note(void *pointer)
{
	pthread_mutex_lock(&lock);
	if (pointer && is_counting)
		add(pointer);
	pthread_mutex_unlock(&lock);
	return pointer;
}

static void forget(void *pointer)
{
	if (!pointer || !is_counting)
		return;
	pthread_mutex_lock(&lock);
	drop(pointer);
	pthread_mutex_unlock(&lock);
}

#define ALLOCATE(call) do { \
	if (!counts(__builtin_return_address(0))) \
		return call; \
	return may_allocate() ? note(call) : NULL; \
} while (0)

VISIBLE void *malloc(size_t size)
{
	ALLOCATE(__libc_malloc(size));
}

VISIBLE void *calloc(size_t n, size_t size)
{
	ALLOCATE(__libc_calloc(n, size));
}

VISIBLE void *aligned_alloc(size_t alignment, size_t size)
{
	ALLOCATE(__libc_memalign(alignment, size));
}

VISIBLE int posix_memalign(void **pointer, size_t alignment, size_t size)
{
	bool is_counted = counts(__builtin_return_address(0));
	void *made = NULL;

	if (!is_counted || may_allocate())
		made = __libc_memalign(alignment, size);
	if (!made)
		return ENOMEM;
	*pointer = is_counted ? note(made) : made;
	return 0;
}

VISIBLE void *realloc(void *pointer, size_t size)
{
	bool is_counted = counts(__builtin_return_address(0));
	void *made;

	if (is_counted && !may_allocate())
		return NULL;
	forget(pointer);
	made = __libc_realloc(pointer, size);
	return is_counted ? note(made) : made;
}

VISIBLE void free(void *pointer)
{
	forget(pointer);
	__libc_free(pointer);
}

void lw_short_begin(unsigned int fail_at, enum lw_short_whose which)
{
	pthread_mutex_lock(&lock);
	memset(alive, 0, sizeof(alive));
	n_alive = 0;
	countdown = fail_at;
	whose = which;
	has_failed = false;
	is_counting = true;
	pthread_mutex_unlock(&lock);
}

int lw_short_end(bool *failed)
{
	pthread_mutex_lock(&lock);
	is_counting = false;
	if (failed)
		*failed = has_failed;
	pthread_mutex_unlock(&lock);
	return n_alive;
}

void lw_short_pause(void)
{
	pauses++;
}

void lw_short_resume(void)
{
	pauses--;
}

#endif
