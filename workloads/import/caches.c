/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "import/caches.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "import/intern.h"

enum { CACHE_NAME_MAX = 256 };

struct cache_entry {
	struct cache_def def; /* its name is that of names */
	uint32_t name;        /* number in names */
	uint32_t index;       /* in the definitions, or CACHES_NONE */
	uint32_t same_as;     /* the cache that this one turned out to be, or CACHES_NONE */
};

struct caches {
	struct definition_table *table;
	struct cache_entry *entries;
	uint32_t count, capacity;
	struct intern *names;
	uint32_t *of_name; /* latest cache by number of its name */
	size_t of_name_count;
	uint32_t merged;
};

struct caches *caches_create(struct definition_table *table, struct error *err)
{
	struct caches *c = calloc(1, sizeof(*c));
	if (!c) {
		error_set(err, ERROR_RUN, "no memory for the trace's caches");
		return NULL;
	}
	c->table = table;
	c->names = intern_create(err);
	if (!c->names) {
		caches_destroy(c);
		return NULL;
	}
	return c;
}

void caches_destroy(struct caches *c)
{
	if (!c)
		return;
	intern_destroy(c->names);
	free(c->entries);
	free(c->of_name);
	free(c);
}

static int no_memory(struct error *err)
{
	return error_set(err, ERROR_RUN, "no memory for the trace's caches");
}

/* Number of the name; room for its cache is made. */
static uint32_t name_number(struct caches *c, const char *name, size_t length, struct error *err)
{
	uint32_t number = intern_add(c->names, name, length, err);
	if (number == INTERN_NONE || number < c->of_name_count)
		return number;
	size_t count = 2 * c->of_name_count + 64;
	uint32_t *grown = realloc(c->of_name, count * sizeof(*grown));
	if (!grown) {
		no_memory(err);
		return INTERN_NONE;
	}
	for (size_t i = c->of_name_count; i < count; i++)
		grown[i] = CACHES_NONE;
	c->of_name = grown;
	c->of_name_count = count;
	return number;
}

static uint32_t add_entry(struct caches *c, const struct cache_entry *entry, struct error *err)
{
	if (c->count == c->capacity) {
		uint32_t capacity = 2 * c->capacity + 64;
		struct cache_entry *grown = realloc(c->entries, capacity * sizeof(*grown));
		if (!grown) {
			no_memory(err);
			return CACHES_NONE;
		}
		c->entries = grown;
		c->capacity = capacity;
	}
	c->entries[c->count] = *entry;
	c->of_name[entry->name] = c->count;
	return c->count++;
}

/* The definition with its name, which lies where it may move. */
static struct cache_def definition_of(const struct caches *c, const struct cache_entry *entry)
{
	struct cache_def def = entry->def;
	def.name = intern_bytes(c->names, entry->name, NULL);
	return def;
}

/* Passes on what was learnt about a cache that the definitions hold already. */
static int publish(struct caches *c, uint32_t cache, struct error *err)
{
	const struct cache_entry *entry = &c->entries[cache];
	if (entry->index == CACHES_NONE)
		return 0;
	struct cache_def def = definition_of(c, entry);
	return definition_update_cache(c->table, entry->index, &def, err);
}

/*
 * Takes what an event tells of a cache that is known. A merged cache's object size grows when a
 * cache with larger objects joins it (find_mergeable() of mm/slab_common.c), its size does not.
 */
static int learn_sizes(struct caches *c, uint32_t cache, uint32_t object_size, uint32_t size,
		       struct error *err)
{
	struct cache_def *def = &c->entries[cache].def;
	bool learnt = false;
	if (size && !def->size) {
		def->size = size;
		learnt = true;
	}
	if (object_size > def->object_size && !def->complete) {
		def->object_size = object_size;
		learnt = true;
	}
	return learnt ? publish(c, cache, err) : 0;
}

