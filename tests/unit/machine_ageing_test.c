/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Ageing over all page allocators that place: the level or summary is reached, the allocator's
 * invariants hold, and the run's work and locks are as if nothing had been.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "import/proc_memory.h"
#include "machine/ageing.h"
#include "machine/machine.h"
#include "machine/start_layout.h"
#include "page/page.h"

enum { MEMORY_MIB = 256, LEVEL_TOLERANCE = 15 };

/* As much of a machine as ageing knows of. */
struct fixture {
	struct machine m;
	struct age_params age;
	struct page_machine shape;
	void *params;
};

static void fixture_begin(struct fixture *f, const struct page_policy *policy,
			  const struct page_machine *shape)
{
	struct error err = { 0 };
	*f = (struct fixture){
		.age = { .used = 0.6, .movable = 0.75, .reclaimable = 0.1, .peak = 0.95 },
		.shape = *shape
	};
	struct machine *m = &f->m;
	m->arena = arena_create((size_t)1 << 36, &err);
	assert_non_null(m->arena);
	m->cpus = shape->cpus;
	m->age_params = &f->age;
	m->clock.work = &m->work;
	m->services = (struct services){
		.arena = m->arena,
		.work = &m->work,
		.clock = &m->clock,
		.cpus = shape->cpus,
		.nodes = 1,
		.ram_pages = (shape->memory_bytes - shape->reserved_bytes) >> PAGE_SHIFT,
		.frames = (uint32_t)(shape->memory_bytes >> PAGE_SHIFT),
	};
	m->page = policy;
	f->params = calloc(1, policy->info.params_size + 1);
	if (policy->info.options)
		option_defaults(policy->info.options, f->params);
	m->page_state = policy->create(&f->shape, f->params, &m->services, &err);
	if (!m->page_state)
		fail_msg("%s: %s", policy->info.name, err.message);
}

static void fixture_end(struct fixture *f)
{
	if (f->m.page->destroy)
		f->m.page->destroy(f->m.page_state);
	free(f->params);
	arena_destroy(f->m.arena);
}

static const struct page_machine plain = { .memory_bytes = (uint64_t)MEMORY_MIB << 20,
					   .cpus = 2,
					   .nodes = 1,
					   .orders = 11,
					   .pageblock_order = 9,
					   .reserved_bytes = 40 << 20,
					   .kernel_bytes = 20 << 20 };

static void assert_sound(struct fixture *f)
{
	struct error err = { 0 };
	if (!f->m.page->check(f->m.page_state, &err))
		fail_msg("%s: %s", f->m.page->info.name, err.message);
	assert_int_equal(f->m.work.cost_ps, 0);
	for (size_t i = 0; i < WORK_COUNTERS; i++)
		assert_int_equal(f->m.work.count[i], 0);
}

static int32_t index_of_largest(struct fixture *f)
{
	struct page_counts *counts = calloc(1, sizeof(*counts));
	f->m.page->counts(f->m.page_state, counts);
	uint32_t largest = 0;
	for (uint32_t i = 0; i < counts->zone_count; i++)
		if (counts->zones[i].managed > counts->zones[largest].managed)
			largest = i;
	int32_t index = unusable_free_index(&counts->zones[largest], counts->orders, 9);
	free(counts);
	return index;
}

static void test_levels(void **state)
{
	(void)state;
	static const int32_t levels[] = { 50, 200, 500, 800, 950 };
	for (size_t p = 0; p < policy_count(&page_policies); p++) {
		const struct page_policy *policy = page_policy_of(policy_at(&page_policies, p));
		if (!(policy->info.capabilities & POLICY_PLACES))
			continue;
		for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
			struct fixture f;
			struct ageing_report report;
			struct error err = { 0 };
			fixture_begin(&f, policy, &plain);
			assert_int_equal(ageing_to_level(&f.m, levels[i], i, &report, &err), 0);
			assert_sound(&f);
			assert_int_equal(report.reached_index, index_of_largest(&f));
			int32_t off = report.reached_index - levels[i];
			if (abs(off) > LEVEL_TOLERANCE)
				fail_msg("%s aged to %d, not %d", policy->info.name,
					 report.reached_index, levels[i]);
			uint64_t managed = f.m.services.ram_pages;
			assert_in_range(report.used_pages, managed / 2, managed * 7 / 10);
			assert_true(report.allocations > managed / 2);
			fixture_end(&f);
		}
	}
}

