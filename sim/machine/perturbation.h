/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * --perturb: what might have been another way without anybody having done anything else, drawn with
 * the run's seed. "delay=5ms,swap=0.01,start=7,timers=1ms": delay and swap move the trace's records
 * (generate/perturb.h), start takes so many pages before the first record at most, timers makes
 * deferred work (RCU, reaping) late. "pace=1.4" is no matter of chance: the run's kernel takes that
 * much longer for the same work than the recorded one (generate/pace.h), while its timers keep
 * their time.
 */
#ifndef SLABYARD_MACHINE_PERTURBATION_H
#define SLABYARD_MACHINE_PERTURBATION_H

#include "base/rng.h"
#include "core/cursor.h"
#include "core/option.h"

struct machine;

struct perturbation {
	uint64_t delay_ns, start_pages, timers_ns;
	double swap, pace;
	struct rng *rng; /* for start and timers; NULL: neither is asked for */
};

/* The table that fills struct perturbation. */
extern const struct option_spec perturbation_options[];

/* text NULL, "none": nothing is perturbed. */
int perturbation_parse(struct perturbation *p, const char *text, uint64_t seed, struct error *err);
void perturbation_free(struct perturbation *p);

/* The trace with its records moved, or as it is; NULL and *err, the trace is closed then. */
struct trace_cursor *perturbation_of_trace(const struct perturbation *p, struct trace_cursor *trace,
					   uint64_t seed, struct error *err);
/* Takes pages that nobody gives back: all that follows lies elsewhere. */
void perturbation_shift_start(struct machine *m);
/* How late a deferred call is. */
uint64_t perturbation_of_timer(const struct perturbation *p);
/* The recorded kernel's time for what the run's kernel does in `ns`. */
uint64_t perturbation_of_wait(const struct perturbation *p, uint64_t ns);

#endif
