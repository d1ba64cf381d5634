/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/blame_tables.h"

#include <stdio.h>
#include <stdlib.h>

#include "machine/machine.h"

enum { PIN_COLUMNS = 8, BLOCK_COLUMNS = 8, STATE_COLUMNS = 6, ZONE_TITLE_MAX = 32 };

enum block_state { BLOCK_FREE, BLOCK_FREEABLE, BLOCK_HELD, BLOCK_RESERVED, BLOCK_STATES };

/* Pageblocks of a zone. */
struct zone_states {
	char title[ZONE_TITLE_MAX];
	uint32_t start, end;
	uint64_t blocks[BLOCK_STATES];
};

struct blame_tables {
	struct machine *m;
	struct result_table *pins, *blocks, *states;
	struct page_counts counts;
	struct zone_states zones[PAGE_ZONES_MAX];
};

static int open_pins(struct blame_tables *t, struct error *err)
{
	const struct result_column columns[PIN_COLUMNS] = {
		{ .name = "snapshot",
		  .unit = "1",
		  .long_name = "row of /snapshots/taken",
		  .type = RESULT_U64 },
		{ .name = "pageblock",
		  .unit = "page",
		  .long_name = "first frame of the pageblock",
		  .type = RESULT_U64 },
		{ .name = "holder",
		  .unit = "1",
		  .long_name = "row of /events/pin_holders",
		  .type = RESULT_U64 },
		{ .name = "allocations",
		  .unit = "1",
		  .long_name = "live allocations in the pageblock",
		  .type = RESULT_U64 },
		{ .name = "bytes",
		  .unit = "bytes",
		  .long_name = "what they take",
		  .type = RESULT_U64 },
		{ .name = "age_ns_oldest",
		  .unit = "ns",
		  .long_name = "age of the oldest; the largest number: before the start",
		  .type = RESULT_U64 },
		{ .name = "age_ns_newest",
		  .unit = "ns",
		  .long_name = "age of the newest; the largest number: before the start",
		  .type = RESULT_U64 },
		{ .name = "tid",
		  .unit = "1",
		  .long_name = "thread that made the oldest, 0: not known",
		  .type = RESULT_U64 },
	};
	t->pins = t->m->sink_ops->table(t->m->sink, "/events/pins", columns, PIN_COLUMNS, err);
	return t->pins ? 0 : -1;
}

static int open_blocks(struct blame_tables *t, struct error *err)
{
#define FRAMES(name, text)                                                                         \
	{                                                                                          \
		name, "page", text, RESULT_U64, 0,                                                 \
		{                                                                                  \
			NULL                                                                       \
		}                                                                                  \
	}
	const struct result_column columns[BLOCK_COLUMNS] = {
		{ .name = "snapshot",
		  .unit = "1",
		  .long_name = "row of /snapshots/taken",
		  .type = RESULT_U64 },
		FRAMES("pageblock", "first frame of the pageblock"),
		{ .name = "migratetype",
		  .unit = "1",
		  .long_name = "of the pageblock's last managed frames",
		  .type = RESULT_U64 },
		FRAMES("free", "frames in the free lists"),
		FRAMES("pcp", "frames on per-cpu lists"),
		FRAMES("movable", "frames in use that could be moved away"),
		FRAMES("unmovable", "frames in use that could not"),
		FRAMES("reserved", "frames that boot kept"),
	};
	t->blocks = t->m->sink_ops->table(t->m->sink, "/snapshots/pageblocks", columns,
					  BLOCK_COLUMNS, err);
	return t->blocks ? 0 : -1;
}

static int open_states(struct blame_tables *t, struct error *err)
{
	const struct result_column columns[STATE_COLUMNS] = {
		{ .name = "snapshot",
		  .unit = "1",
		  .long_name = "row of /snapshots/taken",
		  .type = RESULT_U64 },
		{ .name = "zone", .unit = "", .long_name = "node and zone", .type = RESULT_TEXT },
		FRAMES("free", "wholly free"),
		FRAMES("freeable", "all that is in use can be moved away"),
		FRAMES("held", "by at least one page that cannot be moved"),
		FRAMES("reserved", "boot kept a part"),
	};
#undef FRAMES
	t->states = t->m->sink_ops->table(t->m->sink, "/snapshots/pageblock_states", columns,
					  STATE_COLUMNS, err);
	return t->states ? t->m->sink_ops->attribute_u64(t->m->sink, "/snapshots/pageblock_states",
							 "order", blame_order(t->m), err)
			 : -1;
}

unsigned blame_order(const struct machine *m)
{
	struct page_counts counts = { 0 };

	if (m->blame_params->order)
		return (unsigned)m->blame_params->order;
	m->page->counts(m->page_state, &counts);
	return counts.pageblock_order;
}

static void describe_zones(struct blame_tables *t)
{
	t->m->page->counts(t->m->page_state, &t->counts);
	for (uint32_t i = 0; i < t->counts.zone_count; i++) {
		const struct zone_counts *from = &t->counts.zones[i];
		struct zone_states *zone = &t->zones[i];
		snprintf(zone->title, sizeof(zone->title), "node %u %s", from->node, from->name);
		zone->start = from->start_pfn;
		zone->end = from->start_pfn + from->spanned;
	}
}

struct blame_tables *blame_tables_open(struct machine *m, struct error *err)
{
	struct blame_tables *t = calloc(1, sizeof(*t));

	if (!t) {
		error_set(err, ERROR_RUN, "no memory for what holds pageblocks");
		return NULL;
	}
	t->m = m;
	describe_zones(t);
	if (open_pins(t, err) == 0 && open_blocks(t, err) == 0 && open_states(t, err) == 0)
		return t;
	blame_tables_close(t);
	return NULL;
}

