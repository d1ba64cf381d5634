/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Address spaces: the kernel's answers for breaks, mappings, first touches, forks, and their costs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../frames_fixture.h"

#include "core/ids.h"
#include "vm/regions.h"

enum { KIB = 1024, PAGE = PAGE_SIZE_BYTES };

static const uint64_t brk0 = 0x555555559000;

struct fixture {
	struct work work;
	struct frames_fixture frames;
	struct mm *mm;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct error err;

	for (size_t i = 0; i < WORK_COUNTERS; i++)
		f->work.price_ps[i] = counter_table[i].default_price_ps;
	*state = f;
	if (frames_fixture_init(&f->frames, &f->work, &err) != 0)
		return -1;
	f->mm = mm_create(&f->frames.frames, brk0, &err);
	return f->mm ? 0 : -1;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	const uint64_t live = (mm_destroy(f->mm), f->frames.live);

	frames_fixture_finish(&f->frames);
	free(f);
	return live ? -1 : 0;
}

static uint64_t rss_kb(const struct mm *mm)
{
	return (mm_counts(mm).rss_pages << PAGE_SHIFT) / KIB;
}

static uint64_t vss_kb(const struct mm *mm)
{
	return mm_counts(mm).total_vm_bytes / KIB;
}

static void assert_memory(const struct mm *mm, uint64_t vss, uint64_t rss)
{
	assert_int_equal(vss_kb(mm), vss);
	assert_int_equal(rss_kb(mm), rss);
}

/* VmSize and VmRSS of a real process at each step (kB). */
static void staircase(void **state)
{
	struct fixture *f = *state;
	struct mm *mm = f->mm;

	assert_true(mm_move_break(mm, brk0 + 8 * KIB));
	assert_memory(mm, 8, 0);
	assert_true(mm_touch(mm, brk0, 1, true));
	assert_memory(mm, 8, 4);
	assert_true(mm_touch(mm, brk0 + PAGE, 1, true));
	assert_memory(mm, 8, 8);
	assert_true(mm_move_break(mm, brk0 + 16 * KIB));
	assert_memory(mm, 16, 8);
	assert_true(mm_touch(mm, brk0 + 2 * PAGE, 1, true));
	assert_true(mm_touch(mm, brk0 + 3 * PAGE, 1, true));
	assert_memory(mm, 16, 16);
	assert_true(mm_move_break(mm, brk0 + 8 * KIB));
	assert_memory(mm, 8, 8);
	assert_true(mm_move_break(mm, brk0 + 16 * KIB));
	assert_memory(mm, 16, 8);

	const uint64_t faults = mm_counts(mm).min_flt;

	assert_true(mm_touch(mm, brk0 + 2 * PAGE, 1, false));
	assert_memory(mm, 16, 8);
	assert_int_equal(mm_counts(mm).min_flt, faults + 1);
	assert_true(mm_touch(mm, brk0 + 2 * PAGE, 1, true));
	assert_memory(mm, 16, 12);
	assert_int_equal(mm_counts(mm).min_flt, faults + 2);
}

static void the_highest_gap_is_taken(void **state)
{
	struct fixture *f = *state;
	uint64_t at[4];

	for (int i = 0; i < 4; i++)
		at[i] = mm_map(f->mm, 0, 4 * PAGE);
	assert_int_equal(at[0], REGIONS_END - 4 * PAGE);
	assert_int_equal(at[3], at[0] - 12 * PAGE);
	mm_unmap(f->mm, at[2], 4 * PAGE);
	assert_int_equal(mm_map(f->mm, 0, 5 * PAGE), at[3] - 5 * PAGE);
	assert_int_equal(mm_map(f->mm, 0, 2 * PAGE), at[2] + 2 * PAGE);
	assert_int_equal(mm_map(f->mm, 0, 2 * PAGE), at[2]);
	mm_unmap(f->mm, at[0], PAGE);
	assert_int_equal(mm_map(f->mm, 0, PAGE), at[0]);
	assert_int_equal(mm_map(f->mm, at[1], PAGE), at[3] - 6 * PAGE);
}

/* The same as looking through all gaps from the top, whatever was found before. */
static void gaps_are_found_in_any_order(void **state)
{
	struct regions r = { 0 };
	uint64_t seed = 7;

	(void)state;
	for (int step = 0; step < 4000; step++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		const uint64_t length = (1 + (seed >> 33) % 9) * PAGE;
		uint64_t end = REGIONS_END, wanted = ADDRESS_NONE;

		for (size_t i = r.count; i > 0 && end - r.list[i - 1].end < length; i--)
			end = r.list[i - 1].start;
		wanted = end - length;
		assert_int_equal(regions_place(&r, length), wanted);
		regions_add(&r, wanted, wanted + length);
		if (step % 3 == 0 && r.count) {
			const struct region *cut = &r.list[(seed >> 20) % r.count];
			const uint64_t from = cut->start, to = cut->start + PAGE;

			assert_int_equal(regions_cut(&r, from, to), PAGE);
		}
	}
	free(r.list);
}

