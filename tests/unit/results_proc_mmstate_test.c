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

/* Whether the line of a recorded zoneinfo tells what is modelled. */
static bool is_modelled(const char *line, bool *in_zone)
{
	if (strncmp(line, "Node ", 5) == 0)
		*in_zone = strstr(line, "Normal") == NULL && strstr(line, "Movable") == NULL;
	if (!*in_zone || strstr(line, "per-node stats") || strstr(line, "node_unreclaimable"))
		return false;
	return !strstr(line, " nr_") || strstr(line, " nr_free_pages ");
}

/* The recorded file without what is not modelled, and without the zones that have no memory. */
static void read_zoneinfo(const char *path, char *text, size_t size)
{
	char line[256];
	bool in_zone = false;
	size_t length = 0;
	FILE *in = fopen(path, "r");
	assert_non_null(in);
	text[0] = '\0';
	while (fgets(line, sizeof(line), in)) {
		/* nodes' counters have lines that begin otherwise, between the name and the pages
		 */
		bool counter = strncmp(line, "      workingset", 16) == 0;
		if (!counter && line[0] != '\n' && is_modelled(line, &in_zone))
			length += (size_t)snprintf(text + length, size - length, "%s", line);
		assert_true(length < size);
	}
	fclose(in);
}

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/*
 * zoneinfo was read after the state was written, and a page or so was had meanwhile: free pages and
 * those on per-cpu lists may be a few apart. All else is the same to the byte.
 */
static void expect_alike(const char *text, const char *recorded)
{
	while (*text && *recorded) {
		size_t length = strcspn(text, "0123456789\n");
		size_t end = strcspn(text, "\n"), recorded_end = strcspn(recorded, "\n");
		bool moves = begins(text, "  pages free ") ||
			     begins(text, "      nr_free_pages ") ||
			     begins(text, "              count: ");
		if (end != recorded_end || memcmp(text, recorded, end) != 0) {
			if (!moves || memcmp(text, recorded, length) != 0)
				fail_msg("%.*s is recorded as %.*s", (int)end, text,
					 (int)recorded_end, recorded);
			assert_in_range(atoi(text + length) - atoi(recorded + length) + 16, 0, 32);
		}
		text += end + 1;
		recorded += recorded_end + 1;
	}
	assert_true(*text == *recorded);
}

static void expect_zoneinfo(const char *folder, unsigned mark, const struct page_state *pages)
{
	static char recorded[1 << 14], path[256];
	char *text;
	size_t size;
	snprintf(path, sizeof(path), "%s/zoneinfo-%u.txt", folder, mark);
	read_zoneinfo(path, recorded, sizeof(recorded));
	FILE *out = open_memstream(&text, &size);
	assert_non_null(out);
	proc_write_zoneinfo(out, pages);
	fclose(out);
	expect_alike(text, recorded);
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
		expect_zoneinfo(folder, mark, &state);
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
		 "'*/pagetypeinfo-*' '*/zoneinfo-*' '*/mmstate-*'",
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
