/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SLABYARD_MACHINE_ACTIONS_H
#define SLABYARD_MACHINE_ACTIONS_H

#include "machine/machine.h"

/* Fills m->action and makes a latency histogram for every operation that will be executed. */
int machine_choose_actions(struct machine *m, struct error *err);

#endif
