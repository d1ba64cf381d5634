/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/run_summary.h"

#include <inttypes.h>
#include <string.h>

#include "base/units.h"
#include "cli/process_summary.h"

static double percent(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0.0;
}

static void print_replay(FILE *out, const struct slabyard_summary *s)
{
	char records[32], rate[32], memory[32];
	units_human_size((double)s->memory_bytes, memory, sizeof(memory));
	units_human_count((double)s->records, records, sizeof(records));
	units_human_count((double)s->records / (s->wall_seconds > 0 ? s->wall_seconds : 1), rate,
			  sizeof(rate));
	fprintf(out, "machine        %s, %" PRIu64 " CPU%s\n", memory, s->cpus,
		s->cpus == 1 ? "" : "s");
	fprintf(out, "level          %s (page: %s", s->level, s->page_policy);
	if (s->slab_policy)
		fprintf(out, ", slab: %s", s->slab_policy);
	if (s->libc_policy)
		fprintf(out, ", libc: %s, trim: %s", s->libc_policy, s->trim_policy);
	fputs(")\n", out);
	if (s->start[0])
		fprintf(out, "start          %s\n", s->start);
	fprintf(out, "records        %" PRIu64 " (%" PRIu64 " carried out) in %.3f s, %s/s\n",
		s->records, s->executed, s->wall_seconds, rate);
	if (s->records && !s->executed)
		fprintf(out,
			"nothing        of this trace is carried out at level %s: its operations "
			"are of other levels (--level)\n",
			s->level);
	fprintf(out, "simulated      %.9f s, modelled cost %.9f s\n", s->simulated_seconds,
		s->cost_seconds);
	if (s->list_steps && s->executed)
		fprintf(out, "list steps     %" PRIu64 ", %.1f for each record carried out\n",
			s->list_steps, (double)s->list_steps / (double)s->executed);
}

static void print_treated(FILE *out, const struct slabyard_summary *s)
{
	const struct {
		const char *name;
		uint64_t count;
		const char *what;
	} lines[] = {
		{ "left out", s->skipped_before_start, "records before the start state's mark" },
		{ "left out", s->no_layer,
		  "records of operations that this machine has no layer for" },
		{ "left out", s->unknown_frees, "frees of what this run never allocated" },
		{ "left out", s->own_left_out,
		  "records of what the recorded slab allocator did for itself" },
		{ "by cache", s->matched_by_cache,
		  "frees of objects older than the start, which the recording knows elsewhere" },
		{ "left out", s->processes.touches_outside,
		  "touches of memory in no known mapping" },
		{ "lost frees", s->lost_frees,
		  "allocations whose free is not in the trace, freed at their reuse" },
		{ "folded", s->cpus_folded,
		  "CPUs of the trace that the machine does not have (machine.cpus), their work "
		  "done by others" },
		{ "stalls", s->stalls, "records run while some thread was beyond the look-ahead" },
	};
	if (s->no_event_lines)
		fprintf(out,
			"left out       %" PRIu64 " %s no event, the first is line %" PRIu64 "\n",
			s->no_event_lines,
			s->no_event_lines == 1 ? "line that is" : "lines that are",
			s->first_no_event_line);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (lines[i].count)
			fprintf(out, "%-14s %" PRIu64 " %s\n", lines[i].name, lines[i].count,
				lines[i].what);
	if (s->taken_from_trace)
		fprintf(out,
			"assists        %" PRIu64 " recorded fact%s taken from the trace: %s\n",
			s->taken_from_trace, s->taken_from_trace == 1 ? "" : "s", s->taken);
}

/* What was placed by another allocator is no measure of this one. */
static bool is_what_if(const struct slabyard_summary *s)
{
	return s->slab_policy && s->recorded_policy[0] &&
	       strcmp(s->slab_policy, s->recorded_policy) != 0;
}

static void print_placements(FILE *out, const struct slabyard_run *run,
			     const struct slabyard_summary *s)
{
	if (!s->compared)
		return;
	fprintf(out, "placements     %" PRIu64 " of %" PRIu64 " matched (%.4f%%)%s\n", s->matched,
		s->compared, percent(s->matched, s->compared),
		run->start || s->libc_policy
			? ""
			: ", from a fresh machine (--start: from the recorded one)");
	process_summary_placements(out, s);
	if (!s->first_divergence_record)
		return;
	fprintf(out, "diverged       record %" PRIu64, s->first_divergence_record);
	if (s->first_divergence_line)
		fprintf(out, " (line %" PRIu64 ")", s->first_divergence_line);
	fprintf(out, ": %s\n", s->divergence);
}

