/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Of every slab allocator: which caches it refuses to make, and what memory its objects lie in. */
#include "slab_over_all.h"

#include "core/gfp.h"

static void impossible_caches_are_refused(const struct slab_policy *policy)
{
	const struct cache_spec nothing = { .name = "nothing" };
	const struct cache_spec huge = { .name = "huge", .object_size = 1u << 30 };
	const struct cache_spec odd = { .name = "odd", .object_size = 64, .align = 48 };
	struct fixture *f = fixture_create(policy, 1, settings);
	struct error err = { 0 };

	assert_true(cache_is_none(fixture_cache_create(f, &nothing, &err)));
	assert_string_equal(err.message,
			    "cache 'nothing': an object has 1 to 4194304 bytes, not 0");
	assert_true(cache_is_none(fixture_cache_create(f, &huge, &err)));
	assert_true(cache_is_none(fixture_cache_create(f, &odd, &err)));
	assert_string_equal(err.message, "cache 'odd': alignment 48 is not a power of two");
	fixture_destroy(f);
}

/* High memory is not mapped: whatever callers say, no object lies there. */
static void objects_are_mapped_directly(const struct slab_policy *policy)
{
	static const uint32_t bytes[] = { 24, 3000, 20000, 200000 };
	const struct cache_spec spec = { .name = "some", .object_size = 640 };
	struct fixture *f = fixture_create(policy, 1, NULL);
	struct request request = fixture_request(f, 0, GFP_MASK_HIGHUSER_MOVABLE);
	struct error err = { 0 };
	cache_id cache = fixture_cache_create(f, &spec, &err);

	assert_false(cache_is_none(cache));
	assert_true(f->policy->alloc(f->state, &request, cache) != OBJECT_NONE);
	for (size_t i = 0; i < sizeof(bytes) / sizeof(bytes[0]); i++)
		assert_true(f->policy->kmalloc(f->state, &request, bytes[i]) != OBJECT_NONE);
	assert_in_range(f->page_calls, 0, FIXTURE_ASKED);
	for (size_t i = 0; i < f->page_calls; i++)
		assert_int_equal(f->asked[i].gfp & GFP_BIT_HIGHMEM, 0);
	fixture_destroy(f);
}

OVER_ALL(impossible_caches_are_refused)
OVER_ALL(objects_are_mapped_directly)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_impossible_caches_are_refused),
		cmocka_unit_test(test_objects_are_mapped_directly),
	};

	return cmocka_run_group_tests(tests, add_template, NULL);
}
