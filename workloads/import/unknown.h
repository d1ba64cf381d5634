/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Events that there is no operation for, counted by name. */
#ifndef SLABYARD_IMPORT_UNKNOWN_H
#define SLABYARD_IMPORT_UNKNOWN_H

#include "base/error.h"
#include "import/head.h"
#include "import/import.h"

struct unknown_events;

struct unknown_events *unknown_events_create(struct error *err);
void unknown_events_destroy(struct unknown_events *unknown);

int unknown_events_count(struct unknown_events *unknown, const struct line_head *head,
			 struct error *err);
/* Puts the most frequent names into the report. */
void unknown_events_report(const struct unknown_events *unknown, struct import_report *report);

#endif
