/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What machine/blame.h found, as tables of the result. */
#ifndef SLABYARD_MACHINE_BLAME_TABLES_H
#define SLABYARD_MACHINE_BLAME_TABLES_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct machine;
struct blame_tables;

/* Frames of a pageblock by what they are. */
struct blame_block {
	uint32_t free, pcp, movable, unmovable, reserved;
	uint8_t migratetype;
};

/* All that one holder has in one pageblock. */
struct blame_pin {
	uint32_t block, holder;
	uint64_t allocations, bytes;
	uint64_t oldest_ns, newest_ns; /* when they were made, UINT64_MAX: before the start */
	uint32_t oldest_task;          /* who made the oldest */
};

struct blame_map {
	unsigned order; /* of the blocks that are told of */
	size_t count, pin_count;
	struct blame_block *blocks; /* by number */
	struct blame_pin *pins;     /* in any order */
};

struct blame_tables *blame_tables_open(struct machine *m, struct error *err);
void blame_tables_close(struct blame_tables *tables);
/* Sorts the pins by block and holder. */
int blame_tables_write(struct blame_tables *tables, struct blame_map *map, uint64_t snapshot,
		       struct error *err);

/* The configured order of blocks (blame.order), by default that of pageblocks. */
unsigned blame_order(const struct machine *m);

#endif
