/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From an event's name and keys to an event: the table of workloads/README.md in code. */
#ifndef SLABYARD_IMPORT_GRAMMAR_H
#define SLABYARD_IMPORT_GRAMMAR_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "import/event.h"
#include "import/fields.h"
#include "import/head.h"
#include "import/import.h"
#include "import/names.h"

struct decoder {
	const char *name; /* of the input, and the line in hand, for messages */
	uint64_t line;
	struct definition_table *table;
	struct names *names;
	struct import_report *report;
	bool begun;             /* an event was read: too late to say what all of them are */
	struct ptrmap *unnamed; /* object -> its cache, for caches that have no name yet */
	bool whole_dump;        /* "# slabyard: trace 1" was read: nothing is derived */
	uint64_t page_offset;   /* direct-map base, when the trace tells it */
	bool allocator_known;   /* the slab allocator that it was recorded under */
	const char *arguments;  /* of the event in hand, as they stand in the line */
	struct fields fields;   /* the same, by key */
};

struct event_rule;

/* The rule for an event of that name, or NULL. */
const struct event_rule *grammar_find(const char *name, size_t length);

/* Whether the decoder's fields hold what the rule can't do without: a cut line does not. */
bool grammar_is_met(const struct decoder *decoder, const struct event_rule *rule);

/* Applies the rule to the decoder's fields; -1 with *err. The event's task and time are set. */
int grammar_apply(struct decoder *decoder, const struct event_rule *rule,
		  const struct line_head *head, struct import_event *event, struct error *err);

/*
 * Lines known by their text whatever function printed them: "MARK n" and "LAB ...". Returns 1 when
 * it is one of them and *event is set, 0 when not, -1 with *err.
 */
int marker_parse(struct decoder *decoder, const struct line_head *head, struct import_event *event,
		 struct error *err);

/* Indices that a dump gives must be declared: 0, or -1 with *err. */
int grammar_check_references(const struct decoder *decoder, const struct import_event *event,
			     struct error *err);

/* A line that begins with "#" or reports lost events: 1 taken, 0 none of these, -1 with *err. */
int comment_parse(struct decoder *decoder, const char *line, struct error *err);

#endif
