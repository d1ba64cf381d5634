/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the kernel maps physical memory, inferred from pages and the objects in them. */
#ifndef SLABYARD_IMPORT_DIRECT_MAP_H
#define SLABYARD_IMPORT_DIRECT_MAP_H

#include <stdbool.h>
#include <stdint.h>

enum {
	DIRECT_MAP_RECENT = 32,     /* pages remembered; seen: an object follows within 11 lines */
	DIRECT_MAP_CANDIDATES = 16, /* bases voted for; false votes scatter */
	DIRECT_MAP_SURE = 8,        /* votes that decide at once */
};

struct direct_map {
	uint64_t base; /* 0: not known */
	struct {
		uint64_t pfn;
		unsigned order;
	} recent[DIRECT_MAP_RECENT];
	unsigned recent_next;
	struct {
		uint64_t base;
		unsigned votes;
	} candidates[DIRECT_MAP_CANDIDATES];
	unsigned candidate_count;
};

void direct_map_saw_page(struct direct_map *map, uint64_t pfn, unsigned order);
/* An object's address; may decide the base. */
void direct_map_saw_object(struct direct_map *map, uint64_t address);
/* Decides by the votes there are; false when none leads. */
bool direct_map_decide(struct direct_map *map);

#endif
