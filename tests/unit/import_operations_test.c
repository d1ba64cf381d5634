/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every operation by its keys, as people write it by hand and as kernels print it. */
#include "../import_support.h"

#include "core/gfp.h"

struct expected {
	const char *event; /* what stands behind the time */
	int operation;
	unsigned flags;
	unsigned detail;
	uint64_t size, address;
	/* of the extension, when flags has RECORD_EXTENDED */
	uint64_t length, ext_address;
	uint32_t word, second_word;
};

#define EVENT(text, number, flag_bits, detail_bits, size_value, address_value)                     \
	{                                                                                          \
		.event = text, .operation = number, .flags = flag_bits, .detail = detail_bits,     \
		.size = size_value, .address = address_value                                       \
	}
#define EXTENDED(text, number, flag_bits, detail_bits, size_value, address_value, bytes, second,   \
		 first_word, last_word)                                                            \
	{                                                                                          \
		.event = text, .operation = number, .flags = flag_bits, .detail = detail_bits,     \
		.size = size_value, .address = address_value, .length = bytes,                     \
		.ext_address = second, .word = first_word, .second_word = last_word                \
	}

static const struct expected operations[] = {
	EVENT("process_start: brk0=0x1000", OP_PROCESS_START, 0, 0, 0, 0x1000),
	EVENT("thread_start:", OP_THREAD_START, 0, 0, 0, 0),
	EVENT("thread_exit:", OP_THREAD_EXIT, 0, 0, 0, 0),
	EVENT("fork: child_pid=77", OP_FORK, 0, 0, 77, 0),
	EVENT("sched_process_fork: comm=a b pid=31 child_comm=a b child_pid=34", OP_FORK, 0, 0, 34,
	      0),
	EVENT("sched_process_exec: filename=/bin/x pid=34 old_pid=34", OP_EXEC, 0, 0, 0, 0),
	EVENT("exec:", OP_EXEC, 0, 0, 0, 0),
	EVENT("sched_process_exit: comm=x pid=33 prio=120", OP_EXIT, 0, 0, 0, 0),
	EVENT("exit:", OP_EXIT, 0, 0, 0, 0),
	EVENT("sched: next_pid=5", OP_SCHED, 0, 0, 5, 0),
	EVENT("sched_switch: prev_comm=a prev_pid=1 prev_state=R ==> next_comm=b next_pid=5 "
	      "next_prio=1",
	      OP_SCHED, 0, 0, 5, 0),
	EVENT("kmalloc: ptr=ffff888001000000 bytes_req=9", OP_KMALLOC, 0, 0, 9, 0xffff888001000000),
	EVENT("kmalloc_node: ptr=0xffff888001000000 bytes_req=9 node=0", OP_KMALLOC, 0, 0, 9,
	      0xffff888001000000),
	EVENT("kmalloc: ptr=(null) bytes_req=9", OP_KMALLOC, RECORD_FAILED, 0, 9, 0),
	EVENT("kmalloc: ptr=0000000000000000 bytes_req=9", OP_KMALLOC, RECORD_FAILED, 0, 9, 0),
	EVENT("kfree: call_site=f+0x1/0x2 ptr=ffff888001000000", OP_KFREE, RECORD_IDENTITY, 0, 0,
	      0xffff888001000000),
	EVENT("kmem_cache_alloc: ptr=ffff888001000000 name=x bytes_req=9", OP_KMEM_CACHE_ALLOC, 0,
	      0, 9, 0xffff888001000000),
	EVENT("kmem_cache_alloc_node: ptr=ffff888001000000 bytes_req=9", OP_KMEM_CACHE_ALLOC, 0, 0,
	      9, 0xffff888001000000),
	EVENT("kmem_cache_free: ptr=ffff888001000000 name=x", OP_KMEM_CACHE_FREE, RECORD_IDENTITY,
	      0, 0, 0xffff888001000000),
	EVENT("kmem_cache_create: name=x object_size=40", OP_KMEM_CACHE_CREATE, 0, 0, 0, 0),
	EVENT("kmem_cache_destroy: name=x", OP_KMEM_CACHE_DESTROY, 0, 0, 0, 0),
	EVENT("kmem_cache_shrink: name=x", OP_KMEM_CACHE_SHRINK, 0, 0, 0, 0),
	EVENT("mm_page_alloc: page=ffffea00 pfn=0x19db order=3 migratetype=1", OP_MM_PAGE_ALLOC, 0,
	      0, 3, 0x19db),
	EVENT("mm_page_alloc: page=ffffea00 pfn=6619 order=3 migratetype=1", OP_MM_PAGE_ALLOC, 0, 0,
	      3, 6619),
	EVENT("mm_page_alloc: page=(nil) pfn=0x0 order=10 migratetype=0", OP_MM_PAGE_ALLOC,
	      RECORD_FAILED, 0, 10, 0),
	EVENT("mm_page_free: page=0x1 pfn=0x19db order=3", OP_MM_PAGE_FREE, RECORD_IDENTITY, 0, 3,
	      0x19db),
	EVENT("mm_page_free_batched: page=0x1 pfn=0x19db order=0", OP_MM_PAGE_FREE_BATCHED,
	      RECORD_IDENTITY, 0, 0, 0x19db),
	EVENT("mm_page_alloc_zone_locked: pfn=0x7800 order=9 migratetype=1 percpu_refill=1",
	      OP_MM_PAGE_ALLOC_ZONE_LOCKED, RECORD_EFFECT, 1, 9, 0x7800),
	EVENT("mm_page_pcpu_drain: pfn=0x7800 order=0 migratetype=1", OP_MM_PAGE_PCPU_DRAIN,
	      RECORD_EFFECT, 0, 0, 0x7800),
	EVENT("mm_page_alloc_extfrag: pfn=0x7c00 alloc_order=1 fallback_order=10 "
	      "pageblock_order=10 "
	      "alloc_migratetype=2 fallback_migratetype=1 fragmenting=0 change_ownership=1",
	      OP_MM_PAGE_ALLOC_EXTFRAG, RECORD_EFFECT, 1, 10, 0x7c00),
	EVENT("vmalloc: addr=0xffffc90000000000 size=4097", OP_VMALLOC, 0, 0, 2,
	      0xffffc90000000000),
	EVENT("vfree: addr=0xffffc90000000000", OP_VFREE, RECORD_IDENTITY, 0, 0,
	      0xffffc90000000000),
	EVENT("vmap: addr=0xffffc90000000000 size=4096", OP_VMAP, 0, 0, 1, 0xffffc90000000000),
	EVENT("vunmap: addr=0xffffc90000000000", OP_VUNMAP, RECORD_IDENTITY, 0, 0,
	      0xffffc90000000000),
	EVENT("ioremap: addr=0xffffc90000000000 size=1", OP_IOREMAP, 0, 0, 1, 0xffffc90000000000),
	EVENT("iounmap: addr=0xffffc90000000000", OP_IOUNMAP, RECORD_IDENTITY, 0, 0,
	      0xffffc90000000000),
	EVENT("malloc: ptr=0x55d0 bytes_req=24", OP_MALLOC, 0, 0, 24, 0x55d0),
	EXTENDED("malloc: ptr=55d0 bytes_req=4294967296", OP_MALLOC, RECORD_EXTENDED, 0, UINT32_MAX,
		 0x55d0, 4294967296, 0, 0, 0),
	EVENT("malloc: ptr=(nil) bytes_req=24", OP_MALLOC, RECORD_FAILED, 0, 24, 0),
	EVENT("calloc: ptr=0x55d0 bytes_req=24", OP_CALLOC, 0, 0, 24, 0x55d0),
	EVENT("memalign: ptr=0x55d0 bytes_req=24 align=64", OP_MEMALIGN, 0, 0, 24, 0x55d0),
	EVENT("realloc: ptr=0x55d0 old=(nil) bytes_req=24", OP_MALLOC, 0, 0, 24, 0x55d0),
	EVENT("realloc: ptr=(nil) old=0x55d0 bytes_req=0", OP_FREE, RECORD_IDENTITY, 0, 0, 0x55d0),
	EXTENDED("realloc: ptr=(nil) old=0x55d0 bytes_req=8", OP_REALLOC,
		 RECORD_FAILED | RECORD_EXTENDED, 0, 8, 0, 0, 0x55d0, 0, 0),
	EVENT("free: ptr=0x55d0", OP_FREE, RECORD_IDENTITY, 0, 0, 0x55d0),
	EVENT("mallopt: param=-1 value=131072", OP_MALLOPT, 0, 0, UINT32_MAX, 131072),
	EVENT("malloc_trim: pad=7", OP_MALLOC_TRIM, 0, 0, 7, 0),
	EVENT("brk: addr=0x5000", OP_BRK, 0, 0, 0, 0x5000),
	EXTENDED("mmap: addr=0x7f0000000000 len=4097 prot=3 flags=0x22", OP_MMAP, RECORD_EXTENDED,
		 0, 2, 0x7f0000000000, 4097, 0, 3, 0x22),
	EVENT("munmap: addr=0x7f0000000000 len=8192", OP_MUNMAP, RECORD_IDENTITY, 0, 2,
	      0x7f0000000000),
	EVENT("mprotect: addr=0x7f0000000000 len=8192 prot=5", OP_MPROTECT, 0, 5, 2,
	      0x7f0000000000),
	EXTENDED("madvise: addr=0x7f0000000000 len=8192 advice=4", OP_MADVISE, RECORD_EXTENDED, 0,
		 2, 0x7f0000000000, 0, 0, 4, 0),
	EVENT("mlock: addr=0x7f0000000000 len=1", OP_MLOCK, 0, 0, 1, 0x7f0000000000),
	EVENT("mlockall: flags=3", OP_MLOCKALL, 0, 0, 3, 0),
	EVENT("page_read: addr=0x7f0000000123", OP_PAGE_READ, 0, 0, 1, 0x7f0000000123),
	EVENT("page_write: addr=0x7f0000000123 len=8193", OP_PAGE_WRITE, 0, 0, 3, 0x7f0000000123),
	EVENT("page_fault_user: address=0x45e2a0 ip=0x45e2a0 error_code=0x14", OP_PAGE_FAULT, 0, 4,
	      0, 0x45e2a0),
	EVENT("page_fault_kernel: address=0x45e2a0 ip=0xf error_code=0x2", OP_PAGE_FAULT, 0, 2, 0,
	      0x45e2a0),
	EVENT("page_fault: address=0x45e2a0 error_code=7", OP_PAGE_FAULT, 0, 7, 0, 0x45e2a0),
	EVENT("page-faults:     7f558dff1110 dl_close (/usr/lib/ld.so)", OP_PAGE_FAULT, 0, 0, 0,
	      0x7f558dff1110),
	EVENT("oom_score_adj: pid=39 oom_score_adj=-1000", OP_OOM_SCORE_ADJ, 0, 0, (uint32_t)-1000,
	      39),
	EVENT("oom_score_adj_update: pid=39 comm=a b oom_score_adj=300", OP_OOM_SCORE_ADJ, 0, 0,
	      300, 39),
	EVENT("sysctl: name=vm.swappiness value=60", OP_SYSCTL, 0, 0, 0, 60),
	EVENT("mark: number=4", OP_MARK, 0, 0, 4, 0),
	EVENT("mark_victim: pid=37 comm=a300 total-vm=103488kB file-rss:652kB oom_score_adj=300",
	      OP_MARK_VICTIM, 0, 0, 37, 0),
	EVENT("alloc_begin: size=3 detail=1", OP_ALLOC_BEGIN, 0, 1, 3, 0),
	EVENT("rcu_barrier:", OP_RCU_BARRIER, 0, 0, 0, 0),
	EVENT("slob_kfree: ptr=ffff88800305d008 size=1160", OP_SLOB_KFREE, 0, 0, 1160,
	      0xffff88800305d008),
	EVENT("slob_rcu_free: ptr=ffff88800305d008 size=120", OP_SLOB_RCU_FREE, 0, 0, 120,
	      0xffff88800305d008),
	EXTENDED("alloc_vmap_area: va_start: 18446683600585314304 size=12288 align=1 "
		 "vstart=0xffffc90000000000 vend=0xffffe8ffffffffff failed=0",
		 OP_VA_ALLOC, RECORD_EXTENDED, 0, 3, 18446683600585314304u, 0xffffe8ffffffffff,
		 0xffffc90000000000, 0, 0),
	EVENT("free_vmap_area_noflush: va_start=0xffffc90008461000 nr_lazy=3349", OP_VA_LAZYFREE,
	      RECORD_IDENTITY, 0, 0, 0xffffc90008461000),
	EVENT("va_purge: lazy_pages=33", OP_VA_PURGE, 0, 0, 33, 0),
	EVENT("mm_compaction_begin: zone_start=0x1000 migrate_pfn=0x1100 free_pfn=0xfc00 "
	      "zone_end=0xffe0, mode=async",
	      OP_COMPACTION_BEGIN, 0, 0, 0xfc00, 0x1100),
	EVENT("mm_compaction_end: zone_start=0x1000 migrate_pfn=0x1100 free_pfn=0xfc00 "
	      "zone_end=0xffe0, mode=async status=partial_skipped",
	      OP_COMPACTION_END, 0, 0, 0xfc00, 0x1100),
	EVENT("mm_compaction_isolate_freepages: range=(0xc00 ~ 0xe80) nr_scanned=640 nr_taken=303",
	      OP_COMPACTION_FREE, 0, 0, 303, 0xc00),
	EVENT("mm_compaction_isolate_migratepages: range=(0xc00 ~ 0xe80) nr_scanned=640 nr_taken=0",
	      OP_COMPACTION_MIGRATE, 0, 0, 0, 0xc00),
	EVENT("mm_vmscan_direct_reclaim_begin: order=1 gfp_flags=GFP_KERNEL",
	      OP_DIRECT_RECLAIM_BEGIN, 0, 0, 1, 0),
	EVENT("mm_vmscan_direct_reclaim_end: nr_reclaimed=32", OP_DIRECT_RECLAIM_END, 0, 0, 32, 0),
	EVENT("reclaim_retry_zone: node=0 zone=DMA32    order=2 reclaimable=347",
	      OP_RECLAIM_RETRY_ZONE, 0, 0, 2, 0),
	EVENT("mm_vmscan_kswapd_wake: nid=0 order=7", OP_KSWAPD_WAKE, 0, 0, 7, 0),
	EVENT("mm_vmscan_wakeup_kswapd: nid=0 order=10 gfp_flags=none", OP_WAKEUP_KSWAPD, 0, 0, 10,
	      0),
	/* Known by their text, whatever function printed them. */
	EVENT("mmwork_line.constprop.0: MARK 12", OP_MARK, 0, 0, 12, 0),
	EVENT("tracing_mark_write: MARK 3", OP_MARK, 0, 0, 3, 0),
	EVENT("print: tracing_mark_write: MARK 3", OP_MARK, 0, 0, 3, 0),
	EVENT("lab_trace: LAB op b", OP_RCU_BARRIER, 0, 0, 0, 0),
	EVENT("lab_trace: LAB op c lab_40r 40 8 HRAC", OP_KMEM_CACHE_CREATE, 0, CACHE_UNTRACED, 0,
	      0),
	EVENT("lab_trace: LAB op d lab_40r", OP_KMEM_CACHE_DESTROY, 0, CACHE_UNTRACED, 0, 0),
	EVENT("lab_trace: LAB op s lab_40r", OP_KMEM_CACHE_SHRINK, 0, CACHE_UNTRACED, 0, 0),
	EVENT("lab_trace: LAB bulk_alloc nr=4", OP_BULK_BEGIN, 0, 0, 4, 0),
	EVENT("lab_trace: LAB bulk_end nr=3", OP_BULK_END, 0, 0, 3, 0),
	EVENT("lab_trace: LAB isolate pfn=3163 order=1", OP_ISOLATE_FREE_PAGE, 0, 0, 1, 3163),
	EVENT("lab_trace: LAB capture pfn=3163 order=1", OP_COMPACT_CAPTURE, 0, 0, 1, 3163),
	EVENT("lab_trace: LAB compact_head pfn=377924009621 order=2175772016", OP_COMPACT_HEAD, 0,
	      0, 2175772016, 377924009621),
	EVENT("lab_trace: LAB compact_tail pfn=25344 order=7", OP_COMPACT_TAIL, 0, 0, 7, 25344),
	EVENT("lab_trace: LAB reserve_highatomic pfn=25344", OP_RESERVE_HIGHATOMIC, 0, 0, 0, 25344),
	EVENT("lab_trace: LAB unreserve_highatomic pfn=25344 mt=2", OP_UNRESERVE_HIGHATOMIC, 0, 2,
	      0, 25344),
	EVENT("lab_trace: LAB pcp_free_trylock_failed pfn=25344", OP_PCP_FREE_BUSY, 0, 0, 0, 25344),
	EVENT("lab_trace: LAB pcp_alloc_trylock_failed order=1 mt=2", OP_PCP_ALLOC_BUSY, 0, 2, 1,
	      0),
	EVENT("lab_trace: LAB cache_reap begin", OP_CACHE_REAP_BEGIN, 0, 0, 0, 0),
	EVENT("lab_trace: LAB cache_reap end", OP_CACHE_REAP_END, 0, 0, 0, 0),
	EVENT("lab_trace: LAB slob_kfree ptr=ffff88800305d008 size=1160", OP_SLOB_KFREE, 0, 0, 1160,
	      0xffff88800305d008),
	EVENT("lab_trace: LAB slob_rcu_free ptr=ffff88800305d008 size=120", OP_SLOB_RCU_FREE, 0, 0,
	      120, 0xffff88800305d008),
	EXTENDED("lab_trace: LAB va_alloc ffffc900000e4000-ffffc900000e9000 align=16384 "
		 "range=ffffc90000000000-ffffe8ffffffffff purged=0",
		 OP_VA_ALLOC, RECORD_EXTENDED, 0, 5, 0xffffc900000e4000, 0xffffe8ffffffffff,
		 0xffffc90000000000, 0, 0),
	EVENT("lab_trace: LAB va_lazyfree ffffc900000f4000-ffffc900000f9000", OP_VA_LAZYFREE,
	      RECORD_IDENTITY, 0, 0, 0xffffc900000f4000),
	EVENT("lab_trace: LAB va_purge lazy_pages=12", OP_VA_PURGE, 0, 0, 12, 0),
};