static void touching_what_is_not_mapped(void **state)
{
	struct fixture *f = *state;
	const uint64_t at = mm_map(f->mm, 0, 2 * PAGE);

	assert_false(mm_touch(f->mm, at - 1, 2, true));
	assert_false(mm_touch(f->mm, at + PAGE, 2 * PAGE, true));
	assert_false(mm_touch(f->mm, UINT64_MAX - 5, 10, true));
	assert_int_equal(mm_counts(f->mm).min_flt, 0);
	assert_true(mm_touch(f->mm, at + PAGE - 1, 2, true));
	assert_int_equal(mm_counts(f->mm).rss_pages, 2);
}

static void what_is_given_back_reads_as_zeros(void **state)
{
	struct fixture *f = *state;
	const uint64_t at = mm_map(f->mm, 0, 8 * PAGE);

	mm_touch(f->mm, at, 8 * PAGE, true);
	mm_returning(f->mm, true);
	mm_discard(f->mm, at + PAGE, 3 * PAGE);
	mm_returning(f->mm, false);
	assert_int_equal(mm_counts(f->mm).rss_pages, 5);
	assert_int_equal(mm_counts(f->mm).total_vm_bytes, 8 * PAGE);
	mm_touch(f->mm, at, 8 * PAGE, true);
	assert_int_equal(mm_counts(f->mm).min_flt, 11);
	assert_int_equal(mm_counts(f->mm).refaults, 3);
	mm_discard(f->mm, at, PAGE);
	mm_touch(f->mm, at, PAGE, true);
	assert_int_equal(mm_counts(f->mm).refaults, 3);
}

static void pages_move_with_their_mapping(void **state)
{
	struct fixture *f = *state;
	const uint64_t below = mm_map(f->mm, 0, 2 * PAGE), at = below - 4 * PAGE;

	assert_int_equal(mm_map(f->mm, 0, 4 * PAGE), at);
	mm_touch(f->mm, at, 3 * PAGE, true);

	const uint64_t moved = mm_remap(f->mm, at, 4 * PAGE, 6 * PAGE);

	assert_int_not_equal(moved, at);
	assert_int_equal(mm_counts(f->mm).rss_pages, 3);
	mm_touch(f->mm, moved, 3 * PAGE, true);
	assert_int_equal(mm_counts(f->mm).min_flt, 3);
	assert_false(mm_touch(f->mm, at, PAGE, true));
	assert_int_equal(mm_remap(f->mm, moved, 6 * PAGE, 2 * PAGE), moved);
	assert_int_equal(mm_counts(f->mm).rss_pages, 2);
}

/* do_wp_page(): the first to write copies, the last has the page for itself. */
static void forks_share_until_they_write(void **state)
{
	struct fixture *f = *state;
	struct error err;

	mm_move_break(f->mm, brk0 + 4 * PAGE);
	mm_touch(f->mm, brk0, 4 * PAGE, true);

	struct mm *child = mm_fork(f->mm, &err);
	const uint64_t frames = f->frames.live;

	assert_int_equal(mm_counts(child).rss_pages, 4);
	mm_touch(child, brk0, PAGE, false);
	assert_int_equal(mm_counts(child).min_flt, 0);
	mm_touch(child, brk0, 2 * PAGE, true);
	assert_int_equal(mm_counts(child).min_flt, 2);
	assert_int_equal(mm_counts(child).cow_faults, 2);
	assert_int_equal(f->frames.live, frames + 2);
	mm_touch(f->mm, brk0, PAGE, true);
	assert_int_equal(mm_counts(f->mm).cow_faults, 0);
	assert_int_equal(f->frames.live, frames + 2);
	mm_destroy(child);
	assert_int_equal(mm_counts(f->mm).rss_pages, 4);
	mm_touch(f->mm, brk0, 4 * PAGE, true);
	assert_int_equal(mm_counts(f->mm).cow_faults, 0);
}

static void a_grandchild_shares_too(void **state)
{
	struct fixture *f = *state;
	struct error err;

	mm_move_break(f->mm, brk0 + PAGE);
	mm_touch(f->mm, brk0, PAGE, true);

	struct mm *child = mm_fork(f->mm, &err), *grandchild = mm_fork(child, &err);
	const uint64_t before = f->frames.live;

	mm_touch(f->mm, brk0, PAGE, true);
	mm_touch(child, brk0, PAGE, true);
	assert_int_equal(f->frames.live, before + 2);
	mm_touch(grandchild, brk0, PAGE, true);
	assert_int_equal(f->frames.live, before + 2);
	mm_destroy(grandchild);
	mm_destroy(child);
}

