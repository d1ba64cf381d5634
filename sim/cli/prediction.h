/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What another slab allocator would have done: the runs behind `slabyard predict`, and what may be
 * said of their figures.
 */
#ifndef SLABYARD_CLI_PREDICTION_H
#define SLABYARD_CLI_PREDICTION_H

#include <limits.h>

#include "cli/config_input.h"
#include "cli/prediction_table.h"
#include "slabyard.h"

enum { PREDICTION_RUNS_MAX = 64, PREDICTION_PATH = PATH_MAX + 32, PREDICTION_REASON = 256 };

/* What the further runs are given as --perturb. */
extern const char prediction_perturb[];

struct prediction_request {
	const char *to; /* slab policy */
	/* trace, format, start, caches, seed, progress and stop; start and caches may be NULL. */
	struct slabyard_run run;
	const struct config_input *config;
	uint64_t runs; /* perturbed ones, beside the one as recorded */
};

struct prediction {
	const char *trace, *to;
	char start[PREDICTION_PATH], caches[PREDICTION_PATH]; /* as used, "" without */

	/* What the trace is like. */
	uint64_t records;
	uint32_t cpus;
	double busiest;     /* share of the records that one task made */
	bool kernel_driven; /* that task made about all of them */

	/* Why the table supports no band, "" when it does. */
	char unknown[PREDICTION_REASON];
	struct prediction_bands bands;

	struct slabyard_summary *summary;
	struct slabyard_summary *perturbed[PREDICTION_RUNS_MAX];
	size_t perturbed_count;
};

int prediction_make(struct prediction *p, const struct prediction_request *request,
		    struct error *err);
void prediction_free(struct prediction *p);

/* Index of the first mark of p->summary that is told of: the start is not. */
enum { PREDICTION_FIRST_MARK = 1 };

/* True when outcomes had differed by then, and nobody knows what processes had done. */
bool prediction_is_past(const struct prediction *p, const struct slabyard_mark *mark);

struct prediction_value {
	int64_t growth; /* since the start; of requests, those made */
	bool has_band;
	uint64_t band;  /* `growth` may be off by so much */
	bool has_range; /* over the perturbed runs */
	int64_t low, high;
};

/* The figure of all caches or orders (SLABS, PAGES, REQUESTS, FREE) at that index of the marks. */
struct prediction_value prediction_value(const struct prediction *p, enum prediction_figure figure,
					 size_t mark);
/* Slabs that a cache has there more than at the start. Names are those of either mark. */
struct prediction_value prediction_cache(const struct prediction *p, const char *name, size_t mark);
/* Pages of an order that slab asked for. */
struct prediction_value prediction_order(const struct prediction *p, unsigned order, size_t mark);

/* What slab had more than at the start in the recording: pages by its requests; requests. */
int64_t prediction_recorded_pages(const struct prediction *p, size_t mark);
uint64_t prediction_recorded_requests(const struct prediction *p, size_t mark);

/* For people: totals at all marks; orders and caches at that index. -1: no memory. */
int prediction_print_text(FILE *out, const struct prediction *p, size_t at);
/* Everything. */
void prediction_print_json(FILE *out, const struct prediction *p);

#endif
