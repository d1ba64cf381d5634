/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who keeps how many pageblocks from becoming free. Holders are joined to groups (all of one call
 * site, of one cache, of one task), and a held pageblock is kept by every group that has something
 * in it: it becomes free only when all of them let go.
 *
 * A group's share of a pageblock is 1 / the number of its groups, which is the Shapley value of
 * "these pageblocks become free": shares add up to the number of held pageblocks. Groups are ranked
 * greedily: each is the one with the largest share when those before it are gone.
 */
#ifndef SLABYARD_CLI_FRAG_RANK_H
#define SLABYARD_CLI_FRAG_RANK_H

#include <stddef.h>
#include <stdint.h>

#include "cli/frag_data.h"

enum frag_by { FRAG_BY_CALL_SITE, FRAG_BY_CACHE, FRAG_BY_TASK, FRAG_BY_ALL };

struct frag_group {
	const char *call_site, *cache, *task; /* what its members have in common, else NULL */
	const char *kind;                     /* likewise */
	uint64_t alone;                       /* pageblocks that it alone holds */
	uint64_t shared;                      /* pageblocks that it holds with others */
	double share;                         /* of all held pageblocks, see above */
	uint64_t together; /* pageblocks held by nobody but it and those ranked before */
	uint64_t allocations, bytes;
	uint64_t oldest_ns; /* age of its oldest allocation, UINT64_MAX: before the start */
};

struct frag_ranking {
	uint64_t held;      /* pageblocks */
	size_t group_count; /* of all */
	struct frag_group *ranked;
	size_t ranked_count;
};

/* The first `top` groups, or all of them when top is 0. Texts are the data's. */
int frag_rank(struct frag_ranking *ranking, const struct frag_data *data, enum frag_by by,
	      size_t top, struct error *err);
void frag_rank_free(struct frag_ranking *ranking);

#endif
