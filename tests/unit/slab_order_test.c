/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SLUB's geometry: from what a cache's creator asked for and the number of CPUs alone follow the
 * slab order, the objects in a slab and the lengths of the partial lists. Figures of a real 6.1
 * kernel with one CPU, and with two.
 */
#include "../conformance/slab_fixture.h"

#include <stdio.h>

#include "core/definitions.h"
#include "core/gfp.h"

struct expected {
	const char *name;
	uint32_t size, order, objects, cpu_partial, cpu_partial_slabs, min_partial;
};

static struct slab_state dump_of(struct fixture *f)
{
	struct slab_state state;
	struct error err = { 0 };

	if (f->policy->dump(f->state, &state, &err))
		fail_msg("%s", err.message);
	return state;
}

static const struct cache_state *find(const struct slab_state *state, const char *name)
{
	for (size_t i = 0; i < state->cache_count; i++)
		if (strcmp(state->caches[i].name, name) == 0)
			return &state->caches[i];
	fail_msg("no cache is named %s", name);
	return NULL;
}

static const struct slab_policy *slub(void)
{
	return slab_policy_of(policy_find(&slab_policies, "slub"));
}

static void expect(const struct cache_state *cache, const struct expected *e)
{
	assert_int_equal(cache->size, e->size);
	assert_int_equal(cache->oo_order, e->order);
	assert_int_equal(cache->oo_objects, e->objects);
	assert_int_equal(cache->cpu_partial, e->cpu_partial);
	assert_int_equal(cache->cpu_partial_slabs, e->cpu_partial_slabs);
	assert_int_equal(cache->min_partial, e->min_partial);
}

static void kmalloc_caches_of_one_cpu(void **unused)
{
	static const struct expected kmallocs[] = {
		{ "kmalloc-8", 8, 0, 512, 120, 1, 5 },
		{ "kmalloc-16", 16, 0, 256, 120, 1, 5 },
		{ "kmalloc-32", 32, 0, 128, 120, 2, 5 },
		{ "kmalloc-64", 64, 0, 64, 120, 4, 5 },
		{ "kmalloc-96", 96, 0, 42, 120, 6, 5 },
		{ "kmalloc-128", 128, 0, 32, 120, 8, 5 },
		{ "kmalloc-192", 192, 0, 21, 120, 12, 5 },
		{ "kmalloc-256", 256, 0, 16, 52, 7, 5 },
		{ "kmalloc-512", 512, 0, 8, 52, 13, 5 },
		{ "kmalloc-1k", 1024, 1, 8, 24, 6, 5 },
		{ "kmalloc-2k", 2048, 2, 8, 24, 6, 5 },
		{ "kmalloc-4k", 4096, 3, 8, 6, 2, 6 },
		{ "kmalloc-8k", 8192, 3, 4, 6, 3, 6 },
		{ "dma-kmalloc-192", 192, 0, 21, 120, 12, 5 },
		{ "kmalloc-cg-64", 64, 0, 64, 120, 4, 5 },
		{ "kmalloc-rcl-1k", 1024, 1, 8, 24, 6, 5 },
	};
	struct fixture *f = fixture_create(slub(), 1, NULL);
	struct slab_state state = dump_of(f);

	(void)unused;
	for (size_t i = 0; i < sizeof(kmallocs) / sizeof(kmallocs[0]); i++)
		expect(find(&state, kmallocs[i].name), &kmallocs[i]);
	assert_int_equal(state.cache_count, 4 * 13);
	assert_int_equal(find(&state, "dma-kmalloc-8")->allocflags, GFP_BIT_DMA);
	assert_int_equal(find(&state, "kmalloc-rcl-1k")->allocflags,
			 GFP_BIT_COMP | GFP_BIT_RECLAIMABLE);
	slab_state_free(&state);
	fixture_destroy(f);
}

