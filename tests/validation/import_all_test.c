/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every recorded kernel, where the large recordings are: no line of a trace is passed over, nothing
 * has to be made up, and every state is whole.
 */
#include <glob.h>

#include "../import_support.h"

enum { NOT_AVAILABLE = 77 };

#define ARCHIVES SLABYARD_SHARED_DIR "/data/kernel/*.tar.zst"

static glob_t archives;

static void run(const char *format, const char *first, const char *second)
{
	char command[1024];
	snprintf(command, sizeof(command), format, first, second);
	assert_int_equal(system(command), 0);
}

static void check_trace(const char *path)
{
	struct imported in;
	support_import(path, NULL, &in);
	const struct import_report *r = &in.report;
	if (r->unparsed || r->unknown_events || r->double_allocs || r->lost_events ||
	    r->out_of_order || r->cache_conflicts || r->clipped_sizes || r->unknown_gfp)
		import_report_print(r, stdout);
	assert_int_equal(r->unparsed, 0);
	assert_int_equal(r->unknown_events, 0);
	assert_int_equal(r->double_allocs, 0);
	assert_int_equal(r->lost_events, 0);
	assert_int_equal(r->out_of_order, 0);
	assert_int_equal(r->cache_conflicts, 0);
	assert_int_equal(r->unknown_gfp, 0);
	assert_int_equal(r->page_offset, 0xffff888000000000);
	assert_int_equal(r->events + r->null_frees + r->comments, r->lines);
	support_close(&in);
}

static size_t check_states(const char *pattern)
{
	glob_t states;
	assert_int_equal(glob(pattern, 0, NULL, &states), 0);
	for (size_t i = 0; i < states.gl_pathc; i++) {
		struct page_state pages;
		struct slab_state slabs;
		struct error err = { 0 };
		if (mmstate_read(states.gl_pathv[i], &pages, &slabs, &err))
			fail_msg("%s", err.message);
		page_state_free(&pages);
		slab_state_free(&slabs);
	}
	size_t count = states.gl_pathc;
	globfree(&states);
	return count;
}

static void every_recording_is_read_whole(void **state)
{
	char directory[] = "/tmp/slabyard_recordings_XXXXXX", path[256];
	size_t states = 0;
	(void)state;
	assert_non_null(mkdtemp(directory));
	for (size_t i = 0; i < archives.gl_pathc; i++) {
		run("tar --zstd -xf '%s' -C '%s' --strip-components=1", archives.gl_pathv[i],
		    directory);
		snprintf(path, sizeof(path), "%s/trace.txt.zst", directory);
		check_trace(path);
		snprintf(path, sizeof(path), "%s/mmstate-*.txt.zst", directory);
		states += check_states(path);
		run("rm -rf '%s'/*%s", directory, "");
	}
	run("rm -rf '%s'%s", directory, "");
	print_message("%zu traces and %zu states read\n", archives.gl_pathc, states);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_recording_is_read_whole),
	};
	if (glob(ARCHIVES, 0, NULL, &archives) != 0) {
		printf("skipped: there are no recordings in %s\n", ARCHIVES);
		return NOT_AVAILABLE;
	}
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	globfree(&archives);
	return failed;
}