enum { OPERATIONS = sizeof(operations) / sizeof(operations[0]) };

static void import_event(const char *event, struct imported *in)
{
	char line[512];
	snprintf(line, sizeof(line), "   prog-12 [003] ..... 1.000000001: %s\n", event);
	support_import_text(line, in);
}

static void check_extension(const struct expected *x, const struct record *r)
{
	assert_int_equal(r->operation, OP_EXTENSION);
	assert_int_equal((uint64_t)r->size << 32 | r->id, x->length);
	assert_int_equal(r->address, x->ext_address);
	assert_int_equal(r->origin, x->word);
	assert_int_equal(r->task, x->second_word);
}

static void every_operation_is_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < OPERATIONS; i++) {
		const struct expected *x = &operations[i];
		struct imported in;
		import_event(x->event, &in);
		bool extended = x->flags & RECORD_EXTENDED;
		if (in.count != 1u + extended)
			fail_msg("%zu records: %s", in.count, x->event);
		const struct record *r = &in.records[0];
		if (r->operation != x->operation || r->flags != x->flags || r->size != x->size ||
		    r->address != x->address || record_detail(r) != x->detail)
			fail_msg("%s: operation %u flags %x size %lu address %lx detail %u",
				 x->event, r->operation, r->flags, (unsigned long)r->size,
				 (unsigned long)r->address, record_detail(r));
		assert_int_equal(record_cpu(r), 3);
		assert_int_equal(in.times_ns[0], 1000000001);
		if (extended)
			check_extension(x, &in.records[1]);
		support_close(&in);
	}
}

