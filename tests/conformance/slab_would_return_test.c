/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * would_return: of two equal machines one goes first; what it gets is what the other one says,
 * before each of its own allocations, that it would return, and says of hardly anything else. And
 * would_return_after: what it gets after a free that the other one has still before it.
 */
#include "slab_fixture.h"

#include "core/gfp.h"

enum { CPUS = 3, STEPS = 20000, LIVE = 4000, PHASE = 2500 };

struct twins {
	struct fixture *first, *second;
	struct request first_request, second_request;
	cache_id cache; /* CACHE_NONE: kmalloc */
	object_t live[LIVE], freed;
	uint32_t count;
	uint64_t denials;
};

static void begin_step(struct twins *t, struct rng *rng)
{
	const uint32_t cpu = (uint32_t)rng_below(rng, CPUS);

	t->first_request = fixture_request(t->first, cpu, GFP_MASK_KERNEL);
	t->second_request = fixture_request(t->second, cpu, GFP_MASK_KERNEL);
	t->first_request.bytes = t->second_request.bytes = 8u << rng_below(rng, 9);
}

static object_t alloc_in(struct twins *t, struct fixture *f, const struct request *request)
{
	return cache_is_none(t->cache) ? f->policy->kmalloc(f->state, request, request->bytes)
				       : f->policy->alloc(f->state, request, t->cache);
}

static void free_in(struct twins *t, struct fixture *f, const struct request *request)
{
	if (cache_is_none(t->cache))
		f->policy->kfree(f->state, request, t->freed);
	else
		f->policy->free(f->state, request, t->cache, t->freed);
}

static void allocate(struct twins *t)
{
	const struct slab_policy *policy = t->first->policy;
	const object_t object = alloc_in(t, t->first, &t->first_request);

	assert_true(policy->would_return(t->second->state, &t->second_request, t->cache, object));
	if (t->freed != object)
		t->denials += !policy->would_return(t->second->state, &t->second_request, t->cache,
						    t->freed);
	assert_true(alloc_in(t, t->second, &t->second_request) == object);
	t->live[t->count++] = object;
}

/* A free and an allocation, of which the second machine is asked before both. */
static void exchange(struct twins *t, uint32_t which)
{
	const struct slab_policy *policy = t->first->policy;
	const struct slab_free before = { .object = t->live[which], .cache = t->cache };

	t->freed = t->live[which];
	free_in(t, t->first, &t->first_request);
	const object_t object = alloc_in(t, t->first, &t->first_request);

	assert_true(policy->would_return_after(t->second->state, &t->second_request, t->cache,
					       object, &before));
	t->denials += !policy->would_return(t->second->state, &t->second_request, t->cache, object);
	free_in(t, t->second, &t->second_request);
	assert_true(alloc_in(t, t->second, &t->second_request) == object);
	t->live[which] = object;
}

static void release(struct twins *t, uint32_t which)
{
	t->freed = t->live[which];
	t->live[which] = t->live[--t->count];
	t->first_request.bytes = t->second_request.bytes = 0;
	free_in(t, t->first, &t->first_request);
	free_in(t, t->second, &t->second_request);
}

static cache_id cache_in(struct fixture *f)
{
	const struct cache_spec spec = {
		.name = "twins", .object_size = 200, .align = 64, .constructor = true
	};
	const struct request request = fixture_request(f, 0, GFP_MASK_KERNEL);
	struct error err = { 0 };
	const cache_id cache = f->policy->cache_create(f->state, &request, &spec, &err);

	assert_false(cache_is_none(cache));
	return cache;
}

static void foresees_itself(const struct slab_policy *policy, bool of_cache)
{
	struct twins t = { .first = fixture_create(policy, CPUS, NULL),
			   .second = fixture_create(policy, CPUS, NULL) };
	struct rng *rng = rng_create(7, "would_return");

	t.cache = of_cache ? cache_in(t.first) : CACHE_NONE;
	if (of_cache)
		assert_int_equal(cache_in(t.second).v, t.cache.v);

	for (uint32_t step = 0; step < STEPS; step++) {
		const uint64_t draw = rng_below(rng, LIVE);
		const bool shrinks = step / PHASE % 2 && t.count > 0;

		begin_step(&t, rng);
		if (shrinks)
			release(&t, t.count - 1);
		else if (draw < t.count)
			release(&t, (uint32_t)draw);
		else
			allocate(&t);
	}
	assert_true(t.denials > STEPS / 8);
	rng_destroy(rng);
	fixture_destroy(t.first);
	fixture_destroy(t.second);
}

static void foresees_frees(const struct slab_policy *policy, bool of_cache)
{
	struct twins t = { .first = fixture_create(policy, CPUS, NULL),
			   .second = fixture_create(policy, CPUS, NULL) };
	struct rng *rng = rng_create(8, "would_return");

	t.cache = of_cache ? cache_in(t.first) : CACHE_NONE;
	if (of_cache)
		assert_int_equal(cache_in(t.second).v, t.cache.v);
	t.freed = OBJECT_NONE;
	for (uint32_t step = 0; step < STEPS / 4; step++) {
		begin_step(&t, rng);
		if (t.count < LIVE / 10 || step % 4 == 0)
			allocate(&t);
		else
			exchange(&t, (uint32_t)rng_below(rng, t.count));
	}
	assert_true(t.denials > STEPS / 32);
	rng_destroy(rng);
	fixture_destroy(t.first);
	fixture_destroy(t.second);
}

static void test_all_that_can_tell_after_a_free(void **unused)
{
	uint32_t tested = 0;

	(void)unused;
	for (size_t i = 0; i < policy_count(&slab_policies); i++) {
		const struct slab_policy *policy = slab_policy_of(policy_at(&slab_policies, i));

		if (!policy->would_return_after)
			continue;
		foresees_frees(policy, false);
		foresees_frees(policy, true);
		tested++;
	}
	assert_true(tested > 0);
}

static void test_all_that_can_tell(void **unused)
{
	uint32_t tested = 0;

	(void)unused;
	for (size_t i = 0; i < policy_count(&slab_policies); i++) {
		const struct slab_policy *policy = slab_policy_of(policy_at(&slab_policies, i));

		if (!policy->would_return)
			continue;
		foresees_itself(policy, false);
		foresees_itself(policy, true);
		tested++;
	}
	assert_true(tested > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_that_can_tell),
		cmocka_unit_test(test_all_that_can_tell_after_a_free),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
