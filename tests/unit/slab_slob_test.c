/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SLOB's rules one by one, each where it decides an address, a list or a request for pages. */
#include "../conformance/slab_fixture.h"

#include "core/definitions.h"
#include "core/gfp.h"

enum { HEAD = 8, PAGE = PAGE_SIZE_BYTES };

static struct fixture *open_slob(void)
{
	return fixture_create(slab_policy_of(policy_find(&slab_policies, "slob")), 1, NULL);
}

static object_t take(struct fixture *f, uint32_t bytes)
{
	struct request r = fixture_request(f, 0, GFP_MASK_KERNEL);

	r.bytes = bytes;
	const object_t object = f->policy->kmalloc(f->state, &r, bytes);

	fixture_check(f);
	return object;
}

static void give(struct fixture *f, object_t object)
{
	const struct request r = fixture_request(f, 0, GFP_MASK_KERNEL);

	f->policy->kfree(f->state, &r, object);
	fixture_check(f);
}

static uint32_t frame_of(object_t object)
{
	return (uint32_t)(object >> PAGE_SHIFT);
}

static uint32_t offset_of(object_t object)
{
	return (uint32_t)(object & (PAGE - 1));
}

static void sizes_are_kept_in_front(void **unused)
{
	struct fixture *f = open_slob();

	(void)unused;
	assert_int_equal(offset_of(take(f, 24)), HEAD);
	/* 24 bytes and the next head lie between. */
	assert_int_equal(offset_of(take(f, 25)), HEAD + 24 + HEAD);
	/* 25 bytes take 13 units; alignment leaves the rest of a word free. */
	assert_int_equal(offset_of(take(f, 10)), HEAD + 24 + HEAD + 32 + HEAD);
	fixture_destroy(f);
}

static void powers_of_two_are_aligned_to_themselves(void **unused)
{
	struct fixture *f = open_slob();

	(void)unused;
	take(f, 10);
	for (uint32_t bytes = 1; bytes <= 2048; bytes *= 2)
		assert_int_equal(take(f, bytes) % (bytes > HEAD ? bytes : HEAD), 0);
	fixture_destroy(f);
}

static void three_lists_by_size(void **unused)
{
	struct fixture *f = open_slob();
	const uint32_t small = frame_of(take(f, 255 - HEAD));
	const uint32_t medium = frame_of(take(f, 256 - HEAD + 1));
	const uint32_t large = frame_of(take(f, 1024 - HEAD));

	(void)unused;
	assert_int_not_equal(small, medium);
	assert_int_not_equal(medium, large);
	assert_int_not_equal(large, small);
	assert_int_equal(frame_of(take(f, 24)), small);
	assert_int_equal(frame_of(take(f, 1023 - HEAD)), medium);
	assert_int_equal(frame_of(take(f, 1100)), large);
	fixture_destroy(f);
}

/* The page that gave the last block is looked at first, though another one has room before it. */
static void a_search_begins_where_the_last_one_ended(void **unused)
{
	struct fixture *f = open_slob();
	const object_t a = take(f, 1992), b = take(f, 1992), c = take(f, 1992), d = take(f, 1992);

	(void)unused;
	assert_int_equal(frame_of(a), frame_of(b));
	assert_int_equal(frame_of(c), frame_of(d));
	assert_int_not_equal(frame_of(a), frame_of(c));
	/* The newer page comes first and has no room: the search ends at the older one. */
	give(f, a);
	assert_true(take(f, 1992) == a);
	give(f, a);
	give(f, c);
	assert_true(take(f, 1992) == a);
	assert_true(take(f, 1992) == c);
	fixture_destroy(f);
}

static void neighbours_merge_and_the_last_takes_the_page(void **unused)
{
	struct fixture *f = open_slob();
	object_t o[4];

	(void)unused;
	for (int i = 0; i < 4; i++)
		o[i] = take(f, 92);
	give(f, o[0]);
	give(f, o[2]);
	give(f, o[1]);
	/* Three of 100 bytes and what alignment left between them are one block now. */
	assert_true(take(f, 24 + 200) == o[0]);
	give(f, o[0]);
	assert_int_equal(f->pages_out, 1);
	give(f, o[3]);
	assert_int_equal(f->pages_out, 0);
	fixture_destroy(f);
}

