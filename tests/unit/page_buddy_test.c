/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rules of Linux 6.1's page allocator, one by one, on a small machine. */
#include <stdio.h>

#include "../conformance/page_fixture.h"

#include "core/lock.h"
#include "page/assist.h"

enum {
	MEMORY = 64 << 20,
	DMA_FRAMES = 4096,
	PAGEBLOCK = 1 << 9,
	USER = GFP_MASK_HIGHUSER_MOVABLE | GFP_BIT_COMP,
};

static struct fixture *buddy_new(uint32_t cpus)
{
	return fixture_new(page_policy_of(policy_find(&page_policies, "buddy")),
			   fixture_machine(MEMORY, cpus));
}

static struct fixture *buddy_with(uint32_t cpus)
{
	struct fixture *f = buddy_new(cpus);

	fixture_start(f);
	return f;
}

/* The state now; the next call replaces it. */
static const struct zone_state *zone_now(struct fixture *f, unsigned zone)
{
	static struct page_state state;
	struct error err = { 0 };

	if (state.zones)
		page_state_free(&state);
	fixture_check(f);
	assert_int_equal(f->policy->dump(f->state, &state, &err), 0);
	assert_true(zone < state.zone_count);
	return &state.zones[zone];
}

static unsigned pageblock_type_of(struct fixture *f, uint32_t pfn)
{
	const struct zone_state *z = zone_now(f, pfn >= DMA_FRAMES);

	for (size_t i = 0; i < z->pageblock_count; i++) {
		if (pfn - z->pageblocks[i].pfn < PAGEBLOCK)
			return z->pageblocks[i].migratetype;
	}
	fail_msg("no pageblock holds %u", pfn);
	return 0;
}

static void a_fresh_machine_has_its_blocks_in_address_order(void **unused)
{
	struct fixture *f = buddy_with(1);
	const struct zone_state *dma32 = zone_now(f, 1);
	const struct pfn_list *list = &dma32->free[10][MIGRATE_MOVABLE];

	(void)unused;
	assert_int_equal(list->count, (MEMORY >> PAGE_SHIFT) / 1024 - 4);
	for (size_t i = 0; i < list->count; i++)
		assert_int_equal(list->pfn[i], DMA_FRAMES + 1024 * i);
	assert_int_equal(zone_now(f, 0)->managed, DMA_FRAMES - 256);
	/* block 0 begins before its zone, and so keeps the type it had before any was set */
	assert_int_equal(pageblock_type_of(f, 256), MIGRATE_UNMOVABLE);
	assert_int_equal(pageblock_type_of(f, 512), MIGRATE_MOVABLE);
	fixture_destroy(f);
}

static void a_split_leaves_upper_halves_at_the_heads(void **unused)
{
	struct fixture *f = buddy_with(1);

	(void)unused;
	assert_int_equal(fixture_alloc(f, 0, USER, 5).v, DMA_FRAMES);
	for (unsigned order = 5; order < 10; order++) {
		const struct pfn_list *list = &zone_now(f, 1)->free[order][MIGRATE_MOVABLE];
		assert_int_equal(list->count, 1);
		assert_int_equal(list->pfn[0], DMA_FRAMES + (1 << order));
	}
	fixture_destroy(f);
}

/* A block whose parent's buddy is free goes to the tail, as it will soon merge. */
static void a_block_that_may_merge_soon_goes_to_the_tail(void **unused)
{
	struct fixture *f = buddy_with(1);
	uint32_t block[6];
	const struct pfn_list *list;

	(void)unused;
	for (unsigned i = 0; i < 6; i++)
		block[i] = fixture_alloc(f, 0, USER, 5).v;
	/* 4's parent's buddy (6 and 7) is free, 0's (2 and 3) is not */
	fixture_free(f, 0, (pfn_t){ block[0] }, 5);
	fixture_free(f, 0, (pfn_t){ block[4] }, 5);
	list = &zone_now(f, 1)->free[5][MIGRATE_MOVABLE];
	assert_int_equal(list->count, 2);
	assert_int_equal(list->pfn[0], block[0]);
	assert_int_equal(list->pfn[1], block[4]);
	fixture_free(f, 0, (pfn_t){ block[2] }, 5);
	list = &zone_now(f, 1)->free[5][MIGRATE_MOVABLE];
	assert_int_equal(list->pfn[0], block[2]);
	fixture_destroy(f);
}