/* So that an operation that is added is not forgotten in the grammar. */
static void no_operation_is_left_out(void **state)
{
	bool read[OPERATION_COUNT] = {
		[OP_EXTENSION] = true, [OP_KREALLOC] = true, [OP_MREMAP] = true
	};
	(void)state;
	for (size_t i = 0; i < OPERATIONS; i++)
		read[operations[i].operation] = true;
	for (int i = 0; i < OPERATION_COUNT; i++) {
		if (!read[i])
			fail_msg("%s is not in this test", operation_table[i].name);
	}
}

static void moves_keep_their_id(void **state)
{
	struct imported in;
	(void)state;
	support_import_text(
		"p-1 1: malloc: ptr=0x10 bytes_req=1\n"
		"p-1 2: malloc: ptr=0x20 bytes_req=2\n"
		"p-1 3: realloc: ptr=0x30 old=0x10 bytes_req=3\n"
		"p-1 4: free: ptr=0x30\n"
		"p-1 5: kmalloc: ptr=ffff888000001000 bytes_req=8\n"
		"p-1 6: krealloc: ptr=ffff888000002000 old=ffff888000001000 bytes_req=9\n"
		"p-1 7: mmap: addr=0x7000 len=4096\n"
		"p-1 8: mremap: addr=0x9000 old=0x7000 old_len=4096 len=8192\n"
		"p-1 9: munmap: addr=0x9000 len=8192\n",
		&in);
	assert_int_equal(in.of_operation[OP_EXTENSION], 4);
	assert_int_equal(in.records[2].operation, OP_REALLOC);
	assert_int_equal(in.records[2].id, in.records[0].id);
	assert_int_equal(in.records[3].address, 0x10);
	assert_int_equal(in.records[4].operation, OP_FREE);
	assert_int_equal(in.records[4].id, in.records[0].id);
	assert_int_equal(in.records[6].operation, OP_KREALLOC);
	assert_int_equal(in.records[6].id, in.records[5].id);
	assert_int_equal(in.records[10].operation, OP_MREMAP);
	assert_int_equal(in.records[10].size, 2);
	assert_int_equal(in.records[11].origin, 1);
	assert_int_equal(in.records[11].address, 0x7000);
	assert_int_equal(in.records[12].operation, OP_MUNMAP);
	assert_int_equal(in.records[12].id, in.records[8].id);
	assert_int_equal(in.report.live_at_end, 2);
	support_close(&in);
}

