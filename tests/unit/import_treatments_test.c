/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a trace does not tell or tells wrongly: each case has a stated treatment and is counted. */
#include "../import_support.h"

static void frees_of_what_was_never_seen(void **state)
{
	struct imported in;
	(void)state;
	support_import_text("p-1 1: kfree: ptr=ffff888000001000\n"
			    "p-1 2: mm_page_free: pfn=0x77 order=0\n"
			    "p-1 3: free: ptr=0x55d0\n",
			    &in);
	assert_int_equal(in.count, 3);
	for (size_t i = 0; i < in.count; i++) {
		assert_int_equal(in.records[i].flags, RECORD_IDENTITY);
		assert_int_equal(in.records[i].id, 0);
	}
	assert_int_equal(in.records[0].address, 0xffff888000001000);
	assert_int_equal(in.report.unknown_frees, 3);
	assert_string_equal(definitions_meta(in.cursor->definitions, "unknown_frees"), "3");
	support_close(&in);
}

static void frees_of_null_are_left_out(void **state)
{
	struct imported in;
	(void)state;
	/* kmalloc(0) gives the address 16, which kfree() takes as it takes NULL. */
	support_import_text("p-1 1: kfree: ptr=(nil)\n"
			    "p-1 1: kfree: ptr=0000000000000000\n"
			    "p-1 1: kfree: ptr=0000000000000010\n"
			    "p-1 2: free: ptr=0x0\n"
			    "p-1 3: malloc: ptr=0x10 bytes_req=1\n"
			    "p-1 4: free: ptr=0x10\n",
			    &in);
	assert_int_equal(in.report.null_frees, 4);
	assert_int_equal(in.report.events, 2);
	assert_int_equal(in.count, 2);
	assert_int_equal(in.records[1].id, in.records[0].id);
	support_close(&in);
}

/* The free in between was lost: the earlier allocation ends just before the later one. */
static void pointers_allocated_twice(void **state)
{
	struct imported in;
	(void)state;
	support_import_text("p-1 1: kmem_cache_alloc: name=a ptr=ffff888000001000 bytes_req=8\n"
			    "p-1 2: kmem_cache_alloc: name=a ptr=ffff888000001000 bytes_req=8\n"
			    "p-1 3: mm_page_alloc: pfn=8 order=2\n"
			    "p-1 4: mm_page_alloc: pfn=8 order=0\n",
			    &in);
	assert_int_equal(in.report.double_allocs, 2);
	assert_int_equal(in.report.events, 4);
	assert_int_equal(in.count, 6);
	const struct record *end = &in.records[1];
	assert_int_equal(end->operation, OP_KMEM_CACHE_FREE);
	assert_int_equal(end->id, in.records[0].id);
	assert_int_equal(end->address, 0xffff888000001000);
	assert_int_equal(in.times_ns[1], in.times_ns[2]);
	assert_int_equal(in.lines[1], 2);
	assert_int_equal(in.records[4].operation, OP_MM_PAGE_FREE);
	assert_int_equal(in.records[4].id, in.records[3].id);
	assert_int_equal(in.report.live_at_end, 2);
	support_close(&in);
}

static const char *cache_of(const struct imported *in, size_t record)
{
	const struct definitions *d = in->cursor->definitions;
	cache_id cache = d->origins[in->records[record].origin].cache;
	return cache_is_none(cache) ? NULL : d->caches[cache.v].name;
}

/* Kernels before 5.13 do not name the cache of a free; a made-up free has no event to name it. */
static void frees_without_a_name_are_of_their_allocations_cache(void **state)
{
	struct imported in;
	(void)state;
	support_import_text("p-1 1: kmem_cache_alloc: name=a ptr=ffff888000001000 bytes_req=8\n"
			    "p-1 2: kmem_cache_free: call_site=f+0x1/0x2 ptr=ffff888000001000\n"
			    "p-1 3: kmem_cache_alloc: name=b ptr=ffff888000001000 bytes_req=8\n"
			    "p-1 4: kmalloc: ptr=ffff888000001000 bytes_req=8\n"
			    "p-1 5: kmem_cache_alloc: name=c ptr=ffff888000001000 bytes_req=8\n",
			    &in);
	assert_int_equal(in.count, 7);
	assert_string_equal(cache_of(&in, 1), "a");
	assert_string_equal(in.cursor->definitions->origins[in.records[1].origin].call_site,
			    "f+0x1");
	assert_int_equal(in.records[3].operation, OP_KMEM_CACHE_FREE);
	assert_string_equal(cache_of(&in, 3), "b");
	assert_int_equal(in.records[5].operation, OP_KFREE);
	assert_null(cache_of(&in, 5));
	assert_string_equal(cache_of(&in, 6), "c");
	support_close(&in);
}

