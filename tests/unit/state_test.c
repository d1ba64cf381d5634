/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Allocator states: what a difference is, how it is told, and the fragmentation indices. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/page_state.h"
#include "core/slab_state.h"

enum { FREE_LISTS = PAGE_ORDERS_MAX * MIGRATE_TYPES };

static void add_all(struct pfn_list *list, const uint32_t *pfns, size_t count)
{
	for (size_t i = 0; i < count; i++)
		assert_int_equal(pfn_list_add(list, pfns[i]), 0);
}

/* One zone with some free blocks, one CPU's lists and two pageblocks. */
static struct page_state make_pages(void)
{
	static const uint32_t blocks[] = { 8, 16, 5640 };
	static const uint32_t frames[] = { 1, 2 };
	struct page_state state = { .zone_count = 1 };

	state.zones = calloc(1, sizeof(*state.zones));
	struct zone_state *zone = state.zones;
	strcpy(zone->name, "DMA32");
	add_all(&zone->free[3][MIGRATE_MOVABLE], blocks, 3);
	zone->pcp = calloc(1, sizeof(*zone->pcp));
	zone->pcp_count = 1;
	zone->pcp->count = 2;
	add_all(&zone->pcp->lists[1], frames, 2);
	zone->pageblocks = calloc(2, sizeof(*zone->pageblocks));
	zone->pageblock_count = 2;
	zone->pageblocks[1] =
		(struct pageblock_state){ .pfn = 1024, .migratetype = MIGRATE_RECLAIMABLE };
	return state;
}

/* Compares a changed copy with the original: one list differs, told so. */
static void expect_page_difference(struct page_state *changed, const char *message)
{
	struct page_state original = make_pages();
	struct error first = { 0 };
	size_t compared;

	assert_int_equal(page_state_compare(changed, &original, &compared, &first), 1);
	assert_string_equal(first.message, message);
	page_state_free(changed);
	page_state_free(&original);
}

static void equal_page_states_are_equal(void **state)
{
	struct page_state a = make_pages(), b = make_pages();
	struct error first = { 0 };
	size_t compared = 0;

	(void)state;
	assert_int_equal(page_state_compare(&a, &b, &compared, &first), 0);
	assert_int_equal(compared, FREE_LISTS + PCP_LISTS_MAX + 1 + 2);
	assert_string_equal(first.message, "");
	page_state_free(&a);
	page_state_free(&b);
	assert_int_equal(a.zone_count, 0);
}

static void a_difference_in_order_counts(void **state)
{
	struct page_state p = make_pages();

	(void)state;
	p.zones->free[3][MIGRATE_MOVABLE].pfn[2] = 7256;
	expect_page_difference(&p, "zone DMA32 order 3 Movable: element 2 is 7256, expected 5640");
	p = make_pages();
	pfn_list_add(&p.zones->free[3][MIGRATE_MOVABLE], 24);
	expect_page_difference(&p, "zone DMA32 order 3 Movable: has 4 elements, expected 3");
	p = make_pages();
	p.zones->pcp->lists[1].pfn[0] = 3;
	expect_page_difference(&p, "zone DMA32 cpu 0 pcp list 1: element 0 is 3, expected 1");
	p = make_pages();
	p.zones->pcp->count = 3;
	expect_page_difference(&p, "zone DMA32 cpu 0 pcp count is 3, expected 2");
	p = make_pages();
	p.zones->pageblocks[1].migratetype = MIGRATE_MOVABLE;
	expect_page_difference(&p, "zone DMA32 pageblock 1024 is Movable, expected Reclaimable");
	p = make_pages();
	p.zones->pageblocks[1].pfn = 1025;
	expect_page_difference(&p, "zone DMA32 has no pageblock 1024");
	p = make_pages();
	p.zones->pcp->cpu = 1;
	expect_page_difference(&p, "zone DMA32 has no cpu 0");
	p = make_pages();
	p.zones->node = 1;
	expect_page_difference(&p, "node 0 has no zone DMA32");
}

static void the_first_of_several_differences_is_told(void **state)
{
	struct page_state a = make_pages(), b = make_pages();
	struct error first = { 0 };
	size_t compared;

	(void)state;
	a.zones->free[3][MIGRATE_MOVABLE].pfn[0] = 0;
	a.zones->pcp->count = 9;
	a.zones->pageblocks[0].migratetype = MIGRATE_MOVABLE;
	assert_int_equal(page_state_compare(&a, &b, &compared, &first), 3);
	assert_string_equal(first.message,
			    "zone DMA32 order 3 Movable: element 0 is 0, expected 8");
	page_state_free(&a);
	page_state_free(&b);
}

