/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Records that tell about objects what no stock tracepoint does, for the assists. */
#ifndef SLABYARD_MACHINE_OBJECT_FACTS_H
#define SLABYARD_MACHINE_OBJECT_FACTS_H

#include "machine/machine.h"

int object_fact(struct machine *m, const struct record *r);

#endif
