/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who was alive at the start: by address, by cache, and where a census put it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "machine/frame_pool.h"
#include "machine/older.h"
#include "machine/start_units.h"

static uint16_t free_in_slab[] = { 3 };
static uint16_t free_of_cpu[] = { 0, 2 };
static uint64_t in_array[] = { 0xffff888000005020 };

/* Cache "a": a cpu slab of 4 objects at frame 2, a full one at 3; "b" as SLAB has it at frame 5. */
static struct slab_entry slabs_a[] = {
	{ .pfn = 2,
	  .list = SLAB_LIST_CPU,
	  .objects = 4,
	  .freelist = free_in_slab,
	  .free_count = 1 },
	{ .pfn = 3, .list = SLAB_LIST_FULL, .objects = 4 },
};
static struct slab_entry slabs_b[] = {
	{ .pfn = 5, .list = SLAB_LIST_PARTIAL, .objects = 2, .mem_offset = 0x20 },
};
static struct cpu_freelist cpu_lists[] = { { .indices = free_of_cpu, .count = 2 } };
static struct array_state arrays[] = { { .objects = in_array, .count = 1 } };
static struct cache_state caches[] = {
	{ .name = (char *)"a",
	  .size = 0x100,
	  .slabs = slabs_a,
	  .slab_count = 2,
	  .cpu_freelists = cpu_lists,
	  .cpu_freelist_count = 1 },
	{ .name = (char *)"b",
	  .size = 0x40,
	  .slabs = slabs_b,
	  .slab_count = 1,
	  .arrays = arrays,
	  .array_count = 1 },
};
static const struct slab_state state = { .page_offset = 0xffff888000000000,
					 .caches = caches,
					 .cache_count = 2 };

static void free_objects_are_not_alive(void **context)
{
	struct error err = { 0 };
	struct older *older = older_create(&state, &err);
	static const uint64_t alive[] = { 0x2100, 0x3000, 0x3100, 0x3200, 0x3300, 0x5060 };
	(void)context;
	assert_int_equal(older_count(older), 6);
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(older_address(older, i), alive[i]);
	assert_int_equal(older_cache(older, 5), 1);
	assert_true(older_object(older, 0x2000) == OBJECT_NONE);
	assert_true(older_take(older, 0x3100) == 0x3100);
	assert_true(older_take(older, 0x3100) == OBJECT_NONE);
	assert_true(older_object(older, 0x3100) == OBJECT_NONE);
	older_destroy(older);
}

static void a_census_puts_them_elsewhere(void **context)
{
	struct error err = { 0 };
	struct older *older = older_create(&state, &err);
	(void)context;
	older_place(older, 0, 0x9000);
	older_place(older, 1, OBJECT_NONE);
	assert_true(older_take(older, 0x2100) == 0x9000);
	assert_true(older_take(older, 0x3000) == OBJECT_NONE);
	older_destroy(older);
}

static void the_youngest_of_a_cache_stands_for_another(void **context)
{
	struct error err = { 0 };
	struct older *older = older_create(&state, &err);
	(void)context;
	older_place(older, 4, OBJECT_NONE);
	assert_true(older_take_alike(older, "a") == 0x3200);
	assert_true(older_take_alike(older, "a") == 0x3100);
	older_name_cache(older, 1, "a");
	assert_true(older_take_alike(older, "b") == OBJECT_NONE);
	assert_true(older_take_alike(older, "a") == 0x3000);
	assert_true(older_take_alike(older, "a") == 0x2100);
	assert_true(older_take_alike(older, "a") == 0x5060);
	assert_true(older_take_alike(older, "a") == OBJECT_NONE);
	older_destroy(older);
}

/* Two pages: the first has units 0 to 99 free, the second all but 64 bytes from offset 128. */
static void room_in_use_stands_for_an_object(void **context)
{
	static uint16_t first[] = { 0, 100 };
	static uint16_t second[] = { 0, 64, 192, 1952 };
	static struct slab_entry pages[] = {
		{ .pfn = 7, .freelist = first, .free_count = 2 },
		{ .pfn = 9, .freelist = second, .free_count = 4 },
	};
	const struct slab_state slob = { .slabs = pages, .slab_count = 2 };
	struct start_units *units = start_units_create(&slob);
	(void)context;
	assert_true(start_units_take_alike(units, 65, 8) == 0x70c8);
	assert_true(start_units_take_alike(units, 64, 64) == 0x9080);
	assert_true(start_units_take_alike(units, 64, 64) == 0x7140);
	assert_false(start_units_hold(units, 0x9080));
	assert_true(start_units_take_alike(units, 4096, 8) == UINT64_MAX);
	assert_true(start_units_take_alike(units, 0, 8) == UINT64_MAX);
	start_units_destroy(units);
}

static void frames_are_taken_from_low_to_high(void **context)
{
	struct error err = { 0 };
	struct frame_pool *pool = frame_pool_create(64, &err);
	unsigned order;
	(void)context;
	assert_true(pfn_is_none(frame_pool_take(pool, 0)));
	frame_pool_give(pool, 5, 0);
	frame_pool_give(pool, 8, 3);
	frame_pool_give(pool, 62, 2); /* beyond the end: nothing */
	assert_int_equal(frame_pool_take(pool, 1).v, 8);
	assert_int_equal(frame_pool_take(pool, 0).v, 5);
	assert_true(pfn_is_none(frame_pool_take(pool, 3)));
	assert_int_equal(frame_pool_take_any(pool, 10, &order).v, 10);
	assert_int_equal(order, 1);
	assert_int_equal(frame_pool_take_any(pool, 1, &order).v, 12);
	assert_int_equal(order, 1);
	assert_int_equal(frame_pool_take(pool, 1).v, 14);
	assert_true(pfn_is_none(frame_pool_take_any(pool, 3, &order)));
	frame_pool_destroy(pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(free_objects_are_not_alive),
		cmocka_unit_test(a_census_puts_them_elsewhere),
		cmocka_unit_test(the_youngest_of_a_cache_stands_for_another),
		cmocka_unit_test(room_in_use_stands_for_an_object),
		cmocka_unit_test(frames_are_taken_from_low_to_high),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
