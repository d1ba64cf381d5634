/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * States laid out from /proc files: every total is the files', and the state is one that the page
 * allocator could have come to (its own invariants hold).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "core/policy.h"
#include "core/work.h"
#include "import/proc_memory.h"
#include "machine/start_layout.h"
#include "page/page.h"

enum { PATH_SIZE = 512 };

/* A page allocator that has loaded the state. */
struct loaded {
	struct arena *arena;
	struct work work;
	struct op_clock clock;
	struct services services;
	const struct page_policy *policy;
	void *state;
	void *params;
};

static void load(struct loaded *l, const struct page_state *from)
{
	struct error err = { 0 };
	const struct zone_state *last = &from->zones[from->zone_count - 1];
	const struct page_machine machine = {
		.memory_bytes = (uint64_t)(last->start_pfn + last->spanned) << PAGE_SHIFT,
		.cpus = from->cpus,
		.nodes = 1,
		.orders = from->orders,
		.pageblock_order = from->pageblock_order,
	};
	*l = (struct loaded){ .arena = arena_create((size_t)1 << 36, &err),
			      .policy = page_policy_of(policy_find(&page_policies, "buddy")) };
	assert_non_null(l->arena);
	l->clock.work = &l->work;
	l->services = (struct services){ .arena = l->arena,
					 .work = &l->work,
					 .clock = &l->clock,
					 .cpus = from->cpus,
					 .nodes = 1,
					 .frames = last->start_pfn + last->spanned };
	l->params = calloc(1, l->policy->info.params_size);
	option_defaults(l->policy->info.options, l->params);
	l->state = l->policy->create(&machine, l->params, &l->services, &err);
	if (!l->state || l->policy->load(l->state, from, &err) != 0)
		fail_msg("%s", err.message);
}

static void unload(struct loaded *l)
{
	if (l->policy->destroy)
		l->policy->destroy(l->state);
	free(l->params);
	arena_destroy(l->arena);
}

static void assert_zone(const struct proc_memory *m, const struct proc_zone *from,
			const struct zone_counts *zone)
{
	uint64_t pcp = 0;

	assert_string_equal(zone->name, from->name);
	assert_int_equal(zone->managed, from->managed);
	for (uint32_t order = 0; order < m->orders; order++)
		for (unsigned type = 0; type < MIGRATE_TYPES; type++)
			assert_int_equal(zone->free_blocks[order][type],
					 from->free_blocks[order][type]);
	for (unsigned type = 0; type < MIGRATE_TYPES; type++)
		assert_int_equal(zone->pageblocks[type], from->pageblocks[type]);
	for (uint32_t cpu = 0; cpu < m->cpus; cpu++)
		pcp += from->pagesets[cpu].count;
	assert_int_equal(zone->pcp_pages, pcp);
	assert_int_equal(zone->watermark_min, from->min);
	assert_int_equal(zone->watermark_high, from->high);
}

static uint64_t lru_of(const struct zone_state *zone)
{
	uint64_t lru = 0;

	for (size_t i = 0; i < zone->run_count; i++)
		if (zone->runs[i].kind == 'A' || zone->runs[i].kind == 'F')
			lru += zone->runs[i].count;
	return lru;
}

static void assert_laid_out(const char *folder, int64_t number, uint64_t seed)
{
	struct error err = { 0 };
	struct proc_memory *m = calloc(1, sizeof(*m));
	struct page_counts *counts = calloc(1, sizeof(*counts));
	struct page_state state;
	struct loaded l;

	if (proc_memory_read(folder, number, m, &err) != 0 ||
	    start_layout(m, seed, folder, &state, &err) != 0)
		fail_msg("%s", err.message);
	load(&l, &state);
	l.policy->counts(l.state, counts);
	assert_int_equal(counts->zone_count, m->zone_count);
	for (uint32_t i = 0; i < m->zone_count; i++) {
		const struct proc_zone *from = &m->zones[i];
		assert_zone(m, from, &counts->zones[i]);
		assert_int_equal(lru_of(&state.zones[i]),
				 from->anon + from->file + from->unevictable);
	}
	if (!l.policy->check(l.state, &err))
		fail_msg("%s, %lld: %s", folder, (long long)number, err.message);
	unload(&l);
	page_state_free(&state);
	proc_memory_free(m);
	free(counts);
	free(m);
}

