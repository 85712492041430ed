/* SPDX-License-Identifier: MIT */
/*
 * A whole program in one launch: each of its launches is a step. Its items are
 * divided among slots, one for each thread, in the order of the image's rows, so
 * that a thread finds in its cache what it has written a step before. Work-groups
 * take items of their slot until none is left, then of the others, and go on to
 * the next step when all are done. None depends on another's progress: who finds nothing to
 * do looks a while and then ends, and who has items in hand does the rest
 * alone. So any number of them may run at a time, in any order.
 */
#if defined(WALK_PITCH)
#if !defined(__opencl_c_atomic_order_acq_rel) || \
	!defined(__opencl_c_atomic_scope_device)
#error lwnpu: the device's compiler does not target ordered atomics
#endif

#if defined(__x86_64__)
#define PAUSE __builtin_ia32_pause()
#else
#define PAUSE
#endif

/* Looks for the end of a step before a work-group ends, about 0.1 ms. */
#define PATIENCE 2000

typedef volatile __global atomic_uint *counter;

static inline uint3 item_id(uint item, uint3 size)
{
	return (uint3)(item % size.x, item / size.x % size.y,
		       item / size.x / size.y);
}

static inline uint3 next_id(uint3 id, uint3 size)
{
	if (++id.x < size.x)
		return id;
	id.x = 0;
	if (++id.y < size.y)
		return id;
	id.y = 0;
	id.z++;
	return id;
}

#define RUN(name, type) \
	case LW_CL_##name: { \
		struct type p = *(__global const struct type *) \
					(constants + step->params); \
\
		for (uint i = 0; i < n; i++, id = next_id(id, size)) \
			name##_item(id, p, constants, in, other, out); \
		break; \
	}

static inline void run_items(__global const struct lw_step *step, uint first,
			     uint n, __global const uint *constants,
			     __global uint *const *buffers)
{
	__global const uint *in = buffers[step->buffers[0]];
	__global const uint *other = buffers[step->buffers[1]];
	__global uint *out = buffers[step->buffers[2]];
	uint3 size = vload3(0, step->size), id = item_id(first, size);

	switch (step->number) {
	LW_CL_KERNELS(RUN)
	}
}

static inline uint look(counter value)
{
	return atomic_load_explicit(value, memory_order_acquire,
				    memory_scope_device);
}

static inline uint add(counter value, uint n)
{
	return atomic_fetch_add_explicit(value, n, memory_order_acq_rel,
					 memory_scope_device);
}

/* Takes a slot's items until none is left; returns how many it has done. */
static inline uint take_slot(__global const struct lw_step *step, counter next,
			     uint from, uint items,
			     __global const uint *constants,
			     __global uint *const *buffers)
{
	uint done = 0;

	while (look(next) < items) {
		uint first = min(add(next, step->chunk), items);
		uint n = min(step->chunk, items - first);

		run_items(step, from + first, n, constants, buffers);
		done += n;
	}
	return done;
}

/* Takes items, those of @slot first; returns how many it has done. */
static inline uint take_items(__global const struct lw_step *step,
			      counter counters, uint slot, uint slots,
			      __global const uint *constants,
			      __global uint *const *buffers)
{
	uint done = 0;

	for (uint i = 0; i < slots; i++) {
		uint from = (ulong)step->items * slot / slots;
		uint end = (ulong)step->items * (slot + 1) / slots;

		done += take_slot(step, counters + slot * WALK_PITCH, from,
				  end - from, constants, buffers);
		slot = slot + 1 < slots ? slot + 1 : 0;
	}
	return done;
}

/* Whether all items of a step are done, of which this work-group did some. */
static inline bool is_done(counter done, uint mine, uint items)
{
	uint all = 0;

	if (mine)
		all = mine + add(done, mine);
	for (uint i = 0; all < items && i < PATIENCE; i++) {
		if (i)
			PAUSE;
		all = look(done);
	}
	return all == items;
}

__kernel void walk(struct lw_walk_params w, __global const uint *constants,
		   __global uint *progress, __global uint *arena,
		   __global uint *b0, __global uint *b1, __global uint *b2,
		   __global uint *b3, __global uint *b4, __global uint *b5)
{
	__global uint *const buffers[] = {
		(__global uint *)constants, arena, b0, b1, b2, b3, b4, b5
	};
	__global const struct lw_step *steps =
		(__global const struct lw_step *)(constants + w.steps);
	uint pitch = (w.slots + 1) * WALK_PITCH, last = w.to - 1, slot;
	/* Of a step: items done, then those taken of each slot. */
	counter counters = (counter)(progress + w.set * w.set_pitch);
	/* The last: work-groups that have come. */
	counter ticket = counters + w.set_pitch - WALK_PITCH;

	if (w.clear && !get_group_id(0))
		for (uint i = 0; i < w.set_pitch; i += WALK_PITCH)
			progress[(1 - w.set) * w.set_pitch + i] = 0;
	/* Most work-groups come when all is done. */
	if (look(counters + last * pitch) == steps[last].items)
		return;
	slot = add(ticket, 1) % w.slots;
	for (uint i = w.from; i <= last; i++) {
		counter done = counters + i * pitch;
		uint mine = take_items(&steps[i], done + WALK_PITCH, slot,
				       w.slots, constants, buffers);

		if (!is_done(done, mine, steps[i].items))
			return;
	}
}
#endif