/* Between lost events a block may end that was larger than the one after it. */
static void made_up_ends_are_of_the_earlier_block(void **state)
{
	struct imported in;
	(void)state;
	support_import_text("p-1 3: mm_page_alloc: pfn=8 order=2\n"
			    "p-1 4: mm_page_alloc: pfn=8 order=0\n",
			    &in);
	assert_int_equal(in.records[1].operation, OP_MM_PAGE_FREE);
	assert_int_equal(in.records[1].size, 2);
	support_close(&in);
}

static void moves_onto_what_lives(void **state)
{
	struct imported in;
	(void)state;
	support_import_text("p-1 1: malloc: ptr=0x10 bytes_req=1\n"
			    "p-1 2: malloc: ptr=0x20 bytes_req=2\n"
			    "p-1 3: realloc: ptr=0x20 old=0x10 bytes_req=3\n",
			    &in);
	assert_int_equal(in.report.double_allocs, 1);
	assert_int_equal(in.records[2].operation, OP_FREE);
	assert_int_equal(in.records[2].id, in.records[1].id);
	assert_int_equal(in.records[3].operation, OP_REALLOC);
	assert_int_equal(in.records[3].id, in.records[0].id);
	support_close(&in);
}

static void moves_of_what_was_never_seen(void **state)
{
	struct imported in;
	(void)state;
	support_import_text("p-1 3: realloc: ptr=0x20 old=0x10 bytes_req=3\n", &in);
	assert_int_equal(in.report.unknown_frees, 1);
	assert_int_equal(in.count, 2);
	assert_int_equal(in.records[0].operation, OP_FREE);
	assert_int_equal(in.records[0].flags, RECORD_IDENTITY);
	assert_int_equal(in.records[0].address, 0x10);
	assert_int_equal(in.records[1].operation, OP_MALLOC);
	assert_int_equal(in.records[1].flags, 0);
	support_close(&in);
}

static void failures_have_no_id(void **state)
{
	struct imported in;
	(void)state;
	support_import_text("p-1 1: mm_page_alloc: page=(null) pfn=0 order=9\n"
			    "p-1 2: kmalloc: ptr=(nil) bytes_req=8\n"
			    "p-1 3: malloc: ptr=0x10 bytes_req=1\n"
			    "p-1 4: realloc: ptr=(nil) old=0x10 bytes_req=3\n"
			    "p-1 5: free: ptr=0x10\n",
			    &in);
	assert_int_equal(in.with_flag[2], 3);
	assert_int_equal(in.records[0].id, 0);
	assert_int_equal(in.records[1].id, 0);
	/* The block that could not grow lives on. */
	assert_int_equal(in.records[3].id, in.records[2].id);
	assert_int_equal(in.records[5].id, in.records[2].id);
	assert_int_equal(in.report.unknown_frees, 0);
	support_close(&in);
}

static void ids_are_dense_and_the_last_freed_comes_first(void **state)
{
	struct imported in;
	(void)state;
	support_import_text("p-1 1: kmalloc: ptr=ffff888000001000 bytes_req=8\n"
			    "p-1 2: kmalloc: ptr=ffff888000002000 bytes_req=8\n"
			    "p-1 3: mm_page_alloc: pfn=9 order=0\n"
			    "p-1 4: kfree: ptr=ffff888000001000\n"
			    "p-1 5: kfree: ptr=ffff888000002000\n"
			    "p-1 6: kmalloc: ptr=ffff888000003000 bytes_req=8\n"
			    "p-1 7: kmalloc: ptr=ffff888000004000 bytes_req=8\n"
			    "p-1 8: kmalloc: ptr=ffff888000005000 bytes_req=8\n",
			    &in);
	static const uint32_t ids[] = { 1, 2, 1, 1, 2, 2, 1, 3 };
	for (size_t i = 0; i < in.count; i++)
		assert_int_equal(in.records[i].id, ids[i]);
	assert_int_equal(in.cursor->definitions->id_max[SPACE_OBJECT], 3);
	assert_int_equal(in.cursor->definitions->id_max[SPACE_PAGE], 1);
	support_close(&in);
}

