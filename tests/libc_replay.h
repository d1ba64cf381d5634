/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One process's recorded calls, carried out by one C library allocator and compared with what they
 * returned. What no allocator decides is taken from the recording and counted: where mappings lie,
 * how the program itself moves the break, and when the break can't be moved.
 */
#ifndef SLABYARD_TESTS_LIBC_REPLAY_H
#define SLABYARD_TESTS_LIBC_REPLAY_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "core/cursor.h"
#include "core/operation.h"
#include "libc/libc.h"
#include "vm/mm.h"

#include "frames_fixture.h"

enum { REPLAY_IDS = 1 << 26, REPLAY_TEXT_MAX = 256, REPLAY_HEAPS_MAX = 1024 };

/* Of a record's detail: the chunk's NON_MAIN_ARENA. */
enum { LIBC_REPLAY_OTHER_ARENA = 4 };

/*
 * A heap of another arena than the main one may be made by a call that returns no address (a
 * thread's first free), so that where it lay is known from its first block only.
 */
struct libc_replay_heap {
	uint64_t recorded, simulated;
};

struct libc_replay {
	const struct libc_policy *policy;
	void *state;
	struct arena *arena;
	struct work work;
	struct op_clock clock;
	struct services services;
	struct frames_fixture frames;
	struct mm *mm;
	const struct address_space *space;
	struct libc_environment environment;
	uint64_t *blocks; /* by id: the simulated address */
	const struct definitions *definitions;
	uint64_t record; /* 0-based number of the one in hand */
	uint64_t compared, matched;
	uint64_t breaks_compared, breaks_matched;
	uint64_t foreign_breaks, failed_breaks;
	struct libc_replay_heap heaps[REPLAY_HEAPS_MAX];
	size_t heap_count;
	char divergence[REPLAY_TEXT_MAX]; /* the first; "" when there is none */
};

/* 0, or -1 with *err. The arena and the address space are made when a process starts. */
static inline int libc_replay_open(struct libc_replay *r, const struct libc_policy *policy,
				   uint64_t brk0, uint32_t cpus, const char *tunables,
				   struct error *err)
{
	void *params = calloc(1, policy->info.params_size + 1);

	*r = (struct libc_replay){ .policy = policy, .arena = arena_create((size_t)1 << 40, err) };
	if (!params || !r->arena || frames_fixture_init(&r->frames, &r->work, err) != 0)
		return -1;
	r->mm = mm_create(&r->frames.frames, brk0, err);
	if (!r->mm)
		return -1;
	r->space = mm_space(r->mm);
	r->clock.work = &r->work;
	r->services = (struct services){ .arena = r->arena, .work = &r->work, .clock = &r->clock };
	if (policy->info.options)
		option_defaults(policy->info.options, params);
	const struct option_spec *named =
		policy->info.options ? option_find(policy->info.options, "GLIBC_TUNABLES") : NULL;

	if (named && tunables[0] && option_parse(named, tunables, params, err) != 0)
		return -1;
	r->environment = (struct libc_environment){
		.space = r->space, .services = &r->services, .trim = &trim_glibc_judge, .cpus = cpus
	};
	r->state = policy->create(&r->environment, params, err);
	r->blocks = arena_array(r->arena, REPLAY_IDS, sizeof(*r->blocks), err);
	free(params);
	return r->state && r->blocks ? 0 : -1;
}

/* The process forks in this thread, and its child is what goes on. `ids` are in use. */
static inline int libc_replay_fork(struct libc_replay *r, uint32_t thread, uint32_t ids,
				   struct error *err)
{
	struct arena *arena = arena_create((size_t)1 << 40, err);
	struct mm *mm = mm_fork(r->mm, err);
	uint64_t *blocks = arena_array(arena, REPLAY_IDS, sizeof(*blocks), err);

	if (!arena || !mm || !blocks)
		return -1;
	memcpy(blocks, r->blocks, ids * sizeof(*blocks));
	r->services.arena = arena;
	r->space = r->environment.space = mm_space(mm);
	void *state = r->policy->fork(r->state, thread, &r->environment, err);

	r->policy->destroy(r->state);
	mm_destroy(r->mm);
	arena_destroy(r->arena);
	r->state = state;
	r->mm = mm;
	r->arena = arena;
	r->blocks = blocks;
	return state ? 0 : -1;
}

static inline void libc_replay_close(struct libc_replay *r)
{
	if (r->state)
		r->policy->destroy(r->state);
	mm_destroy(r->mm);
	frames_fixture_finish(&r->frames);
	arena_destroy(r->arena);
}

static inline void libc_replay_diverge(struct libc_replay *r, const char *what, uint64_t recorded,
				       uint64_t simulated, uint64_t bytes)
{
	if (!r->divergence[0])
		snprintf(r->divergence, sizeof(r->divergence),
			 "record %" PRIu64 ": %s of %" PRIu64 " bytes: recorded %#" PRIx64
			 ", simulated %#" PRIx64,
			 r->record, what, bytes, recorded, simulated);
}

