/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/frag_rank.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* A pageblock and a group that has something in it, each pair once. */
struct hold {
	uint32_t block, group;
};

struct block {
	size_t first;       /* of its holds */
	uint32_t groups;    /* that hold it */
	uint32_t remaining; /* of them that are not ranked yet */
};

struct member {
	const struct frag_data *data;
	enum frag_by by;
	uint32_t holder;
};

struct rank_work {
	const struct frag_data *data;
	uint32_t *group_of; /* by holder */
	struct frag_group *groups;
	size_t group_count;
	struct hold *holds; /* by block */
	size_t hold_count;
	struct hold *by_group;
	size_t *first_of_group; /* into by_group, group_count + 1 of them */
	struct block *blocks;
	size_t block_count;
	bool *is_ranked;
	double *residual; /* a group's share while the ranked are gone */
};

static const char *text_by(const struct frag_holders *h, enum frag_by by, uint32_t holder)
{
	if (by == FRAG_BY_TASK)
		return h->task[holder];
	/* what is no object has no cache: its use says what it is */
	if (by == FRAG_BY_CACHE)
		return *h->cache[holder] ? h->cache[holder] : h->use[holder];
	return h->call_site[holder];
}

static int compare_members(const void *a, const void *b)
{
	const struct member *x = a, *y = b;
	const struct frag_holders *h = &x->data->holders;
	int order = strcmp(text_by(h, x->by, x->holder), text_by(h, y->by, y->holder));

	if (order == 0 && *text_by(h, x->by, x->holder) && x->by != FRAG_BY_ALL)
		return 0;
	/* what they are to be joined by is not known: what they are keeps them apart */
	if (order == 0)
		order = strcmp(h->kind[x->holder], h->kind[y->holder]);
	if (order == 0 && x->by != FRAG_BY_TASK)
		order = strcmp(h->cache[x->holder], h->cache[y->holder]);
	if (order == 0 && x->by != FRAG_BY_TASK)
		order = strcmp(h->use[x->holder], h->use[y->holder]);
	if (order == 0 && x->by == FRAG_BY_ALL)
		order = strcmp(h->task[x->holder], h->task[y->holder]);
	return order;
}

static void join_text(const char **common, const char *text, bool first)
{
	if (first)
		*common = text;
	else if (*common && strcmp(*common, text) != 0)
		*common = NULL;
}

static void join(struct frag_group *group, const struct frag_holders *h, uint32_t holder,
		 bool first)
{
	join_text(&group->call_site, h->call_site[holder], first);
	join_text(&group->cache, *h->cache[holder] ? h->cache[holder] : h->use[holder], first);
	join_text(&group->task, h->task[holder], first);
	join_text(&group->kind, h->kind[holder], first);
}

/* Joins holders to groups. */
static int make_groups(struct rank_work *w, enum frag_by by)
{
	size_t count = w->data->holders.count;
	struct member *members = calloc(count + 1, sizeof(*members));

	w->group_of = calloc(count + 1, sizeof(*w->group_of));
	w->groups = calloc(count + 1, sizeof(*w->groups));
	if (!members || !w->group_of || !w->groups) {
		free(members);
		return -1;
	}
	for (uint32_t i = 0; i < count; i++)
		members[i] = (struct member){ w->data, by, i };
	qsort(members, count, sizeof(*members), compare_members);
	for (size_t i = 0; i < count; i++) {
		bool first = i == 0 || compare_members(&members[i - 1], &members[i]) != 0;
		w->group_count += first;
		w->group_of[members[i].holder] = (uint32_t)w->group_count - 1;
		join(&w->groups[w->group_count - 1], &w->data->holders, members[i].holder, first);
	}
	free(members);
	return 0;
}

static int compare_holds(const void *a, const void *b)
{
	const struct hold *x = a, *y = b;

	if (x->block != y->block)
		return x->block < y->block ? -1 : 1;
	return x->group < y->group ? -1 : x->group > y->group;
}

static int compare_by_group(const void *a, const void *b)
{
	const struct hold *x = a, *y = b;

	if (x->group != y->group)
		return x->group < y->group ? -1 : 1;
	return x->block < y->block ? -1 : x->block > y->block;
}

/* Pins come by snapshot and pageblock: one behind the other, those of a block follow each other. */
static void collect_holds(struct rank_work *w)
{
	size_t kept = 0;

	for (size_t i = 0; i < w->data->pin_count; i++) {
		const struct frag_pin *pin = &w->data->pins[i];
		struct frag_group *group = &w->groups[w->group_of[pin->holder]];
		if (i == 0 || pin->pageblock != pin[-1].pageblock)
			w->block_count++;
		w->holds[i] =
			(struct hold){ (uint32_t)w->block_count - 1, w->group_of[pin->holder] };
		if (group->allocations == 0 ||
		    (pin->age_ns > group->oldest_ns && group->oldest_ns != UINT64_MAX))
			group->oldest_ns = pin->age_ns;
		group->allocations += pin->allocations;
		group->bytes += pin->bytes;
	}
	qsort(w->holds, w->data->pin_count, sizeof(*w->holds), compare_holds);
	for (size_t i = 0; i < w->data->pin_count; i++)
		if (i == 0 || compare_holds(&w->holds[i], &w->holds[kept - 1]) != 0)
			w->holds[kept++] = w->holds[i];
	w->hold_count = kept;
}

