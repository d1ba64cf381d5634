/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A recorded state, counted and printed, gives the /proc files that the same kernel printed at the
 * same mark.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "import/import.h"
#include "results/proc.h"

static void count_zone(const struct zone_state *zone, uint32_t orders, struct zone_counts *counts)
{
	memcpy(counts->name, zone->name, sizeof(counts->name));
	counts->node = zone->node;
	for (uint32_t order = 0; order < orders; order++)
		for (unsigned type = 0; type < MIGRATE_TYPES; type++)
			counts->free_blocks[order][type] = zone->free[order][type].count;
	for (size_t i = 0; i < zone->pageblock_count; i++)
		counts->pageblocks[zone->pageblocks[i].migratetype]++;
}

static void count_state(const struct page_state *state, struct page_counts *counts)
{
	*counts = (struct page_counts){ .orders = state->orders,
					.pageblock_order = state->pageblock_order,
					.zone_count = (uint32_t)state->zone_count };
	for (size_t i = 0; i < state->zone_count; i++)
		count_zone(&state->zones[i], state->orders, &counts->zones[i]);
}

static void expect_file(const char *folder, const char *name, unsigned mark,
			void (*write)(FILE *, const struct page_counts *),
			const struct page_counts *counts)
{
	static char recorded[1 << 16], path[256];
	char *text;
	size_t size;
	snprintf(path, sizeof(path), "%s/%s-%u.txt", folder, name, mark);
	FILE *in = fopen(path, "r");
	assert_non_null(in);
	size_t length = fread(recorded, 1, sizeof(recorded) - 1, in);
	fclose(in);
	recorded[length] = '\0';
	FILE *out = open_memstream(&text, &size);
	assert_non_null(out);
	write(out, counts);
	fputc('\n', out); /* the recorder's, at the end of each file */
	fclose(out);
	if (strcmp(text, recorded) != 0)
		fail_msg("%s differs:\n%s", path, text);
	free(text);
}

static unsigned check_marks(const char *folder)
{
	static struct page_counts counts;
	unsigned mark = 0;
	for (;; mark++) {
		struct page_state state = { 0 };
		struct error err = { 0 };
		char path[256];
		snprintf(path, sizeof(path), "%s/mmstate-%u.txt.zst", folder, mark);
		if (access(path, R_OK))
			return mark;
		if (mmstate_read(path, &state, NULL, &err))
			fail_msg("%s", err.message);
		count_state(&state, &counts);
		expect_file(folder, "buddyinfo", mark, proc_write_buddyinfo, &counts);
		expect_file(folder, "pagetypeinfo", mark, proc_write_pagetypeinfo, &counts);
		page_state_free(&state);
	}
}

static void check_recording(const char *name, unsigned marks)
{
	char folder[] = "/tmp/results_proc_mmstate_XXXXXX", archive[512], command[1024];
	snprintf(archive, sizeof(archive), SLABYARD_SHARED_DIR "/data/kernel/%s.tar.zst", name);
	if (access(archive, R_OK)) {
		print_message("skipped: no %s\n", archive);
		skip();
	}
	assert_non_null(mkdtemp(folder));
	snprintf(command, sizeof(command),
		 "tar --zstd -xf '%s' -C '%s' --strip-components=1 --wildcards '*/buddyinfo-*' "
		 "'*/pagetypeinfo-*' '*/mmstate-*'",
		 archive, folder);
	assert_int_equal(system(command), 0);
	assert_int_equal(check_marks(folder), marks);
	snprintf(command, sizeof(command), "rm -r '%s'", folder);
	assert_int_equal(system(command), 0);
}

static void test_reclaim_and_compaction(void **state)
{
	(void)state;
	check_recording("pages-w-slub", 12);
}

static void test_slab(void **state)
{
	(void)state;
	check_recording("kmix-slab", 13);
}

static void test_two_cpus(void **state)
{
	(void)state;
	check_recording("user-mix-slub-smp2", 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reclaim_and_compaction),
		cmocka_unit_test(test_slab),
		cmocka_unit_test(test_two_cpus),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
