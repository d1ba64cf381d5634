/* SPDX-License-Identifier: GPL-3.0-or-later */
/* slabyard_run: opens what a run needs, replays, writes results, and takes all down again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/host_memory.h"
#include "machine/actions.h"
#include "machine/closed.h"
#include "machine/cpu_order.h"
#include "machine/dentries.h"
#include "machine/effect_pairs.h"
#include "machine/execute.h"
#include "machine/expect.h"
#include "machine/frame_uses.h"
#include "machine/machine.h"
#include "machine/marks.h"
#include "machine/oom.h"
#include "machine/own_records.h"
#include "machine/page_cache.h"
#include "machine/page_facts.h"
#include "machine/placements.h"
#include "machine/proc_files.h"
#include "machine/progress.h"
#include "machine/recorded_pages.h"
#include "machine/report.h"
#include "machine/sampler.h"
#include "machine/slab_errors.h"
#include "machine/snapshots.h"
#include "machine/split_pages.h"
#include "machine/start.h"
#include "machine/trace_input.h"

static bool has_operations_in(const struct batch *batch, enum id_space space)
{
	for (uint32_t i = 0; i < batch->count; i++)
		if (operation_table[batch->records[i].operation].space == space)
			return true;
	return false;
}

static enum slabyard_level level_of(const char *name)
{
	if (strcmp(name, "libc") == 0)
		return SLABYARD_LEVEL_LIBC;
	return strcmp(name, "page") == 0 ? SLABYARD_LEVEL_PAGE : SLABYARD_LEVEL_SLAB;
}

/* auto: what the importer found in the whole window it looks ahead, else what stands first. */
static void choose_level(struct machine *m, const struct batch *first)
{
	const char *said = definitions_meta(m->trace->definitions, "level");
	enum slabyard_level level = m->run->level;

	if (level == SLABYARD_LEVEL_AUTO && has_operations_in(first, SPACE_HEAP))
		level = SLABYARD_LEVEL_LIBC;
	else if (level == SLABYARD_LEVEL_AUTO && said)
		level = level_of(said);
	else if (level == SLABYARD_LEVEL_AUTO && !has_operations_in(first, SPACE_OBJECT))
		level = SLABYARD_LEVEL_PAGE;
	m->page_level = level == SLABYARD_LEVEL_PAGE;
	m->libc_level = level == SLABYARD_LEVEL_LIBC;
}

/* What is known of processes: by the trace, or by what stands first in it. */
static void look_at_processes(struct machine *m, const struct batch *first)
{
	const char *flags = definitions_meta(m->trace->definitions, "chunk_flags");

	m->chunk_flags_known = flags && strcmp(flags, "0") != 0;
	m->mmap_base_known = m->assists.allowed[ASSIST_NAMED_mmap_base];
	for (uint32_t i = 0; i < first->count; i++) {
		bool faults = first->records[i].operation == OP_PAGE_FAULT;
		m->resident.faults_recorded |= faults;
		m->touches_seen |= faults || first->records[i].operation == OP_PAGE_WRITE ||
				   first->records[i].operation == OP_PAGE_READ;
	}
}

/* Facts of pages are of Linux's own page allocator. */
static int check_page_assists(const struct machine *m, struct error *err)
{
	static const enum assist placements[] = {
		ASSIST_NAMED_zone,   ASSIST_NAMED_drain,    ASSIST_NAMED_isolate,
		ASSIST_NAMED_rotate, ASSIST_NAMED_pcp_busy, ASSIST_NAMED_resync,
	};
	if (strcmp(m->page->info.name, "buddy") == 0)
		return 0;
	for (size_t i = 0; i < sizeof(placements) / sizeof(placements[0]); i++)
		if (m->assists.allowed[placements[i]])
			return error_set(
				err, ERROR_INPUT,
				"--assist: %s: the trace was recorded under Linux's buddy, "
				"placements of %s cannot be taken from it",
				assist_name(placements[i]), m->page->info.name);
	return 0;
}

/* Where the recorded C library's mappings lie is nothing to another one. */
static int check_libc_assists(const struct machine *m, struct error *err)
{
	const char *recorded = definitions_meta(m->trace->definitions, "libc");
	if (!m->libc_level || !m->mmap_base_known || !recorded ||
	    strcmp(recorded, m->libc->info.name) == 0)
		return 0;
	return error_set(err, ERROR_INPUT,
			 "--assist: mmap_base: the trace was recorded under %s, placements of %s "
			 "cannot be taken from it",
			 recorded, m->libc->info.name);
}

const char *machine_recorded_allocator(const struct machine *m)
{
	const char *said = definitions_meta(m->trace->definitions, "allocator");
	return said ? said : start_allocator(m->start);
}

/* That a cache was made, shrunk or destroyed is what callers did, not the allocator. */
static bool takes_placements(const struct assists *assists)
{
	struct assists others = *assists;
	others.allowed[ASSIST_NAMED_cache_op] = false;
	return assists_any(&others);
}

