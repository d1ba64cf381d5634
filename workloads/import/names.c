/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tasks, call sites, gfp flags and origins; caches are in caches.c. */
#include "import/names.h"

#include <stdlib.h>
#include <string.h>

#include "core/gfp.h"
#include "import/caches.h"
#include "import/intern.h"

enum { COMM_MAX = 64 };

struct names {
	struct definition_table *table;
	struct caches *caches;
	struct intern *tasks;     /* tid, tgid and comm */
	struct intern *processes; /* tgid, or tid where no tgid is told */
	struct intern *call_sites;
	struct intern *gfp_texts;
	uint32_t *gfp; /* by number of text */
	size_t gfp_capacity;
	struct intern *origins;  /* struct raw_origin */
	struct intern *resolved; /* the same with their caches resolved: the definitions' own */
	uint32_t *origin_index;  /* index + 1 by number of raw origin; 0: not looked for yet */
	size_t origin_capacity;
	uint32_t merged; /* caches merged when origin_index was last cleared */
};

struct names *names_create(struct definition_table *table, struct error *err)
{
	struct names *n = calloc(1, sizeof(*n));
	if (!n) {
		error_set(err, ERROR_RUN, "no memory for the trace's names");
		return NULL;
	}
	n->table = table;
	n->caches = caches_create(table, err);
	n->tasks = intern_create(err);
	n->processes = intern_create(err);
	n->call_sites = intern_create(err);
	n->gfp_texts = intern_create(err);
	n->origins = intern_create(err);
	n->resolved = intern_create(err);
	if (!n->caches || !n->tasks || !n->processes || !n->call_sites || !n->gfp_texts ||
	    !n->origins || !n->resolved) {
		names_destroy(n);
		return NULL;
	}
	return n;
}

void names_destroy(struct names *n)
{
	if (!n)
		return;
	caches_destroy(n->caches);
	intern_destroy(n->tasks);
	intern_destroy(n->processes);
	intern_destroy(n->call_sites);
	intern_destroy(n->gfp_texts);
	intern_destroy(n->origins);
	intern_destroy(n->resolved);
	free(n->gfp);
	free(n->origin_index);
	free(n);
}

/* Makes *array hold at least `count` numbers, new ones 0. */
static int reserve(uint32_t **array, size_t *capacity, size_t count, struct error *err)
{
	if (count <= *capacity)
		return 0;
	size_t larger = *capacity ? 2 * *capacity : 64;
	while (larger < count)
		larger *= 2;
	uint32_t *grown = realloc(*array, larger * sizeof(*grown));
	if (!grown)
		return error_set(err, ERROR_RUN, "no memory for the trace's names");
	memset(grown + *capacity, 0, (larger - *capacity) * sizeof(*grown));
	*array = grown;
	*capacity = larger;
	return 0;
}

/* Processes are numbered from 1: 0 is the kernel. */
static uint32_t process_number(struct names *n, const struct line_head *head, struct error *err)
{
	uint32_t key = head->tgid ? head->tgid : head->tid;
	uint32_t number = intern_add(n->processes, &key, sizeof(key), err);
	return number == INTERN_NONE ? NAMES_NONE : number + 1;
}

uint32_t names_task(struct names *n, const struct line_head *head, uint32_t *process,
		    struct error *err)
{
	struct {
		uint32_t tid, tgid;
		char comm[COMM_MAX];
	} key = { head->tid, head->tgid, "" };
	size_t length = head->comm_length < COMM_MAX - 1 ? head->comm_length : COMM_MAX - 1;
	memcpy(key.comm, head->comm, length);
	*process = process_number(n, head, err);
	uint32_t known = intern_count(n->tasks);
	uint32_t task = intern_add(n->tasks, &key, offsetof(__typeof__(key), comm) + length, err);
	if (*process == NAMES_NONE || task == INTERN_NONE)
		return NAMES_NONE;
	if (task < known)
		return task;
	struct task_def def = { .tid = head->tid, .tgid = head->tgid, .comm = key.comm };
	return definition_add_task(n->table, &def, err);
}

uint32_t names_call_site(struct names *n, const char *text, size_t length, struct error *err)
{
	const char *slash = memchr(text, '/', length);
	return intern_add(n->call_sites, text, slash ? (size_t)(slash - text) : length, err);
}

const char *names_call_site_text(const struct names *n, uint32_t call_site)
{
	return intern_bytes(n->call_sites, call_site, NULL);
}

uint32_t names_gfp(struct names *n, const char *text, size_t length, uint64_t *unknown,
		   struct error *err)
{
	uint32_t known = intern_count(n->gfp_texts);
	uint32_t number = intern_add(n->gfp_texts, text, length, err);
	if (number == INTERN_NONE || reserve(&n->gfp, &n->gfp_capacity, number + 1u, err))
		return 0;
	if (number == known) {
		unsigned unknown_here = 0;
		if (!gfp_parse(text, length, &n->gfp[number], &unknown_here))
			unknown_here++;
		*unknown += unknown_here;
	}
	return n->gfp[number];
}

