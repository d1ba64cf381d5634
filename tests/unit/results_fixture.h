/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A made-up run written through a result sink under the names that the machine uses: what the tests
 * of the file, of its readers and of the figures have in common. Every value follows from the
 * sample's number, so that a reader can check it.
 */
#ifndef SLABYARD_TESTS_RESULTS_FIXTURE_H
#define SLABYARD_TESTS_RESULTS_FIXTURE_H

#include <stdio.h>
#include <string.h>

#include "core/page_state.h"
#include "results/sink.h"

enum { FIXTURE_ZONES = 2, FIXTURE_ORDERS = 11, FIXTURE_CACHES_MAX = 24, FIXTURE_BINS = 40 };

struct results_fixture {
	unsigned samples;
	unsigned caches;  /* at the end, one more every eighth sample from 4 on; 0: no slab group */
	unsigned thin_at; /* series are thinned after so many samples, 0: never */
	unsigned seed;    /* runs that differ */
	uint64_t horizon_time_ns; /* UINT64_MAX: none */
};

static const char *const fixture_zones[FIXTURE_ZONES] = { "node 0 DMA", "node 0 DMA32" };
static const char *const fixture_caches[FIXTURE_CACHES_MAX] = {
	"kmalloc-8",     "kmalloc-16",
	"kmalloc-32",    "kmalloc-64",
	"kmalloc-96",    "kmalloc-128",
	"kmalloc-192",   "kmalloc-256",
	"kmalloc-1k",    "task_struct",
	"filp",          "dentry",
	"inode_cache",   "vm_area",
	"anon_vma",      "maple_node",
	"cred_jar",      "signal_cache",
	"sighand_cache", "files_cache",
	"mm_struct",     "radix_tr\xc3\xa9_node",
	"names_cache",   "proc_inode",
};

static struct result_dimension fixture_zone = { "zone", FIXTURE_ZONES, fixture_zones };
static struct result_dimension fixture_order = { "order", FIXTURE_ORDERS, NULL };
static struct result_dimension fixture_type = { "migratetype", MIGRATE_TYPES, migratetype_names };
static struct result_dimension fixture_cache = { "cache", 0, fixture_caches };

static const struct result_column fixture_buddy[] = {
	{ "free_blocks",
	  "1",
	  "free blocks in the buddy lists",
	  RESULT_U64,
	  3,
	  { &fixture_zone, &fixture_order, &fixture_type } },
	{ "free_pages", "page", "free pages in the buddy lists", RESULT_U64, 1, { &fixture_zone } },
	{ "pcp_pages", "page", "pages on the per-cpu lists", RESULT_U64, 1, { &fixture_zone } },
};

static const struct result_column fixture_fragmentation[] = {
	{ "unusable_free_index",
	  "",
	  "free memory of no use to an order",
	  RESULT_I32,
	  2,
	  { &fixture_zone, &fixture_order } },
	{ "fragmentation_index",
	  "",
	  "why an allocation would fail",
	  RESULT_I32,
	  2,
	  { &fixture_zone, &fixture_order } },
	{ "requested_bytes", "B", "bytes that callers asked for", RESULT_U64, 0, { NULL } },
	{ "allocated_bytes", "B", "bytes of the objects they got", RESULT_U64, 0, { NULL } },
	{ "held_bytes", "B", "bytes of the slabs' pages", RESULT_U64, 0, { NULL } },
};

static const struct result_column fixture_slab[] = {
	{ "active_objects", "1", "objects in use", RESULT_U64, 1, { &fixture_cache } },
	{ "objects", "1", "objects in all slabs", RESULT_U64, 1, { &fixture_cache } },
	{ "slabs", "1", "slabs", RESULT_U64, 1, { &fixture_cache } },
	{ "active_slabs", "1", "slabs with objects in use", RESULT_U64, 1, { &fixture_cache } },
	{ "bytes_requested",
	  "B",
	  "bytes that callers asked for",
	  RESULT_U64,
	  1,
	  { &fixture_cache } },
	{ "bytes_held", "B", "bytes of the slabs' pages", RESULT_U64, 1, { &fixture_cache } },
	{ "waste_rounding", "B", "rounding", RESULT_I64, 1, { &fixture_cache } },
	{ "waste_metadata", "B", "metadata", RESULT_I64, 1, { &fixture_cache } },
	{ "waste_tail", "B", "tails", RESULT_I64, 1, { &fixture_cache } },
	{ "waste_cpu", "B", "kept by CPUs", RESULT_I64, 1, { &fixture_cache } },
	{ "waste_partial", "B", "in partial slabs", RESULT_I64, 1, { &fixture_cache } },
	{ "waste_empty", "B", "in empty slabs", RESULT_I64, 1, { &fixture_cache } },
	{ "bytes_of_pages", "B", "all that slab has", RESULT_U64, 0, { NULL } },
};

