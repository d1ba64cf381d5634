/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a policy is told about the operation it serves. */
#ifndef SLABYARD_CORE_REQUEST_H
#define SLABYARD_CORE_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "core/ids.h"

enum request_flags {
	REQUEST_IRQ = 1 << 0,     /* hard or soft interrupt context */
	REQUEST_BULK = 1 << 1,    /* inside a bulk call: the bulk's own rules apply */
	REQUEST_BATCHED = 1 << 2, /* page free by free_unref_page_list */
	REQUEST_PCP_BUSY =
		1 << 3, /* assist pcp_busy: the per-cpu lock is held by who was interrupted */
	REQUEST_RECLAIMING = 1 << 4, /* the task is reclaiming memory (PF_MEMALLOC) */
	REQUEST_OOM_VICTIM = 1 << 5, /* the task is about to die for its memory */
	REQUEST_EXACT = 1 << 6,      /* page free by alloc_pages_exact, of what it does not need */
	REQUEST_WAITED = 1 << 7,     /* it was made before, and has been waiting for memory since */
};

/* First what all calls of one origin share, so that it can be copied as one. */
struct request {
	uint32_t origin; /* trace's origin index, 0: none */
	uint32_t gfp;
	uint8_t order;
	uint8_t migratetype; /* enum migratetype, of the gfp flags */
	uint8_t flags;       /* enum request_flags */
	int8_t zone_hint;    /* assist zone: zone to take, numbered as in page_counts; -1: decide */
	int16_t node;        /* -1: none asked */
	uint16_t reserved;
	uint64_t time_ns;
	uint32_t cpu;
	uint32_t task;  /* trace's task index */
	uint32_t bytes; /* objects: bytes asked for; at a free those of its allocation, or 0 */
	uint32_t id;    /* pages: what the caller will know the allocation by; 0: nothing */
};

#endif
