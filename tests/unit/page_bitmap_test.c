/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bitmap and its tree against a search of every frame, and the two policies' start states. */
#include "../conformance/page_fixture.h"

#include "page/bitmap.h"

enum { FRAMES = 64 * 37 + 11, STEPS = 4000, ORDERS = 11, TOP_ORDER = 13 };

struct both {
	struct arena *arena;
	struct bitmap bitmap;
	bool used[FRAMES];
};

static bool naive_free(const struct both *b, uint32_t pfn, unsigned order)
{
	for (uint32_t i = pfn; i < pfn + (1u << order); i++) {
		if (i >= FRAMES || b->used[i])
			return false;
	}
	return true;
}

static uint32_t naive_first_fit(const struct both *b, unsigned order)
{
	for (uint32_t pfn = 0; pfn < FRAMES; pfn += 1u << order) {
		if (naive_free(b, pfn, order))
			return pfn;
	}
	return UINT32_MAX;
}

static void naive_count(const struct both *b, unsigned orders, uint64_t blocks[PAGE_ORDERS_MAX])
{
	for (uint32_t pfn = 0; pfn < FRAMES;) {
		unsigned order = orders;
		while (order > 0 &&
		       (pfn & ((1u << (order - 1)) - 1) || !naive_free(b, pfn, order - 1)))
			order--;
		if (order)
			blocks[order - 1]++;
		pfn += order ? 1u << (order - 1) : 1;
	}
}

static void mark(struct both *b, uint32_t pfn, uint32_t frames, bool used)
{
	bitmap_mark(&b->bitmap, pfn, frames, used);
	for (uint32_t i = pfn; i < pfn + frames; i++)
		b->used[i] = used;
}

static void assert_same(const struct both *b)
{
	uint64_t counted[PAGE_ORDERS_MAX] = { 0 }, expected[PAGE_ORDERS_MAX] = { 0 };
	uint32_t steps = 0, level;

	for (unsigned order = 0; order <= TOP_ORDER; order++)
		assert_int_equal(bitmap_first_fit(&b->bitmap, order, &steps),
				 naive_first_fit(b, order));
	bitmap_count(&b->bitmap, ORDERS, counted);
	naive_count(b, ORDERS, expected);
	assert_memory_equal(counted, expected, sizeof(expected));
	memset(counted, 0, sizeof(counted));
	memset(expected, 0, sizeof(expected));
	bitmap_count(&b->bitmap, 4, counted);
	naive_count(b, 4, expected);
	assert_memory_equal(counted, expected, sizeof(expected));
	assert_int_equal(bitmap_wrong_node(&b->bitmap, &level), UINT32_MAX);
}

static void tree_finds_what_a_search_finds(void **unused)
{
	struct both *b = calloc(1, sizeof(*b));
	struct rng *rng = rng_create(5, "page.bitmap");
	struct error err = { 0 };

	(void)unused;
	assert_non_null(b);
	b->arena = arena_create(1 << 20, &err);
	assert_non_null(b->arena);
	assert_int_equal(bitmap_create(&b->bitmap, FRAMES, b->arena, &err), 0);
	assert_same(b);
	for (int i = 0; i < STEPS; i++) {
		uint32_t most = 1 + (uint32_t)rng_below(rng, i % 8 ? 9 : FRAMES);
		uint32_t frames = 1 + (uint32_t)rng_below(rng, most);
		mark(b, (uint32_t)rng_below(rng, FRAMES - frames + 1), frames, i % 2);
		if (i % 16 < 2)
			assert_same(b);
	}
	mark(b, 0, FRAMES, true);
	assert_same(b);
	arena_destroy(b->arena);
	rng_destroy(rng);
	free(b);
}

static void runs_end_where_bits_change(void **unused)
{
	static const uint64_t bits[] = { 0xff00, 0, UINT64_MAX };

	(void)unused;
	assert_int_equal(bitmap_run_end(bits, 0, 192), 8);
	assert_int_equal(bitmap_run_end(bits, 9, 192), 16);
	assert_int_equal(bitmap_run_end(bits, 16, 192), 128);
	assert_int_equal(bitmap_run_end(bits, 16, 100), 100);
	assert_int_equal(bitmap_run_end(bits, 130, 192), 192);
}

static struct fixture *fixture_of(const char *name)
{
	return fixture_create(page_policy_of(policy_find(&page_policies, name)),
			      fixture_machine(64 << 20, 1));
}

/* Pages of all types in use, and some of each on the per-cpu lists; freed is what is returned. */
static void use_some(struct fixture *f)
{
	static const uint32_t gfps[] = { GFP_MASK_KERNEL, GFP_MASK_KERNEL | GFP_BIT_RECLAIMABLE,
					 GFP_MASK_HIGHUSER_MOVABLE };

	for (unsigned i = 0; i < 300; i++) {
		pfn_t pfn = fixture_alloc(f, 0, gfps[i % 3], i % 5);
		assert_false(pfn_is_none(pfn));
		if (i % 4 == 0)
			fixture_free(f, 0, pfn, i % 5);
	}
}

/* A state of the grouping kernel: the same frames are free, and nothing is kept apart. */
static void takes_over(const char *name)
{
	struct fixture *from = fixture_of("buddy"), *to = fixture_of(name);
	static struct page_counts counts;
	struct page_state state;
	struct error err = { 0 };

	use_some(from);
	assert_int_equal(from->policy->dump(from->state, &state, &err), 0);
	assert_int_equal(to->policy->load(to->state, &state, &err), 0);
	fixture_check(to);
	assert_int_equal(fixture_free_frames(to), fixture_free_frames(from));
	to->policy->counts(to->state, &counts);
	for (uint32_t zone = 0; zone < counts.zone_count; zone++) {
		assert_int_equal(counts.zones[zone].pageblocks[MIGRATE_MOVABLE], 0);
		for (unsigned order = 0; order < counts.orders; order++)
			assert_int_equal(counts.zones[zone].free_blocks[order][MIGRATE_MOVABLE], 0);
	}
	page_state_free(&state);
	fixture_destroy(from);
	fixture_destroy(to);
}

static void rivals_take_over_a_state_of_buddy(void **unused)
{
	(void)unused;
	takes_over("buddy-nogroup");
	takes_over("bitmap-firstfit");
}

static void frees_of_what_is_not_allocated_are_refused(void **unused)
{
	struct fixture *f = fixture_of("bitmap-firstfit");
	uint64_t at_start = fixture_free_frames(f);
	pfn_t pfn = fixture_alloc(f, 0, GFP_MASK_KERNEL, 3);

	(void)unused;
	assert_int_equal(pfn.v, 8);
	fixture_free(f, 0, (pfn_t){ 0 }, 0);
	fixture_free(f, 0, (pfn_t){ 16 }, 3);
	fixture_free(f, 0, (pfn_t){ 8 }, 4);
	fixture_free(f, 0, (pfn_t){ 1 << 20 }, 0);
	assert_int_equal(f->work.count[WORK_bad_page], 4);
	assert_int_equal(fixture_free_frames(f), at_start - 8);
	fixture_free(f, 0, pfn, 3);
	assert_int_equal(fixture_free_frames(f), at_start);
	fixture_destroy(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tree_finds_what_a_search_finds),
		cmocka_unit_test(runs_end_where_bits_change),
		cmocka_unit_test(rivals_take_over_a_state_of_buddy),
		cmocka_unit_test(frees_of_what_is_not_allocated_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
