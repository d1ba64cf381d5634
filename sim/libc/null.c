/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Places nothing and makes no system call: what a run costs with it is the engine's own cost. */
#include "libc/libc.h"

/* All blocks have this address: it is no pointer that a program could use, but not NULL. */
#define NOWHERE UINT64_C(16)

struct null_libc {
	uint64_t calls;
};

static void *null_create(const struct libc_environment *environment, const void *params,
			 struct error *err)
{
	(void)params;
	return arena_array(environment->services->arena, 1, sizeof(struct null_libc), err);
}

static void *null_fork(const void *state, uint32_t thread,
		       const struct libc_environment *environment, struct error *err)
{
	(void)state;
	(void)thread;
	return null_create(environment, NULL, err);
}

static void null_destroy(void *state)
{
	(void)state;
}

static uint64_t null_malloc(void *state, uint32_t thread, uint64_t bytes)
{
	struct null_libc *null = state;

	(void)thread;
	(void)bytes;
	null->calls++;
	return NOWHERE;
}

static uint64_t null_realloc(void *state, uint32_t thread, uint64_t block, uint64_t bytes)
{
	if (block && !bytes)
		return LIBC_NULL;
	return null_malloc(state, thread, bytes);
}

static uint64_t null_memalign(void *state, uint32_t thread, uint64_t alignment, uint64_t bytes)
{
	(void)alignment;
	return null_malloc(state, thread, bytes);
}

static void null_free(void *state, uint32_t thread, uint64_t block)
{
	(void)state;
	(void)thread;
	(void)block;
}

static int null_mallopt(void *state, int parameter, int value)
{
	(void)state;
	(void)parameter;
	(void)value;
	return 1;
}

static int null_malloc_trim(void *state, uint64_t pad)
{
	(void)state;
	(void)pad;
	return 0;
}

static void null_thread_exit(void *state, uint32_t thread)
{
	(void)state;
	(void)thread;
}

static uint64_t null_usable_size(const void *state, uint64_t block)
{
	(void)state;
	(void)block;
	return 0;
}

static bool null_is_mapped(const void *state, uint64_t block)
{
	(void)state;
	(void)block;
	return false;
}

static uint32_t null_arena_count(const void *state)
{
	(void)state;
	return 1;
}

static void null_counts(const void *state, uint32_t arena, struct libc_counts *counts)
{
	(void)state;
	(void)arena;
	*counts = (struct libc_counts){ 0 };
}

static void null_walk(const void *state,
		      void (*visit)(void *context, const struct libc_extent *extent), void *context)
{
	(void)state;
	(void)visit;
	(void)context;
}

static bool null_check(const void *state, struct error *err)
{
	(void)state;
	(void)err;
	return true;
}

const struct libc_policy null_libc_policy = {
	.info = {
		.abi = POLICY_ABI,
		.name = "null",
		.help = "places nothing and makes no system call: measures the engine",
	},
	.create = null_create,
	.fork = null_fork,
	.destroy = null_destroy,
	.malloc = null_malloc,
	.calloc = null_malloc,
	.realloc = null_realloc,
	.memalign = null_memalign,
	.free = null_free,
	.mallopt = null_mallopt,
	.malloc_trim = null_malloc_trim,
	.thread_exit = null_thread_exit,
	.usable_size = null_usable_size,
	.is_mapped = null_is_mapped,
	.arena_count = null_arena_count,
	.counts = null_counts,
	.walk = null_walk,
	.check = null_check,
};
