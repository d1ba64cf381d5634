/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Memory compaction: a scanner goes up through a zone and takes pages that can be moved, another
 * comes down and takes free ones for them, until they meet or a block is large enough. Reference:
 * mm/compaction.c of Linux 6.1. Private to sim/page.
 */
#ifndef SLABYARD_PAGE_COMPACT_H
#define SLABYARD_PAGE_COMPACT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/request.h"

struct buddy;
struct error;

enum {
	COMPACT_CLUSTER_MAX = 32,    /* pages taken before they are moved */
	COMPACT_MAX_DEFER_SHIFT = 6, /* at most 64 compactions are skipped */
	COMPACT_ORDER_ALL = -1,      /* for no request: the whole zone */
};

/* enum compact_result: what a compaction came to, worst first. */
enum compact_result {
	COMPACT_SKIPPED,
	COMPACT_DEFERRED,
	COMPACT_NO_SUITABLE_PAGE,
	COMPACT_CONTINUE,
	COMPACT_COMPLETE,
	COMPACT_PARTIAL_SKIPPED,
	COMPACT_CONTENDED,
	COMPACT_SUCCESS,
};

/* enum compact_priority: how hard a direct compaction tries, hardest first. */
enum compact_priority {
	COMPACT_PRIO_SYNC_FULL,
	COMPACT_PRIO_SYNC_LIGHT,
	COMPACT_PRIO_ASYNC,
	COMPACT_PRIO_MIN = COMPACT_PRIO_SYNC_FULL,
	COMPACT_PRIO_MIN_COSTLY = COMPACT_PRIO_SYNC_LIGHT,
	COMPACT_PRIO_FIRST = COMPACT_PRIO_ASYNC,
};

enum migrate_mode { MIGRATE_ASYNC, MIGRATE_SYNC_LIGHT, MIGRATE_SYNC };

/* What a zone remembers from one compaction to the next (compact_* of struct zone). */
struct compact_zone {
	uint32_t cached_free;
	uint32_t cached_migrate[2]; /* by whether the compaction waits (sync) */
	uint32_t init_migrate, init_free;
	uint32_t considered, defer_shift;
	int32_t order_failed;
	bool blockskip_flush;
};

/* Frames that compaction has taken, newest last. */
struct frame_run {
	uint32_t pfn, count;
};

/* Room for one compaction at a time: there is never one inside another. */
struct compact_scratch {
	uint32_t *migrate;      /* frames of pages to move */
	struct frame_run *free; /* free frames for them */
	uint32_t migrate_room, free_room;
};

/* struct compact_control */
struct compact_control {
	uint32_t zone;
	int order; /* COMPACT_ORDER_ALL: for no request */
	int search_order;
	uint32_t cpu;
	uint32_t gfp;
	unsigned migratetype;
	unsigned alloc_flags, highest_type;
	enum migrate_mode mode;
	bool direct, whole_zone, ignore_skip_hint, ignore_block_suitable, proactive, rescan;
	/* Direct compaction takes a block as soon as a free makes one; UINT32_MAX: none yet. */
	bool captures;

	uint32_t migrate_pfn, free_pfn;
	uint32_t fast_start; /* UINT32_MAX: used up; 0: none */
	unsigned fast_search_fail;
	uint32_t migrate_count;              /* pages in scratch.migrate */
	uint32_t free_count, free_run_count; /* frames and runs in scratch.free */
	uint64_t migrate_scanned, free_scanned, isolated, migrated;
};

/* compact.c */

enum compact_result compact_suitable(const struct buddy *b, uint32_t zone, int order,
				     unsigned alloc_flags, unsigned highest_type);
/* __compaction_suitable() with this many free pages instead of the zone's own count. */
enum compact_result compact_suitable_with(const struct buddy *b, uint32_t zone, int order,
					  unsigned alloc_flags, unsigned highest_type,
					  int64_t free_pages);
/* compact_zone(): cc->zone and what the caller decides are set. */
enum compact_result compact_zone_run(struct buddy *b, struct compact_control *cc);
/* extfrag_for_order(): per cent of free memory that lies in blocks smaller than `order`. */
unsigned compact_extfrag(const struct buddy *b, uint32_t zone, unsigned order);
/* Room for compactions of pageblocks of this size. -1 and *err when out of arena. */
int compact_create(struct buddy *b, struct error *err);

/* compact_migrate.c */

/* isolate_migratepages(): true when there are pages to move. */
bool compact_isolate_pages(struct buddy *b, struct compact_control *cc);
/* migrate_pages(): false when room ran out (-ENOMEM) with pages left over. */
bool compact_move_pages(struct buddy *b, struct compact_control *cc);
/* putback_movable_pages() */
void compact_put_back(struct buddy *b, struct compact_control *cc);

/* compact_free.c */

/* compaction_alloc(): a free frame, UINT32_MAX when there are none. */
uint32_t compact_take_free(struct buddy *b, struct compact_control *cc);
/* release_freepages() */
void compact_release_free(struct buddy *b, struct compact_control *cc);

/* compact_search.c: the free lists tell where to scan. */

/* fast_find_migrateblock() */
uint32_t compact_find_source(struct buddy *b, struct compact_control *cc);
/* fast_isolate_freepages(): frames that it finds are in scratch.free afterwards. */
void compact_find_target(struct buddy *b, struct compact_control *cc);
/* isolate_freepages_block(): *pfn is where it stopped; returns frames taken. */
uint32_t compact_isolate_free(struct buddy *b, struct compact_control *cc, uint32_t *pfn,
			      uint32_t end, uint32_t stride);
/* __isolate_free_page() */
bool compact_take_block(struct buddy *b, struct compact_control *cc, uint32_t pfn, unsigned order);

/* compact_skip.c: what is remembered of earlier failures. */

/* update_cached_migrate() */
void compact_update_migrate(struct buddy *b, const struct compact_control *cc, uint32_t pfn);
bool compact_skips(const struct buddy *b, uint32_t pfn);
void compact_set_skip(struct buddy *b, uint32_t pfn, bool skip);
void compact_reset_positions(struct buddy *b, uint32_t zone);
/* reset_isolation_suitable() */
void compact_reset_node(struct buddy *b, uint32_t node);
void compact_reset_zone(struct buddy *b, uint32_t zone);
void compact_defer(struct buddy *b, uint32_t zone, int order);
bool compact_deferred(struct buddy *b, uint32_t zone, int order);
void compact_defer_reset(struct buddy *b, uint32_t zone, int order, bool success);
bool compact_restarting(const struct buddy *b, uint32_t zone, int order);

/* compact_direct.c */

/* try_to_compact_pages() and the attempt after it; UINT32_MAX when that came to nothing. */
uint32_t compact_direct(struct buddy *b, const struct request *request, unsigned alloc_flags,
			enum compact_priority priority, enum compact_result *result);

#endif
