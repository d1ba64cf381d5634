/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <string.h>

#include "base/units.h"
#include "cli/frag_report.h"
#include "core/ids.h"
#include "results/cells.h"

enum { HUGE_PAGE_ORDER = 9, TEXT_MAX = 64 };

static char *pages_text(uint64_t pages, char text[TEXT_MAX])
{
	return units_human_size((double)pages * PAGE_SIZE_BYTES, text, TEXT_MAX);
}

/* "2.68 s", "35 ms" */
static char *age_text(uint64_t ns, char text[TEXT_MAX])
{
	static const struct {
		double ns;
		const char *name;
	} units[] = { { 3600e9, "h" }, { 60e9, "min" }, { 1e9, "s" },
		      { 1e6, "ms" },   { 1e3, "us" },   { 1, "ns" } };
	size_t i = 0;

	if (ns == UINT64_MAX)
		return strcpy(text, "-");
	while (i + 1 < sizeof(units) / sizeof(units[0]) && (double)ns < units[i].ns)
		i++;
	snprintf(text, TEXT_MAX, "%.3g %s", (double)ns / units[i].ns, units[i].name);
	return text;
}

static void print_head(FILE *out, const struct frag_report *r)
{
	const struct frag_data *d = r->data;

	fprintf(out, "%s: ", r->path);
	if (d->mark >= 0)
		fprintf(out, "at mark %" PRId64, d->mark);
	else
		fprintf(out, "at the %s", d->last ? "end" : "start");
	fprintf(out, " (record %" PRIu64 ", %.6f s; page: %s, slab: %s)\n", d->record,
		(double)d->time_ns / 1e9, d->page_policy ? d->page_policy : "?",
		d->slab_policy ? d->slab_policy : "?");
	if (d->time_ns > d->horizon_ns)
		fprintf(out,
			"Past the horizon (%.6f s): the recording's processes would have done "
			"something else by now.\n",
			(double)d->horizon_ns / 1e9);
}

static uint64_t mixed_blocks(const struct frag_zone *z)
{
	uint64_t blocks = 0;

	for (unsigned type = 0; type < MIGRATE_TYPES; type++)
		blocks += z->counts.pageblocks_mixed[type];
	return blocks;
}

static void print_zones(FILE *out, const struct frag_data *d)
{
	struct cells cells = { .columns = 11 };
	static const char *const names[] = {
		"zone", "managed",  "free", "per-cpu",  "largest", "2 MiB blocks",
		"free", "freeable", "held", "reserved", "mixed",
	};
	char managed[TEXT_MAX], free_text[TEXT_MAX], pcp[TEXT_MAX], largest[TEXT_MAX],
		block[TEXT_MAX];

	fprintf(out,
		"\nMemory, free blocks of 2 MiB (those in larger ones too), and pageblocks of %s: "
		"free, "
		"freeable by\nmoving pages, held by pages that cannot be moved, in part reserved; "
		"mixed have pages of another type\n",
		pages_text(1ull << d->block_order, block));
	for (size_t i = 0; i < cells.columns; i++)
		cells_add(&cells, "%s", names[i]);
	for (size_t i = 0; i < d->zone_count; i++) {
		const struct frag_zone *z = &d->zones[i];
		cells_add(&cells, "%s", z->name);
		cells_add(&cells, "%s", pages_text(z->counts.managed, managed));
		cells_add(&cells, "%s", pages_text(z->counts.free_pages, free_text));
		cells_add(&cells, "%s", pages_text(z->counts.pcp_pages, pcp));
		cells_add(&cells, "%s",
			  pages_text(largest_free_pages(&z->counts, d->orders), largest));
		cells_add(&cells, "%" PRIu64,
			  free_blocks_of(&z->counts, d->orders, HUGE_PAGE_ORDER));
		for (int s = 0; s < FRAG_STATES; s++)
			cells_add(&cells, "%" PRIu64, z->blocks[s]);
		cells_add(&cells, "%" PRIu64, mixed_blocks(z));
	}
	cells_print(&cells, true, "  ", out);
}

static bool has_type(const struct frag_zone *z, uint32_t orders, unsigned type)
{
	uint64_t blocks = 0;

	for (uint32_t o = 0; o < orders; o++)
		blocks += z->counts.free_blocks[o][type];
	return blocks != 0;
}

static void add_index(struct cells *cells, int32_t thousandths)
{
	if (thousandths < 0)
		cells_add(cells, "would succeed");
	else
		cells_add(cells, "%.3f", thousandths / 1000.0);
}

static void add_order(struct cells *cells, const struct frag_zone *z, uint32_t orders, uint32_t o,
		      unsigned types)
{
	uint64_t blocks = 0;

	for (unsigned type = 0; type < MIGRATE_TYPES; type++)
		blocks += z->counts.free_blocks[o][type];
	cells_add(cells, "%" PRIu32, o);
	cells_add(cells, "%" PRIu64, blocks);
	for (unsigned type = 0; type < MIGRATE_TYPES; type++)
		if (types >> type & 1)
			cells_add(cells, "%" PRIu64, z->counts.free_blocks[o][type]);
	cells_add(cells, "%.3f", unusable_free_index(&z->counts, orders, o) / 1000.0);
	add_index(cells, fragmentation_index(&z->counts, orders, o));
}