static uint16_t *copy_indices(const uint16_t *indices, size_t count)
{
	uint16_t *copy = malloc((count + 1) * sizeof(*copy));

	memcpy(copy, indices, count * sizeof(*copy));
	return copy;
}

/* One SLUB cache: a cpu slab, two partial slabs, two full ones and a cpu freelist. */
static struct slab_state make_slabs(void)
{
	static const uint16_t free_objects[] = { 3, 1 };
	static const struct slab_entry entries[] = {
		{ .pfn = 10, .list = SLAB_LIST_CPU, .inuse = 32 },
		{ .pfn = 20, .list = SLAB_LIST_PARTIAL, .inuse = 30, .free_count = 2 },
		{ .pfn = 15, .list = SLAB_LIST_PARTIAL, .inuse = 31 },
		{ .pfn = 30, .list = SLAB_LIST_FULL, .inuse = 32 },
		{ .pfn = 40, .list = SLAB_LIST_FULL, .inuse = 32 },
	};
	struct slab_state state = { .cache_count = 1 };
	struct cache_state *cache = state.caches = calloc(1, sizeof(*cache));

	cache->name = strdup("kmalloc-128");
	cache->slabs = malloc(sizeof(entries));
	memcpy(cache->slabs, entries, sizeof(entries));
	cache->slab_count = 5;
	cache->slabs[1].freelist = copy_indices(free_objects, 2);
	cache->cpu_freelists = calloc(1, sizeof(*cache->cpu_freelists));
	cache->cpu_freelist_count = 1;
	cache->cpu_freelists->indices = copy_indices(free_objects, 2);
	cache->cpu_freelists->count = 2;
	cache->arrays = calloc(1, sizeof(*cache->arrays));
	cache->array_count = 1;
	cache->arrays->objects = calloc(1, sizeof(uint64_t));
	cache->arrays->count = 1;
	cache->arrays->objects[0] = 0xa000;
	return state;
}

static void expect_slab_difference(struct slab_state *changed, const char *message)
{
	struct slab_state original = make_slabs();
	struct error first = { 0 };
	size_t compared;

	assert_int_equal(slab_state_compare(changed, &original, &compared, &first), 1);
	assert_string_equal(first.message, message);
	slab_state_free(changed);
	slab_state_free(&original);
}

static void swap_slabs(struct cache_state *cache, size_t i, size_t j)
{
	struct slab_entry entry = cache->slabs[i];

	cache->slabs[i] = cache->slabs[j];
	cache->slabs[j] = entry;
}

static void equal_slab_states_are_equal(void **state)
{
	struct slab_state a = make_slabs(), b = make_slabs();
	struct error first = { 0 };
	size_t compared;

	(void)state;
	swap_slabs(a.caches, 3, 4); /* full slabs have no order */
	/* addresses count from each side's direct map */
	a.page_offset = 0xffff888000000000;
	a.caches->arrays->objects[0] = 0xffff88800000a000;
	assert_int_equal(slab_state_compare(&a, &b, &compared, &first), 0);
	assert_int_equal(compared, 3 + 1 + 1);
	slab_state_free(&a);
	slab_state_free(&b);
}

static void a_difference_in_slabs_counts(void **state)
{
	struct slab_state s = make_slabs();

	(void)state;
	swap_slabs(s.caches, 1, 2);
	expect_slab_difference(&s, "cache kmalloc-128 partial: slab 0 is pfn 15, expected 20");
	s = make_slabs();
	s.caches->slabs[1].freelist[1] = 2;
	expect_slab_difference(&s, "cache kmalloc-128 partial: slab 0 (pfn 20) freelist element 1 "
				   "is 2, expected 1");
	s = make_slabs();
	s.caches->slabs[1].free_count = 1;
	expect_slab_difference(&s, "cache kmalloc-128 partial: slab 0 (pfn 20) has 1 freelist "
				   "elements, expected 2");
	s = make_slabs();
	s.caches->slabs[2].inuse = 1;
	expect_slab_difference(&s, "cache kmalloc-128 partial: slab 1 (pfn 15) has 1 objects in "
				   "use, expected 31");
	s = make_slabs();
	s.caches->slab_count = 4;
	expect_slab_difference(&s, "cache kmalloc-128 full: has 1 slabs, expected 2");
	s = make_slabs();
	s.caches->slabs[0].units = 4;
	expect_slab_difference(
		&s,
		"cache kmalloc-128 cpu 0 cpu slab: slab 0 (pfn 10) has 4 free units, expected 0");
}

