/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which key=value of an event in the text grammar (workloads/README.md) shows which field of its
 * record.
 */
#ifndef SLABYARD_TRACE_DUMP_KEYS_H
#define SLABYARD_TRACE_DUMP_KEYS_H

#include <stddef.h>
#include <stdint.h>

#include "core/operation.h"

/* How the field's number is written. */
enum dump_format {
	DUMP_DECIMAL,
	DUMP_SIGNED, /* the 32 bits are a signed number */
	DUMP_HEX,    /* with 0x */
	DUMP_BYTES,  /* the field counts pages, the text bytes */
};

struct dump_key {
	const char *name; /* NULL: the operation has no key of its own for the field */
	uint8_t format;   /* enum dump_format */
};

/* Which fields of the origin an event of this kind shows. */
enum dump_origin {
	DUMP_CALL_SITE = 1 << 0,   /* call_site= */
	DUMP_CACHE = 1 << 1,       /* name= */
	DUMP_BYTES_ALLOC = 1 << 2, /* bytes_alloc= */
	DUMP_GFP = 1 << 3,         /* gfp_flags= */
	DUMP_NODE = 1 << 4,        /* node= */
	DUMP_ACCOUNTED = 1 << 5,   /* accounted= */
	DUMP_MIGRATETYPE = 1 << 6, /* migratetype= */
	DUMP_ALIGN = 1 << 7,       /* align= */
	DUMP_EXTFRAG = 1 << 8,     /* alloc_order= and alloc_migratetype= */
	DUMP_ALLOC = DUMP_CALL_SITE | DUMP_BYTES_ALLOC | DUMP_GFP | DUMP_NODE | DUMP_ACCOUNTED,
};

struct dump_keys {
	struct dump_key address, size, detail;
	uint16_t origin; /* enum dump_origin */
};

/* Indexed by enum operation. */
extern const struct dump_keys dump_keys[OPERATION_COUNT];

#endif
