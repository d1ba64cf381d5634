/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SLUB's rules one by one, each where it decides an address, a list or a request for pages. */
#include "../conformance/slab_fixture.h"

#include "core/definitions.h"
#include "core/gfp.h"
#include "slab/freelist_random.h"

enum { BYTES = 512, PER_SLAB = 8 }; /* kmalloc-512: order 0; up to 13 cpu partial slabs */

static struct fixture *open_slub(uint32_t cpus, const char *const *set)
{
	return fixture_create(slab_policy_of(policy_find(&slab_policies, "slub")), cpus, set);
}

static object_t take(struct fixture *f, uint32_t cpu)
{
	const struct request r = fixture_request(f, cpu, GFP_MASK_KERNEL);
	const object_t object = f->policy->kmalloc(f->state, &r, BYTES);

	fixture_check(f);
	return object;
}

static void give(struct fixture *f, uint32_t cpu, object_t object)
{
	const struct request r = fixture_request(f, cpu, GFP_MASK_KERNEL);

	f->policy->kfree(f->state, &r, object);
	fixture_check(f);
}

static cache_id kmalloc_512(struct fixture *f)
{
	return f->policy->cache_find(f->state, "kmalloc-512");
}

static struct cache_counts counts(struct fixture *f)
{
	struct cache_counts c;

	assert_true(f->policy->counts(f->state, kmalloc_512(f), &c));
	return c;
}

/* Frames of the slabs on one list of kmalloc-512, in list order; returns how many. */
static size_t list_of(struct fixture *f, enum slab_list list, uint32_t *pfn)
{
	struct slab_state state;
	size_t n = 0;

	assert_int_equal(f->policy->dump(f->state, &state, NULL), 0);
	for (size_t i = 0; i < state.cache_count; i++) {
		const struct cache_state *c = &state.caches[i];

		if (strcmp(c->name, "kmalloc-512") != 0)
			continue;
		for (size_t j = 0; j < c->slab_count; j++)
			if (c->slabs[j].list == list)
				pfn[n++] = c->slabs[j].pfn;
	}
	slab_state_free(&state);
	return n;
}

static uint32_t frame_of(object_t object)
{
	return (uint32_t)(object >> PAGE_SHIFT);
}

static void fill(struct fixture *f, uint32_t cpu, object_t *objects, size_t slabs)
{
	for (size_t i = 0; i < slabs * PER_SLAB; i++)
		objects[i] = take(f, cpu);
}

static void a_new_slab_is_used_in_address_order(void **unused)
{
	struct fixture *f = open_slub(1, NULL);
	object_t objects[PER_SLAB];

	(void)unused;
	fill(f, 0, objects, 1);
	for (size_t i = 1; i < PER_SLAB; i++)
		assert_int_equal(objects[i] - objects[i - 1], BYTES);
	assert_int_equal(f->page_calls, 1);
	fixture_destroy(f);
}

/* All objects of a slab once, in another order in each slab; the same when run again. */
static void free_objects_can_be_in_random_order(void **unused)
{
	const char *const set[] = { "freelist_random=true", NULL };
	object_t objects[2][4 * PER_SLAB];
	uint32_t in_order = 0;

	(void)unused;
	for (int run = 0; run < 2; run++) {
		struct fixture *f = open_slub(1, set);

		fill(f, 0, objects[run], 4);
		assert_int_equal(f->page_calls, 4);
		fixture_destroy(f);
	}
	assert_memory_equal(objects[0], objects[1], sizeof(objects[0]));
	for (size_t slab = 0; slab < 4; slab++) {
		const object_t *own = objects[0] + slab * PER_SLAB;
		uint32_t seen = 0;

		for (size_t i = 0; i < PER_SLAB; i++) {
			assert_int_equal(frame_of(own[i]), frame_of(own[0]));
			seen |= 1u << own[i] % PAGE_SIZE_BYTES / BYTES;
			in_order += i > 0 && own[i] == own[i - 1] + BYTES;
		}
		assert_int_equal(seen, (1u << PER_SLAB) - 1);
	}
	assert_in_range(in_order, 0, 4 * PER_SLAB / 2);
}

