/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "import/proc_memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "import/lines.h"
#include "import/text.h"

enum { PATH_SIZE = 4096 };

struct reader {
	struct proc_memory *memory;
	struct lines *lines;
	struct error *err;
	struct proc_zone *zone; /* that the lines in hand are of */
	uint32_t cpu;           /* likewise, in zoneinfo */
	bool node_counters;     /* the lines in hand are of the node */
};

static int refuse(const struct reader *r, const char *what)
{
	return error_at(r->err, lines_name(r->lines), (unsigned long)lines_number(r->lines), 0,
			NULL, "%s", what);
}

/* "Node 0, zone   Normal" behind which *rest stands; false: the line does not begin so. */
static bool zone_of_line(const char *line, uint64_t *node, char name[ZONE_NAME_MAX],
			 const char **rest)
{
	size_t length = 0;

	line = text_skip_blanks(line);
	if (!text_starts_with(line, "Node"))
		return false;
	line = text_decimal(text_skip_blanks(line + 4), node);
	if (!line || !text_starts_with(line, ", zone"))
		return false;
	line = text_skip_blanks(line + 6);
	while (line[length] && line[length] != ' ' && line[length] != ',')
		length++;
	if (length == 0 || length >= ZONE_NAME_MAX)
		return false;
	memcpy(name, line, length);
	name[length] = '\0';
	*rest = line + length;
	return true;
}

static struct proc_zone *find_zone(const struct reader *r, uint64_t node, const char *name)
{
	for (uint32_t i = 0; i < r->memory->zone_count; i++) {
		struct proc_zone *zone = &r->memory->zones[i];
		if (zone->node == node && strcmp(zone->name, name) == 0)
			return zone;
	}
	return NULL;
}

/* --- zoneinfo --- */

static int add_zone(struct reader *r, uint64_t node, const char *name)
{
	struct proc_memory *m = r->memory;

	if (m->zone_count == PAGE_ZONES_MAX || node >= PAGE_ZONES_MAX)
		return refuse(r, "has more zones than can be simulated");
	if (find_zone(r, node, name))
		return refuse(r, "has the same zone twice");
	r->zone = &m->zones[m->zone_count++];
	snprintf(r->zone->name, sizeof(r->zone->name), "%s", name);
	r->zone->node = (uint32_t)node;
	r->zone->pagesets = calloc(PROC_CPUS_MAX, sizeof(*r->zone->pagesets));
	r->node_counters = false;
	return r->zone->pagesets ? 0 : error_set(r->err, ERROR_RUN, "no memory for zoneinfo");
}

static int protection_line(struct reader *r, const char *list)
{
	struct proc_zone *z = r->zone;

	while (*list && z->protection_count < 8) {
		list += strcspn(list, "0123456789");
		if (!*list)
			break;
		list = text_decimal(list, &z->protection[z->protection_count++]);
		if (!list)
			return refuse(r, "a number is too large");
	}
	return 0;
}

static int cpu_line(struct reader *r, const char *number)
{
	uint64_t cpu;

	if (!text_decimal(number, &cpu) || cpu >= PROC_CPUS_MAX)
		return refuse(r, "has no such CPU");
	r->cpu = (uint32_t)cpu;
	if (r->memory->cpus <= cpu)
		r->memory->cpus = (uint32_t)cpu + 1;
	return 0;
}

struct counter {
	const char *name;
	uint64_t *value;
};

/* The counter that the line names, or NULL. */
static uint64_t *counter_of(const struct counter *counters, size_t count, const char *name,
			    size_t length)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(counters[i].name) == length &&
		    strncmp(counters[i].name, name, length) == 0)
			return counters[i].value;
	return NULL;
}

static uint64_t *node_counter(struct reader *r, const char *name, size_t length)
{
	struct proc_node *node = &r->memory->nodes[r->zone->node];
	const struct counter counters[] = {
		{ "nr_slab_reclaimable", &node->slab_reclaimable },
		{ "nr_slab_unreclaimable", &node->slab_unreclaimable },
		{ "nr_page_table_pages", &node->page_tables },
		{ "nr_kernel_stack", &node->kernel_stack_kib },
	};
	return counter_of(counters, sizeof(counters) / sizeof(counters[0]), name, length);
}

