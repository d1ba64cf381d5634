/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * When the C library gives memory back to the kernel, and which: a trim policy is a pure function
 * from a view of the heap to a verdict. Allocators ask at the moments below and carry the verdict
 * out; the machine counts it.
 */
#ifndef SLABYARD_LIBC_TRIM_TRIM_H
#define SLABYARD_LIBC_TRIM_TRIM_H

#include <stdbool.h>
#include <stdint.h>

#include "core/policy.h"

enum trim_moment {
	TRIM_MOMENT_START, /* of the process: of the verdict, next_ns alone counts */
	TRIM_MOMENT_FREE,  /* a free has left a large free chunk */
	TRIM_MOMENT_UNMAP, /* a block with a mapping of its own is about to be freed */
	TRIM_MOMENT_TIMER, /* the time that an earlier verdict asked for */
	TRIM_MOMENTS
};

struct trim_view {
	enum trim_moment moment;
	/* Told by the allocator; the thresholds as mallopt(3) names them. */
	uint64_t top_bytes;      /* FREE: free at the end of the heap that the block lay in */
	uint64_t unmapped_bytes; /* UNMAP: of the block, with its header */
	uint64_t trim_threshold, top_pad, mmap_threshold;
	bool dynamic; /* nobody has set a threshold: they may be raised */
	/* Told by the machine. */
	uint64_t time_ns;      /* simulated */
	uint64_t last_trim_ns; /* of the latest verdict but keep and raise; 0: there was none */
	uint64_t live_bytes;   /* what the program has asked for and not freed */
	uint64_t rss_bytes;    /* present of heap and mappings */
};

enum trim_action {
	TRIM_KEEP,  /* nothing is given back */
	TRIM_TOP,   /* the end of the heap, but for `pad` bytes */
	TRIM_ALL,   /* as malloc_trim(pad): the end, and whole pages inside free chunks */
	TRIM_OLD,   /* whole pages inside free chunks that have been free for `age_ns` */
	TRIM_RAISE, /* UNMAP: the thresholds become those of the verdict */
	TRIM_ACTIONS
};

/* As /events/trim and messages name them. */
extern const char *const trim_moment_names[TRIM_MOMENTS];
extern const char *const trim_action_names[TRIM_ACTIONS];

struct trim_verdict {
	enum trim_action action;
	uint64_t pad;                            /* TOP, ALL */
	uint64_t age_ns;                         /* OLD */
	uint64_t mmap_threshold, trim_threshold; /* RAISE */
	uint64_t next_ns; /* START, TIMER: simulated time of the next TIMER, 0: never again */
};

/* Beside core/policy.h's: allocators have to know how long memory has been free. */
enum trim_capability { TRIM_NEEDS_AGES = 1 << 16 };

struct trim_policy {
	struct policy_info info;
	/* Nothing but params and view decides; no state is kept. */
	struct trim_verdict (*judge)(const void *params, const struct trim_view *view);
};

/* What allocators ask; the machine's part of the view is filled in behind it. */
struct trim_judge {
	struct trim_verdict (*ask)(void *context, const struct trim_view *view);
	/* A verdict other than keep and raise has been carried out. NULL: nobody wants to know. */
	void (*done)(void *context);
	void *context;
};

extern const struct policy_kind trim_policies;

static inline const struct trim_policy *trim_policy_of(const struct policy_info *info)
{
	return (const struct trim_policy *)(const void *)info;
}

/* What glibc 2.36 does, for allocators that stand on no machine. */
extern const struct trim_judge trim_glibc_judge;

#endif
