/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/slab_series.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "machine/machine.h"

/* The columns, in the order of the file. Waste is what is held beyond what was asked for. */
enum column {
	ALIVE,
	ACTIVE_OBJECTS,
	OBJECTS,
	ACTIVE_SLABS,
	SLABS,
	SLABS_FULL,
	SLABS_PARTIAL,
	SLABS_CPU,
	SLABS_EMPTY,
	BYTES_REQUESTED,
	BYTES_HELD,
	WASTE_ROUNDING,
	WASTE_METADATA,
	WASTE_TAIL,
	WASTE_CPU,
	WASTE_PARTIAL,
	WASTE_EMPTY,
	COLUMNS,
	BYTES_OF_PAGES = COLUMNS, /* over all caches */
	SERIES_COLUMNS
};

/*
 * A row looks at every slab, so that on a machine full of them rows are fewer than samples: so many
 * records apart for each slab, which makes looking about a tenth of the run. Who says how far apart
 * samples are gets a row for each.
 */
enum { RECORDS_A_SLAB = 2 };

/* Rows of means are that part of the run apart at most, or else so few records. */
enum { ROWS_FOR_MEANS = 64, RECORDS_A_ROW_CLOSE = 16 };

/* What does not change of a cache. */
struct cache_facts {
	uint32_t object_size, objects_per_slab, pages_per_slab;
};

struct slab_series {
	struct result_series *series;
	struct result_dimension cache;
	uint64_t *values[COLUMNS]; /* cache.length each; of waste the bits of an int64_t */
	const char **labels;
	struct cache_facts *facts;
	size_t capacity;
	/* Over all caches: now, and twice what that sums up to over simulated time. */
	int64_t now[COLUMNS];
	__int128 twice_over_time[COLUMNS];
	uint64_t first_ns, last_ns, widest_ns; /* of rows, and the longest between two */
	uint64_t first_record, last_record, widest_records;
	bool any;
	bool behind;    /* a sample was left out after the last row */
	uint64_t slabs; /* that the last row looked at */
};

static int no_memory(struct error *err)
{
	return error_set(err, ERROR_RUN, "no memory for time series of caches");
}

static const struct {
	const char *name, *unit, *long_name;
	enum result_type type;
} texts[COLUMNS] = {
	[ALIVE] = { "alive", "1", "1 while there is this cache", RESULT_U64 },
	[ACTIVE_OBJECTS] = { "active_objects", "objects", "objects in use as slabinfo counts them",
			     RESULT_U64 },
	[OBJECTS] = { "objects", "objects", "objects in all slabs", RESULT_U64 },
	[ACTIVE_SLABS] = { "active_slabs", "slabs", "slabs in use as slabinfo counts them",
			   RESULT_U64 },
	[SLABS] = { "slabs", "slabs", "slabs", RESULT_U64 },
	[SLABS_FULL] = { "slabs_full", "slabs", "slabs without a free object", RESULT_U64 },
	[SLABS_PARTIAL] = { "slabs_partial", "slabs", "slabs with free objects and others",
			    RESULT_U64 },
	[SLABS_CPU] = { "slabs_cpu", "slabs", "slabs that a CPU has for itself", RESULT_U64 },
	[SLABS_EMPTY] = { "slabs_empty", "slabs", "slabs of free objects alone", RESULT_U64 },
	[BYTES_REQUESTED] = { "bytes_requested", "bytes", "asked for by live objects", RESULT_U64 },
	[BYTES_HELD] = { "bytes_held", "bytes", "pages of slabs", RESULT_U64 },
	[WASTE_ROUNDING] = { "waste_rounding", "bytes",
			     "live objects: from what was asked for to the size of cache or class",
			     RESULT_I64 },
	[WASTE_METADATA] = { "waste_metadata", "bytes",
			     "alignment of live objects and what is kept with them or their slab",
			     RESULT_I64 },
	[WASTE_TAIL] = { "waste_tail", "bytes", "ends of slabs, too small for an object",
			 RESULT_I64 },
	[WASTE_CPU] = { "waste_cpu", "bytes", "free objects that CPUs keep at hand", RESULT_I64 },
	[WASTE_PARTIAL] = { "waste_partial", "bytes", "other free objects in slabs that are in use",
			    RESULT_I64 },
	[WASTE_EMPTY] = { "waste_empty", "bytes", "free objects in slabs that are not",
			  RESULT_I64 },
};

