/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Start states that SLUB takes, and those that it refuses. */
#include "../conformance/slab_fixture.h"

#include "core/gfp.h"

enum { BYTES = 512, PER_SLAB = 8 }; /* kmalloc-512: order 0 */

static struct fixture *open_slub(void)
{
	return fixture_create(slab_policy_of(policy_find(&slab_policies, "slub")), 1, NULL);
}

static void assert_refused(const struct slab_state *state, const char *message)
{
	struct fixture *f = open_slub();
	struct error err = { 0 };

	assert_int_equal(f->policy->load(f->state, state, &err), -1);
	assert_string_equal(err.message, message);
	fixture_destroy(f);
}

static void assert_loaded(const struct slab_state *state)
{
	struct fixture *f = open_slub();
	const struct request r = fixture_request(f, 0, GFP_MASK_KERNEL);
	struct cache_counts counts;

	assert_int_equal(f->policy->load(f->state, state, NULL), 0);
	assert_true(f->policy->counts(f->state, f->policy->cache_find(f->state, "kmalloc-512"),
				      &counts));
	assert_int_equal(counts.active_objects, PER_SLAB - 2);
	assert_int_equal(counts.requested_bytes, (PER_SLAB - 2) * BYTES);
	assert_int_equal(counts.live_objects, PER_SLAB - 2);
	assert_int_equal(f->policy->kmalloc(f->state, &r, BYTES) >> PAGE_SHIFT, 7);
	fixture_check(f);
	fixture_destroy(f);
}

/* A state that contradicts itself or the machine is refused with what is wrong where. */
static void impossible_states_are_refused(void **unused)
{
	static uint16_t list[] = { 0, 1 };
	struct slab_entry slab = { .pfn = 7,
				   .list = SLAB_LIST_PARTIAL,
				   .objects = PER_SLAB,
				   .inuse = PER_SLAB - 2,
				   .freelist = list,
				   .free_count = 2 };
	static char name[] = "kmalloc-512", other[] = "kmalloc-8k";
	struct cache_state caches[] = {
		{ .name = name,
		  .object_size = 512,
		  .size = 512,
		  .align = 512,
		  .oo_objects = 8,
		  .min_objects = 8,
		  .cpu_partial_slabs = 13,
		  .cpu_partial = 52,
		  .min_partial = 5,
		  .refcount = 1,
		  .slabs = &slab,
		  .slab_count = 1 },
		{ .name = other,
		  .object_size = 8192,
		  .size = 8192,
		  .align = 8192,
		  .oo_order = 3,
		  .oo_objects = 4,
		  .min_order = 1,
		  .min_objects = 1,
		  .refcount = 1 },
	};
	struct slab_state state = { .allocator = "slub", .caches = caches, .cache_count = 2 };

	(void)unused;
	assert_loaded(&state);
	list[1] = 8;
	assert_refused(&state, "cache 'kmalloc-512': slab at pfn 7: its freelist leaves it");
	list[1] = 0;
	assert_refused(&state, "cache 'kmalloc-512': slab at pfn 7: has a bad freelist");
	list[1] = 1;
	slab.pfn = FIXTURE_FRAMES;
	assert_refused(&state, "cache 'kmalloc-512': slab at pfn 16384: beyond the "
			       "machine's memory");
	slab.pfn = 7;
	assert_loaded(&state);
	strcpy(state.allocator, "slob");
	assert_refused(&state, "the start state is of a kernel with slob, not with slub");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(impossible_states_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
