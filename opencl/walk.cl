/* SPDX-License-Identifier: MIT */
/*
 * A whole program in one launch: each of its launches is a step. Work-groups
 * take items of a step until none is left, and go on to the next step when all
 * of them are done. None depends on another's progress: who finds nothing to
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

/* Takes items until none is left; returns how many it has done. */
static inline uint take_items(__global const struct lw_step *step, counter next,
			      __global const uint *constants,
			      __global uint *const *buffers)
{
	uint done = 0;

	while (look(next) < step->items) {
		uint first = atomic_fetch_add_explicit(next, step->chunk,
						       memory_order_relaxed,
						       memory_scope_device);
		uint n = min(step->chunk, step->items - min(first, step->items));

		run_items(step, first, n, constants, buffers);
		done += n;
	}
	return done;
}

/* Whether all items of a step are done, of which this work-group did some. */
static inline bool is_done(counter done, uint mine, uint items)
{
	uint all = 0;

	if (mine)
		all = mine + atomic_fetch_add_explicit(done, mine,
						       memory_order_acq_rel,
						       memory_scope_device);
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
	counter counters = (counter)(progress + w.set * w.set_pitch);
	uint last = w.to - 1;

	if (w.clear && !get_group_id(0))
		for (uint i = 0; i < w.set_pitch; i++)
			progress[(1 - w.set) * w.set_pitch + i] = 0;
	/* Most work-groups come when all is done. */
	if (look(counters + last * WALK_PITCH + 1) == steps[last].items)
		return;
	for (uint i = w.from; i <= last; i++) {
		counter next = counters + i * WALK_PITCH;
		uint done = take_items(&steps[i], next, constants, buffers);

		if (!is_done(next + 1, done, steps[i].items))
			return;
	}
}
#endif