int slab_series_open(struct machine *m, struct slab_series **out, struct error *err)
{
	*out = NULL;
	if (m->page_level)
		return 0;
	struct slab_series *series = calloc(1, sizeof(*series));
	if (!series)
		return no_memory(err);
	*out = series;
	series->cache = (struct result_dimension){ "cache", 0, NULL };
	struct result_column columns[SERIES_COLUMNS];
	for (size_t i = 0; i < COLUMNS; i++)
		columns[i] = (struct result_column){ .name = texts[i].name,
						     .unit = texts[i].unit,
						     .long_name = texts[i].long_name,
						     .type = texts[i].type,
						     .dimension_count = 1,
						     .dimensions = { &series->cache } };
	columns[BYTES_OF_PAGES] = (struct result_column){
		.name = "bytes_of_pages",
		.unit = "bytes",
		.long_name = "had of the page allocator, for kmallocs of whole pages too",
		.type = RESULT_U64
	};
	series->series =
		m->sink_ops->series(m->sink, "/timeseries/slab", columns, SERIES_COLUMNS, err);
	return series->series ? 0 : -1;
}

void slab_series_close(struct slab_series *series)
{
	if (!series)
		return;
	for (size_t i = 0; i < COLUMNS; i++)
		free(series->values[i]);
	free(series->labels);
	free(series->facts);
	free(series);
}

static int grow(struct slab_series *series, size_t count, struct error *err)
{
	if (count <= series->capacity)
		return 0;
	size_t capacity = 2 * count;
	for (size_t i = 0; i < COLUMNS; i++) {
		uint64_t *values = realloc(series->values[i], capacity * sizeof(*values));
		if (!values)
			return no_memory(err);
		series->values[i] = values;
	}
	const char **labels = realloc(series->labels, capacity * sizeof(*labels));
	if (!labels)
		return no_memory(err);
	series->labels = labels;
	struct cache_facts *facts = realloc(series->facts, capacity * sizeof(*facts));
	if (!facts)
		return no_memory(err);
	series->facts = facts;
	series->capacity = capacity;
	return 0;
}

static void fill_counts(struct slab_series *series, size_t i, const struct cache_counts *c)
{
	uint64_t *const *v = series->values;

	v[ALIVE][i] = c->name != NULL;
	v[ACTIVE_OBJECTS][i] = c->active_objects;
	v[OBJECTS][i] = c->objects;
	v[ACTIVE_SLABS][i] = c->active_slabs;
	v[SLABS][i] = c->slabs;
	v[BYTES_REQUESTED][i] = c->requested_bytes;
	v[BYTES_HELD][i] = c->held_bytes;
	v[WASTE_ROUNDING][i] = c->allocated_bytes - c->requested_bytes;
	v[WASTE_METADATA][i] = c->occupied_bytes - c->allocated_bytes;
	v[WASTE_PARTIAL][i] = c->deferred_bytes;
	for (size_t k = SLABS_FULL; k <= SLABS_EMPTY; k++)
		v[k][i] = 0;
	v[WASTE_TAIL][i] = v[WASTE_CPU][i] = v[WASTE_EMPTY][i] = 0;
}

/* As the kernel's lists have it; SLUB's node list keeps empty slabs among the partial ones. */
static enum column state_of(const struct slab_extent *extent)
{
	const uint32_t idle = extent->free_bytes - extent->cached_bytes;
	const uint32_t unused = idle + extent->overhead_bytes + extent->tail_bytes;

	if (extent->list == SLAB_LIST_CPU || extent->list == SLAB_LIST_CPU_PARTIAL)
		return SLABS_CPU;
	if (idle == 0)
		return SLABS_FULL;
	return unused >> PAGE_SHIFT == 1u << extent->order ? SLABS_EMPTY : SLABS_PARTIAL;
}

