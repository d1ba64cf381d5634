/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which operations this run executes: decided once, from the level and the layers there are. */
#include "machine/actions.h"

#include <stdlib.h>

static const uint8_t page_actions[OPERATION_COUNT] = {
	[OP_MM_PAGE_ALLOC] = ACTION_PAGE_ALLOC,
	[OP_MM_PAGE_FREE] = ACTION_PAGE_FREE,
	[OP_MM_PAGE_FREE_BATCHED] = ACTION_PAGE_FREE,
	[OP_MM_PAGE_ALLOC_ZONE_LOCKED] = ACTION_PAGE_FACT,
	[OP_MM_PAGE_ALLOC_EXTFRAG] = ACTION_NOTE,
	[OP_MM_PAGE_PCPU_DRAIN] = ACTION_PAGE_FACT,
	[OP_ISOLATE_FREE_PAGE] = ACTION_PAGE_FACT,
	[OP_COMPACT_CAPTURE] = ACTION_PAGE_FACT,
	[OP_COMPACT_HEAD] = ACTION_PAGE_FACT,
	[OP_COMPACT_TAIL] = ACTION_PAGE_FACT,
	[OP_RESERVE_HIGHATOMIC] = ACTION_PAGE_FACT,
	[OP_UNRESERVE_HIGHATOMIC] = ACTION_PAGE_FACT,
	[OP_WAKEUP_KSWAPD] = ACTION_NOTE,
	[OP_KSWAPD_WAKE] = ACTION_PAGE_FACT,
	[OP_DIRECT_RECLAIM_BEGIN] = ACTION_PAGE_FACT,
	[OP_DIRECT_RECLAIM_END] = ACTION_PAGE_FACT,
	[OP_MARK_VICTIM] = ACTION_PAGE_FACT,
	[OP_OOM_SCORE_ADJ] = ACTION_RESIDENT,
	[OP_EXIT] = ACTION_RESIDENT,
	[OP_PAGE_FAULT] = ACTION_RESIDENT,
	[OP_FORK] = ACTION_RESIDENT,
	[OP_EXEC] = ACTION_RESIDENT,
	[OP_PCP_FREE_BUSY] = ACTION_NOTE,
	[OP_PCP_ALLOC_BUSY] = ACTION_NOTE,
	[OP_COMPACTION_BEGIN] = ACTION_NOTE,
	[OP_COMPACTION_END] = ACTION_NOTE,
	[OP_COMPACTION_MIGRATE] = ACTION_NOTE,
	[OP_COMPACTION_FREE] = ACTION_NOTE,
	[OP_ALLOC_BEGIN] = ACTION_ALLOC_BEGIN,
	[OP_BULK_BEGIN] = ACTION_BULK_BEGIN,
	[OP_BULK_END] = ACTION_BULK_END,
};

static const uint8_t slab_actions[OPERATION_COUNT] = {
	[OP_KMALLOC] = ACTION_KMALLOC,
	[OP_KFREE] = ACTION_KFREE,
	[OP_KREALLOC] = ACTION_KREALLOC,
	[OP_KMEM_CACHE_ALLOC] = ACTION_CACHE_ALLOC,
	[OP_KMEM_CACHE_FREE] = ACTION_CACHE_FREE,
	[OP_KMEM_CACHE_CREATE] = ACTION_CACHE_CREATE,
	[OP_KMEM_CACHE_DESTROY] = ACTION_CACHE_DESTROY,
	[OP_KMEM_CACHE_SHRINK] = ACTION_CACHE_SHRINK,
	[OP_RCU_BARRIER] = ACTION_NOTE,
	[OP_CACHE_REAP_BEGIN] = ACTION_OBJECT_FACT,
	[OP_CACHE_REAP_END] = ACTION_NOTE,
	[OP_SLOB_KFREE] = ACTION_OBJECT_FACT,
	[OP_SLOB_RCU_FREE] = ACTION_OBJECT_FACT,
};

static const uint8_t libc_actions[OPERATION_COUNT] = {
	[OP_MALLOC] = ACTION_MALLOC,
	[OP_CALLOC] = ACTION_MALLOC,
	[OP_FREE] = ACTION_FREE,
	[OP_REALLOC] = ACTION_LIBC,
	[OP_MEMALIGN] = ACTION_LIBC,
	[OP_MALLOPT] = ACTION_LIBC,
	[OP_MALLOC_TRIM] = ACTION_LIBC,
	[OP_BRK] = ACTION_VM,
	[OP_MMAP] = ACTION_VM,
	[OP_MUNMAP] = ACTION_VM,
	[OP_MREMAP] = ACTION_VM,
	[OP_MPROTECT] = ACTION_VM,
	[OP_MADVISE] = ACTION_VM,
	[OP_MLOCK] = ACTION_VM,
	[OP_MLOCKALL] = ACTION_VM,
	[OP_PAGE_READ] = ACTION_VM,
	[OP_PAGE_WRITE] = ACTION_VM,
	[OP_PAGE_FAULT] = ACTION_VM,
	[OP_PROCESS_START] = ACTION_PROCESS,
	[OP_THREAD_START] = ACTION_PROCESS,
	[OP_THREAD_EXIT] = ACTION_PROCESS,
	[OP_FORK] = ACTION_PROCESS,
	[OP_EXEC] = ACTION_PROCESS,
	[OP_EXIT] = ACTION_PROCESS,
	[OP_SCHED] = ACTION_NOTE,
};

static enum action action_for(int operation, const struct machine *m)
{
	if (operation == OP_MARK)
		return ACTION_MARK;
	if (operation == OP_EXTENSION)
		return ACTION_SKIP;
	/* where there are processes, theirs is what pages they have */
	if (m->libc_level && libc_actions[operation])
		return libc_actions[operation];
	if (page_actions[operation])
		return page_actions[operation];
	if (slab_actions[operation])
		return m->page_level ? ACTION_SKIP : slab_actions[operation];
	return ACTION_NO_LAYER;
}

static bool is_timed(enum action action)
{
	return action >= ACTION_PAGE_ALLOC;
}

int machine_choose_actions(struct machine *m, struct error *err)
{
	for (int i = 0; i < OPERATION_COUNT; i++) {
		m->action[i] = (uint8_t)action_for(i, m);
		if (!is_timed(m->action[i]))
			continue;
		struct histogram *h = malloc(sizeof(*h));
		if (!h)
			return error_set(err, ERROR_RUN, "no memory for latency histograms");
		histogram_init(h);
		m->operations[i].latency_ps = h;
	}
	return 0;
}