static void created_caches_of_one_cpu(void **unused)
{
	static const struct cache_spec specs[] = {
		{ .name = "task_struct", .object_size = 2944, .align = 64 },
		{ .name = "bio-224",
		  .object_size = 224,
		  .align = 64,
		  .flags = CACHE_HWCACHE_ALIGN | CACHE_TYPESAFE_BY_RCU },
		{ .name = "sighand_cache",
		  .object_size = 2080,
		  .flags = CACHE_HWCACHE_ALIGN | CACHE_TYPESAFE_BY_RCU,
		  .constructor = true },
		{ .name = "anon_vma",
		  .object_size = 96,
		  .flags = CACHE_TYPESAFE_BY_RCU,
		  .constructor = true },
		{ .name = "maple_node", .object_size = 256, .align = 256 },
		{ .name = "request_queue_srcu", .object_size = 1264 },
		{ .name = "large", .object_size = 70000 },
		{ .name = "small", .object_size = 24, .flags = CACHE_HWCACHE_ALIGN },
		{ .name = "words", .object_size = 24 },
	};
	static const struct expected caches[] = {
		{ "task_struct", 2944, 3, 11, 24, 5, 5 },
		{ "bio-224", 256, 0, 16, 52, 7, 5 },
		{ "sighand_cache", 2112, 3, 15, 24, 4, 5 },
		{ "anon_vma", 104, 0, 39, 120, 7, 5 },
		{ "maple_node", 256, 0, 16, 52, 7, 5 },
		{ "request_queue_srcu", 1264, 3, 25, 24, 2, 5 },
		{ "large", 70000, 5, 1, 6, 12, 8 },
		{ "small", 32, 0, 128, 120, 2, 5 },
		{ "words", 24, 0, 170, 120, 2, 5 },
	};
	struct fixture *f = fixture_create(slub(), 1, NULL);
	struct error err = { 0 };

	(void)unused;
	for (size_t i = 0; i < sizeof(caches) / sizeof(caches[0]); i++)
		assert_false(cache_is_none(fixture_cache_create(f, &specs[i], &err)));
	struct slab_state state = dump_of(f);

	for (size_t i = 0; i < sizeof(caches) / sizeof(caches[0]); i++)
		expect(find(&state, caches[i].name), &caches[i]);
	slab_state_free(&state);
	fixture_destroy(f);
}

static void more_cpus_make_larger_slabs(void **unused)
{
	static const struct {
		uint32_t cpus, order;
	} steps[] = { { 1, 1 }, { 2, 2 }, { 3, 2 }, { 4, 2 }, { 8, 3 }, { 64, 3 } };

	(void)unused;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct fixture *f = fixture_create(slub(), steps[i].cpus, NULL);
		struct slab_state state = dump_of(f);

		assert_int_equal(find(&state, "kmalloc-1k")->oo_order, steps[i].order);
		slab_state_free(&state);
		fixture_destroy(f);
	}
}

static void options_bound_the_order(void **unused)
{
	const char *const no_larger[] = { "max_order=0", NULL };
	const char *const no_smaller[] = { "min_order=2", NULL };
	const char *const fewer[] = { "min_objects=2", NULL };
	const char *const no_lists[] = { "cpu_partial=false", NULL };
	const struct {
		const char *const *set;
		const char *cache;
		uint32_t order, cpu_partial;
	} cases[] = {
		{ no_larger, "kmalloc-4k", 0, 6 },   { no_larger, "kmalloc-8k", 1, 6 },
		{ no_smaller, "kmalloc-8", 2, 120 }, { fewer, "kmalloc-2k", 0, 24 },
		{ no_lists, "kmalloc-64", 0, 0 },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fixture *f = fixture_create(slub(), 1, cases[i].set);
		struct slab_state state = dump_of(f);
		const struct cache_state *cache = find(&state, cases[i].cache);

		assert_int_equal(cache->oo_order, cases[i].order);
		assert_int_equal(cache->cpu_partial, cases[i].cpu_partial);
		slab_state_free(&state);
		fixture_destroy(f);
	}
}

/* 6.1 takes any slub_min_order; where it is above slub_max_order, every slab has it. */
static void a_minimum_above_the_maximum_is_the_order(void **unused)
{
	const char *const set[] = { "min_order=4", NULL };
	struct fixture *f = fixture_create(slub(), 1, set);
	struct slab_state state = dump_of(f);

	(void)unused;
	assert_int_equal(find(&state, "kmalloc-8")->oo_order, 4);
	assert_int_equal(find(&state, "kmalloc-8k")->oo_order, 4);
	slab_state_free(&state);
	fixture_destroy(f);
}

/* slub_max_order is bounded by MAX_ORDER - 1; of a slub_min_order above it the kernel dies. */
static void orders_end_where_the_machines_end(void **unused)
{
	const struct slab_policy *policy = slub();
	struct fixture *f = fixture_create(policy, 1, NULL);
	struct error err = { 0 };
	void *params = calloc(1, policy->info.params_size);

	(void)unused;
	option_defaults(policy->info.options, params);
	option_parse(option_find(policy->info.options, "min_order"), "11", params, &err);
	assert_null(policy->create(&f->pages, params, &f->services, &err));
	assert_string_equal(err.message,
			    "slub: min_order 11: the largest block of pages has order 10");
	f->services.orders = 12;
	assert_non_null(policy->create(&f->pages, params, &f->services, &err));
	free(params);
	fixture_destroy(f);
}

