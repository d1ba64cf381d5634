/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine/ageing.h"
#include "machine/machine.h"
#include "machine/marks.h"
#include "machine/process_report.h"
#include "machine/recorded_environment.h"
#include "machine/start.h"

static int write_u64(struct machine *m, const char *object, const char *name, uint64_t value,
		     struct error *err)
{
	return m->sink_ops->attribute_u64(m->sink, object, name, value, err);
}

static int write_text(struct machine *m, const char *object, const char *name, const char *value,
		      struct error *err)
{
	return m->sink_ops->attribute_text(m->sink, object, name, value, err);
}

static int write_f64(struct machine *m, const char *object, const char *name, double value,
		     struct error *err)
{
	return m->sink_ops->attribute_f64(m->sink, object, name, value, err);
}

/* A record's number, as results have it where there is none. */
static uint64_t or_none(uint64_t record)
{
	return record ? record : UINT64_MAX;
}

static int write_summary_counts(struct machine *m, struct error *err)
{
	const struct slabyard_summary *s = m->summary;
	const struct {
		const char *name;
		uint64_t value;
	} counts[] = {
		{ "records", s->records },
		{ "executed", s->executed },
		{ "skipped_before_start", s->skipped_before_start },
		{ "no_layer", s->no_layer },
		{ "unknown_frees", s->unknown_frees },
		{ "lost_frees", s->lost_frees },
		{ "alloc_fails", s->alloc_fails },
		{ "caches_left", s->caches_left },
		{ "placements_compared", s->compared },
		{ "placements_matched", s->matched },
		{ "first_divergence_record", or_none(s->first_divergence_record) },
		{ "marks_compared", s->marks_compared },
		{ "lists_compared", s->lists_compared },
		{ "lists_different", s->lists_different },
		{ "own_left_out", s->own_left_out },
		{ "matched_by_cache", s->matched_by_cache },
		{ "call_sites_by_site", s->call_sites_by_rule[TRUE_CACHE_BY_SITE] },
		{ "call_sites_by_function", s->call_sites_by_rule[TRUE_CACHE_BY_FUNCTION] },
		{ "call_sites_by_name", s->call_sites_by_rule[TRUE_CACHE_BY_NAME] },
		{ "call_sites_as_recorded", s->call_sites_by_rule[TRUE_CACHE_UNKNOWN] },
		{ "effects_recorded", s->effects_recorded },
		{ "effects_simulated", s->effects_simulated },
		{ "effects_order", s->effects_order },
		{ "effects_position", s->effects_position },
		{ "effects_frame", s->effects_frame },
		{ "cpus_folded", s->cpus_folded },
		{ "stalls", s->stalls },
		{ "free_pages", s->free_pages },
		{ "slabs", s->slabs },
		{ "slab_bytes_requested", s->slab_bytes_requested },
		{ "slab_bytes_held", s->slab_bytes_held },
		{ "cost_ps", m->work.cost_ps },
		{ "simulated_ns", m->time_ns - m->origin_ns },
	};
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		if (write_u64(m, "/summary", counts[i].name, counts[i].value, err) != 0)
			return -1;
	if (write_f64(m, "/summary", "unusable_free_index_order9", s->unusable_free_index_order9,
		      err) != 0)
		return -1;
	if (write_text(m, "/summary", "cost", "modelled cost", err) != 0 ||
	    write_text(m, "/summary", "level", s->level, err) != 0 ||
	    write_text(m, "/summary", "page_policy", s->page_policy, err) != 0)
		return -1;
	return write_text(m, "/summary", "slab_policy", s->slab_policy ? s->slab_policy : "none",
			  err);
}

static int write_operations(struct machine *m, struct error *err)
{
	const struct result_column columns[] = {
		{ .name = "operation", .unit = "", .long_name = "operation", .type = RESULT_TEXT },
		{ .name = "count",
		  .unit = "1",
		  .long_name = "records in the trace",
		  .type = RESULT_U64 },
		{ .name = "executed", .unit = "1", .long_name = "carried out", .type = RESULT_U64 },
		{ .name = "failed",
		  .unit = "1",
		  .long_name = "failed in the simulation",
		  .type = RESULT_U64 },
		{ .name = "latency_ps_mean",
		  .unit = "ps",
		  .long_name = "mean latency",
		  .type = RESULT_F64 },
		{ .name = "latency_ps_p50",
		  .unit = "ps",
		  .long_name = "median",
		  .type = RESULT_U64 },
		{ .name = "latency_ps_p99",
		  .unit = "ps",
		  .long_name = "99th percentile",
		  .type = RESULT_U64 },
		{ .name = "latency_ps_max",
		  .unit = "ps",
		  .long_name = "largest",
		  .type = RESULT_U64 },
	};
	enum { COLUMNS = sizeof(columns) / sizeof(columns[0]) };
	struct result_table *table =
		m->sink_ops->table(m->sink, "/summary/operations", columns, COLUMNS, err);
	for (size_t i = 0; table && i < m->summary->operation_count; i++) {
		const struct slabyard_operation_summary *o = &m->summary->operations[i];
		const void *const values[COLUMNS] = { o->name,
						      &o->count,
						      &o->executed,
						      &o->failed,
						      &o->latency_ps_mean,
						      &o->latency_ps_p50,
						      &o->latency_ps_p99,
						      &o->latency_ps_max };
		if (m->sink_ops->table_append(table, values, err) != 0)
			return -1;
	}
	return table ? 0 : -1;
}

