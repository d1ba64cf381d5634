/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What every page allocator must do, whatever its policy: run over all entries of the page table,
 * and over the template that newcomers copy, each by its capabilities.
 */
#include <stdio.h>

#include "page_fixture.h"

#include "page/template.c"

enum {
	MEMORY = 32 << 20,
	FRAMES = (MEMORY + FIRMWARE_BYTES) >> PAGE_SHIFT,
	CPUS = 3,
	LIVE_MAX = FRAMES,
	STEPS = 3000,
	COUNTERS_LAG = 16, /* watermark checks see free pages a little late */
};

struct live {
	pfn_t pfn;
	uint8_t order;
};

struct play {
	struct fixture *f;
	struct rng *rng;
	struct live live[LIVE_MAX];
	size_t live_count;
	bool taken[FRAMES];
	uint64_t placed; /* mixes all frames that were returned */
	uint64_t failed;
};

static bool has(const struct play *p, enum policy_capability capability)
{
	return p->f->policy->info.capabilities & (unsigned)capability;
}

static struct play *play_begin(const struct page_policy *policy, uint64_t seed)
{
	struct play *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	p->f = fixture_create(policy, fixture_machine(MEMORY, CPUS));
	p->rng = rng_create(seed, "page.conformance");
	return p;
}

static void play_end(struct play *p)
{
	rng_destroy(p->rng);
	fixture_destroy(p->f);
	free(p);
}

static uint32_t random_gfp(struct play *p)
{
	static const uint32_t gfps[] = {
		GFP_MASK_KERNEL,
		GFP_MASK_ATOMIC,
		GFP_MASK_HIGHUSER_MOVABLE | GFP_BIT_COMP,
		GFP_MASK_KERNEL | GFP_BIT_RECLAIMABLE,
		GFP_MASK_KERNEL | GFP_BIT_DMA,
		GFP_MASK_NOWAIT,
		0,
	};
	return gfps[rng_below(p->rng, sizeof(gfps) / sizeof(gfps[0]))];
}

static uint32_t random_cpu(struct play *p)
{
	return (uint32_t)rng_below(p->rng, CPUS);
}

/* Small orders are the more likely ones, as they are in life. */
static unsigned random_order(struct play *p)
{
	return (unsigned)rng_below(p->rng, 1 + rng_below(p->rng, p->f->machine.orders));
}

static void keep(struct play *p, pfn_t pfn, unsigned order)
{
	if (pfn_is_none(pfn)) {
		p->failed++;
		return;
	}
	p->placed = p->placed * UINT64_C(0x9e3779b97f4a7c15) + pfn.v;
	for (uint32_t i = 0; has(p, POLICY_PLACES) && i < 1u << order; i++) {
		assert_true(pfn.v + i > 0 && pfn.v + i < FRAMES);
		assert_false(p->taken[pfn.v + i]);
		p->taken[pfn.v + i] = true;
	}
	assert_int_equal(pfn.v & ((1u << order) - 1), 0);
	p->live[p->live_count++] = (struct live){ pfn, (uint8_t)order };
}

static void alloc_one(struct play *p)
{
	unsigned order = random_order(p);
	uint32_t cpu = random_cpu(p);

	keep(p, fixture_alloc(p->f, cpu, random_gfp(p), order), order);
}

static void alloc_many(struct play *p)
{
	pfn_t out[40];
	struct request r = fixture_request(random_cpu(p), random_gfp(p), 0);
	size_t wanted = 1 + rng_below(p->rng, 40);
	size_t got;

	if (!p->f->policy->alloc_bulk || p->live_count + wanted > LIVE_MAX)
		return;
	r.flags = REQUEST_BULK;
	got = p->f->policy->alloc_bulk(p->f->state, &r, wanted, out);
	assert_true(got <= wanted);
	for (size_t i = 0; i < got; i++)
		keep(p, out[i], 0);
}

static void free_at(struct play *p, size_t i)
{
	struct live l = p->live[i];

	p->live[i] = p->live[--p->live_count];
	for (uint32_t k = 0; has(p, POLICY_PLACES) && k < 1u << l.order; k++)
		p->taken[l.pfn.v + k] = false;
	fixture_free(p->f, random_cpu(p), l.pfn, l.order);
}

