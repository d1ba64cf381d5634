/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What every slab allocator must do, whatever its policy: run over all entries of the slab table
 * and over the template that newcomers copy, each by its capabilities.
 */
#include "slab_over_all.h"

#include "core/definitions.h"
#include "core/gfp.h"

enum {
	OBJECTS = 300, /* alive at once at most */
	STEPS = 3000,
	SPECS = 6,
	CPUS = 3,
	SMALL = 4087, /* kmallocs of no more bytes are never whole pages */
};

static const struct cache_spec specs[SPECS] = {
	{ .name = "words", .object_size = 24 },
	{ .name = "lines", .object_size = 72, .flags = CACHE_HWCACHE_ALIGN },
	{ .name = "aligned", .object_size = 250, .align = 256 },
	{ .name = "rcu", .object_size = 600, .flags = CACHE_TYPESAFE_BY_RCU },
	{ .name = "reclaimable", .object_size = 1000, .flags = CACHE_RECLAIM_ACCOUNT },
	{ .name = "constructed", .object_size = 3000, .constructor = true },
};

struct live {
	object_t object;
	uint32_t bytes;
	int cache; /* -1: kmalloc */
};

struct play {
	struct fixture *f;
	struct rng *rng;
	cache_id cache[SPECS];
	struct live live[OBJECTS];
	size_t live_count;
	uint8_t *byte_used; /* of every byte of every frame */
	uint64_t placed;    /* mixes all addresses that were returned */
	uint64_t failed;
};

static bool places(const struct play *p)
{
	return p->f->policy->info.capabilities & POLICY_PLACES;
}

static void play_begin(struct play *p, const struct slab_policy *policy, uint64_t seed)
{
	struct error err = { 0 };

	*p = (struct play){ .f = fixture_create(policy, CPUS, settings) };
	p->rng = rng_create(seed, "slab.conformance");
	p->byte_used = calloc(FIXTURE_FRAMES, PAGE_SIZE_BYTES);
	assert_non_null(p->byte_used);
	for (int i = 0; i < SPECS; i++) {
		p->cache[i] = fixture_cache_create(p->f, &specs[i], &err);
		assert_false(cache_is_none(p->cache[i]));
	}
}

static void play_end(struct play *p)
{
	rng_destroy(p->rng);
	free(p->byte_used);
	fixture_destroy(p->f);
}

static uint32_t random_bytes(struct play *p)
{
	return 1 + (uint32_t)rng_below(p->rng, UINT64_C(1) << rng_below(p->rng, 16));
}

static struct request play_request(struct play *p, uint32_t bytes)
{
	static const uint32_t gfps[] = { GFP_MASK_KERNEL, GFP_MASK_ATOMIC,
					 GFP_MASK_KERNEL | GFP_BIT_ACCOUNT,
					 GFP_MASK_KERNEL | GFP_BIT_DMA,
					 GFP_MASK_KERNEL | GFP_BIT_RECLAIMABLE };
	const uint32_t cpu = (uint32_t)rng_below(p->rng, CPUS);
	struct request r = fixture_request(p->f, cpu, gfps[rng_below(p->rng, 5)]);

	r.bytes = bytes;
	return r;
}

/* The object's bytes were nobody's, lie in pages that the policy holds, and become the caller's. */
static void claim(struct play *p, const struct live *l)
{
	const uint32_t align = l->cache < 0 ? 8 : specs[l->cache].align ? specs[l->cache].align : 8;

	p->placed = p->placed * UINT64_C(0x9e3779b97f4a7c15) + l->object;
	if (!places(p))
		return;
	assert_int_equal(l->object % align, 0);
	assert_true(l->object + l->bytes <= (uint64_t)FIXTURE_FRAMES * PAGE_SIZE_BYTES);
	for (uint64_t at = l->object; at < l->object + l->bytes; at++) {
		assert_true(p->f->taken[at / PAGE_SIZE_BYTES]);
		assert_false(p->byte_used[at]);
	}
	memset(p->byte_used + l->object, 1, l->bytes);
	assert_true(p->f->policy->usable_size(p->f->state, l->object) >= l->bytes);
}

static void unclaim(struct play *p, const struct live *l)
{
	if (places(p))
		memset(p->byte_used + l->object, 0, l->bytes);
}

static void keep(struct play *p, struct live l)
{
	if (l.object == OBJECT_NONE) {
		p->failed++;
		return;
	}
	claim(p, &l);
	p->live[p->live_count++] = l;
}

