/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The buddy on machines that are built otherwise: any MAX_ORDER, pageblocks of any size, contiguous
 * areas, shuffled free lists.
 */
#include "../conformance/page_fixture.h"

enum { LIVE_MAX = 4096, STEPS = 3000, PERCENT_ALLOC = 60 };

struct block {
	pfn_t pfn;
	uint8_t order;
};

struct play {
	struct fixture *f;
	struct rng *rng;
	struct block live[LIVE_MAX];
	size_t count;
};

static struct play *play_new(struct page_machine machine)
{
	struct play *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	p->rng = rng_create(1, "page_orders");
	p->f = fixture_new(page_policy_of(policy_find(&page_policies, "buddy")), machine);
	return p;
}

static void play_end(struct play *p)
{
	fixture_check(p->f);
	fixture_destroy(p->f);
	rng_destroy(p->rng);
	free(p);
}

static void alloc_any(struct play *p)
{
	static const uint32_t gfps[] = { GFP_MASK_KERNEL, GFP_MASK_HIGHUSER_MOVABLE,
					 GFP_MASK_KERNEL | GFP_BIT_RECLAIMABLE, GFP_MASK_ATOMIC,
					 GFP_MASK_HIGHUSER_MOVABLE | GFP_BIT_COMP };
	uint32_t cpu = (uint32_t)rng_below(p->rng, p->f->machine.cpus);
	uint32_t gfp = gfps[rng_below(p->rng, sizeof(gfps) / sizeof(gfps[0]))];
	unsigned order = (unsigned)rng_below(p->rng, rng_below(p->rng, p->f->machine.orders) + 1);
	pfn_t pfn = fixture_alloc(p->f, cpu, gfp, order);

	if (!pfn_is_none(pfn))
		p->live[p->count++] = (struct block){ pfn, (uint8_t)order };
}

static void free_any(struct play *p)
{
	size_t i = rng_below(p->rng, p->count);
	uint32_t cpu = (uint32_t)rng_below(p->rng, p->f->machine.cpus);

	fixture_free(p->f, cpu, p->live[i].pfn, p->live[i].order);
	p->live[i] = p->live[--p->count];
}

/* Many allocations and frees, then frees of all that is left. */
static void play_through(struct play *p)
{
	uint64_t before = fixture_free_frames(p->f);

	for (int step = 0; step < STEPS; step++) {
		if (p->count == 0 ||
		    (p->count < LIVE_MAX && rng_below(p->rng, 100) < PERCENT_ALLOC))
			alloc_any(p);
		else
			free_any(p);
	}
	while (p->count)
		free_any(p);
	fixture_check(p->f);
	assert_int_equal(fixture_free_frames(p->f), before);
}

static void any_orders_and_pageblocks_work(void **unused)
{
	(void)unused;
	for (uint32_t orders = 1; orders <= PAGE_ORDERS_MAX; orders++) {
		const uint32_t pageblock_orders[] = { 0, orders / 2, orders - 1 };
		for (size_t i = 0; i < 3; i++) {
			struct page_machine m = fixture_machine(64 << 20, 2);
			m.orders = orders;
			m.pageblock_order = pageblock_orders[i];
			struct play *p = play_new(m);
			fixture_start(p->f);
			play_through(p);
			play_end(p);
		}
	}
}

static void pageblocks_of_the_largest_order_take_a_whole_zone(void **unused)
{
	struct page_machine m = fixture_machine(5ull << 30, 1);
	static struct page_counts counts;
	struct play *p;

	(void)unused;
	m.orders = 20;
	m.pageblock_order = 19;
	p = play_new(m);
	fixture_start(p->f);
	p->f->policy->counts(p->f->state, &counts);
	/* 2 GiB each: the first holds DMA and a part of DMA32 */
	assert_int_equal(counts.zones[0].pageblocks[MIGRATE_UNMOVABLE], 1);
	assert_int_equal(counts.zones[1].pageblocks[MIGRATE_UNMOVABLE] +
				 counts.zones[1].pageblocks[MIGRATE_MOVABLE],
			 2);
	play_end(p);
}

/* --- CMA --- */

enum { CMA_FRAMES = 16 << 20 >> PAGE_SHIFT, MIB_FRAMES = 1 << 20 >> PAGE_SHIFT };

static struct play *with_cma(const char *areas)
{
	struct play *p = play_new(fixture_machine(64 << 20, 1));

	fixture_set(p->f, "cma", areas);
	fixture_start(p->f);
	fixture_check(p->f);
	return p;
}

