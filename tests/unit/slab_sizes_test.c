/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How large a kmalloc may be and what serves it, in each allocator: what real 6.1 kernels did
 * (workloads/samples/sizes-*), and what sim/slab/README.md says of it.
 */
#include "../conformance/slab_fixture.h"

enum { SLABS = -1, FAILS = -2 }; /* else the order of a kmalloc of whole pages */

static const struct {
	uint32_t bytes;
	int8_t slub, slab, slob;
} sizes[] = {
	{ 1, SLABS, SLABS, SLABS },
	{ 192, SLABS, SLABS, SLABS },
	{ 4087, SLABS, SLABS, SLABS },
	{ 4088, SLABS, SLABS, 0 },
	{ 4096, SLABS, SLABS, 0 },
	{ 4097, SLABS, SLABS, 1 },
	{ 8192, SLABS, SLABS, 1 },
	{ 8193, 2, 2, 2 },
	{ 16384, 2, 2, 2 },
	{ 16385, 3, 3, 3 },
	{ 131072, 5, 5, 5 },
	{ 131073, 6, 6, 6 },
	{ 4194304, 10, 10, 10 },
	{ 4194305, FAILS, FAILS, FAILS },
};

/* A machine of that many orders; 0: as most have. */
static struct fixture *machine_of(const char *name, uint32_t orders)
{
	struct fixture *f =
		fixture_create(slab_policy_of(policy_find(&slab_policies, name)), 1, NULL);

	f->services.orders = orders;
	fixture_create_again(f);
	return f;
}

/* What a kmalloc of that size is under the policy, told by what it asks of the page allocator. */
static int served_by(const char *name, uint32_t orders, uint32_t bytes)
{
	struct fixture *f = machine_of(name, orders);
	struct request r = fixture_request(f, 0, GFP_MASK_KERNEL);

	r.bytes = bytes;
	const object_t object = f->policy->kmalloc(f->state, &r, bytes);
	const uint32_t order = f->asked[0].order;
	const bool whole = object != OBJECT_NONE && object % PAGE_SIZE_BYTES == 0 &&
			   f->policy->usable_size(f->state, object) == (uint32_t)PAGE_SIZE_BYTES
									       << order &&
			   f->order[object >> PAGE_SHIFT] == order + 1;
	struct cache_counts counts;
	uint64_t live = 0;

	for (uint32_t i = 0; i < f->policy->cache_count(f->state); i++)
		if (f->policy->counts(f->state, (cache_id){ i }, &counts))
			live += counts.live_objects;
	fixture_check(f);
	fixture_destroy(f);
	if (object == OBJECT_NONE)
		return FAILS;
	return live == 0 && whole ? (int)order : SLABS;
}

static void expect(const char *policy, uint32_t bytes, int want)
{
	const int have = served_by(policy, 0, bytes);

	if (have != want)
		fail_msg("%s: a kmalloc of %u bytes is %d, not %d", policy, bytes, have, want);
}

static void kmallocs_end_where_the_kernel_ends_them(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		expect("slub", sizes[i].bytes, sizes[i].slub);
		expect("slab", sizes[i].bytes, sizes[i].slab);
		expect("slob", sizes[i].bytes, sizes[i].slob);
	}
}

/* KMALLOC_MAX_SIZE is the largest block of the machine. */
static void kmallocs_end_with_the_largest_block(void **unused)
{
	static const char *const policies[] = { "slub", "slab", "slob" };

	(void)unused;
	for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
		assert_int_equal(served_by(policies[i], 14, 8 << 20), 11);
		assert_int_equal(served_by(policies[i], 14, 32 << 20), 13);
		assert_int_equal(served_by(policies[i], 14, (32 << 20) + 1), FAILS);
		assert_int_equal(served_by(policies[i], 6, 128 << 10), 5);
		assert_int_equal(served_by(policies[i], 6, (128 << 10) + 1), FAILS);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kmallocs_end_where_the_kernel_ends_them),
		cmocka_unit_test(kmallocs_end_with_the_largest_block),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