static void a_destroyed_caches_indices_are_used_again(void **unused)
{
	struct error err = { 0 };
	struct arena *arena = arena_create(1 << 20, &err);
	const struct services services = { .arena = arena, .seed = 1 };
	struct freelist_random random = { 0 };

	(void)unused;
	assert_int_equal(freelist_random_open(&random, &services, "test", 2, &err), 0);
	for (int i = 0; i < 100; i++)
		for (uint32_t cache = 0; cache < 2; cache++)
			assert_int_equal(freelist_random_add(&random, cache, 30 + cache, &err), 0);
	assert_int_equal(random.used, 30 + 31);
	assert_int_equal(freelist_random_add(&random, 0, 32, &err), 0); /* too many for it */
	assert_int_equal(random.used, 30 + 31 + 32);
	for (uint32_t cache = 0; cache < 2; cache++) {
		const uint32_t count = 32 - cache;
		struct freelist_walk walk = freelist_random_walk(&random, cache, count);
		uint64_t seen = 0;
		for (uint32_t i = 0; i < count; i++)
			seen |= UINT64_C(1) << freelist_next(&walk, count);
		assert_int_equal(seen, (UINT64_C(1) << count) - 1);
	}
	freelist_random_close(&random);
	arena_destroy(arena);
}

/* Encoded pointers cost, and change nothing else. */
static void hardened_freelists_cost(void **unused)
{
	const char *const set[] = { "freelist_hardened=true", NULL };
	object_t plain[PER_SLAB], hardened[PER_SLAB];
	struct fixture *f = open_slub(1, NULL);

	(void)unused;
	fill(f, 0, plain, 1);
	assert_int_equal(f->work.count[WORK_freelist_code], 0);
	fixture_destroy(f);
	f = open_slub(1, set);
	fill(f, 0, hardened, 1);
	assert_memory_equal(plain, hardened, sizeof(plain));
	assert_int_equal(f->work.count[WORK_freelist_code], 2 * PER_SLAB);
	give(f, 0, hardened[0]);
	assert_int_equal(f->work.count[WORK_freelist_code], 2 * PER_SLAB + 1);
	fixture_destroy(f);
}

static void the_last_one_freed_is_the_next(void **unused)
{
	struct fixture *f = open_slub(1, NULL);
	const object_t a = take(f, 0), b = take(f, 0);

	(void)unused;
	give(f, 0, a);
	give(f, 0, b);
	assert_true(take(f, 0) == b);
	assert_true(take(f, 0) == a);
	fixture_destroy(f);
}

/* The kernel chains what it finds from the end, and its free hook turns the chain round. */
static void a_bulk_free_leaves_the_last_object_first(void **unused)
{
	struct fixture *f = open_slub(1, NULL);
	object_t objects[4];
	const struct request r = fixture_request(f, 0, GFP_MASK_KERNEL);

	(void)unused;
	for (size_t i = 0; i < 4; i++)
		objects[i] = take(f, 0);
	f->policy->free_bulk(f->state, &r, kmalloc_512(f), 4, objects);
	for (size_t i = 4; i-- > 0;)
		assert_true(take(f, 0) == objects[i]);
	fixture_destroy(f);
}

/* Three objects of other slabs end the search for more of one slab. */
static void a_bulk_free_looks_three_objects_ahead(void **unused)
{
	struct fixture *f = open_slub(2, NULL);
	object_t own[PER_SLAB], other[PER_SLAB];
	const struct request r = fixture_request(f, 0, GFP_MASK_KERNEL);

	(void)unused;
	fill(f, 0, own, 1);
	fill(f, 1, other, 1);
	const object_t mixed[] = { own[0], other[0], other[1], own[1], other[2], own[2] };

	/* From the end: own 2, own 1 (one other between), own 0 is behind three others. */
	f->policy->free_bulk(f->state, &r, kmalloc_512(f), 6, mixed);
	fixture_check(f);
	assert_true(take(f, 0) == own[0]);
	assert_true(take(f, 0) == own[2]);
	assert_true(take(f, 0) == own[1]);
	fixture_destroy(f);
}

