/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What no event tells of pages: bulk calls, what compaction moved, allocations that slept. */
#include "../import_support.h"

#define VMALLOC " order=0 migratetype=0 gfp_flags=GFP_KERNEL|__GFP_HIGHMEM|__GFP_NOWARN\n"

/* A digit for each record, whether it is one of a bulk call. */
static void check_bulk(const char *text, const char *expected)
{
	struct imported in;

	support_import_text(text, &in);
	assert_int_equal(in.count, strlen(expected));
	for (size_t i = 0; i < in.count; i++)
		if ((in.records[i].flags & RECORD_BULK) != (expected[i] == '1' ? RECORD_BULK : 0))
			fail_msg("record %zu of\n%s", i, text);
	support_close(&in);
}

static void pages_in_a_row_are_a_bulk(void **state)
{
	(void)state;
	check_bulk("p-1 [000] ..... 1: mm_page_alloc: pfn=1" VMALLOC
		   "p-1 [000] d.... 2: mm_page_alloc_zone_locked: pfn=9 order=0 percpu_refill=1\n"
		   "q-2 [001] ..... 3: mm_page_alloc: pfn=2" VMALLOC
		   "p-1 [000] d.h.. 4: kfree: ptr=ffff888000001000\n"
		   "p-1 [000] ..... 5: mm_page_alloc: pfn=3" VMALLOC
		   "p-1 [000] ..... 6: mm_page_alloc: pfn=4" VMALLOC,
		   "100011");
}

static void what_ends_a_row(void **state)
{
	(void)state;
	/* an event of its own */
	check_bulk("p-1 [000] ..... 1: mm_page_alloc: pfn=1" VMALLOC
		   "p-1 [000] ..... 2: kfree: ptr=ffff888000001000\n"
		   "p-1 [000] ..... 3: mm_page_alloc: pfn=2" VMALLOC,
		   "000");
	/* other flags */
	check_bulk("p-1 [000] ..... 1: mm_page_alloc: pfn=1" VMALLOC
		   "p-1 [000] ..... 2: mm_page_alloc: pfn=2 order=0 "
		   "gfp_flags=GFP_KERNEL|__GFP_HIGHMEM|__GFP_NOWARN|__GFP_ZERO\n",
		   "00");
	/* another task */
	check_bulk("p-1 [000] ..... 1: mm_page_alloc: pfn=1" VMALLOC
		   "q-2 [000] ..... 2: mm_page_alloc: pfn=2" VMALLOC
		   "p-1 [000] ..... 3: mm_page_alloc: pfn=3" VMALLOC,
		   "000");
	/* a failure */
	check_bulk("p-1 [000] ..... 1: mm_page_alloc: pfn=1" VMALLOC
		   "p-1 [000] ..... 2: mm_page_alloc: pfn=0x0" VMALLOC,
		   "00");
}

static void pages_of_others_than_vmalloc(void **state)
{
	(void)state;
	check_bulk("p-1 [000] ..... 1: mm_page_alloc: pfn=1 order=0 gfp_flags=GFP_HIGHUSER\n"
		   "p-1 [000] ..... 2: mm_page_alloc: pfn=2 order=0 gfp_flags=GFP_HIGHUSER\n"
		   "p-1 [000] ..... 3: mm_page_alloc: pfn=3 order=0 "
		   "gfp_flags=GFP_KERNEL_ACCOUNT|__GFP_HIGHMEM|__GFP_NOWARN\n"
		   "p-1 [000] ..... 4: mm_page_alloc: pfn=4 order=0 "
		   "gfp_flags=GFP_KERNEL_ACCOUNT|__GFP_HIGHMEM|__GFP_NOWARN\n"
		   "p-1 [000] ..... 5: mm_page_alloc: pfn=16 order=1 "
		   "gfp_flags=GFP_KERNEL|__GFP_HIGHMEM|__GFP_NOWARN\n"
		   "p-1 [000] ..... 6: mm_page_alloc: pfn=32 order=1 "
		   "gfp_flags=GFP_KERNEL|__GFP_HIGHMEM|__GFP_NOWARN\n",
		   "000000");
}