static const struct result_column fixture_work[] = {
	{ "pcp_hit",
	  "1",
	  "order taken from or put on a per-cpu page list",
	  RESULT_U64,
	  0,
	  { NULL } },
	{ "split", "1", "block split in two buddies", RESULT_U64, 0, { NULL } },
	{ "cost_ps", "ps", "modelled cost of all work", RESULT_U64, 0, { NULL } },
	{ "mean_order", "1", "mean order of the splits", RESULT_F64, 0, { NULL } },
};

static const struct result_column fixture_operations[] = {
	{ "operation", "", "kind of operation", RESULT_TEXT, 0, { NULL } },
	{ "count", "1", "operations replayed", RESULT_U64, 0, { NULL } },
	{ "failed", "1", "operations that failed", RESULT_U64, 0, { NULL } },
	{ "latency_mean", "ns", "mean modelled latency", RESULT_F64, 0, { NULL } },
};

static const struct result_column fixture_oom[] = {
	{ "time", "ns", "simulated time", RESULT_U64, 0, { NULL } },
	{ "task", "", "task killed", RESULT_TEXT, 0, { NULL } },
	{ "badness", "1", "points", RESULT_I64, 0, { NULL } },
	{ "oom_score_adj", "1", "adjustment", RESULT_I32, 0, { NULL } },
};

static const struct result_column fixture_taken[] = {
	{ "snapshot", "1", "number", RESULT_U64, 0, { NULL } },
	{ "mark", "1", "number of the mark", RESULT_I64, 0, { NULL } },
	{ "record", "1", "record of the trace", RESULT_U64, 0, { NULL } },
	{ "time_ns", "ns", "simulated time", RESULT_U64, 0, { NULL } },
};

static const struct result_column fixture_map[] = {
	{ "snapshot", "1", "number", RESULT_U64, 0, { NULL } },
	{ "pfn", "page", "first frame", RESULT_U64, 0, { NULL } },
	{ "pages", "page", "frames", RESULT_U64, 0, { NULL } },
	{ "kind", "1", "index in /snapshots/kinds", RESULT_U64, 0, { NULL } },
};

#define FIXTURE_COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct fixture_series {
	struct result_series *buddy, *fragmentation, *slab, *work;
};

static uint64_t fixture_blocks(const struct results_fixture *f, unsigned sample, unsigned zone,
			       unsigned order, unsigned type)
{
	uint64_t wave = (sample * (3 + order + f->seed) + type * 7) % 64;
	uint64_t small = zone ? (uint64_t)sample * 4 / (order + 2) + wave / (order + 1) : wave / 16;
	uint64_t large = order == 10 && type == 1 && sample < 400 ? 40 - sample / 10 : 0;
	return type > 2 ? 0 : small / (type + 1) + large * zone;
}

static int fixture_page_sample(const struct result_sink *ops, const struct fixture_series *s,
			       const struct results_fixture *f, unsigned sample, uint64_t time,
			       struct error *err)
{
	static uint64_t blocks[FIXTURE_ZONES][FIXTURE_ORDERS][MIGRATE_TYPES];
	uint64_t pages[FIXTURE_ZONES] = { 0 }, pcp[FIXTURE_ZONES] = { 0, sample % 61 };
	int32_t unusable[FIXTURE_ZONES][FIXTURE_ORDERS], index[FIXTURE_ZONES][FIXTURE_ORDERS];
	for (unsigned z = 0; z < FIXTURE_ZONES; z++) {
		struct zone_counts zone = { .node = 0 };
		for (unsigned o = 0; o < FIXTURE_ORDERS; o++)
			for (unsigned t = 0; t < MIGRATE_TYPES; t++) {
				blocks[z][o][t] = fixture_blocks(f, sample, z, o, t);
				zone.free_blocks[o][t] = blocks[z][o][t];
				pages[z] += blocks[z][o][t] << o;
			}
		zone.free_pages = pages[z];
		for (unsigned o = 0; o < FIXTURE_ORDERS; o++) {
			unusable[z][o] = unusable_free_index(&zone, FIXTURE_ORDERS, o);
			index[z][o] = fragmentation_index(&zone, FIXTURE_ORDERS, o);
		}
	}
	uint64_t held = 4096ull * (200 + sample), allocated = held / 8 * 7, asked = held / 4 * 3;
	if (ops->series_append(s->buddy, time, sample * 65536ull,
			       (const void *const[]){ blocks, pages, pcp }, err))
		return -1;
	return ops->series_append(
		s->fragmentation, time, sample * 65536ull,
		(const void *const[]){ unusable, index, &asked, &allocated, &held }, err);
}

