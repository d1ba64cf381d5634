/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Recorded facts for the page policy, each where its assist is allowed. */
#ifndef SLABYARD_MACHINE_PAGE_FACTS_H
#define SLABYARD_MACHINE_PAGE_FACTS_H

#include "machine/machine.h"

/* Before the first record: which facts the policy is going to be told. */
void page_facts_begin(struct machine *m);
int page_fact(struct machine *m, const struct record *r);
/* The record as a fact for the page allocator, without its value. */
/*
 * Assist resync: the policy exchanges the frame that it gave (or PFN_NONE) for the recorded one.
 * Returns the frame that the allocation has from now on; the policy's own where the recorded one
 * is in use in this run.
 */
pfn_t page_fact_resync(struct machine *m, const struct record *r, const struct request *request,
		       pfn_t given);
struct page_assist page_fact_of(const struct machine *m, const struct record *r);
/* What is known of the task that makes a page request, as enum request_flags. */
uint8_t page_fact_flags(struct machine *m, const struct record *r);

#endif
