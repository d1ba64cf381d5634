/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * kswapd as the page allocator sees it: woken by who finds a zone short or its watermarks boosted,
 * it runs once and takes the boosts back. Reference: wakeup_kswapd() and balance_pgdat() of
 * mm/vmscan.c.
 */
#include "page/buddy.h"

static bool boosted(const struct buddy *b, uint32_t node)
{
	for (uint32_t zone = 0; zone < b->zone_count; zone++) {
		if (b->zones[zone].node == node && b->zones[zone].boost)
			return true;
	}
	return false;
}

void kswapd_wake(struct buddy *b, const struct request *request)
{
	uint32_t node = request->node < 0 ? 0 : (uint32_t)request->node;

	if (b->kswapd_woken || b->kswapd_told || !b->services->defer || !boosted(b, node))
		return;
	b->kswapd_woken = true;
	services_defer(b->services, DEFER_PAGE, request->time_ns, node);
}

bool kswapd_run(struct buddy *b, uint32_t node)
{
	bool was_boosted = boosted(b, node);

	for (uint32_t zone = 0; zone < b->zone_count; zone++) {
		if (b->zones[zone].node == node)
			b->zones[zone].boost = 0;
	}
	return was_boosted;
}

void kswapd_expire(void *state, uint64_t token, uint64_t now_ns)
{
	struct buddy *b = state;

	(void)now_ns;
	b->kswapd_woken = false;
	kswapd_run(b, (uint32_t)token);
}
