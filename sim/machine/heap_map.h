/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * /snapshots/heap: what each part of every heap and mapping of the C library is, at the start, the
 * marks and the end, as runs in address order; touched or not tells whether pages are there.
 * /snapshots/heap_kinds names the kinds, /snapshots/heap_bins the lists of free memory.
 */
#ifndef SLABYARD_MACHINE_HEAP_MAP_H
#define SLABYARD_MACHINE_HEAP_MAP_H

#include <stdint.h>

#include "base/error.h"

struct machine;
struct heap_map;

/* *out is NULL below libc level, or when the run writes no result; heap_map_take does nothing then.
 */
int heap_map_open(struct machine *m, struct heap_map **out, struct error *err);
void heap_map_close(struct heap_map *map);

/* Rows of all processes, under a snapshot's number. */
int heap_map_take(struct heap_map *map, struct machine *m, uint64_t snapshot, struct error *err);

#endif