void blame_tables_close(struct blame_tables *t)
{
	free(t);
}

static enum block_state state_of(const struct blame_block *b)
{
	if (b->reserved)
		return BLOCK_RESERVED;
	if (b->unmovable)
		return BLOCK_HELD;
	return b->pcp || b->movable ? BLOCK_FREEABLE : BLOCK_FREE;
}

/* Holes, and what lies beyond the last zone, will never be free either. */
static void count_missing(struct blame_map *map)
{
	for (size_t i = 0; i < map->count; i++) {
		struct blame_block *b = &map->blocks[i];
		uint32_t known = b->free + b->pcp + b->movable + b->unmovable + b->reserved;
		if (known)
			b->reserved += (1u << map->order) - known;
	}
}

/* Nobody walks what lies outside all zones, or a policy that places nothing. */
static bool is_known(const struct blame_block *b)
{
	return b->free || b->pcp || b->movable || b->unmovable || b->reserved;
}

/* The first zone that has a part of the block: zones need not begin and end with one. */
static void count_state(struct blame_tables *t, uint64_t pfn, uint64_t end, enum block_state state)
{
	for (uint32_t i = 0; i < t->counts.zone_count; i++)
		if (end > t->zones[i].start && pfn < t->zones[i].end) {
			t->zones[i].blocks[state]++;
			return;
		}
}

static int write_block(struct blame_tables *t, uint64_t snapshot, uint64_t pfn,
		       const struct blame_block *b, struct error *err)
{
	const uint64_t cells[BLOCK_COLUMNS] = { snapshot, pfn,        b->migratetype, b->free,
						b->pcp,   b->movable, b->unmovable,   b->reserved };
	const void *row[BLOCK_COLUMNS];

	for (size_t i = 0; i < BLOCK_COLUMNS; i++)
		row[i] = &cells[i];
	return t->m->sink_ops->table_append(t->blocks, row, err);
}

static int write_blocks(struct blame_tables *t, const struct blame_map *map, uint64_t snapshot,
			struct error *err)
{
	for (size_t i = 0; i < map->count; i++) {
		const struct blame_block *b = &map->blocks[i];
		enum block_state state = state_of(b);
		uint64_t pfn = (uint64_t)i << map->order;
		if (!is_known(b))
			continue;
		count_state(t, pfn, pfn + (1u << map->order), state);
		if (state != BLOCK_FREE && write_block(t, snapshot, pfn, b, err) != 0)
			return -1;
	}
	return 0;
}

static int write_states(struct blame_tables *t, uint64_t snapshot, struct error *err)
{
	for (uint32_t i = 0; i < t->counts.zone_count; i++) {
		const struct zone_states *z = &t->zones[i];
		const void *const row[STATE_COLUMNS] = { &snapshot,
							 z->title,
							 &z->blocks[BLOCK_FREE],
							 &z->blocks[BLOCK_FREEABLE],
							 &z->blocks[BLOCK_HELD],
							 &z->blocks[BLOCK_RESERVED] };
		if (t->m->sink_ops->table_append(t->states, row, err) != 0)
			return -1;
	}
	return 0;
}

static int compare_pins(const void *a, const void *b)
{
	const struct blame_pin *x = a, *y = b;

	if (x->block != y->block)
		return x->block < y->block ? -1 : 1;
	return x->holder < y->holder ? -1 : x->holder > y->holder;
}

static uint64_t age_of(const struct machine *m, uint64_t made_ns)
{
	return made_ns == UINT64_MAX ? UINT64_MAX : m->time_ns - made_ns;
}

static int write_pin(struct blame_tables *t, const struct blame_map *map, const struct blame_pin *p,
		     uint64_t snapshot, struct error *err)
{
	const struct machine *m = t->m;
	bool known = p->oldest_ns != UINT64_MAX;
	const uint64_t cells[PIN_COLUMNS] = {
		snapshot,
		(uint64_t)p->block << map->order,
		p->holder,
		p->allocations,
		p->bytes,
		age_of(m, p->oldest_ns),
		age_of(m, p->newest_ns),
		known ? m->trace->definitions->tasks[p->oldest_task].tid : 0,
	};
	const void *row[PIN_COLUMNS];

	for (size_t i = 0; i < PIN_COLUMNS; i++)
		row[i] = &cells[i];
	return m->sink_ops->table_append(t->pins, row, err);
}

/* Nobody can help a block that boot keeps, so it is nobody's fault. */
static int write_pins(struct blame_tables *t, struct blame_map *map, uint64_t snapshot,
		      struct error *err)
{
	if (map->pin_count)
		qsort(map->pins, map->pin_count, sizeof(*map->pins), compare_pins);
	for (size_t i = 0; i < map->pin_count; i++)
		if (state_of(&map->blocks[map->pins[i].block]) == BLOCK_HELD &&
		    write_pin(t, map, &map->pins[i], snapshot, err) != 0)
			return -1;
	return 0;
}

int blame_tables_write(struct blame_tables *t, struct blame_map *map, uint64_t snapshot,
		       struct error *err)
{
	for (uint32_t i = 0; i < t->counts.zone_count; i++)
		for (unsigned state = 0; state < BLOCK_STATES; state++)
			t->zones[i].blocks[state] = 0;
	count_missing(map);
	if (write_blocks(t, map, snapshot, err) != 0 || write_states(t, snapshot, err) != 0)
		return -1;
	return write_pins(t, map, snapshot, err);
}
