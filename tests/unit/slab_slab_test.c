/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SLAB's rules one by one, each where it decides an address, a list or a request for pages. */
#include "../conformance/slab_fixture.h"

#include "core/definitions.h"

enum {
	BYTES = 512, /* kmalloc-512: eight objects on a page */
	PER_SLAB = 8,
	LIMIT = 54,
	BATCH = 27,
	UNTOUCHED = 16, /* an array that nobody used is refilled with so many */
	FREE_LIMIT = 2 * BATCH + PER_SLAB,
};

static const struct slab_policy *slab(void)
{
	return slab_policy_of(policy_find(&slab_policies, "slab"));
}

static struct fixture *open_slab(uint32_t cpus, const char *const *set)
{
	return fixture_create(slab(), cpus, set);
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

/* A copy of what is known of kmalloc-512; the caller ends it with slab_state_free. */
static const struct cache_state *look(struct fixture *f, struct slab_state *state, const char *name)
{
	assert_int_equal(f->policy->dump(f->state, state, NULL), 0);
	for (size_t i = 0; i < state->cache_count; i++)
		if (strcmp(state->caches[i].name, name) == 0)
			return &state->caches[i];
	fail_msg("no cache is named %s", name);
	return NULL;
}

static size_t in_array(struct fixture *f, uint32_t cpu, bool shared)
{
	struct slab_state state;
	const struct cache_state *c = look(f, &state, "kmalloc-512");
	size_t count = SIZE_MAX;

	for (size_t i = 0; i < c->array_count; i++)
		if (c->arrays[i].shared == shared && c->arrays[i].cpu == cpu)
			count = c->arrays[i].count;
	slab_state_free(&state);
	return count;
}

static uint64_t free_objects(struct fixture *f)
{
	struct slab_state state;
	const uint64_t count = look(f, &state, "kmalloc-512")->free_objects;

	slab_state_free(&state);
	return count;
}

static uint64_t slabs(struct fixture *f)
{
	struct slab_state state;
	const uint64_t count = look(f, &state, "kmalloc-512")->total_slabs;

	slab_state_free(&state);
	return count;
}

static void begin(struct fixture *f)
{
	struct error err = { 0 };

	if (f->policy->begin(f->state, f->now_ns, &err))
		fail_msg("%s", err.message);
}

/* An array is a stack that was filled in the order of addresses. */
static void a_new_slab_is_used_from_its_end(void **unused)
{
	struct fixture *f = open_slab(1, NULL);
	const object_t first = take(f, 0);

	(void)unused;
	assert_int_equal(in_array(f, 0, false), PER_SLAB - 1);
	for (object_t i = 1; i < PER_SLAB; i++)
		assert_int_equal(take(f, 0), first - i * BYTES);
	assert_int_equal(f->page_calls, 1);
	assert_int_equal(f->asked[0].order, 0);
	assert_int_equal(f->asked[0].gfp, GFP_MASK_KERNEL | GFP_BIT_COMP);
	fixture_destroy(f);
}

static void the_last_one_freed_is_the_next(void **unused)
{
	struct fixture *f = open_slab(1, NULL);
	const object_t a = take(f, 0), b = take(f, 0);

	(void)unused;
	give(f, 0, a);
	give(f, 0, b);
	assert_true(take(f, 0) == b);
	assert_true(take(f, 0) == a);
	fixture_destroy(f);
}

static void fill(struct fixture *f, object_t *objects, size_t count)
{
	for (size_t i = 0; i < count; i++)
		objects[i] = take(f, 0);
}

static void a_full_array_gives_back_its_oldest(void **unused)
{
	struct fixture *f = open_slab(1, NULL);
	object_t objects[2 * PER_SLAB * PER_SLAB];

	(void)unused;
	fill(f, objects, 64);
	assert_int_equal(in_array(f, 0, false), 0);
	for (size_t i = 0; i < LIMIT; i++)
		give(f, 0, objects[i]);
	assert_int_equal(in_array(f, 0, false), LIMIT);
	assert_int_equal(free_objects(f), 0);
	give(f, 0, objects[LIMIT]);
	assert_int_equal(in_array(f, 0, false), LIMIT - BATCH + 1);
	assert_int_equal(free_objects(f), BATCH);
	assert_int_equal(slabs(f), 8);
	/* The next objects are those that stayed, newest first. */
	for (size_t i = LIMIT; i >= BATCH; i--)
		assert_true(take(f, 0) == objects[i]);
	fixture_destroy(f);
}

/* A slab from which the last object went back is the first of the free ones; surplus goes last. */
static void too_many_free_objects_take_slabs_with_them(void **unused)
{
	struct fixture *f = open_slab(1, NULL);
	object_t objects[128];

	(void)unused;
	fill(f, objects, 128);
	assert_int_equal(slabs(f), 16);
	for (size_t i = 0; i < 128; i++)
		give(f, 0, objects[i]);
	assert_true(free_objects(f) <= FREE_LIMIT);
	assert_int_equal(slabs(f), 13);
	/* The slabs that were emptied first have gone. */
	for (size_t i = 0; i < 3; i++)
		assert_false(f->taken[objects[i * PER_SLAB] >> PAGE_SHIFT]);
	assert_true(f->taken[objects[3 * PER_SLAB] >> PAGE_SHIFT]);
	fixture_destroy(f);
}

static void cpus_share_an_array(void **unused)
{
	struct fixture *f = open_slab(2, NULL);
	object_t objects[64];

	(void)unused;
	fill(f, objects, 64);
	for (size_t i = 0; i <= LIMIT; i++)
		give(f, 0, objects[i]);
	assert_int_equal(in_array(f, 0, true), BATCH);
	assert_int_equal(free_objects(f), 0);
	/* The other cpu's array was not used yet: it gets less than a batch, of the newest. */
	assert_true(take(f, 1) == objects[BATCH - 1]);
	assert_int_equal(in_array(f, 1, false), UNTOUCHED - 1);
	assert_int_equal(in_array(f, 0, true), BATCH - UNTOUCHED);
	/* What it frees stays with it. */
	give(f, 1, objects[63]);
	assert_true(take(f, 1) == objects[63]);
	fixture_destroy(f);
}

static void idle_arrays_are_reaped(void **unused)
{
	struct fixture *f = open_slab(1, NULL);
	object_t objects[40];

	(void)unused;
	begin(f);
	fill(f, objects, 40);
	for (size_t i = 0; i < 40; i++)
		give(f, 0, objects[i]);
	assert_int_equal(f->deferred, 1);
	/* The first time only finds that the array was used; then a fifth of its limit goes. */
	fixture_expire(f);
	assert_int_equal(in_array(f, 0, false), 40);
	fixture_expire(f);
	assert_int_equal(in_array(f, 0, false), 40 - (LIMIT + 4) / 5);
	assert_int_equal(free_objects(f), (LIMIT + 4) / 5);
	/* An array with fewer gives half: 29, 18, 7, 3. */
	for (size_t i = 0; i < 3; i++)
		fixture_expire(f);
	assert_int_equal(in_array(f, 0, false), 3);
	assert_int_equal(f->deferred, 1);
	for (size_t i = 0; i < 12; i++)
		fixture_expire(f);
	assert_int_equal(in_array(f, 0, false), 0);
	assert_int_equal(slabs(f), 0);
	fixture_destroy(f);
}

static void nothing_is_reaped_without_a_period(void **unused)
{
	const char *const never[] = { "reap_period=0ns", NULL };
	struct fixture *f = open_slab(1, never);

	(void)unused;
	begin(f);
	assert_int_equal(f->deferred, 0);
	fixture_destroy(f);
}

static cache_id create(struct fixture *f, const struct cache_spec *spec)
{
	struct error err = { 0 };
	const cache_id cache = fixture_cache_create(f, spec, &err);

	if (cache_is_none(cache))
		fail_msg("%s", err.message);
	return cache;
}

static object_t take_of(struct fixture *f, cache_id cache)
{
	const struct request r = fixture_request(f, 0, GFP_MASK_KERNEL);
	const object_t object = f->policy->alloc(f->state, &r, cache);

	fixture_check(f);
	return object;
}

static void slabs_have_colours(void **unused)
{
	const struct cache_spec spec = { .name = "dio", .object_size = 640, .align = 64 };
	struct fixture *f = open_slab(1, NULL);
	const cache_id cache = create(f, &spec);

	(void)unused;
	/* Six objects leave 256 bytes: four colours, and the second one comes first. */
	for (uint32_t slab_number = 1; slab_number <= 5; slab_number++) {
		object_t last = 0;

		for (int i = 0; i < 6; i++)
			last = take_of(f, cache);
		assert_int_equal(last % PAGE_SIZE_BYTES, slab_number % 4 * 64);
	}
	fixture_destroy(f);
}

/* Indices that find no place on the slab are a kmalloc, asked for after the slab's own page. */
static void management_can_be_off_the_slab(void **unused)
{
	const struct cache_spec spec = { .name = "bio-224",
					 .object_size = 224,
					 .flags = CACHE_HWCACHE_ALIGN | CACHE_TYPESAFE_BY_RCU };
	struct fixture *f = open_slab(1, NULL);
	const cache_id cache = create(f, &spec);
	const object_t object = take_of(f, cache);
	const struct request r = fixture_request(f, 0, GFP_MASK_KERNEL);
	struct cache_counts small;

	(void)unused;
	assert_int_equal(f->page_calls, 2);
	assert_int_equal(object >> PAGE_SHIFT, 1);
	assert_true(
		f->policy->counts(f->state, f->policy->cache_find(f->state, "kmalloc-32"), &small));
	assert_int_equal(small.live_objects, 1);
	f->policy->free(f->state, &r, cache, object);
	assert_int_equal(f->policy->cache_destroy(f->state, &r, cache), 0);
	/* The pages wait for RCU, the indices do not. */
	assert_int_equal(f->pages_out, 2);
	f->policy->counts(f->state, f->policy->cache_find(f->state, "kmalloc-32"), &small);
	assert_int_equal(small.live_objects, 0);
	fixture_expire(f);
	assert_int_equal(f->pages_out, 1);
	fixture_destroy(f);
}

static void objects_left_are_counted(void **unused)
{
	const struct cache_spec spec = { .name = "left", .object_size = 100 };
	struct fixture *f = open_slab(1, NULL);
	const cache_id cache = create(f, &spec);
	const struct request r = fixture_request(f, 0, GFP_MASK_KERNEL);
	const object_t a = take_of(f, cache);

	(void)unused;
	take_of(f, cache);
	f->policy->free(f->state, &r, cache, a);
	assert_int_equal(f->policy->cache_destroy(f->state, &r, cache), 1);
	fixture_check(f);
	fixture_destroy(f);
}

static void caches_are_merged_if_alignments_agree(void **unused)
{
	const char *const apart[] = { "merge=false", NULL };
	const struct cache_spec first = { .name = "a", .object_size = 192 };
	const struct cache_spec alike = { .name = "b", .object_size = 188 };
	const struct cache_spec aligned = { .name = "c", .object_size = 192, .align = 64 };
	const struct cache_spec of_a_line = { .name = "d",
					      .object_size = 176,
					      .flags = CACHE_HWCACHE_ALIGN };
	struct fixture *f = open_slab(1, NULL);
	const cache_id a = create(f, &first);

	(void)unused;
	assert_int_equal(create(f, &alike).v, a.v);
	/* SLUB would merge it; SLAB wants the alignments to fit as well. */
	const cache_id c = create(f, &aligned);
	assert_int_not_equal(c.v, a.v);
	assert_int_equal(create(f, &of_a_line).v, c.v);
	fixture_destroy(f);

	f = open_slab(1, apart);
	assert_int_not_equal(create(f, &first).v, create(f, &alike).v);
	fixture_destroy(f);
}

static void tunables_size_the_arrays(void **unused)
{
	const char *const set[] = { "tunables=none 1 1 1; kmalloc-512 4 2 3", NULL };
	struct fixture *f = open_slab(2, set);
	object_t objects[PER_SLAB];
	struct cache_counts c;

	(void)unused;
	begin(f);
	f->policy->counts(f->state, f->policy->cache_find(f->state, "kmalloc-512"), &c);
	assert_int_equal(c.limit, 4);
	assert_int_equal(c.batchcount, 2);
	assert_int_equal(c.shared, 3);
	fill(f, objects, PER_SLAB);
	for (size_t i = 0; i < 5; i++)
		give(f, 0, objects[i]);
	assert_int_equal(in_array(f, 0, false), 3);
	assert_int_equal(in_array(f, 0, true), 2);
	fixture_destroy(f);
}

static void expect_refused(const char *tunables, const char *message)
{
	struct fixture *f = open_slab(1, NULL);
	struct error err = { 0 };
	void *params = calloc(1, slab()->info.params_size);

	option_defaults(slab()->info.options, params);
	option_parse(option_find(slab()->info.options, "tunables"), tunables, params, &err);
	assert_null(slab()->create(&f->pages, params, &f->services, &err));
	assert_string_equal(err.message, message);
	free(params);
	fixture_destroy(f);
}

static void bad_tunables_are_refused(void **unused)
{
	(void)unused;
	expect_refused("dentry 1 2", "slab: tunables: 'dentry 1 2' is not NAME LIMIT BATCHCOUNT "
				     "SHAREDFACTOR with numbers up to 1048576");
	expect_refused("a 2 1 0; b 1 2 0",
		       "slab: tunables: 'b 1 2 0': a limit is 1 or more, a batchcount 1 to the "
		       "limit");
	expect_refused("a 2 1 -1", "slab: tunables: 'a 2 1 -1' is not NAME LIMIT BATCHCOUNT "
				   "SHAREDFACTOR with numbers up to 1048576");
}

/* All objects of a slab once, in another order in each slab; the same when run again. */
static void free_objects_can_be_in_random_order(void **unused)
{
	const char *const set[] = { "freelist_random=true", NULL };
	object_t objects[2][4 * PER_SLAB];
	uint32_t in_order = 0;

	(void)unused;
	for (int run = 0; run < 2; run++) {
		struct fixture *f = open_slab(1, set);

		fill(f, objects[run], 4 * PER_SLAB);
		assert_int_equal(f->page_calls, 4);
		fixture_destroy(f);
	}
	assert_memory_equal(objects[0], objects[1], sizeof(objects[0]));
	for (size_t slab_number = 0; slab_number < 4; slab_number++) {
		const object_t *own = objects[0] + slab_number * PER_SLAB;
		uint32_t seen = 0;

		for (size_t i = 0; i < PER_SLAB; i++) {
			assert_int_equal(own[i] >> PAGE_SHIFT, own[0] >> PAGE_SHIFT);
			seen |= 1u << own[i] % PAGE_SIZE_BYTES / BYTES;
			in_order += i > 0 && own[i] == own[i - 1] - BYTES;
		}
		assert_int_equal(seen, (1u << PER_SLAB) - 1);
	}
	assert_in_range(in_order, 0, 4 * PER_SLAB / 2);
}

struct expected {
	const char *name;
	uint32_t size, num, order, limit, colours;
	bool off_slab, objfreelist;
};

static void expect_geometry(struct fixture *f, const struct expected *e)
{
	struct slab_state state;
	const struct cache_state *c = look(f, &state, e->name);

	assert_int_equal(c->size, e->size);
	assert_int_equal(c->num, e->num);
	assert_int_equal(c->gfporder, e->order);
	assert_int_equal(c->limit, e->limit);
	assert_int_equal(c->batchcount, (e->limit + 1) / 2);
	assert_int_equal(c->colour, e->colours);
	assert_int_equal(c->off_slab, e->off_slab);
	assert_int_equal(c->objfreelist, e->objfreelist);
	slab_state_free(&state);
}

/* As a real 6.1 kernel with one CPU has them (compared whole by slab_replay_test). */
static void geometry_of_one_cpu(void **unused)
{
	static const struct cache_spec specs[] = {
		{ .name = "bio-224",
		  .object_size = 224,
		  .flags = CACHE_HWCACHE_ALIGN | CACHE_TYPESAFE_BY_RCU },
		{ .name = "request_queue", .object_size = 888 },
		{ .name = "inode_cache",
		  .object_size = 568,
		  .flags = CACHE_RECLAIM_ACCOUNT,
		  .constructor = true },
		{ .name = "task_struct", .object_size = 2944, .align = 64 },
		{ .name = "small", .object_size = 3 },
		{ .name = "larger", .object_size = 200000 },
	};
	static const struct expected caches[] = {
		{ "kmalloc-32", 32, 124, 0, 120, 0, false, false },
		{ "kmalloc-96", 128, 32, 0, 120, 0, false, true },
		{ "kmalloc-128", 128, 32, 0, 120, 0, false, true },
		{ "kmalloc-4k", 4096, 1, 0, 24, 0, false, true },
		{ "kmalloc-8k", 8192, 1, 1, 8, 0, false, true },
		{ "bio-224", 256, 16, 0, 120, 0, true, false },
		{ "request_queue", 888, 9, 1, 54, 3, false, true },
		{ "inode_cache", 568, 7, 0, 54, 1, false, false },
		{ "task_struct", 2944, 2, 1, 24, 36, false, true },
		{ "small", 16, 240, 0, 120, 0, false, false },
		{ "larger", 200000, 1, 6, 1, 971, false, true },
	};
	struct fixture *f = open_slab(1, NULL);

	(void)unused;
	for (size_t i = 0; i < sizeof(specs) / sizeof(specs[0]); i++)
		create(f, &specs[i]);
	for (size_t i = 0; i < sizeof(caches) / sizeof(caches[0]); i++)
		expect_geometry(f, &caches[i]);
	fixture_destroy(f);
}

static void small_machines_have_small_slabs(void **unused)
{
	const char *const set[] = { "max_order=0", NULL };
	static const struct cache_spec spec = { .name = "request_queue", .object_size = 888 };
	static const struct expected small = { "request_queue", 888, 4, 0, 54, 8, false, true };
	struct fixture *f = open_slab(1, set);

	(void)unused;
	create(f, &spec);
	expect_geometry(f, &small);
	fixture_destroy(f);
}

static void small_kmallocs_have_32_bytes(void **unused)
{
	struct fixture *f = open_slab(1, NULL);
	const struct request r = fixture_request(f, 0, GFP_MASK_KERNEL);

	(void)unused;
	assert_int_equal(f->policy->usable_size(f->state, f->policy->kmalloc(f->state, &r, 1)), 32);
	/* What the padding to a cache line adds is not for callers. */
	assert_int_equal(f->policy->usable_size(f->state, f->policy->kmalloc(f->state, &r, 90)),
			 96);
	assert_int_equal(f->policy->usable_size(f->state, f->policy->kmalloc(f->state, &r, 8192)),
			 8192);
	assert_int_equal(f->policy->usable_size(f->state, f->policy->kmalloc(f->state, &r, 8193)),
			 16384);
	fixture_destroy(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_slab_is_used_from_its_end),
		cmocka_unit_test(the_last_one_freed_is_the_next),
		cmocka_unit_test(a_full_array_gives_back_its_oldest),
		cmocka_unit_test(too_many_free_objects_take_slabs_with_them),
		cmocka_unit_test(cpus_share_an_array),
		cmocka_unit_test(idle_arrays_are_reaped),
		cmocka_unit_test(nothing_is_reaped_without_a_period),
		cmocka_unit_test(slabs_have_colours),
		cmocka_unit_test(management_can_be_off_the_slab),
		cmocka_unit_test(objects_left_are_counted),
		cmocka_unit_test(caches_are_merged_if_alignments_agree),
		cmocka_unit_test(tunables_size_the_arrays),
		cmocka_unit_test(bad_tunables_are_refused),
		cmocka_unit_test(free_objects_can_be_in_random_order),
		cmocka_unit_test(geometry_of_one_cpu),
		cmocka_unit_test(small_machines_have_small_slabs),
		cmocka_unit_test(small_kmallocs_have_32_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
