/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Page allocators: the ops table that every one of them fills, and the narrow interface through
 * which other layers get pages. Reference: mm/page_alloc.c of Linux 6.1.
 *
 * Any call out of a policy (reclaim, defer) may call back into it: its state is consistent before
 * it calls out.
 */
#ifndef SLABYARD_PAGE_PAGE_H
#define SLABYARD_PAGE_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "core/page_source.h"
#include "core/page_state.h"
#include "core/policy.h"
#include "core/request.h"
#include "core/services.h"
#include "core/topology.h"

/* The most memory that a machine may have: frames and list heads are numbered in 32 bits. */
#define PAGE_MEMORY_BYTES_MAX ((uint64_t)8 << 40)

/* Buffers for devices that reach 4 GiB only (swiotlb), on machines with memory above. */
#define PAGE_BOUNCE_BYTES ((uint64_t)64 << 20)

/* The machine's memory as configured. */
struct page_machine {
	uint64_t memory_bytes;
	uint32_t cpus, nodes;
	uint32_t orders;          /* MAX_ORDER: orders 0..orders-1; 11 by default */
	uint32_t pageblock_order; /* 9 with HUGETLB_PAGE, else orders - 1 */
	/*
	 * Memory that is never managed: what firmware keeps and the first MiB, which every policy
	 * that knows of them keeps in any case, the kernel's image at 16 MiB, and all else that
	 * boot takes.
	 */
	uint64_t reserved_bytes;
	uint64_t kernel_bytes;           /* of them, the kernel's image */
	const struct topology *topology; /* NULL: memory and CPUs are shared out evenly */
};

/* What walk() reports: allocated and free extents in address order. */
struct page_extent {
	pfn_t pfn;
	uint8_t order;
	uint8_t migratetype; /* of the list for free blocks, of the pageblock otherwise */
	bool free;           /* in a buddy list */
	bool pcp;            /* on a per-cpu list */
	bool movable;        /* in use and, as far as that is known, on an LRU list */
};

struct page_assist;

struct page_policy {
	struct policy_info info;

	/*
	 * A fresh machine, as after boot. params is info.options' struct, filled. State belongs to
	 * the policy, its memory to services->arena. NULL and *err when the configuration cannot be
	 * built.
	 */
	void *(*create)(const struct page_machine *machine, const void *params,
			const struct services *services, struct error *err);
	void (*destroy)(void *state);

	/*
	 * One allocation of 2^request->order frames; orders that the machine does not have come up
	 * to PAGE_ORDERS_MAX, and fail. Returns the first frame, never frame 0 (pointers
	 * that mean nothing lie in it), or PFN_NONE when the
	 * simulated machine has none to give: that is a result, not an error.
	 */
	pfn_t (*alloc)(void *state, const struct request *request);

	/*
	 * The caller gives back what alloc returned, with the same order, or a part of it that is a
	 * block by itself (split_page()). */
	void (*free)(void *state, const struct request *request, pfn_t pfn);

	/*
	 * Up to count order-0 frames into out (__alloc_pages_bulk); returns how many. NULL: the
	 * caller uses alloc.
	 */
	size_t (*alloc_bulk)(void *state, const struct request *request, size_t count, pfn_t *out);

	/* All per-cpu lists of `cpu` back to the buddy lists (drain_pages). NULL: has none. */
	void (*drain)(void *state, uint32_t cpu);

	/*
	 * A recorded fact to follow (page/assist.h). True: it was needed, and counts as taken from
	 * the trace. False: nothing was taken from it, as the policy has come to the same by itself
	 * or does not understand it. NULL: understands none.
	 */
	bool (*assist)(void *state, const struct page_assist *assist);

	/* The first record is about to be carried out. NULL: no matter. */
	void (*begin)(void *state, uint64_t now_ns);

	/*
	 * A deferred call's time has come (services_defer with DEFER_PAGE), or a thread has got a
	 * CPU (services->wake_thread). NULL: never defers.
	 */
	void (*expire)(void *state, uint64_t token, uint64_t now_ns);

	/* CPU time in ns that a thread which waits for a CPU would take now. NULL: none. */
	uint64_t (*thread_needs)(const void *state, uint64_t token);

	/* Figures for sampling, into zeroed counts; must not change anything. */
	void (*counts)(const void *state, struct page_counts *counts);

	/* Starts from a recorded state instead of the fresh one; called once, before any alloc. */
	int (*load)(void *state, const struct page_state *from, struct error *err);

	/* Describes the whole state; the caller frees it with page_state_free. */
	int (*dump)(const void *state, struct page_state *to, struct error *err);

	/* Every managed frame once, in address order, as extents. */
	void (*walk)(const void *state,
		     void (*visit)(void *context, const struct page_extent *extent), void *context);

	/* True when all invariants hold; *err says which does not. For tests: may be slow. */
	bool (*check)(const void *state, struct error *err);
};

extern const struct policy_kind page_policies;

static inline const struct page_policy *page_policy_of(const struct policy_info *info)
{
	return (const struct page_policy *)(const void *)info;
}

#endif