static void print_orders(FILE *out, const struct frag_report *r, const struct frag_zone *z)
{
	uint32_t orders = r->data->orders;
	unsigned types = 0;

	for (unsigned type = 0; type < MIGRATE_TYPES; type++)
		types |= (unsigned)has_type(z, orders, type) << type;
	struct cells cells = { .columns = 4 + (size_t)__builtin_popcount(types) };
	cells_add(&cells, "order");
	cells_add(&cells, "free blocks");
	for (unsigned type = 0; type < MIGRATE_TYPES; type++)
		if (types >> type & 1)
			cells_add(&cells, "%s", migratetype_names[type]);
	cells_add(&cells, "unusable_free_index");
	cells_add(&cells, "fragmentation_index");
	for (uint32_t o = 0; o < orders; o++)
		if (r->order < 0 || (uint32_t)r->order == o)
			add_order(&cells, z, orders, o, types);
	fprintf(out, "\nFree blocks, %s\n", z->name);
	cells_print(&cells, true, "  ", out);
}

/* What the group was joined by; NULL or "": it is of no known one. */
static const char *known_name(const struct frag_group *g, enum frag_by by)
{
	if (by == FRAG_BY_TASK)
		return g->task;
	return by == FRAG_BY_CACHE ? g->cache : g->call_site;
}

/* What a group has in common, in words. */
static void group_name(const struct frag_group *g, enum frag_by by, char *text, size_t size)
{
	const char *known = known_name(g, by);
	const char *kind = g->kind ? g->kind : "object or page";

	if (known && *known)
		snprintf(text, size, "%s", known);
	else if (by == FRAG_BY_TASK)
		snprintf(text, size, "(%s)", kind);
	else
		snprintf(text, size, "(%s: %s)", kind, g->cache ? g->cache : "several");
}

static const char *common(const char *text)
{
	if (!text)
		return "several";
	return *text ? text : "-";
}

static void add_group(struct cells *cells, const struct frag_group *g, enum frag_by by, size_t rank)
{
	char name[512], bytes[TEXT_MAX], age[TEXT_MAX];

	group_name(g, by, name, sizeof(name));
	cells_add(cells, "%zu", rank);
	cells_add(cells, "%.2f", g->share);
	cells_add(cells, "%" PRIu64, g->alone);
	cells_add(cells, "%" PRIu64, g->shared);
	cells_add(cells, "%" PRIu64, g->together);
	cells_add(cells, "%" PRIu64, g->allocations);
	cells_add(cells, "%s", units_human_size((double)g->bytes, bytes, sizeof(bytes)));
	cells_add(cells, "%s", age_text(g->oldest_ns, age));
	cells_add(cells, "%s", name);
	if (by == FRAG_BY_CALL_SITE || by == FRAG_BY_ALL) {
		cells_add(cells, "%s", common(g->cache));
		cells_add(cells, "%s", common(g->task));
	}
}

/* One of them, and several. Holders, where some are of no known call site or task. */
static const char *const *group_noun(const struct frag_ranking *r, enum frag_by by)
{
	static const char *const nouns[][2] = { { "call site", "call sites" },
						{ "cache or use", "caches and uses" },
						{ "task", "tasks" },
						{ "holder", "holders" } };

	for (size_t i = 0; i < r->ranked_count; i++) {
		const char *known = known_name(&r->ranked[i], by);
		if (!known || !*known)
			return nouns[FRAG_BY_ALL];
	}
	return nouns[by];
}

/* "These 5 of 95 call sites keep 412 of 500 held pageblocks from becoming huge pages." */
static void print_sum(FILE *out, const struct frag_ranking *r, enum frag_by by)
{
	const char *const *noun = group_noun(r, by);
	uint64_t together = r->ranked[r->ranked_count - 1].together;
	bool one = r->ranked_count == 1;

	fprintf(out, "\n%s %zu ", one ? "This" : "These", r->ranked_count);
	if (r->ranked_count == r->group_count)
		fputs(noun[!one], out);
	else
		fprintf(out, "of %zu %s", r->group_count, noun[1]);
	fprintf(out, " keep%s %" PRIu64 " of %" PRIu64 " held pageblocks from becoming %s.\n",
		one ? "s" : "", together, r->held, together == 1 ? "a huge page" : "huge pages");
	fputs("  share     held pageblocks, each divided by the number of its holders\n"
	      "  alone     held by it only; shared: with others\n"
	      "  together  held by nobody but it and those above it\n",
	      out);
}

static void print_ranking(FILE *out, const struct frag_report *r)
{
	static const char *const by_names[] = { "call site", "cache", "task",
						"call site, cache and task" };
	static const char *const columns[] = { "rank",     "share", "alone", "shared",
					       "together", "live",  "bytes", "oldest" };
	bool sites = r->by == FRAG_BY_CALL_SITE || r->by == FRAG_BY_ALL;
	struct cells cells = { .columns = sites ? 11 : 9 };
	const struct frag_ranking *rank = r->ranking;

	if (!rank->ranked_count) {
		fprintf(out, "\nNo pageblock is held.\n");
		return;
	}
	fprintf(out, "\nWhat holds %" PRIu64 " pageblock%s, by %s\n", rank->held,
		rank->held == 1 ? "" : "s", by_names[r->by]);
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		cells_add(&cells, "%s", columns[i]);
	cells_add(&cells, "%s", sites ? "call site" : by_names[r->by]);
	if (sites) {
		cells_add(&cells, "cache or use");
		cells_add(&cells, "task");
	}
	for (size_t i = 0; i < rank->ranked_count; i++)
		add_group(&cells, &rank->ranked[i], r->by, i + 1);
	cells_print(&cells, true, "  ", out);
	print_sum(out, rank, r->by);
}

void frag_print_text(FILE *out, const struct frag_report *r)
{
	print_head(out, r);
	print_zones(out, r->data);
	for (size_t i = 0; i < r->data->zone_count; i++)
		print_orders(out, r, &r->data->zones[i]);
	print_ranking(out, r);
}
