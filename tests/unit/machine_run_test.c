/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The engine's own rules, on hand-written traces: timing, waiting, identity. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "slabyard.h"

/* Every fast-path kmalloc takes a millisecond and nothing else costs anything. */
static const char *const costly[] = {
	"cost.constant.slab_fastpath_ns=1000000",
	"cost.constant.slab_slowpath_ns=0",
	"cost.constant.slab_new_ns=0",
	"cost.constant.slab_object_init_ns=0",
	"cost.constant.partial_list_lock_ns=0",
	"cost.constant.partial_list_move_ns=0",
	"cost.constant.slab_remote_free_ns=0",
	"cost.constant.pcp_hit_ns=0",
	"cost.constant.pcp_refill_page_ns=0",
	"cost.constant.zone_lock_ns=0",
	"cost.constant.buddy_take_ns=0",
	"cost.constant.buddy_put_ns=0",
	"cost.constant.split_ns=0",
	"cost.constant.merge_ns=0",
	"machine.memory=64MiB",
};

static struct slabyard_summary *replay(const char *text, struct slabyard_run run,
				       const char *const *settings, size_t setting_count)
{
	char path[] = "/tmp/machine_run_XXXXXX";
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	struct error err = { 0 };
	struct config *config = config_create(slabyard_config_schema(), &err);
	for (size_t i = 0; i < setting_count; i++)
		if (config_set(config, settings[i], &err) != 0)
			fail_msg("%s", err.message);
	run.trace = path;
	struct slabyard_summary *summary = slabyard_run(config, &run, &err);
	if (!summary)
		fail_msg("%s", err.message);
	config_destroy(config);
	unlink(path);
	return summary;
}

#define COSTLY costly, sizeof(costly) / sizeof(costly[0])

static const struct slabyard_operation_summary *operation(const struct slabyard_summary *s,
							  const char *name)
{
	for (size_t i = 0; i < s->operation_count; i++)
		if (strcmp(s->operations[i].name, name) == 0)
			return &s->operations[i];
	fail_msg("no operation %s", name);
	return NULL;
}

static const char four_kmallocs[] =
	"a-1 [000] 1.000000000: kmalloc: call_site=f+0x1 ptr=0xffff888000100000 bytes_req=64 "
	"bytes_alloc=64 gfp_flags=GFP_KERNEL\n"
	"a-1 [000] 1.000000010: kmalloc: call_site=f+0x1 ptr=0xffff888000100040 bytes_req=64 "
	"bytes_alloc=64 gfp_flags=GFP_KERNEL\n"
	"a-1 [000] 1.000000020: kmalloc: call_site=f+0x1 ptr=0xffff888000100080 bytes_req=64 "
	"bytes_alloc=64 gfp_flags=GFP_KERNEL\n"
	"a-1 [000] 1.000000030: kmalloc: call_site=f+0x1 ptr=0xffff8880001000c0 bytes_req=64 "
	"bytes_alloc=64 gfp_flags=GFP_KERNEL\n";

/* Open loop: what arrives while its CPU is busy waits; the waits add up. */
static void test_recorded_timing_queues_on_the_cpu(void **state)
{
	(void)state;
	struct slabyard_summary *s = replay(four_kmallocs, (struct slabyard_run){ 0 }, COSTLY);
	/* The first takes the slow path, which is next to free here; the last ends 3 ms later. */
	assert_in_range(operation(s, "kmalloc")->latency_ps_max, 2999900000ull, 3001000000ull);
	slabyard_summary_free(s);
}

/* Closed loop: the thread does the next thing only after the one before. */
static void test_closed_timing_waits_for_itself(void **state)
{
	(void)state;
	struct slabyard_run run = { .timing = SLABYARD_TIMING_CLOSED };
	struct slabyard_summary *s = replay(four_kmallocs, run, COSTLY);
	assert_int_equal(operation(s, "kmalloc")->latency_ps_max, 1000000000ull);
	slabyard_summary_free(s);
}

static const char freed_by_another[] =
	"a-1 [000] 1.000000000: kmalloc: call_site=f+0x1 ptr=0xffff888000100000 bytes_req=64 "
	"bytes_alloc=64 gfp_flags=GFP_KERNEL\n"
	"a-1 [000] 1.000000010: kmalloc: call_site=f+0x1 ptr=0xffff888000100040 bytes_req=64 "
	"bytes_alloc=64 gfp_flags=GFP_KERNEL\n"
	"a-1 [000] 1.000000020: kmalloc: call_site=f+0x1 ptr=0xffff888000100080 bytes_req=64 "
	"bytes_alloc=64 gfp_flags=GFP_KERNEL\n"
	"b-2 [001] 1.000000030: kfree: call_site=g+0x1 ptr=0xffff888000100080\n";

