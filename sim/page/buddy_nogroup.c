/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Policy `buddy-nogroup`: the buddy allocator as it was before Linux 2.6.24, which keeps no
 * pageblocks apart for what can be moved, and moves none. It is `buddy` with page_group_by_mobility
 * off, as Linux 6.1 turns it off on machines too small for it, and without compaction; a recorded
 * state's lists are joined by order.
 */
#include "page/buddy.h"

static void *nogroup_create(const struct page_machine *machine, const void *params,
			    const struct services *services, struct error *err)
{
	struct buddy_params nogroup = *(const struct buddy_params *)params;

	nogroup.page_group_by_mobility = false;
	nogroup.compaction = false;
	return buddy_create(machine, &nogroup, services, err);
}

const struct page_policy buddy_nogroup_page_policy = {
	.info = {
		.abi = POLICY_ABI,
		.name = "buddy-nogroup",
		.help = "buddy without grouping by mobility, as before Linux 2.6.24",
		.capabilities = POLICY_PLACES | POLICY_REUSES | POLICY_USES_RNG | POLICY_RESTORES,
		.options = buddy_options + BUDDY_OPTIONS_MOBILITY,
		.params_size = sizeof(struct buddy_params),
		.draws = buddy_draws,
	},
	.create = nogroup_create,
	.destroy = buddy_destroy,
	.alloc = buddy_alloc,
	.free = buddy_free,
	.alloc_bulk = buddy_alloc_bulk,
	.drain = buddy_drain,
	.begin = buddy_begin,
	.expire = buddy_expire,
	.thread_needs = buddy_thread_needs,
	.counts = buddy_counts,
	.load = buddy_load,
	.dump = buddy_dump,
	.walk = buddy_walk,
	.check = buddy_check,
};
