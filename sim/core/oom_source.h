/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What happens when memory has run out for good: the page allocator asks, an OOM policy answers.
 * Reference: out_of_memory() of mm/oom_kill.c.
 */
#ifndef SLABYARD_CORE_OOM_SOURCE_H
#define SLABYARD_CORE_OOM_SOURCE_H

#include "core/request.h"

enum oom_outcome {
	OOM_NOBODY,  /* there is nobody to kill */
	OOM_WAITS,   /* someone is to die, and has not given back its memory yet */
	OOM_KILLED,  /* another process has been told to die */
	OOM_FREED,   /* another process is dead already, its memory free */
	OOM_SUICIDE, /* the one that asks is to die: it may have reserves for that */
};

struct oom_source {
	enum oom_outcome (*out_of_memory)(void *context, const struct request *request);
	void *context;
};

#endif
