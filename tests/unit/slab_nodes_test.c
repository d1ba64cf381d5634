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
	const char *const policies[] = { "slub" };

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
	const char *const policies[] = { "slub", "slob" };

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cpu_gets_memory_of_its_node),
		cmocka_unit_test(who_asks_for_a_node_gets_it),
		cmocka_unit_test(slub_gives_up_a_slab_of_another_node),
		cmocka_unit_test(slub_takes_what_another_node_can_spare),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
