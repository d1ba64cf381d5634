/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An event between the line that it was read from and the record that it becomes. */
#ifndef SLABYARD_IMPORT_EVENT_H
#define SLABYARD_IMPORT_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/record.h"

struct import_event {
	/* Its id and origin are set when the event leaves the window, the time when it goes out. */
	struct record record;
	struct record extension; /* when record.flags has RECORD_EXTENDED */
	uint64_t time_ns;
	uint64_t line;
	uint32_t raw_origin;
	uint32_t allocation; /* raw origin of what a free ends, NAMES_NONE: not known */
	uint32_t process;    /* number of the address space, 0 for kernel memory */
	/* Numbers, plus 1, of a page's and an object's allocation that has begun here; 0: none. */
	uint64_t begins_page, begins_object;
	bool id_given; /* the line said id=: nothing is looked up */
	bool origin_given;
};

#endif
