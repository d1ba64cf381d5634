/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Signals that end the program, noted so that it can clean up first. */
#ifndef SLABYARD_CLI_STOP_SIGNALS_H
#define SLABYARD_CLI_STOP_SIGNALS_H

#include <signal.h>

/* From now on SIGINT, SIGTERM and SIGHUP set what is returned; a second one ends it at once. */
const volatile sig_atomic_t *stop_signals_note(void);

#endif
