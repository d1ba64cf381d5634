/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "import/own_traffic.h"

#include <stdlib.h>
#include <string.h>

#include "core/call_site.h"
#include "core/operation.h"

enum role {
	ROLE_OTHER,
	ROLE_BEGINS, /* allocates the struct kmem_cache: a cache is being created from here on */
	ROLE_OWN,    /* whoever calls it */
	ROLE_INSIDE, /* while a cache is being created */
	ROLE_SLAB,   /* for a slab, whoever calls it */
};

static const struct {
	const char *function;
	enum role role;
} functions[] = {
	/* mm/slab_common.c; the compiler may have inlined the second one into the first */
	{ "kmem_cache_create_usercopy", ROLE_BEGINS },
	{ "create_cache", ROLE_BEGINS },
	/* mm/slub.c */
	{ "__kmem_cache_create", ROLE_OWN },
	{ "kmem_cache_open", ROLE_OWN },
	{ "init_kmem_cache_nodes", ROLE_OWN },
	{ "sysfs_slab_add", ROLE_OWN },
	{ "sysfs_slab_alias", ROLE_OWN },
	{ "create_unique_id", ROLE_OWN },
	/* mm/slab.c */
	{ "init_cache_node", ROLE_OWN },
	{ "setup_kmem_cache_node", ROLE_OWN },
	{ "alloc_arraycache", ROLE_OWN },
	/* lib/kobject.c, fs/kernfs/dir.c and what they stand on */
	{ "kobject_set_name_vargs", ROLE_INSIDE },
	{ "kobject_init_and_add", ROLE_INSIDE },
	{ "kvasprintf", ROLE_INSIDE },
	{ "kvasprintf_const", ROLE_INSIDE },
	{ "kstrdup", ROLE_INSIDE },
	{ "kstrdup_const", ROLE_INSIDE },
	{ "__kernfs_new_node", ROLE_INSIDE },
	{ "kernfs_new_node", ROLE_INSIDE },
	{ "radix_tree_node_alloc", ROLE_INSIDE },
};

struct own_traffic {
	struct names *names;
	uint64_t marked;
	uint8_t *roles; /* enum role + 1 by number of call site, 0: not looked up yet */
	size_t role_count;
	uint32_t creating[RECORD_CPU_MASK + 1]; /* task + 1 that creates a cache, by CPU */
};

static int no_memory(struct error *err)
{
	return error_set(err, ERROR_RUN, "no memory for the trace's call sites");
}

struct own_traffic *own_traffic_create(struct names *names, struct error *err)
{
	struct own_traffic *own = calloc(1, sizeof(*own));
	if (own)
		own->names = names;
	else
		no_memory(err);
	return own;
}

void own_traffic_destroy(struct own_traffic *own)
{
	if (!own)
		return;
	free(own->roles);
	free(own);
}

static enum role role_of_text(const char *call_site)
{
	if (call_site_manages_slab(call_site))
		return ROLE_SLAB;
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		if (call_site_is_in(call_site, functions[i].function))
			return functions[i].role;
	return ROLE_OTHER;
}

static int look_up(struct own_traffic *own, uint32_t call_site, struct error *err)
{
	if (call_site >= own->role_count) {
		size_t count = 2 * (size_t)call_site + 64;
		uint8_t *grown = realloc(own->roles, count);
		if (!grown)
			return no_memory(err);
		memset(grown + own->role_count, 0, count - own->role_count);
		own->roles = grown;
		own->role_count = count;
	}
	if (!own->roles[call_site])
		own->roles[call_site] =
			(uint8_t)(role_of_text(names_call_site_text(own->names, call_site)) + 1);
	return own->roles[call_site] - 1;
}

static bool is_object(const struct import_event *e)
{
	return operation_table[e->record.operation].space == SPACE_OBJECT;
}

/* The name of a cache is copied there too, under every allocator. */
static bool is_kmem_cache(const struct import_event *e)
{
	return e->record.operation == OP_KMEM_CACHE_ALLOC;
}

static bool is_own(struct own_traffic *own, const struct import_event *e, enum role role)
{
	uint32_t *creating = &own->creating[record_cpu(&e->record)];
	bool inside = *creating == e->record.task + 1;
	switch (role) {
	case ROLE_BEGINS:
		*creating = is_kmem_cache(e) ? e->record.task + 1 : 0;
		return is_kmem_cache(e);
	case ROLE_OWN:
		*creating = e->record.task + 1;
		return true;
	case ROLE_INSIDE:
		return inside;
	case ROLE_SLAB:
		return true;
	default:
		if (inside)
			*creating = 0;
		return false;
	}
}

static int mark(struct own_traffic *own, struct import_event *e, struct error *err)
{
	own->marked++;
	e->raw_origin = names_origin_own(own->names, e->raw_origin, err);
	return e->raw_origin == NAMES_NONE ? -1 : 0;
}

int own_traffic_mark(struct own_traffic *own, struct import_event *e, struct error *err)
{
	if (e->origin_given || !is_object(e) || e->record.flags & RECORD_IRQ)
		return 0;
	uint32_t call_site = names_origin_call_site(own->names, e->raw_origin);
	int role = call_site == NAMES_NONE ? ROLE_OTHER : look_up(own, call_site, err);
	if (role < 0)
		return -1;
	return is_own(own, e, (enum role)role) ? mark(own, e, err) : 0;
}

int own_traffic_mark_free(struct own_traffic *own, struct import_event *e, struct error *err)
{
	if (!is_object(e) || e->allocation == NAMES_NONE ||
	    !names_origin_is_own(own->names, e->allocation) ||
	    names_origin_is_own(own->names, e->raw_origin))
		return 0;
	if (mark(own, e, err))
		return -1;
	e->record.origin = names_origin_index(own->names, e->raw_origin, err);
	return e->record.origin == NAMES_NONE ? -1 : 0;
}

uint64_t own_traffic_count(const struct own_traffic *own)
{
	return own->marked;
}
