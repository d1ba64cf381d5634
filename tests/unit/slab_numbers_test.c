/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Slabs of one size of object after the other fill all of memory: their numbers are used again. */
#include "../conformance/slab_fixture.h"

#include "slab/ranges.h"

enum { OBJECTS = FIXTURE_FRAMES * 4, LEAST = 1024 };

static object_t objects[OBJECTS];

/* Takes objects while there are pages, then gives all back. */
static void fill_and_empty(struct fixture *f, uint32_t bytes)
{
	struct request r = fixture_request(f, 0, GFP_MASK_KERNEL);
	const uint64_t pages_before = f->pages_out;
	size_t count = 0;

	r.bytes = bytes;
	while (count < OBJECTS &&
	       (objects[count] = f->policy->kmalloc(f->state, &r, bytes)) != OBJECT_NONE)
		count++;
	assert_in_range(f->pages_out, FIXTURE_FRAMES - 1, FIXTURE_FRAMES);
	while (count-- > 0)
		f->policy->kfree(f->state, &r, objects[count]);
	f->policy->cache_shrink(f->state, &r,
				f->policy->cache_find(f->state, bytes == 4096   ? "kmalloc-4k"
								: bytes == 2048 ? "kmalloc-2k"
										: "kmalloc-1k"));
	assert_in_range(f->pages_out, 0, pages_before + 64);
	fixture_check(f);
}

static void fill_with_all_sizes(const char *policy, const char *const *set)
{
	struct fixture *f =
		fixture_create(slab_policy_of(policy_find(&slab_policies, policy)), 1, set);

	for (uint32_t bytes = 4 * LEAST; bytes >= LEAST; bytes /= 2)
		fill_and_empty(f, bytes);
	fixture_destroy(f);
}

static void slub_fills_memory_with_one_size_after_the_other(void **unused)
{
	static const char *const set[] = { "max_order=0", NULL };

	(void)unused;
	fill_with_all_sizes("slub", set);
}

static void slab_fills_memory_with_one_size_after_the_other(void **unused)
{
	static const char *const set[] = { "max_order=0", NULL };

	(void)unused;
	fill_with_all_sizes("slab", set);
}

static void ranges_are_used_again_by_their_like(void **unused)
{
	struct error err = { 0 };
	struct arena *arena = arena_create(1 << 20, &err);
	struct ranges ranges;
	void *array = ranges_init(&ranges, arena, 8, 1, &err);
	uint32_t places[2][8];

	(void)unused;
	assert_int_equal(ranges_class(&ranges, 1), 2); /* room for a link */
	assert_int_equal(ranges_class(&ranges, 5), 3);
	for (uint32_t round = 0; round < 3; round++) {
		const uint64_t used = ranges.used;

		for (uint32_t i = 0; i < 8; i++) {
			places[0][i] = ranges_take(&ranges, arena, &array, 2);
			places[1][i] = ranges_take(&ranges, arena, &array, 5);
			memset((char *)array + places[0][i], 0xff, 1 << 2);
			memset((char *)array + places[1][i], 0xff, 1 << 5);
		}
		assert_int_equal(ranges.used, 8 * (4 + 32));
		assert_true(round == 0 || ranges.used == used);
		for (uint32_t i = 0; i < 8; i++)
			for (uint32_t class = 0; class < 2; class ++)
				ranges_give(&ranges, array, places[class][i], class ? 5 : 2);
	}
	assert_in_range(ranges.used, 0, ranges.capacity);
	arena_destroy(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slub_fills_memory_with_one_size_after_the_other),
		cmocka_unit_test(slab_fills_memory_with_one_size_after_the_other),
		cmocka_unit_test(ranges_are_used_again_by_their_like),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
