/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Machines of several nodes: whose memory an object is of, and which node's list a slab goes to. */
#include "../conformance/slab_fixture.h"

enum { CPUS = 4, NODES = 2, CPU_OF_NODE_1 = 2, OBJECTS_A_SLAB = 16 /* of kmalloc-512 */ };

static struct fixture *machine_of(const char *policy)
{
	return fixture_create_on(slab_policy_of(policy_find(&slab_policies, policy)), CPUS, NODES,
				 NULL);
}

static struct request request_of(struct fixture *f, uint32_t cpu, int16_t node)
{
	struct request request = fixture_request(f, cpu, GFP_MASK_KERNEL);

	request.node = node;
	request.bytes = 512;
	return request;
}

static object_t allocate(struct fixture *f, uint32_t cpu, int16_t node)
{
	const struct request request = request_of(f, cpu, node);
	const object_t object = f->policy->kmalloc(f->state, &request, 512);

	assert_true(object != OBJECT_NONE);
	return object;
}

static void release(struct fixture *f, uint32_t cpu, object_t object)
{
	const struct request request = request_of(f, cpu, -1);

	f->policy->kfree(f->state, &request, object);
}

static void a_cpu_gets_memory_of_its_node(void **unused)
{
	const char *const policies[] = { "slub", "slab" };

	(void)unused;
	for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
		struct fixture *f = machine_of(policies[i]);

		for (int n = 0; n < 100; n++)
			for (uint32_t cpu = 0; cpu < CPUS; cpu++)
				assert_int_equal(fixture_node_of_object(f, allocate(f, cpu, -1)),
						 cpu / CPU_OF_NODE_1);
		fixture_check(f);
		fixture_destroy(f);
	}
}

static void who_asks_for_a_node_gets_it(void **unused)
{
	const char *const policies[] = { "slub", "slab", "slob" };

	(void)unused;
	for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
		struct fixture *f = machine_of(policies[i]);

		for (int n = 0; n < 500; n++) {
			const uint32_t cpu = (uint32_t)n * 7 % CPUS;
			const int16_t node = (int16_t)(n / 3 % NODES);
			const object_t object = allocate(f, cpu, node);

			assert_int_equal(fixture_node_of_object(f, object), node);
			if (n % 4 == 3)
				release(f, CPUS - 1 - cpu, object);
		}
		fixture_check(f);
		fixture_destroy(f);
	}
}

/* SLUB: a cpu slab of another node than the one asked for is given up, for the node's list. */
static void slub_gives_up_a_slab_of_another_node(void **unused)
{
	struct fixture *f = machine_of("slub");
	const object_t here = allocate(f, 0, -1);
	const object_t there = allocate(f, 0, 1);

	(void)unused;
	assert_int_equal(fixture_node_of_object(f, there), 1);
	/* No node asked for: the cpu's slab serves, wherever it is. */
	assert_int_equal(allocate(f, 0, -1) >> PAGE_SHIFT, there >> PAGE_SHIFT);
	/* The other one is on its node's list, and comes back from there. */
	assert_int_equal(allocate(f, 0, 0) >> PAGE_SHIFT, here >> PAGE_SHIFT);
	fixture_check(f);
	fixture_destroy(f);
}

/* Fills slabs of node 1 and frees one object of each: with no lists for cpus they are the node's.
 */
static void fill_list_of_node_1(struct fixture *f, uint32_t slabs, object_t *freed)
{
	for (uint32_t i = 0; i < slabs; i++)
		for (uint32_t n = 0; n < OBJECTS_A_SLAB; n++)
			freed[i] = allocate(f, CPU_OF_NODE_1, -1);
	/* The cpu lets go of the last one for a slab of its own. */
	allocate(f, CPU_OF_NODE_1, -1);
	for (uint32_t i = 0; i < slabs; i++)
		release(f, 0, freed[i]);
}

/* get_any_partial: only from a node that has more than min_partial. */
static void slub_takes_what_another_node_can_spare(void **unused)
{
	enum { MIN_PARTIAL = 5 };
	const char *const no_lists[] = { "cpu_partial=false", NULL };
	const struct slab_policy *slub = slab_policy_of(policy_find(&slab_policies, "slub"));

	(void)unused;
	for (uint32_t slabs = MIN_PARTIAL; slabs <= MIN_PARTIAL + 1; slabs++) {
		struct fixture *f = fixture_create_on(slub, CPUS, NODES, no_lists);
		object_t freed[MIN_PARTIAL + 1];

		fill_list_of_node_1(f, slabs, freed);
		const object_t got = allocate(f, 0, -1);

		assert_int_equal(fixture_node_of_object(f, got), slabs > MIN_PARTIAL);
		fixture_check(f);
		fixture_destroy(f);
	}
}

static struct cache_counts counts_of_kmalloc_512(struct fixture *f)
{
	struct cache_counts counts;

	assert_true(f->policy->counts(f->state, f->policy->cache_find(f->state, "kmalloc-512"),
				      &counts));
	return counts;
}

/*
 * SLAB: objects of node 1 that node 0 frees are kept until there are as many as an array's limit;
 * they serve no CPU meanwhile. Then they go to node 1's shared array, which serves its CPUs.
 */
