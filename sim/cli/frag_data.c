/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/frag_data.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int no_memory(struct error *err)
{
	return error_set(err, ERROR_RUN, "no memory for the report");
}

/* --- why there may be nothing to read --- */

static bool was_told(const struct result_file *f, const char *parameter)
{
	char **lines;
	size_t count;
	bool found = false;

	if (result_texts_read(f, "/provenance/parameters_used", &lines, &count, NULL) != 0)
		return false;
	for (size_t i = 0; i < count; i++)
		found = found || strcmp(lines[i], parameter) == 0;
	result_texts_free(lines, count);
	return found;
}

static int complain(const struct result_file *f, struct error *err)
{
	const char *path = result_file_path(f);
	char *version = result_attribute_text(f, "/provenance", "version");
	int result;

	if (was_told(f, "blame.at: none"))
		result = error_set(err, ERROR_INPUT,
				   "%s: was run with blame.at=none: it does not say what holds "
				   "pageblocks",
				   path);
	else if (result_file_has(f, "/provenance") && !result_file_has(f, "/snapshots/taken"))
		result = error_set(
			err, ERROR_INPUT,
			"%s: has no map of physical memory: it is of an older version (%s), "
			"or slabs' pages were taken from the trace (--assist slab_page)",
			path, version ? version : "unknown");
	else
		result = error_set(err, ERROR_INPUT,
				   "%s: does not say what holds pageblocks, as it is of an older "
				   "version (%s): run the trace again",
				   path, version ? version : "unknown");
	free(version);
	return result;
}

/* --- the snapshot --- */

struct taken {
	uint64_t *snapshot, *record, *time_ns;
	int64_t *mark;
	size_t count;
};

static int read_taken(struct taken *t, const struct result_file *f, struct error *err)
{
	static const char table[] = "/snapshots/taken";

	if (result_column_u64(f, table, "snapshot", &t->snapshot, &t->count, err) != 0 ||
	    result_column_u64(f, table, "record", &t->record, &t->count, err) != 0 ||
	    result_column_u64(f, table, "time_ns", &t->time_ns, &t->count, err) != 0 ||
	    result_column_i64(f, table, "mark", &t->mark, &t->count, err) != 0)
		return -1;
	return t->count ? 0
			: error_set(err, ERROR_INPUT, "%s: holds no snapshot", result_file_path(f));
}

static void free_taken(struct taken *t)
{
	free(t->snapshot);
	free(t->record);
	free(t->time_ns);
	free(t->mark);
}

/* The snapshot's row; t->count when there is none. For a time, the last one that is not later. */
static size_t find_taken(const struct taken *t, struct frag_at at)
{
	size_t found = t->count;

	if (at.moment == FRAG_START || at.moment == FRAG_END)
		return at.moment == FRAG_START ? 0 : t->count - 1;
	for (size_t i = 0; i < t->count; i++) {
		bool is = at.moment == FRAG_MARK
				  ? t->mark[i] >= 0 && (uint64_t)t->mark[i] == at.value
				  : t->time_ns[i] - t->time_ns[0] <= at.value;
		if (is)
			found = i;
	}
	return found;
}

static int choose_snapshot(struct frag_data *d, const struct result_file *f, struct frag_at at,
			   struct error *err)
{
	struct taken t = { 0 };
	uint64_t horizon_ns = UINT64_MAX;
	int result = read_taken(&t, f, err);
	size_t i = result == 0 ? find_taken(&t, at) : 0;

	if (result == 0 && i == t.count)
		result = error_set(err, ERROR_INPUT, "%s: has no snapshot of mark %" PRIu64,
				   result_file_path(f), at.value);
	if (result == 0) {
		result_attribute_u64(f, "/provenance", "horizon_time_ns", &horizon_ns);
		d->snapshot = t.snapshot[i];
		d->record = t.record[i];
		d->time_ns = t.time_ns[i] - t.time_ns[0];
		d->mark = t.mark[i];
		d->last = i == t.count - 1;
		d->horizon_ns = horizon_ns == UINT64_MAX ? UINT64_MAX : horizon_ns - t.time_ns[0];
	}
	free_taken(&t);
	return result;
}

/* --- zones --- */

