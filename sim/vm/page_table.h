/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A process's page tables as x86-64 has them: four levels of tables with 512 entries, each of them
 * a page. An entry is a frame with flags, 0: nothing is there.
 */
#ifndef SLABYARD_VM_PAGE_TABLE_H
#define SLABYARD_VM_PAGE_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/ids.h"

enum {
	PTE_OWN = 1,  /* a frame of the process's own */
	PTE_ZERO = 2, /* the zero page, which reads are given */
	PTE_COW = 4,  /* own, but others may have it too: copied at the next write */
	PTE_PFN_SHIFT = 8,
};

enum { TABLE_BITS = 9, TABLE_ENTRIES = 1 << TABLE_BITS, TABLE_LEVELS = 4 };

struct table;

/* Where the tables themselves lie. */
struct table_source {
	bool (*alloc)(void *context, pfn_t *pfn);
	void (*free)(void *context, pfn_t pfn);
	void *context;
};

struct page_table {
	struct table *root;
	struct table *last; /* the lowest table that was met last */
	uint64_t last_page; /* its first page */
	uint64_t tables;
	struct table_source source;
};

static inline pfn_t pte_pfn(uint64_t entry)
{
	return (pfn_t){ (uint32_t)(entry >> PTE_PFN_SHIFT) };
}

static inline uint64_t pte_of(pfn_t pfn, unsigned flags)
{
	return (uint64_t)pfn.v << PTE_PFN_SHIFT | flags;
}

/* The page's entry; NULL: no table reaches there. Pages are addresses >> PAGE_SHIFT. */
uint64_t *page_table_find(struct page_table *t, uint64_t page);

/* The same, with tables made that are missing; NULL: there was no memory for one. */
uint64_t *page_table_make(struct page_table *t, uint64_t page);

/* Every entry in [first, end) that is not 0, in order; visit may change it. */
void page_table_visit(struct page_table *t, uint64_t first, uint64_t end,
		      void (*visit)(void *context, uint64_t page, uint64_t *entry), void *context);

/* Every table's own frame. */
void page_table_visit_tables(const struct page_table *t, void (*visit)(void *context, pfn_t pfn),
			     void *context);

/*
 * Frees the tables in [first, end) that serve only pages in [floor, ceiling), where nothing is
 * mapped any more (mm/memory.c, free_pgtables). Their entries are 0.
 */
void page_table_prune(struct page_table *t, uint64_t first, uint64_t end, uint64_t floor,
		      uint64_t ceiling);

/* All tables, whatever is in them. */
void page_table_free(struct page_table *t);

#endif
