/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The C library's allocator of one process: the ops table that every such allocator fills. What
 * the calls do is what malloc(3), mallopt(3) and malloc_trim(3) say.
 *
 * Blocks are named by the address that the program would be given; LIBC_NULL is a failed
 * allocation. Threads are small numbers of the process, the first to call is its initial thread.
 * Calls come one at a time, in the order in which the real ones held the allocator.
 *
 * The program may move the break behind the allocator's back (a foreign sbrk): nobody is told, the
 * address space simply has another break afterwards.
 *
 * When memory is given back is decided by a trim policy (libc/trim/trim.h), which allocators that
 * keep freed memory ask at the moments named there.
 */
#ifndef SLABYARD_LIBC_LIBC_H
#define SLABYARD_LIBC_LIBC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "core/address_space.h"
#include "core/policy.h"
#include "core/services.h"
#include "libc/trim/trim.h"

enum { LIBC_THREADS_MAX = 1 << 16, LIBC_THREAD_ENDED = LIBC_THREADS_MAX };

#define LIBC_NULL UINT64_C(0)

/* Parameters of mallopt, numbered as in malloc.h. */
enum libc_parameter {
	LIBC_M_MXFAST = 1,
	LIBC_M_TRIM_THRESHOLD = -1,
	LIBC_M_TOP_PAD = -2,
	LIBC_M_MMAP_THRESHOLD = -3,
	LIBC_M_MMAP_MAX = -4,
	LIBC_M_CHECK_ACTION = -5,
	LIBC_M_PERTURB = -6,
	LIBC_M_ARENA_TEST = -7,
	LIBC_M_ARENA_MAX = -8,
};

/* Of one arena, or of all: the fields of mallinfo2(3). */
struct libc_counts {
	uint64_t arena;    /* bytes got by brk or for heaps */
	uint64_t ordblks;  /* free chunks, fastbins left out */
	uint64_t smblks;   /* chunks in fastbins */
	uint64_t hblks;    /* mmapped chunks */
	uint64_t hblkhd;   /* bytes in them */
	uint64_t usmblks;  /* always 0 */
	uint64_t fsmblks;  /* bytes in fastbins */
	uint64_t uordblks; /* bytes in use, those in thread caches among them */
	uint64_t fordblks; /* bytes free */
	uint64_t keepcost; /* bytes at the top that could be given back: the main arena's */
	uint64_t top;      /* bytes at the top of any arena; no field of mallinfo2 */
};

/* What lies in one list of free memory. */
struct libc_bin {
	uint64_t chunks, bytes;
};

#define LIBC_BIN_NONE UINT32_MAX

enum libc_extent_state {
	LIBC_EXTENT_LIVE,   /* the program's, or the allocator's own */
	LIBC_EXTENT_CACHED, /* freed, waiting in a list that counts it as in use */
	LIBC_EXTENT_FREE,
	LIBC_EXTENT_TOP, /* free, at the end of its region: grows and shrinks */
	LIBC_EXTENT_MMAPPED,
	LIBC_EXTENT_STATES
};

/* What walk() reports: extents of one arena do not overlap. */
struct libc_extent {
	uint64_t address; /* with the allocator's header, where there is one */
	uint64_t bytes;
	uint32_t arena;
	uint32_t bin; /* the list it is in, LIBC_BIN_NONE: in none */
	enum libc_extent_state state;
};

/* What a process's allocator stands on. It and all that it points to outlive the allocator. */
struct libc_environment {
	const struct address_space *space;
	const struct services *services; /* the arena is the process's own */
	const struct trim_judge *trim;
	/* Simulated time, where the trim policy asks how long memory has been free; else NULL. */
	const uint64_t *age_clock_ns;
	uint32_t cpus; /* that the process sees (get_nprocs) */
	/* GLIBC_TUNABLES of the recorded process, malloc's of them; NULL: it had none. */
	const char *recorded_tunables;
};

/* Value of an option GLIBC_TUNABLES: what the recorded process had. */
#define LIBC_TUNABLES_RECORDED "recorded"

struct libc_policy {
	struct policy_info info;

	/*
	 * A process's allocator before its first call: nothing is asked of the address space yet.
	 * Memory is from services->arena.
	 */
	void *(*create)(const struct libc_environment *environment, const void *params,
			struct error *err);
	/*
	 * The child's allocator after a fork by this thread, which is the only one that the child
	 * has: what `state` is, in another environment.
	 */
	void *(*fork)(const void *state, uint32_t thread,
		      const struct libc_environment *environment, struct error *err);
	void (*destroy)(void *state);

	uint64_t (*malloc)(void *state, uint32_t thread, uint64_t bytes);
	/* bytes is the product of calloc's arguments. */
	uint64_t (*calloc)(void *state, uint32_t thread, uint64_t bytes);
	/* LIBC_NULL with bytes 0: `block` was freed; else: failed, and `block` is as it was. */
	uint64_t (*realloc)(void *state, uint32_t thread, uint64_t block, uint64_t bytes);
	uint64_t (*memalign)(void *state, uint32_t thread, uint64_t alignment, uint64_t bytes);
	/* LIBC_THREAD_ENDED: by a thread that is gone but for this; it has no cache any more. */
	void (*free)(void *state, uint32_t thread, uint64_t block);

	/* Both return what the real ones return. */
	int (*mallopt)(void *state, int parameter, int value);
	int (*malloc_trim)(void *state, uint64_t pad);

	/*
	 * Trim policies' TRIM_OLD: gives back whole pages inside memory that has been free since
	 * that time or longer. Only with an age_clock_ns; NULL: this allocator cannot.
	 */
	void (*purge)(void *state, uint64_t freed_before_ns);

	/* The thread is gone; its number may come again for another one. */
	void (*thread_exit)(void *state, uint32_t thread);

	/* malloc_usable_size(3). */
	uint64_t (*usable_size)(const void *state, uint64_t block);

	/* The block has a mapping of its own, in which no other block lies. */
	bool (*is_mapped)(const void *state, uint64_t block);

	/* Arenas are numbered from 0, the main one. */
	uint32_t (*arena_count)(const void *state);
	void (*counts)(const void *state, uint32_t arena, struct libc_counts *counts);

	/*
	 * Lists of free memory, those of threads' caches among them: how many there can be, what
	 * each is called, and what is in them over all arenas, which bins() adds. bin_count 0:
	 * there are none, and the two hooks are NULL.
	 */
	uint32_t bin_count;
	void (*bin_name)(uint32_t bin, char *name, size_t size);
	void (*bins)(const void *state, struct libc_bin *bins);

	/* What malloc_info(3) and malloc_stats(3) print. NULL: this allocator has no such. */
	void (*malloc_info)(const void *state, FILE *out);
	void (*malloc_stats)(const void *state, FILE *out);

	void (*walk)(const void *state,
		     void (*visit)(void *context, const struct libc_extent *extent), void *context);
	bool (*check)(const void *state, struct error *err);
};

extern const struct policy_kind libc_policies;

static inline const struct libc_policy *libc_policy_of(const struct policy_info *info)
{
	return (const struct libc_policy *)(const void *)info;
}

#endif