/* What the modelled cost is made of. */
static int write_work(struct machine *m, struct error *err)
{
	const struct result_column columns[] = {
		{ .name = "work", .unit = "", .long_name = "primitive", .type = RESULT_TEXT },
		{ .name = "count",
		  .unit = "1",
		  .long_name = "times it was done",
		  .type = RESULT_U64 },
		{ .name = "cost_ps",
		  .unit = "ps",
		  .long_name = "what that cost",
		  .type = RESULT_U64 },
		{ .name = "what", .unit = "", .long_name = "description", .type = RESULT_TEXT },
	};
	struct result_table *table = m->sink_ops->table(m->sink, "/summary/work", columns, 4, err);
	for (int i = 0; table && i < WORK_COUNTERS; i++) {
		uint64_t cost_ps = m->work.count[i] * m->work.price_ps[i];
		const void *const values[] = { counter_table[i].name, &m->work.count[i], &cost_ps,
					       counter_table[i].help };
		if (m->sink_ops->table_append(table, values, err) != 0)
			return -1;
	}
	return table ? 0 : -1;
}

/* Bins from the first that is used to the last; edges in ns. */
static int write_histogram(struct machine *m, const char *name, const struct histogram *h,
			   struct error *err)
{
	static const double ps_per_ns = 1000.0;
	unsigned first = 0, last = histogram_bin(h->max);
	while (!h->bins[first])
		first++;
	size_t n = last - first + 1;
	double *edges = calloc(n + 1, sizeof(*edges));
	if (!edges)
		return error_set(err, ERROR_RUN, "no memory for latency histograms");
	for (size_t i = 0; i <= n; i++)
		edges[i] = (double)histogram_edge(first + (unsigned)i) / ps_per_ns;
	char path[64];
	snprintf(path, sizeof(path), "/latency/%s", name);
	int result = m->sink_ops->histogram(m->sink, path, "ns", h->bins + first, edges, n, err);
	free(edges);
	return result;
}

static int write_latencies(struct machine *m, struct error *err)
{
	for (int i = 0; i < OPERATION_COUNT; i++) {
		const struct histogram *h = m->operations[i].latency_ps;
		if (h && histogram_count(h) &&
		    write_histogram(m, operation_table[i].name, h, err) != 0)
			return -1;
	}
	return 0;
}

static int write_taken(struct machine *m, struct error *err)
{
	const struct result_column columns[] = {
		{ .name = "assist", .unit = "", .long_name = "recorded fact", .type = RESULT_TEXT },
		{ .name = "allowed",
		  .unit = "1",
		  .long_name = "1: replay was allowed to use it",
		  .type = RESULT_U64 },
		{ .name = "uses",
		  .unit = "1",
		  .long_name = "times it was used",
		  .type = RESULT_U64 },
		{ .name = "fact",
		  .unit = "",
		  .long_name = "what was taken from the trace",
		  .type = RESULT_TEXT },
	};
	struct result_table *table =
		m->sink_ops->table(m->sink, "/provenance/taken_from_trace", columns, 4, err);
	for (int i = 0; table && i < ASSIST_COUNT; i++) {
		uint64_t allowed = m->assists.allowed[i];
		const void *const values[] = { assist_name((enum assist)i), &allowed,
					       &m->assists.used[i], assist_help((enum assist)i) };
		if (m->sink_ops->table_append(table, values, err) != 0)
			return -1;
	}
	return table ? 0 : -1;
}

static int write_locks(struct machine *m, struct error *err)
{
	const struct result_column columns[] = {
		{ .name = "lock", .unit = "", .long_name = "lock", .type = RESULT_TEXT },
		{ .name = "acquisitions",
		  .unit = "1",
		  .long_name = "times taken",
		  .type = RESULT_U64 },
		{ .name = "contended",
		  .unit = "1",
		  .long_name = "times waited for",
		  .type = RESULT_U64 },
		{ .name = "wait_ps",
		  .unit = "ps",
		  .long_name = "sum of waits",
		  .type = RESULT_U64 },
		{ .name = "hold_ps",
		  .unit = "ps",
		  .long_name = "sum of holds",
		  .type = RESULT_U64 },
	};
	if (!m->locks)
		return 0;
	struct result_table *table = m->sink_ops->table(m->sink, "/summary/locks", columns, 5, err);
	for (uint32_t i = 0; table && i < lock_count(m->locks); i++) {
		struct lock_stats stats = lock_stats(m->locks, (lock_id){ i });
		const void *const values[] = { stats.name, &stats.acquisitions, &stats.contended,
					       &stats.wait_ps, &stats.hold_ps };
		if (m->sink_ops->table_append(table, values, err) != 0)
			return -1;
	}
	return table ? 0 : -1;
}

