/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tunables: "NAME LIMIT BATCHCOUNT SHAREDFACTOR" as /proc/slabinfo takes them when it is written,
 * several of them with semicolons between. Reference: mm/slab.c (slabinfo_write,
 * do_tune_cpucache, setup_kmem_cache_node).
 */
#include <stdlib.h>
#include <string.h>

#include "slab/slab_private.h"

enum { TUNABLE_MAX = 1 << 20 };

struct tunable {
	const char *name; /* in the text */
	size_t name_length;
	uint32_t limit, batchcount, shared;
};

static const char *skip_blanks(const char *at)
{
	return at + strspn(at, " \t\n");
}

/* A number of 0..TUNABLE_MAX; NULL when there is none. */
static const char *read_number(const char *at, uint32_t *number)
{
	char *end;

	at = skip_blanks(at);
	if (*at < '0' || *at > '9')
		return NULL;
	const unsigned long value = strtoul(at, &end, 10);

	*number = (uint32_t)value;
	return value <= TUNABLE_MAX ? end : NULL;
}

/* Behind one entry and its semicolon; NULL when it is none. */
static const char *read_entry(const char *at, struct tunable *tunable)
{
	tunable->name = at;
	tunable->name_length = strcspn(at, " \t\n;");
	at = read_number(at + tunable->name_length, &tunable->limit);
	at = at ? read_number(at, &tunable->batchcount) : NULL;
	at = at ? read_number(at, &tunable->shared) : NULL;
	at = at ? skip_blanks(at) : NULL;
	if (!at || (*at != ';' && *at != '\0') || tunable->name_length == 0)
		return NULL;
	return *at == ';' ? skip_blanks(at + 1) : at;
}

int slab_tunables_check(const char *text, struct error *err)
{
	struct tunable tunable;

	for (const char *at = skip_blanks(text); *at != '\0';) {
		const char *next = read_entry(at, &tunable);

		if (!next)
			return error_set(err, ERROR_INPUT,
					 "slab: tunables: '%.*s' is not NAME LIMIT BATCHCOUNT "
					 "SHAREDFACTOR with numbers up to %d",
					 (int)strcspn(at, ";"), at, TUNABLE_MAX);
		if (tunable.limit < 1 || tunable.batchcount < 1 ||
		    tunable.batchcount > tunable.limit)
			return error_set(err, ERROR_INPUT,
					 "slab: tunables: '%.*s': a limit is 1 or more, a "
					 "batchcount 1 to the limit",
					 (int)strcspn(at, ";"), at);
		at = next;
	}
	return 0;
}

/* The last entry of that name counts, as the last write would. */
bool slab_tunables_find(const struct slab *slab, const char *name, struct slab_cache *cache)
{
	struct tunable tunable;
	bool found = false;

	for (const char *at = skip_blanks(slab->params.tunables); *at != '\0';) {
		at = read_entry(at, &tunable);
		if (strlen(name) != tunable.name_length ||
		    memcmp(name, tunable.name, tunable.name_length) != 0)
			continue;
		cache->limit = tunable.limit;
		cache->batchcount = tunable.batchcount;
		cache->shared = tunable.shared;
		found = true;
	}
	return found;
}

static int resize_cpu_array(struct slab *slab, const struct request *request, cache_id cache,
			    uint32_t cpu, struct error *err)
{
	const struct slab_cache *owner = &slab->caches[cache.v];
	struct slab_array *array = slab_cpu_array(slab, cache.v, cpu);

	slab_array_empty(slab, request, cache, slab_nodes_of_cpu(&slab->numa, cpu), array);
	slab_array_close(slab, array);
	return slab_array_open(slab, array, owner->limit, owner->batchcount, err);
}

static int resize_shared(struct slab *slab, const struct request *request, cache_id cache,
			 uint32_t node_id, struct error *err)
{
	struct slab_node *node = slab_node(slab, cache.v, node_id);
	struct slab_array *shared = slab_shared_array(slab, cache.v, node_id);

	node->free_limit = slab_free_limit(slab, cache, node_id);
	if (node->has_shared) {
		slab_array_empty(slab, request, cache, node_id, shared);
		slab_array_close(slab, shared);
		node->has_shared = false;
	}
	return slab_shared_open(slab, cache, node_id, err);
}

int slab_tune(struct slab *slab, const struct request *request, cache_id cache, struct error *err)
{
	for (uint32_t cpu = 0; cpu < slab->cpu_count; cpu++)
		if (resize_cpu_array(slab, request, cache, cpu, err))
			return -1;
	for (uint32_t node = 0; node < slab->node_count; node++)
		if (resize_shared(slab, request, cache, node, err))
			return -1;
	return 0;
}
