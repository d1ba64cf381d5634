/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * kswapd: woken by who finds a node short or its watermarks boosted, it reclaims until a zone is
 * balanced, and takes the boosts back. Reference: wakeup_kswapd(), balance_pgdat(), kswapd() of
 * mm/vmscan.c. When it gets a CPU is for the machine to say (services->wake_thread).
 */
#include "core/page_observer.h"
#include "core/reclaim_source.h"
#include "page/buddy.h"
#include "page/watermark.h"

static const uint64_t nap_ns = 100000000; /* HZ / 10 */

static bool of_node(const struct buddy *b, uint32_t zone, uint32_t node, unsigned highest_type)
{
	const struct buddy_zone *z = &b->zones[zone];

	return z->node == node && z->type <= highest_type && z->managed;
}

/* pgdat_balanced() */
static bool balanced(const struct buddy *b, uint32_t node, unsigned order, unsigned highest_type)
{
	bool any = false;

	for (uint32_t zone = 0; zone < b->zone_count; zone++) {
		const struct buddy_zone *z = &b->zones[zone];
		if (!of_node(b, zone, node, highest_type))
			continue;
		any = true;
		if (watermark_ok_safe(b, zone, order, (uint64_t)z->watermark[WMARK_HIGH] + z->boost,
				      highest_type))
			return true;
	}
	return !any;
}

/* pgdat_watermark_boosted() */
static bool boosted(const struct buddy *b, uint32_t node, unsigned highest_type)
{
	for (uint32_t zone = 0; zone < b->zone_count; zone++) {
		if (of_node(b, zone, node, highest_type) && b->zones[zone].boost)
			return true;
	}
	return false;
}

static bool hopeless(const struct buddy *b, uint32_t node)
{
	return b->nodes[node].failures >= RECLAIM_RETRIES_MAX;
}

void kswapd_wake(struct buddy *b, uint32_t node, uint32_t gfp, unsigned order,
		 unsigned highest_type, uint32_t cpu)
{
	struct page_node *n = &b->nodes[node];

	if (n->wanted_type == ZONE_TYPES || n->wanted_type < highest_type)
		n->wanted_type = highest_type;
	if (n->wanted_order < order)
		n->wanted_order = order;
	if (n->state == KSWAPD_RUNNABLE || buddy_told(b, ASSIST_KSWAPD))
		return;
	if (hopeless(b, node) ||
	    (balanced(b, node, order, highest_type) && !boosted(b, node, highest_type))) {
		if (!(gfp & GFP_BIT_DIRECT_RECLAIM))
			kcompactd_wake(b, node, order, highest_type, cpu);
		return;
	}
	n->woken_early = n->state == KSWAPD_NAPPING;
	n->state = KSWAPD_RUNNABLE;
	if (b->services->observer)
		b->services->observer->kswapd_woken(b->services->observer->context);
	page_thread_wake(b, PAGE_THREAD_KSWAPD, node, cpu);
}

static void set_reclaim_active(struct buddy *b, uint32_t node, unsigned highest_type, bool active)
{
	for (uint32_t zone = 0; zone < b->zone_count; zone++) {
		if (!of_node(b, zone, node, highest_type))
			continue;
		if (active)
			b->zones[zone].flags |= ZONE_RECLAIM_ACTIVE;
		else
			b->zones[zone].flags &= ~(uint32_t)ZONE_RECLAIM_ACTIVE;
	}
}

/* One run of balance_pgdat(). */
struct balance {
	uint32_t node, cpu;
	unsigned highest_type;
	unsigned order; /* falls to 0 when reclaim alone cannot make such a block */
	uint64_t now_ns;
	uint64_t boost; /* still to be reclaimed on account of boosts */
	uint64_t reclaimed;
	uint32_t zone_boosts[PAGE_ZONES_MAX];
};