/*
 * A slabinfo of a machine with an unknown number of CPUs, from a newer kernel: one number explains
 * the objects and pages of a slab in every row.
 */
static size_t rows_explained(const char *path, uint32_t cpus, size_t *rows)
{
	struct fixture *f = fixture_create(slub(), cpus, NULL);
	FILE *in = fopen(path, "r");
	char line[512], name[64];
	unsigned size, objects, pages;
	size_t explained = 0;

	assert_non_null(in);
	*rows = 0;
	while (fgets(line, sizeof(line), in)) {
		if (sscanf(line, "%63s %*u %*u %u %u %u", name, &size, &objects, &pages) != 4)
			continue;
		const struct cache_spec spec = { .name = name,
						 .object_size = size,
						 .no_merge = true };
		struct cache_counts counts;
		const cache_id cache = fixture_cache_create(f, &spec, NULL);

		assert_true(f->policy->counts(f->state, cache, &counts));
		explained += counts.objects_per_slab == objects && counts.pages_per_slab == pages;
		++*rows;
	}
	fclose(in);
	fixture_destroy(f);
	return explained;
}

static void a_recorded_slabinfo_tells_its_cpus(void **unused)
{
	const char *path = SLABYARD_SHARED_DIR "/samples/slabinfo";
	size_t rows = 0, best = 0;
	uint32_t best_cpus = 0;
	FILE *in = fopen(path, "r");

	(void)unused;
	if (!in) {
		print_message("skipped: %s is not there\n", path);
		skip();
	}
	fclose(in);
	for (uint32_t cpus = 1; cpus <= 256; cpus *= 2) {
		const size_t explained = rows_explained(path, cpus, &rows);

		print_message("%u cpus explain %zu of %zu rows\n", cpus, explained, rows);
		if (explained > best) {
			best = explained;
			best_cpus = cpus;
		}
	}
	print_message("%u cpus\n", best_cpus);
	assert_int_equal(best, rows);
}

/* The order of a new cache's slabs on a machine that goes on from another one's state. */
static uint32_t order_after(const char *name, uint32_t bytes, const char *const *boot,
			    const char *const *configured)
{
	const struct slab_policy *policy = slab_policy_of(policy_find(&slab_policies, name));
	const struct cache_spec spec = { .name = "newcomer",
					 .object_size = bytes,
					 .no_merge = true };
	struct fixture *booted = fixture_create(policy, 1, boot);
	struct fixture *f = fixture_create(policy, 1, configured);
	const struct cache_spec elder = { .name = "elder", .object_size = 1400, .no_merge = true };
	struct cache_counts counts;
	struct error err = { 0 };

	fixture_cache_create(booted, &elder, &err);
	struct slab_state state = dump_of(booted);

	if (f->policy->load(f->state, &state, &err))
		fail_msg("%s", err.message);
	const cache_id cache = fixture_cache_create(f, &spec, &err);

	assert_true(f->policy->counts(f->state, cache, &counts));
	slab_state_free(&state);
	fixture_destroy(booted);
	fixture_destroy(f);
	return (uint32_t)__builtin_ctz((unsigned)counts.pages_per_slab);
}

static void a_state_tells_what_its_kernel_was_booted_with(void **unused)
{
	const char *const max_1[] = { "max_order=1", "min_objects=4", NULL };
	const char *const min_2[] = { "min_order=2", NULL };
	const char *const max_0[] = { "max_order=0", NULL };
	const char *const max_2[] = { "max_order=2", NULL };

	(void)unused;
	assert_int_equal(order_after("slub", 1500, NULL, NULL), 3);
	assert_int_equal(order_after("slub", 1500, max_1, NULL), 1);
	assert_int_equal(order_after("slub", 1500, max_1, max_0), 0);
	assert_int_equal(order_after("slub", 104, NULL, NULL), 0);
	assert_int_equal(order_after("slub", 104, min_2, NULL), 2);
	assert_int_equal(order_after("slab", 1500, NULL, NULL), 1);
	assert_int_equal(order_after("slab", 1500, max_0, NULL), 0);
	assert_int_equal(order_after("slab", 1500, max_0, max_2), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kmalloc_caches_of_one_cpu),
		cmocka_unit_test(created_caches_of_one_cpu),
		cmocka_unit_test(more_cpus_make_larger_slabs),
		cmocka_unit_test(options_bound_the_order),
		cmocka_unit_test(a_minimum_above_the_maximum_is_the_order),
		cmocka_unit_test(orders_end_where_the_machines_end),
		cmocka_unit_test(a_state_tells_what_its_kernel_was_booted_with),
		cmocka_unit_test(a_recorded_slabinfo_tells_its_cpus),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
