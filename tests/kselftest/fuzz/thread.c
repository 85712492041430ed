// SPDX-License-Identifier: MIT
/* A thread that calls. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "fuzz.h"

#define SIGNAL_NS 20000000
/* Those from here on count handles; see struct call. */
#define FIRST_SYNCOBJ 0xbf
/* Calls between two lives of the open file. */
#define LIFE 2000

struct fuzz_report *fuzz_report;
const struct call *const *fuzz_tables;

static uint32_t count_of(const struct call *calls)
{
	uint32_t n = 0;

	while (calls[n].name)
		n++;
	return n;
}

bool fuzz_is_own(uint32_t n)
{
	return n < count_of(fuzz_tables[0]);
}

const struct call *fuzz_call(uint32_t n)
{
	const struct call *const *table = fuzz_tables;

	while (*table && n >= count_of(*table))
		n -= count_of(*table++);
	return *table ? &(*table)[n] : NULL;
}

static uint32_t choose(struct fuzz *fuzz)
{
	const struct call *call;
	uint32_t sum = 0, n, at;

	for (n = 0; (call = fuzz_call(n)); n++)
		sum += call->weight;
	at = lw_random_below(&fuzz->random, sum);
	for (n = 0; at >= fuzz_call(n)->weight; n++)
		at -= fuzz_call(n)->weight;
	return n;
}

static void change_bytes(struct fuzz *fuzz, uint8_t *bytes, size_t size)
{
	uint32_t n = 1 + lw_random_below(&fuzz->random, 3);
	uint64_t value;
	size_t at;

	while (n-- && size >= 4) {
		at = 4 * lw_random_below(&fuzz->random, size / 4);
		value = fuzz_odd(fuzz);
		memcpy(bytes + at, &value, at + 8 <= size ? 8 : 4);
	}
}

static unsigned long change_command(struct fuzz *fuzz, unsigned long command)
{
	uint32_t nr = _IOC_NR(command), size = _IOC_SIZE(command);
	uint32_t dir = _IOC_DIR(command);

	switch (lw_random_below(&fuzz->random, 4)) {
	case 0: nr = lw_random_below(&fuzz->random, FIRST_SYNCOBJ); break;
	case 1: dir = lw_random_below(&fuzz->random, 4); break;
	case 2: size = lw_random_below(&fuzz->random, 2 * size + 1); break;
	default: size = fuzz_odd(fuzz) & _IOC_SIZEMASK; break;
	}
	return _IOC(dir, _IOC_TYPE(command), nr, size);
}

static void count(uint32_t n, int error)
{
	if (error >= FUZZ_ERRNOS)
		error = FUZZ_ERRNOS - 1;
	fuzz_report->results[n][error]++;
}

static uint64_t place_limited(struct fuzz *fuzz, const struct call *call,
			      void *argument, size_t size)
{
	void *place = fuzz_area(fuzz, size);

	call->limit(argument);
	memcpy(place, argument, size);
	return (uintptr_t)place;
}

static int call_file(struct fuzz *fuzz, uint32_t n)
{
	static _Thread_local uint8_t argument[_IOC_SIZEMASK + 1];
	const struct call *call = fuzz_call(n);
	unsigned long command = call->command;
	uint64_t address;
	int fd, error;

	memset(argument, 0, _IOC_SIZE(command));
	fd = call->file ? call->file(fuzz) : fuzz->fd;
	call->fill(fuzz, argument);
	if (fuzz_chance(fuzz, 8))
		change_bytes(fuzz, argument, _IOC_SIZE(command));
	if (fuzz_chance(fuzz, 32))
		command = change_command(fuzz, command);
	if (call->limit)
		address = place_limited(fuzz, call, argument,
					_IOC_SIZE(command));
	else
		address = fuzz_place(fuzz, argument, _IOC_SIZE(command));
	error = ioctl(fd, command, address) < 0 ? errno : 0;
	if (command != call->command)
		return -1;
	if (!error && call->done) {
		memcpy(argument, (const void *)address, _IOC_SIZE(command));
		call->done(fuzz, argument);
	}
	return error;
}

static void do_call(struct fuzz *fuzz, uint32_t n)
{
	const struct call *call = fuzz_call(n);
	int error = call->act ? call->act(fuzz) : call_file(fuzz, n);

	if (error < 0)
		fuzz_report->odd++;
	else
		count(n, error);
}

void fuzz_do(struct fuzz *fuzz, unsigned long command)
{
	uint32_t n = 0;

	while (fuzz_call(n)->command != command)
		n++;
	do_call(fuzz, n);
}

/* The number stays, so that other threads notice only that handles are gone. */
void fuzz_reopen(struct fuzz *fuzz, const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd >= 0) {
		dup2(fd, fuzz->fd);
		close(fd);
	}
	syscall(SYS_close_range, FUZZ_FIRST_FD, ~0U, 0);
	memset(&fuzz->bos, 0, sizeof(fuzz->bos));
	memset(&fuzz->programs, 0, sizeof(fuzz->programs));
	memset(&fuzz->queues, 0, sizeof(fuzz->queues));
	memset(&fuzz->syncobjs, 0, sizeof(fuzz->syncobjs));
	memset(&fuzz->fds, 0, sizeof(fuzz->fds));
}

static void on_signal(int number)
{
}

/* So that no wait lasts for ever, and every wait is interrupted some day. */
static timer_t start_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal };
	struct sigevent event = {
		.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGALRM,
	};
	struct itimerspec often = {
		.it_interval.tv_nsec = SIGNAL_NS, .it_value.tv_nsec = SIGNAL_NS,
	};
	timer_t timer;

	event._sigev_un._tid = syscall(SYS_gettid);
	if (sigaction(SIGALRM, &action, NULL) ||
	    timer_create(CLOCK_MONOTONIC, &event, &timer) ||
	    timer_settime(timer, 0, &often, NULL))
		fail("a timer");
	return timer;
}

void *fuzz_thread(void *argument)
{
	const struct fuzz_plan *plan = argument;
	struct fuzz fuzz = {
		.random = lw_random_seed(plan->seed), .fd = plan->fd,
	};
	timer_t timer = start_signals();

	while (fuzz_report->calls++ < plan->count && in_ms(0) < plan->end) {
		if (plan->path && fuzz_chance(&fuzz, LIFE))
			fuzz_reopen(&fuzz, plan->path);
		do_call(&fuzz, choose(&fuzz));
	}
	timer_delete(timer);
	return NULL;
}