static void frees_tell_what_was_asked_for(void **state)
{
	struct imported in;
	(void)state;
	support_import_text("p-1 1: kmalloc: ptr=ffff888000001000 bytes_req=70\n"
			    "p-1 2: malloc: ptr=0x10 bytes_req=7\n"
			    "p-1 3: realloc: ptr=0x20 old=0x10 bytes_req=9\n"
			    "p-1 4: free: ptr=0x20\n"
			    "p-1 5: kmalloc: ptr=ffff888000001000 bytes_req=80\n"
			    "p-1 6: kfree: ptr=ffff888000001000\n"
			    "p-1 7: kfree: ptr=ffff888000001000\n",
			    &in);
	static const uint32_t sizes[] = { 70, 7, 9, 0, 9, 70, 80, 80, 0 };
	assert_int_equal(in.count, 9);
	for (size_t i = 0; i < in.count; i++)
		assert_int_equal(in.records[i].size, sizes[i]);
	assert_int_equal(in.records[5].operation, OP_KFREE);
	support_close(&in);
}

static void failed_system_calls_have_no_id(void **state)
{
	struct imported in;
	(void)state;
	support_import_text("p-1 1: mmap: addr=0xffffffffffffffff len=4096\n"
			    "p-1 2: mmap: addr=-12 len=4096\n"
			    "p-1 3: vmalloc: addr=0xffffffffff000000 size=4096\n",
			    &in);
	assert_int_equal(in.with_flag[2], 2);
	assert_int_equal(in.records[4].id, 1);
	support_close(&in);
}

/* Heap addresses belong to a process: its threads share them, others do not. */
static void heap_pointers_belong_to_a_process(void **state)
{
	struct imported in;
	(void)state;
	support_import_text("a-11 (10) [000] ..... 1: malloc: ptr=0x10 bytes_req=1\n"
			    "b-20 (20) [000] ..... 2: malloc: ptr=0x10 bytes_req=2\n"
			    "a-12 (10) [000] ..... 3: free: ptr=0x10\n"
			    "c-30 [000] ..... 4: malloc: ptr=0x10 bytes_req=1\n"
			    "c-31 [000] ..... 5: free: ptr=0x10\n",
			    &in);
	assert_int_equal(in.report.double_allocs, 0);
	assert_int_equal(in.records[2].id, in.records[0].id);
	assert_int_equal(in.records[4].flags, RECORD_IDENTITY);
	assert_int_equal(in.report.unknown_frees, 1);
	support_close(&in);
}

static void times_never_go_back(void **state)
{
	struct imported in;
	(void)state;
	support_import_text("p-1 [000] ..... 10.5: mark: number=1\n"
			    "p-1 [001] ..... 10.4: mark: number=2\n"
			    "p-1 [000] ..... 10.6: mark: number=3\n"
			    "p-1 [000] ..... 99.6: mark: number=4\n",
			    &in);
	assert_int_equal(in.report.out_of_order, 1);
	assert_int_equal(in.times_ns[1], 10500000000);
	assert_int_equal(in.times_ns[2], 10600000000);
	/* More than 32 bits of ns later: in a batch of its own. */
	assert_int_equal(in.times_ns[3], 99600000000);
	assert_int_equal(in.records[3].time, 0);
	support_close(&in);
}

static void lost_events_are_added_up(void **state)
{
	struct imported in;
	(void)state;
	support_import_text("# entries-in-buffer/entries-written: 120/150   #P:2\n"
			    "p-1 1: mark: number=1\n"
			    "CPU:1 [LOST 12 EVENTS]\n"
			    "CPU:0 [5 EVENTS DROPPED]\n"
			    "CPU:0 [EVENTS DROPPED]\n",
			    &in);
	assert_int_equal(in.report.lost_events, 48);
	assert_int_equal(in.report.unparsed, 0);
	support_close(&in);
}

static void unknown_events_are_named(void **state)
{
	struct imported in;
	(void)state;
	support_import_text("p-1 1: rss_stat: a=1\np-1 2: mark: number=1\np-1 3: rss_stat: a=2\n"
			    "p-1 4: other: b=1\nthis is no event\np-1 5: kmalloc: bytes_req=8\n",
			    &in);
	assert_int_equal(in.report.unknown_events, 3);
	assert_string_equal(in.report.unknown_top[0].name, "rss_stat");
	assert_int_equal(in.report.unknown_top[0].count, 2);
	assert_string_equal(in.report.unknown_top[1].name, "other");
	/* An allocation without its pointer is a line that was cut. */
	assert_int_equal(in.report.unparsed, 2);
	assert_int_equal(in.count, 1);
	support_close(&in);
}

