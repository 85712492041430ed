// SPDX-License-Identifier: MIT
/*
 * The control files of a process, and what is mapped of them. The addresses stay
 * the same: where nothing is mapped, there is memory of nobody, so that threads
 * need not ask each other.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "slots.h"

/* More than the largest rings need. */
#define RECORDS_SIZE (LWNPU_CTL_RINGS * LWNPU_CTL_MAX_DEPTH * \
		      sizeof(struct lwnpu_ctl_record) + 4096)
#define OTHERS_SIZE 65536

static struct slot slots[SLOTS];

/* Return: its size, a multiple of pages. */
static size_t clear(void *place, size_t size)
{
	size = (size + 4095) & ~4095UL;
	if (mmap(place, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED |
		 MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) == MAP_FAILED)
		fail("memory for rings");
	return size;
}

static void unmap(struct slot *slot)
{
	clear(slot->records, RECORDS_SIZE);
	clear(slot->completions, OTHERS_SIZE);
	clear(slot->claims, OTHERS_SIZE);
}

void slots_init(int fd)
{
	const size_t room = 2 << 20;
	uint8_t *place;
	int i;

	for (i = 0; i < SLOTS; i++) {
		place = mmap(NULL, room, PROT_NONE, MAP_PRIVATE |
			     MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (place == MAP_FAILED)
			fail("memory for rings");
		slots[i].fd = fd + i;
		slots[i].minor = -1;
		slots[i].completions = (void *)place;
		slots[i].claims = (void *)(place + OTHERS_SIZE);
		slots[i].records = (void *)(place + 2 * OTHERS_SIZE);
		unmap(&slots[i]);
	}
}

struct slot *slots_pick(struct fuzz *fuzz)
{
	return &slots[lw_random_below(&fuzz->random, SLOTS)];
}

int slot_open(struct slot *slot)
{
	int fd = open("/dev/lwnpu-ctl", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return errno;
	slot->minor = -1;
	slot->is_open = true;
	unmap(slot);
	if (fd != slot->fd) {
		dup3(fd, slot->fd, O_CLOEXEC);
		close(fd);
	}
	return 0;
}

int slot_close(struct slot *slot, bool all)
{
	int error = close(slot->fd) ? errno : 0;

	slot->minor = -1;
	slot->is_open = false;
	if (all)
		unmap(slot);
	return error;
}

/* In one step: the other threads find one memory or the other. */
static void map(struct slot *slot, void *place, size_t size, int prot,
		off_t offset)
{
	void *data = mmap(NULL, size, prot, MAP_SHARED, slot->fd, offset);

	if (data != MAP_FAILED)
		mremap(data, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, place);
}

/* Another thread may have opened the file anew: then little of it is mapped. */
void slot_started(struct slot *slot, const struct lwnpu_ctl_start *start)
{
	uint32_t n = start->ring_size, i;

	if (!n || n > LWNPU_CTL_MAX_DEPTH)
		return;
	slot->ring_size = n;
	slot->completed = slot->told = 0;
	for (i = 0; i < LWNPU_CTL_RINGS; i++)
		slot->taken[i] = 0;
	map(slot, slot->records, sizeof(*slot->records) + LWNPU_CTL_RINGS * n *
	    sizeof(struct lwnpu_ctl_record), PROT_READ, LWNPU_CTL_MAP_RECORDS);
	map(slot, slot->completions, sizeof(*slot->completions) +
	    n * sizeof(struct lwnpu_ctl_completion), PROT_READ | PROT_WRITE,
	    LWNPU_CTL_MAP_COMPLETIONS);
	map(slot, slot->claims, LWNPU_CTL_RINGS * n * sizeof(*slot->claims),
	    PROT_READ | PROT_WRITE, LWNPU_CTL_MAP_CLAIMS);
	slot->minor = start->minor;
}

int slot_take(struct slot *slot, uint32_t ring, struct lwnpu_ctl_record *record)
{
	uint32_t taken = slot->taken[ring], at, open = LWNPU_CTL_OPEN;

	if (!slot->ring_size ||
	    taken == __atomic_load_n(&slot->records->head[ring],
				     __ATOMIC_ACQUIRE))
		return ENOENT;
	at = ring * slot->ring_size + taken % slot->ring_size;
	*record = slot->records->record[at];
	__atomic_compare_exchange_n(&slot->claims[at], &open, LWNPU_CTL_TAKEN,
				    false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
	slot->taken[ring] = ++taken;
	__atomic_store_n(&slot->completions->taken[ring], taken,
			 __ATOMIC_RELEASE);
	return open == LWNPU_CTL_OPEN ? 0 : ECANCELED;
}

bool slot_is_full(const struct slot *slot)
{
	return slot->completed - slot->told >= slot->ring_size;
}

void slot_put(struct slot *slot, const struct lwnpu_ctl_completion *completion)
{
	uint32_t size = slot->ring_size, at = slot->completed++;

	if (!size)
		return;
	slot->completions->completion[at % size] = *completion;
	__atomic_store_n(&slot->completions->completed, at + 1,
			 __ATOMIC_RELEASE);
}

void slot_scribble(struct slot *slot, struct fuzz *fuzz)
{
	uint32_t n = 1 + lw_random_below(&fuzz->random, 4);
	uint32_t *words = slot->claims;
	size_t size = LWNPU_CTL_RINGS * slot->ring_size;

	if (fuzz_chance(fuzz, 2)) {
		words = (uint32_t *)slot->completions;
		size = sizeof(*slot->completions) / 4;
		if (fuzz_chance(fuzz, 2))
			size += slot->ring_size *
				sizeof(struct lwnpu_ctl_completion) / 4;
	}
	while (size && n--)
		__atomic_store_n(&words[lw_random_below(&fuzz->random, size)],
				 fuzz_chance(fuzz, 2) ? fuzz_odd(fuzz) :
				 lw_random_below(&fuzz->random, 4),
				 __ATOMIC_RELAXED);
}