static void step(struct play *p)
{
	uint64_t what = rng_below(p->rng, 100);

	if (what == 0 && p->f->policy->drain)
		p->f->policy->drain(p->f->state, random_cpu(p));
	else if (what < 3)
		alloc_many(p);
	else if (p->live_count < LIVE_MAX && (p->live_count == 0 || what < 54))
		alloc_one(p);
	else
		free_at(p, rng_below(p->rng, p->live_count));
}

static void free_all(struct play *p)
{
	while (p->live_count)
		free_at(p, rng_below(p->rng, p->live_count));
	for (uint32_t cpu = 0; p->f->policy->drain && cpu < CPUS; cpu++)
		p->f->policy->drain(p->f->state, cpu);
}

static void hash_extent(void *context, const struct page_extent *extent)
{
	uint64_t *hash = context;

	*hash = (*hash ^
		 (extent->pfn.v * 64u + extent->order * 4u + extent->free * 2u + extent->pcp)) *
		UINT64_C(0x100000001b3);
}

static uint64_t walk_hash(struct play *p)
{
	uint64_t hash = p->placed;

	p->f->policy->walk(p->f->state, hash_extent, &hash);
	return hash;
}

/* Calls body once for each policy. */
static void over_all(void (*body)(const struct page_policy *policy))
{
	for (size_t i = 0; i < policy_count(&page_policies); i++) {
		const struct policy_info *info = policy_at(&page_policies, i);

		print_message("policy %s\n", info->name);
		body(page_policy_of(info));
	}
}

static void everything_comes_back(const struct page_policy *policy)
{
	struct play *p = play_begin(policy, 1);
	uint64_t at_start = fixture_free_frames(p->f);

	for (int i = 0; i < STEPS; i++) {
		step(p);
		if (i % 7 == 0 || !has(p, POLICY_RESTORES))
			fixture_check(p->f);
	}
	free_all(p);
	fixture_check(p->f);
	if (has(p, POLICY_REUSES))
		assert_int_equal(fixture_free_frames(p->f), at_start);
	play_end(p);
}

/*
 * Free blocks of an order; all above the pageblocks' order are counted as pageblocks, as those of
 * some types may stay apart.
 */
static uint64_t blocks_of(const struct page_counts *counts, uint32_t zone, uint32_t order)
{
	uint64_t blocks = 0;
	uint32_t last = order < counts->pageblock_order ? order : counts->orders - 1;

	for (uint32_t o = order; o <= last; o++) {
		for (unsigned type = 0; type < MIGRATE_TYPES; type++)
			blocks += counts->zones[zone].free_blocks[o][type] << (o - order);
	}
	return blocks;
}

static void everything_merges_again(const struct page_policy *policy)
{
	struct play *p = play_begin(policy, 2);
	struct page_counts *before = calloc(2, sizeof(*before));
	struct page_counts *after = before + 1;

	assert_non_null(before);
	policy->counts(p->f->state, before);
	for (int i = 0; i < STEPS; i++)
		step(p);
	free_all(p);
	policy->counts(p->f->state, after);
	for (uint32_t zone = 0; has(p, POLICY_REUSES) && zone < before->zone_count; zone++) {
		for (uint32_t order = 0; order <= before->pageblock_order; order++)
			assert_int_equal(blocks_of(before, zone, order),
					 blocks_of(after, zone, order));
	}
	free(before);
	play_end(p);
}

static uint64_t play_through(const struct page_policy *policy, uint64_t seed)
{
	struct play *p = play_begin(policy, seed);
	uint64_t hash;

	for (int i = 0; i < STEPS; i++)
		step(p);
	hash = walk_hash(p);
	play_end(p);
	return hash;
}

static void same_seed_same_places(const struct page_policy *policy)
{
	uint64_t first = play_through(policy, 7);

	assert_true(first == play_through(policy, 7));
	if (policy->info.capabilities & POLICY_PLACES)
		assert_true(first != play_through(policy, 8));
}

/* Without the right to reserves: what is left above the watermarks, then nothing, then again. */
static void short_of_memory_and_back(const struct page_policy *policy)
{
	struct play *p = play_begin(policy, 3);
	size_t had;

	while (p->failed == 0 && p->live_count < LIVE_MAX)
		keep(p, fixture_alloc(p->f, 0, GFP_MASK_KERNEL, 0), 0);
	had = p->live_count;
	assert_true(had > FRAMES / 2);
	fixture_check(p->f);
	if (has(p, POLICY_REUSES)) {
		free_all(p);
		p->failed = 0;
		while (p->failed == 0 && p->live_count < LIVE_MAX)
			keep(p, fixture_alloc(p->f, 0, GFP_MASK_KERNEL, 0), 0);
		assert_in_range(p->live_count, had - COUNTERS_LAG, had + COUNTERS_LAG);
	}
	play_end(p);
}

