/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "generate/renumber.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/ptrmap.h"

struct space {
	uint64_t *number_of; /* by the trace's id: the allocation that has it, 0: none */
	size_t id_count;
	struct ptrmap *id_of; /* by number: the new id */
	uint32_t *unused;     /* new ids that came back, the last one on top */
	size_t unused_count, unused_capacity;
	uint32_t id_max;
};

struct renumber {
	struct space spaces[SPACE_COUNT];
	uint64_t numbers; /* given so far */
};

static int no_memory(struct error *err)
{
	return error_set(err, ERROR_RUN, "no memory for a perturbed trace");
}

struct renumber *renumber_create(struct error *err)
{
	struct renumber *n = calloc(1, sizeof(*n));
	if (!n) {
		no_memory(err);
		return NULL;
	}
	for (unsigned i = 0; i < SPACE_COUNT; i++) {
		n->spaces[i].id_of = ptrmap_create(err);
		if (!n->spaces[i].id_of) {
			renumber_destroy(n);
			return NULL;
		}
	}
	return n;
}

void renumber_destroy(struct renumber *n)
{
	if (!n)
		return;
	for (unsigned i = 0; i < SPACE_COUNT; i++) {
		ptrmap_destroy(n->spaces[i].id_of);
		free(n->spaces[i].number_of);
		free(n->spaces[i].unused);
	}
	free(n);
}

static int reserve_ids(struct space *s, uint32_t id, struct error *err)
{
	if (id < s->id_count)
		return 0;
	const size_t count = 2 * (size_t)id + 1024;
	uint64_t *grown = realloc(s->number_of, count * sizeof(*grown));
	if (!grown)
		return no_memory(err);
	memset(grown + s->id_count, 0, (count - s->id_count) * sizeof(*grown));
	s->number_of = grown;
	s->id_count = count;
	return 0;
}

static bool begins(const struct record *r)
{
	return operation_table[r->operation].ids == ID_ALLOC && !(r->flags & RECORD_FAILED);
}

/* A free that another record repeats, or one of a part, does not end the allocation. */
static bool ends(const struct record *r)
{
	return operation_table[r->operation].ids == ID_FREE && !(r->flags & RECORD_NESTED) &&
	       !record_leaves_part(r);
}

int renumber_enter(struct renumber *n, const struct record *r, uint64_t *number, struct error *err)
{
	struct space *s = &n->spaces[operation_table[r->operation].space];
	*number = 0;
	if (!r->id)
		return 0;
	if (reserve_ids(s, r->id, err) != 0)
		return -1;
	if (begins(r) || !s->number_of[r->id])
		s->number_of[r->id] = ++n->numbers;
	*number = s->number_of[r->id];
	if (ends(r))
		s->number_of[r->id] = 0;
	return 0;
}

static int give_back(struct space *s, uint32_t id, struct error *err)
{
	if (s->unused_count == s->unused_capacity) {
		const size_t capacity = s->unused_capacity ? 2 * s->unused_capacity : 1024;
		uint32_t *grown = realloc(s->unused, capacity * sizeof(*grown));
		if (!grown)
			return no_memory(err);
		s->unused = grown;
		s->unused_capacity = capacity;
	}
	s->unused[s->unused_count++] = id;
	return 0;
}

int renumber_leave(struct renumber *n, struct record *r, uint64_t number, struct error *err)
{
	struct space *s = &n->spaces[operation_table[r->operation].space];
	if (!number)
		return 0;
	uint32_t id = ptrmap_get(s->id_of, number);
	if (id == PTRMAP_NONE) {
		id = s->unused_count ? s->unused[--s->unused_count] : ++s->id_max;
		if (ptrmap_put(s->id_of, number, id, err) != 0)
			return -1;
	}
	r->id = id;
	if (!ends(r))
		return 0;
	ptrmap_take(s->id_of, number);
	return give_back(s, id, err);
}

uint32_t renumber_id_max(const struct renumber *n, enum id_space space)
{
	return n->spaces[space].id_max;
}
