/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How far off predictions were: analysis/prediction.csv, for which each recording under one slab
 * allocator was replayed as another, and held against a recording of that one (the tests do that).
 *
 * An error counts as a share of how much the figure had changed at most up to then, of at least
 * PREDICTION_CHANGE_MIN. The band of a figure is the largest share of any recording of that kind:
 * another recording stays within it as often as any one of those does within the band of all
 * others, which prediction_test.py counts.
 */
#ifndef SLABYARD_CLI_PREDICTION_TABLE_H
#define SLABYARD_CLI_PREDICTION_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text_pool.h"

enum { PREDICTION_CHANGE_MIN = 32, PREDICTION_SCRIPTS_MAX = 64 };

enum prediction_figure {
	PREDICTION_SLABS,    /* by cache, errors summed up */
	PREDICTION_CACHE,    /* slabs of one cache, as a share of what all changed */
	PREDICTION_PAGES,    /* that slab holds */
	PREDICTION_REQUESTS, /* of pages, by order, errors summed up */
	PREDICTION_ORDER,    /* requests of one order, as a share of all */
	PREDICTION_FREE,     /* free pages */
	PREDICTION_FIGURES,
};

struct prediction_case {
	const char *kind;      /* "kernel" or "processes" */
	const char *from, *to; /* slab allocators */
	const char *start;     /* "own" or "census" */
};

struct prediction_bands {
	const char *scripts[PREDICTION_SCRIPTS_MAX]; /* recordings that they come from */
	size_t script_count; /* 0: the table has none of this case, and nothing is known */
	double share[PREDICTION_FIGURES];
	double start_share[PREDICTION_FIGURES]; /* of what the start has */
	uint64_t largest[PREDICTION_FIGURES];   /* change in any of them */
	struct text_pool text;
};

/* The table that is shipped with the program. */
int prediction_bands_read(struct prediction_bands *bands, const struct prediction_case *wanted,
			  struct error *err);
void prediction_bands_free(struct prediction_bands *bands);

/* How far off a figure may be that has changed by `change` at most. */
uint64_t prediction_band(const struct prediction_bands *bands, enum prediction_figure figure,
			 uint64_t change);

#endif