static void without_memory_a_touch_ends(void **state)
{
	struct fixture *f = *state;
	const uint64_t at = mm_map(f->mm, 0, 100 * PAGE);

	mm_touch(f->mm, at, PAGE, true);
	f->frames.limit = (uint32_t)f->frames.live + 10;
	mm_touch(f->mm, at, 100 * PAGE, true);
	assert_int_equal(mm_counts(f->mm).rss_pages, 11);
	assert_int_equal(mm_counts(f->mm).failed_faults, 1);
	assert_int_equal(f->frames.frames.failed_faults, 1);
}

static void locked_memory_is_there_at_once(void **state)
{
	struct fixture *f = *state;

	mm_move_break(f->mm, brk0 + 3 * PAGE);
	mm_lock_all(f->mm, true, true);
	assert_int_equal(mm_counts(f->mm).rss_pages, 3);
	mm_move_break(f->mm, brk0 + 5 * PAGE);
	mm_map(f->mm, 0, 2 * PAGE);
	assert_int_equal(mm_counts(f->mm).rss_pages, 7);
	mm_touch(f->mm, brk0, 5 * PAGE, true);
	assert_int_equal(mm_counts(f->mm).min_flt, 7);
}

/* free_pgtables(): a table goes with the last mapping in its 2 MiB. */
static void tables_come_and_go(void **state)
{
	struct fixture *f = *state;
	const uint64_t span = UINT64_C(2) << 20, at = UINT64_C(0x700000000000);

	mm_map(f->mm, at, span);
	mm_map(f->mm, at + span, PAGE);
	mm_touch(f->mm, at, PAGE, true);
	assert_int_equal(mm_counts(f->mm).page_tables, 4);
	mm_touch(f->mm, at + span, PAGE, true);
	assert_int_equal(mm_counts(f->mm).page_tables, 5);
	mm_discard(f->mm, at, span);
	assert_int_equal(mm_counts(f->mm).page_tables, 5);
	mm_unmap(f->mm, at, span);
	assert_int_equal(mm_counts(f->mm).page_tables, 4);
	mm_unmap(f->mm, at + span, PAGE);
	assert_int_equal(mm_counts(f->mm).page_tables, 1);
}

static void frames_can_be_exchanged(void **state)
{
	struct fixture *f = *state;
	const pfn_t from = { 1 }, to = { 5000 };

	mm_move_break(f->mm, brk0 + PAGE);
	assert_false(mm_frames_move(&f->frames.frames, from, to));
	mm_touch(f->mm, brk0, PAGE, true);

	uint32_t own = 1;

	while (rmap_find(&f->frames.frames.rmap, (pfn_t){ own }).use != RMAP_PAGE)
		own++;
	assert_true(mm_frames_move(&f->frames.frames, (pfn_t){ own }, to));
	assert_int_equal(rmap_find(&f->frames.frames.rmap, to).page, brk0 >> PAGE_SHIFT);
	assert_int_equal(rmap_find(&f->frames.frames.rmap, (pfn_t){ own }).use, RMAP_NOBODY);
	mm_touch(f->mm, brk0, PAGE, true);
	assert_int_equal(mm_counts(f->mm).min_flt, 1);

	assert_true(mm_frames_movable(&f->frames.frames, to));
}

static uint32_t frame_at(const struct fixture *f, enum rmap_use use, uint64_t page)
{
	for (uint32_t pfn = 1;; pfn++) {
		struct rmap_place place = rmap_find(&f->frames.frames.rmap, (pfn_t){ pfn });
		if (place.use == use && place.page == page)
			return pfn;
	}
}

/* Both have it where it went, and so has who is left. */
static void frames_of_several_can_be_exchanged(void **state)
{
	struct fixture *f = *state;
	struct mm_frames *frames = &f->frames.frames;
	struct error err;
	const pfn_t to[] = { { 5000 }, { 5001 } };

	mm_move_break(f->mm, brk0 + PAGE);
	mm_touch(f->mm, brk0, PAGE, true);

	struct mm *child = mm_fork(f->mm, &err);
	const pfn_t from = { frame_at(f, RMAP_SHARED, brk0 >> PAGE_SHIFT) };

	assert_true(mm_frames_movable(frames, from));
	assert_true(mm_frames_move(frames, from, to[0]));
	assert_int_equal(rmap_find(&frames->rmap, from).use, RMAP_NOBODY);
	assert_int_equal(rmap_find(&frames->rmap, to[0]).use, RMAP_SHARED);
	mm_touch(child, brk0, PAGE, true);
	assert_int_equal(mm_counts(child).cow_faults, 1);
	mm_destroy(child);
	assert_true(mm_frames_movable(frames, to[0]));
	assert_true(mm_frames_move(frames, to[0], to[1]));
	mm_touch(f->mm, brk0, PAGE, true);
	assert_int_equal(mm_counts(f->mm).cow_faults, 0);
	assert_int_equal(rmap_find(&frames->rmap, to[1]).use, RMAP_PAGE);
}

