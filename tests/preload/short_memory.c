// SPDX-License-Identifier: MIT
/*
 * Short memory for a program that this is preloaded into. From the beginning of
 * main() on allocations are counted; what SHORT_MEMORY says fails:
 *
 *   N     the Nth
 *   N+    it and all that follow
 *
 * At the end the count is written to the file that SHORT_MEMORY_COUNT names.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Hidden symbols are the default here. */
#define VISIBLE __attribute__((visibility("default")))

typedef int main_function(int argc, char **argv, char **env);
typedef int start_function(main_function *main, int argc, char **argv,
			   void (*init)(void), void (*fini)(void),
			   void (*rtld_fini)(void), void *stack_end);

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *pointer, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
start_function __libc_start_main;

static main_function *program;
static atomic_bool counting;
static atomic_ulong count;
/* Allocations that fail, from 1 on. */
static unsigned long first, last;

static bool may_allocate(void)
{
	unsigned long n;

	if (!counting)
		return true;
	n = ++count;
	if (n < first || n > last)
		return true;
	errno = ENOMEM;
	return false;
}

VISIBLE void *malloc(size_t size)
{
	return may_allocate() ? __libc_malloc(size) : NULL;
}

VISIBLE void *calloc(size_t n, size_t size)
{
	return may_allocate() ? __libc_calloc(n, size) : NULL;
}

VISIBLE void *realloc(void *pointer, size_t size)
{
	return may_allocate() ? __libc_realloc(pointer, size) : NULL;
}

VISIBLE void *aligned_alloc(size_t alignment, size_t size)
{
	return may_allocate() ? __libc_memalign(alignment, size) : NULL;
}

VISIBLE int posix_memalign(void **pointer, size_t alignment, size_t size)
{
	void *memory = aligned_alloc(alignment, size);

	if (!memory)
		return ENOMEM;
	*pointer = memory;
	return 0;
}

static void write_count(void)
{
	const char *path = getenv("SHORT_MEMORY_COUNT");
	char text[32];
	int length, fd;

	counting = false;
	if (!path)
		return;
	length = snprintf(text, sizeof(text), "%lu\n", (unsigned long)count);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0 || write(fd, text, length) != length)
		_exit(127);
	close(fd);
}

static int counted_main(int argc, char **argv, char **env)
{
	const char *wanted = getenv("SHORT_MEMORY");
	char *end;

	if (wanted) {
		first = strtoul(wanted, &end, 10);
		last = *end == '+' ? ~0ul : first;
	}
	atexit(write_count);
	counting = true;
	return program(argc, argv, env);
}

VISIBLE int __libc_start_main(main_function *main, int argc, char **argv,
			      void (*init)(void), void (*fini)(void),
			      void (*rtld_fini)(void), void *stack_end)
{
	start_function *start =
		(start_function *)dlsym(RTLD_NEXT, "__libc_start_main");

	program = main;
	return start(counted_main, argc, argv, init, fini, rtld_fini,
		     stack_end);
}