static void a_failed_bulk_takes_nothing(void **unused)
{
	struct fixture *f = open_slub(1, NULL);
	object_t objects[3 * PER_SLAB];
	const struct request r = fixture_request(f, 0, GFP_MASK_KERNEL);

	(void)unused;
	f->fail_from = 2;
	assert_false(f->policy->alloc_bulk(f->state, &r, kmalloc_512(f), 3 * PER_SLAB, objects));
	fixture_check(f);
	uint32_t pfn[8];

	assert_int_equal(list_of(f, SLAB_LIST_FULL, pfn), 0);
	assert_int_equal(counts(f).slabs, 2);
	fixture_destroy(f);
}

/* Freed into, a full slab waits on the cpu's list; the newest comes first. */
static void full_slabs_go_to_the_cpus_partial_list(void **unused)
{
	struct fixture *f = open_slub(1, NULL);
	object_t objects[4 * PER_SLAB];
	uint32_t pfn[8];

	(void)unused;
	fill(f, 0, objects, 4);
	give(f, 0, objects[0]);
	give(f, 0, objects[PER_SLAB]);
	assert_int_equal(list_of(f, SLAB_LIST_CPU_PARTIAL, pfn), 2);
	assert_int_equal(pfn[0], frame_of(objects[PER_SLAB]));
	assert_int_equal(pfn[1], frame_of(objects[0]));
	assert_true(take(f, 0) == objects[PER_SLAB]);
	assert_true(take(f, 0) == objects[0]);
	fixture_destroy(f);
}

/* 13 slabs fill the list; the 14th sends them to the node, newest first. */
static void a_full_partial_list_is_drained_to_the_node(void **unused)
{
	enum { SLABS = 15 };
	struct fixture *f = open_slub(1, NULL);
	object_t objects[SLABS * PER_SLAB];
	uint32_t pfn[SLABS];

	(void)unused;
	fill(f, 0, objects, SLABS);
	for (size_t i = 0; i < 13; i++)
		give(f, 0, objects[i * PER_SLAB]);
	assert_int_equal(list_of(f, SLAB_LIST_CPU_PARTIAL, pfn), 13);
	give(f, 0, objects[13 * PER_SLAB]);
	assert_int_equal(list_of(f, SLAB_LIST_CPU_PARTIAL, pfn), 1);
	assert_int_equal(list_of(f, SLAB_LIST_PARTIAL, pfn), 13);
	for (size_t i = 0; i < 13; i++)
		assert_int_equal(pfn[i], frame_of(objects[(12 - i) * PER_SLAB]));
	assert_int_equal(f->work.count[WORK_partial_list_lock], 1);
	fixture_destroy(f);
}

/* The first slab of the node's list becomes the cpu's, half a cpu list and one more come along. */
static void the_node_list_refills_the_cpu(void **unused)
{
	enum { SLABS = 15 };
	struct fixture *f = open_slub(1, NULL);
	object_t objects[SLABS * PER_SLAB];
	uint32_t node[SLABS], pfn[SLABS];

	(void)unused;
	fill(f, 0, objects, SLABS);
	for (size_t i = 0; i < 14; i++)
		give(f, 0, objects[i * PER_SLAB]);
	assert_true(take(f, 0) == objects[13 * PER_SLAB]);
	assert_int_equal(list_of(f, SLAB_LIST_PARTIAL, node), 13);
	assert_int_equal(frame_of(take(f, 0)), node[0]);
	assert_int_equal(list_of(f, SLAB_LIST_CPU_PARTIAL, pfn), 7);
	for (size_t i = 0; i < 7; i++)
		assert_int_equal(pfn[i], node[7 - i]);
	assert_int_equal(list_of(f, SLAB_LIST_PARTIAL, pfn), 5);
	assert_int_equal(pfn[0], node[8]);
	fixture_destroy(f);
}