uint32_t caches_named(struct caches *c, const char *name, size_t length, uint32_t object_size,
		      uint32_t size, struct error *err)
{
	uint32_t number = name_number(c, name, length, err);
	if (number == INTERN_NONE)
		return CACHES_NONE;
	uint32_t cache = c->of_name[number];
	/* One that was destroyed and made anew with other sizes is another cache. */
	if (cache != CACHES_NONE &&
	    (!size || !c->entries[cache].def.size || c->entries[cache].def.size == size))
		return learn_sizes(c, cache, object_size, size, err) ? CACHES_NONE : cache;
	struct cache_entry entry = {
		.def = { .object_size = object_size, .size = size, .named = true },
		.name = number,
		.index = CACHES_NONE,
		.same_as = CACHES_NONE,
	};
	return add_entry(c, &entry, err);
}

uint32_t caches_at_site(struct caches *c, const char *call_site, uint32_t object_size,
			uint32_t size, struct error *err)
{
	char name[CACHE_NAME_MAX];
	int length = snprintf(name, sizeof(name), "%s:%lu:%lu", call_site,
			      (unsigned long)object_size, (unsigned long)size);
	if (length >= (int)sizeof(name))
		length = sizeof(name) - 1;
	uint32_t number = name_number(c, name, (size_t)length, err);
	if (number == INTERN_NONE)
		return CACHES_NONE;
	if (c->of_name[number] != CACHES_NONE)
		return caches_resolve(c, c->of_name[number]);
	struct cache_entry entry = {
		.def = { .object_size = object_size, .size = size },
		.name = number,
		.index = CACHES_NONE,
		.same_as = CACHES_NONE,
	};
	return add_entry(c, &entry, err);
}

uint32_t caches_define(struct caches *c, const struct cache_def *def, struct error *err)
{
	uint32_t number = name_number(c, def->name, strlen(def->name), err);
	if (number == INTERN_NONE)
		return CACHES_NONE;
	uint32_t cache = c->of_name[number];
	struct cache_def *known = cache == CACHES_NONE ? NULL : &c->entries[cache].def;
	bool same =
		known && (!known->complete ||
			  (known->object_size == def->object_size && known->align == def->align &&
			   known->flags == def->flags && known->constructor == def->constructor));
	struct cache_entry entry = {
		.def = *def, .name = number, .index = CACHES_NONE, .same_as = CACHES_NONE
	};
	entry.def.named = true;
	if (!same)
		return add_entry(c, &entry, err);
	uint32_t size = known->size;
	*known = entry.def;
	if (!known->size)
		known->size = size;
	return publish(c, cache, err) ? CACHES_NONE : cache;
}

int caches_tell(struct caches *c, uint32_t cache, const char *name, size_t length,
		struct error *err)
{
	cache = caches_resolve(c, cache);
	struct cache_entry *entry = &c->entries[cache];
	size_t known_length;
	const char *known = intern_bytes(c->names, entry->name, &known_length);
	if (entry->def.named)
		return known_length != length || memcmp(known, name, length) != 0;
	uint32_t number = name_number(c, name, length, err);
	if (number == INTERN_NONE)
		return -1;
	entry->def.named = true;
	if (c->of_name[number] == CACHES_NONE) {
		entry->name = number;
		c->of_name[number] = cache;
		return publish(c, cache, err);
	}
	uint32_t same_as =
		caches_named(c, name, length, entry->def.object_size, entry->def.size, err);
	if (same_as == CACHES_NONE)
		return -1;
	entry = &c->entries[cache];
	entry->name = number;
	entry->same_as = same_as;
	c->merged++;
	return publish(c, cache, err);
}

uint32_t caches_resolve(const struct caches *c, uint32_t cache)
{
	while (c->entries[cache].same_as != CACHES_NONE)
		cache = c->entries[cache].same_as;
	return cache;
}

uint32_t caches_merged(const struct caches *c)
{
	return c->merged;
}

uint32_t caches_index(struct caches *c, uint32_t cache, struct error *err)
{
	struct cache_entry *entry = &c->entries[caches_resolve(c, cache)];
	if (entry->index == CACHES_NONE) {
		struct cache_def def = definition_of(c, entry);
		entry->index = definition_add_cache(c->table, &def, err);
	}
	return entry->index;
}
