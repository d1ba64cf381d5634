/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Compaction moves a page and frees the frame where it was; no event tells where the page is now.
 * Its task frees one frame after the other meanwhile, so a free of a task that is compacting is
 * one of which record_moves() is true: what was in the frame lives on.
 */
#ifndef SLABYARD_IMPORT_MOVED_H
#define SLABYARD_IMPORT_MOVED_H

#include <stdbool.h>
#include <stdint.h>

#include "import/event.h"

/* Tasks between mm_compaction_begin and mm_compaction_end. */
enum { MOVED_TASKS_MAX = 64 };

struct moved {
	uint32_t tasks[MOVED_TASKS_MAX];
	uint32_t count;
};

/* The event has come in: true when it is such a free. */
bool moved_enter(struct moved *moved, struct import_event *event);

#endif
