/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/effect_pairs.h"

#include <stdlib.h>

enum { EFFECTS_WINDOW = 1 << 16 };

struct effect {
	uint64_t number; /* of its kind, from 0 */
	uint64_t objects;
	uint32_t pfn;
	uint8_t order;
};

/*
 * One side runs ahead of the other by a bounded number of requests; what falls out of the window
 * has no partner any more and counts as unequal.
 */
struct side {
	uint64_t count;
	struct effect ring[EFFECTS_WINDOW];
};

struct pairing {
	struct side recorded, simulated;
};

struct effect_pairs {
	struct pairing alloc, free;
	struct effect_totals totals;
};

struct effect_pairs *effect_pairs_create(struct error *err)
{
	struct effect_pairs *effects = calloc(1, sizeof(*effects));
	if (!effects)
		error_set(err, ERROR_RUN, "no memory to compare slab's pages");
	return effects;
}

void effect_pairs_destroy(struct effect_pairs *effects)
{
	free(effects);
}

static void add(struct side *side, const struct effect *effect)
{
	struct effect *slot = &side->ring[side->count % EFFECTS_WINDOW];
	*slot = *effect;
	slot->number = side->count++;
}

/* The other side's request with the number that `side` has just reached, or NULL. */
static const struct effect *partner(const struct side *side, uint64_t number)
{
	if (number >= side->count)
		return NULL;
	const struct effect *slot = &side->ring[number % EFFECTS_WINDOW];
	return slot->number == number ? slot : NULL;
}

static void compare(struct effect_totals *totals, const struct effect *a, const struct effect *b)
{
	if (a->order != b->order)
		return;
	totals->order++;
	totals->position += a->objects == b->objects;
	totals->frame += a->pfn == b->pfn;
}

static void pair_up(struct effect_pairs *effects, struct side *own, const struct side *other,
		    const struct effect *effect)
{
	uint64_t number = own->count;
	add(own, effect);
	const struct effect *match = partner(other, number);
	if (match)
		compare(&effects->totals, effect, match);
}

void effect_pairs_recorded(struct effect_pairs *effects, bool alloc, pfn_t pfn, unsigned order,
			   uint64_t objects)
{
	struct effect effect = { .objects = objects, .pfn = pfn.v, .order = (uint8_t)order };
	struct pairing *p = alloc ? &effects->alloc : &effects->free;
	effects->totals.recorded++;
	pair_up(effects, &p->recorded, &p->simulated, &effect);
}

void effect_pairs_simulated(struct effect_pairs *effects, bool alloc, pfn_t pfn, unsigned order,
			    uint64_t objects)
{
	struct effect effect = { .objects = objects, .pfn = pfn.v, .order = (uint8_t)order };
	struct pairing *p = alloc ? &effects->alloc : &effects->free;
	effects->totals.simulated++;
	pair_up(effects, &p->simulated, &p->recorded, &effect);
}

struct effect_totals effect_pairs_totals(const struct effect_pairs *effects)
{
	return effects->totals;
}
