/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The program's start, and the signals that are meant for it: what is sent to the recorder is sent
 * on, what a terminal sends to both is left to the program.
 */
#ifndef SLABYARD_RECORD_LAUNCH_H
#define SLABYARD_RECORD_LAUNCH_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"

/* The program's pid, or -1 with *err. One program at a time. */
pid_t launch(char *const *arguments, const char *library, const char *memory_path,
	     struct error *err);
/* 1: it has ended, *status is as waitpid() gives it; 0: not yet; -1: *err. */
int launch_poll(int *status, struct error *err);
/* Whether somebody asks for the recording to end, now that the program has. */
bool launch_is_interrupted(void);
/* Signals are as they were. */
void launch_end(void);

#endif
