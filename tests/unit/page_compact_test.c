/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Compaction: pages move, blocks come of it, and what is in vain is left be for a while. */
#include "page_pressure.h"

enum {
	ORDER = 5,  /* a costly one */
	LISTED = 3, /* the lowest whose blocks tell where to look */
};

static pfn_t alloc_block(struct pressure *p, unsigned order)
{
	return fixture_alloc(p->f, 0, GFP_MASK_KERNEL, order);
}

/* Half of memory is free, in pieces of one page. */
static struct pressure *riddled(struct pressure *p)
{
	pressure_fill(p);
	pressure_riddle(p, 0);
	return p;
}

static void check_apart(const struct pressure *p, pfn_t block, unsigned order)
{
	static bool taken[PRESSURE_FRAMES];

	memset(taken, 0, sizeof(taken));
	for (uint32_t id = 1; id <= p->pages; id++) {
		uint32_t pfn = p->frame[id];
		if (!pfn)
			continue;
		assert_false(taken[pfn]);
		assert_false(pfn - block.v < 1u << order);
		taken[pfn] = true;
	}
}

static void blocks_are_made_of_pieces(void **unused)
{
	struct pressure *p = riddled(pressure_start());
	pfn_t block = alloc_block(p, ORDER);

	(void)unused;
	assert_false(pfn_is_none(block));
	assert_int_equal(block.v % (1 << ORDER), 0);
	check_apart(p, block, ORDER);
	assert_true(p->moved >= 1 << (ORDER - 1));
	assert_int_equal(pressure_event(p, VM_pgmigrate_success), p->moved);
	assert_int_equal(p->f->work.count[WORK_compact_page], p->moved);
	/* at first it may not touch the pageblocks of others */
	assert_int_equal(pressure_event(p, VM_compact_stall), 2);
	assert_int_equal(pressure_event(p, VM_compact_fail), 1);
	assert_int_equal(pressure_event(p, VM_compact_success), 1);
	assert_true(pressure_event(p, VM_compact_isolated) >= 2 * p->moved);
	assert_int_equal(pressure_event(p, VM_allocstall_normal), 1);
	/* pages that have moved can move again, and come back */
	while (!pfn_is_none(alloc_block(p, ORDER)))
		;
	for (uint32_t id = 1; id <= p->pages; id++)
		if (p->frame[id])
			pressure_free(p, id);
	pressure_destroy(p);
}

static void what_stays_where_it_is_is_told(void **unused)
{
	struct pressure *p = pressure_start();

	(void)unused;
	p->pinned = true;
	riddled(p);
	assert_true(pfn_is_none(alloc_block(p, ORDER)));
	assert_int_equal(p->moved, 0);
	assert_true(pressure_event(p, VM_compact_stall) > 0);
	assert_int_equal(pressure_event(p, VM_compact_fail), pressure_event(p, VM_compact_stall));
	assert_true(pressure_event(p, VM_compact_migrate_scanned) > 0);
	pressure_destroy(p);
}

/* After failures compaction is put off: each that failed doubles the number that is left out. */
static void failures_put_it_off(void **unused)
{
	enum { ATTEMPTS = 200 };
	struct pressure *p = pressure_start();
	int attempts;

	(void)unused;
	p->pinned = true;
	riddled(p);
	for (int i = 0; i < ATTEMPTS; i++)
		assert_true(pfn_is_none(alloc_block(p, ORDER)));
	assert_in_range(p->compactions, 12, ATTEMPTS / 5);
	/* until one comes to something */
	p->pinned = false;
	for (attempts = 0; pfn_is_none(alloc_block(p, ORDER)); attempts++)
		;
	assert_in_range(attempts, 1, 64);
	for (int i = 0; i < 10; i++)
		assert_false(pfn_is_none(alloc_block(p, ORDER)));
	pressure_destroy(p);
}

static void memory_that_is_too_little_is_not_compacted(void **unused)
{
	struct pressure *p = pressure_start();

	(void)unused;
	pressure_fill(p);
	assert_true(pfn_is_none(alloc_block(p, ORDER)));
	assert_int_equal(pressure_event(p, VM_compact_stall), 0);
	assert_int_equal(pressure_event(p, VM_compact_migrate_scanned), 0);
	pressure_destroy(p);
}

static void it_can_be_left_out(void **unused)
{
	struct pressure *p = pressure_new();

	(void)unused;
	fixture_set(p->f, "compaction", "false");
	fixture_start(p->f);
	riddled(p);
	assert_true(pfn_is_none(alloc_block(p, ORDER)));
	assert_int_equal(p->moved, 0);
	assert_int_equal(pressure_event(p, VM_compact_stall), 0);
	pressure_destroy(p);
}

