/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What `slabyard frag` reads of a result: memory at the moment of one snapshot. */
#ifndef SLABYARD_CLI_FRAG_DATA_H
#define SLABYARD_CLI_FRAG_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/page_state.h"
#include "results/result_file.h"

/* Which snapshot. */
enum frag_moment { FRAG_START, FRAG_END, FRAG_MARK, FRAG_TIME };

struct frag_at {
	enum frag_moment moment;
	uint64_t value; /* number of the mark, or ns since the run's first snapshot */
};

enum frag_state { FRAG_FREE, FRAG_FREEABLE, FRAG_HELD, FRAG_RESERVED, FRAG_STATES };

struct frag_zone {
	char *name;
	size_t number; /* among all zones of the run */
	uint64_t start_pfn, spanned;
	struct zone_counts counts;    /* pageblocks_mixed as at the last sample before */
	uint64_t blocks[FRAG_STATES]; /* pageblocks */
};

/* What one holder has in one pageblock; ages are UINT64_MAX before the start. */
struct frag_pin {
	uint64_t pageblock, holder, allocations, bytes, age_ns;
};

/* Texts by holder; "" where nothing is known. */
struct frag_holders {
	char **kind, **use, **call_site, **cache, **task;
	size_t count;
};

struct frag_data {
	uint64_t snapshot, record, time_ns; /* time since the run's first snapshot */
	int64_t mark;                       /* -1: start or end */
	bool last;                          /* it is the end */
	uint64_t horizon_ns;                /* likewise, UINT64_MAX: none */
	uint32_t orders, block_order;
	char *page_policy, *slab_policy;
	struct frag_zone *zones;
	size_t zone_count;
	struct frag_holders holders;
	struct frag_pin *pins;
	size_t pin_count;
};

/* zone: a zone's name or "node N NAME", all others are left out; NULL: all. */
int frag_data_read(struct frag_data *data, const struct result_file *file, struct frag_at at,
		   const char *zone, struct error *err);
void frag_data_free(struct frag_data *data);

#endif