static int fixture_slab_sample(const struct result_sink *ops, const struct fixture_series *s,
			       const struct results_fixture *f, unsigned sample, uint64_t time,
			       struct error *err)
{
	enum {
		COLUMNS = FIXTURE_COUNT(fixture_slab),
		OF_PAGES = COLUMNS - 1,
		CAUSES = OF_PAGES - 6
	};
	uint64_t v[COLUMNS][FIXTURE_CACHES_MAX];
	const void *values[COLUMNS];
	unsigned caches = 4 + sample / 8;
	fixture_cache.length = caches < f->caches ? caches : f->caches;
	for (unsigned c = 0; c < fixture_cache.length; c++) {
		v[2][c] = 1 + (c + 1) * (sample + 8) / 16 + f->seed * c;
		v[3][c] = v[2][c] - v[2][c] / 4;
		v[1][c] = v[2][c] * 32;
		v[0][c] = v[3][c] * 30;
		v[4][c] = v[0][c] * 100;
		v[5][c] = v[2][c] * 4096;
		for (unsigned i = 0; i < CAUSES; i++)
			v[6 + i][c] = (v[5][c] - v[4][c]) / CAUSES;
		v[6][c] += (v[5][c] - v[4][c]) % CAUSES;
		v[OF_PAGES][0] = (c ? v[OF_PAGES][0] : 0) + v[5][c];
	}
	for (unsigned i = 0; i < COLUMNS; i++)
		values[i] = v[i];
	return ops->series_append(s->slab, time, sample * 65536ull, values, err);
}

static int fixture_sample(const struct result_sink *ops, const struct fixture_series *s,
			  const struct results_fixture *f, unsigned sample, struct error *err)
{
	uint64_t time = sample * 1000000ull, hits = sample * 50000ull, splits = sample * 700ull;
	uint64_t cost_ps = sample * 1500000ull;
	double mean_order = sample * 0.25;
	if (fixture_page_sample(ops, s, f, sample, time, err))
		return -1;
	if (f->caches && fixture_slab_sample(ops, s, f, sample, time, err))
		return -1;
	return ops->series_append(s->work, time, sample * 65536ull,
				  (const void *const[]){ &hits, &splits, &cost_ps, &mean_order },
				  err);
}

static int fixture_thin(const struct result_sink *ops, const struct fixture_series *s,
			struct error *err)
{
	if (ops->series_thin(s->buddy, err) || ops->series_thin(s->fragmentation, err) ||
	    ops->series_thin(s->work, err))
		return -1;
	return s->slab ? ops->series_thin(s->slab, err) : 0;
}

static int fixture_write_series(const struct result_sink *ops, void *sink,
				const struct results_fixture *f, struct error *err)
{
	struct fixture_series s = { 0 };
	fixture_cache.length = 0;
	s.buddy = ops->series(sink, "/timeseries/buddy", fixture_buddy,
			      FIXTURE_COUNT(fixture_buddy), err);
	s.fragmentation = ops->series(sink, "/timeseries/fragmentation", fixture_fragmentation,
				      FIXTURE_COUNT(fixture_fragmentation), err);
	s.work = ops->series(sink, "/timeseries/work", fixture_work, FIXTURE_COUNT(fixture_work),
			     err);
	if (f->caches)
		s.slab = ops->series(sink, "/timeseries/slab", fixture_slab,
				     FIXTURE_COUNT(fixture_slab), err);
	if (!s.buddy || !s.fragmentation || !s.work || (f->caches && !s.slab))
		return -1;
	for (unsigned sample = 0; sample < f->samples; sample++) {
		if (fixture_sample(ops, &s, f, sample, err))
			return -1;
		if (f->thin_at == sample + 1 && fixture_thin(ops, &s, err))
			return -1;
	}
	static const char *const scaled[] = { "/timeseries/fragmentation/unusable_free_index",
					      "/timeseries/fragmentation/fragmentation_index" };
	for (size_t i = 0; i < FIXTURE_COUNT(scaled); i++)
		if (ops->attribute_f64(sink, scaled[i], "scale_factor", 0.001, err))
			return -1;
	return 0;
}

static int fixture_write_tables(const struct result_sink *ops, void *sink,
				const struct results_fixture *f, struct error *err)
{
	static const char *const names[] = { "kmalloc", "kfree", "mm_page_alloc" };
	struct result_table *operations =
		ops->table(sink, "/summary/operations", fixture_operations,
			   FIXTURE_COUNT(fixture_operations), err);
	struct result_table *oom =
		ops->table(sink, "/events/oom", fixture_oom, FIXTURE_COUNT(fixture_oom), err);
	if (!operations || !oom)
		return -1;
	for (unsigned i = 0; i < FIXTURE_COUNT(names); i++) {
		uint64_t count = (i + 1) * 1000ull, failed = i == 2 ? 5 : 0;
		double latency = 20.5 * (i + 1) + f->seed;
		if (ops->table_append(operations,
				      (const void *const[]){ names[i], &count, &failed, &latency },
				      err))
			return -1;
	}
	/* More than one batch. */
	for (unsigned i = 0; i < 1200; i++) {
		uint64_t time = i * 10ull;
		int64_t badness = -(int64_t)i;
		int32_t adj = (int32_t)i - 600;
		if (ops->table_append(
			    oom, (const void *const[]){ &time, "stress-ng", &badness, &adj }, err))
			return -1;
	}
	return 0;
}

