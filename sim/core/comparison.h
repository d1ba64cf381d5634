/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How states are compared: lists are counted, and the first that differs is described. */
#ifndef SLABYARD_CORE_COMPARISON_H
#define SLABYARD_CORE_COMPARISON_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum { COMPARISON_PLACE_MAX = 160 };

struct comparison {
	size_t compared, differing;
	struct error *first;
};

/* One list was looked at; true when its difference is the first, to be described in c->first. */
static inline bool comparison_count(struct comparison *c, bool differs)
{
	c->compared++;
	c->differing += differs;
	return differs && c->differing == 1;
}

#endif
