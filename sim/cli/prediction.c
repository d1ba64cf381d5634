/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/prediction.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/shipped.h"
#include "machine/trace_input.h"
#include "trace/trace_info.h"

/* As the table was made: what users do that no rule of the kernel tells, and what may be chance. */
static const char assist[] = "cache_op";
const char prediction_perturb[] = "delay=2ms,timers=2ms,swap=0.01,start=64";
/* Recordings of the table that are kernel-driven have 0.99, the others at most 0.82. */
static const double kernel_driven_share = 0.9;

/* --- what the trace is like --- */

static int look_at_trace(struct prediction *p, const struct slabyard_run *run, struct error *err)
{
	struct trace_info info = { 0 };
	struct trace_cursor *trace =
		trace_input_open(run->trace, run->format, SLABYARD_LEVEL_AUTO, NULL, err);
	if (!trace)
		return -1;
	int result = trace_info_scan(&info, trace, err);
	uint64_t most = 0;
	for (uint32_t i = 0; result == 0 && i < trace->definitions->task_count; i++)
		most = info.tasks[i].records > most ? info.tasks[i].records : most;
	if (result == 0) {
		p->records = info.records;
		p->cpus = info.cpus;
		p->busiest = info.records ? (double)most / (double)info.records : 0;
		p->kernel_driven = p->busiest >= kernel_driven_share;
		trace_info_free(&info);
	}
	trace->ops->close(trace);
	return result;
}

/* --- what is used where the caller names nothing --- */

/* The state that recordings have beside them. */
static bool find_state(const char *trace, char *start, size_t size)
{
	static const char *const names[] = { "mmstate-0.txt", "mmstate-0.txt.zst",
					     "mmstate-0.txt.gz" };
	const char *slash = strrchr(trace, '/');
	int folder = slash ? (int)(slash - trace) + 1 : 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		int length = snprintf(start, size, "census:%.*s%s", folder, trace, names[i]);
		if (length > 0 && (size_t)length < size &&
		    access(start + strlen("census:"), R_OK) == 0)
			return true;
	}
	return false;
}

static void settle_inputs(struct prediction *p, struct slabyard_run *run)
{
	if (run->start)
		snprintf(p->start, sizeof(p->start), "%s", run->start);
	else if (!find_state(run->trace, p->start, sizeof(p->start)))
		p->start[0] = '\0';
	if (run->caches)
		snprintf(p->caches, sizeof(p->caches), "%s", run->caches);
	else if (!shipped_caches(p->caches, sizeof(p->caches)))
		p->caches[0] = '\0';
	run->start = p->start[0] ? p->start : NULL;
	run->caches = p->caches[0] ? p->caches : NULL;
}

/* --- what the table supports --- */

static const char *start_kind(const struct prediction *p)
{
	if (!p->start[0] || strncmp(p->start, "proc:", 5) == 0)
		return NULL;
	return strncmp(p->start, "census:", 7) == 0 ? "census" : "own";
}

/* Why the table tells nothing of this run, NULL when it may. */
static const char *why_unknown(const struct prediction *p, const struct prediction_request *request)
{
	if (!p->summary->recorded_policy[0])
		return "the trace does not tell which slab allocator it was recorded under";
	if (strcmp(p->summary->recorded_policy, p->to) == 0)
		return "it was recorded under the same allocator: this is a replay";
	if (!start_kind(p))
		return "it does not begin from a recorded state (--start), the table's runs do";
	if (p->cpus > 1)
		return "it was recorded on several CPUs, the table's recordings were on one";
	if (request->config->file_count || request->config->assignment_count)
		return "the configuration is changed (-c, --set), the table's was not";
	return NULL;
}

static int find_bands(struct prediction *p, const struct prediction_request *request,
		      struct error *err)
{
	const char *why = why_unknown(p, request);
	if (why) {
		snprintf(p->unknown, sizeof(p->unknown), "%s", why);
		return 0;
	}
	const struct prediction_case wanted = {
		.kind = p->kernel_driven ? "kernel" : "processes",
		.from = p->summary->recorded_policy,
		.to = p->to,
		.start = start_kind(p),
	};
	if (prediction_bands_read(&p->bands, &wanted, err) != 0)
		return -1;
	if (!p->bands.script_count)
		snprintf(p->unknown, sizeof(p->unknown), "the table has no pair %s to %s",
			 wanted.from, wanted.to);
	return 0;
}

/* --- runs --- */

static struct slabyard_summary *run_once(const struct prediction_request *request,
					 const struct slabyard_run *run, struct error *err)
{
	struct slabyard_summary *summary = NULL;
	char assignment[256];
	struct config *config = config_input_read(request->config, err);
	if (!config)
		return NULL;
	snprintf(assignment, sizeof(assignment), "slab.policy=%s", request->to);
	if (config_set(config, assignment, err) == 0) {
		if (!run->perturb)
			config_input_tell_unread(config);
		summary = slabyard_run(config, run, err);
	}
	config_destroy(config);
	return summary;
}

static int run_all(struct prediction *p, const struct prediction_request *request,
		   struct slabyard_run *run, struct error *err)
{
	run->assist = assist;
	p->summary = run_once(request, run, err);
	if (!p->summary)
		return -1;
	if (strcmp(p->summary->level, "slab") != 0)
		return error_set(err, ERROR_INPUT,
				 "%s: records no objects of kernel caches (its level is %s): there "
				 "is nothing to predict of a slab allocator",
				 run->trace, p->summary->level);
	run->perturb = prediction_perturb;
	for (; p->perturbed_count < request->runs; p->perturbed_count++) {
		run->seed = request->run.seed + 1 + p->perturbed_count;
		struct slabyard_summary *summary = run_once(request, run, err);
		if (!summary)
			return -1;
		p->perturbed[p->perturbed_count] = summary;
	}
	return 0;
}

int prediction_make(struct prediction *p, const struct prediction_request *request,
		    struct error *err)
{
	struct slabyard_run run = request->run;

	*p = (struct prediction){ .trace = run.trace, .to = request->to };
	settle_inputs(p, &run);
	return look_at_trace(p, &run, err) == 0 && run_all(p, request, &run, err) == 0
		       ? find_bands(p, request, err)
		       : -1;
}

void prediction_free(struct prediction *p)
{
	slabyard_summary_free(p->summary);
	for (size_t i = 0; i < p->perturbed_count; i++)
		slabyard_summary_free(p->perturbed[i]);
	prediction_bands_free(&p->bands);
}