static void another_type_takes_the_largest_block_and_its_pageblock(void **unused)
{
	struct fixture *f = buddy_with(1);
	uint32_t pfn = fixture_alloc(f, 0, GFP_MASK_KERNEL, 5).v;

	(void)unused;
	assert_int_equal(pfn, DMA_FRAMES);
	/* order 10 is two pageblocks */
	assert_int_equal(pageblock_type_of(f, pfn), MIGRATE_UNMOVABLE);
	assert_int_equal(pageblock_type_of(f, pfn + PAGEBLOCK), MIGRATE_UNMOVABLE);
	assert_int_equal(pageblock_type_of(f, pfn + 2 * PAGEBLOCK), MIGRATE_MOVABLE);
	assert_int_equal(f->work.count[WORK_fallback], 1);
	assert_int_equal(zone_now(f, 1)->free[9][MIGRATE_UNMOVABLE].count, 1);
	fixture_destroy(f);
}

static void a_refill_takes_a_batch_and_gives_it_in_order(void **unused)
{
	struct fixture *f = buddy_with(1);
	int32_t batch = zone_now(f, 1)->pcp[0].batch;

	(void)unused;
	assert_int_equal(fixture_alloc(f, 0, USER, 0).v, DMA_FRAMES);
	assert_int_equal(zone_now(f, 1)->pcp[0].count, batch - 1);
	assert_int_equal(fixture_alloc(f, 0, USER, 0).v, DMA_FRAMES + 1);
	/* orders above 0 get a batch that is as many times smaller, but two blocks at least */
	fixture_alloc(f, 0, USER, 3);
	assert_int_equal(zone_now(f, 1)->pcp[0].lists[3 * 3 + MIGRATE_MOVABLE].count, 1);
	assert_int_equal(f->work.count[WORK_zone_lock], 2);
	fixture_destroy(f);
}

static void the_page_freed_last_is_had_first(void **unused)
{
	struct fixture *f = buddy_with(1);
	pfn_t a = fixture_alloc(f, 0, USER, 0);
	pfn_t b = fixture_alloc(f, 0, USER, 0);

	(void)unused;
	fixture_free(f, 0, b, 0);
	fixture_free(f, 0, a, 0);
	assert_int_equal(fixture_alloc(f, 0, USER, 0).v, a.v);
	assert_int_equal(fixture_alloc(f, 0, USER, 0).v, b.v);
	fixture_destroy(f);
}

/* A full list is drained by a batch, and by twice as much each time while nothing is taken. */
static void frees_in_a_row_drain_more_and_more(void **unused)
{
	struct fixture *f = buddy_with(1);
	const struct pcp_state *pcp = &zone_now(f, 1)->pcp[0];
	int32_t batch = pcp->batch, high = pcp->high;
	static pfn_t pages[4096];
	size_t freed = 0;

	(void)unused;
	for (size_t i = 0; i < 4096; i++)
		pages[i] = fixture_alloc(f, 0, USER, 0);
	while (zone_now(f, 1)->pcp[0].free_factor == 0)
		fixture_free(f, 0, pages[freed++], 0);
	assert_int_equal(zone_now(f, 1)->pcp[0].count, high - batch);
	for (int32_t i = 0; i < batch; i++)
		fixture_free(f, 0, pages[freed++], 0);
	assert_int_equal(zone_now(f, 1)->pcp[0].count, high - 2 * batch);
	assert_int_equal(zone_now(f, 1)->pcp[0].free_factor, 2);
	fixture_alloc(f, 0, USER, 0);
	assert_int_equal(zone_now(f, 1)->pcp[0].free_factor, 1);
	f->policy->drain(f->state, 0);
	assert_int_equal(zone_now(f, 1)->pcp[0].count, 0);
	fixture_destroy(f);
}

