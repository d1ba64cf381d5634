/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The public interface of libslabyard: replay one trace on one simulated machine.
 *
 *     struct config *config = config_create(slabyard_config_schema(), &err);
 *     config_read_file(config, "machines/pc-256mib.yaml", &err);
 *     struct slabyard_run run = { .trace = "kmem.syt", .output = "kmem.h5" };
 *     struct slabyard_summary *summary = slabyard_run(config, &run, &err);
 *
 * Nothing here prints or exits. Functions return 0 or a pointer; -1 or NULL mean that *err says
 * why.
 */
#ifndef SLABYARD_H
#define SLABYARD_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "config/config.h"
#include "core/policy.h"

#ifdef __cplusplus
extern "C" {
#endif

const char *slabyard_version(void);

/* Every kind of policy there is; ends with NULL. */
const struct policy_kind *const *slabyard_kinds(void);

/* Loads policies from a shared object (core/policy.h: struct slabyard_plugin). Before any config.
 */
int slabyard_plugin_load(const char *path, struct error *err);

/*
 * The sections of a configuration: machine, page, slab, process, libc, trim, cost, sample, results.
 */
const struct config_schema *slabyard_config_schema(void);

/* Each level carries out what the ones before it do, and more. */
enum slabyard_level {
	SLABYARD_LEVEL_AUTO,
	SLABYARD_LEVEL_PAGE,
	SLABYARD_LEVEL_SLAB,
	SLABYARD_LEVEL_LIBC
};
enum slabyard_timing { SLABYARD_TIMING_RECORDED, SLABYARD_TIMING_CLOSED };

struct slabyard_progress {
	uint64_t records;
	double fraction; /* 0..1, or -1 when the input's length is not known */
	double seconds;  /* since the run began */
};

struct slabyard_run {
	const char *trace;      /* a .syt or any text trace; "-" is standard input */
	const char *format;     /* NULL: guess */
	const char *output;     /* NULL: no result file */
	const char *placements; /* NULL: none */
	const char *proc;       /* directory for /proc files, NULL: none */
	const char *start;      /* recorded state to begin from, NULL: as after boot */
	const char *expect;     /* directory of states to compare with at marks, NULL: none */
	const char *caches;     /* map of call sites to true caches, NULL: what the trace tells */
	const char *assist;     /* "none", "all" or a comma-separated list; NULL: none */
	const char *perturb;    /* what might have been another way ("delay=5ms"), NULL: nothing */
	enum slabyard_level level;
	enum slabyard_timing timing;
	uint64_t seed;
	uint64_t sample_every; /* records; 0: as configured */
	/* Called a few times a second; NULL: not wanted. */
	void (*progress)(void *context, const struct slabyard_progress *progress);
	void *progress_context;
	/* Looked at now and then: once it is set, the run ends with an error. NULL: never. */
	const volatile sig_atomic_t *stop;
};

/*
 * The parts of a struct slabyard_run that users set by name (level, timing, start, ...): what
 * `slabyard run` takes as options and an experiment in its section `run`. Ends with OPTION_END.
 */
extern const struct option_spec slabyard_run_options[];

struct slabyard_operation_summary {
	const char *name;
	uint64_t count;    /* records of this operation in the trace */
	uint64_t executed; /* those that a layer of this machine carried out */
	uint64_t failed;   /* of those, the ones that failed in the simulation */
	uint64_t latency_ps_p50, latency_ps_p99, latency_ps_max;
	double latency_ps_mean;
};

/* Pages that slab asked for and gave back since the start, of one order. */
struct slabyard_requests {
	uint64_t allocs, frees;                   /* simulated */
	uint64_t recorded_allocs, recorded_frees; /* of the recorded allocator */
};

/* A cache; where caches share pages (SLOB), a list of pages. */
struct slabyard_mark_cache {
	char *name;
	uint64_t slabs, pages;
	uint64_t objects, live_objects; /* 0 for lists */
};

enum { SLABYARD_MARK_START = -1, SLABYARD_MARK_END = -2, SLABYARD_ORDERS_MAX = 20 };

/* What stood at a mark. */
struct slabyard_mark {
	int64_t number; /* of the mark, or SLABYARD_MARK_START, _END */
	uint64_t record, time_ns;
	uint64_t free_pages; /* per-cpu lists included */
	uint64_t free_huge_blocks;
	uint64_t slab_pages;
	struct slabyard_requests requests[SLABYARD_ORDERS_MAX]; /* by order */
	struct slabyard_mark_cache *caches; /* those that have slabs or objects */
	size_t cache_count;
};

enum { SLABYARD_DIVERGENCE_MAX = 256 };

/* At libc level: all processes that there were, sums over them, and what was compared of them. */
struct slabyard_processes {
	uint64_t count, killed;   /* killed: no memory was left for them */
	uint64_t touches_outside; /* recorded touches of what is in no known mapping */
	/* Live: asked for by the program and not freed. The largest are each process's own. */
	uint64_t live_bytes, live_bytes_max, rss_bytes, rss_bytes_max, total_vm_bytes;
	uint64_t minor_faults, refaults, system_calls; /* refaults: on what trimming gave back */
	double rss_over_live; /* mean over mean, weighted by simulated time */
	uint64_t trims, trim_released_bytes, trim_system_calls, trim_cost_ps;
	/* Of the placements, the blocks that one side at least mapped on their own. */
	uint64_t mapped_compared, mapped_matched;
	uint64_t breaks_compared, breaks_matched;
};

/* What the recorded process's allocator was told, and what the configuration says otherwise. */
struct slabyard_libc_settings {
	uint64_t cpus;      /* of its machine, 0: not known */
	char tunables[512]; /* "": it had none */
	/* "" where nothing differs; other CPUs count only where some process has threads. */
	char other_cpus[64], other_tunables[256];
};

struct slabyard_summary {
	uint64_t records;              /* in the trace */
	uint64_t executed;             /* carried out */
	uint64_t no_event_lines;       /* of a text trace: left out, */
	uint64_t first_no_event_line;  /* and which is the first */
	uint64_t skipped_before_start; /* records before the start state's mark */
	uint64_t no_layer;             /* operations this machine has no layer for */
	uint64_t unknown_frees;        /* frees of what this run never allocated: ignored */
	uint64_t lost_frees;           /* ids allocated again while live: freed first */
	double simulated_seconds;
	bool has_result;                     /* it stands under run->output */
	char start[SLABYARD_DIVERGENCE_MAX]; /* how it was made, "": none was */
	double wall_seconds;                 /* of the host, not part of any result file */
	uint64_t memory_bytes, cpus;         /* of the machine */
	const char *level;                   /* "page", "slab" or "libc" */
	const char *page_policy, *slab_policy, *libc_policy, *trim_policy; /* NULL: not there */
	char recorded_policy[8]; /* slab allocator of the trace, "" when it is not known */

	/* Placements: allocations that carry a recorded address. */
	uint64_t compared, matched;
	uint64_t first_divergence_record; /* 1-based, 0: none */
	uint64_t first_divergence_line;   /* of a text trace, 0: has no lines */
	char divergence[SLABYARD_DIVERGENCE_MAX];

	/* States compared at marks (--expect). */
	uint64_t marks_compared, lists_compared, lists_different;
	char first_list[SLABYARD_DIVERGENCE_MAX];

	/* Pages that slab asked for, against the recorded ones. */
	uint64_t effects_recorded, effects_simulated;
	uint64_t effects_order, effects_position, effects_frame;

	uint64_t taken_from_trace; /* uses of recorded facts that replay took */
	char taken[512];           /* which: "zone 12079, bulk 3" */

	uint64_t own_left_out;     /* records of what the recorded slab allocator did for itself */
	uint64_t matched_by_cache; /* frees of older objects of a foreign recording */
	/*
	 * Call sites whose true cache is known by site, by function, by name, and those whose cache
	 * is taken as recorded; all 0 where nothing tells of true caches.
	 */
	uint64_t call_sites_by_rule[4];

	uint64_t cpus_folded;       /* the trace's that are not here: others did their work */
	uint64_t stalls;            /* closed timing: records run with some thread out of sight */
	uint64_t horizon_record;    /* first record whose outcome differs, 0: none */
	const char *horizon_reason; /* what differs there, NULL: nothing */
	uint64_t alloc_fails;
	uint64_t caches_left; /* kmem_caches destroyed with objects left in them */

	/* At the end. */
	uint64_t free_pages, slab_bytes_requested, slab_bytes_held, slabs;
	double unusable_free_index_order9;
	double cost_seconds; /* modelled time of all work */
	uint64_t list_steps; /* pages and free blocks that searches of lists looked at */

	struct slabyard_processes processes;
	struct slabyard_libc_settings recorded_settings;

	/* The start, the marks in the order of the trace, the end. */
	struct slabyard_mark *marks;
	size_t mark_count;
	uint64_t marks_dropped; /* of the trace: beyond as many as are kept */

	size_t operation_count;
	struct slabyard_operation_summary *operations; /* those that occur */
};

/* The summary is the caller's: slabyard_summary_free. */
struct slabyard_summary *slabyard_run(const struct config *config, const struct slabyard_run *run,
				      struct error *err);
void slabyard_summary_free(struct slabyard_summary *summary);

#ifdef __cplusplus
}
#endif

#endif