static int check_assists(const struct machine *m, struct error *err)
{
	if (check_page_assists(m, err) != 0 || check_libc_assists(m, err) != 0)
		return -1;
	const char *recorded = machine_recorded_allocator(m);
	if (m->page_level || !recorded || !takes_placements(&m->assists) ||
	    strcmp(recorded, m->slab->info.name) == 0)
		return 0;
	return error_set(err, ERROR_INPUT,
			 "--assist: the trace was recorded under %s, placements of %s cannot be "
			 "taken from it, only cache_op",
			 recorded, m->slab->info.name);
}

static void choose_page_offset(struct machine *m)
{
	const char *said = definitions_meta(m->trace->definitions, "page_offset");
	if (said)
		m->page_offset = strtoull(said, NULL, 16);
}

static void hold_extent(void *context, const struct slab_extent *extent)
{
	recorded_pages_hold(context, extent->pfn, extent->order);
}

/* Assist slab_page: no page allocator is asked for what slabs are made of. */
static int prepare_pages_from_trace(struct machine *m, struct error *err)
{
	bool *allowed = &m->assists.allowed[ASSIST_NAMED_slab_page];
	if (*allowed && !m->run->start && strcmp(m->run->assist, "all") != 0)
		return error_set(
			err, ERROR_INPUT,
			"--assist: slab_page needs --start: the recording has no pages for the "
			"slabs that a fresh machine must make first");
	*allowed = *allowed && m->run->start;
	m->pages_from_trace = !m->page_level && *allowed;
	if (!m->pages_from_trace)
		return 0;
	m->recorded_pages = recorded_pages_create(m->services.frames, err);
	if (!m->recorded_pages)
		return -1;
	m->slab->walk(m->slab_state, hold_extent, m->recorded_pages);
	return 0;
}

static int prepare(struct machine *m, const struct batch *first, struct error *err)
{
	m->time_ns = first->base_ns + first->records[0].time;
	choose_level(m, first);
	choose_page_offset(m);
	m->pages = machine_page_source(m);
	if (assists_parse(&m->assists, m->run->assist, err) != 0)
		return -1;
	look_at_processes(m, first);
	if (true_caches_open(&m->true_caches, m->run->caches, m->trace->definitions, err) != 0 ||
	    start_check_config(m->start, m->config, err) != 0 || machine_build(m, err) != 0 ||
	    check_assists(m, err) != 0 || machine_choose_actions(m, err) != 0 ||
	    own_records_open(m, err) != 0 || start_load(m->start, m, err) != 0 ||
	    page_cache_fill(m, &m->page_cache, err) != 0 ||
	    dentries_fill(m, &m->dentries, err) != 0)
		return -1;
	perturbation_shift_start(m);
	if (prepare_pages_from_trace(m, err) != 0)
		return -1;
	slab_pages_begin(m);
	m->page_assists = m->assists.allowed[ASSIST_NAMED_zone] ||
			  m->assists.allowed[ASSIST_NAMED_bulk] ||
			  m->assists.allowed[ASSIST_NAMED_pcp_busy] ||
			  m->assists.allowed[ASSIST_NAMED_reclaim];
	m->resync = m->assists.allowed[ASSIST_NAMED_resync] && !m->pages_from_trace;
	page_facts_begin(m);
	m->effects = effect_pairs_create(err);
	m->split_pages = split_pages_create(err);
	m->expect = expect_open(m->run->expect, start_path(m->start), err);
	if (!m->effects || !m->split_pages || !m->expect || proc_files_prepare(m, err) != 0)
		return -1;
	if (m->run->timing == SLABYARD_TIMING_CLOSED) {
		m->closed = closed_create(m, err);
		if (!m->closed)
			return -1;
	} else if (m->assists.allowed[ASSIST_NAMED_lock_order]) {
		m->cpu_order = cpu_order_create(err);
		if (!m->cpu_order)
			return -1;
	}
	return placements_open(m->run->placements, &m->placements, err);
}

static int open_sink(struct machine *m, struct error *err)
{
	const void *params = NULL;
	const struct policy_info *info = config_policy(m->config, "results", &params);
	const struct policy_info *null_info = policy_find(&result_sinks, "null");
	if (!m->run->output)
		info = null_info;
	m->summary->has_result = info != null_info;
	m->sink_ops = result_sink_of(info);
	m->sink = m->sink_ops->open(m->run->output ? m->run->output : "", params, err);
	if (!m->sink)
		return -1;
	if (events_open(m, err) != 0 || slab_errors_open(m, err) != 0 ||
	    page_events_open(m, err) != 0 || oom_open(m, err) != 0)
		return -1;
	/* With slabs' pages taken from the trace nobody knows of the others. */
	if (m->run->output && !m->pages_from_trace) {
		m->frame_uses = frame_uses_create(m, err);
		if (!m->frame_uses)
			return -1;
	}
	m->sampler = sampler_create(m, err);
	return m->sampler ? snapshots_open(m, &m->snapshots, err) : -1;
}