/* A snapshot every tenth sample: 1024 frames, of which more and more are used. */
static int fixture_write_snapshots(const struct result_sink *ops, void *sink,
				   const struct results_fixture *f, struct error *err)
{
	static const char *const kinds[] = { "reserved", "free", "slab", "something new" };
	struct result_table *taken = ops->table(sink, "/snapshots/taken", fixture_taken,
						FIXTURE_COUNT(fixture_taken), err);
	struct result_table *map =
		ops->table(sink, "/snapshots/pfn", fixture_map, FIXTURE_COUNT(fixture_map), err);
	if (!taken || !map || ops->text(sink, "/snapshots/kinds", kinds, 4, err))
		return -1;
	for (uint64_t i = 0; i * 10 <= f->samples; i++) {
		uint64_t record = i * 655360, time = i * 10000000;
		uint64_t pages[] = { 64, 640 - 64 * i, 64 * i, 320 };
		int64_t mark = i ? (int64_t)i : -1;
		if (ops->table_append(taken, (const void *const[]){ &i, &mark, &record, &time },
				      err))
			return -1;
		for (uint64_t kind = 0, pfn = 0; kind < 4; pfn += pages[kind++]) {
			const void *const run[] = { &i, &pfn, &pages[kind], &kind };
			if (pages[kind] && ops->table_append(map, run, err))
				return -1;
		}
	}
	return 0;
}

static int fixture_write_latency(const struct result_sink *ops, void *sink, struct error *err)
{
	uint64_t counts[FIXTURE_BINS] = { 0 };
	double edges[FIXTURE_BINS + 1];
	for (unsigned i = 0; i <= FIXTURE_BINS; i++)
		edges[i] = 8.0 * i;
	for (unsigned i = 5; i < 20; i++)
		counts[i] = i == 7 ? 0 : 1000 / i;
	return ops->histogram(sink, "/latency/kmalloc", "ns", counts, edges, FIXTURE_BINS, err);
}

static int fixture_write_provenance(const struct result_sink *ops, void *sink,
				    const struct results_fixture *f, struct error *err)
{
	static const char *const config[] = { "machine.memory: 256MiB", "slab.policy: slub" };
	static const char *const unused[] = { NULL };
	if (ops->attribute_u64(sink, "/summary", "records", f->samples * 65536ull, err) ||
	    ops->attribute_u64(sink, "/summary", "alloc_fail", 5, err) ||
	    ops->attribute_f64(sink, "/summary", "mean_order", f->samples * 1.5, err) ||
	    ops->attribute_text(sink, "/summary", "trace", "m\xc3\xa4rz.txt", err) ||
	    ops->attribute_text(sink, "/provenance", "version", "0.1.0", err) ||
	    ops->attribute_u64(sink, "/provenance", "horizon_time_ns", f->horizon_time_ns, err))
		return -1;
	if (ops->text(sink, "/provenance/config", config, FIXTURE_COUNT(config), err))
		return -1;
	return ops->text(sink, "/provenance/parameters_unused", unused, 0, err);
}

/* Everything up to finish(). The sink stays the caller's. */
static inline int results_fixture_write(const struct result_sink *ops, void *sink,
					const struct results_fixture *f, struct error *err)
{
	if (fixture_write_series(ops, sink, f, err) || fixture_write_tables(ops, sink, f, err) ||
	    fixture_write_snapshots(ops, sink, f, err) || fixture_write_latency(ops, sink, err))
		return -1;
	return fixture_write_provenance(ops, sink, f, err);
}

static inline const struct result_sink *fixture_sink(const char *name)
{
	return result_sink_of(policy_find(&result_sinks, name));
}

/* open, write and finish; what failed is abandoned. */
static inline int results_fixture_make(const char *path, const struct results_fixture *f,
				       struct error *err)
{
	const struct result_sink *ops = fixture_sink("hdf5");
	void *sink = ops->open(path, NULL, err);
	if (!sink)
		return -1;
	if (results_fixture_write(ops, sink, f, err)) {
		ops->abandon(sink);
		return -1;
	}
	return ops->finish(sink, err);
}

#endif