static uint64_t cma_free(struct play *p)
{
	static struct page_counts counts;
	uint64_t frames = 0;

	p->f->policy->counts(p->f->state, &counts);
	for (uint32_t zone = 0; zone < counts.zone_count; zone++)
		for (unsigned order = 0; order < counts.orders; order++)
			frames += counts.zones[zone].free_blocks[order][MIGRATE_CMA] << order;
	return frames;
}

static void contiguous_areas_are_lent_to_movable_pages_only(void **unused)
{
	struct play *p = with_cma("8MiB,8MiB");

	(void)unused;
	assert_int_equal(cma_free(p), CMA_FRAMES);
	while (!pfn_is_none(fixture_alloc(p->f, 0, GFP_MASK_KERNEL, 0)))
		;
	assert_int_equal(cma_free(p), CMA_FRAMES);
	fixture_check(p->f);
	while (!pfn_is_none(fixture_alloc(p->f, 0, GFP_MASK_HIGHUSER_MOVABLE, 0)))
		;
	assert_true(cma_free(p) < CMA_FRAMES / 8); /* watermarks keep some of all */
	play_end(p);
}

/*
 * Where memory ends high enough, they are the first of it from 4 GiB up, so that the zones below
 * keep theirs; one that has no room there is below, as high as it can be.
 */
static void areas_lie_above_4_gib(void **unused)
{
	static const struct {
		uint64_t memory_mib;
		const char *area;
		uint32_t zone;
		uint32_t first;
	} cases[] = {
		{ 5 << 10, "64MiB", 2, 4096 * MIB_FRAMES },
		{ 5 << 10, "64MiB,16MiB", 2, 4096 * MIB_FRAMES },
		{ 3584, "1GiB", 1, 2046 * MIB_FRAMES },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct play *p = play_new(fixture_machine(cases[i].memory_mib << 20, 1));
		struct page_state state = { 0 };
		struct error err = { 0 };
		const struct zone_state *z;
		uint32_t first = UINT32_MAX;
		fixture_set(p->f, "cma", cases[i].area);
		fixture_start(p->f);
		assert_int_equal(p->f->policy->dump(p->f->state, &state, &err), 0);
		z = &state.zones[cases[i].zone];
		for (size_t k = 0; k < z->pageblock_count; k++) {
			if (z->pageblocks[k].migratetype == MIGRATE_CMA &&
			    z->pageblocks[k].pfn < first)
				first = z->pageblocks[k].pfn;
		}
		assert_int_equal(first, cases[i].first);
		assert_int_equal(z->cma_pages, state.zones[1].cma_pages + state.zones[2].cma_pages);
		page_state_free(&state);
		play_end(p);
	}
}

/* With all of one type none is movable, and nobody is lent the areas (gfp_migratetype()). */
static void areas_are_nobodys_without_grouping(void **unused)
{
	struct play *p = play_new(fixture_machine(64 << 20, 1));

	(void)unused;
	fixture_set(p->f, "cma", "16MiB");
	fixture_set(p->f, "page_group_by_mobility", "false");
	fixture_start(p->f);
	while (!pfn_is_none(fixture_alloc(p->f, 0, GFP_MASK_HIGHUSER_MOVABLE, 0)))
		;
	assert_int_equal(cma_free(p), CMA_FRAMES);
	play_end(p);
}

static void the_policy_of_before_grouping_has_no_areas(void **unused)
{
	const struct policy_info *nogroup = policy_find(&page_policies, "buddy-nogroup");

	(void)unused;
	assert_null(option_find(nogroup->options, "cma"));
	assert_non_null(option_find(nogroup->options, "shuffle"));
}

/* More than half of what is free in the areas: movable pages come from there first. */
static void areas_that_hold_most_of_what_is_free_are_used_first(void **unused)
{
	struct play *p = with_cma("24MiB");
	uint64_t cma = cma_free(p);
	bool from_cma = false;

	(void)unused;
	while (cma_free(p) == cma && !from_cma) {
		uint64_t before = fixture_free_frames(p->f);
		assert_false(pfn_is_none(fixture_alloc(p->f, 0, GFP_MASK_HIGHUSER_MOVABLE, 4)));
		from_cma = cma_free(p) < cma;
		/* the rest is ordinary memory, DMA's among it, which has no areas */
		if (from_cma)
			assert_true(2 * cma > before - (4096 - 256));
	}
	assert_true(from_cma);
	play_end(p);
}

static void pages_of_areas_come_back_to_them(void **unused)
{
	struct play *p = with_cma("16MiB");

	(void)unused;
	play_through(p);
	p->f->policy->drain(p->f->state, 0);
	fixture_check(p->f);
	assert_int_equal(cma_free(p), CMA_FRAMES);
	play_end(p);
}