static void bulk_of(unsigned pages, struct imported *in)
{
	char *text = malloc(160 * pages);
	size_t length = 0;

	assert_non_null(text);
	for (unsigned i = 0; i < pages; i++)
		length += (size_t)sprintf(text + length,
					  "p-1 [000] ..... %u: mm_page_alloc: pfn=%u" VMALLOC, i,
					  i + 1);
	support_import_text(text, in);
	free(text);
	assert_int_equal(in->count, pages);
}

/* vm_area_alloc_pages() asks for 100 at a time. */
static void one_that_is_left_over_is_no_bulk(void **state)
{
	struct imported in;

	(void)state;
	bulk_of(201, &in);
	assert_int_equal(in.report.bulk_pages, 200);
	assert_int_equal(in.records[199].flags, RECORD_BULK);
	assert_int_equal(in.records[200].flags, 0);
	support_close(&in);
	bulk_of(202, &in);
	assert_int_equal(in.report.bulk_pages, 202);
	support_close(&in);
}

/* A kernel that says where its bulk calls begin and end. */
static void brackets_are_held_against_it(void **state)
{
	struct imported in;

	(void)state;
	support_import_text("p-1 [000] ..... 1: x: LAB bulk_alloc nr=2\n"
			    "p-1 [000] ..... 2: mm_page_alloc: pfn=7" VMALLOC
			    "p-1 [000] ..... 3: mm_page_alloc: pfn=8" VMALLOC
			    "p-1 [000] ..... 4: x: LAB bulk_end nr=2\n"
			    "p-1 [000] ..... 5: mm_page_alloc: pfn=9" VMALLOC
			    "p-1 [000] ..... 6: kfree: ptr=ffff888000001000\n"
			    "p-1 [000] ..... 7: x: LAB bulk_alloc nr=1\n"
			    "p-1 [000] ..... 8: mm_page_alloc: pfn=10" VMALLOC
			    "p-1 [000] ..... 9: x: LAB bulk_end nr=1\n",
			    &in);
	assert_int_equal(in.report.bulk_pages, 3);
	assert_int_equal(in.report.bulk_pages_agreed, 2);
	assert_int_equal(in.report.bulk_pages_told, 3);
	support_close(&in);
}

static void objects_of_bulk_calls(void **state)
{
	(void)state;
	check_bulk("p-1 [000] ..... 6: kmem_cache_alloc: "
		   "call_site=kmem_cache_alloc_bulk+0x1/0x2 ptr=ffff888000001000 name=m\n",
		   "1");
}

#define COMPACTION "zone_start=0x0 migrate_pfn=0x1 free_pfn=0x100 zone_end=0x100, mode=async"

/* The page lives on under its id; who frees a frame that nobody allocated frees such a page. */
static void what_compaction_frees_has_moved(void **state)
{
	struct imported in;

	(void)state;
	support_import_text("p-1 [000] ..... 1: mm_page_alloc: pfn=7 order=0\n"
			    "p-1 [000] ..... 2: mm_page_alloc: pfn=8 order=0\n"
			    "q-2 [000] ..... 3: mm_compaction_begin: " COMPACTION "\n"
			    "q-2 [000] ..... 4: mm_page_free: pfn=7 order=0\n"
			    "q-2 [000] d.h.. 5: mm_page_free: pfn=8 order=0\n"
			    "q-2 [000] ..... 6: mm_compaction_end: " COMPACTION " status=success\n"
			    "q-2 [000] ..... 7: mm_page_alloc: pfn=7 order=0\n"
			    "q-2 [000] ..... 8: mm_page_alloc: pfn=9 order=0\n"
			    "q-2 [000] ..... 9: mm_page_free: pfn=7 order=0\n",
			    &in);
	assert_int_equal(in.count, 9);
	assert_true(record_moves(&in.records[3]));
	assert_true(record_leaves_part(&in.records[3]));
	assert_int_equal(in.records[3].id, in.records[0].id);
	assert_int_equal(in.report.moved_pages, 1);
	/* an interrupt's own, and after the end */
	assert_int_equal(in.records[4].flags, RECORD_IRQ);
	assert_int_equal(in.records[8].flags, 0);
	/* its id is nobody else's meanwhile */
	assert_int_not_equal(in.records[6].id, in.records[0].id);
	assert_int_not_equal(in.records[7].id, in.records[0].id);
	support_close(&in);
}