static void index_holds(struct rank_work *w)
{
	for (size_t i = 0; i < w->hold_count; i++) {
		struct block *block = &w->blocks[w->holds[i].block];
		if (block->groups == 0)
			block->first = i;
		block->remaining = ++block->groups;
		w->by_group[i] = w->holds[i];
		w->first_of_group[w->holds[i].group + 1]++;
	}
	for (size_t g = 0; g < w->group_count; g++)
		w->first_of_group[g + 1] += w->first_of_group[g];
	qsort(w->by_group, w->hold_count, sizeof(*w->by_group), compare_by_group);
	for (size_t i = 0; i < w->hold_count; i++) {
		struct frag_group *group = &w->groups[w->holds[i].group];
		uint32_t groups = w->blocks[w->holds[i].block].groups;
		group->alone += groups == 1;
		group->shared += groups > 1;
		group->share += 1.0 / groups;
	}
	for (size_t g = 0; g < w->group_count; g++)
		w->residual[g] = w->groups[g].share;
}

static int make_holds(struct rank_work *w)
{
	size_t pins = w->data->pin_count;

	w->holds = calloc(pins + 1, sizeof(*w->holds));
	w->by_group = calloc(pins + 1, sizeof(*w->by_group));
	w->first_of_group = calloc(w->group_count + 1, sizeof(*w->first_of_group));
	w->residual = calloc(w->group_count + 1, sizeof(*w->residual));
	w->is_ranked = calloc(w->group_count + 1, sizeof(*w->is_ranked));
	if (!w->holds || !w->by_group || !w->first_of_group || !w->residual || !w->is_ranked)
		return -1;
	collect_holds(w);
	w->blocks = calloc(w->block_count + 1, sizeof(*w->blocks));
	if (!w->blocks)
		return -1;
	index_holds(w);
	return 0;
}

/* The group with the largest share of what is still held; SIZE_MAX: nothing is. */
static size_t best_group(const struct rank_work *w)
{
	size_t best = SIZE_MAX;

	for (size_t g = 0; g < w->group_count; g++) {
		if (w->is_ranked[g] || w->first_of_group[g] == w->first_of_group[g + 1])
			continue;
		if (best == SIZE_MAX || w->residual[g] > w->residual[best] ||
		    (w->residual[g] == w->residual[best] &&
		     w->groups[g].bytes > w->groups[best].bytes))
			best = g;
	}
	return best;
}

/* The group lets go: the others' shares of its pageblocks grow. Returns how many became free. */
static uint64_t let_go(struct rank_work *w, size_t group)
{
	uint64_t freed = 0;

	w->is_ranked[group] = true;
	for (size_t i = w->first_of_group[group]; i < w->first_of_group[group + 1]; i++) {
		struct block *block = &w->blocks[w->by_group[i].block];
		uint32_t before = block->remaining--;
		freed += block->remaining == 0;
		for (size_t k = block->first; k < block->first + block->groups; k++)
			if (!w->is_ranked[w->holds[k].group])
				w->residual[w->holds[k].group] +=
					1.0 / block->remaining - 1.0 / before;
	}
	return freed;
}

static int rank_groups(struct frag_ranking *r, struct rank_work *w, size_t top)
{
	size_t most = top && top < w->group_count ? top : w->group_count;
	uint64_t together = 0;

	r->held = w->block_count;
	r->ranked = calloc(most + 1, sizeof(*r->ranked));
	if (!r->ranked)
		return -1;
	for (size_t g = 0; g < w->group_count; g++)
		r->group_count += w->first_of_group[g] != w->first_of_group[g + 1];
	while (r->ranked_count < most) {
		size_t best = best_group(w);
		if (best == SIZE_MAX)
			break;
		together += let_go(w, best);
		w->groups[best].together = together;
		r->ranked[r->ranked_count++] = w->groups[best];
	}
	return 0;
}

int frag_rank(struct frag_ranking *ranking, const struct frag_data *data, enum frag_by by,
	      size_t top, struct error *err)
{
	struct rank_work w = { .data = data };

	*ranking = (struct frag_ranking){ 0 };
	int result = make_groups(&w, by) == 0 && make_holds(&w) == 0 &&
				     rank_groups(ranking, &w, top) == 0
			     ? 0
			     : error_set(err, ERROR_RUN, "no memory for the ranking");
	free(w.group_of);
	free(w.groups);
	free(w.holds);
	free(w.by_group);
	free(w.first_of_group);
	free(w.blocks);
	free(w.is_ranked);
	free(w.residual);
	return result;
}

void frag_rank_free(struct frag_ranking *ranking)
{
	free(ranking->ranked);
	*ranking = (struct frag_ranking){ 0 };
}
