/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The slab allocator's part of an mmstate file: SLUB, SLAB or SLOB, told by the line itself. */
#include <stdlib.h>
#include <string.h>

#include "import/mmstate_parser.h"
#include "import/text.h"

static struct cache_state *cache_in_hand(struct mmstate_parser *p)
{
	struct slab_state *s = p->slabs;
	return s->cache_count ? &s->caches[s->cache_count - 1] : NULL;
}

static int slub_cache(struct mmstate_parser *p, const char *line, struct cache_state *c)
{
	return mmstate_u32(p, line, "inuse", &c->inuse) ||
			       mmstate_u32(p, line, "offset", &c->offset) ||
			       mmstate_u32(p, line, "oo_order", &c->oo_order) ||
			       mmstate_u32(p, line, "oo_objects", &c->oo_objects) ||
			       mmstate_u32(p, line, "min_order", &c->min_order) ||
			       mmstate_u32(p, line, "min_objects", &c->min_objects) ||
			       mmstate_u32(p, line, "cpu_partial", &c->cpu_partial) ||
			       mmstate_u32(p, line, "cpu_partial_slabs", &c->cpu_partial_slabs) ||
			       mmstate_u32(p, line, "min_partial", &c->min_partial)
		       ? -1
		       : 0;
}

static int slab_cache(struct mmstate_parser *p, const char *line, struct cache_state *c)
{
	uint32_t off_slab, objfreelist, free_touched;
	if (mmstate_u32(p, line, "num", &c->num) ||
	    mmstate_below(p, line, "gfporder", PAGE_ORDERS_MAX, &c->gfporder) ||
	    mmstate_u32(p, line, "limit", &c->limit) ||
	    mmstate_u32(p, line, "batchcount", &c->batchcount) ||
	    mmstate_u32(p, line, "shared", &c->shared) ||
	    mmstate_u32(p, line, "colour", &c->colour) ||
	    mmstate_u32(p, line, "colour_off", &c->colour_off) ||
	    mmstate_u32(p, line, "colour_next", &c->colour_next) ||
	    mmstate_u32(p, line, "free_limit", &c->free_limit) ||
	    mmstate_u64(p, line, "total_slabs", &c->total_slabs) ||
	    mmstate_u64(p, line, "free_slabs", &c->free_slabs) ||
	    mmstate_u64(p, line, "free_objects", &c->free_objects) ||
	    mmstate_u64(p, line, "next_reap", &c->next_reap) ||
	    mmstate_below(p, line, "free_touched", 2, &free_touched) ||
	    mmstate_below(p, line, "off_slab", 2, &off_slab) ||
	    mmstate_below(p, line, "objfreelist", 2, &objfreelist))
		return -1;
	c->free_touched = free_touched;
	c->off_slab = off_slab;
	c->objfreelist = objfreelist;
	return 0;
}

/* What SLUB and SLAB tell of a cache and SLOB does not have. */
static int cache_common(struct mmstate_parser *p, const char *line, struct cache_state *c)
{
	uint32_t constructor;
	if (mmstate_hex32(p, line, "allocflags", &c->allocflags) ||
	    mmstate_below(p, line, "ctor", 2, &constructor))
		return -1;
	c->constructor = constructor;
	return strcmp(p->slabs->allocator, "slub") == 0 ? slub_cache(p, line, c)
							: slab_cache(p, line, c);
}

static int cache_line(struct mmstate_parser *p, const char *line)
{
	struct cache_state *c =
		mmstate_append(p, &p->slabs->caches, &p->slabs->cache_count, sizeof(*c));
	if (!c)
		return -1;
	const char *name = line + strlen("cache ");
	c->name = strndup(name, (size_t)(text_word_end(name) - name));
	if (!c->name)
		return error_set(p->err, ERROR_RUN, "%s: out of memory", p->name);
	if (mmstate_hex(p, line, "ptr", &c->ptr) || mmstate_u32(p, line, "size", &c->size) ||
	    mmstate_u32(p, line, "object_size", &c->object_size) ||
	    mmstate_u32(p, line, "align", &c->align) ||
	    mmstate_hex32(p, line, "flags", &c->flags) ||
	    mmstate_i32(p, line, "refcount", &c->refcount))
		return -1;
	return strcmp(p->slabs->allocator, "slob") == 0 ? 0 : cache_common(p, line, c);
}