static uint64_t *zone_counter(struct reader *r, const char *name, size_t length)
{
	struct proc_zone *z = r->zone;
	struct proc_pageset *set = &z->pagesets[r->cpu];
	const struct counter counters[] = {
		{ "boost", &z->boost },
		{ "min", &z->min },
		{ "low", &z->low },
		{ "high", &z->high },
		{ "promo", &z->promo },
		{ "spanned", &z->spanned },
		{ "present", &z->present },
		{ "managed", &z->managed },
		{ "start_pfn:", &z->start_pfn },
		{ "nr_zone_unevictable", &z->unevictable },
		{ "count:", &set->count },
		{ "high:", &set->high },
		{ "batch:", &set->batch },
	};
	return counter_of(counters, sizeof(counters) / sizeof(counters[0]), name, length);
}

/* Active and inactive lists are added up. */
static uint64_t *list_counter(struct reader *r, const char *name, size_t length)
{
	const struct counter counters[] = {
		{ "nr_zone_inactive_anon", &r->zone->anon },
		{ "nr_zone_active_anon", &r->zone->anon },
		{ "nr_zone_inactive_file", &r->zone->file },
		{ "nr_zone_active_file", &r->zone->file },
	};
	return counter_of(counters, sizeof(counters) / sizeof(counters[0]), name, length);
}

static int counter_line(struct reader *r, const char *line)
{
	const char *behind = text_word_end(line);
	size_t length = (size_t)(behind - line);
	uint64_t number, *value = r->node_counters ? node_counter(r, line, length)
						   : zone_counter(r, line, length);
	uint64_t *sum = r->node_counters ? NULL : list_counter(r, line, length);

	if (!value && !sum)
		return 0;
	if (!text_decimal(text_skip_blanks(behind), &number))
		return refuse(r, "a number is missing or too large");
	if (value)
		*value = number;
	else
		*sum += number;
	return 0;
}

static int zoneinfo_line(struct reader *r, const char *line)
{
	static const char threshold[] = "vm stats threshold:";
	char name[ZONE_NAME_MAX];
	const char *rest;
	uint64_t node;

	if (zone_of_line(line, &node, name, &rest))
		return add_zone(r, node, name);
	line = text_skip_blanks(line);
	if (!r->zone)
		return *line ? refuse(r, "is no zoneinfo: it must begin with \"Node N, zone\"") : 0;
	if (strcmp(line, "per-node stats") == 0 || text_starts_with(line, "pages free"))
		r->node_counters = text_starts_with(line, "per-node");
	else if (text_starts_with(line, "protection:"))
		return protection_line(r, line);
	else if (text_starts_with(line, "cpu: "))
		return cpu_line(r, line + 5);
	else if (text_starts_with(line, threshold))
		text_decimal(text_skip_blanks(line + strlen(threshold)),
			     &r->zone->pagesets[r->cpu].threshold);
	else
		return counter_line(r, line);
	return 0;
}

/* --- buddyinfo and pagetypeinfo --- */

/* The numbers behind a zone's name, by order. */
static int read_orders(struct reader *r, const char *p, uint64_t *numbers, bool *capped)
{
	uint32_t orders = 0;

	for (p = text_skip_blanks(p); *p; p = text_skip_blanks(p)) {
		bool more = *p == '>';
		if (orders == PAGE_ORDERS_MAX)
			return refuse(r, "has more orders than can be simulated");
		if (more && capped)
			capped[orders] = true;
		p = text_decimal(p + more, &numbers[orders++]);
		if (!p)
			return refuse(r, "a number of free blocks is missing or too large");
	}
	if (!r->memory->orders)
		r->memory->orders = orders;
	return orders == r->memory->orders ? 0 : refuse(r, "has another number of orders");
}

static int buddyinfo_line(struct reader *r, const char *line)
{
	char name[ZONE_NAME_MAX];
	const char *rest;
	uint64_t node;

	if (!*text_skip_blanks(line))
		return 0;
	if (!zone_of_line(line, &node, name, &rest))
		return refuse(r, "is no buddyinfo: lines must begin with \"Node N, zone\"");
	struct proc_zone *zone = find_zone(r, node, name);
	if (!zone)
		return refuse(r, "has a zone that zoneinfo does not have");
	zone->has_orders = true;
	return read_orders(r, rest, zone->blocks, NULL);
}

