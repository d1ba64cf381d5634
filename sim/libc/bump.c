/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Hands out the heap from its start to its end and never takes anything back: what the most
 * wasteful allocator would need, and what one without any lists would cost. Blocks have no headers;
 * their sizes are kept outside the simulated memory, where no program would have them for free.
 */
#include <string.h>

#include "libc/libc.h"

struct bump_params {
	uint64_t step_bytes;
};

enum { ALIGNMENT = 16, ALIGNMENT_SHIFT = 4 };

/* The heap's end in granules of ALIGNMENT bytes: 64 GiB. */
static const uint64_t granules_max = UINT64_C(1) << 32;

struct bump_libc {
	const struct address_space *space;
	const struct services *services;
	uint64_t step_bytes;
	uint64_t base, next, end; /* of the heap; base 0: nothing has been asked for */
	uint64_t live_bytes;
	uint32_t *granules; /* of the block that starts here, by granule of the heap; 0: none */
};

static const struct option_spec bump_options[] = {
	{
		.name = "step",
		.offset = offsetof(struct bump_params, step_bytes),
		.type = OPTION_SIZE,
		.default_text = "132KiB",
		.min = 4096,
		.max = 1073741824,
		.unit = "bytes",
		.help = "by how much the break is moved at a time",
	},
	OPTION_END,
};

static void *bump_create(const struct libc_environment *environment, const void *params,
			 struct error *err)
{
	struct arena *arena = environment->services->arena;
	struct bump_libc *b = arena_array(arena, 1, sizeof(*b), err);

	if (!b)
		return NULL;
	b->space = environment->space;
	b->services = environment->services;
	b->step_bytes = ((const struct bump_params *)params)->step_bytes;
	b->granules = arena_array(arena, granules_max, sizeof(*b->granules), err);
	return b->granules ? b : NULL;
}

static void bump_destroy(void *state)
{
	(void)state;
}

static uint64_t round_up(uint64_t value, uint64_t to)
{
	return (value + to - 1) / to * to;
}

static uint64_t granule_of(const struct bump_libc *b, uint64_t address)
{
	return (address - b->base) >> ALIGNMENT_SHIFT;
}

static void *bump_fork(const void *state, uint32_t thread,
		       const struct libc_environment *environment, struct error *err)
{
	const struct bump_libc *parent = state;
	const struct bump_params params = { parent->step_bytes };
	struct bump_libc *b = bump_create(environment, &params, err);

	(void)thread;
	if (!b)
		return NULL;
	b->base = parent->base;
	b->next = parent->next;
	b->end = parent->end;
	b->live_bytes = parent->live_bytes;
	if (b->base)
		memcpy(b->granules, parent->granules,
		       granule_of(b, b->next) * sizeof(*b->granules));
	return b;
}

/* Makes the heap reach `end`; false when the address space or the table has no room. */
static bool bump_reach(struct bump_libc *b, uint64_t end)
{
	if (end <= b->end)
		return true;
	const uint64_t wanted = b->end + round_up(end - b->end, b->step_bytes);

	if (wanted - b->base > granules_max << ALIGNMENT_SHIFT ||
	    !b->space->brk(b->space->context, wanted))
		return false;
	b->end = wanted;
	return true;
}

/* Somebody else moved the break: what lies behind it is not the heap's. */
static void bump_follow_break(struct bump_libc *b)
{
	const uint64_t now = b->space->break_now(b->space->context);

	if (!b->base)
		b->base = round_up(now, ALIGNMENT);
	if (now == b->end)
		return;
	b->next = round_up(now, ALIGNMENT);
	b->end = now;
}

static uint64_t bump_memalign(void *state, uint32_t thread, uint64_t alignment, uint64_t bytes)
{
	struct bump_libc *b = state;

	(void)thread;
	if (bytes > granules_max || alignment > granules_max)
		return LIBC_NULL;
	bump_follow_break(b);
	const uint64_t size = bytes ? round_up(bytes, ALIGNMENT) : ALIGNMENT;
	const uint64_t block = round_up(b->next, alignment > ALIGNMENT ? alignment : ALIGNMENT);

	if (!bump_reach(b, block + size))
		return LIBC_NULL;
	work_count(b->services->work, WORK_libc_fastpath);
	b->granules[granule_of(b, block)] = (uint32_t)(size >> ALIGNMENT_SHIFT);
	b->live_bytes += size;
	b->next = block + size;
	return block;
}

static uint64_t bump_malloc(void *state, uint32_t thread, uint64_t bytes)
{
	return bump_memalign(state, thread, ALIGNMENT, bytes);
}

