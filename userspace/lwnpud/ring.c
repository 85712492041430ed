// SPDX-License-Identifier: MIT
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "ring.h"

int lwd_ctl_ioctl(int fd, unsigned long request, void *argument)
{
	return ioctl(fd, request, argument) < 0 ? -errno : 0;
}

static size_t records_size(const struct lwd_ring *ring)
{
	return sizeof(*ring->records) + LWNPU_CTL_RINGS *
	       ring->start.ring_size * sizeof(ring->records->record[0]);
}

static size_t completions_size(const struct lwd_ring *ring)
{
	return sizeof(*ring->completions) +
	       ring->start.ring_size * sizeof(ring->completions->completion[0]);
}

static int map_rings(struct lwd_ring *ring, struct lwnpu_error *error)
{
	uint32_t size = ring->start.ring_size;

	/* Far more than any capacity needs. */
	if (!size || size & (size - 1) || size > 65536)
		return lw_fail(error, -EPROTO,
			       "ring of %u entries, expected a power of two up to 65536",
			       size);
	ring->records = mmap(NULL, records_size(ring), PROT_READ, MAP_SHARED,
			     ring->ctl->fd, LWNPU_CTL_MAP_RECORDS);
	if (ring->records == MAP_FAILED) {
		ring->records = NULL;
		return lw_fail(error, -errno, "rings of records: %m");
	}
	ring->completions = mmap(NULL, completions_size(ring),
				 PROT_READ | PROT_WRITE, MAP_SHARED,
				 ring->ctl->fd, LWNPU_CTL_MAP_COMPLETIONS);
	if (ring->completions == MAP_FAILED) {
		ring->completions = NULL;
		return lw_fail(error, -errno, "ring of completions: %m");
	}
	return 0;
}

static int fail_start(struct lwnpu_error *error, int code)
{
	if (code == -EBUSY)
		return lw_fail(error, code,
			       "START: every device has its daemon, and no more can be made");
	if (code == -EPROTONOSUPPORT)
		return lw_fail(error, code,
			       "START: the kernel does not speak version %u",
			       LWNPU_CTL_VERSION);
	return lw_fail(error, code, "START: %s", strerror(-code));
}

int lwd_ring_open(struct lwd_ring *ring, struct lwd_ctl *ctl,
		  const struct lwnpu_ctl_start *start,
		  struct lwnpu_error *error)
{
	int ret;

	memset(ring, 0, sizeof(*ring));
	ring->ctl = ctl;
	ring->start = *start;
	ring->start.version = LWNPU_CTL_VERSION;
	ret = ctl->ioctl(ctl->fd, LWNPU_CTL_START, &ring->start);
	if (ret)
		return fail_start(error, ret);
	ret = map_rings(ring, error);
	if (ret)
		lwd_ring_close(ring);
	return ret;
}

void lwd_ring_close(struct lwd_ring *ring)
{
	if (ring->completions)
		munmap(ring->completions, completions_size(ring));
	if (ring->records)
		munmap((void *)ring->records, records_size(ring));
	memset(ring, 0, sizeof(*ring));
}

/* The next record of a ring, or NULL. */
static const struct lwnpu_ctl_record *next_record(const struct lwd_ring *ring,
						  uint32_t which)
{
	uint32_t at = ring->taken[which] & (ring->start.ring_size - 1);
	uint32_t head = __atomic_load_n(&ring->records->head[which],
					__ATOMIC_ACQUIRE);

	if (head == ring->taken[which])
		return NULL;
	return &ring->records->record[which * ring->start.ring_size + at];
}

/* Higher numbers are more urgent. */
static int first_ring(const struct lwd_ring *ring)
{
	int which = LWNPU_CTL_RING_NEWS - 1;

	while (which >= 0 && !next_record(ring, which))
		which--;
	return which;
}

const struct lwnpu_ctl_record *lwd_ring_first(const struct lwd_ring *ring)
{
	int which = first_ring(ring);

	return which < 0 ? NULL : next_record(ring, which);
}

bool lwd_ring_take(struct lwd_ring *ring, struct lwnpu_ctl_record *record)
{
	int which = LWNPU_CTL_RING_NEWS;

	if (!next_record(ring, which))
		which = first_ring(ring);
	if (which < 0)
		return false;
	*record = *next_record(ring, which);
	ring->taken[which]++;
	__atomic_store_n(&ring->completions->taken[which], ring->taken[which],
			 __ATOMIC_RELEASE);
	return true;
}

bool lwd_ring_put(struct lwd_ring *ring,
		  const struct lwnpu_ctl_completion *completion)
{
	uint32_t mask = ring->start.ring_size - 1;

	if (ring->completed - ring->delivered >= ring->start.ring_size)
		return false;
	ring->completions->completion[ring->completed++ & mask] = *completion;
	__atomic_store_n(&ring->completions->completed, ring->completed,
			 __ATOMIC_RELEASE);
	return true;
}

int lwd_ring_finish(struct lwd_ring *ring, uint32_t completed, uint32_t refused,
		    int result)
{
	if (result && result != -EINTR && result != -ETIMEDOUT)
		return result;
	ring->refused += refused;
	/* Another thread's call may have been later, and quicker. */
	if ((int32_t)(completed - ring->delivered) > 0)
		ring->delivered = completed;
	return 0;
}