static bool is_wanted(const char *name, const char *wanted)
{
	const char *space = strrchr(name, ' ');

	return !wanted || strcmp(name, wanted) == 0 || (space && strcmp(space + 1, wanted) == 0);
}

static int keep_zones(struct frag_data *d, const struct result_file *f, char **names,
		      const uint64_t *start, const uint64_t *spanned, size_t count,
		      const char *wanted, struct error *err)
{
	d->zones = calloc(count + 1, sizeof(*d->zones));
	if (!d->zones)
		return no_memory(err);
	for (size_t i = 0; i < count; i++) {
		struct frag_zone *zone = &d->zones[d->zone_count];
		if (!is_wanted(names[i], wanted))
			continue;
		zone->name = strdup(names[i]);
		if (!zone->name)
			return no_memory(err);
		zone->number = i;
		zone->start_pfn = start[i];
		zone->spanned = spanned[i];
		d->zone_count++;
	}
	if (d->zone_count)
		return 0;
	return error_set(err, ERROR_INPUT, "%s: has no zone %s", result_file_path(f),
			 wanted ? wanted : "at all");
}

static int read_zones(struct frag_data *d, const struct result_file *f, const char *wanted,
		      struct error *err)
{
	static const char table[] = "/snapshots/zones";
	char **names = NULL;
	uint64_t *start = NULL, *spanned = NULL;
	size_t count = 0;
	int result = result_column_text(f, table, "zone", &names, &count, err);

	if (result == 0)
		result = result_column_u64(f, table, "start_pfn", &start, &count, err);
	if (result == 0)
		result = result_column_u64(f, table, "spanned", &spanned, &count, err);
	if (result == 0)
		result = keep_zones(d, f, names, start, spanned, count, wanted, err);
	result_texts_free(names, count);
	free(start);
	free(spanned);
	return result;
}

static struct frag_zone *zone_at(const struct frag_data *d, uint64_t pfn)
{
	for (size_t i = 0; i < d->zone_count; i++)
		if (pfn - d->zones[i].start_pfn < d->zones[i].spanned)
			return &d->zones[i];
	return NULL;
}

static int read_states(struct frag_data *d, const struct result_file *f, struct error *err)
{
	static const char table[] = "/snapshots/pageblock_states";
	static const char *const columns[FRAG_STATES] = { "free", "freeable", "held", "reserved" };
	char **names = NULL;
	uint64_t *snapshot = NULL, *blocks[FRAG_STATES] = { NULL }, order = 0;
	size_t count = 0;
	bool explained = false;
	int result = result_column_text(f, table, "zone", &names, &count, err);

	if (result == 0)
		result = result_column_u64(f, table, "snapshot", &snapshot, &count, err);
	for (int s = 0; s < FRAG_STATES && result == 0; s++)
		result = result_column_u64(f, table, columns[s], &blocks[s], &count, err);
	for (size_t row = 0; result == 0 && row < count; row++) {
		if (snapshot[row] != d->snapshot)
			continue;
		explained = true;
		for (size_t z = 0; z < d->zone_count; z++)
			for (int s = 0; s < FRAG_STATES; s++)
				if (strcmp(d->zones[z].name, names[row]) == 0)
					d->zones[z].blocks[s] = blocks[s][row];
	}
	if (result == 0 && !explained)
		result = error_set(err, ERROR_INPUT,
				   "%s: says what holds pageblocks at the end only, as it was run "
				   "with blame.at=end",
				   result_file_path(f));
	result_attribute_u64(f, table, "order", &order);
	d->block_order = (uint32_t)order;
	result_texts_free(names, count);
	free(snapshot);
	for (int s = 0; s < FRAG_STATES; s++)
		free(blocks[s]);
	return result;
}

/* --- the map --- */

struct map {
	uint64_t *snapshot, *pfn, *pages, *kind, *order, *migratetype;
	size_t count;
	char **kinds;
	size_t kind_count;
};

