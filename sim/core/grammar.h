/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The text grammar's keys, once, for the importer that reads them and the dump that writes them:
 * which key=value of an operation stands for which field of its record. What an operation does not
 * name here it may still carry under the common keys below.
 *
 *     comm-tid (tgid) [cpu] flags seconds.nanoseconds: operation: key=value key=value ...
 */
#ifndef SLABYARD_CORE_GRAMMAR_H
#define SLABYARD_CORE_GRAMMAR_H

#include <stddef.h>
#include <stdint.h>

#include "core/operation.h"

/* How a number is written; each is read back in any of the first three. */
enum key_format {
	KEY_DECIMAL,
	KEY_SIGNED, /* the 32-bit field is a signed number */
	KEY_HEX,    /* with 0x */
	KEY_BYTES,  /* the field counts pages, the text bytes (rounded up when read) */
};

struct key_name {
	const char *name; /* NULL: the operation does not use the field */
	uint8_t format;   /* enum key_format */
};

/* Which of the origin's fields an event of this kind prints even when they are 0. */
enum origin_keys {
	KEYS_CALL_SITE = 1 << 0,   /* call_site= */
	KEYS_CACHE = 1 << 1,       /* name= */
	KEYS_BYTES_ALLOC = 1 << 2, /* bytes_alloc= */
	KEYS_GFP = 1 << 3,         /* gfp_flags= */
	KEYS_NODE = 1 << 4,        /* node= */
	KEYS_ACCOUNTED = 1 << 5,   /* accounted= */
	KEYS_MIGRATETYPE = 1 << 6, /* migratetype= */
	KEYS_ALIGN = 1 << 7,       /* alignment= */
	KEYS_ORDER = 1 << 8,       /* alloc_order= */
	KEYS_ALLOC = KEYS_CALL_SITE | KEYS_BYTES_ALLOC | KEYS_GFP | KEYS_NODE | KEYS_ACCOUNTED,
};

struct operation_keys {
	struct key_name address, size, detail;
	struct key_name second; /* the extension's address: an earlier pointer, a second place */
	uint16_t origin;        /* enum origin_keys */
};

/* Indexed by enum operation. */
extern const struct operation_keys operation_keys[OPERATION_COUNT];

/*
 * Keys common to all operations. Of a record: failed=1, effect=1, bulk=1, nested=1 (RECORD_*);
 * address=, size=, detail= where the operation has no name of its own for a field that is not 0.
 * Of an extension: second=, length= (64 bits), word0= (task), word1= (origin).
 */
#define KEY_FAILED  "failed"
#define KEY_EFFECT  "effect"
#define KEY_BULK    "bulk"
#define KEY_NESTED  "nested"
#define KEY_ADDRESS "address"
#define KEY_SIZE    "size"
#define KEY_DETAIL  "detail"
#define KEY_SECOND  "second"
#define KEY_LENGTH  "length"
#define KEY_WORD0   "word0"
#define KEY_WORD1   "word1"

#endif
