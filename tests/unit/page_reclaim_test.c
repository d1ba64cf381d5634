/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Memory that runs short: who reclaims, how much, and what comes when nothing is left. */
#include "page_pressure.h"

#include "page/buddy.h"

static const struct zone_counts *dma32(struct pressure *p)
{
	static struct page_counts counts;

	memset(&counts, 0, sizeof(counts));
	p->f->policy->counts(p->f->state, &counts);
	assert_string_equal(counts.zones[1].name, "DMA32");
	return &counts.zones[1];
}

static uint64_t free_pages(struct pressure *p)
{
	const struct zone_counts *zone = dma32(p);

	return zone->free_pages + zone->pcp_pages;
}

/* User pages until kswapd is woken for the first time; what is free then. */
static uint64_t fill_to_the_wakeup(struct pressure *p)
{
	while (!p->wakeups)
		assert_true(pressure_add(p, PRESSURE_USER));
	return free_pages(p);
}

static void kswapd_is_woken_below_low(void **unused)
{
	struct pressure *p = pressure_start();

	(void)unused;
	p->pass_pages = 32;
	uint64_t left = fill_to_the_wakeup(p);
	/* per-cpu lists and what the counter lags are the difference */
	assert_in_range(left, dma32(p)->watermark_low - 64, dma32(p)->watermark_low + 64);
	assert_int_equal(p->passes, 0);
	assert_int_equal(p->direct, 0);
	assert_true(p->woken_count > 0);
	/* others that find it so do not wake it again */
	assert_true(pressure_add(p, PRESSURE_USER));
	assert_int_equal(p->wakeups, 1);
	pressure_destroy(p);
}

/* It goes on until the high watermark is reached, and asks for that much a pass. */
static void kswapd_reclaims_to_high(void **unused)
{
	struct pressure *p = pressure_start();

	(void)unused;
	p->pass_pages = 32;
	fill_to_the_wakeup(p);
	while (pressure_run_threads(p, 1000))
		;
	assert_true(p->reclaimed > 0);
	assert_int_equal(p->direct, 0);
	assert_true(p->wanted_least >= dma32(p)->watermark_high);
	/* pages on per-cpu lists, up to the low watermark, do not count */
	assert_in_range(dma32(p)->free_pages, dma32(p)->watermark_high,
			dma32(p)->watermark_high + dma32(p)->watermark_low);
	assert_int_equal(pressure_event(p, VM_pgsteal_kswapd), p->reclaimed);
	assert_int_equal(pressure_event(p, VM_pgsteal_direct), 0);
	assert_int_equal(pressure_event(p, VM_pageoutrun), 1);
	pressure_destroy(p);
}

/* While kswapd has no CPU, whoever needs memory reclaims a cluster and takes from that. */
static void who_needs_memory_reclaims_himself(void **unused)
{
	struct pressure *p = pressure_start();

	(void)unused;
	p->pass_pages = 32;
	fill_to_the_wakeup(p);
	while (!p->direct)
		assert_true(pressure_add(p, PRESSURE_USER));
	assert_int_equal(p->direct, 1);
	assert_int_equal(p->direct_pages, 32);
	assert_int_equal(p->wanted_least, 32);
	assert_int_equal(pressure_event(p, VM_pgsteal_direct), p->reclaimed);
	assert_int_equal(pressure_event(p, VM_pgsteal_kswapd), 0);
	assert_int_equal(pressure_event(p, VM_allocstall_movable) +
				 pressure_event(p, VM_allocstall_normal),
			 1);
	assert_in_range(dma32(p)->free_pages, dma32(p)->watermark_min / 2, dma32(p)->watermark_low);
	assert_int_equal(p->ooms, 0);
	pressure_destroy(p);
}

/* One pass is enough, as with pages of lists, but those alone are counted as stolen. */
static void pages_of_slab_count_for_who_asked(void **unused)
{
	struct pressure *p = pressure_start();

	(void)unused;
	p->pass_pages = 32;
	p->of_slab = true;
	fill_to_the_wakeup(p);
	while (!p->direct)
		assert_true(pressure_add(p, PRESSURE_USER));
	assert_int_equal(p->passes, 1);
	assert_int_equal(p->direct_pages, 32);
	assert_int_equal(pressure_event(p, VM_pgsteal_direct), 0);
	assert_int_equal(pressure_event(p, VM_pgscan_direct), 0);
	pressure_destroy(p);
}

/* Who may not wait goes below the minimum, as far as he may, and then without. */
static void who_may_not_wait_takes_reserves(void **unused)
{
	struct pressure *p = pressure_start();

	(void)unused;
	p->pass_pages = 32;
	while (!pfn_is_none(fixture_alloc(p->f, 0, GFP_MASK_ATOMIC, 0)))
		;
	assert_int_equal(p->direct, 0);
	assert_int_equal(p->passes, 0);
	assert_int_equal(p->ooms, 0);
	assert_true(p->wakeups > 0);
	assert_in_range(dma32(p)->free_pages, 1, dma32(p)->watermark_min / 2);
	pressure_destroy(p);
}