static int read_map(struct map *m, const struct result_file *f, struct error *err)
{
	static const char table[] = "/snapshots/pfn";

	if (result_column_u64(f, table, "snapshot", &m->snapshot, &m->count, err) != 0 ||
	    result_column_u64(f, table, "pfn", &m->pfn, &m->count, err) != 0 ||
	    result_column_u64(f, table, "pages", &m->pages, &m->count, err) != 0 ||
	    result_column_u64(f, table, "kind", &m->kind, &m->count, err) != 0 ||
	    result_column_u64(f, table, "order", &m->order, &m->count, err) != 0 ||
	    result_column_u64(f, table, "migratetype", &m->migratetype, &m->count, err) != 0)
		return -1;
	return result_texts_read(f, "/snapshots/kinds", &m->kinds, &m->kind_count, err);
}

static void free_map(struct map *m)
{
	free(m->snapshot);
	free(m->pfn);
	free(m->pages);
	free(m->kind);
	free(m->order);
	free(m->migratetype);
	result_texts_free(m->kinds, m->kind_count);
}

static void count_run(struct frag_data *d, const struct map *m, size_t i)
{
	struct frag_zone *zone = zone_at(d, m->pfn[i]);
	const char *kind = m->kind[i] < m->kind_count ? m->kinds[m->kind[i]] : "";
	uint64_t order = m->order[i], type = m->migratetype[i];

	if (!zone || strcmp(kind, "reserved") == 0)
		return;
	zone->counts.managed += m->pages[i];
	if (strcmp(kind, "per-cpu list") == 0)
		zone->counts.pcp_pages += m->pages[i];
	if (strcmp(kind, "free") != 0 || order >= PAGE_ORDERS_MAX || type >= MIGRATE_TYPES)
		return;
	zone->counts.free_pages += m->pages[i];
	zone->counts.free_blocks[order][type] += m->pages[i] >> order;
}

static int count_map(struct frag_data *d, const struct result_file *f, struct error *err)
{
	struct map m = { 0 };
	struct result_array orders;
	int result = read_map(&m, f, err);

	if (result == 0)
		result = result_array_read(f, "/timeseries/fragmentation/order", &orders, err);
	if (result == 0) {
		d->orders = orders.dims[0] < PAGE_ORDERS_MAX ? (uint32_t)orders.dims[0]
							     : PAGE_ORDERS_MAX;
		free(orders.values);
	}
	for (size_t i = 0; result == 0 && i < m.count; i++)
		if (m.snapshot[i] == d->snapshot)
			count_run(d, &m, i);
	free_map(&m);
	return result;
}

/* The last sample that was taken no later than the snapshot; SIZE_MAX: none was. */
static size_t find_sample(const struct frag_data *d, const struct result_array *records)
{
	size_t found = SIZE_MAX;

	for (size_t i = 0; records->rank == 1 && i < records->dims[0]; i++)
		if ((uint64_t)records->values[i] <= d->record)
			found = i;
	return found;
}

static int read_mixed(struct frag_data *d, const struct result_file *f, struct error *err)
{
	struct result_array records = { 0 }, mixed = { 0 };
	int result = result_array_read(f, "/timeseries/fragmentation/record", &records, err);

	if (result == 0)
		result = result_array_read(f, "/timeseries/fragmentation/pageblocks_mixed", &mixed,
					   err);
	size_t sample = result == 0 ? find_sample(d, &records) : SIZE_MAX;
	for (size_t z = 0; sample != SIZE_MAX && mixed.rank == 3 && z < d->zone_count; z++)
		for (size_t type = 0; type < MIGRATE_TYPES && type < mixed.dims[2]; type++)
			d->zones[z].counts.pageblocks_mixed[type] =
				(uint64_t)
					mixed.values[(sample * mixed.dims[1] + d->zones[z].number) *
							     mixed.dims[2] +
						     type];
	free(records.values);
	free(mixed.values);
	return result;
}

/* --- who holds what --- */

static int read_holders(struct frag_data *d, const struct result_file *f, struct error *err)
{
	struct frag_holders *h = &d->holders;
	const struct {
		const char *column;
		char ***texts;
	} columns[] = {
		{ "kind", &h->kind },   { "use", &h->use },   { "call_site", &h->call_site },
		{ "cache", &h->cache }, { "task", &h->task },
	};
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		if (result_column_text(f, "/events/pin_holders", columns[i].column,
				       columns[i].texts, &h->count, err) != 0)
			return -1;
	return 0;
}

