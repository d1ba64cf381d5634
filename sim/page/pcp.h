/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lists of free pages that belong to a CPU: refilled from the buddy lists and drained to them in
 * batches. Reference: rmqueue_pcplist(), free_unref_page(), drain_pages() of mm/page_alloc.c.
 */
#ifndef SLABYARD_PAGE_PCP_H
#define SLABYARD_PAGE_PCP_H

#include "page/buddy.h"

bool pcp_allows(const struct buddy *b, unsigned order);
/* rmqueue_pcplist(): UINT32_MAX when the zone has nothing. */
uint32_t pcp_take(struct buddy *b, uint32_t zone, const struct request *request,
		  unsigned migratetype, unsigned alloc_flags);
/* free_unref_page() once the pcp lock is had. */
void pcp_put(struct buddy *b, uint32_t zone, const struct request *request, uint32_t pfn);
/* drain_pages_zone() */
void pcp_drain(struct buddy *b, uint32_t zone, uint32_t cpu, uint32_t running_cpu);
/* drain_pages() */
void pcp_drain_cpu(struct buddy *b, uint32_t cpu, uint32_t running_cpu);
/* Takes one block off whichever CPU's list it is on and frees it. False: on none. */
bool pcp_drain_block(struct buddy *b, uint32_t zone, uint32_t cpu, uint32_t pfn, unsigned order);
/* Takes it off whichever CPU's list it is on. False: on none. */
bool pcp_take_block(struct buddy *b, uint32_t zone, uint32_t pfn, unsigned order);
/* What the request got goes to where the next one like it takes from; nothing is drained for it. */
void pcp_put_back(struct buddy *b, uint32_t zone, const struct request *request, uint32_t pfn);
/* ASSIST_LOCK_ORDER: the drain that was decided on this CPU takes place. False: none was. */
bool pcp_drain_decided(struct buddy *b, uint32_t zone, uint32_t cpu);
/* And the refill that an allocation on this CPU will be found to have made. */
bool pcp_refill_told(struct buddy *b, uint32_t zone, uint32_t cpu, unsigned order,
		     unsigned migratetype);
/* False: a refill now would get another block than pfn after `nth` others. */
bool pcp_refill_is_due(const struct buddy *b, uint32_t zone, const struct page_assist *block);
/* The zone that has been refilled for this request already, or UINT32_MAX. */
uint32_t pcp_refilled_zone(const struct buddy *b, const struct request *request,
			   unsigned migratetype);
void pcp_append(struct buddy *b, uint32_t zone, uint32_t cpu, unsigned index, uint32_t pfn);
uint32_t pcp_at(const struct buddy *b, uint32_t zone, uint32_t cpu, unsigned index, uint32_t i);
unsigned pcp_list_order(const struct buddy *b, unsigned index);
/* The sets of the zones in b->zones, without lists. */
int pcp_create(struct buddy *b, struct error *err);
/*
 * The lists of a zone's sets, empty: with room for what the sets' figures, which are set, let them
 * grow to, and for `held` blocks that a state has on one.
 */
int pcp_make_room(struct buddy *b, uint32_t zone, size_t held, struct error *err);

#endif