static void areas_that_cannot_be_are_refused(void **unused)
{
	static const char *const areas[][2] = {
		{ "8x", "page.buddy.cma: " },
		{ "100B", "" }, /* one pageblock */
		{ "0", "" },
		{ "8MiB,", "" },
		{ "1GiB", "page.buddy.cma: no room for an area of 1073741824 bytes" },
		{ "1MiB,1MiB,1MiB,1MiB,1MiB,1MiB,1MiB,1MiB,1MiB",
		  "page.buddy.cma: more than 8 areas" },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(areas) / sizeof(areas[0]); i++) {
		struct play *p = play_new(fixture_machine(64 << 20, 1));
		struct error err = { 0 };
		fixture_set(p->f, "cma", areas[i][0]);
		p->f->state =
			p->f->policy->create(&p->f->machine, p->f->params, &p->f->services, &err);
		if (p->f->state)
			assert_string_equal(areas[i][1], "");
		else
			assert_int_equal(strncmp(err.message, areas[i][1], strlen(areas[i][1])), 0);
		if (!p->f->state)
			p->f->policy = page_policy_of(policy_find(&page_policies, "null"));
		fixture_destroy(p->f);
		rng_destroy(p->rng);
		free(p);
	}
}

/* --- shuffle --- */

static struct play *shuffled(uint64_t seed)
{
	struct play *p = play_new(fixture_machine(256 << 20, 1));

	p->f->services.seed = seed;
	fixture_set(p->f, "shuffle", "true");
	fixture_start(p->f);
	return p;
}

/* The largest blocks in the order of their list. */
static size_t largest_blocks(struct play *p, uint32_t pfn[64])
{
	struct page_state state;
	struct error err = { 0 };
	size_t count;

	assert_int_equal(p->f->policy->dump(p->f->state, &state, &err), 0);
	count = state.zones[1].free[10][MIGRATE_MOVABLE].count;
	assert_in_range(count, 1, 64);
	memcpy(pfn, state.zones[1].free[10][MIGRATE_MOVABLE].pfn, count * sizeof(*pfn));
	page_state_free(&state);
	return count;
}

static void shuffled_blocks_are_all_there_in_another_order(void **unused)
{
	uint32_t first[64], again[64], other[64];
	struct play *a = shuffled(1), *b = shuffled(1), *c = shuffled(2);
	size_t count = largest_blocks(a, first), in_order = 0;
	bool seen[64] = { false };

	(void)unused;
	assert_int_equal(count, 60);
	assert_int_equal(largest_blocks(b, again), count);
	assert_int_equal(largest_blocks(c, other), count);
	assert_memory_equal(first, again, count * sizeof(*first));
	assert_memory_not_equal(first, other, count * sizeof(*first));
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(first[i] % 1024, 0);
		assert_false(seen[first[i] / 1024]);
		seen[first[i] / 1024] = true;
		in_order += i && first[i] > first[i - 1];
	}
	assert_in_range(in_order, 15, 45); /* half of 59, were it a fair shuffle */
	play_end(a);
	play_end(b);
	play_end(c);
}

static void a_freed_block_goes_to_either_end(void **unused)
{
	struct play *p = shuffled(3);
	uint32_t blocks[64];
	unsigned tails = 0;

	(void)unused;
	for (unsigned i = 0; i < 64; i++) {
		pfn_t pfn = fixture_alloc(p->f, 0, GFP_MASK_HIGHUSER_MOVABLE, 10);
		fixture_free(p->f, 0, pfn, 10);
		size_t count = largest_blocks(p, blocks);
		assert_true(blocks[0] == pfn.v || blocks[count - 1] == pfn.v);
		tails += blocks[count - 1] == pfn.v;
	}
	assert_in_range(tails, 16, 48);
	play_end(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_orders_and_pageblocks_work),
		cmocka_unit_test(pageblocks_of_the_largest_order_take_a_whole_zone),
		cmocka_unit_test(contiguous_areas_are_lent_to_movable_pages_only),
		cmocka_unit_test(areas_lie_above_4_gib),
		cmocka_unit_test(areas_are_nobodys_without_grouping),
		cmocka_unit_test(the_policy_of_before_grouping_has_no_areas),
		cmocka_unit_test(areas_that_hold_most_of_what_is_free_are_used_first),
		cmocka_unit_test(pages_of_areas_come_back_to_them),
		cmocka_unit_test(areas_that_cannot_be_are_refused),
		cmocka_unit_test(shuffled_blocks_are_all_there_in_another_order),
		cmocka_unit_test(a_freed_block_goes_to_either_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