static void free_holders(struct frag_holders *h)
{
	result_texts_free(h->kind, h->count);
	result_texts_free(h->use, h->count);
	result_texts_free(h->call_site, h->count);
	result_texts_free(h->cache, h->count);
	result_texts_free(h->task, h->count);
}

/* Columns of /events/pins, in the order in which struct frag_pin is filled from them. */
enum { PIN_SNAPSHOT, PIN_BLOCK, PIN_HOLDER, PIN_ALLOCATIONS, PIN_BYTES, PIN_AGE, PIN_COLUMNS };

/* The block is of a zone that is asked for. */
static bool has_block(const struct frag_data *d, uint64_t pfn)
{
	uint64_t end = pfn + (1ull << d->block_order);

	for (size_t i = 0; i < d->zone_count; i++)
		if (end > d->zones[i].start_pfn &&
		    pfn < d->zones[i].start_pfn + d->zones[i].spanned)
			return true;
	return false;
}

static int keep_pins(struct frag_data *d, uint64_t *const columns[PIN_COLUMNS], size_t count,
		     struct error *err)
{
	d->pins = calloc(count + 1, sizeof(*d->pins));
	if (!d->pins)
		return no_memory(err);
	for (size_t i = 0; i < count; i++) {
		uint64_t block = columns[PIN_BLOCK][i];
		if (columns[PIN_SNAPSHOT][i] != d->snapshot || !has_block(d, block) ||
		    columns[PIN_HOLDER][i] >= d->holders.count)
			continue;
		d->pins[d->pin_count++] =
			(struct frag_pin){ .pageblock = block,
					   .holder = columns[PIN_HOLDER][i],
					   .allocations = columns[PIN_ALLOCATIONS][i],
					   .bytes = columns[PIN_BYTES][i],
					   .age_ns = columns[PIN_AGE][i] };
	}
	return 0;
}

static int read_pins(struct frag_data *d, const struct result_file *f, struct error *err)
{
	static const char *const names[PIN_COLUMNS] = {
		"snapshot", "pageblock", "holder", "allocations", "bytes", "age_ns_oldest"
	};
	uint64_t *columns[PIN_COLUMNS] = { NULL };
	size_t count = 0;
	int result = 0;

	for (int c = 0; c < PIN_COLUMNS && result == 0; c++)
		result = result_column_u64(f, "/events/pins", names[c], &columns[c], &count, err);
	if (result == 0)
		result = keep_pins(d, columns, count, err);
	for (int c = 0; c < PIN_COLUMNS; c++)
		free(columns[c]);
	return result;
}

/* A page policy that has no memory (null) leaves nothing to tell. */
static int check_memory(const struct frag_data *d, const struct result_file *f, const char *wanted,
			struct error *err)
{
	uint64_t managed = 0;

	for (size_t i = 0; i < d->zone_count; i++)
		managed += d->zones[i].counts.managed;
	if (managed || wanted)
		return 0;
	return error_set(err, ERROR_INPUT,
			 "%s: page policy '%s' keeps no memory that could be fragmented",
			 result_file_path(f), d->page_policy ? d->page_policy : "?");
}

int frag_data_read(struct frag_data *d, const struct result_file *f, struct frag_at at,
		   const char *zone, struct error *err)
{
	*d = (struct frag_data){ 0 };
	if (!result_file_has(f, "/events/pins"))
		return complain(f, err);
	d->page_policy = result_attribute_text(f, "/summary", "page_policy");
	d->slab_policy = result_attribute_text(f, "/summary", "slab_policy");
	if (choose_snapshot(d, f, at, err) != 0 || read_zones(d, f, zone, err) != 0 ||
	    count_map(d, f, err) != 0 || check_memory(d, f, zone, err) != 0 ||
	    read_states(d, f, err) != 0 || read_mixed(d, f, err) != 0)
		return -1;
	return read_holders(d, f, err) == 0 ? read_pins(d, f, err) : -1;
}

void frag_data_free(struct frag_data *d)
{
	for (size_t i = 0; i < d->zone_count; i++)
		free(d->zones[i].name);
	free_holders(&d->holders);
	free(d->zones);
	free(d->pins);
	free(d->page_policy);
	free(d->slab_policy);
	*d = (struct frag_data){ 0 };
}
