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

static size_t claims_size(const struct lwd_ring *ring)
{
	return LWNPU_CTL_RINGS * ring->start.ring_size * sizeof(*ring->claims);
}

static int map_area(const struct lwd_ring *ring, size_t size, int prot,
		    off_t offset, const char *what, void *area,
		    struct lwnpu_error *error)
{
	void *data = mmap(NULL, size, prot, MAP_SHARED, ring->ctl->fd, offset);

	if (data == MAP_FAILED)
		return lw_fail(error, -errno, "%s: %m", what);
	memcpy(area, &data, sizeof(data));
	return 0;
}

static int map_rings(struct lwd_ring *ring, struct lwnpu_error *error)
{
	uint32_t size = ring->start.ring_size;
	int ret;

	/* Far more than any capacity needs. */
	if (!size || size & (size - 1) || size > 65536)
		return lw_fail(error, -EPROTO,
			       "ring of %u entries, expected a power of two up to 65536",
			       size);
	ret = map_area(ring, records_size(ring), PROT_READ,
		       LWNPU_CTL_MAP_RECORDS, "rings of records",
		       &ring->records, error);
	if (!ret)
		ret = map_area(ring, completions_size(ring),
			       PROT_READ | PROT_WRITE,
			       LWNPU_CTL_MAP_COMPLETIONS,
			       "ring of completions", &ring->completions,
			       error);
	if (!ret)
		ret = map_area(ring, claims_size(ring), PROT_READ | PROT_WRITE,
			       LWNPU_CTL_MAP_CLAIMS, "claims", &ring->claims,
			       error);
	return ret;
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
	if (ring->claims)
		munmap(ring->claims, claims_size(ring));
	if (ring->completions)
		munmap(ring->completions, completions_size(ring));
	if (ring->records)
		munmap((void *)ring->records, records_size(ring));
	memset(ring, 0, sizeof(*ring));
}

static uint32_t next_number(const struct lwd_ring *ring, uint32_t which)
{
	uint32_t size = ring->start.ring_size;

	return which * size + (ring->taken[which] & (size - 1));
}

/* The next record of a ring, or NULL. */
static const struct lwnpu_ctl_record *next_record(const struct lwd_ring *ring,
						  uint32_t which)
{
	uint32_t head = __atomic_load_n(&ring->records->head[which],
					__ATOMIC_ACQUIRE);

	if (head == ring->taken[which])
		return NULL;
	return &ring->records->record[next_number(ring, which)];
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

/* Return: false if the kernel has it already. */
static bool claim(const struct lwd_ring *ring, uint32_t number)
{
	uint32_t open = LWNPU_CTL_OPEN;

	return __atomic_compare_exchange_n(&ring->claims[number], &open,
					   LWNPU_CTL_TAKEN, false,
					   __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

/* Return: the ring that has a record, or -1. */
static int ring_with_record(const struct lwd_ring *ring)
{
	if (next_record(ring, LWNPU_CTL_RING_NEWS))
		return LWNPU_CTL_RING_NEWS;
	return first_ring(ring);
}

bool lwd_ring_take(struct lwd_ring *ring, struct lwnpu_ctl_record *record)
{
	bool is_ours = false;
	int which;

	while (!is_ours && (which = ring_with_record(ring)) >= 0) {
		*record = *next_record(ring, which);
		is_ours = claim(ring, next_number(ring, which));
		ring->taken[which]++;
		__atomic_store_n(&ring->completions->taken[which],
				 ring->taken[which], __ATOMIC_RELEASE);
	}
	return is_ours;
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
