/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How the keys of an event become a record, for each kind of event in events.def. */
#ifndef SLABYARD_IMPORT_SHAPES_H
#define SLABYARD_IMPORT_SHAPES_H

#include "import/grammar.h"

struct event_rule {
	const char *name;
	uint32_t name_length;
	uint8_t operation; /* enum operation */
	/* Fills in what is the event's own; -1 with *err only when memory is spent. */
	int (*shape)(struct decoder *decoder, const struct event_rule *rule,
		     struct import_event *event, struct raw_origin *origin, struct error *err);
	enum key address, size, detail; /* KEY_COUNT: none */
};

#define SHAPE(name)                                                                                \
	int shape_##name(struct decoder *decoder, const struct event_rule *rule,                   \
			 struct import_event *event, struct raw_origin *origin, struct error *err)

SHAPE(plain);   /* address, size and detail as the rule's keys say */
SHAPE(pointer); /* the address is a pointer */
SHAPE(object);  /* malloc, kmalloc, kmem_cache_* and their frees; a null pointer: failed */
SHAPE(renewal); /* realloc, krealloc: the old pointer goes to the extension */
SHAPE(page);
SHAPE(extfrag);
SHAPE(cache);
SHAPE(mapping); /* a length in bytes becomes pages */
SHAPE(mmap);
SHAPE(mremap);
SHAPE(madvise);
SHAPE(touch);
SHAPE(fault);
SHAPE(va_alloc);
SHAPE(range); /* compaction's "(0x2400 ~ 0x2800)" */
SHAPE(sysctl);

/* `value` in the 32 bits that a record has for it; a larger one is cut and counted. */
uint32_t event_clip(struct decoder *decoder, uint64_t value);

#endif
