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
	return sizeof(*ring->records) +
	       ring->start.ring_size * sizeof(ring->records->record[0]);
}

static size_t completions_size(const struct lwd_ring *ring)
{
	return ring->start.ring_size * sizeof(*ring->completions);
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
		return lw_fail(error, -errno, "ring of records: %m");
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

bool lwd_ring_take(struct lwd_ring *ring, struct lwnpu_ctl_record *record)
{
	uint32_t mask = ring->start.ring_size - 1;
	uint32_t head = __atomic_load_n(&ring->records->head,
					__ATOMIC_ACQUIRE);

	if (head == ring->consumed)
		return false;
	*record = ring->records->record[ring->consumed++ & mask];
	return true;
}

bool lwd_ring_put(struct lwd_ring *ring,
		  const struct lwnpu_ctl_completion *completion)
{
	uint32_t mask = ring->start.ring_size - 1;

	if (ring->completed - ring->delivered >= ring->start.ring_size)
		return false;
	ring->completions[ring->completed++ & mask] = *completion;
	return true;
}

void lwd_ring_prepare(const struct lwd_ring *ring, struct lwnpu_ctl_run *run,
		      int64_t timeout_ns)
{
	*run = (struct lwnpu_ctl_run) {
		.consumed = ring->consumed,
		.completed = ring->completed,
		.timeout_ns = timeout_ns,
	};
}

static bool is_old(const struct lwd_ring *ring,
		   const struct lwnpu_ctl_run *run)
{
	return run->consumed != ring->consumed ||
	       run->completed != ring->completed;
}

int lwd_ring_finish(struct lwd_ring *ring, const struct lwnpu_ctl_run *run,
		    int result)
{
	if (result == -EINVAL && is_old(ring, run))
		return 0;
	if (result && result != -EINTR && result != -ETIMEDOUT)
		return result;
	ring->refused += run->refused;
	if ((int32_t)(run->completed - ring->delivered) > 0)
		ring->delivered = run->completed;
	return 0;
}