/* An interrupt that finds the lists taken goes straight to the zone. */
static void busy_lists_are_passed_by(void **unused)
{
	struct fixture *f = buddy_with(1);
	struct request r = fixture_request(0, USER, 0);
	pfn_t page = fixture_alloc(f, 0, USER, 0);
	int32_t count = zone_now(f, 1)->pcp[0].count;
	size_t free_blocks = zone_now(f, 1)->free[0][MIGRATE_MOVABLE].count;

	(void)unused;
	r.flags = REQUEST_PCP_BUSY;
	f->policy->free(f->state, &r, page);
	assert_int_equal(zone_now(f, 1)->pcp[0].count, count);
	assert_int_equal(zone_now(f, 1)->free[0][MIGRATE_MOVABLE].count, free_blocks + 1);
	assert_int_equal(f->policy->alloc(f->state, &r).v, page.v);
	assert_int_equal(zone_now(f, 1)->pcp[0].count, count);
	fixture_destroy(f);
}

static void cpus_have_lists_of_their_own(void **unused)
{
	struct fixture *f = buddy_with(2);
	pfn_t page = fixture_alloc(f, 0, USER, 0);
	int32_t left = zone_now(f, 1)->pcp[0].count;

	(void)unused;
	fixture_free(f, 1, page, 0);
	assert_int_equal(zone_now(f, 1)->pcp[0].count, left);
	assert_int_equal(zone_now(f, 1)->pcp[1].count, 1);
	assert_int_equal(fixture_alloc(f, 1, USER, 0).v, page.v);
	fixture_destroy(f);
}

static void what_is_not_allocated_is_not_freed(void **unused)
{
	struct fixture *f = buddy_with(1);
	pfn_t page = fixture_alloc(f, 0, GFP_MASK_KERNEL, 4);
	uint64_t free_frames;

	(void)unused;
	fixture_free(f, 0, page, 4);
	free_frames = fixture_free_frames(f);
	fixture_free(f, 0, page, 4);                            /* twice */
	fixture_free(f, 0, (pfn_t){ page.v + 16 }, 4);          /* never had */
	fixture_free(f, 0, (pfn_t){ 3 }, 0);                    /* reserved */
	fixture_free(f, 0, (pfn_t){ MEMORY >> PAGE_SHIFT }, 0); /* beyond the end */
	fixture_free(f, 0, (pfn_t){ page.v + 1 }, 4);           /* no block starts there */
	assert_int_equal(f->work.count[WORK_bad_page], 5);
	assert_int_equal(fixture_free_frames(f), free_frames);
	fixture_check(f);
	fixture_destroy(f);
}

static void an_allocation_may_come_back_in_parts(void **unused)
{
	struct fixture *f = buddy_with(1);
	uint64_t free_frames = fixture_free_frames(f);
	pfn_t huge = fixture_alloc(f, 0, USER, 10);
	pfn_t pages[8];

	(void)unused;
	fixture_free(f, 0, (pfn_t){ huge.v + 512 }, 9);
	for (uint32_t i = 0; i < 512; i++) {
		fixture_free(f, 0, (pfn_t){ huge.v + i }, 0);
		fixture_check(f);
	}
	assert_int_equal(fixture_free_frames(f), free_frames);
	f->policy->drain(f->state, 0);
	/* and pages that were had one by one come back as the block that they make up */
	for (uint32_t i = 0; i < 8; i++)
		pages[i] = fixture_alloc(f, 0, USER, 0);
	assert_int_equal(pages[7].v, pages[0].v + 7);
	fixture_free(f, 0, pages[0], 3);
	assert_int_equal(f->work.count[WORK_bad_page], 0);
	assert_int_equal(fixture_free_frames(f), free_frames);
	fixture_check(f);
	fixture_destroy(f);
}

