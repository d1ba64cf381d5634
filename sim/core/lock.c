/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/lock.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "core/assert.h"
#include "core/host_memory.h"

enum {
	NOBODY = -1,
	RING_BYTES = LOCK_WAITERS_MAX * sizeof(uint64_t),
	RINGS_MAX = 1 << 17, /* few locks ever see two CPUs at once */
};

/* Waiters are the requests whose grant lies ahead; grants of one lock never go back. */
struct lock {
	uint64_t free_at_ps;
	uint64_t granted_ps;     /* to the holder */
	int64_t holder;          /* cpu, or NOBODY */
	uint32_t first, waiters; /* ring of grants */
	struct lock_stats stats;
	char name[LOCK_NAME_MAX];
	uint64_t *grants_ps; /* NULL: nobody ever waited */
};

struct lock_table {
	struct arena *arena;
	struct lock *locks;
	uint32_t count, room;
};

struct lock_table *lock_table_create(uint32_t nodes, struct error *err)
{
	struct lock_table *table = calloc(1, sizeof(*table));

	if (!table) {
		error_set(err, ERROR_RUN, "no memory for locks");
		return NULL;
	}
	table->room = (nodes + 1) * LOCKS_A_NODE;
	table->arena = arena_create(
		table->room * sizeof(struct lock) + (size_t)RINGS_MAX * RING_BYTES, err);
	if (table->arena)
		table->locks = arena_array(table->arena, table->room, sizeof(struct lock), err);
	if (!table->locks) {
		lock_table_destroy(table);
		return NULL;
	}
	return table;
}

void lock_table_destroy(struct lock_table *table)
{
	if (!table)
		return;
	arena_destroy(table->arena);
	free(table);
}

lock_id lock_add(struct lock_table *table, const char *name)
{
	SIM_ASSERT(table->count < table->room);
	struct lock *lock = &table->locks[table->count];

	snprintf(lock->name, sizeof(lock->name), "%s", name);
	lock->stats.name = lock->name;
	lock->holder = NOBODY;
	return (lock_id){ table->count++ };
}

static void forget_served(struct lock *lock, uint64_t now_ps)
{
	while (lock->waiters && lock->grants_ps[lock->first] <= now_ps) {
		lock->first = (lock->first + 1) % LOCK_WAITERS_MAX;
		lock->waiters--;
	}
}

static void queue_up(struct lock_table *table, struct lock *lock, uint64_t grant_ps)
{
	if (!lock->grants_ps)
		lock->grants_ps =
			host_memory_need(arena_array(table->arena, 1, RING_BYTES, NULL), "locks");
	SIM_ASSERT(lock->waiters < LOCK_WAITERS_MAX);
	lock->grants_ps[(lock->first + lock->waiters) % LOCK_WAITERS_MAX] = grant_ps;
	lock->waiters++;
	if (lock->stats.queue_max < lock->waiters)
		lock->stats.queue_max = lock->waiters;
}

uint64_t lock_enter(struct lock_table *table, lock_id id, uint32_t cpu, uint64_t arrival_ps)
{
	struct lock *lock = &table->locks[id.v];
	uint64_t wait_ps = 0;

	SIM_ASSERT(id.v < table->count && lock->holder == NOBODY);
	forget_served(lock, arrival_ps);
	if (lock->free_at_ps > arrival_ps) {
		wait_ps = lock->free_at_ps - arrival_ps;
		queue_up(table, lock, lock->free_at_ps);
		lock->stats.contended++;
		lock->stats.wait_ps += wait_ps;
	}
	lock->stats.acquisitions++;
	lock->granted_ps = arrival_ps + wait_ps;
	lock->holder = cpu;
	return wait_ps;
}

void lock_leave(struct lock_table *table, lock_id id, uint64_t leave_ps)
{
	struct lock *lock = &table->locks[id.v];

	SIM_ASSERT(lock->holder != NOBODY && leave_ps >= lock->granted_ps);
	lock->stats.hold_ps += leave_ps - lock->granted_ps;
	lock->free_at_ps = leave_ps;
	lock->holder = NOBODY;
}

uint32_t lock_count(const struct lock_table *table)
{
	return table->count;
}

struct lock_stats lock_stats(const struct lock_table *table, lock_id id)
{
	return table->locks[id.v].stats;
}