static size_t count_separators(const char *text)
{
	size_t n = 0;
	for (; *text != '\0' && *text != ' '; text++)
		n += *text == ',' || *text == ':';
	return n;
}

/* "3,1,2" or "0:4,16:2" into numbers; an empty list is a list. */
static int read_indices(struct mmstate_parser *p, const char *line, const char *key,
			uint16_t **numbers, size_t *count)
{
	const char *at = text_value(line, key);
	if (!at)
		return mmstate_error(p, "%s= is missing", key);
	if (*at == '\0' || *at == ' ')
		return 0;
	size_t room = count_separators(at) + 1;
	*numbers = malloc(room * sizeof(**numbers));
	if (!*numbers)
		return error_set(p->err, ERROR_RUN, "%s: out of memory", p->name);
	for (size_t n = 0; n < room; n++) {
		uint64_t value;
		at = text_decimal(at, &value);
		if (!at || value > UINT16_MAX)
			return mmstate_error(p, "%s= holds what is no object index", key);
		(*numbers)[n] = (uint16_t)value;
		*count = n + 1;
		at += *at != '\0' && *at != ' ';
	}
	return 0;
}

static struct slab_entry *new_slab(struct mmstate_parser *p, struct cache_state *c,
				   enum slab_list list)
{
	struct slab_entry *s = mmstate_append(p, &c->slabs, &c->slab_count, sizeof(*s));
	if (s)
		s->list = (uint8_t)list;
	return s;
}

static int read_geometry(struct mmstate_parser *p, const char *line, struct slab_entry *s)
{
	uint32_t order;
	if (mmstate_u32(p, line, "pfn", &s->pfn) ||
	    mmstate_below(p, line, "order", PAGE_ORDERS_MAX, &order) ||
	    mmstate_u32(p, line, "objects", &s->objects))
		return -1;
	s->order = (uint8_t)order;
	return 0;
}

static int slub_slab(struct mmstate_parser *p, const char *line, enum slab_list list)
{
	struct slab_entry *s = new_slab(p, cache_in_hand(p), list);
	uint32_t frozen;
	if (!s || read_geometry(p, line, s) || mmstate_u32(p, line, "inuse", &s->inuse) ||
	    mmstate_below(p, line, "frozen", 2, &frozen) ||
	    read_indices(p, line, "fl", &s->freelist, &s->free_count))
		return -1;
	s->frozen = frozen;
	/* A slab on the node's list belongs to no CPU and says -1. */
	return list == SLAB_LIST_PARTIAL ? 0 : mmstate_u16(p, line, "cpu", &s->cpu);
}

static int cpuslab_line(struct mmstate_parser *p, const char *line)
{
	return slub_slab(p, line, SLAB_LIST_CPU);
}

static int cpufree_line(struct mmstate_parser *p, const char *line)
{
	struct cache_state *c = cache_in_hand(p);
	struct cpu_freelist *f =
		mmstate_append(p, &c->cpu_freelists, &c->cpu_freelist_count, sizeof(*f));
	return !f || mmstate_u16(p, line, "cpu", &f->cpu) ||
			       read_indices(p, line, "fl", &f->indices, &f->count)
		       ? -1
		       : 0;
}

static int cpupartial_line(struct mmstate_parser *p, const char *line)
{
	if (slub_slab(p, line, SLAB_LIST_CPU_PARTIAL))
		return -1;
	struct cache_state *c = cache_in_hand(p);
	return mmstate_u32(p, line, "slabs", &c->slabs[c->slab_count - 1].slabs);
}