static int migratetype_of(const char *name, size_t length)
{
	for (int type = 0; type < MIGRATE_TYPES; type++)
		if (strlen(migratetype_names[type]) == length &&
		    strncmp(migratetype_names[type], name, length) == 0)
			return type;
	return -1;
}

/* ", type    Unmovable      1      0 ..." */
static int free_counts(struct reader *r, struct proc_zone *zone, const char *p)
{
	p = text_skip_blanks(p + strlen(", type"));
	const char *end = text_word_end(p);
	int type = migratetype_of(p, (size_t)(end - p));

	if (type < 0)
		return refuse(r, "has a migratetype that Linux 6.1 does not have");
	uint64_t numbers[PAGE_ORDERS_MAX] = { 0 };
	bool capped[PAGE_ORDERS_MAX] = { false };
	if (read_orders(r, end, numbers, capped) != 0)
		return -1;
	for (uint32_t order = 0; order < r->memory->orders; order++) {
		zone->free_blocks[order][type] = numbers[order];
		zone->capped[order][type] = capped[order];
	}
	zone->has_types = true;
	return 0;
}

/* Columns are those of the header before: Unmovable, Movable, Reclaimable, HighAtomic, and more. */
static int pageblock_counts(struct reader *r, struct proc_zone *zone, const int *columns,
			    const char *p)
{
	for (int i = 0; *(p = text_skip_blanks(p)); i++) {
		uint64_t number;
		p = text_decimal(p, &number);
		if (!p || i == MIGRATE_TYPES || columns[i] < 0)
			return refuse(r, "has pageblocks of no type");
		zone->pageblocks[columns[i]] = number;
	}
	zone->has_pageblocks = true;
	return 0;
}

static int pageblock_header(struct reader *r, int *columns, const char *p)
{
	for (int i = 0; i < MIGRATE_TYPES; i++) {
		p = text_skip_blanks(p);
		const char *end = text_word_end(p);
		columns[i] = *p ? migratetype_of(p, (size_t)(end - p)) : -1;
		if (*p && columns[i] < 0)
			return refuse(r, "has a migratetype that Linux 6.1 does not have");
		p = end;
	}
	return 0;
}

static int pagetypeinfo_line(struct reader *r, const char *line, int *columns)
{
	static const char order[] = "Page block order:", blocks[] = "Number of blocks type";
	char name[ZONE_NAME_MAX];
	const char *rest;
	uint64_t number;

	if (text_starts_with(line, order)) {
		if (!text_decimal(text_skip_blanks(line + strlen(order)), &number) || number < 1 ||
		    number >= PAGE_ORDERS_MAX)
			return refuse(r, "has an impossible pageblock order");
		r->memory->pageblock_order = (uint32_t)number;
		return 0;
	}
	if (text_starts_with(line, blocks))
		return pageblock_header(r, columns, line + strlen(blocks));
	if (!zone_of_line(line, &number, name, &rest))
		return 0;
	if (!r->memory->pageblock_order)
		return refuse(r, "is no pagetypeinfo: it must begin with \"Page block order\"");
	struct proc_zone *zone = find_zone(r, number, name);
	if (!zone)
		return refuse(r, "has a zone that zoneinfo does not have");
	return text_starts_with(rest, ", type") ? free_counts(r, zone, rest)
						: pageblock_counts(r, zone, columns, rest);
}

/* --- files --- */

enum proc_file { PROC_ZONEINFO, PROC_BUDDYINFO, PROC_PAGETYPEINFO };

static int read_line(struct reader *r, enum proc_file file, const char *line, int *columns)
{
	switch (file) {
	case PROC_ZONEINFO:
		return zoneinfo_line(r, line);
	case PROC_BUDDYINFO:
		return buddyinfo_line(r, line);
	default:
		return pagetypeinfo_line(r, line, columns);
	}
}

static void name_file(char path[PATH_SIZE], const char *folder, const char *name, int64_t number)
{
	if (number < 0)
		snprintf(path, PATH_SIZE, "%s/%s", folder, name);
	else
		snprintf(path, PATH_SIZE, "%s/%s-%" PRId64 ".txt", folder, name, number);
}

static int read_file(struct proc_memory *memory, enum proc_file file, const char *path,
		     struct error *err)
{
	struct reader r = { .memory = memory, .err = err, .lines = lines_open(path, err) };
	int columns[MIGRATE_TYPES], result = 0, got;
	char *line;
	size_t length;