/* Whether both lie in the same heap at the same place; a heap that is new on both sides is. */
static inline bool libc_replay_same_heap(struct libc_replay *r, uint64_t recorded,
					 uint64_t simulated)
{
	const uint64_t mask = (UINT64_C(64) << 20) - 1;
	const struct libc_replay_heap heap = { recorded & ~mask, simulated & ~mask };

	if ((recorded & mask) != (simulated & mask))
		return false;
	for (size_t i = 0; i < r->heap_count; i++) {
		if (r->heaps[i].recorded == heap.recorded)
			return r->heaps[i].simulated == heap.simulated;
		if (r->heaps[i].simulated == heap.simulated)
			return false;
	}
	if (r->heap_count == REPLAY_HEAPS_MAX)
		return false;
	r->heaps[r->heap_count++] = heap;
	return true;
}

static inline void libc_replay_compare(struct libc_replay *r, const struct record *record,
				       uint64_t simulated)
{
	const char *name = operation_table[record->operation].name;
	const bool same = record_detail(record) & LIBC_REPLAY_OTHER_ARENA
				  ? libc_replay_same_heap(r, record->address, simulated)
				  : simulated == record->address;

	if (record->address >= HEAP_PLACE_UNKNOWN)
		return;
	r->compared++;
	if (same)
		r->matched++;
	else
		libc_replay_diverge(r, name, record->address, simulated, record->size);
}

static inline uint64_t libc_replay_bytes(const struct record *record)
{
	const struct record *extension = record + 1;

	if (record->size < UINT32_MAX || !(record->flags & RECORD_EXTENDED))
		return record->size;
	return (uint64_t)extension->size << 32 | extension->id;
}

static inline void libc_replay_break(struct libc_replay *r, const struct record *record)
{
	const uint64_t now = r->space->break_now(r->space->context);

	if (record->flags & RECORD_FAILED) {
		mm_limit_break(r->mm, record->address);
		r->failed_breaks++;
	} else if (record_detail(record) & 1) {
		mm_move_break(r->mm, record->address);
		r->foreign_breaks++;
	} else {
		r->breaks_compared++;
		r->breaks_matched += now == record->address;
		if (now != record->address)
			libc_replay_diverge(r, "brk", record->address, now, 0);
	}
}

static inline void libc_replay_block(struct libc_replay *r, const struct record *record)
{
	const struct libc_policy *policy = r->policy;
	const uint64_t bytes = libc_replay_bytes(record);
	const uint64_t align = r->definitions->origins[record->origin].align;
	uint64_t *block = &r->blocks[record->id];

	mm_expect(r->mm, record->address, record_detail(record) & LIBC_REPLAY_OTHER_ARENA);
	switch (record->operation) {
	case OP_MALLOC:
		*block = policy->malloc(r->state, record->task, bytes);
		break;
	case OP_CALLOC:
		*block = policy->calloc(r->state, record->task, bytes);
		break;
	case OP_MEMALIGN:
		*block = policy->memalign(r->state, record->task, align, bytes);
		break;
	default: {
		const uint64_t moved = policy->realloc(r->state, record->task, *block, bytes);

		libc_replay_compare(r, record, moved);
		*block = moved ? moved : *block;
		return;
	}
	}
	libc_replay_compare(r, record, *block);
}

/* A fork of the process into itself: it goes on as the child. Others are not this process. */
static inline void libc_replay_fork_record(struct libc_replay *r, const struct record *record)
{
	const struct definitions *d = r->definitions;
	struct error err = { 0 };

	if (record->size == d->tasks[record->task].tgid &&
	    libc_replay_fork(r, record->task, d->id_max[SPACE_HEAP] + 1, &err) != 0)
		libc_replay_diverge(r, "fork without memory", 0, 0, 0);
}

static inline void libc_replay_record(struct libc_replay *r, const struct record *record)
{
	switch (record->operation) {
	case OP_FORK:
		libc_replay_fork_record(r, record);
		break;
	case OP_MALLOC:
	case OP_CALLOC:
	case OP_REALLOC:
	case OP_MEMALIGN:
		libc_replay_block(r, record);
		break;
	case OP_FREE:
		mm_expect(r->mm, 0, false);
		if (record->id && r->blocks[record->id])
			r->policy->free(r->state,
					record_detail(record) & FREE_BY_ENDED_THREAD
						? LIBC_THREAD_ENDED
						: record->task,
					r->blocks[record->id]);
		break;
	case OP_MALLOPT:
		r->policy->mallopt(r->state, (int)record->size, (int)record->address);
		break;
	case OP_MALLOC_TRIM:
		r->policy->malloc_trim(r->state, record->size);
		break;
	case OP_THREAD_EXIT:
		r->policy->thread_exit(r->state, record->task);
		break;
	case OP_BRK:
		libc_replay_break(r, record);
		break;
	default:
		break;
	}
}

#endif
