/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a process tells of its memory, as text files of --proc: status-PID (the Vm lines of
 * /proc/PID/status), malloc_info-PID and malloc_stats-PID (malloc_info(3), malloc_stats(3)).
 */
#ifndef SLABYARD_MACHINE_PROCESS_FILES_H
#define SLABYARD_MACHINE_PROCESS_FILES_H

#include <stdint.h>

#include "base/error.h"

struct machine;

/* Of all processes alive. mark: the trace's number of it, -1: the end. */
int process_files_write(struct machine *m, const char *folder, int64_t mark, struct error *err);

#endif