static void test_closed_timing_frees_after_the_allocation(void **state)
{
	(void)state;
	struct slabyard_run run = { .timing = SLABYARD_TIMING_CLOSED };
	struct slabyard_summary *s = replay(freed_by_another, run, COSTLY);
	assert_int_equal(operation(s, "kfree")->executed, 1);
	assert_int_equal(s->unknown_frees, 0);
	/* Thread a's third allocation ends two milliseconds in; b frees no earlier. */
	assert_true(s->simulated_seconds > 0.00199);
	slabyard_summary_free(s);
}

static void test_identities(void **state)
{
	(void)state;
	const char text[] =
		"a-1 [000] 1.000000000: kfree: call_site=g+0x1 ptr=0xffff888000100080\n"
		"a-1 [000] 1.000000010: kmalloc: call_site=f+0x1 ptr=0xffff888000100040 "
		"bytes_req=64 bytes_alloc=64 gfp_flags=GFP_KERNEL\n"
		"a-1 [000] 1.000000020: kmalloc: call_site=f+0x1 ptr=0xffff888000100040 "
		"bytes_req=64 bytes_alloc=64 gfp_flags=GFP_KERNEL\n"
		"a-1 [000] 1.000000030: kfree: call_site=g+0x1 ptr=0xffff888000100040\n";
	struct slabyard_summary *s = replay(text, (struct slabyard_run){ 0 }, COSTLY);
	assert_int_equal(s->unknown_frees, 1);
	assert_int_equal(operation(s, "kmalloc")->executed, 2);
	/* Both objects are given back: one by the free that the import put where it was lost. */
	assert_int_equal(operation(s, "kfree")->executed, 2);
	assert_int_equal(s->slab_bytes_requested, 0);
	slabyard_summary_free(s);
}

/* alloc_pages_exact() of five pages, freed, against an order-0 page that stays in both. */
static const char block_in_parts[] =
	"a-1 [000] 1.0: mm_page_alloc: pfn=64 order=3 gfp_flags=GFP_KERNEL\n"
	"a-1 [000] 1.1: mm_page_free: pfn=69 order=0\n"
	"a-1 [000] 1.2: mm_page_free: pfn=70 order=0\n"
	"a-1 [000] 1.3: mm_page_free: pfn=71 order=0\n"
	"a-1 [000] 1.4: mm_page_alloc: pfn=128 order=0 gfp_flags=GFP_KERNEL\n"
	"a-1 [000] 1.5: mm_page_free: pfn=64 order=0\n"
	"a-1 [000] 1.6: mm_page_free: pfn=65 order=0\n"
	"a-1 [000] 1.7: mm_page_free: pfn=66 order=1\n"
	"a-1 [000] 1.8: mm_page_free: pfn=68 order=0\n";
static const char page_that_stays[] =
	"a-1 [000] 1.4: mm_page_alloc: pfn=128 order=0 gfp_flags=GFP_KERNEL\n";

static void test_a_block_is_freed_in_parts(void **state)
{
	(void)state;
	static const char *const policies[] = { "page.policy=buddy", "page.policy=buddy-nogroup",
						"page.policy=bitmap-firstfit", "page.policy=null" };
	for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
		struct slabyard_run run = { .level = SLABYARD_LEVEL_PAGE };
		struct slabyard_summary *parts = replay(block_in_parts, run, &policies[i], 1);
		struct slabyard_summary *stays = replay(page_that_stays, run, &policies[i], 1);
		assert_int_equal(operation(parts, "mm_page_free")->executed, 7);
		assert_int_equal(parts->unknown_frees, 0);
		/* the others keep some frames on lists of their own */
		if (strstr(policies[i], "firstfit"))
			assert_int_equal(parts->free_pages, stays->free_pages);
		slabyard_summary_free(parts);
		slabyard_summary_free(stays);
	}
}

