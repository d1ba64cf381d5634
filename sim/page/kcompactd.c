/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The thread that compacts in the background: for a request that was turned away or whose
 * pageblocks were mixed, and by itself when memory is in pieces. Reference: wakeup_kcompactd(),
 * kcompactd_do_work() and proactive compaction of mm/compaction.c.
 */
#include "core/jiffies.h"
#include "page/buddy.h"
#include "page/compact.h"
#include "page/pcp.h"

enum { STARTED_MS = 244 }; /* after boot: when the recorded kernels started the thread */

static bool of_node(const struct buddy *b, uint32_t zone, uint32_t node, unsigned highest_type)
{
	return b->zones[zone].node == node && b->zones[zone].type <= highest_type;
}

/* kcompactd_node_suitable() */
static bool suitable(const struct buddy *b, uint32_t node)
{
	const struct page_node *n = &b->nodes[node];

	for (uint32_t zone = 0; zone < b->zone_count; zone++) {
		if (of_node(b, zone, node, n->kcompactd_type) &&
		    compact_suitable(b, zone, (int)n->kcompactd_order, 0, n->kcompactd_type) ==
			    COMPACT_CONTINUE)
			return true;
	}
	return false;
}

void kcompactd_wake(struct buddy *b, uint32_t node, unsigned order, unsigned highest_type,
		    uint32_t cpu)
{
	struct page_node *n = &b->nodes[node];

	if (!order || !b->params.compaction || buddy_told(b, ASSIST_ISOLATE))
		return;
	if (n->kcompactd_order < order)
		n->kcompactd_order = order;
	if (n->kcompactd_type > highest_type)
		n->kcompactd_type = highest_type;
	if (n->kcompactd_runnable || !suitable(b, node))
		return;
	n->kcompactd_runnable = true;
	page_thread_wake(b, PAGE_THREAD_KCOMPACTD, node, cpu);
}

static void compact_one(struct buddy *b, struct compact_control *cc)
{
	struct work *work = b->services->work;
	enum compact_result result;

	if (compact_deferred(b, cc->zone, cc->order) ||
	    compact_suitable(b, cc->zone, cc->order, 0, b->zones[cc->zone].type) !=
		    COMPACT_CONTINUE)
		return;
	result = compact_zone_run(b, cc);
	if (result == COMPACT_SUCCESS) {
		compact_defer_reset(b, cc->zone, cc->order, false);
	} else if (result == COMPACT_PARTIAL_SKIPPED || result == COMPACT_COMPLETE) {
		for (uint32_t cpu = 0; cpu < b->cpus; cpu++)
			pcp_drain(b, cc->zone, cpu, cc->cpu);
		compact_defer(b, cc->zone, cc->order);
	}
	vm_event_count(work, VM_compact_daemon_migrate_scanned, cc->migrate_scanned);
	vm_event_count(work, VM_compact_daemon_free_scanned, cc->free_scanned);
}

/* kcompactd_do_work() */
static void do_work(struct buddy *b, uint32_t node, uint32_t cpu)
{
	struct page_node *n = &b->nodes[node];
	struct compact_control cc = {
		.order = (int)n->kcompactd_order,
		.search_order = (int)n->kcompactd_order,
		.highest_type = n->kcompactd_type,
		.mode = MIGRATE_SYNC_LIGHT,
		.gfp = GFP_MASK_KERNEL,
		.cpu = cpu,
	};

	vm_event_count(b->services->work, VM_compact_daemon_wake, 1);
	for (cc.zone = 0; cc.zone < b->zone_count; cc.zone++) {
		if (of_node(b, cc.zone, node, cc.highest_type))
			compact_one(b, &cc);
	}
	if (n->kcompactd_order <= (unsigned)cc.order)
		n->kcompactd_order = 0;
	if (n->kcompactd_type >= cc.highest_type)
		n->kcompactd_type = ZONE_TYPES - 1;
}

/* fragmentation_score_node() */
static uint64_t score(const struct buddy *b, uint32_t node)
{
	uint64_t present = 0, sum = 0;

	for (uint32_t zone = 0; zone < b->zone_count; zone++)
		present += b->zones[zone].node == node ? b->zones[zone].present : 0;
	for (uint32_t zone = 0; zone < b->zone_count; zone++) {
		const struct buddy_zone *z = &b->zones[zone];
		if (z->node == node)
			sum += (uint64_t)z->present * compact_extfrag(b, zone, HUGE_PAGE_ORDER) /
			       (present + 1);
	}
	return sum;
}

