/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From recorded addresses to ids: dense within a space, the one freed last is given out first. The
 * treatments of what does not add up are stated in workloads/README.md and counted in the report.
 */
#ifndef SLABYARD_IMPORT_IDENTITY_H
#define SLABYARD_IMPORT_IDENTITY_H

#include "base/error.h"
#include "core/definitions.h"
#include "import/event.h"
#include "import/import.h"

struct identity;

struct identity *identity_create(struct definition_table *table, struct import_report *report,
				 struct error *err);
void identity_destroy(struct identity *identity);

/*
 * Sets the event's id. *before may be filled with an event that has to go out first (the end of an
 * allocation whose free was lost). Returns 1, 2 with *before, 0 when the event is left out, -1.
 */
int identity_resolve(struct identity *identity, struct import_event *event,
		     struct import_event *before, struct error *err);

/* An id for the event's allocation, which is told of before the event itself goes out. */
uint32_t identity_reserve(struct identity *identity, const struct import_event *event);

/* A heap block of that process will be resolved soon: memory may be fetched. */
void identity_expect(const struct identity *identity, uint32_t process, uint64_t address);

/* Whether a heap block of that process lives there. */
bool identity_knows(const struct identity *identity, uint32_t process, uint64_t address);

/* Allocations that live, over all spaces. */
uint64_t identity_live(const struct identity *identity);

#endif