static void add_extent(void *context, const struct slab_extent *extent)
{
	struct slab_series *series = context;
	const size_t i = extent->cache.v;
	uint64_t *const *v = series->values;

	series->slabs++;
	if (i >= series->cache.length)
		return;
	const enum column state = state_of(extent);
	const enum column cause = state == SLABS_EMPTY ? WASTE_EMPTY : WASTE_PARTIAL;
	v[state][i]++;
	v[WASTE_METADATA][i] += extent->overhead_bytes;
	v[WASTE_TAIL][i] += extent->tail_bytes;
	v[WASTE_CPU][i] += extent->cached_bytes;
	v[cause][i] += extent->free_bytes - extent->cached_bytes;
}

static void add_totals(struct slab_totals *totals, const struct cache_counts *c)
{
	totals->requested_bytes += c->requested_bytes;
	totals->occupied_bytes += c->occupied_bytes;
	totals->held_bytes += c->held_bytes;
}

static int take_counts(struct slab_series *series, struct machine *m, struct slab_totals *totals,
		       struct error *err)
{
	uint32_t count = m->slab->cache_count(m->slab_state);
	if (grow(series, count, err) != 0)
		return -1;
	for (uint32_t i = 0; i < count; i++) {
		struct cache_counts c = { 0 };
		bool used = m->slab->counts(m->slab_state, (cache_id){ i }, &c);
		/* A number once used keeps its name, or earlier rows would lose theirs. */
		if (used || i >= series->cache.length) {
			series->labels[i] = used ? c.name : "";
			series->facts[i] = (struct cache_facts){ c.object_size, c.objects_per_slab,
								 c.pages_per_slab };
		}
		if (!used)
			c = (struct cache_counts){ 0 };
		fill_counts(series, i, &c);
		add_totals(totals, &c);
	}
	series->cache.length = count;
	series->cache.labels = series->labels;
	return 0;
}

static void note_distance(struct slab_series *series, uint64_t since_ns, uint64_t record)
{
	const uint64_t records = series->any ? record - series->last_record : 0;

	if (since_ns > series->widest_ns)
		series->widest_ns = since_ns;
	if (records > series->widest_records)
		series->widest_records = records;
}

/* From the last row to this one they went evenly from the one number to the other. */
static void note_means(struct slab_series *series, uint64_t time_ns, uint64_t record)
{
	const uint64_t since = series->any ? time_ns - series->last_ns : 0;

	for (size_t k = 0; k < COLUMNS; k++) {
		const __int128 before = series->now[k];
		series->now[k] = 0;
		for (size_t i = 0; i < series->cache.length; i++)
			series->now[k] += (int64_t)series->values[k][i];
		series->twice_over_time[k] += (before + series->now[k]) * since;
	}
	note_distance(series, since, record);
	series->last_ns = time_ns;
	series->last_record = record;
	series->any = true;
}

static bool asks_for_all(const struct machine *m)
{
	return !sample_by_default(m->sample_params, m->run->sample_every);
}

static bool is_due(const struct slab_series *series, const struct machine *m, uint64_t record)
{
	return !series->any || asks_for_all(m) ||
	       record - series->last_record >= RECORDS_A_SLAB * series->slabs;
}

/* The counts are there. */
static int append_row(struct slab_series *series, struct machine *m, uint64_t time_ns,
		      uint64_t record, struct error *err)
{
	const uint64_t bytes_of_pages = (uint64_t)m->slab_pages.now << PAGE_SHIFT;

	series->slabs = 0;
	if (!series->any) {
		series->first_ns = time_ns;
		series->first_record = record;
	}
	m->slab->walk(m->slab_state, add_extent, series);
	note_means(series, time_ns, record);
	const void *values[SERIES_COLUMNS] = { [BYTES_OF_PAGES] = &bytes_of_pages };
	for (size_t i = 0; i < COLUMNS; i++)
		values[i] = series->values[i];
	return m->sink_ops->series_append(series->series, time_ns, record, values, err);
}

int slab_series_row(struct slab_series *series, struct machine *m, uint64_t time_ns,
		    uint64_t record, struct slab_totals *totals, struct error *err)
{
	*totals = (struct slab_totals){ 0 };
	if (!series)
		return 0;
	if (take_counts(series, m, totals, err) != 0)
		return -1;
	if (!series->any)
		slab_pages_restart(m);
	series->behind = !is_due(series, m, record);
	return series->behind ? 0 : append_row(series, m, time_ns, record, err);
}

