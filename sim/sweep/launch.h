/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One run as a process of its own: this program's `run` command, its output kept in a log. */
#ifndef SLABYARD_SWEEP_LAUNCH_H
#define SLABYARD_SWEEP_LAUNCH_H

#include <sys/types.h>

#include "sweep/folder.h"

/*
 * Starts it; the process is killed when this one dies. `mask` is the signal mask that it begins
 * with. Returns its id, or -1 with *err.
 */
pid_t launch_run(const struct folder *folder, const struct manifest *manifest,
		 const struct manifest_run *run, const sigset_t *mask, struct error *err);

/* Why the run failed, from its wait status and the last words in its log. One line. */
char *launch_failure(const struct folder *folder, const struct manifest_run *run, int status,
		     char *buffer, size_t size);

#endif