/* A full page comes back to the list of the size that was freed, whatever it was filled by. */
static void a_full_page_returns_to_the_list_of_what_is_freed(void **unused)
{
	struct fixture *f = open_slob();
	const object_t first = take(f, 2040), small = take(f, 2040);

	(void)unused;
	assert_int_equal(frame_of(first), frame_of(small));
	struct slab_state state;

	assert_int_equal(f->policy->dump(f->state, &state, NULL), 0);
	assert_int_equal(state.slab_count, 1);
	assert_int_equal(state.slabs[0].list, SLAB_LIST_FULL);
	slab_state_free(&state);
	give(f, first);
	assert_int_equal(f->policy->dump(f->state, &state, NULL), 0);
	assert_int_equal(state.slabs[0].list, SLOB_LIST_LARGE);
	assert_int_equal(state.slabs[0].units, 1024);
	slab_state_free(&state);
	fixture_destroy(f);
}

static void whole_pages_have_no_head(void **unused)
{
	struct fixture *f = open_slob();
	const object_t most = take(f, PAGE - HEAD - 1), pages = take(f, PAGE - HEAD);

	(void)unused;
	assert_int_equal(offset_of(most), HEAD);
	assert_int_equal(offset_of(pages), 0);
	assert_false(f->asked[1].gfp & GFP_BIT_COMP);
	take(f, 3 * PAGE);
	assert_int_equal(f->asked[2].order, 2);
	assert_true(f->asked[2].gfp & GFP_BIT_COMP);
	assert_int_equal(f->policy->usable_size(f->state, pages), PAGE);
	give(f, pages);
	assert_int_equal(f->pages_out, 1 + 4);
	assert_true(take(f, (4 << 20) + 1) == OBJECT_NONE);
	fixture_destroy(f);
}

static void rcu_caches_have_a_tail_and_free_later(void **unused)
{
	struct fixture *f = open_slob();
	const struct cache_spec spec = { .name = "late",
					 .object_size = 101,
					 .flags = CACHE_TYPESAFE_BY_RCU };
	const cache_id cache = fixture_cache_create(f, &spec, NULL);
	const struct request r = fixture_request(f, 0, GFP_MASK_KERNEL);
	const object_t a = f->policy->alloc(f->state, &r, cache);
	struct cache_counts counts;

	(void)unused;
	assert_int_equal(f->policy->usable_size(f->state, a), 126);
	f->policy->free(f->state, &r, cache, a);
	assert_true(f->policy->counts(f->state, cache, &counts));
	assert_int_equal(counts.live_objects, 0);
	assert_int_equal(f->pages_out, 1);
	assert_int_equal(f->deferred, 1);
	assert_int_not_equal(f->policy->alloc(f->state, &r, cache), a);
	fixture_expire(f);
	fixture_check(f);
	assert_int_equal(f->policy->alloc(f->state, &r, cache), a);
	fixture_destroy(f);
}

static struct slab_state state_of(struct slab_entry *page, struct cache_state *cache)
{
	return (struct slab_state){ .allocator = "slob",
				    .slabs = page,
				    .slab_count = 1,
				    .caches = cache,
				    .cache_count = 1 };
}

/* What was kmalloc'ed before the start has a size that nobody knows until it is told. */
static void an_older_kmalloc_waits_for_its_size(void **unused)
{
	uint16_t blocks[] = { 0, 100, 400, 1848 };
	char name[] = "pairs";
	struct slab_entry page = { .pfn = 7,
				   .list = SLOB_LIST_SMALL,
				   .units = 1948,
				   .freelist = blocks,
				   .free_count = 4 };
	struct cache_state cache = { .name = name, .object_size = 100, .size = 100, .align = 8 };
	const struct slab_state state = state_of(&page, &cache);
	struct fixture *f = open_slob();
	struct error err = { 0 };
	const object_t older = (7 << PAGE_SHIFT) + 300 + HEAD;
	struct slab_assist fact = { SLAB_ASSIST_KFREE_BYTES, older, 92, 0, 0 };

	(void)unused;
	if (f->policy->load(f->state, &state, &err))
		fail_msg("%s", err.message);
	f->pages_out = 1;
	f->taken[7] = f->order[7] = 1;
	assert_false(f->policy->assist(f->state, &fact));
	give(f, older);
	assert_int_equal(f->pages_out, 1);
	assert_true(f->policy->assist(f->state, &fact));
	assert_false(f->policy->assist(f->state, &fact));
	fixture_check(f);
	const struct request r = fixture_request(f, 0, GFP_MASK_KERNEL);

	f->policy->free(f->state, &r, f->policy->cache_find(f->state, name),
			(7 << PAGE_SHIFT) + 200);
	fixture_check(f);
	assert_int_equal(f->pages_out, 0);
	fixture_destroy(f);
}

