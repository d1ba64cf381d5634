/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SLUB, SLAB and SLOB against recordings of real 6.1 kernels: from the state at mark 0, every
 * allocation's address, every request for pages and, at every later mark, every list. Once with the
 * pages that the recording shows, once with those of the simulated page allocator.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "recording.h"

#include "slabyard.h"

/* All facts but those that place objects or their pages. */
#define WHOLE_STACK                                                                                \
	"zone,drain,isolate,rotate,bulk,lru,pcp_busy,rcu,free_size,cache_op,reap,reclaim"

struct recorded {
	const char *name, *setting;
	uint64_t objects, all;  /* addresses: of objects alone, and of all with their pages */
	uint64_t page_requests; /* of the slab allocator, and returns */
	uint64_t marks;
};

static struct recorded recordings[] = {
	{ "kmix-slub", "slab.policy=slub", 19910, 19950, 184, 12 },
	{ "kphase-slub", "slab.policy=slub", 22255, 22295, 2048, 14 },
	{ "user-sh-slub", "slab.policy=slub", 65754, 80247, 428, 5 },
	{ "vmalloc-slub", "slab.policy=slub", 7365, 71620, 914, 7 },
	{ "kmix-slab", "slab.policy=slab", 19553, 19593, 268, 12 },
	{ "user-sh-slab", "slab.policy=slab", 65752, 80237, 147, 5 },
	{ "pages-slab", "slab.policy=slab", 717, 12793, 2, 11 },
	{ "kmix-slob", "slab.policy=slob", 19506, 19545, 1757, 12 },
	{ "user-sh-slob", "slab.policy=slob", 65699, 80143, 53679, 5 },
	{ "pages-slob", "slab.policy=slob", 679, 12752, 469, 11 },
};

static struct slabyard_summary *replay(const struct recording *recording, const char *setting,
				       const char *assist)
{
	char trace[2 * RECORDING_PATH_MAX], start[2 * RECORDING_PATH_MAX];
	struct error err = { 0 };
	struct config *config = config_create(slabyard_config_schema(), &err);

	assert_non_null(config);
	assert_int_equal(config_set(config, setting, &err), 0);
	snprintf(trace, sizeof(trace), "%s/trace.txt.zst", recording->folder);
	snprintf(start, sizeof(start), "%s/mmstate-0.txt.zst", recording->folder);
	const struct slabyard_run run = {
		.trace = trace,
		.start = start,
		.expect = recording->folder,
		.assist = assist,
		.level = SLABYARD_LEVEL_SLAB,
	};
	struct slabyard_summary *summary = slabyard_run(config, &run, &err);

	if (!summary)
		fail_msg("%s", err.message);
	config_destroy(config);
	return summary;
}

static void assert_exact(const struct recorded *expected, const struct slabyard_summary *s,
			 uint64_t compared)
{
	print_message("%s: addresses %" PRIu64 " of %" PRIu64 ", page requests %" PRIu64
		      " of %" PRIu64 ", lists %" PRIu64 " of %" PRIu64 "%s%s%s\n",
		      expected->name, s->matched, s->compared, s->effects_position,
		      s->effects_recorded, s->lists_compared - s->lists_different,
		      s->lists_compared, s->matched < s->compared ? ": " : "", s->divergence,
		      s->first_list);
	assert_int_equal(s->compared, compared);
	assert_int_equal(s->matched, compared);
	assert_int_equal(s->effects_recorded, expected->page_requests);
	assert_int_equal(s->effects_simulated, expected->page_requests);
	assert_int_equal(s->effects_order, expected->page_requests);
	assert_int_equal(s->effects_position, expected->page_requests);
	assert_int_equal(s->effects_frame, expected->page_requests);
	assert_int_equal(s->marks_compared, expected->marks);
	assert_true(s->lists_compared > 0);
	assert_int_equal(s->lists_different, 0);
	assert_int_equal(s->unknown_frees, 0);
}

static void recording_replays(void **state)
{
	const struct recorded *expected = *state;
	struct recording recording;

	if (!recording_open(&recording, expected->name)) {
		print_message("skipped: no recording %s in %s/data/kernel\n", expected->name,
			      SLABYARD_SHARED_DIR);
		skip();
	}
	struct slabyard_summary *objects = replay(&recording, expected->setting, "all");
	struct slabyard_summary *all = replay(&recording, expected->setting, WHOLE_STACK);

	recording_close(&recording);
	assert_exact(expected, objects, expected->objects);
	assert_exact(expected, all, expected->all);
	slabyard_summary_free(objects);
	slabyard_summary_free(all);
}

enum { RECORDINGS = sizeof(recordings) / sizeof(recordings[0]) };

int main(void)
{
	struct CMUnitTest tests[RECORDINGS];

	for (size_t i = 0; i < RECORDINGS; i++)
		tests[i] = (struct CMUnitTest){ .name = recordings[i].name,
						.test_func = recording_replays,
						.initial_state = &recordings[i] };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
