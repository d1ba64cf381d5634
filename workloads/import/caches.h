/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which kmem_cache an event speaks of; names.h says how they are told apart. */
#ifndef SLABYARD_IMPORT_CACHES_H
#define SLABYARD_IMPORT_CACHES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "core/definitions.h"

#define CACHES_NONE UINT32_MAX

struct caches;

struct caches *caches_create(struct definition_table *table, struct error *err);
void caches_destroy(struct caches *caches);

/* Numbers are the importer's own; CACHES_NONE with *err when memory is spent. */
uint32_t caches_named(struct caches *caches, const char *name, size_t length, uint32_t object_size,
		      uint32_t size, struct error *err);
uint32_t caches_at_site(struct caches *caches, const char *call_site, uint32_t object_size,
			uint32_t size, struct error *err);
uint32_t caches_define(struct caches *caches, const struct cache_def *def, struct error *err);

int caches_tell(struct caches *caches, uint32_t cache, const char *name, size_t length,
		struct error *err);

/* The cache that `cache` turned out to be, or itself. */
uint32_t caches_resolve(const struct caches *caches, uint32_t cache);
/* How many caches turned out to be another so far. */
uint32_t caches_merged(const struct caches *caches);
/* Index in the definitions; the first call adds the cache. */
uint32_t caches_index(struct caches *caches, uint32_t cache, struct error *err);

#endif