static void write_file(const char *folder, const char *name, const char *text)
{
	char path[PATH_SIZE];
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static void remove_folder(const char *folder)
{
	static const char *const names[] = { "zoneinfo", "buddyinfo", "pagetypeinfo" };
	char path[PATH_SIZE];
	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		unlink(path);
	}
	rmdir(folder);
}

#define ZONEINFO(managed)                                                                          \
	"Node 0, zone      DMA\n"                                                                  \
	"  per-node stats\n"                                                                       \
	"      nr_slab_reclaimable 40\n      nr_slab_unreclaimable 60\n"                           \
	"      nr_page_table_pages 10\n      nr_kernel_stack 160\n"                                \
	"  pages free     3840\n        boost    0\n        min      33\n        low      41\n"    \
	"        high     49\n        spanned  4095\n        present  3998\n"                      \
	"        managed  3840\n        cma      0\n        protection: (0, 195, 195)\n"           \
	"  pagesets\n    cpu: 0\n              count: 0\n              high:  41\n"                \
	"              batch: 1\n  vm stats threshold: 2\n  start_pfn:           1\n"              \
	"Node 0, zone    DMA32\n  pages free     9\n        boost    0\n        min      430\n"    \
	"        low      537\n        high     644\n        spanned  61408\n"                     \
	"        present  61408\n        managed  " managed "\n        protection: (0, 0, 0)\n"    \
	"      nr_zone_inactive_anon 3000\n      nr_zone_active_anon 100\n"                        \
	"      nr_zone_inactive_file 4000\n      nr_zone_active_file 0\n"                          \
	"      nr_zone_unevictable 5\n"                                                            \
	"  pagesets\n    cpu: 0\n              count: 300\n              high:  537\n"             \
	"              batch: 15\n  vm stats threshold: 4\n  start_pfn:           4096\n"          \
	"Node 0, zone   Normal\n  pages free     0\n        spanned  0\n        present  0\n"      \
	"        managed  0\n"
#define DMA                                                                                        \
	"Node 0, zone      DMA      0      0      0      0      0      0      0      0      1    " \
	"  1      3 \n"

/* Every order is there, so that the rest of memory is full of holes of all sizes. */
static const char buddyinfo[] = DMA "Node 0, zone    DMA32   1500    900    400    200    100     "
				    "50     20     10      5      3     10 \n";

static void make_folder(char *folder, const char *zoneinfo)
{
	assert_non_null(mkdtemp(folder));
	write_file(folder, "zoneinfo", zoneinfo);
	write_file(folder, "buddyinfo", buddyinfo);
}

/* Without pagetypeinfo, which only root can read, orders and zones are still the files'. */
static void test_without_pagetypeinfo(void **unused)
{
	(void)unused;
	char folder[] = "/tmp/start_layout_XXXXXX";
	struct error err = { 0 };
	struct proc_memory *m = calloc(1, sizeof(*m));
	struct page_counts *counts = calloc(1, sizeof(*counts));
	struct page_state state;
	struct loaded l;

	make_folder(folder, ZONEINFO("52007"));
	if (proc_memory_read(folder, -1, m, &err) != 0 ||
	    start_layout(m, 1, folder, &state, &err) != 0)
		fail_msg("%s", err.message);
	load(&l, &state);
	l.policy->counts(l.state, counts);
	for (uint32_t order = 0; order < m->orders; order++) {
		uint64_t blocks = 0;
		for (unsigned type = 0; type < MIGRATE_TYPES; type++)
			blocks += counts->zones[1].free_blocks[order][type];
		assert_int_equal(blocks, m->zones[1].blocks[order]);
	}
	assert_true(counts->zones[1].pageblocks[MIGRATE_UNMOVABLE] > 0);
	assert_true(counts->zones[1].pageblocks[MIGRATE_MOVABLE] > 0);
	assert_int_equal(counts->pageblock_order, 9);
	assert_true(l.policy->check(l.state, &err));
	unload(&l);
	page_state_free(&state);
	proc_memory_free(m);
	remove_folder(folder);
	free(counts);
	free(m);
}

