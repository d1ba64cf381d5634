/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Configurations held against a baseline, figure by figure.
 *
 * The unit of replication is the recording: configuration and baseline are paired by trace, and an
 * interval is over recordings, from three on. Runs that draw random numbers stand for their trace
 * by the mean over their seeds; for one recording alone the seeds themselves are compared. Runs
 * that draw none are deterministic: their difference is what it is, and no p-value is made of it.
 */
#ifndef SLABYARD_SWEEP_COMPARISON_H
#define SLABYARD_SWEEP_COMPARISON_H

#include "analysis/sample.h"
#include "base/error.h"
#include "base/text_pool.h"
#include "results/run_table.h"
#include "sweep/manifest.h"

struct compared_run {
	const char *trace;
	const char *const *values; /* by parameter */
	uint64_t seed;
	bool random;    /* its policies draw random numbers */
	bool perturbed; /* as the experiment's `perturb` says */
	size_t row;     /* in the table */
};

/* What is compared. */
struct comparison_input {
	struct text_pool text;
	struct run_table *table;
	struct manifest *manifest; /* NULL: of single results */
	const char **parameters;
	size_t parameter_count;
	struct compared_run *runs;
	size_t run_count, run_capacity;
};

/* comparison_input.c: a sweep's folder, a merged file, or results of runs. */
int comparison_load(struct comparison_input *input, const char *const *paths, size_t count,
		    struct error *err);
void comparison_unload(struct comparison_input *input);

/* A figure that is compared. */
struct compared_figure {
	const char *name;
	size_t column;
	bool higher_is_better;
	bool tells_failure; /* counts what was not done: kills, failed allocations */
};

enum comparison_verdict {
	VERDICT_SAME,   /* equal in every recording */
	VERDICT_BETTER, /* shown: the interval says so, or every recording when they are few */
	VERDICT_WORSE,
	VERDICT_NOT_SHOWN,    /* no difference shown */
	VERDICT_PAST_HORIZON, /* more runs of one side than of the other have parted */
	VERDICT_NONE,         /* nothing to compare */
};

/* How an interval was found. */
enum interval_method {
	INTERVAL_NONE, /* there is none */
	INTERVAL_STUDENT,
	INTERVAL_WELCH,
	INTERVAL_BCA,
	INTERVAL_HODGES_LEHMANN,
};

/* NaN without values. */
struct quartiles {
	double low, median, high;
};

/* What perturbed runs say of a difference. */
struct stability {
	size_t perturbed, kept; /* seeds; those whose difference has the unperturbed one's sign */
	struct interval band;   /* of the change over them; unknown: nothing was perturbed */
};

/* Runs whose outcomes differ from their recording's from some record on, the horizon: what its
 * programs would have done from there on is not known. Perturbed runs do not count. */
struct parted {
	size_t runs, past;
};

struct comparison_row {
	const struct compared_figure *figure;
	const char *setting, *baseline; /* "slab.policy=slob machine.memory=64MiB" */
	const char *trace;              /* NULL: all of them together */
	struct parted parted, baseline_parted;
	bool parted_unevenly;         /* on some recording */
	size_t recordings, seeds;     /* seeds: of the one that has fewest */
	size_t lower, higher;         /* recordings that went that way from the baseline */
	const char *left_out;         /* recordings without a ratio: 0 on both sides; "": none */
	bool random;                  /* their policies draw random numbers */
	bool varies;                  /* with the seed, or only one was tried */
	bool relative;                /* change and interval are parts of the baseline's value */
	double baseline_value, value; /* geometric means over recordings; else arithmetic ones */
	/* Of the seeds of one recording alone, else of the recordings. */
	struct quartiles baseline_quartiles, quartiles;
	double change;                 /* value / baseline_value - 1, or the difference */
	struct interval interval;      /* of the change, over recordings; unknown with too few */
	struct interval seed_interval; /* likewise over seeds, of one recording alone */
	double seed_change;            /* what it is an interval of: the change, or of locations */
	enum interval_method method;   /* of the one that is known */
	struct stability stability;
	double p, p_adjusted; /* Holm's, over all rows; NaN: none */
	/* Hedges' g or Cliff's delta of the seeds, mean over recordings that vary; NaN: none. */
	double effect;
	enum comparison_verdict verdict;
};

struct comparison {
	struct compared_figure *figures;
	size_t figure_count;
	struct comparison_row *rows; /* by figure, then setting, then trace */
	size_t row_count, row_capacity;
	bool bootstrap, mann_whitney; /* as requested */
	size_t unpaired;              /* configurations that have no baseline to be compared with */
	struct config_parted {
		const char *label;
		struct parted parted;
	} * configs; /* those that have such runs */
	size_t config_count;
	struct text_pool text;
};

struct comparison_request {
	const struct manifest_setting *baseline; /* NULL: the manifest's */
	size_t baseline_count;
	const char *const
		*report; /* as in a manifest; NULL: the manifest's, else a few usual ones */
	size_t report_count;
	double level; /* of intervals, 0.95 */
	bool by_trace;
	bool bootstrap;    /* intervals by BCa, from COMPARISON_BOOTSTRAP_MIN values on */
	bool mann_whitney; /* seeds of one recording are compared by ranks, not by Welch's t */
};

/*
 * Below eight values a BCa interval of 95 % holds the truth in 70 % (three values) to 85 % (six) of
 * cases, where Student's holds it in 95 % (of normal values).
 */
enum { COMPARISON_RECORDINGS_MIN = 3, COMPARISON_BOOTSTRAP_MIN = 8 };

int comparison_make(struct comparison *comparison, const struct comparison_input *input,
		    const struct comparison_request *request, struct error *err);
void comparison_free(struct comparison *comparison);

/* "better", "no difference shown", ... */
const char *comparison_verdict_name(enum comparison_verdict verdict);
/* "student", "hodges-lehmann", ...; "": none. */
const char *comparison_method_name(enum interval_method method);

#endif
