/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The caches that a recording's merged ones hide. An allocation belongs to the cache that its call
 * site allocates from, as the trace or --caches tells: by the site with its offset; where that is
 * not known, by its function, if that has one cache; else by the recorded name, if a cache of that
 * name is known; else it is taken as recorded.
 */
#ifndef SLABYARD_MACHINE_TRUE_CACHES_H
#define SLABYARD_MACHINE_TRUE_CACHES_H

#include "base/error.h"
#include "core/definitions.h"

struct true_caches;

/* How an origin's cache was found. */
enum true_cache_rule {
	TRUE_CACHE_BY_SITE,
	TRUE_CACHE_BY_FUNCTION,
	TRUE_CACHE_BY_NAME,
	TRUE_CACHE_UNKNOWN, /* taken as recorded */
	TRUE_CACHE_RULES
};

/*
 * path: a map or any trace, NULL: what `trace` tells itself. *out is NULL where nothing is told,
 * and recorded caches stand for themselves.
 */
int true_caches_open(struct true_caches **out, const char *path, const struct definitions *trace,
		     struct error *err);
void true_caches_close(struct true_caches *caches);

/* All that is told: caches and sites. */
const struct definitions *true_caches_definitions(const struct true_caches *caches);
uint32_t true_caches_count(const struct true_caches *caches);
const struct cache_def *true_caches_at(const struct true_caches *caches, uint32_t index);

/* The cache of that name of which all is known, or CACHE_NONE. */
cache_id true_caches_named(const struct true_caches *caches, const char *name);

/*
 * Index of the cache that allocations of this origin are from, which was recorded as `recorded`;
 * CACHE_NONE: as recorded.
 */
cache_id true_caches_of(const struct true_caches *caches, const struct origin_def *origin,
			const struct cache_def *recorded, enum true_cache_rule *rule);

#endif