/* Five slabs are kept on the node's list even if they are empty. */
static void empty_slabs_beyond_min_partial_are_given_back(void **unused)
{
	enum { SLABS = 15 };
	struct fixture *f = open_slub(1, NULL);
	object_t objects[SLABS * PER_SLAB];
	uint32_t pfn[SLABS];

	(void)unused;
	fill(f, 0, objects, SLABS);
	for (size_t i = 0; i < 13 * PER_SLAB; i++)
		give(f, 0, objects[i]);
	assert_int_equal(f->pages_out, SLABS);
	give(f, 0, objects[13 * PER_SLAB]);
	assert_int_equal(list_of(f, SLAB_LIST_PARTIAL, pfn), 5);
	assert_int_equal(f->pages_out, SLABS - 8);
	assert_int_equal(f->work.count[WORK_slab_discard], 8);
	fixture_destroy(f);
}

/* A slab of the node's list whose last object goes is given back while five are there, itself too.
 */
static void the_last_object_of_a_listed_slab_gives_it_back(void **unused)
{
	enum { SLABS = 15 };
	struct fixture *f = open_slub(1, NULL);
	object_t objects[SLABS * PER_SLAB];

	(void)unused;
	fill(f, 0, objects, SLABS);
	for (size_t i = 0; i < 14; i++)
		give(f, 0, objects[i * PER_SLAB]);
	for (size_t slab = 0; slab < 13; slab++) {
		assert_int_equal(f->pages_out, SLABS - (slab > 9 ? 9 : slab));
		for (size_t i = 1; i < PER_SLAB; i++)
			give(f, 0, objects[slab * PER_SLAB + i]);
	}
	assert_int_equal(f->pages_out, SLABS - 9);
	/* Nobody owns the frame any more. */
	assert_int_equal(f->policy->usable_size(f->state, objects[0]), 0);
	fixture_destroy(f);
}

static object_t take_word(struct fixture *f, uint32_t cpu)
{
	const struct request r = fixture_request(f, cpu, GFP_MASK_KERNEL);

	return f->policy->kmalloc(f->state, &r, 8);
}

/*
 * A cpu's slab is flushed to the head of the node's list, or to its end when another cpu freed into
 * it. (Slabs with so many free objects are not sorted by shrink.)
 */
static void flushed_slabs_with_remote_frees_go_last(void **unused)
{
	(void)unused;
	for (int remote = 0; remote < 2; remote++) {
		struct fixture *f = open_slub(3, NULL);
		const struct request r = fixture_request(f, 2, GFP_MASK_KERNEL);
		const object_t first = take_word(f, 0), second = take_word(f, 1);

		take_word(f, 1);
		if (remote)
			f->policy->kfree(f->state, &r, second);
		f->policy->cache_shrink(f->state, &r, f->policy->cache_find(f->state, "kmalloc-8"));
		fixture_check(f);
		assert_int_equal(frame_of(take_word(f, 2)), frame_of(remote ? first : second));
		fixture_destroy(f);
	}
}

/* Without cpu partial lists a slab goes to the node at once, and comes back alone. */
static void without_cpu_partial_lists_the_node_has_all(void **unused)
{
	const char *const set[] = { "cpu_partial=false", NULL };
	struct fixture *f = open_slub(1, set);
	object_t objects[4 * PER_SLAB];
	uint32_t pfn[4];

	(void)unused;
	fill(f, 0, objects, 4);
	give(f, 0, objects[0]);
	give(f, 0, objects[PER_SLAB]);
	assert_int_equal(list_of(f, SLAB_LIST_PARTIAL, pfn), 2);
	assert_int_equal(pfn[0], frame_of(objects[0]));
	assert_int_equal(pfn[1], frame_of(objects[PER_SLAB]));
	assert_true(take(f, 0) == objects[0]);
	assert_int_equal(list_of(f, SLAB_LIST_PARTIAL, pfn), 1);
	fixture_destroy(f);
}