uint32_t names_cache_named(struct names *n, const char *name, size_t length, uint32_t object_size,
			   uint32_t size, struct error *err)
{
	return caches_named(n->caches, name, length, object_size, size, err);
}

uint32_t names_cache_at_site(struct names *n, uint32_t call_site, uint32_t object_size,
			     uint32_t size, struct error *err)
{
	const char *text = call_site == NAMES_NONE ? "" : names_call_site_text(n, call_site);
	return caches_at_site(n->caches, text, object_size, size, err);
}

uint32_t names_cache_define(struct names *n, const struct cache_def *def, struct error *err)
{
	return caches_define(n->caches, def, err);
}

int names_cache_tell(struct names *n, uint32_t cache, const char *name, size_t length,
		     struct error *err)
{
	return caches_tell(n->caches, cache, name, length, err);
}

static const struct raw_origin nothing = { .call_site = NAMES_NONE,
					   .cache = NAMES_NONE,
					   .node = -1 };

uint32_t names_origin(struct names *n, const struct raw_origin *raw, struct error *err)
{
	return intern_add(n->origins, raw, sizeof(*raw), err);
}

static struct raw_origin origin_at(const struct names *n, uint32_t raw_origin)
{
	struct raw_origin raw;
	memcpy(&raw, intern_bytes(n->origins, raw_origin, NULL), sizeof(raw));
	return raw;
}

uint32_t names_origin_of_free(struct names *n, uint32_t free, uint32_t allocation,
			      struct error *err)
{
	struct raw_origin raw = nothing;
	if (free != NAMES_NONE)
		raw = origin_at(n, free);
	raw.cache = origin_at(n, allocation).cache;
	return names_origin(n, &raw, err);
}

uint32_t names_origin_own(struct names *n, uint32_t raw_origin, struct error *err)
{
	struct raw_origin raw = origin_at(n, raw_origin);
	raw.own = true;
	return names_origin(n, &raw, err);
}

bool names_origin_is_own(const struct names *n, uint32_t raw_origin)
{
	return origin_at(n, raw_origin).own;
}

uint32_t names_origin_call_site(const struct names *n, uint32_t raw_origin)
{
	return origin_at(n, raw_origin).call_site;
}

bool names_origin_has_cache(const struct names *n, uint32_t raw_origin)
{
	return origin_at(n, raw_origin).cache != NAMES_NONE;
}

uint32_t names_origin_gfp(const struct names *n, uint32_t raw_origin)
{
	return origin_at(n, raw_origin).gfp;
}

/* Adds the origin, its cache already resolved, unless an equal one is there. */
static uint32_t add_origin(struct names *n, const struct raw_origin *raw, struct error *err)
{
	if (memcmp(raw, &nothing, sizeof(nothing)) == 0)
		return 0;
	uint32_t known = intern_count(n->resolved);
	uint32_t number = intern_add(n->resolved, raw, sizeof(*raw), err);
	if (number == INTERN_NONE)
		return NAMES_NONE;
	if (number < known)
		return number + 1; /* origin 0 was there before all others */
	struct origin_def def = {
		.call_site =
			raw->call_site == NAMES_NONE ? "" : names_call_site_text(n, raw->call_site),
		.cache = CACHE_NONE,
		.gfp = raw->gfp,
		.bytes_alloc = raw->bytes_alloc,
		.align = raw->align,
		.node = raw->node,
		.order = raw->order,
		.migratetype = raw->migratetype,
		.accounted = raw->accounted,
		.own = raw->own,
	};
	if (raw->cache != NAMES_NONE) {
		def.cache.v = caches_index(n->caches, raw->cache, err);
		if (def.cache.v == NAMES_NONE)
			return NAMES_NONE;
	}
	return definition_add_origin(n->table, &def, err);
}

uint32_t names_origin_index(struct names *n, uint32_t raw_origin, struct error *err)
{
	if (reserve(&n->origin_index, &n->origin_capacity, raw_origin + 1u, err))
		return NAMES_NONE;
	/* A cache that turned out to be another one changes what its origins stand for. */
	if (n->merged != caches_merged(n->caches)) {
		memset(n->origin_index, 0, n->origin_capacity * sizeof(*n->origin_index));
		n->merged = caches_merged(n->caches);
	}
	if (n->origin_index[raw_origin] == 0) {
		struct raw_origin raw = origin_at(n, raw_origin);
		if (raw.cache != NAMES_NONE)
			raw.cache = caches_resolve(n->caches, raw.cache);
		uint32_t index = add_origin(n, &raw, err);
		if (index == NAMES_NONE)
			return NAMES_NONE;
		n->origin_index[raw_origin] = index + 1;
	}
	return n->origin_index[raw_origin] - 1;
}