static void too_large_is_refused(const struct page_policy *policy)
{
	struct play *p = play_begin(policy, 4);

	assert_true(pfn_is_none(fixture_alloc(p->f, 0, GFP_MASK_KERNEL, p->f->machine.orders)));
	fixture_check(p->f);
	play_end(p);
}

struct coverage {
	uint32_t next;
	uint64_t frames, free;
};

static void cover(void *context, const struct page_extent *extent)
{
	struct coverage *c = context;

	assert_true(extent->pfn.v >= c->next);
	c->next = extent->pfn.v + (1u << extent->order);
	c->frames += 1u << extent->order;
	if (extent->free || extent->pcp)
		c->free += 1u << extent->order;
}

static void walk_sees_every_frame_once(const struct page_policy *policy)
{
	struct play *p = play_begin(policy, 5);
	struct page_counts *counts = calloc(1, sizeof(*counts));
	struct coverage c = { 0 };
	uint64_t managed = 0;

	assert_non_null(counts);
	for (int i = 0; i < STEPS; i++)
		step(p);
	policy->walk(p->f->state, cover, &c);
	policy->counts(p->f->state, counts);
	for (uint32_t zone = 0; zone < counts->zone_count; zone++)
		managed += counts->zones[zone].managed;
	if (has(p, POLICY_PLACES)) {
		assert_int_equal(c.frames, managed);
		assert_int_equal(c.free, fixture_free_frames(p->f));
	}
	free(counts);
	play_end(p);
}

static void dump_of(struct fixture *f, struct page_state *state)
{
	struct error err = { 0 };

	assert_int_equal(f->policy->dump(f->state, state, &err), 0);
}

/* What is dumped and loaded goes on exactly as the original does. */
static void restores_what_it_dumps(const struct page_policy *policy)
{
	struct play *p, *q;
	struct page_state states[2];
	struct error err = { 0 };
	size_t compared = 0;

	if (!(policy->info.capabilities & POLICY_RESTORES))
		return;
	p = play_begin(policy, 6);
	q = play_begin(policy, 99);
	for (int i = 0; i < STEPS; i++)
		step(p);
	dump_of(p->f, &states[0]);
	assert_int_equal(policy->load(q->f->state, &states[0], &err), 0);
	fixture_check(q->f);
	memcpy(q->live, p->live, sizeof(p->live));
	memcpy(q->taken, p->taken, sizeof(p->taken));
	q->live_count = p->live_count;
	rng_destroy(p->rng);
	rng_destroy(q->rng);
	p->rng = rng_create(11, "page.restored");
	q->rng = rng_create(11, "page.restored");
	page_state_free(&states[0]);
	for (int i = 0; i < STEPS; i++) {
		step(p);
		step(q);
	}
	fixture_check(q->f);
	dump_of(p->f, &states[0]);
	dump_of(q->f, &states[1]);
	assert_int_equal(page_state_compare(&states[1], &states[0], &compared, &err), 0);
	assert_true(compared > 0);
	page_state_free(&states[0]);
	page_state_free(&states[1]);
	play_end(p);
	play_end(q);
}

#define OVER_ALL(name)                                                                             \
	static void test_##name(void **unused)                                                     \
	{                                                                                          \
		(void)unused;                                                                      \
		over_all(name);                                                                    \
	}

OVER_ALL(everything_comes_back)
OVER_ALL(everything_merges_again)
OVER_ALL(same_seed_same_places)
OVER_ALL(short_of_memory_and_back)
OVER_ALL(too_large_is_refused)
OVER_ALL(walk_sees_every_frame_once)
OVER_ALL(restores_what_it_dumps)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_everything_comes_back),
		cmocka_unit_test(test_everything_merges_again),
		cmocka_unit_test(test_same_seed_same_places),
		cmocka_unit_test(test_short_of_memory_and_back),
		cmocka_unit_test(test_too_large_is_refused),
		cmocka_unit_test(test_walk_sees_every_frame_once),
		cmocka_unit_test(test_restores_what_it_dumps),
	};
	struct error err = { 0 };

	if (policy_add(&page_policies, &template_page_policy.info, &err)) {
		fprintf(stderr, "%s\n", err.message);
		return 1;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