/* Who may not wait wakes kcompactd, which makes what he did not get. */
static void kcompactd_makes_what_was_missing(void **unused)
{
	const uint32_t gfp = GFP_BIT_KSWAPD_RECLAIM | GFP_BIT_IO | GFP_BIT_FS;
	struct pressure *p = riddled(pressure_start());

	(void)unused;
	p->woken_count = 0;
	assert_true(pfn_is_none(fixture_alloc(p->f, 0, gfp, ORDER)));
	assert_int_equal(p->moved, 0);
	assert_true(p->woken_count > 0);
	while (pressure_run_threads(p, 1000))
		;
	assert_true(pressure_event(p, VM_compact_daemon_wake) > 0);
	assert_true(pressure_event(p, VM_compact_daemon_migrate_scanned) > 0);
	assert_true(p->moved > 0);
	assert_int_equal(pressure_event(p, VM_compact_stall), 0);
	assert_false(pfn_is_none(fixture_alloc(p->f, 0, gfp, ORDER)));
	pressure_destroy(p);
}

static struct pressure *begin_proactive(const char *proactiveness)
{
	struct pressure *p = pressure_new();

	fixture_set(p->f, "compaction_proactiveness", proactiveness);
	fixture_start(p->f);
	riddled(p);
	p->woken_count = p->timer_count = 0;
	p->f->policy->begin(p->f->state, 1000);
	return p;
}

/* The first look is half a second after the start, by a clock of 4 ms that rounds up by 8. */
static void memory_in_pieces_is_compacted_unasked(void **unused)
{
	struct pressure *p = begin_proactive("100");

	(void)unused;
	assert_int_equal(p->timer_count, 1);
	assert_in_range(p->timer_ns[0], 500000000, 600000000);
	p->f->policy->expire(p->f->state, p->timers[0], p->timer_ns[0]);
	assert_int_equal(p->moved, 0);
	assert_int_equal(pressure_run_threads(p, p->timer_ns[0]), 1);
	assert_true(p->moved > 0);
	assert_int_equal(pressure_event(p, VM_compact_daemon_wake), 0);
	/* and looks again */
	assert_int_equal(p->timer_count, 2);
	assert_true(p->timer_ns[1] > p->timer_ns[0]);
	pressure_destroy(p);
	/* at 0 there is no timer */
	p = begin_proactive("0");
	assert_int_equal(p->timer_count, 0);
	pressure_destroy(p);
}

/* What compaction looked at goes to the other end of its list, so that lists are not as before. */
static void searches_turn_free_lists(void **unused)
{
	struct pressure *p = pressure_start();
	struct page_state before = { 0 }, after = { 0 };
	struct error err = { 0 };

	(void)unused;
	p->pinned = true;
	pressure_fill(p);
	pressure_riddle(p, LISTED);
	assert_int_equal(p->f->policy->dump(p->f->state, &before, &err), 0);
	assert_true(pfn_is_none(fixture_alloc(p->f, 0, PRESSURE_USER, ORDER)));
	assert_int_equal(p->f->policy->dump(p->f->state, &after, &err), 0);
	const struct pfn_list *was = &before.zones[1].free[LISTED][MIGRATE_MOVABLE],
			      *is = &after.zones[1].free[LISTED][MIGRATE_MOVABLE];
	assert_int_equal(was->count, is->count);
	assert_memory_not_equal(was->pfn, is->pfn, was->count * sizeof(*was->pfn));
	page_state_free(&before);
	page_state_free(&after);
	pressure_destroy(p);
}

/* Pages on their way to an LRU list are put there before anything is looked for. */
static void pages_that_are_joining_a_list_can_move(void **unused)
{
	static const char *const kinds = "AaFsP";
	struct page_state state = { 0 };
	struct error err = { 0 };
	struct pressure *p = riddled(pressure_start());
	struct page_run *runs;
	uint32_t movable = 0;

	(void)unused;
	assert_int_equal(p->f->policy->dump(p->f->state, &state, &err), 0);
	pressure_destroy(p);
	p = pressure_start();
	runs = state.zones[1].runs;
	for (size_t i = 0; i < state.zones[1].run_count; i++) {
		if (runs[i].kind != 'A')
			continue;
		runs[i].kind = kinds[i % 5];
		movable += runs[i].kind != 'P' ? runs[i].count : 0;
	}
	assert_int_equal(p->f->policy->load(p->f->state, &state, &err), 0);
	page_state_free(&state);
	assert_int_equal(p->f->policy->dump(p->f->state, &state, &err), 0);
	for (size_t i = 0; i < state.zones[1].run_count; i++)
		if (state.zones[1].runs[i].kind == 'A')
			movable -= state.zones[1].runs[i].count;
	assert_int_equal(movable, 0);
	page_state_free(&state);
	pressure_destroy(p);
}

