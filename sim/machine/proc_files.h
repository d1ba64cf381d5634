/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --proc: the machine's state as /proc files, DIR/NAME at the end and DIR/NAME-N.txt at mark N. */
#ifndef SLABYARD_MACHINE_PROC_FILES_H
#define SLABYARD_MACHINE_PROC_FILES_H

#include <stdint.h>

#include "base/error.h"

struct machine;

/* Makes the folder of m->run->proc when it is not there; NULL: nothing to do. After start_load. */
int proc_files_prepare(struct machine *m, struct error *err);
/* The file of that name, at a mark with its number. mark -1: the end of the run. */
struct atomic_file *proc_files_open(const char *folder, const char *name, int64_t mark,
				    struct error *err);

int proc_files_write(struct machine *m, const char *folder, int64_t mark, struct error *err);

#endif
