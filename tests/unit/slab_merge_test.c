/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Caches that SLUB makes one of, and those that it keeps apart. */
#include "../conformance/slab_fixture.h"

#include "core/definitions.h"
#include "core/gfp.h"

static struct fixture *open_slub(uint32_t cpus, const char *const *set)
{
	return fixture_create(slab_policy_of(policy_find(&slab_policies, "slub")), cpus, set);
}

static cache_id create(struct fixture *f, const char *name, uint32_t size, uint32_t align,
		       uint32_t flags)
{
	const struct cache_spec spec = {
		.name = name, .object_size = size, .align = align, .flags = flags
	};

	return fixture_cache_create(f, &spec, NULL);
}

static void like_caches_are_merged(void **unused)
{
	struct fixture *f = open_slub(1, NULL);
	const cache_id first = create(f, "first", 184, 0, CACHE_HWCACHE_ALIGN);

	(void)unused;
	assert_int_equal(create(f, "same", 190, 64, 0).v, first.v);
	/* 176 + 8 <= 192: more than a word would be wasted. */
	assert_int_not_equal(create(f, "smaller", 176, 0, 0).v, first.v);
	assert_int_not_equal(create(f, "rcu", 190, 64, CACHE_TYPESAFE_BY_RCU).v, first.v);
	assert_int_not_equal(create(f, "reclaimed", 190, 64, CACHE_RECLAIM_ACCOUNT).v, first.v);
	assert_int_not_equal(create(f, "aligned", 190, 128, 0).v, first.v);
	/* Kmalloc caches have a window to user space and are never merged. */
	assert_int_not_equal(create(f, "like kmalloc-64", 64, 0, 0).v,
			     f->policy->cache_find(f->state, "kmalloc-64").v);
	fixture_destroy(f);
}

static void slab_nomerge_keeps_caches_apart(void **unused)
{
	const char *const set[] = { "merge=false", NULL };
	struct fixture *f = open_slub(1, set);

	(void)unused;
	assert_int_not_equal(create(f, "a", 100, 0, 0).v, create(f, "b", 100, 0, 0).v);
	fixture_destroy(f);
}

static void a_merged_cache_lives_until_its_last_user_goes(void **unused)
{
	struct fixture *f = open_slub(1, NULL);
	const cache_id cache = create(f, "a", 100, 0, 0);
	const struct request r = fixture_request(f, 0, GFP_MASK_KERNEL);
	struct cache_counts c;

	(void)unused;
	create(f, "b", 104, 0, 0);
	const object_t object = f->policy->alloc(f->state, &r, cache);

	assert_int_equal(f->policy->cache_destroy(f->state, &r, cache), 0);
	assert_true(f->policy->counts(f->state, cache, &c));
	assert_int_equal(f->policy->cache_destroy(f->state, &r, cache), 1);
	assert_true(f->policy->counts(f->state, cache, &c));
	f->policy->free(f->state, &r, cache, object);
	fixture_check(f);
	fixture_destroy(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(like_caches_are_merged),
		cmocka_unit_test(slab_nomerge_keeps_caches_apart),
		cmocka_unit_test(a_merged_cache_lives_until_its_last_user_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
