/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The /proc files are written byte for byte as a kernel wrote them: each recorded file is taken
 * apart into the counts that it tells and written again.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "results/proc.h"

static char *read_file(const char *path)
{
	FILE *in = fopen(path, "r");
	if (!in)
		return NULL;
	size_t size = 1 << 20;
	char *text = calloc(1, size);
	assert_non_null(text);
	size_t length = fread(text, 1, size - 1, in);
	assert_true(length < size - 1);
	fclose(in);
	/* The recorder ended each file with an empty line, which /proc does not have. */
	if (length > 1 && !strcmp(text + length - 2, "\n\n"))
		text[length - 1] = '\0';
	return text;
}

static struct zone_counts *zone_of(struct page_counts *counts, unsigned node, const char *name)
{
	for (uint32_t i = 0; i < counts->zone_count; i++)
		if (counts->zones[i].node == node && !strcmp(counts->zones[i].name, name))
			return &counts->zones[i];
	struct zone_counts *zone = &counts->zones[counts->zone_count++];
	zone->node = node;
	snprintf(zone->name, sizeof(zone->name), "%s", name);
	return zone;
}

static unsigned type_named(const char *name)
{
	static const char *const names[] = { "Unmovable",  "Movable", "Reclaimable",
					     "HighAtomic", "CMA",     "Isolate" };
	for (unsigned type = 0; type < sizeof(names) / sizeof(names[0]); type++)
		if (!strcmp(name, names[type]))
			return type;
	fail_msg("unknown migratetype %s", name);
	return 0;
}

/* Numbers of the line's tail; returns how many. */
static uint32_t read_numbers(const char *text, uint64_t *numbers, uint32_t max)
{
	uint32_t count = 0;
	int used;
	unsigned long value;
	while (count < max && sscanf(text, " %lu%n", &value, &used) == 1) {
		numbers[count++] = value;
		text += used;
	}
	return count;
}

static void parse_free_line(struct page_counts *counts, const char *line)
{
	unsigned node;
	char zone[ZONE_NAME_MAX], type[16];
	int used;
	uint64_t numbers[PAGE_ORDERS_MAX];
	assert_int_equal(
		sscanf(line, "Node %u, zone %15[^,], type %15s%n", &node, zone, type, &used), 3);
	unsigned migratetype = type_named(type);
	counts->orders = read_numbers(line + used, numbers, PAGE_ORDERS_MAX);
	if (migratetype > MIGRATE_HIGHATOMIC)
		counts->optional_migratetypes |= 1u << migratetype;
	for (uint32_t order = 0; order < counts->orders; order++)
		zone_of(counts, node, zone)->free_blocks[order][migratetype] = numbers[order];
}

static void parse_block_line(struct page_counts *counts, const char *line, const unsigned *types)
{
	unsigned node;
	char zone[ZONE_NAME_MAX];
	int used;
	uint64_t numbers[MIGRATE_TYPES];
	assert_int_equal(sscanf(line, "Node %u, zone %15s%n", &node, zone, &used), 2);
	uint32_t count = read_numbers(line + used, numbers, MIGRATE_TYPES);
	for (uint32_t i = 0; i < count; i++)
		zone_of(counts, node, zone)->pageblocks[types[i]] = numbers[i];
}

