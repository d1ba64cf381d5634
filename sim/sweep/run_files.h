/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The files that run options name: start states, folders of expected states. */
#ifndef SLABYARD_SWEEP_RUN_FILES_H
#define SLABYARD_SWEEP_RUN_FILES_H

#include "sweep/experiment.h"

/*
 * Replaces the name in `value` by an absolute one: beside the trace, else beside the experiment.
 * What stands around it ("census:mmstate-0.txt", "aged:proc:FOLDER,6") stays, and so does all of a
 * value that names no file ("aged:heavy").
 */
int run_file_find(const struct experiment *e, const struct experiment_trace *trace,
		  const char *option, char *value, size_t size, struct error *err);

#endif