static uint64_t take_all(struct fixture *f, uint32_t gfp, uint8_t flags)
{
	struct request r = fixture_request(0, gfp, 4);
	uint64_t blocks = 0;

	r.flags = flags;
	while (!pfn_is_none(f->policy->alloc(f->state, &r)))
		blocks++;
	return blocks;
}

static uint64_t free_of_type(const struct zone_state *z, unsigned type)
{
	uint64_t frames = 0;

	for (unsigned order = 0; order < PAGE_ORDERS_MAX; order++)
		frames += (uint64_t)z->free[order][type].count << order;
	return frames;
}

/* Each may go deeper than the one before, and who frees memory may have all there is. */
static void reserves_are_for_those_who_may_have_them(void **unused)
{
	struct fixture *f = buddy_with(1);
	const struct zone_state *z;

	(void)unused;
	assert_true(take_all(f, GFP_MASK_KERNEL, 0) > 0);
	z = zone_now(f, 1);
	assert_in_range(z->nr_free, z->watermark_min, z->watermark_min + z->watermark_boost + 64);
	assert_int_equal(take_all(f, GFP_MASK_KERNEL, 0), 0);
	assert_true(take_all(f, GFP_MASK_KERNEL | GFP_BIT_HIGH, 0) > 0);
	assert_true(take_all(f, GFP_MASK_ATOMIC, 0) > 0);
	assert_int_equal(take_all(f, GFP_MASK_ATOMIC, 0), 0);
	assert_true(take_all(f, GFP_MASK_KERNEL, REQUEST_RECLAIMING) > 0);
	/* but what is reserved for atomic requests */
	z = zone_now(f, 1);
	assert_in_range(z->nr_free - (int64_t)free_of_type(z, MIGRATE_HIGHATOMIC), 0, 31);
	fixture_destroy(f);
}

static void dma_memory_is_kept_for_those_who_need_it(void **unused)
{
	struct fixture *f = buddy_with(1);
	uint64_t reserve = zone_now(f, 0)->lowmem_reserve[2];
	const struct zone_state *dma;

	(void)unused;
	assert_true(reserve > 0);
	take_all(f, GFP_MASK_KERNEL, 0);
	dma = zone_now(f, 0);
	assert_true((uint64_t)dma->nr_free > dma->watermark_min + reserve - 32);
	assert_true(fixture_alloc(f, 0, GFP_MASK_KERNEL | GFP_BIT_DMA, 4).v < DMA_FRAMES);
	fixture_destroy(f);
}

static void atomic_blocks_get_a_pageblock_of_their_own(void **unused)
{
	struct fixture *f = buddy_with(1);
	pfn_t page;

	(void)unused;
	take_all(f, GFP_MASK_KERNEL, 0);
	page = fixture_alloc(f, 0, GFP_MASK_ATOMIC, 4);
	assert_false(pfn_is_none(page));
	assert_int_equal(pageblock_type_of(f, page.v), MIGRATE_HIGHATOMIC);
	assert_int_equal(zone_now(f, page.v >= DMA_FRAMES)->nr_highatomic, PAGEBLOCK);
	fixture_destroy(f);
}

struct woken {
	uint64_t calls, token;
};

static void note_woken(void *engine, enum defer_target target, uint32_t node, uint32_t cpu,
		       uint64_t token)
{
	struct woken *w = engine;

	assert_int_equal(target, DEFER_PAGE);
	assert_int_equal(node, 0);
	assert_int_equal(cpu, 0);
	*w = (struct woken){ w->calls + 1, token };
}