	if (!r.lines)
		return -1;
	for (int i = 0; i < MIGRATE_TYPES; i++)
		columns[i] = -1;
	while (result == 0 && (got = lines_next(r.lines, &line, &length, err)) != 0)
		result = got < 0 ? -1 : read_line(&r, file, line, columns);
	lines_close(r.lines);
	return result;
}

/* Zones without pages are listed for their watermarks only. */
static void drop_empty_zones(struct proc_memory *m)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < m->zone_count; i++) {
		if (m->zones[i].managed)
			m->zones[kept++] = m->zones[i];
		else
			free(m->zones[i].pagesets);
	}
	m->zone_count = kept;
}

static uint64_t sum_of_types(const struct proc_zone *z, uint32_t order, uint32_t *capped)
{
	uint64_t sum = 0;

	*capped = 0;
	for (unsigned type = 0; type < MIGRATE_TYPES; type++) {
		sum += z->free_blocks[order][type];
		*capped += z->capped[order][type];
	}
	return sum;
}

/* Where pagetypeinfo stopped counting, buddyinfo has the rest. */
static void complete_capped(struct proc_zone *z, uint32_t order)
{
	uint32_t capped;
	uint64_t sum = sum_of_types(z, order, &capped);
	uint64_t missing = z->blocks[order] > sum ? z->blocks[order] - sum : 0;

	for (unsigned type = 0; capped && type < MIGRATE_TYPES; type++)
		if (z->capped[order][type]) {
			z->free_blocks[order][type] += missing / capped;
			missing -= missing / capped;
			capped--;
		}
}

static int check_zone(struct proc_memory *m, struct proc_zone *z, const char *folder,
		      struct error *err)
{
	uint32_t capped;

	if (!z->has_orders)
		return error_set(err, ERROR_INPUT, "%s: buddyinfo has no zone %s of node %u",
				 folder, z->name, z->node);
	if (m->pageblock_order && (!z->has_types || !z->has_pageblocks))
		return error_set(err, ERROR_INPUT, "%s: pagetypeinfo has no zone %s of node %u",
				 folder, z->name, z->node);
	if (z->present > z->spanned || z->managed > z->present ||
	    z->start_pfn + z->spanned > UINT32_MAX)
		return error_set(err, ERROR_INPUT,
				 "%s: zoneinfo's zone %s of node %u is impossible", folder, z->name,
				 z->node);
	for (uint32_t order = 0; z->has_types && order < m->orders; order++) {
		complete_capped(z, order);
		uint64_t sum = sum_of_types(z, order, &capped);
		m->disagreeing +=
			sum > z->blocks[order] ? sum - z->blocks[order] : z->blocks[order] - sum;
	}
	return 0;
}

static int check(struct proc_memory *m, const char *folder, struct error *err)
{
	drop_empty_zones(m);
	if (!m->zone_count || !m->cpus)
		return error_set(err, ERROR_INPUT, "%s: zoneinfo has no zone that holds pages",
				 folder);
	for (uint32_t i = 0; i < m->zone_count; i++)
		if (check_zone(m, &m->zones[i], folder, err) != 0)
			return -1;
	return 0;
}

int proc_memory_read(const char *folder, int64_t number, struct proc_memory *memory,
		     struct error *err)
{
	char zoneinfo[PATH_SIZE], buddyinfo[PATH_SIZE], pagetypeinfo[PATH_SIZE];

	*memory = (struct proc_memory){ 0 };
	name_file(zoneinfo, folder, "zoneinfo", number);
	name_file(buddyinfo, folder, "buddyinfo", number);
	name_file(pagetypeinfo, folder, "pagetypeinfo", number);
	int result = read_file(memory, PROC_ZONEINFO, zoneinfo, err);
	if (result == 0)
		result = read_file(memory, PROC_BUDDYINFO, buddyinfo, err);
	if (result == 0 && access(pagetypeinfo, F_OK) == 0)
		result = read_file(memory, PROC_PAGETYPEINFO, pagetypeinfo, err);
	if (result == 0)
		result = check(memory, folder, err);
	if (result != 0)
		proc_memory_free(memory);
	return result;
}

void proc_memory_free(struct proc_memory *memory)
{
	for (uint32_t i = 0; i < memory->zone_count; i++)
		free(memory->zones[i].pagesets);
	*memory = (struct proc_memory){ 0 };
}