static void print_true_caches(FILE *out, const struct slabyard_summary *s)
{
	const uint64_t *sites = s->call_sites_by_rule;
	if (!(sites[0] + sites[1] + sites[2] + sites[3]))
		return;
	fprintf(out,
		"true caches    of %" PRIu64 " call sites by site, %" PRIu64
		" by function, %" PRIu64 " by name; %" PRIu64 " as recorded\n",
		sites[0], sites[1], sites[2], sites[3]);
}

static void print_effects(FILE *out, const struct slabyard_summary *s, bool what_if)
{
	if (!s->effects_recorded && !s->effects_simulated)
		return;
	fprintf(out, "slab's pages   %" PRIu64 " requests and returns", s->effects_simulated);
	if (!s->effects_recorded) {
		fputs(", none recorded\n", out);
		return;
	}
	if (what_if) {
		fprintf(out, ", %" PRIu64 " recorded\n", s->effects_recorded);
		return;
	}
	fprintf(out,
		", %" PRIu64 " recorded; of these equal in order %" PRIu64 ", position %" PRIu64
		", frame %" PRIu64 "\n",
		s->effects_recorded, s->effects_order, s->effects_position, s->effects_frame);
}

static void print_marks(FILE *out, const struct slabyard_run *run, const struct slabyard_summary *s)
{
	if (s->marks_dropped)
		fprintf(out,
			"marks          %zu kept with the start and the end, %" PRIu64
			" later ones left out of /snapshots\n",
			s->mark_count, s->marks_dropped);
	if (!run->expect)
		return;
	fprintf(out,
		"marks          %" PRIu64 " compared, %" PRIu64 " of %" PRIu64 " lists equal\n",
		s->marks_compared, s->lists_compared - s->lists_different, s->lists_compared);
	if (s->first_list[0])
		fprintf(out, "first list     %s\n", s->first_list);
}

static void print_horizon(FILE *out, const struct slabyard_summary *s)
{
	if (s->horizon_record)
		fprintf(out,
			"horizon        record %" PRIu64
			": %s; from there on outcomes differ from the trace\n",
			s->horizon_record, s->horizon_reason);
	if (s->alloc_fails)
		fprintf(out, "alloc_fail     %" PRIu64 "\n", s->alloc_fails);
	if (s->caches_left)
		fprintf(out, "slab errors    %" PRIu64 " caches destroyed with objects left\n",
			s->caches_left);
}

static void print_memory(FILE *out, const struct slabyard_summary *s)
{
	char free_text[32], held[32], requested[32];
	units_human_size(4096.0 * (double)s->free_pages, free_text, sizeof(free_text));
	fprintf(out, "free           %s in %" PRIu64 " pages, unusable for order 9: %.3f\n",
		free_text, s->free_pages, s->unusable_free_index_order9);
	if (!s->slab_policy)
		return;
	units_human_size((double)s->slab_bytes_held, held, sizeof(held));
	units_human_size((double)s->slab_bytes_requested, requested, sizeof(requested));
	fprintf(out, "slab           %s held in %" PRIu64 " slabs for %s requested (%.1f%%)\n",
		held, s->slabs, requested, percent(s->slab_bytes_requested, s->slab_bytes_held));
}

static void print_operations(FILE *out, const struct slabyard_summary *s)
{
	const double ps_per_ns = 1000.0;
	fprintf(out, "\n%-28s %12s %12s %8s %10s %10s %12s\n", "operation", "records",
		"carried out", "failed", "mean ns", "p99 ns", "max ns");
	for (size_t i = 0; i < s->operation_count; i++) {
		const struct slabyard_operation_summary *o = &s->operations[i];
		fprintf(out, "%-28s %12" PRIu64 " %12" PRIu64 " %8" PRIu64, o->name, o->count,
			o->executed, o->failed);
		if (o->executed)
			fprintf(out, " %10.1f %10.1f %12.1f", o->latency_ps_mean / ps_per_ns,
				(double)o->latency_ps_p99 / ps_per_ns,
				(double)o->latency_ps_max / ps_per_ns);
		fputc('\n', out);
	}
}

void run_summary_print(FILE *out, const struct slabyard_run *run, const struct slabyard_summary *s)
{
	print_replay(out, s);
	print_treated(out, s);
	print_true_caches(out, s);
	if (is_what_if(s))
		fprintf(out, "what if        recorded under %s, replayed under %s\n",
			s->recorded_policy, s->slab_policy);
	else
		print_placements(out, run, s);
	print_effects(out, s, is_what_if(s));
	print_marks(out, run, s);
	print_horizon(out, s);
	print_memory(out, s);
	process_summary_print(out, s);
	print_operations(out, s);
	if (s->has_result)
		fprintf(out, "\nresult written to %s\n", run->output);
}