/* Taking from another type's pageblock raises the watermarks until kswapd has run. */
static void mixing_pageblocks_boosts_watermarks_until_kswapd_runs(void **unused)
{
	struct woken woken = { 0 };
	struct fixture *f = buddy_new(1);

	(void)unused;
	f->services.wake_thread = note_woken;
	f->services.engine = &woken;
	f->work.price_ps[WORK_reclaim_pass] = 1000;
	fixture_start(f);
	/* only a part of the last pageblock is left, so that it has to be shared */
	while (zone_now(f, 1)->nr_free > PAGEBLOCK - 64)
		fixture_alloc(f, 0, USER, 4);
	assert_int_equal(woken.calls, 0);
	fixture_alloc(f, 0, GFP_MASK_KERNEL, 4);
	assert_true(zone_now(f, 1)->watermark_boost > 0);
	assert_int_equal(woken.calls, 1);
	assert_int_equal(f->policy->thread_needs(f->state, woken.token), 1);
	f->policy->expire(f->state, woken.token, 0);
	assert_int_equal(zone_now(f, 1)->watermark_boost, 0);
	fixture_destroy(f);
}

static void a_drain_that_nobody_asked_for_is_followed_once(void **unused)
{
	struct fixture *f = buddy_with(1);
	pfn_t page = fixture_alloc(f, 0, USER, 0);
	struct page_assist drain = { .kind = ASSIST_DRAIN, .pfn = page };
	int32_t count;

	(void)unused;
	fixture_free(f, 0, page, 0);
	count = zone_now(f, 1)->pcp[0].count;
	assert_true(f->policy->assist(f->state, &drain));
	assert_int_equal(zone_now(f, 1)->pcp[0].count, count - 1);
	assert_false(f->policy->assist(f->state, &drain));
	fixture_destroy(f);
}

static void rotations_cut_a_list_where_they_say(void **unused)
{
	struct fixture *f = buddy_with(1);
	uint32_t first = DMA_FRAMES, step = 1024;
	struct page_assist rotate = { .kind = ASSIST_ROTATE_HEAD,
				      .pfn = { first + 2 * step },
				      .order = 10 };
	const struct pfn_list *list = &zone_now(f, 1)->free[10][MIGRATE_MOVABLE];
	size_t count = list->count;

	(void)unused;
	assert_true(f->policy->assist(f->state, &rotate));
	list = &zone_now(f, 1)->free[10][MIGRATE_MOVABLE];
	assert_int_equal(list->pfn[0], first + 2 * step);
	assert_int_equal(list->pfn[count - 1], first + step);
	rotate.kind = ASSIST_ROTATE_TAIL;
	rotate.pfn.v = first + 4 * step;
	assert_true(f->policy->assist(f->state, &rotate));
	list = &zone_now(f, 1)->free[10][MIGRATE_MOVABLE];
	assert_int_equal(list->pfn[0], first + 5 * step);
	assert_int_equal(list->pfn[count - 1], first + 4 * step);
	assert_int_equal(list->count, count);
	fixture_destroy(f);
}

static void isolated_blocks_are_gone_until_they_are_freed(void **unused)
{
	struct fixture *f = buddy_with(1);
	uint64_t free_frames = fixture_free_frames(f);
	struct page_assist isolate = { .kind = ASSIST_ISOLATE, .pfn = { DMA_FRAMES }, .order = 10 };

	(void)unused;
	assert_true(f->policy->assist(f->state, &isolate));
	assert_false(f->policy->assist(f->state, &isolate));
	assert_int_equal(fixture_free_frames(f), free_frames - 1024);
	fixture_free(f, 0, (pfn_t){ DMA_FRAMES + 7 }, 0);
	fixture_check(f);
	assert_int_equal(fixture_free_frames(f), free_frames - 1023);
	fixture_destroy(f);
}