static void parse_pagetypeinfo(const char *text, struct page_counts *counts)
{
	unsigned types[MIGRATE_TYPES];
	char *copy = strdup(text), *rest;
	memset(counts, 0, sizeof(*counts));
	for (char *line = strtok_r(copy, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		sscanf(line, "Page block order: %u", &counts->pageblock_order);
		if (strstr(line, ", type "))
			parse_free_line(counts, line);
		else if (!strncmp(line, "Node", 4))
			parse_block_line(counts, line, types);
		else if (!strncmp(line, "Number of blocks", 16)) {
			char names[MIGRATE_TYPES][16];
			int n = sscanf(line + 22, "%15s %15s %15s %15s %15s %15s", names[0],
				       names[1], names[2], names[3], names[4], names[5]);
			for (int i = 0; i < n; i++)
				types[i] = type_named(names[i]);
		}
	}
	free(copy);
}

static char *written_page_file(void (*write)(FILE *, const struct page_counts *),
			       const struct page_counts *counts)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	assert_non_null(out);
	write(out, counts);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void check_page_files(const char *pagetypeinfo, const char *buddyinfo)
{
	static struct page_counts counts;
	parse_pagetypeinfo(pagetypeinfo, &counts);
	assert_true(counts.zone_count > 0);
	char *text = written_page_file(proc_write_pagetypeinfo, &counts);
	assert_string_equal(text, pagetypeinfo);
	free(text);
	if (!buddyinfo)
		return;
	text = written_page_file(proc_write_buddyinfo, &counts);
	assert_string_equal(text, buddyinfo);
	free(text);
}

static void write_slabinfo_again(FILE *out, const char *line)
{
	char name[64];
	struct cache_counts c = { .name = name };
	int n = sscanf(line, "%63s %lu %lu %u %u %u : tunables %u %u %u : slabdata %lu %lu %u",
		       name, &c.active_objects, &c.objects, &c.object_size, &c.objects_per_slab,
		       &c.pages_per_slab, &c.limit, &c.batchcount, &c.shared, &c.active_slabs,
		       &c.slabs, &c.shared_avail);
	assert_int_equal(n, 12);
	proc_write_slabinfo_line(out, &c);
}

static void check_slabinfo(const char *recorded)
{
	char *copy = strdup(recorded), *text, *rest;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	assert_non_null(out);
	proc_write_slabinfo_header(out);
	unsigned number = 0;
	for (char *line = strtok_r(copy, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		if (++number > 2)
			write_slabinfo_again(out, line);
	fclose(out);
	assert_true(number > 2);
	assert_string_equal(text, recorded);
	free(text);
	free(copy);
}

/* ">100000" is where the kernel stops counting, and each node has a whole report of its own. */
static void test_overflow_and_nodes(void **state)
{
	(void)state;
	static struct page_counts counts;
	counts = (struct page_counts){ .orders = 2, .pageblock_order = 1, .zone_count = 2 };
	strcpy(counts.zones[0].name, "Normal");
	strcpy(counts.zones[1].name, "Normal");
	counts.zones[1].node = 1;
	counts.zones[0].free_blocks[0][MIGRATE_UNMOVABLE] = 99999;
	counts.zones[0].free_blocks[1][MIGRATE_UNMOVABLE] = 123456;
	counts.zones[1].pageblocks[MIGRATE_MOVABLE] = 7;
	char *text = written_page_file(proc_write_pagetypeinfo, &counts);
	assert_non_null(
		strstr(text, "Node    0, zone   Normal, type    Unmovable  99999 >100000 \n"));
	assert_non_null(strstr(text, "Node 1, zone   Normal            0            7            0"
				     "            0 \n"));
	char *second = strstr(text + 1, "Page block order: 1\nPages per block:  2\n\n");
	assert_non_null(second);
	assert_null(strstr(second + 1, "Page block order"));
	free(text);
	text = written_page_file(proc_write_buddyinfo, &counts);
	assert_string_equal(text, "Node 0, zone   Normal  99999 123456 \n"
				  "Node 1, zone   Normal      0      0 \n");
	free(text);
}

static void test_newer_kernel_samples(void **state)
{
	(void)state;
	char *pagetypeinfo = read_file(SLABYARD_SHARED_DIR "/samples/pagetypeinfo");
	char *slabinfo = read_file(SLABYARD_SHARED_DIR "/samples/slabinfo");
	if (!pagetypeinfo || !slabinfo) {
		print_message("skipped: no samples in %s\n", SLABYARD_SHARED_DIR);
		skip();
	}
	check_page_files(pagetypeinfo, NULL);
	check_slabinfo(slabinfo);
	free(pagetypeinfo);
	free(slabinfo);
}

static unsigned check_recording(const char *folder)
{
	unsigned marks = 0;
	for (;; marks++) {
		char path[640];
		snprintf(path, sizeof(path), "%s/pagetypeinfo-%u.txt", folder, marks);
		char *pagetypeinfo = read_file(path);
		if (!pagetypeinfo)
			return marks;
		snprintf(path, sizeof(path), "%s/buddyinfo-%u.txt", folder, marks);
		char *buddyinfo = read_file(path);
		snprintf(path, sizeof(path), "%s/slabinfo-%u.txt", folder, marks);
		char *slabinfo = read_file(path);
		assert_non_null(buddyinfo);
		check_page_files(pagetypeinfo, buddyinfo);
		if (slabinfo)
			check_slabinfo(slabinfo);
		free(pagetypeinfo);
		free(buddyinfo);
		free(slabinfo);
	}
}

static unsigned check_archive(const char *archive)
{
	char folder[] = "/tmp/results_proc_XXXXXX", command[2048];
	assert_non_null(mkdtemp(folder));
	snprintf(command, sizeof(command),
		 "tar --zstd -xf '%s' -C '%s' --strip-components=1 --wildcards '*/buddyinfo-*' "
		 "'*/pagetypeinfo-*' && tar --zstd -xf '%s' -C '%s' --strip-components=1 "
		 "--wildcards '*/slabinfo-*' 2>/dev/null; true",
		 archive, folder, archive, folder);
	assert_int_equal(system(command), 0);
	unsigned marks = check_recording(folder);
	snprintf(command, sizeof(command), "rm -r '%s'", folder);
	assert_int_equal(system(command), 0);
	return marks;
}

static void test_recordings(void **state)
{
	(void)state;
	static const char *const names[] = { "kmix-slub", "kmix-slab", "kmix-slob", "pages-w-slub",
					     "user-mix-slub-smp2" };
	unsigned marks = 0;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char archive[512];
		snprintf(archive, sizeof(archive), SLABYARD_SHARED_DIR "/data/kernel/%s.tar.zst",
			 names[i]);
		if (access(archive, R_OK)) {
			print_message("skipped: no %s\n", archive);
			skip();
		}
		unsigned found = check_archive(archive);
		assert_true(found > 0);
		marks += found;
	}
	print_message("%u marks of %zu recordings equal\n", marks,
		      sizeof(names) / sizeof(names[0]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_overflow_and_nodes),
		cmocka_unit_test(test_newer_kernel_samples),
		cmocka_unit_test(test_recordings),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
