/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The part of an event line that all sources share: who, where, when, what. */
#ifndef SLABYARD_IMPORT_HEAD_H
#define SLABYARD_IMPORT_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct line_head {
	const char *comm;
	size_t comm_length;
	uint32_t tid;
	uint32_t tgid; /* 0: not recorded */
	uint32_t cpu;
	bool irq; /* hard or soft interrupt context */
	uint64_t time_ns;
	const char *event; /* name without its "system:" and the colon behind */
	size_t event_length;
	const char *arguments; /* NUL-terminated rest of the line */
};

/* False when the line is no event. */
bool head_parse(const char *line, struct line_head *head);

#endif