#define RECLAIM "mm_vmscan_direct_reclaim_begin: order=0 gfp_flags=GFP_KERNEL\n"

/* The allocation of p is asked for at 1 and told of at 4, and q did something meanwhile. */
static void who_slept_had_begun(void **state)
{
	struct imported in;

	(void)state;
	support_import_text("p-1 [000] ..... 1: " RECLAIM
			    "q-2 [000] ..... 2: mm_page_alloc: pfn=8 order=0\n"
			    "q-2 [000] ..... 3: mm_page_free: pfn=8 order=0\n"
			    "p-1 [000] ..... 4: mm_page_alloc: pfn=16 order=2\n",
			    &in);
	assert_int_equal(in.count, 5);
	assert_int_equal(in.report.begins, 1);
	const struct record *begin = &in.records[0], *end = &in.records[4];
	assert_int_equal(begin->operation, OP_ALLOC_BEGIN);
	assert_int_equal(record_detail(begin), BEGINS_PAGE);
	assert_int_equal(begin->size, 2);
	assert_int_equal(begin->task, end->task);
	assert_int_equal(begin->origin, end->origin);
	assert_int_equal(begin->id, end->id);
	assert_int_not_equal(begin->id, in.records[2].id);
	assert_int_equal(in.times_ns[0], 1);
	support_close(&in);
}

/* The page was for an object, of which the page is a consequence: both had begun. */
static void so_had_the_object(void **state)
{
	struct imported in;

	(void)state;
	support_import_text("# slabyard: meta page_offset=0xffff888000000000\n"
			    "p-1 [000] ..... 1: " RECLAIM
			    "q-2 [000] ..... 2: mm_page_free: pfn=8 order=0\n"
			    "p-1 [000] ..... 3: mm_page_alloc: pfn=16 order=0\n"
			    "p-1 [000] ..... 4: kmem_cache_alloc: ptr=ffff888000010040 name=m\n",
			    &in);
	assert_int_equal(in.report.begins, 2);
	assert_int_equal(in.records[0].operation, OP_ALLOC_BEGIN);
	assert_int_equal(in.records[0].flags, RECORD_EFFECT);
	assert_int_equal(in.records[1].operation, OP_ALLOC_BEGIN);
	assert_int_equal(record_detail(&in.records[1]), BEGINS_CACHE_ALLOC);
	assert_int_equal(in.records[1].id, in.records[in.count - 1].id);
	support_close(&in);
}

static void who_was_alone_did_not_sleep(void **state)
{
	struct imported in;

	(void)state;
	support_import_text("p-1 [000] ..... 1: " RECLAIM
			    "p-1 [000] ..... 2: mm_page_free: pfn=8 order=0\n"
			    "p-1 [000] ..... 3: mm_page_alloc: pfn=16 order=0\n",
			    &in);
	assert_int_equal(in.report.begins, 0);
	assert_int_equal(in.count, 3);
	support_close(&in);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pages_in_a_row_are_a_bulk),
		cmocka_unit_test(what_ends_a_row),
		cmocka_unit_test(pages_of_others_than_vmalloc),
		cmocka_unit_test(one_that_is_left_over_is_no_bulk),
		cmocka_unit_test(brackets_are_held_against_it),
		cmocka_unit_test(objects_of_bulk_calls),
		cmocka_unit_test(what_compaction_frees_has_moved),
		cmocka_unit_test(who_slept_had_begun),
		cmocka_unit_test(so_had_the_object),
		cmocka_unit_test(who_was_alone_did_not_sleep),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