/* From a buddy list, from a per-cpu list, and for a block too large for one. */
static void what_was_given_may_be_exchanged_for_what_is_free(void **unused)
{
	struct fixture *f = buddy_with(2);
	struct request user = { .gfp = USER, .migratetype = MIGRATE_MOVABLE, .node = -1 };
	pfn_t given = fixture_alloc(f, 0, USER, 0), other = fixture_alloc(f, 1, USER, 0);
	struct page_assist frame = { .kind = ASSIST_FRAME,
				     .value = given.v,
				     .pfn = { DMA_FRAMES + 4000 },
				     .request = &user };
	uint64_t free_frames = fixture_free_frames(f);

	(void)unused;
	assert_true(f->policy->assist(f->state, &frame));
	assert_int_equal(fixture_free_frames(f), free_frames);
	assert_int_equal(fixture_alloc(f, 0, USER, 0).v, given.v);
	/* in use: given away already, or nobody's but the other CPU's */
	frame.value = given.v;
	assert_false(f->policy->assist(f->state, &frame));
	frame.pfn = other;
	assert_false(f->policy->assist(f->state, &frame));
	/* free on the other CPU's list */
	fixture_free(f, 1, other, 0);
	assert_true(f->policy->assist(f->state, &frame));
	fixture_check(f);
	assert_int_equal(fixture_alloc(f, 0, USER, 0).v, given.v);
	assert_int_not_equal(fixture_alloc(f, 1, USER, 0).v, other.v);
	free_frames = fixture_free_frames(f);
	frame.order = user.order = 5;
	frame.value = fixture_alloc(f, 0, USER, 5).v;
	frame.pfn.v = DMA_FRAMES + 8192 + 32;
	assert_true(f->policy->assist(f->state, &frame));
	fixture_check(f);
	fixture_free(f, 0, frame.pfn, 5);
	assert_int_equal(fixture_free_frames(f), free_frames);
	fixture_destroy(f);
}

static void refills_wait_for_their_events_when_these_are_told(void **unused)
{
	struct fixture *f = buddy_with(2);
	struct page_assist told = { .kind = ASSIST_TOLD, .value = 1u << ASSIST_REFILL };
	struct page_assist refill = {
		.kind = ASSIST_REFILL, .cpu = 1, .value = MIGRATE_MOVABLE, .pfn = { DMA_FRAMES }
	};

	(void)unused;
	f->policy->assist(f->state, &told);
	assert_true(f->policy->assist(f->state, &refill));
	assert_false(f->policy->assist(f->state, &refill));
	/* CPU 0 asks first, but CPU 1 had the lock first */
	assert_true(fixture_alloc(f, 0, USER, 0).v > DMA_FRAMES);
	assert_int_equal(fixture_alloc(f, 1, USER, 0).v, DMA_FRAMES);
	fixture_destroy(f);
}

static void zone_locks_are_locks_of_the_machine(void **unused)
{
	struct fixture *f = buddy_new(2);
	struct error err = { 0 };
	struct lock_stats stats;

	(void)unused;
	f->clock.locks = lock_table_create(1, &err);
	assert_non_null(f->clock.locks);
	fixture_start(f);
	assert_int_equal(lock_count(f->clock.locks), 2);
	fixture_alloc(f, 0, USER, 4);
	fixture_alloc(f, 1, USER, 4);
	stats = lock_stats(f->clock.locks, (lock_id){ 1 });
	assert_string_equal(stats.name, "zone->lock DMA32");
	assert_int_equal(stats.acquisitions, 2);
	lock_table_destroy(f->clock.locks);
	fixture_destroy(f);
}

static void without_grouping_all_pageblocks_are_alike(void **unused)
{
	struct fixture *f = buddy_new(1);
	uint32_t pfn;

	(void)unused;
	fixture_set(f, "page_group_by_mobility", "false");
	fixture_start(f);
	pfn = fixture_alloc(f, 0, USER, 4).v;
	assert_int_equal(fixture_alloc(f, 0, GFP_MASK_KERNEL, 4).v, pfn + 16);
	assert_int_equal(pageblock_type_of(f, pfn), MIGRATE_UNMOVABLE);
	fixture_destroy(f);
}

static const struct zone_counts *counts_now(struct fixture *f, unsigned zone)
{
	static struct page_counts counts;

	fixture_check(f);
	f->policy->counts(f->state, &counts);
	return &counts.zones[zone];
}

