/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Carries out runs of a sweep on this machine: a process each, several at once. */
#ifndef SLABYARD_SWEEP_LOCAL_H
#define SLABYARD_SWEEP_LOCAL_H

#include "sweep/folder.h"

/* Where a sweep stands. */
struct sweep_progress {
	const struct manifest *manifest;
	size_t total;   /* runs to be done this time */
	size_t earlier; /* done before */
	size_t done, failed, interrupted;
	double seconds, left; /* left: < 0 when it cannot be told yet */
	const struct sweep_running {
		const struct manifest_run *run;
		double seconds;
	} * running;
	size_t running_count;
};

struct sweep_observer {
	void *context;
	/* A few times a second and whenever a run ends. */
	void (*progress)(void *context, const struct sweep_progress *progress);
	/* why: one line; NULL: the run is done. */
	void (*ended)(void *context, const struct manifest_run *run, const char *why);
};

enum sweep_which {
	SWEEP_ALL,         /* that are not done */
	SWEEP_UNFINISHED,  /* neither done nor failed */
	SWEEP_ONLY_FAILED, /* that failed */
};

bool sweep_is_wanted(enum sweep_which which, enum run_state state);

/* What a process that carries out runs ends with when USR1 stopped it and runs are left. */
enum { SWEEP_EXIT_AGAIN = 75 };

struct sweep_work {
	const struct folder *folder; /* locked */
	const struct manifest *manifest;
	enum sweep_which which;
	size_t first, last; /* runs of the manifest, both included */
	unsigned at_once;
	struct sweep_observer observer;
};

struct sweep_outcome {
	size_t earlier, done, failed, interrupted, left;
	int stopped_by; /* the signal that ended it early, 0: none */
};

/*
 * 0 when every run was carried out, whether it failed or not, or when a signal (INT, TERM, HUP,
 * USR1) ended the work: then runs in flight are stopped and count as never begun. -1 with *err when
 * the sweep itself cannot go on.
 */
int sweep_run_local(const struct sweep_work *work, struct sweep_outcome *outcome,
		    struct error *err);

#endif