static void alloc_one(struct play *p)
{
	const struct slab_policy *policy = p->f->policy;
	const int cache = (int)rng_below(p->rng, SPECS + 3) - 3;

	if (cache < 0) {
		const uint32_t bytes = random_bytes(p);
		const struct request r = play_request(p, bytes);

		keep(p, (struct live){ policy->kmalloc(p->f->state, &r, bytes), bytes, -1 });
		return;
	}
	const uint32_t bytes = specs[cache].object_size;
	const struct request r = play_request(p, bytes);

	keep(p, (struct live){ policy->alloc(p->f->state, &r, p->cache[cache]), bytes, cache });
}

static void free_one(struct play *p, size_t i)
{
	const struct slab_policy *policy = p->f->policy;
	const struct live l = p->live[i];
	const struct request r = play_request(p, l.bytes);

	p->live[i] = p->live[--p->live_count];
	unclaim(p, &l);
	if (l.cache < 0)
		policy->kfree(p->f->state, &r, l.object);
	else
		policy->free(p->f->state, &r, p->cache[l.cache], l.object);
}

static void alloc_many(struct play *p)
{
	const struct slab_policy *policy = p->f->policy;
	const int cache = (int)rng_below(p->rng, SPECS);
	const size_t count = 1 + rng_below(p->rng, 20);
	object_t objects[20];
	const struct request r = play_request(p, specs[cache].object_size);

	if (!policy->alloc_bulk || p->live_count + count > OBJECTS)
		return;
	if (!policy->alloc_bulk(p->f->state, &r, p->cache[cache], count, objects)) {
		p->failed++;
		return;
	}
	for (size_t i = 0; i < count; i++)
		keep(p, (struct live){ objects[i], specs[cache].object_size, cache });
}

static void free_many(struct play *p)
{
	const struct slab_policy *policy = p->f->policy;
	const int cache = (int)rng_below(p->rng, SPECS);
	object_t objects[OBJECTS];
	size_t count = 0;

	if (!policy->free_bulk)
		return;
	for (size_t i = p->live_count; i-- > 0;) {
		if (p->live[i].cache != cache || rng_below(p->rng, 2))
			continue;
		objects[count++] = p->live[i].object;
		unclaim(p, &p->live[i]);
		p->live[i] = p->live[--p->live_count];
	}
	const struct request r = play_request(p, specs[cache].object_size);

	if (count)
		policy->free_bulk(p->f->state, &r, p->cache[cache], count, objects);
}

static void step(struct play *p)
{
	const uint64_t what = rng_below(p->rng, 100);
	const struct request r = play_request(p, 0);

	if (what == 0)
		p->f->policy->cache_shrink(p->f->state, &r, p->cache[rng_below(p->rng, SPECS)]);
	else if (what == 1)
		fixture_shrink_all(p->f, &r);
	else if (what == 2 && p->f->deferred)
		fixture_expire(p->f);
	else if (what < 6)
		alloc_many(p);
	else if (what < 9)
		free_many(p);
	else if (p->live_count == 0 || (p->live_count < OBJECTS && rng_below(p->rng, 100) < 52))
		alloc_one(p);
	else
		free_one(p, rng_below(p->rng, p->live_count));
}

static void free_all(struct play *p)
{
	while (p->live_count)
		free_one(p, rng_below(p->rng, p->live_count));
}

/* Bytes asked for by living objects, as the policy counted them. Pages of large kmallocs have no
 * cache. */
static uint64_t counted_bytes(const struct play *p)
{
	const struct slab_policy *policy = p->f->policy;
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < policy->cache_count(p->f->state); i++) {
		struct cache_counts counts;

		if (policy->counts(p->f->state, (cache_id){ i }, &counts))
			bytes += counts.requested_bytes;
	}
	return bytes;
}

static uint64_t counted_objects(const struct play *p)
{
	const struct slab_policy *policy = p->f->policy;
	uint64_t objects = 0;

	for (uint32_t i = 0; i < policy->cache_count(p->f->state); i++) {
		struct cache_counts counts;

		if (policy->counts(p->f->state, (cache_id){ i }, &counts))
			objects += counts.live_objects;
	}
	return objects;
}

/* Living objects; large: also those that may be pages instead. */
static uint64_t live_objects(const struct play *p, bool large)
{
	uint64_t objects = 0;

	for (size_t i = 0; i < p->live_count; i++)
		objects += large || p->live[i].cache >= 0 || p->live[i].bytes <= SMALL;
	return objects;
}