/* Another cpu's free goes to the slab's own freelist, taken over when the cpu's is empty. */
static void other_cpus_free_to_the_slab(void **unused)
{
	struct fixture *f = open_slub(2, NULL);
	object_t objects[PER_SLAB];

	(void)unused;
	for (size_t i = 0; i < 4; i++)
		objects[i] = take(f, 0);
	give(f, 1, objects[0]);
	assert_true(take(f, 0) == objects[3] + BYTES);
	while (f->work.count[WORK_slab_slowpath] == 1)
		objects[1] = take(f, 0);
	assert_true(objects[1] == objects[0]);
	assert_int_equal(f->page_calls, 1);
	assert_int_equal(f->work.count[WORK_slab_remote_free], 1);
	fixture_destroy(f);
}

/* Shrink flushes cpus, gives empty slabs back and puts those with few free objects first. */
static void shrink_sorts_by_free_objects(void **unused)
{
	struct fixture *f = open_slub(1, NULL);
	object_t objects[5 * PER_SLAB];
	uint32_t pfn[8];
	const struct request r = fixture_request(f, 0, GFP_MASK_KERNEL);

	(void)unused;
	fill(f, 0, objects, 5);
	for (size_t i = 0; i < 3; i++)
		give(f, 0, objects[i]);
	give(f, 0, objects[PER_SLAB]);
	for (size_t i = 0; i < PER_SLAB; i++)
		give(f, 0, objects[2 * PER_SLAB + i]);
	give(f, 0, objects[3 * PER_SLAB]);
	f->policy->cache_shrink(f->state, &r, kmalloc_512(f));
	fixture_check(f);
	assert_int_equal(list_of(f, SLAB_LIST_CPU, pfn), 0);
	assert_int_equal(list_of(f, SLAB_LIST_PARTIAL, pfn), 3);
	/* Of the two with one free object the later on the list comes first. */
	assert_int_equal(pfn[0], frame_of(objects[PER_SLAB]));
	assert_int_equal(pfn[1], frame_of(objects[3 * PER_SLAB]));
	assert_int_equal(pfn[2], frame_of(objects[0]));
	assert_int_equal(f->pages_out, 4);
	fixture_destroy(f);
}

/* The preferred order is tried without reclaim, then the smallest with all that was asked for. */
static void pages_are_asked_for_twice(void **unused)
{
	struct fixture *f = open_slub(1, NULL);
	const struct request r = fixture_request(f, 0, GFP_MASK_KERNEL | GFP_BIT_ZERO);
	const uint32_t eager = GFP_BIT_IO | GFP_BIT_FS | GFP_BIT_NOWARN | GFP_BIT_NORETRY |
			       GFP_BIT_COMP | GFP_BIT_NOMEMALLOC;

	(void)unused;
	f->fail_from = 0;
	assert_true(f->policy->kmalloc(f->state, &r, 4096) == OBJECT_NONE);
	assert_int_equal(f->page_calls, 2);
	assert_int_equal(f->asked[0].order, 3);
	assert_int_equal(f->asked[0].gfp, eager);
	assert_int_equal(f->asked[1].order, 0);
	assert_int_equal(f->asked[1].gfp, GFP_MASK_KERNEL | GFP_BIT_COMP);
	f->fail_from = UINT64_MAX;
	assert_true(f->policy->kmalloc(f->state, &r, 64) != OBJECT_NONE);
	assert_int_equal(f->asked[2].gfp, GFP_MASK_KERNEL | GFP_BIT_NOWARN | GFP_BIT_NORETRY);
	fixture_destroy(f);
}

static void the_set_decides_zone_and_mobility(void **unused)
{
	struct fixture *f = open_slub(1, NULL);
	const struct request dma = fixture_request(f, 0, GFP_MASK_KERNEL | GFP_BIT_DMA);
	const struct request rcl = fixture_request(f, 0, GFP_MASK_KERNEL | GFP_BIT_RECLAIMABLE);
	const struct request cgroup = fixture_request(f, 0, GFP_MASK_KERNEL | GFP_BIT_ACCOUNT);

	(void)unused;
	f->policy->kmalloc(f->state, &dma, 100);
	f->policy->kmalloc(f->state, &rcl, 100);
	f->policy->kmalloc(f->state, &cgroup, 100);
	assert_true(f->asked[0].gfp & GFP_BIT_DMA);
	assert_int_equal(f->asked[1].migratetype, MIGRATE_RECLAIMABLE);
	assert_int_equal(f->asked[2].migratetype, MIGRATE_UNMOVABLE);
	assert_int_equal(f->page_calls, 3);
	fixture_destroy(f);
}