/* A page that leaves its LRU list can no longer be moved. */
static void pageblocks_are_mixed_while_strangers_live_in_them(void **unused)
{
	struct fixture *f = buddy_with(1);
	struct page_assist lru = { .kind = ASSIST_LRU, .value = 0 };
	pfn_t user = fixture_alloc(f, 0, USER, 4);

	(void)unused;
	assert_int_equal(counts_now(f, 1)->pageblocks_mixed[MIGRATE_MOVABLE], 0);
	lru.pfn = user;
	assert_true(f->policy->assist(f->state, &lru));
	assert_int_equal(counts_now(f, 1)->pageblocks_mixed[MIGRATE_MOVABLE], 1);
	lru.value = 1;
	assert_true(f->policy->assist(f->state, &lru));
	assert_int_equal(counts_now(f, 1)->pageblocks_mixed[MIGRATE_MOVABLE], 0);
	lru.value = 0;
	assert_true(f->policy->assist(f->state, &lru));
	fixture_free(f, 0, user, 4);
	assert_int_equal(counts_now(f, 1)->pageblocks_mixed[MIGRATE_MOVABLE], 0);
	fixture_destroy(f);
}

static void without_grouping_user_pages_mix_pageblocks(void **unused)
{
	struct fixture *f = buddy_new(1);
	pfn_t user;

	(void)unused;
	fixture_set(f, "page_group_by_mobility", "false");
	fixture_start(f);
	fixture_alloc(f, 0, GFP_MASK_KERNEL, 4);
	assert_int_equal(counts_now(f, 1)->pageblocks_mixed[MIGRATE_UNMOVABLE], 0);
	user = fixture_alloc(f, 0, USER, 4);
	assert_int_equal(counts_now(f, 1)->pageblocks_mixed[MIGRATE_UNMOVABLE], 1);
	fixture_free(f, 0, user, 4);
	assert_int_equal(counts_now(f, 1)->pageblocks_mixed[MIGRATE_UNMOVABLE], 0);
	fixture_destroy(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_fresh_machine_has_its_blocks_in_address_order),
		cmocka_unit_test(a_split_leaves_upper_halves_at_the_heads),
		cmocka_unit_test(a_block_that_may_merge_soon_goes_to_the_tail),
		cmocka_unit_test(another_type_takes_the_largest_block_and_its_pageblock),
		cmocka_unit_test(a_refill_takes_a_batch_and_gives_it_in_order),
		cmocka_unit_test(the_page_freed_last_is_had_first),
		cmocka_unit_test(frees_in_a_row_drain_more_and_more),
		cmocka_unit_test(busy_lists_are_passed_by),
		cmocka_unit_test(cpus_have_lists_of_their_own),
		cmocka_unit_test(what_is_not_allocated_is_not_freed),
		cmocka_unit_test(an_allocation_may_come_back_in_parts),
		cmocka_unit_test(reserves_are_for_those_who_may_have_them),
		cmocka_unit_test(dma_memory_is_kept_for_those_who_need_it),
		cmocka_unit_test(atomic_blocks_get_a_pageblock_of_their_own),
		cmocka_unit_test(mixing_pageblocks_boosts_watermarks_until_kswapd_runs),
		cmocka_unit_test(a_drain_that_nobody_asked_for_is_followed_once),
		cmocka_unit_test(rotations_cut_a_list_where_they_say),
		cmocka_unit_test(isolated_blocks_are_gone_until_they_are_freed),
		cmocka_unit_test(what_was_given_may_be_exchanged_for_what_is_free),
		cmocka_unit_test(refills_wait_for_their_events_when_these_are_told),
		cmocka_unit_test(zone_locks_are_locks_of_the_machine),
		cmocka_unit_test(without_grouping_all_pageblocks_are_alike),
		cmocka_unit_test(pageblocks_are_mixed_while_strangers_live_in_them),
		cmocka_unit_test(without_grouping_user_pages_mix_pageblocks),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
