/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files in the kernel's own /proc formats, so that existing tools read simulated data. Formats:
 * mm/vmstat.c (frag_show, pagetypeinfo_show), mm/slab_common.c (slab_show, cache_show).
 */
#ifndef SLABYARD_RESULTS_PROC_H
#define SLABYARD_RESULTS_PROC_H

#include <stdio.h>

#include "core/page_state.h"
#include "core/slab_state.h"

/* counts->zones are printed as they stand: a node's zones together. Errors stay in out (ferror). */
void proc_write_buddyinfo(FILE *out, const struct page_counts *counts);
void proc_write_pagetypeinfo(FILE *out, const struct page_counts *counts);
/*
 * Zones that hold pages, with the fields that a page allocator's state tells. Left out are the
 * node's counters, the zone's nr_ ones but nr_free_pages (LRU lists, mlock, NUMA events), and
 * node_unreclaimable. A state without per-cpu lists has no pagesets.
 */
void proc_write_zoneinfo(FILE *out, const struct page_state *state);
void proc_write_slabinfo_header(FILE *out);
void proc_write_slabinfo_line(FILE *out, const struct cache_counts *counts);

#endif
