/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a machine of 32 bits has smaller, and what it has not. */
#include "../conformance/slab_fixture.h"

#include "core/definitions.h"

static struct fixture *machine_of(const char *name, enum machine_arch arch)
{
	struct fixture *f =
		fixture_create(slab_policy_of(policy_find(&slab_policies, name)), 1, NULL);

	f->topology.arch = arch;
	fixture_create_again(f);
	return f;
}

/* Size with padding of objects of 20 bytes. */
static uint32_t padded_20(const char *policy, enum machine_arch arch, uint32_t flags)
{
	struct fixture *f = machine_of(policy, arch);
	const struct cache_spec spec = { .name = "words", .object_size = 20, .flags = flags };
	const cache_id cache = fixture_cache_create(f, &spec, NULL);
	const struct request request = fixture_request(f, 0, GFP_MASK_KERNEL);
	const object_t first = f->policy->alloc(f->state, &request, cache);
	const object_t second = f->policy->alloc(f->state, &request, cache);

	fixture_check(f);
	fixture_destroy(f);
	return (uint32_t)(second > first ? second - first : first - second);
}

/* Objects are aligned as unsigned long long is, which is 8 on both (ARCH_SLAB_MINALIGN). */
static void objects_are_aligned_alike(void **unused)
{
	static const char *const policies[] = { "slub", "slab", "slob" };

	(void)unused;
	for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
		assert_int_equal(padded_20(policies[i], ARCH_X86_64, 0), 24);
		assert_int_equal(padded_20(policies[i], ARCH_IA32, 0), 24);
	}
}

/* SLUB's free pointer behind an object, SLOB's struct slob_rcu. */
static void what_stands_behind_an_object_has_fewer_bytes(void **unused)
{
	(void)unused;
	assert_int_equal(padded_20("slub", ARCH_X86_64, CACHE_TYPESAFE_BY_RCU), 32);
	assert_int_equal(padded_20("slub", ARCH_IA32, CACHE_TYPESAFE_BY_RCU), 24);
	assert_int_equal(padded_20("slob", ARCH_X86_64, CACHE_TYPESAFE_BY_RCU), 48);
	assert_int_equal(padded_20("slob", ARCH_IA32, CACHE_TYPESAFE_BY_RCU), 32);
}

/* struct kmem_cache_node has 120 bytes or 64: its kmalloc is the first that is made. */
static void slab_begins_with_what_nodes_are_made_of(void **unused)
{
	static const char *const first[] = {
		[ARCH_X86_64] = "kmalloc-128", [ARCH_IA32] = "kmalloc-64"
	};

	(void)unused;
	for (enum machine_arch arch = ARCH_X86_64; arch <= ARCH_IA32; arch++) {
		struct fixture *f = machine_of("slab", arch);
		struct cache_counts counts;

		assert_true(f->policy->counts(f->state, (cache_id){ 1 }, &counts));
		assert_string_equal(counts.name, first[arch]);
		fixture_destroy(f);
	}
}

static void memory_is_mapped_where_there_is_room_for_it(void **unused)
{
	struct topology t;

	(void)unused;
	topology_even(&t, UINT64_C(1) << 32, 1, 1);
	assert_int_equal(topology_page_offset(&t), 0xffff888000000000);
	t.arch = ARCH_IA32;
	assert_int_equal(topology_page_offset(&t), 0xc0000000);
	t.lowmem_bytes = UINT64_C(1920) << 20;
	assert_int_equal(topology_page_offset(&t), 0x80000000);
	t.lowmem_bytes = UINT64_C(3) << 30;
	assert_int_equal(topology_page_offset(&t), 0x40000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(objects_are_aligned_alike),
		cmocka_unit_test(what_stands_behind_an_object_has_fewer_bytes),
		cmocka_unit_test(slab_begins_with_what_nodes_are_made_of),
		cmocka_unit_test(memory_is_mapped_where_there_is_room_for_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