/* What a trace says was done to caches is done; what a recording kernel adds needs leave. */
static void test_caches_are_destroyed(void **state)
{
	(void)state;
	static const char *const policies[] = { "slab.policy=slub", "slab.policy=slab",
						"slab.policy=slob" };
	const char told[] = "a-1 [000] 1.0: kmem_cache_create: name=x object_size=40\n"
			    "a-1 [000] 1.1: kmem_cache_alloc: ptr=0xffff888000100000 name=x "
			    "bytes_req=40 bytes_alloc=40 gfp_flags=GFP_KERNEL\n"
			    "a-1 [000] 1.2: kmem_cache_destroy: name=x\n";
	const char recorded[] = "a-1 [000] 1.1: kmem_cache_alloc: ptr=0xffff888000100000 name=x "
				"bytes_req=40 bytes_alloc=40 gfp_flags=GFP_KERNEL\n"
				"a-1 [000] 1.2: lab_trace: LAB op d x\n";
	for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
		struct slabyard_summary *s =
			replay(told, (struct slabyard_run){ 0 }, &policies[i], 1);
		assert_int_equal(operation(s, "kmem_cache_create")->executed, 1);
		assert_int_equal(operation(s, "kmem_cache_destroy")->executed, 1);
		assert_int_equal(s->caches_left, 1);
		slabyard_summary_free(s);
		s = replay(recorded, (struct slabyard_run){ 0 }, &policies[i], 1);
		assert_int_equal(operation(s, "kmem_cache_destroy")->executed, 0);
		assert_int_equal(s->caches_left, 0);
		slabyard_summary_free(s);
		s = replay(recorded, (struct slabyard_run){ .assist = "cache_op" }, &policies[i],
			   1);
		assert_int_equal(s->caches_left, 1);
		slabyard_summary_free(s);
	}
}

/* In place while it fits, elsewhere when it does not, and to nothing. */
static void test_krealloc(void **state)
{
	(void)state;
	static const char *const policies[] = { "slab.policy=slub", "slab.policy=slab",
						"slab.policy=slob" };
	const char text[] = "a-1 [000] 1.0: kmalloc: ptr=0xffff888000100000 bytes_req=40\n"
			    "a-1 [000] 1.1: krealloc: ptr=0xffff888000100000 "
			    "old=0xffff888000100000 bytes_req=60\n"
			    "a-1 [000] 1.2: krealloc: ptr=0xffff888000200000 "
			    "old=0xffff888000100000 bytes_req=3000\n"
			    "a-1 [000] 1.3: krealloc: ptr=0x10 old=0xffff888000200000 bytes_req=0\n"
			    "a-1 [000] 1.4: kfree: ptr=0x10\n";
	for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
		struct slabyard_summary *s =
			replay(text, (struct slabyard_run){ 0 }, &policies[i], 1);
		assert_int_equal(operation(s, "krealloc")->executed, 3);
		assert_int_equal(s->alloc_fails, 0);
		assert_int_equal(s->slab_bytes_requested, 0);
		slabyard_summary_free(s);
	}
}

/* Two CPUs refill from the buddy lists at one time: one waits for the zone lock of the other. */
static void test_wait_for_lock_shows_in_latency(void **state)
{
	(void)state;
	const char text[] =
		"a-1 [000] 1.000000000: mm_page_alloc: page=0x100 pfn=0x100 order=5 migratetype=0 "
		"gfp_flags=GFP_KERNEL\n"
		"b-2 [001] 1.000000000: mm_page_alloc: page=0x200 pfn=0x200 order=5 migratetype=0 "
		"gfp_flags=GFP_KERNEL\n";
	static const char *const settings[] = { "machine.cpus=2", "machine.memory=64MiB",
						"cost.constant.buddy_take_ns=5000" };
	static const char *const alone[] = { "machine.cpus=1", "machine.memory=64MiB",
					     "cost.constant.buddy_take_ns=5000" };
	struct slabyard_summary *two = replay(text, (struct slabyard_run){ 0 }, settings, 3);
	struct slabyard_summary *one = replay(text, (struct slabyard_run){ 0 }, alone, 3);
	const struct slabyard_operation_summary *o = operation(two, "mm_page_alloc");
	uint64_t second_ps = o->latency_ps_max;
	uint64_t first_ps = (uint64_t)(2 * o->latency_ps_mean) - second_ps;
	assert_int_equal(second_ps - first_ps, 5000000);
	/* On one CPU the second waits for the CPU itself, and for all of the first's work. */
	assert_true(operation(one, "mm_page_alloc")->latency_ps_max >= o->latency_ps_max);
	slabyard_summary_free(one);
	slabyard_summary_free(two);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recorded_timing_queues_on_the_cpu),
		cmocka_unit_test(test_closed_timing_waits_for_itself),
		cmocka_unit_test(test_closed_timing_frees_after_the_allocation),
		cmocka_unit_test(test_identities),
		cmocka_unit_test(test_a_block_is_freed_in_parts),
		cmocka_unit_test(test_caches_are_destroyed),
		cmocka_unit_test(test_krealloc),
		cmocka_unit_test(test_wait_for_lock_shows_in_latency),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