static int finish_sink(struct machine *m, struct error *err)
{
	void *sink = m->sink;
	if (events_finish(m, err) != 0 || report_write(m, err) != 0)
		return -1;
	m->sink = NULL;
	return m->sink_ops->finish(sink, err);
}

/* The result is renamed last: when it stands there, everything else does. */
static int finish(struct machine *m, struct error *err)
{
	horizon_settle(m);
	if (report_summary(m, err) != 0 || snapshots_end(m->snapshots, m, err) != 0 ||
	    marks_note(m, SLABYARD_MARK_END, err) != 0 ||
	    proc_files_write(m, m->run->proc, -1, err) != 0)
		return -1;
	struct placements *placements = m->placements;
	m->placements = NULL;
	if (placements_finish(placements, err) != 0)
		return -1;
	return finish_sink(m, err);
}

static bool occurs(const struct operation_stats *stats)
{
	return stats->idle || (stats->latency_ps && histogram_count(stats->latency_ps));
}

static int check_replayed(const struct machine *m, struct error *err)
{
	for (int i = 0; i < OPERATION_COUNT; i++)
		if (m->action[i] >= ACTION_PAGE_FACT && occurs(&m->operations[i]))
			return 0;
	return error_set(
		err, ERROR_INPUT, "%s: nothing in it can be replayed at %s level (%llu records)",
		m->trace->name, machine_level_name(m), (unsigned long long)machine_record(m));
}

static int run_trace(struct machine *m, struct error *err)
{
	struct batch batch = { 0 };
	m->start = start_open(m->run->start, m->run->seed, err);
	if (!m->start)
		return -1;
	if (perturbation_parse(&m->perturbation, m->run->perturb, m->run->seed, err) != 0)
		return -1;
	m->trace = trace_input_open(m->run->trace, m->run->format, m->run->level, &m->import, err);
	if (!m->trace)
		return -1;
	m->trace = perturbation_of_trace(&m->perturbation, m->trace, m->run->seed, err);
	if (!m->trace)
		return -1;
	int more = m->trace->ops->next(m->trace, &batch, err);
	if (more < 0)
		return -1;
	if (more == 0)
		return error_set(err, ERROR_INPUT, "%s: holds no records", m->trace->name);
	if (prepare(m, &batch, err) != 0 || open_sink(m, err) != 0 ||
	    machine_replay(m, &batch, err) != 0 || check_replayed(m, err) != 0)
		return -1;
	return finish(m, err);
}

static void take_down(struct machine *m)
{
	placements_abandon(m->placements);
	sampler_destroy(m->sampler);
	snapshots_close(m->snapshots);
	frame_uses_destroy(m->frame_uses);
	if (m->sink)
		m->sink_ops->abandon(m->sink);
	closed_destroy(m->closed);
	cpu_order_destroy(m->cpu_order);
	expect_close(m->expect);
	effect_pairs_destroy(m->effects);
	split_pages_destroy(m->split_pages);
	recorded_pages_destroy(m->recorded_pages);
	machine_demolish(m);
	start_close(m->start);
	true_caches_close(m->true_caches);
	own_records_close(m->own_records);
	perturbation_free(&m->perturbation);
	if (m->trace)
		m->trace->ops->close(m->trace);
	sim_position = NULL;
	free(m);
}

/* Where memory of the host runs out deep inside the machine, this is returned to. */
static int run_to_the_end(struct machine *m, struct error *err)
{
	struct host_memory_exit out = { 0 };
	int result;

	host_memory_exit = &out;
	if (setjmp(out.from) == 0)
		result = run_trace(m, err);
	else
		result = error_set(err, ERROR_RUN, "no memory for %s", out.wanted);
	host_memory_exit = NULL;
	return result;
}

struct slabyard_summary *slabyard_run(const struct config *config, const struct slabyard_run *run,
				      struct error *err)
{
	struct machine *m = calloc(1, sizeof(*m));
	struct slabyard_summary *summary = calloc(1, sizeof(*summary));
	if (!m || !summary) {
		error_set(err, ERROR_RUN, "no memory for the run");
		free(m);
		free(summary);
		return NULL;
	}
	m->config = config;
	m->run = run;
	m->summary = summary;
	m->params = config_params(config, "machine");
	m->sample_params = config_params(config, "sample");
	m->blame_params = config_params(config, "blame");
	m->age_params = config_params(config, "age");
	progress_begin(m);
	int result = run_to_the_end(m, err);
	take_down(m);
	if (result == 0)
		return summary;
	slabyard_summary_free(summary);
	return NULL;
}

void slabyard_summary_free(struct slabyard_summary *summary)
{
	if (!summary)
		return;
	free(summary->operations);
	marks_free(summary);
	free(summary);
}