int slab_series_thin(struct slab_series *series, struct machine *m, struct error *err)
{
	return series ? m->sink_ops->series_thin(series->series, err) : 0;
}

/*
 * What changes with every object is known at the rows alone. A mean over few of them is as far off
 * as what is compared by it differs, unless they are as close as anybody can want them.
 */
static bool has_means(const struct slab_series *series)
{
	const uint64_t records = series->last_record - series->first_record;

	return series->widest_records <= RECORDS_A_ROW_CLOSE ||
	       series->widest_records <= records / ROWS_FOR_MEANS ||
	       series->widest_ns <= (series->last_ns - series->first_ns) / ROWS_FOR_MEANS;
}

/* The mean over simulated time; of a run without any, what stands at its end. */
static double mean_of(const struct slab_series *series, size_t column)
{
	const uint64_t span = series->last_ns - series->first_ns;

	if (!span)
		return (double)series->now[column];
	return has_means(series) ? (double)series->twice_over_time[column] / (2 * (double)span)
				 : (double)NAN;
}

static int write_sampled_means(const struct slab_series *series, struct machine *m,
			       struct error *err)
{
	static const struct {
		const char *name;
		size_t column;
	} means[] = {
		{ "slab_bytes_requested_mean", BYTES_REQUESTED },
		{ "slab_bytes_held_mean", BYTES_HELD },
		{ "slab_waste_rounding_mean", WASTE_ROUNDING },
		{ "slab_waste_metadata_mean", WASTE_METADATA },
		{ "slab_waste_tail_mean", WASTE_TAIL },
		{ "slab_waste_cpu_mean", WASTE_CPU },
		{ "slab_waste_partial_mean", WASTE_PARTIAL },
		{ "slab_waste_empty_mean", WASTE_EMPTY },
	};
	for (size_t i = 0; i < sizeof(means) / sizeof(means[0]); i++)
		if (m->sink_ops->attribute_f64(m->sink, "/summary", means[i].name,
					       mean_of(series, means[i].column), err) != 0)
			return -1;
	return 0;
}

static int write_means(const struct slab_series *series, struct machine *m, struct error *err)
{
	if (m->sink_ops->attribute_f64(m->sink, "/summary", "slab_bytes_mean",
				       slab_pages_mean(m) * PAGE_SIZE_BYTES, err) != 0 ||
	    m->sink_ops->attribute_u64(m->sink, "/summary", "slab_bytes_max",
				       (uint64_t)m->slab_pages.max << PAGE_SHIFT, err) != 0)
		return -1;
	return write_sampled_means(series, m, err);
}

static int append_last_row(struct slab_series *series, struct machine *m, struct error *err)
{
	struct slab_totals totals = { 0 };

	return take_counts(series, m, &totals, err) == 0
		       ? append_row(series, m, m->time_ns, machine_record(m), err)
		       : -1;
}

int slab_series_finish(struct slab_series *series, struct machine *m, struct error *err)
{
	const struct result_column columns[] = {
		{ .name = "cache", .unit = "", .long_name = "kmem_cache", .type = RESULT_TEXT },
		{ .name = "object_size",
		  .unit = "bytes",
		  .long_name = "of an object with padding, as slabinfo has it",
		  .type = RESULT_U64 },
		{ .name = "objects_per_slab",
		  .unit = "objects",
		  .long_name = "as slabinfo has it",
		  .type = RESULT_U64 },
		{ .name = "pages_per_slab",
		  .unit = "pages",
		  .long_name = "as slabinfo has it",
		  .type = RESULT_U64 },
	};
	if (!series)
		return 0;
	if (series->behind && append_last_row(series, m, err) != 0)
		return -1;
	struct result_table *table =
		m->sink_ops->table(m->sink, "/summary/slab_caches", columns, 4, err);
	for (size_t i = 0; table && i < series->cache.length; i++) {
		const struct cache_facts *f = &series->facts[i];
		const uint64_t size = f->object_size, objects = f->objects_per_slab,
			       pages = f->pages_per_slab;
		const void *const row[] = { series->labels[i], &size, &objects, &pages };
		if (m->sink_ops->table_append(table, row, err) != 0)
			return -1;
	}
	return table ? write_means(series, m, err) : -1;
}
