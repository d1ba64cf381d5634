/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which page events slab caused, and how the importer comes to know. */
#include "../import_support.h"

#include "import/direct_map.h"

static void expect_effects(const char *text, const char *expected, const char *rule)
{
	struct imported in;
	char got[64] = "";
	support_import_text(text, &in);
	for (size_t i = 0; i < in.count && i < sizeof(got) - 1; i++)
		got[i] = in.records[i].flags & RECORD_EFFECT ? 'e' : '.';
	assert_string_equal(got, expected);
	assert_string_equal(in.report.effect_rule, rule);
	support_close(&in);
}

static void pages_that_objects_lie_in(void **state)
{
	(void)state;
	expect_effects(
		/* an order-2 page, an object in its last frame; one that no object lies in */
		"p-1 1: mm_page_alloc: pfn=0x1000 order=2 gfp_flags=GFP_KERNEL\n"
		"p-1 2: mm_page_alloc: pfn=0x1004 order=0 gfp_flags=GFP_KERNEL\n"
		"p-1 3: kmalloc: ptr=ffff888001003010 bytes_req=8\n"
		"p-1 4: kfree: ptr=ffff888001003010\n"
		"p-1 5: mm_page_free: pfn=0x1000 order=2\n"
		"p-1 6: mm_page_free: pfn=0x1004 order=0\n"
		/* the same frame again, now for somebody else */
		"p-1 7: mm_page_alloc: pfn=0x1000 order=2 gfp_flags=GFP_KERNEL\n"
		"p-1 8: mm_page_free: pfn=0x1000 order=2\n",
		"e...e...", "direct map");
}

static void pages_older_than_the_trace(void **state)
{
	(void)state;
	expect_effects("# slabyard: meta page_offset=0xffff888000000000\n"
		       "p-1 1: kfree: ptr=ffff888001003010\n"
		       "p-1 2: mm_page_free: pfn=0x1000 order=2\n"
		       "p-1 3: mm_page_free: pfn=0x1004 order=2\n",
		       ".e.", "direct map");
}

static void batched_frees_of_slabs(void **state)
{
	(void)state;
	expect_effects("p-1 1: mm_page_alloc: pfn=0x1000 order=0\n"
		       "p-1 2: kmalloc: ptr=ffff888001000010 bytes_req=8\n"
		       "p-1 3: mm_page_free: pfn=0x1000 order=0\n"
		       "p-1 4: mm_page_free_batched: pfn=0x1000 order=0\n",
		       "e.ee", "direct map");
}

static void refills_drains_and_steals(void **state)
{
	(void)state;
	expect_effects("p-1 1: mm_page_alloc_zone_locked: pfn=1 order=0\n"
		       "p-1 2: mm_page_pcpu_drain: pfn=1 order=0\n"
		       "p-1 3: mm_page_alloc_extfrag: pfn=1 fallback_order=3\n"
		       "p-1 4: mm_page_alloc: pfn=1 order=0\n",
		       "eee.", "none");
}

/* The randomised base of a kernel with KASLR, and a machine whose memory begins at 1 GiB. */
static void bases_are_inferred(void **state)
{
	static const struct {
		uint64_t base, first_pfn;
	} machines[] = {
		{ 0xffff888000000000, 0x1000 },
		{ 0xffff9d2d80000000, 0x231000 },
		{ 0xfffeffffc0000000, 0x40100 },
	};
	(void)state;
	for (size_t m = 0; m < sizeof(machines) / sizeof(machines[0]); m++) {
		char text[1024];
		int used = 0;
		for (unsigned i = 0; i < 4; i++) {
			uint64_t pfn = machines[m].first_pfn + 64 * i;
			used += snprintf(text + used, sizeof(text) - (size_t)used,
					 "p-1 %u: mm_page_alloc: pfn=0x%llx order=0\n"
					 "p-1 %u: kmalloc: ptr=%llx bytes_req=8\n",
					 i, (unsigned long long)pfn, i,
					 (unsigned long long)(machines[m].base + (pfn << 12) + 64));
		}
		struct imported in;
		support_import_text(text, &in);
		assert_int_equal(in.report.page_offset, machines[m].base);
		assert_int_equal(in.report.effects, 4);
		support_close(&in);
	}
}

static void scattered_votes_decide_nothing(void **state)
{
	struct direct_map map = { 0 };
	(void)state;
	direct_map_saw_page(&map, 0x1000, 0);
	direct_map_saw_object(&map, 0xffff888001000000);
	direct_map_saw_object(&map, 0xffff8880c1000000);
	assert_false(direct_map_decide(&map));
	assert_int_equal(map.base, 0);
	direct_map_saw_object(&map, 0xffff888001000040);
	direct_map_saw_object(&map, 0xffff888001000080);
	assert_true(direct_map_decide(&map));
	assert_int_equal(map.base, 0xffff888000000000);
}