/* A zone with more free than there is, or blocks that cannot lie in it, is refused. */
static void test_impossible_files(void **unused)
{
	(void)unused;
	char folder[] = "/tmp/start_layout_XXXXXX";
	struct error err = { 0 };
	struct proc_memory *m = calloc(1, sizeof(*m));
	struct page_state state;

	make_folder(folder, ZONEINFO("20000"));
	assert_int_equal(proc_memory_read(folder, -1, m, &err), 0);
	assert_int_equal(start_layout(m, 1, folder, &state, &err), -1);
	assert_non_null(strstr(err.message, "zone DMA32 of node 0 has more free frames"));
	proc_memory_free(m);
	write_file(folder, "buddyinfo", DMA);
	assert_int_equal(proc_memory_read(folder, -1, m, &err), -1);
	assert_non_null(strstr(err.message, "buddyinfo has no zone DMA32 of node 0"));
	write_file(folder, "buddyinfo", DMA "Node 0, zone    DMA32 1 2 3\n");
	assert_int_equal(proc_memory_read(folder, -1, m, &err), -1);
	assert_non_null(strstr(err.message, "buddyinfo:2: has another number of orders"));
	write_file(folder, "zoneinfo", "MemTotal: 1\n");
	assert_int_equal(proc_memory_read(folder, -1, m, &err), -1);
	assert_non_null(strstr(err.message, "zoneinfo:1: is no zoneinfo"));
	remove_folder(folder);
	free(m);
}

/* The seed decides where everything lies, and nothing else. */
static void test_seeds_differ(void **unused)
{
	(void)unused;
	char folder[] = "/tmp/start_layout_XXXXXX";
	struct error err = { 0 };
	struct proc_memory *m = calloc(1, sizeof(*m));
	struct page_state one, same, other;

	make_folder(folder, ZONEINFO("52007"));
	assert_int_equal(proc_memory_read(folder, -1, m, &err), 0);
	assert_int_equal(start_layout(m, 1, folder, &one, &err), 0);
	assert_int_equal(start_layout(m, 1, folder, &same, &err), 0);
	assert_int_equal(start_layout(m, 2, folder, &other, &err), 0);
	size_t compared;
	assert_int_equal(page_state_compare(&one, &same, &compared, &err), 0);
	assert_true(page_state_compare(&one, &other, &compared, &err) > 0);
	page_state_free(&one);
	page_state_free(&same);
	page_state_free(&other);
	proc_memory_free(m);
	remove_folder(folder);
	free(m);
}

static void test_recorded_files(void **unused)
{
	(void)unused;
	static const struct {
		const char *sample;
		int number;
	} files[] = { { "pages-slub", 0 }, { "pages-slub", 6 },   { "pages-slub", 11 },
		      { "kmix-slub", 12 }, { "user-sh-slub", 3 }, { "user-sh-slub", 5 } };
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		char folder[PATH_SIZE];
		snprintf(folder, sizeof(folder), "%s/workloads/samples/%s", SLABYARD_SOURCE_DIR,
			 files[i].sample);
		for (uint64_t seed = 0; seed < 3; seed++)
			assert_laid_out(folder, files[i].number, seed);
	}
}

/* A machine that is in use: two CPUs, three zones, holes, memory that is not plugged in yet. */
static void test_a_newer_machine(void **unused)
{
	(void)unused;
	const char folder[] = SLABYARD_SHARED_DIR "/samples";
	if (access(SLABYARD_SHARED_DIR "/samples/zoneinfo", R_OK) != 0) {
		print_message("SKIPPED: there is no %s\n", folder);
		return;
	}
	assert_laid_out(folder, -1, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recorded_files),
		cmocka_unit_test(test_a_newer_machine),
		cmocka_unit_test(test_without_pagetypeinfo),
		cmocka_unit_test(test_impossible_files),
		cmocka_unit_test(test_seeds_differ),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