/* Blocks of a kernel that asks for all orders, under memory that is nearly full of user pages. */
struct blocks {
	struct block {
		uint32_t pfn;
		unsigned order;
	} list[4096];
	uint32_t count;
};

static void free_block(struct pressure *p, struct blocks *blocks, uint32_t i)
{
	struct block block = blocks->list[i];

	blocks->list[i] = blocks->list[--blocks->count];
	fixture_free(p->f, 0, (pfn_t){ block.pfn }, block.order);
}

static void ask(struct pressure *p, struct blocks *blocks, struct rng *rng)
{
	static const uint32_t gfps[] = { GFP_MASK_KERNEL, GFP_MASK_ATOMIC,
					 GFP_MASK_KERNEL | GFP_BIT_NORETRY,
					 GFP_MASK_KERNEL | GFP_BIT_RETRY_MAYFAIL,
					 GFP_MASK_KERNEL | GFP_BIT_RECLAIMABLE };
	unsigned order = (unsigned)rng_below(rng, 4) * (unsigned)rng_below(rng, 4);
	pfn_t pfn = fixture_alloc(p->f, 0, gfps[rng_below(rng, 5)], order);

	if (pfn_is_none(pfn))
		return;
	assert_true(blocks->count < 4096);
	blocks->list[blocks->count++] = (struct block){ pfn.v, order };
	check_apart(p, pfn, order);
}

static void random_load(uint64_t seed)
{
	struct pressure *p = pressure_start();
	static struct blocks blocks;
	struct rng *rng = rng_create(seed, "load");

	assert_non_null(rng);
	blocks.count = 0;
	pressure_fill(p);
	for (int i = 0; i < 20000; i++) {
		uint32_t id = 1 + (uint32_t)rng_below(rng, p->pages);
		p->timer_count = 0;
		if (p->frame[id])
			pressure_free(p, id);
		else if (rng_below(rng, 3))
			pressure_alloc(p, id, PRESSURE_USER);
		else if (rng_below(rng, 3))
			ask(p, &blocks, rng);
		else if (blocks.count)
			free_block(p, &blocks, (uint32_t)rng_below(rng, blocks.count));
		if (rng_below(rng, 8) == 0)
			pressure_run_threads(p, (uint64_t)i * 1000);
		if (i % 1000 == 0)
			fixture_check(p->f);
	}
	assert_true(p->moved > 1000);
	/* a pass ends with the first page that there is no room for */
	assert_true(pressure_event(p, VM_pgmigrate_fail) <= p->compactions);
	for (uint32_t id = 1; id <= p->pages; id++)
		if (p->frame[id])
			pressure_free(p, id);
	while (blocks.count)
		free_block(p, &blocks, 0);
	assert_int_equal(p->f->work.count[WORK_bad_page], 0);
	rng_destroy(rng);
	pressure_destroy(p);
}

static void under_random_load_every_page_stays_known(void **unused)
{
	(void)unused;
	for (uint64_t seed = 1; seed <= 12; seed++)
		random_load(seed);
}

/* Half a second later, which is rounded by the machine's clock: 50 jiffies of 10 ms, and one. */
static void kcompactd_looks_around_by_the_machines_clock(void **unused)
{
	struct pressure *p = pressure_new();

	(void)unused;
	p->f->services.hz = 100;
	fixture_start(p->f);
	p->f->policy->begin(p->f->state, 1000);
	assert_int_equal(p->timer_ns[0], 510001000);
	pressure_destroy(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_are_made_of_pieces),
		cmocka_unit_test(what_stays_where_it_is_is_told),
		cmocka_unit_test(failures_put_it_off),
		cmocka_unit_test(memory_that_is_too_little_is_not_compacted),
		cmocka_unit_test(it_can_be_left_out),
		cmocka_unit_test(kcompactd_makes_what_was_missing),
		cmocka_unit_test(memory_in_pieces_is_compacted_unasked),
		cmocka_unit_test(searches_turn_free_lists),
		cmocka_unit_test(pages_that_are_joining_a_list_can_move),
		cmocka_unit_test(under_random_load_every_page_stays_known),
		cmocka_unit_test(kcompactd_looks_around_by_the_machines_clock),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
