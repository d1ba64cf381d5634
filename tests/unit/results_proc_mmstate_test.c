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

enum { MOVED_MOST = 512 /* pages, or KiB in meminfo */ };

/* What the recorded files tell of other than pages is not in a state. */
static const char *const of_the_zones[] = {
	/* zoneinfo */
	"Node ",
	"  per-node stats",
	"  pages free ",
	"        boost ",
	"        min ",
	"        low ",
	"        high ",
	"        spanned ",
	"        present ",
	"        managed ",
	"        cma ",
	"        protection: ",
	"      nr_free_pages ",
	"      nr_free_cma ",
	"  pagesets",
	"    cpu: ",
	"              count: ",
	"              high: ",
	"              batch: ",
	"  vm stats threshold: ",

	"  start_pfn: ",
	/* vmstat */
	"nr_free_pages ",
	"nr_free_cma ",
	"nr_unstable ",
	/* meminfo */
	"MemTotal: ",
	"MemFree: ",
	"CommitLimit: ",
	"VmallocTotal: ",
	"SwapTotal: ",
	"Hugepagesize: ",
};

/* They were read after the state was written, and a page or so was had meanwhile. */
static const char *const moving[] = { "  pages free ", "      nr_free_pages ",
				      "              count: ", "nr_free_pages ", "MemFree: " };

static bool is_among(const char *line, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strncmp(line, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}

#define IS_AMONG(line, names) is_among(line, names, sizeof(names) / sizeof((names)[0]))

/* Where a line's value begins. */
static size_t name_length(const char *line)
{
	size_t length = strcspn(line, "\n");
	while (length && line[length - 1] != ' ')
		length--;
	if (length && strncmp(line + length, "kB", 2) == 0)
		for (length--; length && line[length - 1] != ' ';)
			length--;
	return length;
}

/* The name, without the blanks that fill up the line for its value. */
static size_t name_only(const char *line)
{
	size_t length = name_length(line);
	while (length && line[length - 1] == ' ')
		length--;
	return length;
}

static void expect_line(const char *path, const char *line, const char *recorded)
{
	size_t end = strcspn(line, "\n"), recorded_end = strcspn(recorded, "\n");
	size_t name = name_only(line);
	bool equal = end == recorded_end && memcmp(line, recorded, end) == 0;
	if (equal)
		return;
	if (name != name_only(recorded) || memcmp(line, recorded, name) != 0)
		fail_msg("%s: %.*s is recorded as %.*s", path, (int)end, line, (int)recorded_end,
			 recorded);
	if (!IS_AMONG(line, of_the_zones))
		return;
	if (!IS_AMONG(line, moving))
		fail_msg("%s: %.*s is recorded as %.*s", path, (int)end, line, (int)recorded_end,
			 recorded);
	int off = atoi(line + name_length(line)) - atoi(recorded + name_length(recorded));
	if (off > MOVED_MOST || off < -MOVED_MOST)
		fail_msg("%s: %.*s is recorded as %.*s", path, (int)end, line, (int)recorded_end,
			 recorded);
}

/* Line by line the fields of the recorded file, and the values of those that a state tells. */
static void expect_fields(const char *folder, const char *name, unsigned mark,
			  void (*write)(FILE *, const struct proc_counts *),
			  const struct proc_counts *counts)
{
	static char recorded[1 << 16], path[256];
	char *text, *line, *other = recorded;
	size_t size;
	snprintf(path, sizeof(path), "%s/%s-%u.txt", folder, name, mark);
	FILE *in = fopen(path, "r");
	assert_non_null(in);
	recorded[fread(recorded, 1, sizeof(recorded) - 1, in)] = '\0';
	fclose(in);
	FILE *out = open_memstream(&text, &size);
	assert_non_null(out);
	write(out, counts);
	fclose(out);
	for (line = text; *line && *other;) {
		expect_line(path, line, other);
		line += strcspn(line, "\n") + 1;
		other += strcspn(other, "\n") + 1;
	}
	if (*line || strcmp(other, "\n") != 0)
		fail_msg("%s: has other lines at its end: %s, recorded %s", path, line, other);
	free(text);
}

/* still: nothing happened between the state and the reading of the files */
static unsigned check_marks(const char *folder, bool still)
{
	static struct page_counts counts;
	struct work work = { 0 };
	struct proc_counts counts_of_state = { .work = &work };
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
		if (still) {
			expect_file(folder, "buddyinfo", mark, proc_write_buddyinfo, &counts);
			expect_file(folder, "pagetypeinfo", mark, proc_write_pagetypeinfo, &counts);
		}
		counts_of_state.pages = &state;
		expect_fields(folder, "zoneinfo", mark, proc_write_zoneinfo, &counts_of_state);
		expect_fields(folder, "vmstat", mark, proc_write_vmstat, &counts_of_state);
		expect_fields(folder, "meminfo", mark, proc_write_meminfo, &counts_of_state);
		page_state_free(&state);
	}
}

static void check_recording(const char *name, unsigned marks, bool still)
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
		 "'*/pagetypeinfo-*' '*/zoneinfo-*' '*/vmstat-*' '*/meminfo-*' '*/mmstate-*'",
		 archive, folder);
	assert_int_equal(system(command), 0);
	assert_int_equal(check_marks(folder, still), marks);
	snprintf(command, sizeof(command), "rm -r '%s'", folder);
	assert_int_equal(system(command), 0);
}

static void test_every_recording(void **state)
{
	static const struct {
		const char *name;
		unsigned marks;
		bool still;
	} recordings[] = {
		{ "kmix-slab", 13, true },         { "kmix-slob", 13, false },
		{ "kmix-slub", 13, false },        { "kphase-slub", 15, false },
		{ "lazy-slub", 2, false },         { "oom-adj-slub", 2, false },
		{ "oom-equal-slub", 2, false },    { "oom-fork-slub", 2, false },
		{ "oom-shm-slub", 2, false },      { "pages-lo-slub", 14, false },
		{ "pages-slab", 12, false },       { "pages-slob", 12, false },
		{ "pages-slub", 12, false },       { "pages-w-slub", 12, true },
		{ "thp-slub", 4, false },          { "user-mix-slub", 3, false },
		{ "user-sh-slab", 6, false },      { "user-sh-slob", 6, false },
		{ "user-sh-slub", 6, false },      { "vmalloc-slub", 8, false },
		{ "user-mix-slub-smp2", 3, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(recordings) / sizeof(recordings[0]); i++)
		check_recording(recordings[i].name, recordings[i].marks, recordings[i].still);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_recording),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
