/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the readers of an mmstate file's page part and slab part share. */
#ifndef SLABYARD_IMPORT_MMSTATE_PARSER_H
#define SLABYARD_IMPORT_MMSTATE_PARSER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "core/ids.h"
#include "core/page_state.h"
#include "core/slab_state.h"

struct mmstate_parser {
	const char *name;
	uint64_t line;
	struct error *err;
	struct page_state *pages;          /* NULL: not asked for */
	struct slab_state *slabs;          /* NULL: not asked for */
	uint64_t nr_free[PAGE_ORDERS_MAX]; /* of the zone in hand, as its counters tell */
	uint32_t full_cache; /* cache of the fullslab line before: they come in runs */
};

/* "file:line: what"; returns -1. */
int mmstate_error(const struct mmstate_parser *parser, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Numbers by name out of a line's key=value words. A key that is absent, no number or too large
 * for its field is an error (-1).
 */
int mmstate_u64(struct mmstate_parser *parser, const char *line, const char *key, uint64_t *value);
int mmstate_u32(struct mmstate_parser *parser, const char *line, const char *key, uint32_t *value);
int mmstate_u16(struct mmstate_parser *parser, const char *line, const char *key, uint16_t *value);
int mmstate_i32(struct mmstate_parser *parser, const char *line, const char *key, int32_t *value);
int mmstate_hex(struct mmstate_parser *parser, const char *line, const char *key, uint64_t *value);
int mmstate_hex32(struct mmstate_parser *parser, const char *line, const char *key,
		  uint32_t *value);

/* A key with a number that must be below `limit` ("order", "mt"). */
int mmstate_below(struct mmstate_parser *parser, const char *line, const char *key, uint32_t limit,
		  uint32_t *value);

/*
 * Room for one more element of an array that holds `count`; doubles at powers of two, so that no
 * capacity has to be kept beside it. The new element is zeroed. NULL with *err.
 */
void *mmstate_append(struct mmstate_parser *parser, void *array_pointer, size_t *count,
		     size_t element_size);

/* One line of each part; 1: taken, 0: not one of its lines, -1 with *err. */
int mmstate_page_line(struct mmstate_parser *parser, const char *line);
int mmstate_slab_line(struct mmstate_parser *parser, const char *line);

/* Checks and orders what was read once the last line is there. */
int mmstate_page_end(struct mmstate_parser *parser);
int mmstate_slab_end(struct mmstate_parser *parser);

/* Pages of shared memory, which the file gives the letter of slabs, get that of files. */
int mmstate_settle_shmem(struct page_state *pages, const struct slab_state *slabs,
			 struct error *err);

#endif