static void slab_keeps_objects_of_other_nodes_apart(void **unused)
{
	enum { LIMIT = 54 }; /* of kmalloc-512 */
	struct fixture *f = machine_of("slab");
	object_t objects[LIMIT + 1];

	(void)unused;
	for (uint32_t i = 0; i <= LIMIT; i++)
		objects[i] = allocate(f, CPU_OF_NODE_1, -1);
	for (uint32_t i = 0; i < LIMIT; i++)
		release(f, 0, objects[i]);
	assert_int_equal(counts_of_kmalloc_512(f).shared_avail, 0);
	assert_int_equal(counts_of_kmalloc_512(f).live_objects, 1);
	assert_int_equal(fixture_node_of_object(f, allocate(f, 0, -1)), 0);
	fixture_check(f);
	release(f, 0, objects[LIMIT]);
	assert_int_equal(counts_of_kmalloc_512(f).shared_avail, LIMIT);
	assert_int_equal(counts_of_kmalloc_512(f).live_objects, 1);
	fixture_check(f);
	fixture_destroy(f);
}

/* A shrink empties all arrays: nothing of the cache is left. */
static void slab_shrinks_to_nothing_on_all_nodes(void **unused)
{
	enum { OBJECTS = 300 };
	struct fixture *f = machine_of("slab");
	const struct request request = fixture_request(f, 0, GFP_MASK_KERNEL);
	object_t objects[OBJECTS];

	(void)unused;
	for (uint32_t i = 0; i < OBJECTS; i++)
		objects[i] = allocate(f, i % CPUS, (int16_t)((int32_t)(i % 3) - 1));
	for (uint32_t i = 0; i < OBJECTS; i++)
		release(f, i / 7 % CPUS, objects[i]);
	fixture_check(f);
	f->policy->cache_shrink(f->state, &request, f->policy->cache_find(f->state, "kmalloc-512"));
	assert_int_equal(counts_of_kmalloc_512(f).slabs, 0);
	fixture_check(f);
	fixture_destroy(f);
}

/* fallback_alloc: free objects of other nodes before pages of any; pages of any before failure. */
static void slab_falls_back_to_other_nodes(void **unused)
{
	struct fixture *f = machine_of("slab");
	const object_t first = allocate(f, 0, 1);
	struct request request;

	(void)unused;
	/* No pages from now on; what node 1's slab has more of is in no array. */
	f->fail_from = f->page_calls;
	request = request_of(f, 0, -1);
	const object_t other = f->policy->kmalloc(f->state, &request, 512);

	assert_int_equal(fixture_node_of_object(f, other), 1);
	assert_true(other != first);
	request.gfp |= GFP_BIT_THISNODE;
	assert_true(f->policy->kmalloc(f->state, &request, 512) == OBJECT_NONE);
	fixture_check(f);
	fixture_destroy(f);
}

static void fuzz(struct fixture *f, struct rng *rng)
{
	enum { STEPS = 20000, LIVE = 1500 };
	static object_t live[LIVE];
	uint32_t count = 0;

	for (uint32_t step = 1; step <= STEPS; step++) {
		const uint32_t cpu = (uint32_t)rng_below(rng, f->services.cpus);
		const uint32_t draw = (uint32_t)rng_below(rng, LIVE);
		struct request request = fixture_request(f, cpu, GFP_MASK_KERNEL);

		request.node = (int16_t)((int)rng_below(rng, 6) - 3);
		request.bytes = 16u << rng_below(rng, 9);
		f->fail_from = step % 5000 > 4800 ? f->page_calls : UINT64_MAX;
		if (draw < count) {
			request.bytes = 0;
			f->policy->kfree(f->state, &request, live[draw]);
			live[draw] = live[--count];
		} else {
			live[count] = f->policy->kmalloc(f->state, &request, request.bytes);
			count += live[count] != OBJECT_NONE;
		}
		if (step % 1000 == 0 && f->policy->begin)
			fixture_expire(f);
		if (step % 500 == 0)
			fixture_check(f);
	}
	while (count > 0) {
		struct request request = fixture_request(f, count % 5, GFP_MASK_KERNEL);

		f->policy->kfree(f->state, &request, live[--count]);
	}
	fixture_check(f);
}

/* Three nodes, CPUs and memory shared out unevenly, requests that insist, pages that run out. */
static void invariants_hold_on_three_nodes(void **unused)
{
	const char *const policies[] = { "slub", "slab", "slob" };

	(void)unused;
	for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
		struct fixture *f = fixture_create_on(
			slab_policy_of(policy_find(&slab_policies, policies[i])), 5, 3, NULL);
		struct rng *rng = rng_create(11, policies[i]);
		struct error err = { 0 };
		const struct request request = fixture_request(f, 0, GFP_MASK_KERNEL);

		if (f->policy->begin)
			assert_int_equal(f->policy->begin(f->state, f->now_ns, &err), 0);
		fuzz(f, rng);
		fixture_shrink_all(f, &request);
		assert_int_equal(f->pages_out, 0);
		rng_destroy(rng);
		fixture_destroy(f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cpu_gets_memory_of_its_node),
		cmocka_unit_test(who_asks_for_a_node_gets_it),
		cmocka_unit_test(slub_gives_up_a_slab_of_another_node),
		cmocka_unit_test(slub_takes_what_another_node_can_spare),
		cmocka_unit_test(slab_keeps_objects_of_other_nodes_apart),
		cmocka_unit_test(slab_shrinks_to_nothing_on_all_nodes),
		cmocka_unit_test(slab_falls_back_to_other_nodes),
		cmocka_unit_test(invariants_hold_on_three_nodes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