static void bad_states_are_refused(void **unused)
{
	uint16_t blocks[] = { 0, 100, 100, 10 };
	char name[] = "any";
	struct slab_entry page = {
		.pfn = 7, .list = SLOB_LIST_SMALL, .freelist = blocks, .free_count = 4
	};
	struct cache_state cache = { .name = name, .object_size = 8, .size = 8, .align = 8 };
	struct slab_state state = state_of(&page, &cache);
	struct fixture *f = open_slob();
	struct error err = { 0 };

	(void)unused;
	assert_int_equal(f->policy->load(f->state, &state, &err), -1);
	assert_string_equal(err.message, "slob page at pfn 7: its free blocks overlap or leave it");
	fixture_destroy(f);

	f = open_slob();
	page.pfn = FIXTURE_FRAMES;
	assert_int_equal(f->policy->load(f->state, &state, &err), -1);
	assert_string_equal(err.message, "slob page at pfn 16384: beyond the machine's memory");
	fixture_destroy(f);

	f = open_slob();
	strcpy(state.allocator, "slub");
	assert_int_equal(f->policy->load(f->state, &state, &err), -1);
	assert_string_equal(err.message, "the start state is of a kernel with slub, not with slob");
	fixture_destroy(f);
}

/* Steps that no longer list costs: pages without room are passed one by one. */
static void steps_are_counted(void **unused)
{
	struct fixture *f = open_slob();

	(void)unused;
	take(f, 1992);
	assert_int_equal(f->work.count[WORK_list_step], 1);
	take(f, 3000);
	/* The first page is looked at in vain; then the one block of the new one. */
	assert_int_equal(f->work.count[WORK_list_step], 1 + 1 + 1);
	take(f, 24);
	assert_int_equal(f->work.count[WORK_list_step], 3 + 1);
	take(f, 24);
	/* A page and its one block. */
	assert_int_equal(f->work.count[WORK_list_step], 4 + 2);
	fixture_destroy(f);
}

/* The kernel looks at all blocks of a page that has units enough but no room, each time anew. */
static void blocks_are_counted_where_none_has_room(void **unused)
{
	struct fixture *f = open_slob();
	object_t o[20];

	(void)unused;
	for (int i = 0; i < 20; i++)
		o[i] = take(f, 192);
	for (int i = 0; i < 20; i += 2)
		give(f, o[i]);
	for (int i = 0; i < 3; i++) {
		const uint64_t before = f->work.count[WORK_list_step];
		const object_t other = take(f, 240);

		/* Ten blocks and the rest of the page in vain; then a new page's one. */
		assert_int_not_equal(frame_of(other), frame_of(o[0]));
		assert_int_equal(f->work.count[WORK_list_step] - before, 1 + 11 + 1);
		give(f, other);
	}
	fixture_destroy(f);
}

static void a_bad_free_is_counted_and_changes_nothing(void **unused)
{
	struct fixture *f = open_slob();
	const object_t a = take(f, 24), b = take(f, 24);
	struct cache_counts counts;

	(void)unused;
	take(f, 24);
	give(f, b);
	give(f, b);     /* twice */
	give(f, a + 2); /* inside */
	give(f, a - 8); /* before */
	assert_int_equal(f->work.count[WORK_bad_page], 3);
	assert_true(f->policy->counts(f->state, (cache_id){ 0 }, &counts));
	assert_int_equal(counts.live_objects, 2);
	assert_int_equal(counts.requested_bytes, 48);
	assert_true(take(f, 24) == b);
	fixture_destroy(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_are_kept_in_front),
		cmocka_unit_test(powers_of_two_are_aligned_to_themselves),
		cmocka_unit_test(three_lists_by_size),
		cmocka_unit_test(a_search_begins_where_the_last_one_ended),
		cmocka_unit_test(neighbours_merge_and_the_last_takes_the_page),
		cmocka_unit_test(a_full_page_returns_to_the_list_of_what_is_freed),
		cmocka_unit_test(whole_pages_have_no_head),
		cmocka_unit_test(rcu_caches_have_a_tail_and_free_later),
		cmocka_unit_test(an_older_kmalloc_waits_for_its_size),
		cmocka_unit_test(bad_states_are_refused),
		cmocka_unit_test(steps_are_counted),
		cmocka_unit_test(blocks_are_counted_where_none_has_room),
		cmocka_unit_test(a_bad_free_is_counted_and_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