static int slab_slab(struct mmstate_parser *p, const char *line, enum slab_list list)
{
	struct cache_state *c = cache_in_hand(p);
	struct slab_entry *s = new_slab(p, c, list);
	uint64_t first_object;
	if (!s || mmstate_u32(p, line, "pfn", &s->pfn) ||
	    mmstate_u32(p, line, "active", &s->inuse) ||
	    mmstate_hex(p, line, "s_mem", &first_object))
		return -1;
	s->objects = c->num;
	s->order = (uint8_t)c->gfporder;
	uint64_t start = p->slabs->page_offset + ((uint64_t)s->pfn << PAGE_SHIFT);
	if (first_object - start >= (uint64_t)PAGE_SIZE_BYTES << s->order)
		return mmstate_error(p, "s_mem= lies outside the slab");
	s->mem_offset = (uint32_t)(first_object - start);
	if (list == SLAB_LIST_FULL || s->inuse == s->objects)
		return 0;
	return read_indices(p, line, "fl", &s->freelist, &s->free_count);
}

static int partial_line(struct mmstate_parser *p, const char *line)
{
	return strcmp(p->slabs->allocator, "slub") == 0 ? slub_slab(p, line, SLAB_LIST_PARTIAL)
							: slab_slab(p, line, SLAB_LIST_PARTIAL);
}

static int free_slab_line(struct mmstate_parser *p, const char *line)
{
	return slab_slab(p, line, SLAB_LIST_FREE);
}

static int full_line(struct mmstate_parser *p, const char *line)
{
	return slab_slab(p, line, SLAB_LIST_FULL);
}

/* The pointers behind the colon of an array_cache line. */
static int read_objects(struct mmstate_parser *p, const char *line, struct array_state *array)
{
	const char *at = strchr(line, ':');
	if (!at)
		return mmstate_error(p, "objects must follow a colon");
	for (at = text_skip_blanks(at + 1); *at != '\0'; at = text_skip_blanks(at)) {
		uint64_t *object =
			mmstate_append(p, &array->objects, &array->count, sizeof(*object));
		if (!object)
			return -1;
		at = text_hex(at, object);
		if (!at)
			return mmstate_error(p, "holds what is no address");
	}
	return 0;
}

static int array_line(struct mmstate_parser *p, const char *line)
{
	struct cache_state *c = cache_in_hand(p);
	struct array_state *a = mmstate_append(p, &c->arrays, &c->array_count, sizeof(*a));
	uint32_t available;
	if (!a)
		return -1;
	a->shared = text_starts_with(line, " shared");
	if (!a->shared && mmstate_u16(p, line, "cpu", &a->cpu))
		return -1;
	if (mmstate_u32(p, line, "avail", &available) || mmstate_u32(p, line, "limit", &a->limit) ||
	    mmstate_u32(p, line, "batchcount", &a->batchcount) ||
	    mmstate_u32(p, line, "touched", &a->touched) || read_objects(p, line, a))
		return -1;
	if (available != a->count)
		return mmstate_error(p, "avail=%lu, but %zu objects follow",
				     (unsigned long)available, a->count);
	return 0;
}

static struct cache_state *find_cache(struct mmstate_parser *p, const char *name)
{
	struct slab_state *s = p->slabs;
	for (size_t i = 0; i < s->cache_count; i++) {
		size_t at = (p->full_cache + i) % s->cache_count;
		if (strcmp(s->caches[at].name, name) == 0) {
			p->full_cache = (uint32_t)at;
			return &s->caches[at];
		}
	}
	return NULL;
}

static int fullslab_line(struct mmstate_parser *p, const char *line)
{
	const char *name = text_value(line, "cache");
	struct cache_state *c = name ? find_cache(p, name) : NULL;
	if (!c)
		return mmstate_error(p, "cache= names no cache of this file");
	struct slab_entry *s = new_slab(p, c, SLAB_LIST_FULL);
	if (!s || read_geometry(p, line, s))
		return -1;
	s->inuse = s->objects;
	return 0;
}