struct parameter_lines {
	char **lines;
	size_t count, capacity;
	bool used, failed;
};

static void add_parameter(void *context, const char *path, const char *value, const char *from,
			  bool used)
{
	struct parameter_lines *p = context;
	(void)from;
	if (used != p->used || p->failed)
		return;
	if (p->count == p->capacity) {
		size_t capacity = p->capacity ? 2 * p->capacity : 64;
		char **lines = realloc(p->lines, capacity * sizeof(*lines));
		if (!lines) {
			p->failed = true;
			return;
		}
		p->lines = lines;
		p->capacity = capacity;
	}
	if (asprintf(&p->lines[p->count], "%s: %s", path, value) < 0)
		p->failed = true;
	else
		p->count++;
}

static int write_parameters(struct machine *m, const char *path, bool used, struct error *err)
{
	struct parameter_lines p = { .used = used };
	config_visit(m->config, add_parameter, &p);
	int result = p.failed ? error_set(err, ERROR_RUN, "no memory for the parameters")
			      : m->sink_ops->text(m->sink, path, (const char *const *)p.lines,
						  p.count, err);
	for (size_t i = 0; i < p.count; i++)
		free(p.lines[i]);
	free(p.lines);
	return result;
}

static int write_ageing(struct machine *m, struct error *err)
{
	const struct ageing_report *a = start_ageing(m->start);
	const char *group = "/provenance/ageing";
	if (!a)
		return 0;
	if (a->wanted_index >= 0 &&
	    write_f64(m, group, "unusable_free_index_wanted", a->wanted_index / 1000.0, err) != 0)
		return -1;
	if (write_f64(m, group, "unusable_free_index_reached", a->reached_index / 1000.0, err) !=
		    0 ||
	    write_u64(m, group, "allocations", a->allocations, err) != 0 ||
	    write_u64(m, group, "frees", a->frees, err) != 0 ||
	    write_u64(m, group, "used_pages", a->used_pages, err) != 0 ||
	    write_u64(m, group, "free_blocks_wanted", a->blocks_wanted, err) != 0)
		return -1;
	return write_u64(m, group, "free_blocks_off", a->blocks_off, err);
}

/* Where a run began: the state's or folder's name, and what a rule had to fill in. */
static int write_start(struct machine *m, struct error *err)
{
	char title[512];
	if (write_text(m, "/provenance", "start", start_title(m->start, title, sizeof(title)),
		       err) != 0 ||
	    write_u64(m, "/provenance", "census", start_is_census(m->start), err) != 0)
		return -1;
	return write_u64(m, "/provenance", "start_blocks_disagreeing", start_disagreeing(m->start),
			 err) == 0
		       ? write_ageing(m, err)
		       : -1;
}

static int write_provenance(struct machine *m, struct error *err)
{
	const char *group = "/provenance";
	const struct slabyard_summary *s = m->summary;
	bool closed = m->run->timing == SLABYARD_TIMING_CLOSED;
	if (write_text(m, group, "version", slabyard_version(), err) != 0 ||
	    write_start(m, err) != 0 ||
	    write_text(m, group, "perturb", m->run->perturb ? m->run->perturb : "none", err) != 0 ||
	    write_text(m, group, "timing", closed ? "closed" : "recorded", err) != 0 ||
	    write_u64(m, group, "seed", m->run->seed, err) != 0 ||
	    write_u64(m, group, "trace_hash", m->trace->ops->hash(m->trace), err) != 0)
		return -1;
	if (write_u64(m, group, "horizon_record", or_none(s->horizon_record), err) != 0 ||
	    write_u64(m, group, "horizon_time_ns",
		      s->horizon_record ? m->horizon.time_ns : UINT64_MAX, err) != 0 ||
	    write_text(m, group, "horizon_reason", s->horizon_reason ? s->horizon_reason : "",
		       err) != 0)
		return -1;
	if (write_taken(m, err) != 0 || recorded_environment_write(m, err) != 0 ||
	    write_parameters(m, "/provenance/parameters_used", true, err) != 0)
		return -1;
	return write_parameters(m, "/provenance/parameters_unused", false, err);
}

int report_write(struct machine *m, struct error *err)
{
	if (write_summary_counts(m, err) != 0 || process_report(m, err) != 0 ||
	    report_latency_figures(m, err) != 0 || write_operations(m, err) != 0 ||
	    write_work(m, err) != 0 || write_locks(m, err) != 0 || marks_write(m, err) != 0 ||
	    write_latencies(m, err) != 0)
		return -1;
	return write_provenance(m, err);
}
