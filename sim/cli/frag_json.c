/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/json.h"
#include "cli/frag_report.h"

enum { HUGE_PAGE_ORDER = 9 };

static void write_order(struct json *j, const struct frag_zone *z, uint32_t orders, uint32_t o)
{
	json_next(j);
	json_open(j, '{');
	json_u64_member(j, "order", o);
	json_key(j, "free_blocks");
	json_open(j, '{');
	for (unsigned type = 0; type < MIGRATE_TYPES; type++)
		json_u64_member(j, migratetype_names[type], z->counts.free_blocks[o][type]);
	json_close(j, '}');
	json_f64_member(j, "unusable_free_index",
			unusable_free_index(&z->counts, orders, o) / 1000.0);
	json_f64_member(j, "fragmentation_index",
			fragmentation_index(&z->counts, orders, o) / 1000.0);
	json_close(j, '}');
}

static void write_blocks(struct json *j, const struct frag_zone *z)
{
	static const char *const names[FRAG_STATES] = { "free", "freeable", "held", "reserved" };

	json_key(j, "pageblocks");
	json_open(j, '{');
	for (int s = 0; s < FRAG_STATES; s++)
		json_u64_member(j, names[s], z->blocks[s]);
	json_close(j, '}');
	json_key(j, "pageblocks_mixed");
	json_open(j, '{');
	for (unsigned type = 0; type < MIGRATE_TYPES; type++)
		json_u64_member(j, migratetype_names[type], z->counts.pageblocks_mixed[type]);
	json_close(j, '}');
}

static void write_zone(struct json *j, const struct frag_report *r, const struct frag_zone *z)
{
	uint32_t orders = r->data->orders;

	json_next(j);
	json_open(j, '{');
	json_member(j, "zone", z->name);
	json_u64_member(j, "managed_pages", z->counts.managed);
	json_u64_member(j, "free_pages", z->counts.free_pages);
	json_u64_member(j, "pcp_pages", z->counts.pcp_pages);
	json_u64_member(j, "largest_free_pages", largest_free_pages(&z->counts, orders));
	json_u64_member(j, "free_huge_blocks", free_blocks_of(&z->counts, orders, HUGE_PAGE_ORDER));
	write_blocks(j, z);
	json_key(j, "orders");
	json_open(j, '[');
	for (uint32_t o = 0; o < orders; o++)
		if (r->order < 0 || (uint32_t)r->order == o)
			write_order(j, z, orders, o);
	json_close(j, ']');
	json_close(j, '}');
}

/* What the members of a group do not have in common is null. */
static void write_common(struct json *j, const char *key, const char *text)
{
	if (text)
		json_member(j, key, text);
	else
		json_raw_member(j, key, "null");
}

static void write_group(struct json *j, const struct frag_group *g)
{
	json_next(j);
	json_open(j, '{');
	json_f64_member(j, "share", g->share);
	json_u64_member(j, "alone", g->alone);
	json_u64_member(j, "shared", g->shared);
	json_u64_member(j, "together", g->together);
	json_u64_member(j, "allocations", g->allocations);
	json_u64_member(j, "bytes", g->bytes);
	if (g->oldest_ns == UINT64_MAX)
		json_raw_member(j, "oldest_ns", "null");
	else
		json_u64_member(j, "oldest_ns", g->oldest_ns);
	write_common(j, "kind", g->kind);
	write_common(j, "call_site", g->call_site);
	write_common(j, "cache", g->cache);
	write_common(j, "task", g->task);
	json_close(j, '}');
}

static void write_moment(struct json *j, const struct frag_report *r)
{
	const struct frag_data *d = r->data;

	json_member(j, "result", r->path);
	json_u64_member(j, "record", d->record);
	json_u64_member(j, "time_ns", d->time_ns);
	if (d->mark >= 0)
		json_u64_member(j, "mark", (uint64_t)d->mark);
	json_raw_member(j, "past_horizon", d->time_ns > d->horizon_ns ? "true" : "false");
	json_u64_member(j, "pageblock_order", d->block_order);
}

void frag_print_json(FILE *out, const struct frag_report *r)
{
	struct json j = { .out = out };

	json_open(&j, '{');
	write_moment(&j, r);
	json_key(&j, "zones");
	json_open(&j, '[');
	for (size_t i = 0; i < r->data->zone_count; i++)
		write_zone(&j, r, &r->data->zones[i]);
	json_close(&j, ']');
	json_u64_member(&j, "held", r->ranking->held);
	json_u64_member(&j, "holders", r->ranking->group_count);
	json_key(&j, "ranked");
	json_open(&j, '[');
	for (size_t i = 0; i < r->ranking->ranked_count; i++)
		write_group(&j, &r->ranking->ranked[i]);
	json_close(&j, ']');
	json_close(&j, '}');
	fputc('\n', out);
}