static uint64_t live_bytes(const struct play *p)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < p->live_count; i++)
		if (p->live[i].cache >= 0 || p->live[i].bytes <= SMALL)
			bytes += p->live[i].bytes;
	return bytes;
}

static uint64_t perhaps_large_bytes(const struct play *p)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < p->live_count; i++)
		if (p->live[i].cache < 0 && p->live[i].bytes > SMALL)
			bytes += p->live[i].bytes;
	return bytes;
}

static void destroy_caches(struct play *p)
{
	for (int i = 0; i < SPECS; i++) {
		const struct request r = play_request(p, 0);

		assert_int_equal(p->f->policy->cache_destroy(p->f->state, &r, p->cache[i]), 0);
		fixture_check(p->f);
	}
}

static void everything_comes_back(const struct slab_policy *policy)
{
	struct play p;

	play_begin(&p, policy, 1);
	for (int i = 0; i < STEPS; i++) {
		step(&p);
		fixture_check(p.f);
	}
	if (policy->info.capabilities & POLICY_HAS_SLABS) {
		const uint64_t counted = counted_bytes(&p);

		assert_in_range(counted, live_bytes(&p), live_bytes(&p) + perhaps_large_bytes(&p));
		assert_in_range(counted_objects(&p), live_objects(&p, false),
				live_objects(&p, true));
	}
	assert_int_equal(p.failed, 0);
	free_all(&p);
	destroy_caches(&p);
	const struct request r = play_request(&p, 0);

	fixture_shrink_all(p.f, &r);
	while (p.f->deferred)
		fixture_expire(p.f);
	fixture_check(p.f);
	assert_int_equal(p.f->pages_out, 0);
	assert_int_equal(counted_bytes(&p), 0);
	assert_int_equal(counted_objects(&p), 0);
	play_end(&p);
}

static uint64_t play_through(const struct slab_policy *policy, uint64_t seed)
{
	struct play p;

	play_begin(&p, policy, seed);
	for (int i = 0; i < STEPS; i++)
		step(&p);
	const uint64_t placed = p.placed ^ p.f->pages_out ^ p.f->work.count[WORK_slab_fastpath];

	play_end(&p);
	return placed;
}

static void same_seed_same_places(const struct slab_policy *policy)
{
	const uint64_t first = play_through(policy, 7);

	assert_true(first == play_through(policy, 7));
	if (policy->info.capabilities & POLICY_PLACES)
		assert_true(first != play_through(policy, 8));
}

/* However early pages run out: allocations fail, nothing else does, and all is well after. */
static void survives_without_pages(const struct slab_policy *policy)
{
	for (uint64_t pages = 0; pages < 40; pages += 3) {
		struct play p;

		play_begin(&p, policy, 3);
		p.f->fail_from = pages;
		for (int i = 0; i < 400; i++) {
			step(&p);
			fixture_check(p.f);
		}
		if (policy->info.capabilities & POLICY_PLACES)
			assert_true(p.failed > 0);
		p.f->fail_from = UINT64_MAX;
		p.failed = 0;
		for (int i = 0; i < 100; i++)
			step(&p);
		fixture_check(p.f);
		assert_int_equal(p.failed, 0);
		play_end(&p);
	}
}

static struct play *playing;

/* The page allocator is short: shrinkers run, and an interrupt allocates and frees. */
static void reenter(struct fixture *f)
{
	struct play *p = playing;

	f->on_call = NULL;
	fixture_check(f);
	for (int i = 0; i < 3; i++) {
		const struct request r = play_request(p, 64);

		if (rng_below(p->rng, 3) == 0)
			fixture_shrink_all(f, &r);
		if (p->live_count < OBJECTS - 40)
			alloc_one(p);
		if (p->live_count > 1 && rng_below(p->rng, 2))
			free_one(p, rng_below(p->rng, p->live_count));
	}
	fixture_check(f);
	f->on_call = reenter;
}

/* Only the bulk calls hold objects in hand that the play does not know yet. */
static void may_be_reentered(const struct slab_policy *policy)
{
	struct play p;

	play_begin(&p, policy, 5);
	playing = &p;
	p.f->on_call = reenter;
	for (int i = 0; i < STEPS; i++) {
		if (p.live_count < OBJECTS - 40 && rng_below(p.rng, 100) < 55)
			alloc_one(&p);
		else if (p.live_count)
			free_one(&p, rng_below(p.rng, p.live_count));
		fixture_check(p.f);
	}
	p.f->on_call = NULL;
	free_all(&p);
	destroy_caches(&p);
	play_end(&p);
}

