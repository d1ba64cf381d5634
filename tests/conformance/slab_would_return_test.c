/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * would_return: of two equal machines one goes first; what it gets is what the other one says,
 * before each of its own allocations, that it would return, and says of hardly anything else.
 */
#include "slab_fixture.h"

#include "core/gfp.h"

enum { CPUS = 3, STEPS = 20000, LIVE = 2000 };

struct twins {
	struct fixture *first, *second;
	struct request first_request, second_request;
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

static void allocate(struct twins *t)
{
	const struct slab_policy *policy = t->first->policy;
	const uint32_t bytes = t->first_request.bytes;
	const object_t object = policy->kmalloc(t->first->state, &t->first_request, bytes);

	assert_true(policy->would_return(t->second->state, &t->second_request, CACHE_NONE, object));
	if (t->freed != object)
		t->denials += !policy->would_return(t->second->state, &t->second_request,
						    CACHE_NONE, t->freed);
	assert_true(policy->kmalloc(t->second->state, &t->second_request, bytes) == object);
	t->live[t->count++] = object;
}

static void release(struct twins *t, uint32_t which)
{
	t->freed = t->live[which];
	t->live[which] = t->live[--t->count];
	t->first_request.bytes = t->second_request.bytes = 0;
	t->first->policy->kfree(t->first->state, &t->first_request, t->freed);
	t->first->policy->kfree(t->second->state, &t->second_request, t->freed);
}

static void foresees_itself(const struct slab_policy *policy)
{
	struct twins t = { .first = fixture_create(policy, CPUS, NULL),
			   .second = fixture_create(policy, CPUS, NULL) };
	struct rng *rng = rng_create(7, "would_return");

	for (uint32_t step = 0; step < STEPS; step++) {
		const uint64_t draw = rng_below(rng, LIVE);

		begin_step(&t, rng);
		if (draw < t.count)
			release(&t, (uint32_t)draw);
		else
			allocate(&t);
	}
	assert_true(t.denials > STEPS / 4);
	rng_destroy(rng);
	fixture_destroy(t.first);
	fixture_destroy(t.second);
}

static void test_all_that_can_tell(void **unused)
{
	uint32_t tested = 0;

	(void)unused;
	for (size_t i = 0; i < policy_count(&slab_policies); i++) {
		const struct slab_policy *policy = slab_policy_of(policy_at(&slab_policies, i));

		if (!policy->would_return)
			continue;
		foresees_itself(policy);
		tested++;
	}
	assert_true(tested > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_all_that_can_tell) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