static void origins_hold_what_repeats(void **state)
{
	struct imported in;
	(void)state;
	support_import_text(
		"p-1 1: kmalloc: call_site=seq_read_iter+0x323/0x3e0 ptr=ffff88800246a000 "
		"bytes_req=4000 bytes_alloc=4096 gfp_flags=GFP_KERNEL|__GFP_ZERO node=-1 "
		"accounted=true\n"
		"p-1 2: kmalloc: accounted=true node=-1 gfp_flags=GFP_KERNEL|__GFP_ZERO "
		"bytes_alloc=4096 bytes_req=3000 ptr=ffff88800246b000 "
		"call_site=seq_read_iter+0x323\n"
		"p-1 3: mm_page_alloc: pfn=7 order=2 migratetype=1 gfp_flags=0xdc0\n"
		"p-1 4: memalign: ptr=0x10 bytes_req=1 align=64\n"
		"p-1 5: kmem_cache_alloc: call_site=f+0x1 ptr=ffff88800246c000 bytes_req=3 "
		"bytes_alloc=8 gfp_flags=GFP_NOWAIT node=2 accounted=false name=tiny\n"
		"p-1 6: mm_page_alloc_extfrag: pfn=9 alloc_order=3 fallback_order=9 "
		"alloc_migratetype=2 fallback_migratetype=1\n",
		&in);
	const struct origin_def *o = support_origin(&in, 0);
	assert_string_equal(o->call_site, "seq_read_iter+0x323");
	assert_int_equal(o->gfp, GFP_MASK_KERNEL | GFP_BIT_ZERO);
	assert_int_equal(o->bytes_alloc, 4096);
	assert_int_equal(o->node, -1);
	assert_true(o->accounted && cache_is_none(o->cache));
	assert_int_equal(in.records[0].origin, in.records[1].origin);
	assert_int_equal(support_origin(&in, 2)->gfp, 0xdc0);
	assert_int_equal(support_origin(&in, 2)->order, 2);
	assert_int_equal(support_origin(&in, 2)->migratetype, 1);
	assert_int_equal(support_origin(&in, 3)->align, 64);
	assert_int_equal(support_origin(&in, 4)->node, 2);
	assert_string_equal(support_cache(&in, 4)->name, "tiny");
	assert_int_equal(support_cache(&in, 4)->object_size, 3);
	assert_int_equal(support_cache(&in, 4)->size, 8);
	assert_int_equal(support_origin(&in, 5)->order, 3);
	assert_int_equal(support_origin(&in, 5)->migratetype, 2);
	support_close(&in);
}

