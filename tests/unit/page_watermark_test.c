/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What keeps memory for those who need it most: sizes and thresholds of zones that options set. */
#include "../conformance/page_fixture.h"

enum { MIB_FRAMES = 256, CPUS = 16 };

static struct fixture *machine_of(uint64_t mib, uint32_t cpus)
{
	return fixture_new(page_policy_of(policy_find(&page_policies, "buddy")),
			   fixture_machine(mib << 20, cpus));
}

static struct page_state state_of(const struct fixture *f)
{
	struct page_state state = { 0 };
	struct error err = { 0 };

	assert_int_equal(f->policy->dump(f->state, &state, &err), 0);
	return state;
}

/* --- lowmem_reserve_ratio --- */

static void lower_zones_keep_a_part_of_what_is_above(void **unused)
{
	/* as the file of /proc/sys/vm prints it, zone types that there are none of too */
	static const char *const ratios[] = { "", "128\t64\t32\t0\t0", "0, 16", "1000000" };
	static const uint32_t of_dma[] = { 256, 128, 0, 1000000 };
	static const uint32_t of_dma32[] = { 256, 64, 16, 256 };

	(void)unused;
	for (size_t i = 0; i < sizeof(ratios) / sizeof(ratios[0]); i++) {
		struct fixture *f = machine_of(5 << 10, 1);
		fixture_set(f, "lowmem_reserve_ratio", ratios[i]);
		fixture_start(f);
		struct page_state state = state_of(f);
		const struct zone_state *dma = &state.zones[0], *dma32 = &state.zones[1];
		uint32_t normal = state.zones[2].managed;
		assert_int_equal(dma->lowmem_reserve[0], 0);
		assert_int_equal(dma->lowmem_reserve[1],
				 of_dma[i] ? dma32->managed / of_dma[i] : 0);
		assert_int_equal(dma->lowmem_reserve[2],
				 of_dma[i] ? (dma32->managed + normal) / of_dma[i] : 0);
		assert_int_equal(dma32->lowmem_reserve[2], normal / of_dma32[i]);
		page_state_free(&state);
		fixture_destroy(f);
	}
}

static void a_ratio_that_is_none_is_refused(void **unused)
{
	static const char *const bad[] = { "256,x", "-1", "256;32", "99999999999",
					   "256,256,32,0,0,7" };

	(void)unused;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct fixture *f = machine_of(64, 1);
		struct error err = { 0 };
		fixture_set(f, "lowmem_reserve_ratio", bad[i]);
		assert_null(f->policy->create(&f->machine, f->params, &f->services, &err));
		assert_non_null(strstr(err.message, "page.buddy.lowmem_reserve_ratio: '"));
		assert_non_null(strstr(err.message, bad[i]));
		arena_destroy(f->arena);
		free(f->params);
		free(f);
	}
}

/* --- khugepaged --- */

/*
 * Two pageblocks and one for each pair of migratetypes, 11 in all, in each of two zones, up to a
 * twentieth of memory; and without huge pages the root of 16 times the KiB.
 */
static void huge_pages_keep_more_free_where_there_is_memory_for_them(void **unused)
{
	static const struct {
		uint64_t mib;
		const char *khugepaged, *transparent_hugepage;
		bool raised;
	} cases[] = {
		{ 256, "auto", "true", false },   { 511, "auto", "true", false },
		{ 514, "auto", "true", true },    { 2048, "auto", "true", true },
		{ 2048, "false", "true", false }, { 256, "true", "true", true },
		{ 2048, "auto", "false", false },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fixture *f = machine_of(cases[i].mib, 1);
		fixture_set(f, "khugepaged", cases[i].khugepaged);
		fixture_set(f, "transparent_hugepage", cases[i].transparent_hugepage);
		fixture_start(f);
		struct page_state state = state_of(f);
		uint64_t least = cases[i].mib << 10, kbytes = state.min_free_kbytes;
		if (cases[i].raised)
			assert_true(kbytes == 45056 || kbytes > least / 22);
		else
			assert_true(kbytes * kbytes <= 16 * least);
		page_state_free(&state);
		fixture_destroy(f);
	}
}

/* --- per-cpu lists --- */

/* vm.percpu_pagelist_high_fraction: of the zone, shared by its CPUs, and four batches at least. */
static void per_cpu_lists_hold_a_fraction_of_the_zone(void **unused)
{
	struct fixture *f = machine_of(1 << 10, 2);

	(void)unused;
	fixture_set(f, "percpu_pagelist_high_fraction", "50");
	fixture_start(f);
	struct page_state state = state_of(f);
	assert_int_equal(state.zones[1].pcp[1].high, state.zones[1].managed / 50 / 2);
	assert_int_equal(state.zones[0].pcp[1].high, state.zones[0].managed / 50 / 2);
	page_state_free(&state);
	fixture_destroy(f);

	f = machine_of(1 << 10, 2);
	fixture_set(f, "percpu_pagelist_high_fraction", "1000000");
	fixture_start(f);
	state = state_of(f);
	assert_int_equal(state.zones[1].pcp[0].batch, 63);
	assert_int_equal(state.zones[1].pcp[0].high, 4 * 63);
	page_state_free(&state);
	fixture_destroy(f);
}