static void larger_kmallocs_are_pages(void **unused)
{
	struct fixture *f = open_slub(1, NULL);
	const struct request r = fixture_request(f, 0, GFP_MASK_KERNEL);
	const object_t object = f->policy->kmalloc(f->state, &r, 8193);

	(void)unused;
	assert_int_equal(f->asked[0].order, 2);
	assert_int_equal(f->asked[0].gfp, GFP_MASK_KERNEL | GFP_BIT_COMP);
	assert_int_equal(f->policy->usable_size(f->state, object), 16384);
	f->policy->kfree(f->state, &r, object);
	assert_int_equal(f->pages_out, 0);
	assert_true(f->policy->kmalloc(f->state, &r, (4u << 20) + 1) == OBJECT_NONE);
	const object_t nothing = f->policy->kmalloc(f->state, &r, 0);

	assert_true(nothing != OBJECT_NONE);
	f->policy->kfree(f->state, &r, nothing);
	assert_int_equal(f->page_calls, 1);
	fixture_destroy(f);
}

/* Objects of an RCU cache can be had again at once, their pages go back later. */
static void rcu_caches_keep_their_pages_a_while(void **unused)
{
	struct fixture *f = open_slub(1, NULL);
	const struct cache_spec spec = { .name = "rcu",
					 .object_size = 100,
					 .flags = CACHE_TYPESAFE_BY_RCU };
	const cache_id cache = fixture_cache_create(f, &spec, NULL);
	const struct request r = fixture_request(f, 0, GFP_MASK_KERNEL);
	const object_t object = f->policy->alloc(f->state, &r, cache);

	(void)unused;
	assert_int_equal(f->policy->usable_size(f->state, object), 104);
	f->policy->free(f->state, &r, cache, object);
	assert_int_equal(f->policy->cache_destroy(f->state, &r, cache), 0);
	assert_int_equal(f->pages_out, 1);
	assert_int_equal(f->deferred, 1);
	fixture_check(f);
	fixture_expire(f);
	assert_int_equal(f->pages_out, 0);
	fixture_check(f);
	fixture_destroy(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_slab_is_used_in_address_order),
		cmocka_unit_test(free_objects_can_be_in_random_order),
		cmocka_unit_test(a_destroyed_caches_indices_are_used_again),
		cmocka_unit_test(hardened_freelists_cost),
		cmocka_unit_test(the_last_one_freed_is_the_next),
		cmocka_unit_test(a_bulk_free_leaves_the_last_object_first),
		cmocka_unit_test(a_bulk_free_looks_three_objects_ahead),
		cmocka_unit_test(a_failed_bulk_takes_nothing),
		cmocka_unit_test(full_slabs_go_to_the_cpus_partial_list),
		cmocka_unit_test(a_full_partial_list_is_drained_to_the_node),
		cmocka_unit_test(the_node_list_refills_the_cpu),
		cmocka_unit_test(empty_slabs_beyond_min_partial_are_given_back),
		cmocka_unit_test(the_last_object_of_a_listed_slab_gives_it_back),
		cmocka_unit_test(flushed_slabs_with_remote_frees_go_last),
		cmocka_unit_test(without_cpu_partial_lists_the_node_has_all),
		cmocka_unit_test(other_cpus_free_to_the_slab),
		cmocka_unit_test(shrink_sorts_by_free_objects),
		cmocka_unit_test(pages_are_asked_for_twice),
		cmocka_unit_test(the_set_decides_zone_and_mobility),
		cmocka_unit_test(larger_kmallocs_are_pages),
		cmocka_unit_test(rcu_caches_keep_their_pages_a_while),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
