/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the numbers in records stand for, collected while reading: tasks, call sites, caches and
 * origins. Caches are told apart by name where events carry one, else by call site with offset,
 * bytes_req and bytes_alloc until a free of one of their objects names them. An origin enters the
 * trace's definitions only when the first record that uses it leaves the window, so that a cache
 * named in the meantime appears under its name.
 */
#ifndef SLABYARD_IMPORT_NAMES_H
#define SLABYARD_IMPORT_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "core/definitions.h"
#include "import/head.h"

/* "None" among call sites and caches, and the result of every call that ran out of memory. */
#define NAMES_NONE UINT32_MAX

/* An origin as events tell it; hashed as bytes, so it has no padding. */
struct raw_origin {
	uint32_t call_site; /* names_call_site, or NAMES_NONE */
	uint32_t cache;     /* names_cache_*, or NAMES_NONE */
	uint32_t gfp;
	uint32_t bytes_alloc;
	uint32_t align;
	int16_t node;
	uint8_t order;
	uint8_t migratetype;
	uint16_t accounted;
	uint16_t own; /* of the recorded slab allocator itself (import/own_traffic.h) */
};

_Static_assert(sizeof(struct raw_origin) == 28, "an origin is hashed as bytes");

struct names;

struct names *names_create(struct definition_table *table, struct error *err);
void names_destroy(struct names *names);

/* Index of the task in the definitions; *process gets the number of its address space. */
uint32_t names_task(struct names *names, const struct line_head *head, uint32_t *process,
		    struct error *err);

/* "function+0x1f/0x80" is kept as "function+0x1f". */
uint32_t names_call_site(struct names *names, const char *text, size_t length, struct error *err);

/* Flags in 6.1's bits; names that 6.1 does not have are added to *unknown. */
uint32_t names_gfp(struct names *names, const char *text, size_t length, uint64_t *unknown,
		   struct error *err);

/* The cache of that name; sizes are 0 where the event does not tell them. */
uint32_t names_cache_named(struct names *names, const char *name, size_t length,
			   uint32_t object_size, uint32_t size, struct error *err);
/* The cache that this call site allocates from, by these sizes. */
uint32_t names_cache_at_site(struct names *names, uint32_t call_site, uint32_t object_size,
			     uint32_t size, struct error *err);
/* Everything is known about a cache: kmem_cache_create was seen. */
uint32_t names_cache_define(struct names *names, const struct cache_def *def, struct error *err);
/*
 * An object of `cache`, unnamed so far, was freed as one of `name`. Returns 0; 1 when the cache has
 * another name already; -1 with *err.
 */
int names_cache_tell(struct names *names, uint32_t cache, const char *name, size_t length,
		     struct error *err);

uint32_t names_origin(struct names *names, const struct raw_origin *raw, struct error *err);
/* A free of what `allocation` made, from the site of `free` (NAMES_NONE: a made-up free). */
uint32_t names_origin_of_free(struct names *names, uint32_t free, uint32_t allocation,
			      struct error *err);
/* The same origin as the recorded slab allocator's own. */
uint32_t names_origin_own(struct names *names, uint32_t raw_origin, struct error *err);
bool names_origin_is_own(const struct names *names, uint32_t raw_origin);
/* NAMES_NONE where none is told. */
uint32_t names_origin_call_site(const struct names *names, uint32_t raw_origin);
const char *names_call_site_text(const struct names *names, uint32_t call_site);
bool names_origin_has_cache(const struct names *names, uint32_t raw_origin);
uint32_t names_origin_gfp(const struct names *names, uint32_t raw_origin);
/* Index in the definitions of what names_origin returned; it is added at the first call. */
uint32_t names_origin_index(struct names *names, uint32_t raw_origin, struct error *err);

#endif