static void outright_keys_win(void **state)
{
	struct imported in;
	(void)state;
	support_import_text("p-1 1: kmalloc: ptr=ffff888000001000 bytes_req=8 id=9 irq=1 bulk=1\n"
			    "p-1 2: mm_page_alloc: pfn=8 order=0 effect=1 detail=3 ext_id=5\n"
			    "p-1 3: mm_page_alloc_zone_locked: pfn=8 order=0 effect=0\n",
			    &in);
	assert_int_equal(in.records[0].id, 9);
	assert_int_equal(in.records[0].flags, RECORD_IRQ | RECORD_BULK);
	assert_int_equal(in.records[1].flags, RECORD_EFFECT | RECORD_EXTENDED);
	assert_int_equal(record_detail(&in.records[1]), 3);
	assert_int_equal(in.records[2].operation, OP_EXTENSION);
	assert_int_equal(in.records[2].id, 5);
	support_close(&in);
}

static void declarations_are_read(void **state)
{
	struct imported in;
	(void)state;
	support_import_text("# slabyard: meta host=lab machine 7\n"
			    "# slabyard: cache name=tiny object_size=3 size=8 align=8 flags=0x2000 "
			    "constructor=1 complete=1\n"
			    "# an ordinary comment\n"
			    "p-1 1: kmem_cache_alloc: name=tiny ptr=ffff888000001000\n",
			    &in);
	assert_string_equal(definitions_meta(in.cursor->definitions, "host"), "lab machine 7");
	const struct cache_def *c = support_cache(&in, 0);
	assert_int_equal(c->object_size, 3);
	assert_int_equal(c->flags, CACHE_HWCACHE_ALIGN);
	assert_true(c->constructor && c->complete && c->named);
	assert_int_equal(in.report.comments, 3);
	support_close(&in);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_operation_is_read),
		cmocka_unit_test(no_operation_is_left_out),
		cmocka_unit_test(moves_keep_their_id),
		cmocka_unit_test(origins_hold_what_repeats),
		cmocka_unit_test(outright_keys_win),
		cmocka_unit_test(declarations_are_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
