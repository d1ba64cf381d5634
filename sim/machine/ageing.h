/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Start states that are aged: from the fresh machine, by allocations and frees through the page
 * allocator itself, until memory is as fragmented as is wanted. No list is written: every free
 * block has come about by splitting and merging, and the allocator's own lists, pageblock types and
 * watermarks are what such a life leaves.
 *
 * Towards a level (ageing_level.c): processes are born and die. A process is 16 to 8192 pages,
 * three quarters of them movable unless configured otherwise, and what it had goes when it dies but
 * for a tenth of what the kernel holds for it. They fill memory to age.peak, die down to age.used,
 * and then a twentieth of memory is born and dies in each round, until the unusable free space
 * index of the largest zone is what is wanted, or three times all memory has been had. What is
 * still missing comes of trades: a huge page is born for as many single pages that die here and
 * there, or all that is in a block of that size dies for as many single pages that are born.
 *
 * Towards a summary (ageing_summary.c), as /proc files or a recorded state give it: each zone is
 * filled with the large allocations that a recorded state has (/proc does not tell them), and as
 * much of each migratetype as its pageblocks of that type hold, churned, and then blocks of the
 * sizes that are wanted free are freed here and there, from the largest down, in pageblocks of
 * their type and where they do not merge.
 */
#ifndef SLABYARD_MACHINE_AGEING_H
#define SLABYARD_MACHINE_AGEING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/rng.h"
#include "core/page_state.h"

struct machine;

struct age_params {
	double used;    /* share of memory in use at the end */
	double movable; /* shares of what is allocated; the rest is unmovable */
	double reclaimable;
	double peak; /* share of memory in use at most before */
};

/* What came of it, for the result's provenance. */
struct ageing_report {
	int32_t wanted_index, reached_index; /* thousandths; wanted -1: a summary was */
	uint64_t allocations, frees;
	uint64_t used_pages;
	uint64_t blocks_wanted, blocks_off; /* summary: free blocks, and how many there are not */
};

/* Unusable free space index at the order of huge pages that a word or number names; false: none. */
bool ageing_level(const char *text, int32_t *thousandths);

/* Ages the machine's fresh page allocator. -1 with *err when memory of the host is spent. */
int ageing_to_level(struct machine *m, int32_t thousandths, uint64_t seed,
		    struct ageing_report *report, struct error *err);
int ageing_to_summary(struct machine *m, const struct page_state *wanted, uint64_t seed,
		      struct ageing_report *report, struct error *err);

#endif
