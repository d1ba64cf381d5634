/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trace/dump_keys.h"

/* The fields that an operation shows under a name of its own. */
#define ADDRESS(key)        .address = { key, DUMP_HEX }
#define SIZE(key, format)   .size = { key, DUMP_##format }
#define DETAIL(key, format) .detail = { key, DUMP_##format }
#define ORIGIN(fields)      .origin = (fields)

const struct dump_keys dump_keys[OPERATION_COUNT] = {
	[OP_PROCESS_START] = { ADDRESS("brk0") },
	[OP_FORK] = { SIZE("child_pid", DECIMAL) },
	[OP_SCHED] = { SIZE("next_pid", DECIMAL) },

	[OP_KMALLOC] = { ADDRESS("ptr"), SIZE("bytes_req", DECIMAL), ORIGIN(DUMP_ALLOC) },
	[OP_KFREE] = { ADDRESS("ptr"), ORIGIN(DUMP_CALL_SITE) },
	[OP_KREALLOC] = { ADDRESS("ptr"), SIZE("bytes_req", DECIMAL), ORIGIN(DUMP_ALLOC) },
	[OP_KMEM_CACHE_CREATE] = { DETAIL("untraced", DECIMAL), ORIGIN(DUMP_CACHE) },
	[OP_KMEM_CACHE_DESTROY] = { DETAIL("untraced", DECIMAL), ORIGIN(DUMP_CACHE) },
	[OP_KMEM_CACHE_SHRINK] = { DETAIL("untraced", DECIMAL), ORIGIN(DUMP_CACHE) },
	[OP_KMEM_CACHE_ALLOC] = { ADDRESS("ptr"), SIZE("bytes_req", DECIMAL),
				  ORIGIN(DUMP_ALLOC | DUMP_CACHE) },
	[OP_KMEM_CACHE_FREE] = { ADDRESS("ptr"), ORIGIN(DUMP_CALL_SITE | DUMP_CACHE) },
	[OP_SLOB_KFREE] = { ADDRESS("ptr"), SIZE("size", DECIMAL) },
	[OP_SLOB_RCU_FREE] = { ADDRESS("ptr"), SIZE("size", DECIMAL) },

	[OP_MM_PAGE_ALLOC] = { ADDRESS("pfn"), SIZE("order", DECIMAL),
			       ORIGIN(DUMP_MIGRATETYPE | DUMP_GFP) },
	[OP_MM_PAGE_FREE] = { ADDRESS("pfn"), SIZE("order", DECIMAL) },
	[OP_MM_PAGE_FREE_BATCHED] = { ADDRESS("pfn"), SIZE("order", DECIMAL) },
	[OP_MM_PAGE_ALLOC_ZONE_LOCKED] = { ADDRESS("pfn"), SIZE("order", DECIMAL),
					   DETAIL("percpu_refill", DECIMAL),
					   ORIGIN(DUMP_MIGRATETYPE) },
	[OP_MM_PAGE_PCPU_DRAIN] = { ADDRESS("pfn"), SIZE("order", DECIMAL),
				    ORIGIN(DUMP_MIGRATETYPE) },
	[OP_MM_PAGE_ALLOC_EXTFRAG] = { ADDRESS("pfn"), SIZE("fallback_order", DECIMAL),
				       DETAIL("fallback_migratetype", DECIMAL),
				       ORIGIN(DUMP_EXTFRAG) },
	[OP_BULK_BEGIN] = { SIZE("nr", DECIMAL) },
	[OP_BULK_END] = { SIZE("nr", DECIMAL) },
	[OP_ISOLATE_FREE_PAGE] = { ADDRESS("pfn"), SIZE("order", DECIMAL) },
	[OP_COMPACT_CAPTURE] = { ADDRESS("pfn"), SIZE("order", DECIMAL) },
	[OP_COMPACT_HEAD] = { ADDRESS("pfn"), SIZE("order", DECIMAL) },
	[OP_COMPACT_TAIL] = { ADDRESS("pfn"), SIZE("order", DECIMAL) },
	[OP_RESERVE_HIGHATOMIC] = { ADDRESS("pfn"), DETAIL("mt", DECIMAL) },
	[OP_UNRESERVE_HIGHATOMIC] = { ADDRESS("pfn"), DETAIL("mt", DECIMAL) },
	[OP_PCP_FREE_BUSY] = { ADDRESS("pfn") },
	[OP_PCP_ALLOC_BUSY] = { SIZE("order", DECIMAL), DETAIL("mt", DECIMAL) },
	[OP_COMPACTION_BEGIN] = { ADDRESS("migrate_pfn"), SIZE("free_pfn", HEX) },
	[OP_COMPACTION_END] = { ADDRESS("migrate_pfn"), SIZE("free_pfn", HEX) },
	[OP_COMPACTION_MIGRATE] = { SIZE("nr_taken", DECIMAL) },
	[OP_COMPACTION_FREE] = { SIZE("nr_taken", DECIMAL) },

	[OP_VMALLOC] = { ADDRESS("addr"), SIZE("size", BYTES), ORIGIN(DUMP_CALL_SITE) },
	[OP_VFREE] = { ADDRESS("addr"), ORIGIN(DUMP_CALL_SITE) },
	[OP_VMAP] = { ADDRESS("addr"), SIZE("size", BYTES), ORIGIN(DUMP_CALL_SITE) },
	[OP_VUNMAP] = { ADDRESS("addr"), ORIGIN(DUMP_CALL_SITE) },
	[OP_IOREMAP] = { ADDRESS("addr"), SIZE("size", BYTES), ORIGIN(DUMP_CALL_SITE) },
	[OP_IOUNMAP] = { ADDRESS("addr"), ORIGIN(DUMP_CALL_SITE) },
	[OP_VA_ALLOC] = { ADDRESS("va_start"), SIZE("size", BYTES), ORIGIN(DUMP_ALIGN) },
	[OP_VA_LAZYFREE] = { ADDRESS("va_start") },
	[OP_VA_PURGE] = { SIZE("lazy_pages", DECIMAL) },

	[OP_MALLOC] = { ADDRESS("ptr"), SIZE("bytes_req", DECIMAL) },
	[OP_CALLOC] = { ADDRESS("ptr"), SIZE("bytes_req", DECIMAL) },
	[OP_REALLOC] = { ADDRESS("ptr"), SIZE("bytes_req", DECIMAL) },
	[OP_MEMALIGN] = { ADDRESS("ptr"), SIZE("bytes_req", DECIMAL), ORIGIN(DUMP_ALIGN) },
	[OP_FREE] = { ADDRESS("ptr") },
	[OP_MALLOPT] = { ADDRESS("value"), SIZE("param", SIGNED) },
	[OP_MALLOC_TRIM] = { SIZE("pad", DECIMAL) },

	[OP_BRK] = { ADDRESS("addr") },
	[OP_MMAP] = { ADDRESS("addr"), SIZE("len", BYTES) },
	[OP_MUNMAP] = { ADDRESS("addr"), SIZE("len", BYTES) },
	[OP_MREMAP] = { ADDRESS("addr"), SIZE("len", BYTES) },
	[OP_MPROTECT] = { ADDRESS("addr"), SIZE("len", BYTES), DETAIL("prot", HEX) },
	[OP_MADVISE] = { ADDRESS("addr"), SIZE("len", BYTES) },
	[OP_MLOCK] = { ADDRESS("addr"), SIZE("len", BYTES) },
	[OP_MLOCKALL] = { SIZE("flags", DECIMAL) },
	[OP_PAGE_READ] = { ADDRESS("addr"), SIZE("len", BYTES) },
	[OP_PAGE_WRITE] = { ADDRESS("addr"), SIZE("len", BYTES) },
	[OP_PAGE_FAULT] = { ADDRESS("address"), DETAIL("error_code", HEX) },

	[OP_DIRECT_RECLAIM_BEGIN] = { SIZE("order", DECIMAL), ORIGIN(DUMP_GFP) },
	[OP_DIRECT_RECLAIM_END] = { SIZE("nr_reclaimed", DECIMAL) },
	[OP_KSWAPD_WAKE] = { SIZE("order", DECIMAL) },
	[OP_WAKEUP_KSWAPD] = { SIZE("order", DECIMAL), ORIGIN(DUMP_GFP) },
	[OP_RECLAIM_RETRY_ZONE] = { SIZE("order", DECIMAL) },

	[OP_OOM_SCORE_ADJ] = { ADDRESS("pid"), SIZE("oom_score_adj", SIGNED) },
	[OP_SYSCTL] = { ADDRESS("value"), ORIGIN(DUMP_CALL_SITE) },
	[OP_MARK_VICTIM] = { SIZE("pid", DECIMAL) },
	[OP_MARK] = { SIZE("number", DECIMAL) },
};