static void a_shared_frame_whose_mapping_was_moved_stays(void **state)
{
	struct fixture *f = *state;
	struct error err;
	const uint64_t at = UINT64_C(0x700000000000);

	mm_map(f->mm, at, PAGE);
	mm_map(f->mm, at + PAGE, PAGE);
	mm_touch(f->mm, at, PAGE, true);

	struct mm *child = mm_fork(f->mm, &err);
	const pfn_t shared = { frame_at(f, RMAP_SHARED, at >> PAGE_SHIFT) };

	assert_int_not_equal(mm_remap(child, at, PAGE, 3 * PAGE), at);
	assert_false(mm_frames_movable(&f->frames.frames, shared));
	mm_destroy(child);
	assert_true(mm_frames_movable(&f->frames.frames, shared));
}

static double cost_ns(const struct fixture *f, uint64_t before_ps)
{
	return (double)(f->work.cost_ps - before_ps) / 1000;
}

static void assert_about(double modelled, double measured, const char *what)
{
	const double tolerance = 0.3;

	print_message("%-36s modelled %9.0f ns, measured %9.0f ns\n", what, modelled, measured);
	if (modelled < measured * (1 - tolerance) || modelled > measured * (1 + tolerance))
		fail_msg("%s: %.0f ns, measured %.0f ns", what, modelled, measured);
}

#define COST(what, measured, call)                                                                 \
	do {                                                                                       \
		const uint64_t before = f->work.cost_ps;                                           \
		call;                                                                              \
		assert_about(cost_ns(f, before), measured, what);                                  \
	} while (0)

/* With the default prices, against one real machine; what the page allocator does costs more. */
static void costs_are_about_the_measured_ones(void **state)
{
	struct fixture *f = *state;
	const uint64_t big = 33 * PAGE;
	struct error err;
	struct mm *child;

	mm_move_break(f->mm, brk0 + PAGE);
	mm_touch(f->mm, brk0, PAGE, true);
	COST("brk +132K", 981, mm_move_break(f->mm, brk0 + PAGE + big));
	COST("brk -132K, untouched", 2394, mm_move_break(f->mm, brk0 + PAGE));
	mm_move_break(f->mm, brk0 + PAGE + big);
	COST("zero-page read", 581, mm_touch(f->mm, brk0 + PAGE, 1, false));
	COST("write after zero page", 1492, mm_touch(f->mm, brk0 + PAGE, 1, true));
	COST("anonymous write fault", 1402, mm_touch(f->mm, brk0 + 2 * PAGE, 1, true));
	mm_touch(f->mm, brk0 + PAGE, big, true);
	COST("brk -132K, 33 pages touched", 10245, mm_move_break(f->mm, brk0 + PAGE));

	uint64_t at = 0;

	COST("mmap 4K", 1422, at = mm_map(f->mm, 0, PAGE));
	COST("munmap 4K, untouched", 2464, mm_unmap(f->mm, at, PAGE));
	at = mm_map(f->mm, 0, 256 * PAGE);
	mm_touch(f->mm, at, 256 * PAGE, true);
	COST("madvise DONTNEED 1M", 50300, mm_discard(f->mm, at, 256 * PAGE));
	child = mm_fork(f->mm, &err);
	COST("fork COW", 1743, mm_touch(child, brk0, 1, true));
	COST("write after the sharer copied", 621, mm_touch(f->mm, brk0, 1, true));
	mm_destroy(child);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(staircase),
		TEST(the_highest_gap_is_taken),
		TEST(gaps_are_found_in_any_order),
		TEST(touching_what_is_not_mapped),
		TEST(what_is_given_back_reads_as_zeros),
		TEST(pages_move_with_their_mapping),
		TEST(forks_share_until_they_write),
		TEST(a_grandchild_shares_too),
		TEST(without_memory_a_touch_ends),
		TEST(locked_memory_is_there_at_once),
		TEST(tables_come_and_go),
		TEST(frames_can_be_exchanged),
		TEST(frames_of_several_can_be_exchanged),
		TEST(a_shared_frame_whose_mapping_was_moved_stays),
		TEST(costs_are_about_the_measured_ones),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
