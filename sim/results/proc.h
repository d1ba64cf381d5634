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
#include "results/proc_counts.h"

/* counts->zones are printed as they stand: a node's zones together. Errors stay in out (ferror). */
void proc_write_buddyinfo(FILE *out, const struct page_counts *counts);
void proc_write_pagetypeinfo(FILE *out, const struct page_counts *counts);
/* A node's zones lowest first, those without memory too. Without per-cpu lists: no pagesets. */
void proc_write_zoneinfo(FILE *out, const struct proc_counts *counts);
void proc_write_vmstat(FILE *out, const struct proc_counts *counts);
void proc_write_meminfo(FILE *out, const struct proc_counts *counts);
void proc_write_slabinfo_header(FILE *out);
void proc_write_slabinfo_line(FILE *out, const struct cache_counts *counts);

#endif