/* A dump loaded into a fresh machine goes on as the original does. */
static void goes_on_from_a_dump(const struct slab_policy *policy)
{
	struct slab_state dump, again;
	struct error err = { 0 };
	struct play p;
	size_t compared;

	/* A dump does not tell what will be drawn. */
	if (!(policy->info.capabilities & POLICY_RESTORES) ||
	    !(policy->info.capabilities & POLICY_HAS_SLABS) || settings)
		return;
	play_begin(&p, policy, 9);
	for (int i = 0; i < STEPS; i++)
		step(&p);
	assert_int_equal(policy->dump(p.f->state, &dump, &err), 0);
	struct fixture *copy = fixture_create(policy, CPUS, settings);

	if (policy->load(copy->state, &dump, &err))
		fail_msg("%s", err.message);
	assert_int_equal(policy->dump(copy->state, &again, &err), 0);
	if (slab_state_compare(&again, &dump, &compared, &err))
		fail_msg("%s", err.message);
	assert_true(compared > 0);
	memcpy(copy->taken, p.f->taken, sizeof(copy->taken));
	for (int i = 0; i < 500; i++) {
		const uint32_t cpu = (uint32_t)rng_below(p.rng, CPUS);
		const struct request r = fixture_request(p.f, cpu, GFP_MASK_KERNEL);
		const uint32_t bytes = 1 + (uint32_t)rng_below(p.rng, 4096);

		assert_true(policy->kmalloc(p.f->state, &r, bytes) ==
			    policy->kmalloc(copy->state, &r, bytes));
	}
	slab_state_free(&dump);
	slab_state_free(&again);
	fixture_destroy(copy);
	play_end(&p);
}

enum { CACHES_SEEN = 256 };

struct sums {
	uint64_t pages, inuse;
	uint64_t idle[CACHES_SEEN]; /* by cache: what callers do not hold of its slabs */
};

static void add_extent(void *context, const struct slab_extent *extent)
{
	struct sums *sums = context;

	assert_true(extent->cache.v < CACHES_SEEN);
	assert_true(extent->cached_bytes <= extent->free_bytes);
	sums->pages += 1u << extent->order;
	sums->inuse += extent->inuse;
	sums->idle[extent->cache.v] +=
		extent->free_bytes + extent->overhead_bytes + extent->tail_bytes;
}

/* What is counted as allocations go, and what a walk finds, make all that a cache holds. */
static void all_bytes_are_accounted_for(const struct cache_counts *counts, uint64_t idle)
{
	assert_int_equal(counts->occupied_bytes + counts->deferred_bytes + idle,
			 counts->held_bytes);
	assert_true(counts->requested_bytes <= counts->allocated_bytes);
	assert_true(counts->allocated_bytes <= counts->occupied_bytes);
}

static void walk_agrees_with_counts(const struct slab_policy *policy)
{
	struct play p;
	struct sums sums = { 0 };
	uint64_t held = 0, small = 0;

	if (!(policy->info.capabilities & POLICY_HAS_SLABS))
		return;
	play_begin(&p, policy, 11);
	for (int i = 0; i < STEPS; i++)
		step(&p);
	policy->walk(p.f->state, add_extent, &sums);
	for (uint32_t i = 0; i < policy->cache_count(p.f->state); i++) {
		struct cache_counts counts;

		if (!policy->counts(p.f->state, (cache_id){ i }, &counts))
			continue;
		all_bytes_are_accounted_for(&counts, sums.idle[i]);
		held += counts.held_bytes;
	}
	for (size_t i = 0; i < p.live_count; i++)
		small += p.live[i].cache >= 0 || p.live[i].bytes <= SMALL;
	assert_int_equal(sums.pages * PAGE_SIZE_BYTES, held);
	assert_in_range(sums.inuse, small, p.live_count);
	play_end(&p);
}

OVER_ALL(everything_comes_back)
OVER_ALL(same_seed_same_places)
OVER_ALL(survives_without_pages)
OVER_ALL(may_be_reentered)
OVER_ALL(goes_on_from_a_dump)
OVER_ALL(walk_agrees_with_counts)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_everything_comes_back),
		cmocka_unit_test(test_same_seed_same_places),
		cmocka_unit_test(test_survives_without_pages),
		cmocka_unit_test(test_may_be_reentered),
		cmocka_unit_test(test_goes_on_from_a_dump),
		cmocka_unit_test(test_walk_agrees_with_counts),
	};

	return cmocka_run_group_tests(tests, add_template, NULL);
}