static void numbers_are_cut_and_counted(void **state)
{
	struct imported in;
	(void)state;
	support_import_text(
		"p-1 1: malloc_trim: pad=99999999999\n"
		"p-1 2: mm_page_alloc: pfn=1 order=0 gfp_flags=GFP_KERNEL|__GFP_NEWER\n",
		&in);
	assert_int_equal(in.report.clipped_sizes, 1);
	assert_int_equal(in.records[0].size, UINT32_MAX);
	assert_int_equal(in.report.unknown_gfp, 1);
	support_close(&in);
}

/* free_unref_page_list(): prepared one by one, then freed one by one. */
static void batched_frees_are_told_from_their_preparation(void **state)
{
	struct imported in;
	(void)state;
	support_import_text("p-1 1: mm_page_alloc: pfn=7 order=0\n"
			    "p-1 2: mm_page_alloc: pfn=8 order=0\n"
			    "p-1 3: mm_page_free: pfn=7 order=0\n"
			    "p-1 4: mm_page_free: pfn=8 order=0\n"
			    "p-1 5: mm_page_alloc: pfn=9 order=0\n"
			    "p-1 6: mm_page_free_batched: pfn=7 order=0\n"
			    "p-1 7: mm_page_free_batched: pfn=8 order=0\n"
			    "p-1 8: mm_page_alloc: pfn=7 order=0\n"
			    "p-1 9: mm_page_free: pfn=7 order=0\n"
			    /* the other way round, as kernels before 4.15 print it */
			    "p-1 10: mm_page_free_batched: pfn=9 order=0\n"
			    "p-1 11: mm_page_free: pfn=9 order=0\n",
			    &in);
	static const unsigned nested[] = { 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 1 };
	static const uint32_t ids[] = { 1, 2, 1, 2, 3, 1, 2, 2, 2, 3, 0 };
	for (size_t i = 0; i < in.count; i++) {
		assert_int_equal((in.records[i].flags & RECORD_NESTED) != 0, nested[i]);
		assert_int_equal(in.records[i].id, ids[i]);
	}
	assert_int_equal(in.report.unknown_frees, 0);
	support_close(&in);
}

/* split_page(): what is left of a block keeps its id, whoever gets its first page meanwhile. */
static void blocks_are_freed_in_parts(void **state)
{
	struct imported in;
	(void)state;
	support_import_text("p-1 1: mm_page_alloc: pfn=8 order=3\n"
			    "p-1 2: mm_page_alloc: pfn=100 order=0\n"
			    "p-1 3: mm_page_free: pfn=8 order=0\n"
			    "p-1 4: mm_page_alloc: pfn=8 order=0\n"
			    "p-1 5: mm_page_free: pfn=12 order=2\n"
			    "p-1 6: mm_page_free: pfn=12 order=0\n" /* gone already */
			    "p-1 7: mm_page_free: pfn=9 order=0\n"
			    "p-1 8: mm_page_free: pfn=10 order=1\n"
			    "p-1 9: mm_page_free: pfn=8 order=0\n"
			    "p-1 10: mm_page_alloc: pfn=9 order=0\n",
			    &in);
	static const unsigned part[] = { 0, 0, 1, 0, 1, 0, 1, 1, 0, 0 };
	static const unsigned detail[] = { 0, 0, 0, 0, 0, 0, 0, PAGE_FREE_LAST, 0, 0 };
	static const uint32_t ids[] = { 1, 2, 1, 3, 1, 0, 1, 1, 3, 3 };
	assert_int_equal(in.count, 10);
	for (size_t i = 0; i < in.count; i++) {
		assert_int_equal((in.records[i].flags & RECORD_PART) != 0, part[i]);
		assert_int_equal(record_detail(&in.records[i]), detail[i]);
		assert_int_equal(in.records[i].id, ids[i]);
	}
	assert_int_equal(in.report.unknown_frees, 1);
	support_close(&in);
}