static int slob_page(struct mmstate_parser *p, const char *line, enum slab_list list)
{
	struct slab_entry *s =
		mmstate_append(p, &p->slabs->slabs, &p->slabs->slab_count, sizeof(*s));
	if (!s)
		return -1;
	s->list = (uint8_t)list;
	if (mmstate_u32(p, line, "pfn", &s->pfn))
		return -1;
	if (list == SLAB_LIST_FULL)
		return 0;
	if (mmstate_u32(p, line, "units", &s->units) ||
	    read_indices(p, line, "blocks", &s->freelist, &s->free_count))
		return -1;
	uint64_t units = 0;
	for (size_t i = 1; i < s->free_count; i += 2)
		units += s->freelist[i];
	if (s->free_count % 2 || units != s->units)
		return mmstate_error(p, "blocks= hold %llu units, units= says %lu",
				     (unsigned long long)units, (unsigned long)s->units);
	return 0;
}

static int small_line(struct mmstate_parser *p, const char *line)
{
	return slob_page(p, line, SLOB_LIST_SMALL);
}

static int medium_line(struct mmstate_parser *p, const char *line)
{
	return slob_page(p, line, SLOB_LIST_MEDIUM);
}

static int large_line(struct mmstate_parser *p, const char *line)
{
	return slob_page(p, line, SLOB_LIST_LARGE);
}

static int fullslob_line(struct mmstate_parser *p, const char *line)
{
	return slob_page(p, line, SLAB_LIST_FULL);
}

/* SLOB's constants, the same in every 6.1 build. */
static int slob_line(struct mmstate_parser *p, const char *line)
{
	uint64_t unit;
	return mmstate_u64(p, line, "unit", &unit);
}

static const struct {
	const char *head;
	int (*read)(struct mmstate_parser *parser, const char *line);
	bool of_cache; /* a cache line must stand before */
} slab_lines[] = {
	{ " cpuslab ", cpuslab_line, true },  { " cpufree ", cpufree_line, true },
	{ " slabs=", cpupartial_line, true }, { "fullslab ", fullslab_line, false },
	{ " full ", full_line, true },        { " partial ", partial_line, true },
	{ " free ", free_slab_line, true },   { " ac ", array_line, true },
	{ " shared ", array_line, true },     { "cache ", cache_line, false },
	{ " small ", small_line, false },     { " medium ", medium_line, false },
	{ " large ", large_line, false },     { "fullslob ", fullslob_line, false },
	{ "slob ", slob_line, false },
};

int mmstate_slab_line(struct mmstate_parser *p, const char *line)
{
	for (size_t i = 0; i < sizeof(slab_lines) / sizeof(slab_lines[0]); i++) {
		if (!text_starts_with(line, slab_lines[i].head))
			continue;
		if (!p->slabs)
			return 1;
		if (slab_lines[i].of_cache && !cache_in_hand(p))
			return mmstate_error(p, "no cache line stands before");
		return slab_lines[i].read(p, line) ? -1 : 1;
	}
	return 0;
}

/* The file goes CPU by CPU; the state list by list. Order within a list stays. */
static int group_by_list(struct mmstate_parser *p, struct cache_state *c)
{
	if (!c->slab_count)
		return 0;
	struct slab_entry *grouped = malloc(c->slab_count * sizeof(*grouped));
	if (!grouped)
		return error_set(p->err, ERROR_RUN, "%s: out of memory", p->name);
	size_t n = 0;
	for (unsigned list = SLAB_LIST_CPU; list <= SLAB_LIST_FULL; list++) {
		for (size_t i = 0; i < c->slab_count; i++) {
			if (c->slabs[i].list == list)
				grouped[n++] = c->slabs[i];
		}
	}
	free(c->slabs);
	c->slabs = grouped;
	return 0;
}

int mmstate_slab_end(struct mmstate_parser *p)
{
	for (size_t i = 0; p->slabs && i < p->slabs->cache_count; i++) {
		if (group_by_list(p, &p->slabs->caches[i]))
			return -1;
	}
	return 0;
}
