/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vm/page_table.h"

#include <stdlib.h>

#include "core/host_memory.h"

struct table {
	pfn_t pfn;
	union {
		uint64_t entries[TABLE_ENTRIES];     /* of the lowest level */
		struct table *tables[TABLE_ENTRIES]; /* of the others */
	};
};

/* Pages that one entry of a table at this level stands for; the lowest level is 0. */
static uint64_t span(int level)
{
	return UINT64_C(1) << (level * TABLE_BITS);
}

static unsigned index_of(uint64_t page, int level)
{
	return (unsigned)(page >> (level * TABLE_BITS)) % TABLE_ENTRIES;
}

static struct table *table_make(struct page_table *t)
{
	pfn_t pfn;

	if (!t->source.alloc(t->source.context, &pfn))
		return NULL;
	struct table *table = host_memory_need(calloc(1, sizeof(*table)), "page tables");

	table->pfn = pfn;
	t->tables++;
	return table;
}

static void table_free(struct page_table *t, struct table *table)
{
	t->source.free(t->source.context, table->pfn);
	t->tables--;
	if (table == t->last)
		t->last = NULL;
	free(table);
}

static uint64_t *note_last(struct page_table *t, struct table *table, uint64_t page)
{
	t->last = table;
	t->last_page = page & ~(uint64_t)(TABLE_ENTRIES - 1);
	return &table->entries[index_of(page, 0)];
}

static bool is_last(const struct page_table *t, uint64_t page)
{
	return t->last && page - t->last_page < TABLE_ENTRIES;
}

uint64_t *page_table_find(struct page_table *t, uint64_t page)
{
	struct table *table = t->root;

	if (is_last(t, page))
		return &t->last->entries[index_of(page, 0)];
	for (int level = TABLE_LEVELS - 1; table && level > 0; level--)
		table = table->tables[index_of(page, level)];
	return table ? note_last(t, table, page) : NULL;
}

uint64_t *page_table_make(struct page_table *t, uint64_t page)
{
	struct table **link = &t->root;

	if (is_last(t, page))
		return &t->last->entries[index_of(page, 0)];
	for (int level = TABLE_LEVELS - 1;; level--) {
		if (!*link)
			*link = table_make(t);
		if (!*link)
			return NULL;
		if (level == 0)
			return note_last(t, *link, page);
		link = &(*link)->tables[index_of(page, level)];
	}
}

struct range {
	uint64_t first, end;
	void (*visit)(void *context, uint64_t page, uint64_t *entry);
	void *context;
};

/* `base` is the first page that the table stands for. */
static void visit_table(const struct range *r, struct table *table, int level, uint64_t base)
{
	const uint64_t step = span(level);
	const uint64_t from = r->first > base ? (r->first - base) / step : 0;

	for (uint64_t i = from; i < TABLE_ENTRIES && base + i * step < r->end; i++) {
		if (level == 0 && table->entries[i])
			r->visit(r->context, base + i, &table->entries[i]);
		else if (level > 0 && table->tables[i])
			visit_table(r, table->tables[i], level - 1, base + i * step);
	}
}

void page_table_visit(struct page_table *t, uint64_t first, uint64_t end,
		      void (*visit)(void *context, uint64_t page, uint64_t *entry), void *context)
{
	const struct range range = { first, end, visit, context };

	if (t->root && first < end)
		visit_table(&range, t->root, TABLE_LEVELS - 1, 0);
}

static void visit_tables(const struct table *table, int level,
			 void (*visit)(void *context, pfn_t pfn), void *context)
{
	visit(context, table->pfn);
	for (unsigned i = 0; level > 0 && i < TABLE_ENTRIES; i++)
		if (table->tables[i])
			visit_tables(table->tables[i], level - 1, visit, context);
}

void page_table_visit_tables(const struct page_table *t, void (*visit)(void *context, pfn_t pfn),
			     void *context)
{
	if (t->root)
		visit_tables(t->root, TABLE_LEVELS - 1, visit, context);
}

struct prune {
	struct page_table *t;
	uint64_t first, end, floor, ceiling;
};

static void prune_table(const struct prune *p, struct table **link, int level, uint64_t base)
{
	const uint64_t step = span(level);
	const uint64_t from = p->first > base ? (p->first - base) / step : 0;

	for (uint64_t i = from; level > 0 && i < TABLE_ENTRIES && base + i * step < p->end; i++)
		if ((*link)->tables[i])
			prune_table(p, &(*link)->tables[i], level - 1, base + i * step);
	if (level == TABLE_LEVELS - 1 || base < p->floor ||
	    base + TABLE_ENTRIES * step > p->ceiling)
		return;
	table_free(p->t, *link);
	*link = NULL;
}

void page_table_prune(struct page_table *t, uint64_t first, uint64_t end, uint64_t floor,
		      uint64_t ceiling)
{
	const struct prune prune = { t, first, end, floor, ceiling };

	if (t->root)
		prune_table(&prune, &t->root, TABLE_LEVELS - 1, 0);
}

static void free_level(struct page_table *t, struct table *table, int level)
{
	for (unsigned i = 0; level > 0 && i < TABLE_ENTRIES; i++)
		if (table->tables[i])
			free_level(t, table->tables[i], level - 1);
	table_free(t, table);
}

void page_table_free(struct page_table *t)
{
	if (t->root)
		free_level(t, t->root, TABLE_LEVELS - 1);
	t->root = NULL;
}