/* A page is allocated that lay in a block of which the free was lost. */
static void a_lost_free_may_be_of_a_part(void **state)
{
	struct imported in;
	(void)state;
	support_import_text("p-1 1: mm_page_alloc: pfn=8 order=1\n"
			    "p-1 2: mm_page_free: pfn=8 order=0\n"
			    "p-1 3: mm_page_alloc: pfn=9 order=0\n",
			    &in);
	const struct record *made_up = &in.records[2];
	assert_int_equal(in.count, 4);
	assert_int_equal(made_up->operation, OP_MM_PAGE_FREE);
	assert_int_equal(made_up->id, 1);
	assert_int_equal(made_up->address, 9);
	assert_int_equal(made_up->size, 0);
	assert_int_equal(made_up->flags, RECORD_PART);
	assert_int_equal(record_detail(made_up), PAGE_FREE_LAST);
	assert_int_equal(in.records[3].id, 1);
	support_close(&in);
}

static unsigned exact_frees(const char *text)
{
	struct imported in;
	unsigned frees = 0;
	support_import_text(text, &in);
	for (size_t i = 0; i < in.count; i++)
		frees += in.records[i].flags & RECORD_PART &&
			 record_detail(&in.records[i]) & PAGE_FREE_EXACT;
	support_close(&in);
	return frees;
}

static void alloc_pages_exact_is_known_by_what_it_gives_back(void **state)
{
	(void)state;
	assert_int_equal(exact_frees("p-1 [000] ..... 1: mm_page_alloc: pfn=8 order=2\n"
				     "p-1 [000] ..... 2: mm_page_free: pfn=10 order=0\n"
				     "q-2 [001] ..... 2: mm_page_alloc: pfn=99 order=0\n"
				     "p-1 [000] ..s.. 2: mm_page_alloc: pfn=98 order=0\n"
				     "p-1 [000] ..... 3: mm_page_free: pfn=11 order=0\n"
				     "p-1 [000] ..... 4: mm_page_free: pfn=9 order=0\n"),
			 2);
	/* not at once */
	assert_int_equal(exact_frees("p-1 [000] ..... 1: mm_page_alloc: pfn=8 order=2\n"
				     "p-1 [000] ..... 2: mm_page_alloc: pfn=16 order=2\n"
				     "p-1 [000] ..... 3: mm_page_free: pfn=10 order=0\n"
				     "p-1 [000] ..... 4: mm_page_free: pfn=11 order=0\n"),
			 0);
	/* from the first page on, by another task, in a huge page */
	assert_int_equal(exact_frees("p-1 [000] ..... 1: mm_page_alloc: pfn=8 order=1\n"
				     "p-1 [000] ..... 2: mm_page_free: pfn=8 order=0\n"),
			 0);
	assert_int_equal(exact_frees("p-1 [000] ..... 1: mm_page_alloc: pfn=8 order=1\n"
				     "q-2 [000] ..... 2: mm_page_free: pfn=9 order=0\n"),
			 0);
	assert_int_equal(exact_frees("p-1 [000] ..... 1: mm_page_alloc: pfn=8 order=1 "
				     "gfp_flags=GFP_KERNEL|__GFP_COMP\n"
				     "p-1 [000] ..... 2: mm_page_free: pfn=9 order=0\n"),
			 0);
}

/* A stock 6.1 names a cache in frees only. */
static void caches_are_named_by_frees(void **state)
{
	struct imported in;
	(void)state;
	support_import_text(
		"p-1 1: kmem_cache_alloc: call_site=f+0x1/0x9 ptr=ffff888000001000 bytes_req=20 "
		"bytes_alloc=24\n"
		"p-1 2: kmem_cache_alloc: call_site=f+0x5/0x9 ptr=ffff888000002000 bytes_req=20 "
		"bytes_alloc=24\n"
		"p-1 3: kmem_cache_alloc: call_site=g+0x1/0x9 ptr=ffff888000003000 bytes_req=20 "
		"bytes_alloc=24\n"
		"p-1 4: kmem_cache_free: call_site=h+0x1/0x9 ptr=ffff888000001000 name=tiny\n"
		"p-1 5: kmem_cache_free: call_site=h+0x1/0x9 ptr=ffff888000002000 name=tiny\n"
		"p-1 6: kmem_cache_alloc: call_site=f+0x5/0x9 ptr=ffff888000004000 bytes_req=20 "
		"bytes_alloc=24\n"
		"p-1 7: kmem_cache_free: call_site=h+0x1/0x9 ptr=ffff888000004000 name=other\n",
		&in);
	assert_string_equal(support_cache(&in, 0)->name, "tiny");
	assert_true(support_cache(&in, 0)->named);
	assert_int_equal(support_cache(&in, 0)->object_size, 20);
	assert_int_equal(support_cache(&in, 0)->size, 24);
	/* Two call sites, one cache. */
	assert_ptr_equal(support_cache(&in, 1), support_cache(&in, 0));
	assert_ptr_equal(support_cache(&in, 3), support_cache(&in, 0));
	assert_string_equal(support_cache(&in, 2)->name, "g+0x1:20:24");
	assert_false(support_cache(&in, 2)->named);
	assert_int_equal(in.report.cache_conflicts, 1);
	support_close(&in);
}