static void a_difference_in_object_lists_counts(void **state)
{
	struct slab_state s = make_slabs();

	(void)state;
	s.caches->cpu_freelists->indices[0] = 9;
	expect_slab_difference(&s, "cache kmalloc-128 cpu 0: freelist of 2 objects differs from "
				   "the expected 2");
	s = make_slabs();
	s.caches->cpu_freelists->cpu = 1;
	expect_slab_difference(&s, "cache kmalloc-128 cpu 0: freelist of 0 objects differs from "
				   "the expected 2");
	s = make_slabs();
	s.caches->arrays->objects[0]++;
	expect_slab_difference(
		&s, "cache kmalloc-128 cpu 0: array of 1 objects differs from the expected 1");
	s = make_slabs();
	s.caches->arrays->shared = true;
	expect_slab_difference(
		&s, "cache kmalloc-128 cpu 0: array of 0 objects differs from the expected 1");
}

static void a_slab_on_another_list_differs_on_both(void **state)
{
	struct slab_state a = make_slabs(), b = make_slabs();
	struct error first = { 0 };
	size_t compared;

	(void)state;
	a.caches->slabs[0].cpu = 1;
	assert_int_equal(slab_state_compare(&a, &b, &compared, &first), 2);
	assert_string_equal(first.message,
			    "cache kmalloc-128 cpu 0 cpu slab: has 0 slabs, expected 1");
	slab_state_free(&a);
	slab_state_free(&b);
}

static void missing_and_surplus_caches_differ(void **state)
{
	struct slab_state a = make_slabs(), none = { 0 };
	struct error first = { 0 };
	size_t compared;

	(void)state;
	assert_int_equal(slab_state_compare(&a, &none, &compared, &first), 1);
	assert_string_equal(first.message, "cache kmalloc-128 is not expected");
	assert_int_equal(slab_state_compare(&none, &a, &compared, &first), 1);
	assert_string_equal(first.message, "there is no cache kmalloc-128");
	slab_state_free(&a);
}

/* Worked by hand: 100 single pages and 2 blocks of order 3 are 116 pages in 102 blocks. */
static void indices_follow_the_kernels_arithmetic(void **state)
{
	struct zone_counts zone = { 0 };

	(void)state;
	assert_int_equal(unusable_free_index(&zone, 11, 4), 1000);
	assert_int_equal(fragmentation_index(&zone, 11, 4), 0);
	zone.free_blocks[0][MIGRATE_UNMOVABLE] = 60;
	zone.free_blocks[0][MIGRATE_MOVABLE] = 40;
	zone.free_blocks[3][MIGRATE_MOVABLE] = 2;
	assert_int_equal(unusable_free_index(&zone, 11, 0), 0);
	assert_int_equal(unusable_free_index(&zone, 11, 1), 862); /* 100 of 116 */
	assert_int_equal(unusable_free_index(&zone, 11, 3), 862);
	assert_int_equal(unusable_free_index(&zone, 11, 4), 1000);
	assert_int_equal(fragmentation_index(&zone, 11, 3), -1000);
	/* 1000 - (1000 + 116000 / 16) / 102 */
	assert_int_equal(fragmentation_index(&zone, 11, 4), 920);
	assert_int_equal(fragmentation_index(&zone, 11, 10), 990);
	assert_int_equal(fragmentation_index(&zone, 11, 11), 0);
	/* few pages in few blocks: short of memory rather than fragmented */
	zone = (struct zone_counts){ 0 };
	zone.free_blocks[3][MIGRATE_MOVABLE] = 1;
	assert_int_equal(fragmentation_index(&zone, 11, 4), -500);
}

static void free_blocks_are_cut_from_larger_ones(void **state)
{
	struct zone_counts zone = { 0 };

	(void)state;
	assert_int_equal(largest_free_pages(&zone, 11), 0);
	zone.free_blocks[0][MIGRATE_UNMOVABLE] = 5;
	zone.free_blocks[9][MIGRATE_MOVABLE] = 3;
	assert_int_equal(largest_free_pages(&zone, 11), 512);
	zone.free_blocks[10][MIGRATE_RECLAIMABLE] = 2;
	assert_int_equal(largest_free_pages(&zone, 11), 1024);
	assert_int_equal(free_blocks_of(&zone, 11, 10), 2);
	assert_int_equal(free_blocks_of(&zone, 11, 9), 7);
	assert_int_equal(free_blocks_of(&zone, 11, 0), 5 + 7 * 512);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(free_blocks_are_cut_from_larger_ones),
		cmocka_unit_test(equal_page_states_are_equal),
		cmocka_unit_test(a_difference_in_order_counts),
		cmocka_unit_test(the_first_of_several_differences_is_told),
		cmocka_unit_test(equal_slab_states_are_equal),
		cmocka_unit_test(a_difference_in_slabs_counts),
		cmocka_unit_test(a_difference_in_object_lists_counts),
		cmocka_unit_test(a_slab_on_another_list_differs_on_both),
		cmocka_unit_test(missing_and_surplus_caches_differ),
		cmocka_unit_test(indices_follow_the_kernels_arithmetic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
