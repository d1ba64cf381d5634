/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Hash map from a 64-bit key (a recorded pointer, a pfn) to a 32-bit number: linear probing over
 * one array, deletion shifts the cluster back, so there are no tombstones and a map that is filled
 * and emptied for ever stays fast.
 */
#ifndef SLABYARD_BASE_PTRMAP_H
#define SLABYARD_BASE_PTRMAP_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* "Not in the map"; cannot be stored. */
#define PTRMAP_NONE UINT32_MAX

struct ptrmap;

/* NULL and *err when memory is spent. */
struct ptrmap *ptrmap_create(struct error *err);
void ptrmap_destroy(struct ptrmap *map);

/* The key's value, or PTRMAP_NONE. */
uint32_t ptrmap_get(const struct ptrmap *map, uint64_t key);
/* Adds the key or replaces its value. -1 and *err when memory is spent; the map is as before. */
int ptrmap_put(struct ptrmap *map, uint64_t key, uint32_t value, struct error *err);
/*
 * Where the key's value stands, to be read and set until the next call; the key is put into the map
 * when it is not there, and the value is PTRMAP_NONE then: the caller sets it. NULL and *err when
 * memory is spent.
 */
uint32_t *ptrmap_at(struct ptrmap *map, uint64_t key, struct error *err);
/* Removes the key; its value, or PTRMAP_NONE when it was not there. */
uint32_t ptrmap_take(struct ptrmap *map, uint64_t key);

/* The key will be asked for soon: memory may be fetched. */
void ptrmap_expect(const struct ptrmap *map, uint64_t key);

size_t ptrmap_count(const struct ptrmap *map);

#endif