static bool should_be_proactive(const struct buddy *b, uint32_t node)
{
	uint64_t proactiveness = b->params.compaction_proactiveness;
	uint64_t low = proactiveness < 95 ? 100 - proactiveness : 5;
	uint64_t high = low + 10 < 100 ? low + 10 : 100;

	return proactiveness && b->nodes[node].state != KSWAPD_RUNNABLE && score(b, node) > high;
}

/* proactive_compact_node() */
static void be_proactive(struct buddy *b, uint32_t node, uint32_t cpu)
{
	struct compact_control cc = {
		.order = COMPACT_ORDER_ALL,
		.mode = MIGRATE_SYNC_LIGHT,
		.ignore_skip_hint = true,
		.whole_zone = true,
		.gfp = GFP_MASK_KERNEL,
		.proactive = true,
		.cpu = cpu,
	};

	for (cc.zone = 0; cc.zone < b->zone_count; cc.zone++) {
		if (b->zones[cc.zone].node == node)
			compact_zone_run(b, &cc);
	}
}

/* HPAGE_FRAG_CHECK_INTERVAL_MSEC */
static uint64_t interval(const struct buddy *b)
{
	return services_hz(b->services) / 2;
}

/* The jiffy that the run begins in, and where the first timeout falls. */
static uint64_t first_timeout(const struct buddy *b, uint64_t *now)
{
	uint64_t hz = services_hz(b->services), boot = jiffies_initial(hz);
	uint64_t expiry = jiffies_after_boot(hz, STARTED_MS);

	if (b->jiffies < expiry) {
		*now = boot;
		return jiffies_timer(boot, boot + interval(b));
	}
	*now = b->jiffies;
	while (expiry <= *now)
		expiry = jiffies_timer(expiry, expiry + interval(b));
	return expiry;
}

static void set_timeout(struct buddy *b, uint32_t node, uint64_t when_ns)
{
	struct page_node *n = &b->nodes[node];

	if (b->params.compaction && b->params.compaction_proactiveness)
		page_thread_defer(b, PAGE_THREAD_PROACTIVE, node, ++n->kcompactd_timer, when_ns);
}

void kcompactd_begin(struct buddy *b, uint32_t node, uint64_t now_ns)
{
	uint64_t now, expiry;

	if (!b->params.compaction)
		return;
	expiry = first_timeout(b, &now);
	b->begin_ns = now_ns;
	b->begin_jiffies = now;
	set_timeout(b, node, now_ns + (expiry - now) * jiffies_ns(services_hz(b->services)));
}

static void sleep_until_asked(struct buddy *b, uint32_t node, uint64_t now_ns, bool deferred)
{
	uint64_t tick_ns = jiffies_ns(services_hz(b->services));
	uint64_t now = b->begin_jiffies + (now_ns - b->begin_ns) / tick_ns;
	uint64_t delta = deferred ? interval(b) << COMPACT_MAX_DEFER_SHIFT : interval(b);

	set_timeout(b, node,
		    b->begin_ns + (jiffies_timer(now, now + delta) - b->begin_jiffies) * tick_ns);
}

/* Proactive compaction: true when that has got it nowhere. */
static bool look_around(struct buddy *b, uint32_t node, uint32_t cpu)
{
	uint64_t before = score(b, node);

	if (!should_be_proactive(b, node))
		return false;
	be_proactive(b, node, cpu);
	return score(b, node) >= before;
}

void kcompactd_run(struct buddy *b, uint32_t node, uint32_t cpu, uint64_t now_ns)
{
	struct page_node *n = &b->nodes[node];
	bool in_vain = false;

	work_count_n(b->services->work, WORK_context_switch, 2);
	n->kcompactd_runnable = false;
	if (n->kcompactd_order)
		do_work(b, node, cpu);
	else
		in_vain = look_around(b, node, cpu);
	sleep_until_asked(b, node, now_ns, in_vain);
}

void kcompactd_timeout(struct buddy *b, uint32_t node, uint32_t timer, uint32_t cpu,
		       uint64_t now_ns)
{
	struct page_node *n = &b->nodes[node];

	if (timer != n->kcompactd_timer || n->kcompactd_runnable)
		return;
	if (buddy_told(b, ASSIST_ISOLATE)) {
		sleep_until_asked(b, node, now_ns, false);
		return;
	}
	n->kcompactd_runnable = true;
	page_thread_wake(b, PAGE_THREAD_KCOMPACTD, node, cpu);
}
