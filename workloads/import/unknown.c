/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "import/unknown.h"

#include <stdlib.h>
#include <string.h>

#include "import/intern.h"

/* What is no event may look like one with a name of its own on each line. */
enum { UNKNOWN_NAMES_MAX = 1024 };

struct unknown_events {
	struct intern *names;
	uint64_t counts[UNKNOWN_NAMES_MAX];
};

struct unknown_events *unknown_events_create(struct error *err)
{
	struct unknown_events *u = calloc(1, sizeof(*u));
	if (!u) {
		error_set(err, ERROR_RUN, "no memory for the trace's names");
		return NULL;
	}
	u->names = intern_create(err);
	if (!u->names) {
		free(u);
		return NULL;
	}
	return u;
}

void unknown_events_destroy(struct unknown_events *u)
{
	if (!u)
		return;
	intern_destroy(u->names);
	free(u);
}

int unknown_events_count(struct unknown_events *u, const struct line_head *head, struct error *err)
{
	uint32_t name = intern_find(u->names, head->event, head->event_length);
	if (name == INTERN_NONE && intern_count(u->names) < UNKNOWN_NAMES_MAX) {
		name = intern_add(u->names, head->event, head->event_length, err);
		if (name == INTERN_NONE)
			return -1;
	}
	if (name != INTERN_NONE)
		u->counts[name]++;
	return 0;
}

void unknown_events_report(const struct unknown_events *u, struct import_report *report)
{
	memset(report->unknown_top, 0, sizeof(report->unknown_top));
	for (uint32_t i = 0; i < intern_count(u->names); i++) {
		struct import_unknown entry = { .count = u->counts[i] };
		strncpy(entry.name, intern_bytes(u->names, i, NULL), sizeof(entry.name) - 1);
		for (unsigned place = 0; place < IMPORT_UNKNOWN_TOP; place++) {
			if (entry.count <= report->unknown_top[place].count)
				continue;
			struct import_unknown lower = report->unknown_top[place];
			report->unknown_top[place] = entry;
			entry = lower;
		}
	}
}