static uint64_t note_boosts(const struct buddy *b, struct balance *r)
{
	for (uint32_t zone = 0; zone < b->zone_count; zone++) {
		r->zone_boosts[zone] =
			of_node(b, zone, r->node, r->highest_type) ? b->zones[zone].boost : 0;
		r->boost += r->zone_boosts[zone];
	}
	return r->boost;
}

/* kswapd_shrink_node(): true when it looked at as much as it wanted to reclaim. */
static bool shrink(struct buddy *b, struct balance *r, uint8_t priority, bool may_write,
		   uint64_t *reclaimed)
{
	struct reclaim_pass pass = {
		.request = { .gfp = GFP_MASK_KERNEL,
			     .order = (uint8_t)r->order,
			     .cpu = r->cpu,
			     .time_ns = r->now_ns,
			     .zone_hint = -1,
			     .node = (int16_t)r->node },
		.node = r->node,
		.highest_type = r->highest_type,
		.priority = priority,
		.kswapd = true,
		.may_write = may_write,
		.may_swap = !r->boost,
	};
	struct reclaim_progress progress;

	for (uint32_t zone = 0; zone < b->zone_count; zone++) {
		uint64_t high =
			(uint64_t)b->zones[zone].watermark[WMARK_HIGH] + b->zones[zone].boost;
		if (of_node(b, zone, r->node, r->highest_type))
			pass.wanted += high > SWAP_CLUSTER_MAX ? high : SWAP_CLUSTER_MAX;
	}
	progress = reclaim_node(b, &pass);
	r->reclaimed += progress.reclaimed;
	*reclaimed = progress.reclaimed;
	if (r->order && r->reclaimed >= (uint64_t)2 << r->order)
		r->order = 0;
	return progress.scanned >= pass.wanted;
}

/* Passes of rising priority; true when the node is balanced or need not be. */
static bool shrink_until_balanced(struct buddy *b, struct balance *r)
{
	uint8_t priority = RECLAIM_PRIORITY_FIRST;

	while (priority >= 1) {
		bool is_balanced = balanced(b, r->node, r->order, r->highest_type);
		uint64_t reclaimed;
		bool raise;
		if (!is_balanced && r->boost) {
			/* the boosts can wait, and go at the end all the same */
			r->boost = 0;
			priority = RECLAIM_PRIORITY_FIRST;
			continue;
		}
		if (!r->boost && is_balanced)
			return true;
		raise = !(r->boost && priority == RECLAIM_PRIORITY_FIRST - 2);
		if (shrink(b, r, priority, !r->boost || priority < RECLAIM_PRIORITY_FIRST - 2,
			   &reclaimed))
			raise = false;
		r->boost -= reclaimed < r->boost ? reclaimed : r->boost;
		if (r->boost && !reclaimed)
			break;
		if (raise || !reclaimed)
			priority--;
	}
	return false;
}

/* balance_pgdat(): the order that it ended with. */
static unsigned balance(struct buddy *b, struct balance *r)
{
	bool was_boosted = note_boosts(b, r) != 0;

	vm_event_count(b->services->work, VM_pageoutrun, 1);
	set_reclaim_active(b, r->node, r->highest_type, true);
	if (!shrink_until_balanced(b, r) && !r->reclaimed)
		b->nodes[r->node].failures++;
	set_reclaim_active(b, r->node, r->highest_type, false);
	if (!was_boosted)
		return r->order;
	for (uint32_t zone = 0; zone < b->zone_count; zone++) {
		uint32_t *boost = &b->zones[zone].boost;
		*boost -= *boost < r->zone_boosts[zone] ? *boost : r->zone_boosts[zone];
	}
	kcompactd_wake(b, r->node, b->pageblock_order, r->highest_type, r->cpu);
	return r->order;
}

/* The zone type to work for: the latest asked for, else that of the last time. */
static unsigned type_to_balance(const struct page_node *n)
{
	return n->wanted_type == ZONE_TYPES ? n->highest_type : n->wanted_type;
}

