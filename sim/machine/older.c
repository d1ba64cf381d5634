/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/older.h"

#include <stdlib.h>
#include <string.h>

struct older_object {
	uint64_t address; /* offset in the direct map, as recorded */
	object_t object;  /* where it is, OBJECT_NONE: gone */
	uint32_t cache;
};

struct older {
	struct older_object *objects; /* by address */
	size_t count, capacity;
	struct older_cache {
		const char *name;
		size_t below; /* objects from this number on are not of it, or gone */
	} * caches;
	size_t cache_count;
};

static int no_memory(struct error *err)
{
	return error_set(err, ERROR_RUN, "no memory for the start state");
}

static int add(struct older *o, uint64_t address, uint32_t cache, struct error *err)
{
	if (o->count == o->capacity) {
		size_t capacity = o->capacity ? 2 * o->capacity : 4096;
		struct older_object *grown = realloc(o->objects, capacity * sizeof(*grown));
		if (!grown)
			return no_memory(err);
		o->objects = grown;
		o->capacity = capacity;
	}
	o->objects[o->count++] =
		(struct older_object){ .address = address, .object = address, .cache = cache };
	return 0;
}

static uint32_t add_cache(struct older *o, const char *name, struct error *err)
{
	struct older_cache *grown = realloc(o->caches, (o->cache_count + 1) * sizeof(*grown));
	if (!grown) {
		no_memory(err);
		return UINT32_MAX;
	}
	o->caches = grown;
	o->caches[o->cache_count] = (struct older_cache){ .name = name, .below = SIZE_MAX };
	return (uint32_t)o->cache_count++;
}

static int add_slab(struct older *o, const struct slab_state *state, uint32_t cache,
		    const struct slab_entry *slab, struct error *err)
{
	uint8_t *places = malloc(slab->objects + 1);
	if (!places)
		return no_memory(err);
	slab_entry_places(state, &state->caches[cache], slab, places);
	int result = 0;
	for (uint32_t i = 0; result == 0 && i < slab->objects; i++)
		if (places[i] == PLACE_LIVE)
			result = add(o, slab_entry_object(&state->caches[cache], slab, i), cache,
				     err);
	free(places);
	return result;
}

static int compare_objects(const void *a, const void *b)
{
	const struct older_object *x = a, *y = b;
	return (x->address > y->address) - (x->address < y->address);
}

static int collect(struct older *o, const struct slab_state *state, struct error *err)
{
	for (uint32_t c = 0; c < state->cache_count; c++)
		for (size_t i = 0; i < state->caches[c].slab_count; i++)
			if (add_slab(o, state, c, &state->caches[c].slabs[i], err) != 0)
				return -1;
	if (o->count)
		qsort(o->objects, o->count, sizeof(*o->objects), compare_objects);
	for (size_t c = 0; c < state->cache_count; c++)
		if (add_cache(o, state->caches[c].name, err) == UINT32_MAX)
			return -1;
	return 0;
}

struct older *older_create(const struct slab_state *state, struct error *err)
{
	struct older *o = calloc(1, sizeof(*o));
	if (!o) {
		no_memory(err);
		return NULL;
	}
	if (collect(o, state, err) == 0)
		return o;
	older_destroy(o);
	return NULL;
}

void older_destroy(struct older *o)
{
	if (!o)
		return;
	free(o->objects);
	free(o->caches);
	free(o);
}

size_t older_count(const struct older *o)
{
	return o->count;
}

uint64_t older_address(const struct older *o, size_t number)
{
	return o->objects[number].address;
}

uint32_t older_cache(const struct older *o, size_t number)
{
	return o->objects[number].cache;
}

void older_place(struct older *o, size_t number, object_t object)
{
	o->objects[number].object = object;
}

static struct older_object *find(const struct older *o, uint64_t address)
{
	const struct older_object key = { .address = address };
	if (!o->count)
		return NULL;
	return bsearch(&key, o->objects, o->count, sizeof(key), compare_objects);
}

object_t older_object(const struct older *o, uint64_t address)
{
	const struct older_object *found = find(o, address);
	return found ? found->object : OBJECT_NONE;
}

object_t older_take(struct older *o, uint64_t address)
{
	struct older_object *found = find(o, address);
	object_t object = found ? found->object : OBJECT_NONE;
	if (found)
		found->object = OBJECT_NONE;
	return object;
}

void older_name_cache(struct older *o, uint32_t cache, const char *name)
{
	o->caches[cache].name = name;
}

static object_t take_of(struct older *o, uint32_t cache)
{
	size_t *below = &o->caches[cache].below;
	if (*below > o->count)
		*below = o->count;
	while (*below > 0) {
		struct older_object *candidate = &o->objects[--*below];
		object_t object = candidate->object;
		if (candidate->cache != cache || object == OBJECT_NONE)
			continue;
		candidate->object = OBJECT_NONE;
		return object;
	}
	return OBJECT_NONE;
}

/* Several recorded caches may have become one. */
object_t older_take_alike(struct older *o, const char *name)
{
	for (uint32_t c = 0; c < o->cache_count; c++) {
		object_t object =
			strcmp(o->caches[c].name, name) == 0 ? take_of(o, c) : OBJECT_NONE;
		if (object != OBJECT_NONE)
			return object;
	}
	return OBJECT_NONE;
}

int older_add(struct older *o, const char *name, object_t object, struct error *err)
{
	uint32_t cache = 0;
	while (cache < o->cache_count && strcmp(o->caches[cache].name, name) != 0)
		cache++;
	if (cache == o->cache_count && add_cache(o, name, err) == UINT32_MAX)
		return -1;
	if (add(o, o->count, cache, err) != 0)
		return -1;
	o->objects[o->count - 1].object = object;
	return 0;
}