static void the_killer_comes_when_nothing_is_left(void **unused)
{
	struct pressure *p = pressure_start();

	(void)unused;
	p->oom_outcome = OOM_NOBODY;
	while (pressure_add(p, PRESSURE_USER))
		;
	assert_int_equal(p->ooms, 1);
	assert_int_equal(p->reclaimed, 0);
	/* 16 rounds that came to nothing (MAX_RECLAIM_RETRIES), each over all priorities */
	assert_true(p->passes >= 16 * (RECLAIM_PRIORITY_FIRST + 1));
	/* not for those who can do without */
	assert_false(pressure_add(p, PRESSURE_USER | GFP_BIT_NORETRY));
	assert_false(pressure_add(p, PRESSURE_USER | GFP_BIT_RETRY_MAYFAIL));
	assert_true(pfn_is_none(fixture_alloc(p->f, 0, GFP_MASK_KERNEL, 4)));
	assert_int_equal(p->ooms, 1);
	pressure_destroy(p);
}

/* Where nothing can be reclaimed, what is free counts, with what CPUs have not told yet. */
static void free_pages_stand_in_for_reclaimable_ones(void **unused)
{
	struct pressure *p = pressure_start();
	const struct buddy *b = p->f->state;
	struct request past_lists = fixture_request(0, PRESSURE_USER, 0);
	enum { DMA32 = 1 };

	(void)unused;
	past_lists.flags = REQUEST_PCP_BUSY;
	assert_false(pfn_is_none(p->f->policy->alloc(p->f->state, &past_lists)));
	assert_int_equal(buddy_pcp(b, DMA32, 0)->free_diff, -1);
	assert_int_equal(reclaim_zone_pages(b, DMA32), dma32(p)->free_pages);
	p->pass_pages = 1;
	assert_true(pressure_add(p, PRESSURE_USER));
	assert_int_equal(reclaim_zone_pages(b, DMA32), 1);
	pressure_destroy(p);
}

/* The one that is to die has all reserves for that. */
static void suicides_get_their_memory(void **unused)
{
	struct pressure *p = pressure_start();

	(void)unused;
	p->oom_outcome = OOM_SUICIDE;
	while (!p->ooms)
		assert_true(pressure_add(p, PRESSURE_USER));
	assert_int_equal(p->ooms, 1);
	assert_true(dma32(p)->free_pages <= dma32(p)->watermark_min);
	pressure_destroy(p);
}

/* Types mixed in a pageblock raise the watermarks, and kswapd makes up for it and lowers them. */
static void boosts_are_worked_off(void **unused)
{
	struct pressure *p = pressure_start();

	(void)unused;
	p->pass_pages = 32;
	pressure_fill(p);
	pressure_riddle(p, 3);
	p->wakeups = p->woken_count = 0;
	/* the kernel has no pageblock of its own with free pages, and takes from the others' */
	assert_false(pfn_is_none(fixture_alloc(p->f, 0, GFP_MASK_KERNEL, 0)));
	assert_true(p->mixed > 0);
	/* which wakes it where memory is not short at all */
	assert_true(dma32(p)->free_pages > 2 * dma32(p)->watermark_high);
	assert_int_equal(p->wakeups, 1);
	while (pressure_run_threads(p, 1000))
		;
	assert_true(p->reclaimed > 0);
	assert_int_equal(p->direct, 0);
	/* as much as a pageblock at a time, and no more than the boost */
	assert_true(p->reclaimed <= 2 * 512);
	pressure_destroy(p);
}

static void boosts_can_be_left_out(void **unused)
{
	struct pressure *p = pressure_new();

	(void)unused;
	fixture_set(p->f, "watermark_boost_factor", "0");
	fixture_start(p->f);
	pressure_fill(p);
	pressure_riddle(p, 3);
	p->wakeups = 0;
	assert_false(pfn_is_none(fixture_alloc(p->f, 0, GFP_MASK_KERNEL, 0)));
	assert_true(p->mixed > 0);
	assert_int_equal(p->wakeups, 0);
	pressure_destroy(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kswapd_is_woken_below_low),
		cmocka_unit_test(kswapd_reclaims_to_high),
		cmocka_unit_test(who_needs_memory_reclaims_himself),
		cmocka_unit_test(pages_of_slab_count_for_who_asked),
		cmocka_unit_test(who_may_not_wait_takes_reserves),
		cmocka_unit_test(the_killer_comes_when_nothing_is_left),
		cmocka_unit_test(free_pages_stand_in_for_reclaimable_ones),
		cmocka_unit_test(suicides_get_their_memory),
		cmocka_unit_test(boosts_are_worked_off),
		cmocka_unit_test(boosts_can_be_left_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
