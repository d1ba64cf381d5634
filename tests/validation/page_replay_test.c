/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The page allocator against recordings of the real one, frame by frame and list by list.
 * Free-running: the recorded frame is compared and never used. The zone of an allocation is
 * predicted from the watermarks throughout.
 */
#include "page_replay.h"

enum {
	FACTS_ONE_CPU = FACT_DRAIN | FACT_COMPACTION | FACT_LRU | FACT_RECLAIM | FACT_BULK,
	FACTS_TWO_CPUS = FACTS_ONE_CPU | FACT_LOCK_ORDER,
};

struct expectation {
	const char *name;
	uint64_t allocations; /* that carry a frame */
	uint64_t failures;    /* recorded ones */
	bool predicted;       /* all of it without any fact */
};

static const struct expectation one_cpu[] = {
	{ "kmix-slab", 227, 0, true },         { "kmix-slob", 917, 0, true },
	{ "kmix-slub", 159, 0, true },         { "kphase-slub", 1107, 0, true },
	{ "lazy-slub", 1560, 0, true },        { "oom-adj-slub", 44294, 0, false },
	{ "oom-equal-slub", 45651, 0, false }, { "oom-fork-slub", 47275, 0, false },
	{ "oom-shm-slub", 39223, 2, false },   { "pages-lo-slub", 15953, 2906, true },
	{ "pages-slab", 12078, 36, true },     { "pages-slob", 12307, 38, true },
	{ "pages-slub", 12079, 35, true },     { "pages-w-slub", 11625, 489, false },
	{ "thp-slub", 3163, 0, true },         { "user-mix-slub", 49681, 0, true },
	{ "user-sh-slab", 14626, 0, true },    { "user-sh-slob", 41310, 0, true },
	{ "user-sh-slub", 14757, 0, true },    { "vmalloc-slub", 64725, 0, false },
};

enum { RECORDINGS = sizeof(one_cpu) / sizeof(one_cpu[0]) };

static struct replay_result replay_named(const char *name, unsigned facts)
{
	struct recording recording;
	struct replay_result result;

	if (!recording_open(&recording, name))
		fail_msg("cannot unpack %s", name);
	result = replay_recording(&recording, facts);
	recording_close(&recording);
	return result;
}

static void report(const char *name, const char *facts, const struct replay_result *r)
{
	print_message("%-20s %-8s frames %llu of %llu, failures %llu of %llu, marks %llu of %llu\n",
		      name, facts, (unsigned long long)r->exact, (unsigned long long)r->compared,
		      (unsigned long long)r->failures_exact, (unsigned long long)r->failures,
		      (unsigned long long)r->marks_equal, (unsigned long long)r->marks);
	if (r->first_line)
		print_message("  first: line %llu, recorded %llu, simulated %lld\n",
			      (unsigned long long)r->first_line,
			      (unsigned long long)r->first_recorded,
			      (long long)(int32_t)r->first_simulated);
	if (r->marks_equal < r->marks)
		print_message("  %s\n", r->first_list.message);
}

static void all_equal(const struct expectation *e, const struct replay_result *r)
{
	assert_int_equal(r->compared, e->allocations);
	assert_int_equal(r->exact, r->compared);
	assert_int_equal(r->failures, e->failures);
	assert_int_equal(r->failures_exact, r->failures);
	assert_true(r->marks > 0);
	assert_int_equal(r->marks_equal, r->marks);
	assert_int_equal(r->refused_frees, 0);
}

static void one_cpu_with_facts(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < RECORDINGS; i++) {
		struct replay_result r = replay_named(one_cpu[i].name, FACTS_ONE_CPU);
		report(one_cpu[i].name, "facts", &r);
		all_equal(&one_cpu[i], &r);
	}
}

/*
 * Where neither reclaim nor compaction ran, and no vmalloc (its bulk calls show in no tracepoint),
 * nothing at all is taken from the recording.
 */
static void one_cpu_without_facts(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < RECORDINGS; i++) {
		struct replay_result r = replay_named(one_cpu[i].name, 0);
		report(one_cpu[i].name, "none", &r);
		if (one_cpu[i].predicted)
			all_equal(&one_cpu[i], &r);
	}
}

/*
 * No zone is ever taken from a recording: watermarks choose it. A model that knows the exact number
 * of free pages chooses one wrongly in pages-slub. Of order 2, it must leave 41 + 195 pages in DMA
 * (low watermark and lowmem_reserve) beyond its own 3 unusable ones: 238 are free, which is too
 * few, but the zone's counter has not learned yet of the last two that left, as the CPU's own
 * difference is folded into it beyond the threshold of 2 only. So the kernel takes DMA, and the
 * model would go on to DMA32's minimum.
 */
static void one_zone_is_chosen_by_a_counter_that_lags(void **unused)
{
	struct replay_result r = replay_named("pages-slub", WITHOUT_COUNTER_LAG);

	(void)unused;
	report("pages-slub", "no lag", &r);
	assert_int_equal(r.first_line, 11549);
	assert_int_equal(r.first_order, 2);
	assert_int_equal(r.first_recorded, 0x69c);
	assert_true(r.first_simulated > 4096);
}

/*
 * The order of refills and drains is known as far as time stamps tell CPUs apart. The first frame
 * that differs comes in 900 events that all bear one stamp.
 */
static void two_cpus(void **unused)
{
	struct replay_result r = replay_named("user-mix-slub-smp2", FACTS_TWO_CPUS);

	(void)unused;
	report("user-mix-slub-smp2", "facts", &r);
	assert_true(r.first_line >= 234423);
	assert_true(r.marks_equal >= 1);
	r = replay_named("user-mix-slub-smp2", 0);
	report("user-mix-slub-smp2", "none", &r);
	assert_true(r.first_line >= 23372);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_cpu_with_facts),
		cmocka_unit_test(one_cpu_without_facts),
		cmocka_unit_test(one_zone_is_chosen_by_a_counter_that_lags),
		cmocka_unit_test(two_cpus),
	};

	if (!recording_exists("pages-slub")) {
		printf("skipped: no recordings in " SLABYARD_SHARED_DIR "/data/kernel\n");
		return RECORDING_SKIPPED;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
