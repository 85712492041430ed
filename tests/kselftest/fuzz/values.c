// SPDX-License-Identifier: MIT
/* Numbers, handles and memory for calls. */
#include <sys/mman.h>
#include <unistd.h>
#include <string.h>

#include "fuzz.h"

#define AREAS 32
#define AREA_SIZE 65536
#define HOLE_SIZE 4096

void fuzz_avoid(void)
{
	const size_t half = 65536;
	int bit;

	for (bit = 17; bit < 47; bit++)
		mmap((void *)((1UL << bit) - half), 2 * half, PROT_NONE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE |
		     MAP_NORESERVE, -1, 0);
}

uint64_t fuzz_odd(struct fuzz *fuzz)
{
	uint64_t bit = 1ULL << lw_random_below(&fuzz->random, 64);

	switch (lw_random_below(&fuzz->random, 8)) {
	case 0: return 0;
	case 1: return bit;
	case 2: return bit - 1;
	case 3: return -bit;
	case 4: return bit + 1;
	case 5: return ~0ULL;
	case 6: return lw_random_below(&fuzz->random, 64);
	default: return (uint64_t)lw_random_u32(&fuzz->random) << 32 |
			lw_random_u32(&fuzz->random);
	}
}

bool fuzz_chance(struct fuzz *fuzz, uint32_t n)
{
	return !lw_random_below(&fuzz->random, n);
}

uint32_t fuzz_pick(struct fuzz *fuzz, const struct pool *pool)
{
	if (!pool->count || fuzz_chance(fuzz, 32))
		return fuzz_odd(fuzz);
	return pool->value[lw_random_below(&fuzz->random, pool->count)];
}

uint32_t fuzz_keep(struct fuzz *fuzz, struct pool *pool, uint32_t value)
{
	uint32_t at = lw_random_below(&fuzz->random, FUZZ_POOL), left;

	if (pool->count < FUZZ_POOL) {
		pool->value[pool->count++] = value;
		return 0;
	}
	left = pool->value[at];
	pool->value[at] = value;
	return left;
}

void fuzz_drop(struct pool *pool, uint32_t value)
{
	for (uint32_t i = 0; i < pool->count; i++)
		if (pool->value[i] == value) {
			pool->value[i] = pool->value[--pool->count];
			return;
		}
}

void fuzz_keep_fd(struct fuzz *fuzz, int fd)
{
	uint32_t left = fuzz_keep(fuzz, &fuzz->fds, fd);

	if (left)
		close(left);
}

/* Each area is followed by memory that nobody can touch. */
static void map_areas(struct fuzz *fuzz)
{
	size_t step = AREA_SIZE + HOLE_SIZE;
	uint32_t i;

	fuzz->areas = mmap(NULL, AREAS * step, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (fuzz->areas == MAP_FAILED)
		fail("memory");
	for (i = 0; i < AREAS; i++)
		if (mprotect(fuzz->areas + i * step + AREA_SIZE, HOLE_SIZE,
			     PROT_NONE))
			fail("mprotect");
}

void *fuzz_area(struct fuzz *fuzz, size_t size)
{
	uint32_t i = fuzz->next_area++ % AREAS;

	if (!fuzz->areas)
		map_areas(fuzz);
	return fuzz->areas + i * (AREA_SIZE + HOLE_SIZE) + AREA_SIZE - size;
}

uint64_t fuzz_place(struct fuzz *fuzz, const void *data, size_t size)
{
	static const uint8_t constant[4096] = { 1 };
	uint8_t *place;

	if (size > AREA_SIZE)
		return (uintptr_t)data;
	place = fuzz_area(fuzz, size);
	if (size)
		memcpy(place, data, size);
	switch (lw_random_below(&fuzz->random, 160)) {
	case 0: return 0;
	case 1: return fuzz_odd(fuzz);
	case 2: return (uintptr_t)place + 1 + lw_random_below(&fuzz->random, 8);
	case 3: return (uintptr_t)place - 1 - lw_random_below(&fuzz->random, 8);
	case 4: return (uintptr_t)constant;
	default: return (uintptr_t)place;
	}
}

int64_t fuzz_timeout(struct fuzz *fuzz)
{
	switch (lw_random_below(&fuzz->random, 16)) {
	case 0: return fuzz_odd(fuzz);
	case 1: return INT64_MAX;
	case 2: case 3: case 4:
		return in_ms(lw_random_below(&fuzz->random, 4));
	default: return in_ms(0) + lw_random_below(&fuzz->random, 300000);
	}
}
