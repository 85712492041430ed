// SPDX-License-Identifier: MIT
/*
 * What a daemon can do, and an administrator, in any order; and the device of one
 * of its files for applications' calls.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "slots.h"

#define RECORDS 8

/**
 * struct given - a record that this thread took
 * @slot: from which file, or NULL
 * @record: of a job that is not complete yet, as far as is known; or an old one
 */
struct given {
	struct slot *slot;
	struct lwnpu_ctl_record record;
};

static _Thread_local struct given given[RECORDS];

/* What this thread does it to. */
static _Thread_local struct slot *slot;
static _Thread_local struct given *job;

static int pick_file(struct fuzz *fuzz)
{
	slot = slots_pick(fuzz);
	return slot->fd;
}

/* What ends much is done rarely. */
static bool spares(struct fuzz *fuzz)
{
	return !fuzz_chance(fuzz, 16);
}

static int pick_to_stop(struct fuzz *fuzz)
{
	int fd = pick_file(fuzz);

	return spares(fuzz) ? -1 : fd;
}

/* Mostly the file that has the job. */
static int pick_job(struct fuzz *fuzz)
{
	job = &given[lw_random_below(&fuzz->random, RECORDS)];
	slot = job->slot && !fuzz_chance(fuzz, 16) ? job->slot :
						     slots_pick(fuzz);
	return slot->fd;
}

/* A few kinds of engines, so that most find a device to take over. */
static void fill_start(struct fuzz *fuzz, void *argument)
{
	struct lwnpu_ctl_start *start = argument;

	start->version = LWNPU_CTL_VERSION;
	start->ops = 0xfffffffe;
	start->capacity = 1 + lw_random_below(&fuzz->random, 8);
	start->depth = start->capacity + lw_random_below(&fuzz->random, 60);
	snprintf((char *)start->name, sizeof(start->name), "fuzz%u",
		 lw_random_below(&fuzz->random, 3));
	strcpy((char *)start->description, "a random daemon");
}

static void done_start(struct fuzz *fuzz, const void *argument)
{
	slot_started(slot, argument);
}

static void fill_nothing(struct fuzz *fuzz, void *argument)
{
}

static void fill_run(struct fuzz *fuzz, void *argument)
{
	struct lwnpu_ctl_run *run = argument;

	if (fuzz_chance(fuzz, 4))
		run->timeout_ns = fuzz_timeout(fuzz);
}

/* Other threads and scribbles make the count of completed jobs a guess. */
static void done_run(struct fuzz *fuzz, const void *argument)
{
	const struct lwnpu_ctl_run *run = argument;
	uint32_t completed = slot->completed;
	uint32_t told = completed - atomic_exchange(&slot->told, completed);

	if (told > run->refused && told <= slot->ring_size)
		fuzz_report->completed += told - run->refused;
}

static void fill_get_buffer(struct fuzz *fuzz, void *argument)
{
	uint32_t which = lw_random_below(&fuzz->random, 2);
	struct lwnpu_ctl_get_buffer *get = argument;

	get->job = job->record.id;
	get->buffer = job->record.binding[which].buffer;
}

/* Views that are kept outlive jobs, daemons and devices. */
static void keep_or_look(struct fuzz *fuzz, int fd, uint64_t size)
{
	if (fuzz_chance(fuzz, 2))
		fuzz_look(fd, size);
	else
		fuzz_keep_fd(fuzz, fd);
}

static void done_get_buffer(struct fuzz *fuzz, const void *argument)
{
	const struct lwnpu_ctl_get_buffer *get = argument;

	keep_or_look(fuzz, get->fd, get->size);
}

static void fill_get_program(struct fuzz *fuzz, void *argument)
{
	struct lwnpu_ctl_get_program *get = argument;

	get->job = job->record.id;
}

static void done_get_program(struct fuzz *fuzz, const void *argument)
{
	const struct lwnpu_ctl_get_program *get = argument;

	keep_or_look(fuzz, get->fd, get->weights_offset + get->weights_size);
}

static int act_open(struct fuzz *fuzz)
{
	pick_file(fuzz);
	if (slot->is_open && spares(fuzz))
		return EBUSY;
	return slot_open(slot);
}

/* The whole process goes with its threads, mappings and files, now and then. */
static int act_close(struct fuzz *fuzz)
{
	if (spares(fuzz))
		return EBUSY;
	if (fuzz_chance(fuzz, 3)) {
		fuzz_report->deaths++;
		kill(getpid(), SIGKILL);
	}
	pick_file(fuzz);
	return slot_close(slot, fuzz_chance(fuzz, 2));
}

static struct given *find_free(void)
{
	struct given *free = given;

	while (free < given + RECORDS && free->slot)
		free++;
	return free < given + RECORDS ? free : NULL;
}

/* Some are taken and forgotten: jobs that hang. */
static int act_take(struct fuzz *fuzz)
{
	uint32_t ring = lw_random_below(&fuzz->random, LWNPU_CTL_RINGS), i;
	struct given *free = find_free();
	int error = ENOENT;

	if (!free)
		return EAGAIN;
	pick_file(fuzz);
	for (i = 0; i < LWNPU_CTL_RINGS && error == ENOENT; i++)
		error = slot_take(slot, (ring + i) % LWNPU_CTL_RINGS,
				  &free->record);
	if (!error && free->record.type == LWNPU_CTL_JOB &&
	    !fuzz_chance(fuzz, 200))
		free->slot = slot;
	return error;
}