/* Bit for bit the same for one seed, another machine for another. */
static void test_seeds(void **state)
{
	(void)state;
	const struct page_policy *policy = page_policy_of(policy_find(&page_policies, "buddy"));
	struct page_state dumps[3];
	for (size_t i = 0; i < 3; i++) {
		struct fixture f;
		struct ageing_report report;
		struct error err = { 0 };
		fixture_begin(&f, policy, &plain);
		assert_int_equal(ageing_to_level(&f.m, 500, i == 2, &report, &err), 0);
		assert_int_equal(policy->dump(f.m.page_state, &dumps[i], &err), 0);
		fixture_end(&f);
	}
	size_t compared;
	struct error err = { 0 };
	assert_int_equal(page_state_compare(&dumps[0], &dumps[1], &compared, &err), 0);
	assert_true(page_state_compare(&dumps[0], &dumps[2], &compared, &err) > 0);
	for (size_t i = 0; i < 3; i++)
		page_state_free(&dumps[i]);
}

static void assert_summary(const struct page_policy *policy, const char *sample, int number,
			   uint64_t most_off)
{
	char folder[512];
	struct error err = { 0 };
	struct proc_memory *memory = calloc(1, sizeof(*memory));
	struct page_state wanted;
	struct fixture f;
	struct ageing_report report;
	snprintf(folder, sizeof(folder), "%s/workloads/samples/%s", SLABYARD_SOURCE_DIR, sample);
	if (proc_memory_read(folder, number, memory, &err) != 0 ||
	    start_layout(memory, 1, folder, &wanted, &err) != 0)
		fail_msg("%s", err.message);
	uint64_t managed = wanted.zones[0].managed + wanted.zones[1].managed;
	struct page_machine shape = plain;
	shape.memory_bytes = (uint64_t)65504 << PAGE_SHIFT;
	shape.cpus = 1;
	shape.pageblock_order = wanted.pageblock_order;
	shape.reserved_bytes = shape.memory_bytes - (managed << PAGE_SHIFT);
	fixture_begin(&f, policy, &shape);
	assert_int_equal(ageing_to_summary(&f.m, &wanted, 1, &report, &err), 0);
	assert_sound(&f);
	assert_true(report.blocks_wanted > 20);
	if (report.blocks_off > most_off)
		fail_msg("%s, %s %d: %llu of %llu blocks off", policy->info.name, sample, number,
			 (unsigned long long)report.blocks_off,
			 (unsigned long long)report.blocks_wanted);
	fixture_end(&f);
	page_state_free(&wanted);
	proc_memory_free(memory);
	free(memory);
}

/* Free blocks by zone, order and migratetype as in recorded files, but for one in a hundred. */
static void test_summaries(void **state)
{
	(void)state;
	const struct page_policy *policy = page_policy_of(policy_find(&page_policies, "buddy"));
	assert_summary(policy, "pages-slub", 0, 0);
	assert_summary(policy, "pages-slub", 6, 8);
	assert_summary(policy, "kmix-slub", 6, 2);
	assert_summary(policy, "user-sh-slub", 3, 2);
	/* one zone for all of theirs, and no types */
	policy = page_policy_of(policy_find(&page_policies, "bitmap-firstfit"));
	assert_summary(policy, "pages-slub", 0, 0);
	assert_summary(policy, "kmix-slub", 6, 2);
}

static void test_level_names(void **state)
{
	(void)state;
	int32_t level;
	assert_true(ageing_level("light", &level) && level == 200);
	assert_true(ageing_level("severe", &level) && level == 950);
	assert_true(ageing_level("0.25", &level) && level == 250);
	assert_true(ageing_level("1", &level) && level == 1000);
	assert_false(ageing_level("1.2", &level));
	assert_false(ageing_level("-0.1", &level));
	assert_false(ageing_level("old", &level));
	assert_false(ageing_level("", &level));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_seeds),
		cmocka_unit_test(test_summaries),
		cmocka_unit_test(test_level_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
