/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a replay's outcomes part from the recorded ones, and where they only come at another time.
 */
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

enum { PAGES = 5000, NS_A_RECORD = 1000 };

static struct slabyard_summary *replay(const char *path, const char *memory, const char *assist)
{
	struct error err = { 0 };
	struct config *config = config_create(slabyard_config_schema(), &err);
	if (config_set(config, memory, &err) != 0)
		fail_msg("%s", err.message);
	struct slabyard_run run = { .trace = path, .assist = assist };
	struct slabyard_summary *summary = slabyard_run(config, &run, &err);
	if (!summary)
		fail_msg("%s", err.message);
	config_destroy(config);
	return summary;
}

/* A row of allocations, as far as the machine lasts, and what else is told before two of them. */
static char *write_trace(const char *event, int before, const char *other, int before_other)
{
	char *path = strdup("/tmp/machine_horizon_XXXXXX");
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	FILE *f = fdopen(fd, "w");
	for (int i = 1; i <= PAGES; i++) {
		int ns = i * NS_A_RECORD;
		if (i == before)
			fprintf(f, "a-1 [000] 1.%09d: %s\n", ns - 1, event);
		if (i == before_other)
			fprintf(f, "a-1 [000] 1.%09d: %s\n", ns - 1, other);
		fprintf(f,
			"a-1 [000] 1.%09d: mm_page_alloc: page=0x%x pfn=0x%x order=0 "
			"migratetype=0 gfp_flags=GFP_KERNEL\n",
			ns, i, i);
	}
	assert_int_equal(fclose(f), 0);
	return path;
}

static void remove_trace(char *path)
{
	unlink(path);
	free(path);
}

static const char wakeup[] = "mm_vmscan_wakeup_kswapd: nid=0 order=0 gfp_flags=GFP_KERNEL";
static const char large[] = "machine.memory=256MiB", small[] = "machine.memory=24MiB";

static struct slabyard_summary *replay_with(const char *event, int before, const char *memory,
					    const char *assist)
{
	char *path = write_trace(event, before, NULL, 0);
	struct slabyard_summary *s = replay(path, memory, assist);
	remove_trace(path);
	return s;
}

/* The recording failed where this machine does not: from there on nobody knows. */
static void test_failure(void **state)
{
	(void)state;
	struct slabyard_summary *s = replay_with(
		"mm_page_alloc: page=(null) pfn=0x0 order=4 migratetype=0 gfp_flags=GFP_KERNEL", 7,
		large, NULL);
	assert_string_equal(s->level, "page");
	assert_int_equal(s->horizon_record, 7);
	assert_string_equal(s->horizon_reason, "an allocation succeeds that failed");
	assert_int_equal(s->alloc_fails, 0);
	slabyard_summary_free(s);
}

static void test_none(void **state)
{
	(void)state;
	struct slabyard_summary *s = replay_with("", 0, large, NULL);
	assert_int_equal(s->horizon_record, 0);
	assert_null(s->horizon_reason);
	slabyard_summary_free(s);
}

/* kswapd is woken where the small machine runs low; the recording's was not, or nearby, or early.
 */
static void test_wakeup(void **state)
{
	(void)state;
	struct slabyard_summary *s = replay_with("", 0, small, NULL);
	assert_string_equal(s->horizon_reason, "kswapd is woken and was not");
	int woken = (int)s->horizon_record;
	assert_true(woken > 100 && woken < PAGES);
	bool fails = s->alloc_fails;
	slabyard_summary_free(s);
	assert_true(fails);

	s = replay_with(wakeup, woken - 100, small, NULL);
	assert_true(s->horizon_record > (uint64_t)woken + 1);
	assert_string_not_equal(s->horizon_reason, "kswapd is woken and was not");
	slabyard_summary_free(s);

	s = replay_with(wakeup, 50, large, NULL);
	assert_int_equal(s->horizon_record, 50);
	assert_string_equal(s->horizon_reason, "kswapd was woken and is not");
	slabyard_summary_free(s);

	s = replay_with(wakeup, 50, large, "reclaim");
	assert_int_equal(s->horizon_record, 0);
	slabyard_summary_free(s);
}

/* Who reclaimed nothing has waited, no more; the earliest of what differs is the horizon. */
static void test_others(void **state)
{
	(void)state;
	static const struct {
		const char *event, *reason;
	} cases[] = {
		{ "mm_vmscan_direct_reclaim_end: nr_reclaimed=0", NULL },
		{ "mm_vmscan_direct_reclaim_end: nr_reclaimed=3",
		  "an allocation reclaimed and does not" },
		{ "mm_compaction_begin: zone_start=0x1 migrate_pfn=0x1 free_pfn=0x100 "
		  "zone_end=0x200, mode=sync",
		  "a zone was compacted and is not" },
		{ "mark_victim: pid=1", "a process was killed and is not" },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *path = write_trace(cases[i].event, 40, wakeup, 60);
		struct slabyard_summary *s = replay(path, large, NULL);
		assert_int_equal(s->horizon_record, cases[i].reason ? 40 : 61);
		assert_string_equal(s->horizon_reason, cases[i].reason
							       ? cases[i].reason
							       : "kswapd was woken and is not");
		slabyard_summary_free(s);
		remove_trace(path);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_failure),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_wakeup),
		cmocka_unit_test(test_others),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
