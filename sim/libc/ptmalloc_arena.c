/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which arena a thread uses: malloc/arena.c. Calls come one at a time, so no lock is ever held. */
#include "libc/ptmalloc.h"

/* NARENAS_FROM_NCORES */
enum { ARENAS_PER_CPU = 8 };

static struct malloc_arena *arena_at(struct ptmalloc *p, uint32_t number)
{
	return &p->arenas[number - 1];
}

static uint32_t number_of(const struct ptmalloc *p, const struct malloc_arena *a)
{
	return (uint32_t)(a - p->arenas) + 1;
}

static void detach(struct ptmalloc *p, struct malloc_thread *t)
{
	if (t->arena)
		arena_at(p, t->arena)->attached_threads--;
}

static struct malloc_arena *take_free_arena(struct ptmalloc *p, struct malloc_thread *t)
{
	if (!p->free_list)
		return NULL;
	struct malloc_arena *a = arena_at(p, p->free_list);

	p->free_list = a->next_free;
	a->attached_threads = 1;
	detach(p, t);
	t->arena = number_of(p, a);
	return a;
}

static void remove_from_free_list(struct ptmalloc *p, uint32_t number)
{
	for (uint32_t *link = &p->free_list; *link; link = &arena_at(p, *link)->next_free) {
		if (*link == number) {
			*link = arena_at(p, number)->next_free;
			return;
		}
	}
}

/* All arenas in turn: the main one, then from the newest to the oldest. */
static struct malloc_arena *reused_arena(struct ptmalloc *p, struct malloc_thread *t)
{
	const uint32_t number = p->next_to_use ? p->next_to_use : 1;
	struct malloc_arena *a = arena_at(p, number);

	detach(p, t);
	remove_from_free_list(p, number);
	a->attached_threads++;
	t->arena = number;
	p->next_to_use = a->next ? a->next : 1;
	return a;
}

static void set_arenas_limit(struct ptmalloc *p)
{
	if (p->arenas_limit)
		return;
	if (p->par.arena_max)
		p->arenas_limit =
			p->par.arena_max < ARENAS_MAX ? (uint32_t)p->par.arena_max : ARENAS_MAX;
	else if (p->arena_count > p->par.arena_test)
		p->arenas_limit = ARENAS_PER_CPU * p->cpus;
}

struct malloc_arena *ptmalloc_arena_choose(struct ptmalloc *p, struct malloc_thread *t,
					   uint64_t bytes)
{
	struct malloc_arena *a = take_free_arena(p, t);

	if (a)
		return a;
	set_arenas_limit(p);
	if (p->arenas_limit && p->arena_count >= p->arenas_limit)
		return reused_arena(p, t);
	a = ptmalloc_new_arena(p, bytes);
	if (a) {
		detach(p, t);
		t->arena = number_of(p, a);
	}
	return a;
}

/* Another arena once one has failed: its memory comes from elsewhere. */
struct malloc_arena *ptmalloc_arena_retry(struct ptmalloc *p, struct malloc_thread *t,
					  struct malloc_arena *a, uint64_t bytes)
{
	return is_main(p, a) ? ptmalloc_arena_choose(p, t, bytes) : p->arenas;
}

void ptmalloc_detach(struct ptmalloc *p, struct malloc_thread *t)
{
	if (!t->arena)
		return;
	struct malloc_arena *a = arena_at(p, t->arena);

	if (--a->attached_threads == 0) {
		a->next_free = p->free_list;
		p->free_list = t->arena;
	}
	t->arena = 0;
}