static void caches_made_anew_are_others(void **state)
{
	struct imported in;
	(void)state;
	support_import_text("p-1 1: x: LAB op c lab 40 8 HR\n"
			    "p-1 2: kmem_cache_alloc: name=lab ptr=ffff888000001000 bytes_req=40 "
			    "bytes_alloc=64\n"
			    "p-1 3: x: LAB op d lab\n"
			    "p-1 4: x: LAB op c lab 80 0 C\n"
			    "p-1 5: kmem_cache_alloc: name=lab ptr=ffff888000002000 bytes_req=80 "
			    "bytes_alloc=80\n"
			    /* a cache with larger objects was merged into this one */
			    "p-1 6: kmem_cache_alloc: name=cred ptr=ffff888000003000 bytes_req=168 "
			    "bytes_alloc=192\n"
			    "p-1 7: kmem_cache_alloc: name=cred ptr=ffff888000004000 bytes_req=176 "
			    "bytes_alloc=192\n",
			    &in);
	const struct cache_def *first = support_cache(&in, 0), *second = support_cache(&in, 3);
	assert_ptr_equal(support_cache(&in, 1), first);
	assert_ptr_equal(support_cache(&in, 2), first);
	assert_ptr_equal(support_cache(&in, 4), second);
	assert_ptr_not_equal(first, second);
	assert_int_equal(first->flags, CACHE_HWCACHE_ALIGN | CACHE_TYPESAFE_BY_RCU);
	assert_int_equal(first->align, 8);
	assert_int_equal(first->size, 64);
	assert_true(first->complete && !first->constructor && second->constructor);
	assert_ptr_equal(support_cache(&in, 5), support_cache(&in, 6));
	assert_int_equal(support_cache(&in, 6)->object_size, 176);
	support_close(&in);
}

static void levels_are_obeyed(void **state)
{
	static const char text[] = "p-1 1: mm_page_alloc: pfn=1 order=0\n"
				   "p-1 2: kmalloc: ptr=ffff888000001000 bytes_req=8\n";
	static const struct import_options page_level = { .level = IMPORT_PAGE };
	struct imported in;
	char path[64];
	(void)state;
	support_import_text(text, &in);
	assert_int_equal(in.report.effects, 1);
	support_close(&in);
	support_write(text, sizeof(text) - 1, path);
	support_import(path, &page_level, &in);
	unlink(path);
	assert_int_equal(in.report.effects, 0);
	assert_string_equal(in.report.effect_rule, "none");
	support_close(&in);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frees_of_what_was_never_seen),
		cmocka_unit_test(frees_of_null_are_left_out),
		cmocka_unit_test(pointers_allocated_twice),
		cmocka_unit_test(frees_without_a_name_are_of_their_allocations_cache),
		cmocka_unit_test(made_up_ends_are_of_the_earlier_block),
		cmocka_unit_test(moves_onto_what_lives),
		cmocka_unit_test(moves_of_what_was_never_seen),
		cmocka_unit_test(failures_have_no_id),
		cmocka_unit_test(ids_are_dense_and_the_last_freed_comes_first),
		cmocka_unit_test(frees_tell_what_was_asked_for),
		cmocka_unit_test(failed_system_calls_have_no_id),
		cmocka_unit_test(heap_pointers_belong_to_a_process),
		cmocka_unit_test(times_never_go_back),
		cmocka_unit_test(lost_events_are_added_up),
		cmocka_unit_test(unknown_events_are_named),
		cmocka_unit_test(numbers_are_cut_and_counted),
		cmocka_unit_test(batched_frees_are_told_from_their_preparation),
		cmocka_unit_test(blocks_are_freed_in_parts),
		cmocka_unit_test(a_lost_free_may_be_of_a_part),
		cmocka_unit_test(alloc_pages_exact_is_known_by_what_it_gives_back),
		cmocka_unit_test(caches_are_named_by_frees),
		cmocka_unit_test(caches_made_anew_are_others),
		cmocka_unit_test(levels_are_obeyed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