static uint64_t bump_usable_size(const void *state, uint64_t block)
{
	const struct bump_libc *b = state;

	return (uint64_t)b->granules[granule_of(b, block)] << ALIGNMENT_SHIFT;
}

static void bump_free(void *state, uint32_t thread, uint64_t block)
{
	struct bump_libc *b = state;

	(void)thread;
	work_count(b->services->work, WORK_libc_fastpath);
	b->live_bytes -= bump_usable_size(b, block);
	b->granules[granule_of(b, block)] = 0;
}

static uint64_t bump_realloc(void *state, uint32_t thread, uint64_t block, uint64_t bytes)
{
	struct bump_libc *b = state;

	if (block && !bytes) {
		bump_free(b, thread, block);
		return LIBC_NULL;
	}
	const uint64_t old_bytes = block ? bump_usable_size(b, block) : 0;

	if (block && bytes <= old_bytes)
		return block;
	const uint64_t moved = bump_malloc(b, thread, bytes);

	if (!block || !moved)
		return moved;
	work_count_n(b->services->work, WORK_copy_byte, old_bytes);
	b->space->read(b->space->context, block, old_bytes);
	b->space->write(b->space->context, moved, old_bytes);
	bump_free(b, thread, block);
	return moved;
}

static int bump_mallopt(void *state, int parameter, int value)
{
	(void)state;
	(void)parameter;
	(void)value;
	return 1;
}

static int bump_malloc_trim(void *state, uint64_t pad)
{
	(void)state;
	(void)pad;
	return 0;
}

static void bump_thread_exit(void *state, uint32_t thread)
{
	(void)state;
	(void)thread;
}

static bool bump_is_mapped(const void *state, uint64_t block)
{
	(void)state;
	(void)block;
	return false;
}

static uint32_t bump_arena_count(const void *state)
{
	(void)state;
	return 1;
}

static void bump_counts(const void *state, uint32_t arena, struct libc_counts *counts)
{
	const struct bump_libc *b = state;

	(void)arena;
	*counts = (struct libc_counts){
		.arena = b->end - b->base,
		.ordblks = 1,
		.uordblks = b->live_bytes,
		.fordblks = b->end - b->base - b->live_bytes,
		.keepcost = b->end - b->next,
		.top = b->end - b->next,
	};
}

static void bump_walk(const void *state,
		      void (*visit)(void *context, const struct libc_extent *extent), void *context)
{
	const struct bump_libc *b = state;
	const uint64_t used = granule_of(b, b->next);

	for (uint64_t g = 0; g < used; g++) {
		const struct libc_extent extent = {
			.address = b->base + (g << ALIGNMENT_SHIFT),
			.bytes = (uint64_t)b->granules[g] << ALIGNMENT_SHIFT,
			.bin = LIBC_BIN_NONE,
			.state = LIBC_EXTENT_LIVE,
		};

		if (b->granules[g])
			visit(context, &extent);
	}
}

struct bump_sum {
	uint64_t bytes;
};

static void bump_add(void *context, const struct libc_extent *extent)
{
	((struct bump_sum *)context)->bytes += extent->bytes;
}

static bool bump_check(const void *state, struct error *err)
{
	const struct bump_libc *b = state;
	struct bump_sum sum = { 0 };

	bump_walk(b, bump_add, &sum);
	if (sum.bytes == b->live_bytes && b->base <= b->next)
		return true;
	error_set(err, ERROR_RUN, "blocks of %llu bytes are live, %llu are counted",
		  (unsigned long long)sum.bytes, (unsigned long long)b->live_bytes);
	return false;
}

const struct libc_policy bump_libc_policy = {
	.info = {
		.abi = POLICY_ABI,
		.name = "bump",
		.help = "hands out the heap once and takes nothing back",
		.capabilities = POLICY_PLACES,
		.options = bump_options,
		.params_size = sizeof(struct bump_params),
	},
	.create = bump_create,
	.fork = bump_fork,
	.destroy = bump_destroy,
	.malloc = bump_malloc,
	.calloc = bump_malloc,
	.realloc = bump_realloc,
	.memalign = bump_memalign,
	.free = bump_free,
	.mallopt = bump_mallopt,
	.malloc_trim = bump_malloc_trim,
	.thread_exit = bump_thread_exit,
	.usable_size = bump_usable_size,
	.is_mapped = bump_is_mapped,
	.arena_count = bump_arena_count,
	.counts = bump_counts,
	.walk = bump_walk,
	.check = bump_check,
};
