/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/grammar.h"

#define HEX(name)                                                                                  \
	{                                                                                          \
		name, KEY_HEX                                                                      \
	}
#define DECIMAL(name)                                                                              \
	{                                                                                          \
		name, KEY_DECIMAL                                                                  \
	}
#define SIGNED(name)                                                                               \
	{                                                                                          \
		name, KEY_SIGNED                                                                   \
	}
#define BYTES(name)                                                                                \
	{                                                                                          \
		name, KEY_BYTES                                                                    \
	}

const struct operation_keys operation_keys[OPERATION_COUNT] = {
	[OP_PROCESS_START] = { .address = HEX("brk0"), .size = DECIMAL("pid") },
	[OP_FORK] = { .size = DECIMAL("child_pid") },

	[OP_KMALLOC] = { .address = HEX("ptr"),
			 .size = DECIMAL("bytes_req"),
			 .origin = KEYS_ALLOC },
	[OP_KFREE] = { .address = HEX("ptr"), .origin = KEYS_CALL_SITE },
	[OP_KREALLOC] = { .address = HEX("ptr"),
			  .size = DECIMAL("bytes_req"),
			  .second = HEX("old"),
			  .origin = KEYS_ALLOC },
	[OP_KMEM_CACHE_CREATE] = { .origin = KEYS_CACHE },
	[OP_KMEM_CACHE_DESTROY] = { .origin = KEYS_CACHE },
	[OP_KMEM_CACHE_SHRINK] = { .origin = KEYS_CACHE },
	[OP_KMEM_CACHE_ALLOC] = { .address = HEX("ptr"),
				  .size = DECIMAL("bytes_req"),
				  .origin = KEYS_ALLOC | KEYS_CACHE },
	[OP_KMEM_CACHE_FREE] = { .address = HEX("ptr"), .origin = KEYS_CALL_SITE | KEYS_CACHE },
	[OP_SLOB_KFREE] = { .address = HEX("ptr"), .size = DECIMAL("size") },
	[OP_SLOB_RCU_FREE] = { .address = HEX("ptr"), .size = DECIMAL("size") },

	[OP_MM_PAGE_ALLOC] = { .address = HEX("pfn"),
			       .size = DECIMAL("order"),
			       .origin = KEYS_MIGRATETYPE | KEYS_GFP },
	[OP_MM_PAGE_FREE] = { .address = HEX("pfn"), .size = DECIMAL("order") },
	[OP_MM_PAGE_FREE_BATCHED] = { .address = HEX("pfn"), .size = DECIMAL("order") },
	[OP_MM_PAGE_ALLOC_ZONE_LOCKED] = { .address = HEX("pfn"),
					   .size = DECIMAL("order"),
					   .detail = DECIMAL("percpu_refill"),
					   .origin = KEYS_MIGRATETYPE },
	[OP_MM_PAGE_PCPU_DRAIN] = { .address = HEX("pfn"),
				    .size = DECIMAL("order"),
				    .origin = KEYS_MIGRATETYPE },
	[OP_MM_PAGE_ALLOC_EXTFRAG] = { .address = HEX("pfn"),
				       .size = DECIMAL("fallback_order"),
				       .detail = DECIMAL("fallback_migratetype"),
				       .origin = KEYS_ORDER | KEYS_MIGRATETYPE },
	[OP_BULK_BEGIN] = { .size = DECIMAL("nr") },
	[OP_BULK_END] = { .size = DECIMAL("nr") },
	[OP_ISOLATE_FREE_PAGE] = { .address = HEX("pfn"), .size = DECIMAL("order") },
	[OP_COMPACT_CAPTURE] = { .address = HEX("pfn"), .size = DECIMAL("order") },
	[OP_COMPACT_HEAD] = { .address = HEX("pfn"), .size = DECIMAL("order") },
	[OP_COMPACT_TAIL] = { .address = HEX("pfn"), .size = DECIMAL("order") },
	[OP_RESERVE_HIGHATOMIC] = { .address = HEX("pfn"), .size = DECIMAL("order") },
	[OP_UNRESERVE_HIGHATOMIC] = { .address = HEX("pfn"), .size = DECIMAL("order") },
	[OP_PCP_FREE_BUSY] = { .address = HEX("pfn") },
	[OP_COMPACTION_BEGIN] = { .address = HEX("migrate_pfn"), .second = HEX("free_pfn") },
	[OP_COMPACTION_END] = { .address = HEX("migrate_pfn"), .second = HEX("free_pfn") },
	[OP_COMPACTION_MIGRATE] = { .size = DECIMAL("nr_taken") },
	[OP_COMPACTION_FREE] = { .size = DECIMAL("nr_taken") },

	[OP_VMALLOC] = { .address = HEX("ptr"),
			 .size = DECIMAL("bytes_req"),
			 .origin = KEYS_CALL_SITE },
	[OP_VFREE] = { .address = HEX("ptr"), .origin = KEYS_CALL_SITE },
	[OP_VMAP] = { .address = HEX("ptr"), .size = BYTES("len"), .origin = KEYS_CALL_SITE },
	[OP_VUNMAP] = { .address = HEX("ptr"), .origin = KEYS_CALL_SITE },
	[OP_IOREMAP] = { .address = HEX("ptr"),
			 .size = DECIMAL("bytes_req"),
			 .origin = KEYS_CALL_SITE },
	[OP_IOUNMAP] = { .address = HEX("ptr"), .origin = KEYS_CALL_SITE },
	[OP_VA_ALLOC] = { .address = HEX("addr"), .size = BYTES("len") },
	[OP_VA_LAZYFREE] = { .address = HEX("addr"), .size = BYTES("len") },

	[OP_MALLOC] = { .address = HEX("ptr"), .size = DECIMAL("bytes_req") },
	[OP_CALLOC] = { .address = HEX("ptr"), .size = DECIMAL("bytes_req") },
	[OP_REALLOC] = { .address = HEX("ptr"),
			 .size = DECIMAL("bytes_req"),
			 .second = HEX("old") },
	[OP_MEMALIGN] = { .address = HEX("ptr"),
			  .size = DECIMAL("bytes_req"),
			  .origin = KEYS_ALIGN },
	[OP_FREE] = { .address = HEX("ptr") },
	[OP_MALLOPT] = { .address = HEX("value"), .size = SIGNED("param") },
	[OP_MALLOC_TRIM] = { .size = DECIMAL("pad") },

	[OP_BRK] = { .address = HEX("addr") },
	[OP_MMAP] = { .address = HEX("addr"), .size = BYTES("len"), .detail = HEX("prot") },
	[OP_MUNMAP] = { .address = HEX("addr"), .size = BYTES("len") },
	[OP_MREMAP] = { .address = HEX("addr"), .size = BYTES("len"), .second = HEX("old") },
	[OP_MPROTECT] = { .address = HEX("addr"), .size = BYTES("len"), .detail = HEX("prot") },
	[OP_MADVISE] = { .address = HEX("addr"),
			 .size = BYTES("len"),
			 .detail = DECIMAL("advice") },
	[OP_MLOCK] = { .address = HEX("addr"), .size = BYTES("len") },
	[OP_MLOCKALL] = { .size = DECIMAL("flags") },
	[OP_PAGE_READ] = { .address = HEX("addr") },
	[OP_PAGE_WRITE] = { .address = HEX("addr") },
	[OP_PAGE_FAULT] = { .address = HEX("address"), .detail = HEX("error_code") },
	[OP_DIRECT_RECLAIM_BEGIN] = { .size = DECIMAL("order"), .origin = KEYS_GFP },
	[OP_DIRECT_RECLAIM_END] = { .size = DECIMAL("nr_reclaimed") },
	[OP_KSWAPD_WAKE] = { .size = DECIMAL("order") },
	[OP_WAKEUP_KSWAPD] = { .size = DECIMAL("order"), .origin = KEYS_GFP },
	[OP_RECLAIM_RETRY_ZONE] = { .size = DECIMAL("order") },

	[OP_OOM_SCORE_ADJ] = { .size = SIGNED("oom_score_adj") },
	[OP_SYSCTL] = { .address = HEX("value"), .size = DECIMAL("name") },
	[OP_MARK_VICTIM] = { .size = DECIMAL("pid") },
	[OP_MARK] = { .size = DECIMAL("n") },
};