/* Some more than once. */
static int act_complete(struct fuzz *fuzz)
{
	struct lwnpu_ctl_completion completion = { .op = DRM_LWNPU_NONE };

	pick_job(fuzz);
	if ((!job->slot || slot_is_full(slot)) && spares(fuzz))
		return EAGAIN;
	completion.id = job->record.id;
	if (fuzz_chance(fuzz, 8))
		completion.error = fuzz_odd(fuzz);
	if (fuzz_chance(fuzz, 8))
		completion.start_ns = fuzz_odd(fuzz);
	if (fuzz_chance(fuzz, 8))
		completion.end_ns = fuzz_odd(fuzz);
	if (fuzz_chance(fuzz, 16))
		lw_random_fill(&fuzz->random, &completion, sizeof(completion));
	slot_put(slot, &completion);
	if (!fuzz_chance(fuzz, 16))
		job->slot = NULL;
	return 0;
}

static int act_scribble(struct fuzz *fuzz)
{
	pick_file(fuzz);
	slot_scribble(slot, fuzz);
	return 0;
}

/* A view, which may be one of old. */
static int act_look(struct fuzz *fuzz)
{
	fuzz_look(dup(fuzz_pick(fuzz, &fuzz->fds)), 4096);
	return 0;
}

/* A control file, or a view: with any length, offset and protection. */
static int act_map(struct fuzz *fuzz)
{
	static const uint32_t offsets[] = {
		LWNPU_CTL_MAP_RECORDS, LWNPU_CTL_MAP_COMPLETIONS,
		LWNPU_CTL_MAP_CLAIMS,
	};
	int fd = fuzz_chance(fuzz, 2) ? pick_file(fuzz) :
					(int)fuzz_pick(fuzz, &fuzz->fds);
	size_t size = 4096 * (1 + lw_random_below(&fuzz->random, 8));
	off_t offset = 0;
	void *data;

	if (fuzz_chance(fuzz, 2))
		offset = LW_RANDOM_PICK(&fuzz->random, offsets);
	if (fuzz_chance(fuzz, 8))
		offset += fuzz_odd(fuzz) & ~4095UL;
	if (fuzz_chance(fuzz, 8))
		size = fuzz_odd(fuzz) & 0xfffffffff;
	data = mmap(NULL, size, lw_random_below(&fuzz->random, 4),
		    fuzz_chance(fuzz, 16) ? MAP_PRIVATE : MAP_SHARED, fd,
		    offset);
	if (data == MAP_FAILED)
		return errno;
	if (fuzz_chance(fuzz, 4))
		mprotect(data, 4096, lw_random_below(&fuzz->random, 4));
	munmap(data, size);
	return 0;
}

/* Applications' calls go to the device of one of the files. */
static int act_node(struct fuzz *fuzz)
{
	static const unsigned long first[] = {
		DRM_IOCTL_LWNPU_BO_CREATE, DRM_IOCTL_LWNPU_BO_CREATE,
		DRM_IOCTL_LWNPU_PROGRAM_CREATE, DRM_IOCTL_LWNPU_QUEUE_CREATE,
	};
	struct drm_lwnpu_get_param get = { .param = DRM_LWNPU_PARAM_OPS };
	char path[64];
	size_t i;

	if (!device_ioctl(fuzz->fd, DRM_IOCTL_LWNPU_GET_PARAM, &get) &&
	    spares(fuzz))
		return EBUSY;
	pick_file(fuzz);
	if (slot->minor < 0)
		return ENODEV;
	snprintf(path, sizeof(path), "/dev/accel/accel%d", slot->minor);
	fuzz_reopen(fuzz, path);
	for (i = 0; i < sizeof(first) / sizeof(*first); i++)
		fuzz_do(fuzz, first[i]);
	return 0;
}

static int act_unbind(struct fuzz *fuzz)
{
	char name[64];
	int error;

	if (spares(fuzz))
		return EBUSY;
	pick_file(fuzz);
	if (slot->minor < 0 || !minor_name(slot->minor, name, sizeof(name)))
		return ENODEV;
	error = sysfs_write(BUS_DRIVER "unbind", name);
	if (fuzz_chance(fuzz, 2))
		sysfs_write(BUS_DRIVER "bind", name);
	return -error;
}

#define CALL(NAME, weight, fill, done, pick) \
	{ #NAME, LWNPU_CTL_##NAME, weight, fill, done, NULL, pick }

const struct call fuzz_ctl_calls[] = {
	CALL(START, 12, fill_start, done_start, pick_file),
	CALL(STOP, 6, fill_nothing, NULL, pick_to_stop),
	CALL(RUN, 30, fill_run, done_run, pick_file),
	CALL(GET_BUFFER, 12, fill_get_buffer, done_get_buffer, pick_job),
	CALL(GET_PROGRAM, 8, fill_get_program, done_get_program, pick_job),
	{ 0 },
};

const struct call fuzz_daemon_acts[] = {
	{ "open", .weight = 12, .act = act_open },
	{ "close", .weight = 6, .act = act_close },
	{ "take a record", .weight = 20, .act = act_take },
	{ "complete a job", .weight = 20, .act = act_complete },
	{ "scribble", .weight = 2, .act = act_scribble },
	{ "look at a view", .weight = 4, .act = act_look },
	{ "map", .weight = 4, .act = act_map },
	{ "open the node", .weight = 8, .act = act_node },
	{ "unbind", .weight = 6, .act = act_unbind },
	{ 0 },
};