static void hashed_pointers_go_by_order(void **state)
{
	(void)state;
	expect_effects("p-1 1: mm_page_alloc: pfn=1 order=0 gfp_flags=GFP_KERNEL\n"
		       "p-1 1: kmem_cache_alloc: ptr=0000000065a6a4a5 bytes_req=24 name=a\n"
		       /* user memory */
		       "p-1 2: mm_page_alloc: pfn=2 order=0 gfp_flags=GFP_HIGHUSER_MOVABLE\n"
		       "p-1 2: kmem_cache_alloc: ptr=0000000065a6a4a6 bytes_req=24 name=a\n"
		       /* too small for the object */
		       "p-1 3: mm_page_alloc: pfn=3 order=0 gfp_flags=GFP_KERNEL\n"
		       "p-1 3: kmalloc: ptr=0000000065a6a4a7 bytes_req=8192\n"
		       /* another task on another CPU, so that the page is not directly before */
		       "p-1 [000] ..... 4: mm_page_alloc: pfn=4 order=0 gfp_flags=GFP_KERNEL\n"
		       "q-2 [001] ..... 4: kmalloc: ptr=0000000065a6a4a8 bytes_req=8\n"
		       /* a refill in between is the page allocation's own */
		       "p-1 [002] ..... 5: mm_page_alloc: pfn=8 order=1 gfp_flags=GFP_KERNEL\n"
		       "p-1 [002] ..... 5: mm_page_alloc_zone_locked: pfn=12 order=1\n"
		       "p-1 [002] ..... 5: kmalloc: ptr=0000000065a6a4a9 bytes_req=8\n"
		       /* no slab is that large, but a large kmalloc may be */
		       "p-1 6: mm_page_alloc: pfn=16 order=4 gfp_flags=GFP_KERNEL\n"
		       "p-1 6: kmalloc: ptr=0000000065a6a4aa bytes_req=8\n"
		       "p-1 7: mm_page_alloc: pfn=32 order=4 gfp_flags=GFP_KERNEL\n"
		       "p-1 7: kmalloc: ptr=0000000065a6a4ab bytes_req=40000\n"
		       "p-1 8: mm_page_free: pfn=1 order=0\n",
		       "e.......ee...e.e", "hashed pointers");
}

static void undecided_pages_are_counted(void **state)
{
	struct imported in;
	(void)state;
	support_import_text("p-1 1: mm_page_alloc: pfn=0x1000 order=0 gfp_flags=GFP_KERNEL\n"
			    "p-1 2: kmalloc: ptr=ffff888001000010 bytes_req=8\n"
			    "p-1 3: mm_page_alloc: pfn=0x1001 order=0 gfp_flags=GFP_KERNEL\n"
			    "p-1 4: mm_page_alloc: pfn=0x1002 order=0 "
			    "gfp_flags=GFP_HIGHUSER_MOVABLE\n"
			    "p-1 5: mm_page_alloc: pfn=0x1003 order=0 gfp_flags=GFP_USER\n",
			    &in);
	assert_int_equal(in.report.effects, 1);
	assert_int_equal(in.report.undecided, 1);
	assert_string_equal(definitions_meta(in.cursor->definitions, "page_offset"),
			    "0xffff888000000000");
	support_close(&in);
}

/* An object that comes later than the window reaches back finds its page a cause, for ever. */
static void the_window_bounds_what_is_looked_at(void **state)
{
	enum { BETWEEN = 80000 };
	FILE *file;
	char path[64];
	struct imported in;
	(void)state;
	support_write("", 0, path);
	file = fopen(path, "w");
	fputs("# slabyard: meta page_offset=0xffff888000000000\n"
	      "p-1 1: mm_page_alloc: pfn=0x1000 order=0 gfp_flags=GFP_KERNEL\n",
	      file);
	for (unsigned i = 0; i < BETWEEN; i++)
		fputs("p-1 2: mark: number=1\n", file);
	fputs("p-1 3: kmalloc: ptr=ffff888001000010 bytes_req=8\n"
	      "p-1 4: mm_page_free: pfn=0x1000 order=0\n",
	      file);
	fclose(file);
	support_import(path, NULL, &in);
	unlink(path);
	assert_int_equal(in.count, BETWEEN + 3);
	assert_int_equal(in.report.effects, 0);
	/* Nothing tells that objects will come when the page leaves the window. */
	assert_int_equal(in.records[in.count - 1].id, in.records[0].id);
	support_close(&in);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pages_that_objects_lie_in),
		cmocka_unit_test(pages_older_than_the_trace),
		cmocka_unit_test(batched_frees_of_slabs),
		cmocka_unit_test(refills_drains_and_steals),
		cmocka_unit_test(bases_are_inferred),
		cmocka_unit_test(scattered_votes_decide_nothing),
		cmocka_unit_test(hashed_pointers_go_by_order),
		cmocka_unit_test(undecided_pages_are_counted),
		cmocka_unit_test(the_window_bounds_what_is_looked_at),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