/* The kernel refuses to give CPUs more than an eighth of a zone. */
static void a_fraction_that_leaves_others_nothing_is_refused(void **unused)
{
	struct fixture *f = machine_of(64, 1);
	struct error err = { 0 };

	(void)unused;
	fixture_set(f, "percpu_pagelist_high_fraction", "7");
	assert_null(f->policy->create(&f->machine, f->params, &f->services, &err));
	assert_string_equal(err.message, "page.buddy.percpu_pagelist_high_fraction: must be 0, or "
					 "8 or more");
	fixture_set(f, "percpu_pagelist_high_fraction", "8");
	fixture_start(f);
	fixture_destroy(f);
}

/* Lists that may hold 40 million frames each: those of two zones or CPUs are not the same. */
static void long_lists_are_of_one_cpu_and_zone(void **unused)
{
	enum { BLOCKS = 64, CPUS_OF_LARGE = 2 };
	struct fixture *f = machine_of(1 << 20, CPUS_OF_LARGE);
	pfn_t taken[2 * CPUS_OF_LARGE * BLOCKS];
	size_t count = 0;

	(void)unused;
	fixture_set(f, "watermark_scale_factor", "3000");
	fixture_start(f);
	for (uint32_t i = 0; i < BLOCKS; i++) {
		for (uint32_t cpu = 0; cpu < CPUS_OF_LARGE; cpu++) {
			taken[count++] = fixture_alloc(f, cpu, GFP_MASK_KERNEL, 0);
			taken[count++] = fixture_alloc(f, cpu, GFP_MASK_KERNEL | GFP_BIT_DMA, 2);
		}
	}
	for (size_t i = 0; i < count; i++) {
		for (size_t other = 0; other < i; other++)
			assert_int_not_equal(taken[i].v, taken[other].v);
	}
	fixture_destroy(f);
}

/* --- how far counters lag --- */

struct threads {
	struct fixture *f;
	uint64_t kswapd, nap; /* tokens; 0: not woken, not lain down */
};

static void woken(void *engine, enum defer_target target, uint32_t node, uint32_t cpu,
		  uint64_t token)
{
	struct threads *t = engine;

	(void)node;
	(void)cpu;
	assert_int_equal(target, DEFER_PAGE);
	if (!t->kswapd)
		t->kswapd = token + 1;
}

static void deferred(void *engine, enum defer_target target, uint64_t when_ns, uint64_t token)
{
	struct threads *t = engine;

	assert_int_equal(target, DEFER_PAGE);
	assert_true(when_ns > 0);
	t->nap = token + 1;
}

static void thresholds_are(const struct fixture *f, int32_t dma, int32_t dma32)
{
	struct page_state state = state_of(f);

	for (uint32_t cpu = 0; cpu < CPUS; cpu++) {
		assert_int_equal(state.zones[0].pcp[cpu].vmdiff_threshold, dma);
		assert_int_equal(state.zones[1].pcp[cpu].vmdiff_threshold, dma32);
	}
	page_state_free(&state);
}

/* The gap from the minimum to the low watermark, which CPUs together must not hide. */
static int32_t share_of_gap(const struct fixture *f, uint32_t zone)
{
	struct page_state state = state_of(f);
	uint32_t gap = state.zones[zone].watermark_low - state.zones[zone].watermark_min;

	page_state_free(&state);
	return gap >= CPUS ? (int32_t)(gap / CPUS) : 1;
}

static void counters_are_kept_closer_while_kswapd_is_awake(void **unused)
{
	static pfn_t page[256 * MIB_FRAMES];
	struct threads t = { .f = machine_of(256, CPUS) };
	struct fixture *f = t.f;
	size_t count = 0;

	(void)unused;
	f->services.wake_thread = woken;
	f->services.defer = deferred;
	f->services.engine = &t;
	fixture_set(f, "compaction", "false");
	fixture_start(f);
	/* 2 * fls(16), and twice as much from 128 MiB on */
	thresholds_are(f, 10, 20);
	while (!t.kswapd)
		page[count++] = fixture_alloc(f, 0, GFP_MASK_KERNEL, 0);
	while (count)
		fixture_free(f, 0, page[--count], 0);
	f->policy->expire(f->state, t.kswapd - 1, 0);
	thresholds_are(f, share_of_gap(f, 0), share_of_gap(f, 1));
	assert_true(t.nap);
	f->policy->expire(f->state, t.nap - 1, 100000000);
	thresholds_are(f, 10, 20);
	fixture_destroy(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lower_zones_keep_a_part_of_what_is_above),
		cmocka_unit_test(a_ratio_that_is_none_is_refused),
		cmocka_unit_test(huge_pages_keep_more_free_where_there_is_memory_for_them),
		cmocka_unit_test(per_cpu_lists_hold_a_fraction_of_the_zone),
		cmocka_unit_test(a_fraction_that_leaves_others_nothing_is_refused),
		cmocka_unit_test(long_lists_are_of_one_cpu_and_zone),
		cmocka_unit_test(counters_are_kept_closer_while_kswapd_is_awake),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
