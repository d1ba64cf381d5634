/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ptmalloc against real programs: every address that glibc 2.36 returned, every movement of the
 * break, and with the addresses what was mapped on its own. Recordings stand in
 * workloads/samples/malloc and, too large for the project, in SLABYARD_SHARED_DIR/data/malloc.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <unistd.h>

#include "../libc_replay.h"

#include "import/import.h"

enum { PATH_BYTES_MAX = 1024, RECORDED_CPUS = 2 };

static int replay_all(struct libc_replay *r, struct trace_cursor *cursor, struct error *err)
{
	struct batch batch;
	int got;

	while ((got = cursor->ops->next(cursor, &batch, err)) > 0) {
		for (uint32_t i = 0; i < batch.count; i++) {
			const struct record *record = &batch.records[i];

			if (record->operation == OP_PROCESS_START &&
			    libc_replay_open(
				    r, libc_policy_of(policy_find(&libc_policies, "ptmalloc")),
				    record->address, RECORDED_CPUS, "", err))
				return -1;
			r->definitions = cursor->definitions;
			r->record = batch.first_record + i;
			libc_replay_record(r, record);
		}
	}
	return got;
}

static void replay_exactly(const char *path, const char *name)
{
	struct error err = { 0 };
	struct libc_replay r = { 0 };
	struct trace_cursor *cursor = import_open(path, NULL, NULL, &err);

	if (!cursor || replay_all(&r, cursor, &err))
		fail_msg("%s: %s", path, err.message);
	print_message("%s: %" PRIu64 " of %" PRIu64 " addresses (%.4f%%), %" PRIu64 " of %" PRIu64
		      " breaks; taken: %" PRIu64 " mappings, %zu heaps, %" PRIu64
		      " foreign breaks, %" PRIu64 " failed ones\n",
		      name, r.matched, r.compared, 100.0 * (double)r.matched / (double)r.compared,
		      r.breaks_matched, r.breaks_compared, mm_counts(r.mm).placed, r.heap_count,
		      r.foreign_breaks, r.failed_breaks);
	if (r.divergence[0])
		fail_msg("%s: %s", name, r.divergence);
	assert_true(r.compared > 0);
	assert_int_equal(r.compared, r.matched);
	assert_int_equal(r.breaks_compared, r.breaks_matched);
	if (!r.policy->check(r.state, &err))
		fail_msg("%s: %s", name, err.message);
	cursor->ops->close(cursor);
	libc_replay_close(&r);
}

/* Returns how many recordings there were. */
static int replay_folder(const char *folder)
{
	DIR *directory = opendir(folder);
	const struct dirent *entry;
	int count = 0;

	while (directory && (entry = readdir(directory))) {
		char path[PATH_BYTES_MAX];

		if (!strstr(entry->d_name, ".trc"))
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		replay_exactly(path, entry->d_name);
		count++;
	}
	if (directory)
		closedir(directory);
	return count;
}

static void samples_land_where_they_did(void **state)
{
	(void)state;
	assert_true(replay_folder(SLABYARD_SOURCE_DIR "/workloads/samples/malloc") > 0);
}

static void large_recordings_land_where_they_did(void **state)
{
	(void)state;
	if (replay_folder(SLABYARD_SHARED_DIR "/data/malloc"))
		return;
	print_message("no recordings in %s/data/malloc: skipped\n", SLABYARD_SHARED_DIR);
	skip();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(samples_land_where_they_did),
		cmocka_unit_test(large_recordings_land_where_they_did),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