/* prepare_kswapd_sleep() */
static bool may_sleep(const struct buddy *b, uint32_t node)
{
	const struct page_node *n = &b->nodes[node];

	return hopeless(b, node) || balanced(b, node, n->reclaim_order, n->highest_type);
}

/* The first half of kswapd_try_to_sleep(): true when it has lain down. */
static bool nap(struct buddy *b, uint32_t node, uint32_t cpu, uint64_t now_ns)
{
	struct page_node *n = &b->nodes[node];

	if (!may_sleep(b, node)) {
		vm_event_count(b->services->work, VM_kswapd_high_wmark_hit_quickly, 1);
		return false;
	}
	compact_reset_node(b, node);
	kcompactd_wake(b, node, n->alloc_order, n->highest_type, cpu);
	n->state = KSWAPD_NAPPING;
	page_thread_defer(b, PAGE_THREAD_NAP, node, ++n->nap, now_ns + nap_ns);
	return true;
}

/* kswapd()'s loop, from a wake-up to the next nap. */
static void run(struct buddy *b, uint32_t node, uint32_t cpu, uint64_t now_ns)
{
	struct page_node *n = &b->nodes[node];

	do {
		struct balance r = { .node = node, .cpu = cpu, .now_ns = now_ns };
		n->alloc_order = n->wanted_order;
		n->highest_type = r.highest_type = type_to_balance(n);
		n->wanted_order = 0;
		n->wanted_type = ZONE_TYPES;
		r.order = n->alloc_order;
		n->reclaim_order = balance(b, &r);
		/* what it fell short of is for kcompactd to make */
		if (n->reclaim_order >= n->alloc_order) {
			n->alloc_order = n->reclaim_order = n->wanted_order;
			n->highest_type = type_to_balance(n);
		}
	} while (!nap(b, node, cpu, now_ns));
}

void kswapd_run(struct buddy *b, uint32_t node, uint32_t cpu, uint64_t now_ns)
{
	struct page_node *n = &b->nodes[node];

	work_count_n(b->services->work, WORK_context_switch, 2);
	if (n->woken_early) {
		vm_event_count(b->services->work, VM_kswapd_low_wmark_hit_quickly, 1);
		n->wanted_type = type_to_balance(n);
		if (n->wanted_order < n->reclaim_order)
			n->wanted_order = n->reclaim_order;
	}
	stat_threshold_press(b, node, true);
	run(b, node, cpu, now_ns);
}

void kswapd_nap_over(struct buddy *b, uint32_t node, uint32_t number, uint32_t cpu)
{
	struct page_node *n = &b->nodes[node];

	if (n->state != KSWAPD_NAPPING || n->nap != number)
		return;
	if (may_sleep(b, node)) {
		stat_threshold_press(b, node, false);
		n->state = KSWAPD_ASLEEP;
		return;
	}
	vm_event_count(b->services->work, VM_kswapd_high_wmark_hit_quickly, 1);
	n->state = KSWAPD_RUNNABLE;
	n->woken_early = false;
	page_thread_wake(b, PAGE_THREAD_KSWAPD, node, cpu);
}

uint64_t kswapd_needs(const struct buddy *b, uint32_t node)
{
	const struct page_node *n = &b->nodes[node];
	const uint32_t *price = b->services->work->price_ps;
	unsigned type = type_to_balance(n);
	uint64_t passes = 0;

	if (!balanced(b, node, n->wanted_order, type))
		passes = RECLAIM_PRIORITY_FIRST;
	else if (boosted(b, node, type))
		passes = 1;
	return (2 * (uint64_t)price[WORK_context_switch] + passes * price[WORK_reclaim_pass]) /
	       1000;
}

bool kswapd_run_told(struct buddy *b, uint32_t node)
{
	bool was_boosted = false;

	for (uint32_t zone = 0; zone < b->zone_count; zone++) {
		if (b->zones[zone].node != node)
			continue;
		was_boosted |= b->zones[zone].boost != 0;
		b->zones[zone].boost = 0;
	}
	return was_boosted;
}
