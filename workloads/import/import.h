/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reads what tracing tools print, as a trace cursor. The format is guessed from the content unless
 * it is named. Input may be zstd- or gzip-compressed, a file or "-" (standard input).
 */
#ifndef SLABYARD_IMPORT_IMPORT_H
#define SLABYARD_IMPORT_IMPORT_H

#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "core/cursor.h"
#include "core/page_state.h"
#include "core/policy.h"
#include "core/slab_state.h"

enum import_level {
	IMPORT_AUTO, /* libc with events of a heap, slab with events of objects, else page */
	IMPORT_PAGE, /* page events are taken as causes, no effects are looked for */
	IMPORT_SLAB,
};

struct import_options {
	const char *format; /* NULL: guess */
	enum import_level level;
	/* Caches and call sites that the trace gets, as if it told them itself; NULL: none. */
	const struct definitions *caches;
};

/* A name of events that there is no operation for. */
struct import_unknown {
	char name[40];
	uint64_t count;
};

enum { IMPORT_UNKNOWN_TOP = 5 };

/* Everything that was not taken as it stood, counted. Printed by `import` and `run`, kept in meta.
 */
struct import_report {
	uint64_t lines;          /* lines read */
	uint64_t events;         /* lines that became records */
	uint64_t comments;       /* blank lines too */
	uint64_t unknown_events; /* well-formed events that Slabyard has no operation for */
	uint64_t unparsed;       /* lines that are no event at all */
	uint64_t unparsed_line;  /* number of the first of them, 0: there is none */
	uint64_t out_of_order;   /* events whose stamp went back; moved to the latest time seen */
	uint64_t null_frees;     /* kfree(NULL) and its like: left out */
	uint64_t unknown_frees;  /* frees of pointers never seen: kept as identities */
	uint64_t double_allocs; /* pointer allocated while alive: the earlier one ends (a lost free)
				 */
	uint64_t live_at_end;
	uint64_t lost_events;       /* as the source itself reported them */
	uint64_t effects;           /* page records marked as caused by slab */
	uint64_t begins;            /* made-up records that tell of allocations which then slept */
	uint64_t moved_pages;       /* frames freed by compaction, whose page lives on elsewhere */
	uint64_t bulk_pages;        /* pages that look like those of a bulk call, */
	uint64_t bulk_pages_agreed; /* and stand between the brackets of one, */
	uint64_t bulk_pages_told;   /* where that many do */
	uint64_t undecided;         /* page records that could be either */
	uint64_t clipped_sizes;
	uint64_t unknown_gfp;     /* flag names that 6.1 does not have */
	uint64_t own_traffic;     /* records of what the slab allocator did for itself */
	uint64_t nested_calls;    /* made by another call that is told as well: left out */
	uint64_t lost_returns;    /* calls of which the source does not tell the end */
	uint64_t hidden_blocks;   /* allocated, and the source does not tell where */
	uint64_t hidden_found;    /* of them, those that a later free of an unknown block is of */
	uint64_t cache_conflicts; /* a call site's objects were freed under different names */
	struct import_unknown unknown_top[IMPORT_UNKNOWN_TOP]; /* most frequent first */
	const char *cannot_tell, *assumed; /* of the format; NULL: nothing to say */
	const char *effect_rule;           /* "direct map", "hashed pointers", "none" */
	uint64_t page_offset;              /* inferred direct-map base, 0: not known */
};

/* Opens a trace in any format of import_formats. *report (may be NULL) is filled as the cursor
 * advances and must live as long. */
struct trace_cursor *import_open(const char *path, const struct import_options *options,
				 struct import_report *report, struct error *err);

static inline void import_report_unparsed(struct import_report *report, uint64_t line)
{
	if (report->unparsed++ == 0)
		report->unparsed_line = line;
}

void import_report_print(const struct import_report *report, FILE *out);

struct lines; /* import/lines.h: the input, decompressed and cut into lines */

/* An importer: a policy of kind "format". */
struct import_format {
	struct policy_info info;
	/* 0..100: how sure the first bytes look like this format. */
	int (*recognise)(const char *bytes, size_t length);
	/* Takes the lines over, whatever it returns. */
	struct trace_cursor *(*open)(struct lines *lines, const struct import_options *options,
				     struct import_report *report, struct error *err);
};

extern const struct policy_kind import_formats;

/*
 * A recorded allocator state (mmstate-N.txt or .zst; layout in workloads/README.md). Either target
 * may be NULL.
 */
int mmstate_read(const char *path, struct page_state *pages, struct slab_state *slabs,
		 struct error *err);

/*
 * The caches of a recorded state, or of a copy of /sys/kernel/slab (a folder), which tells of no
 * slabs and lists caches by name.
 */
int slab_caches_read(const char *path, struct slab_state *state, struct error *err);

#endif
