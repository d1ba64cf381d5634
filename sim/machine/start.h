/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The state that a run begins from (--start). Records up to the state's mark are not executed; what
 * they say of identity is kept, so that a later free by id finds the object by its address.
 */
#ifndef SLABYARD_MACHINE_START_H
#define SLABYARD_MACHINE_START_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "core/page_state.h"
#include "core/slab_state.h"
#include "page/page.h"
#include "slab/slab.h"

struct ageing_report;
struct config;
struct machine;
struct start;

/* As machine/start_spec.h reads it; NULL: a fresh machine. The seed is that of rules and lives. */
struct start *start_open(const char *text, uint64_t seed, struct error *err);
void start_close(struct start *start);

/* Replaces what the state fixes. */
void start_describe_machine(const struct start *start, struct page_machine *machine);

/* The highest frame number of the recorded state, plus 1; 0 without one. */
uint64_t start_frame_end(const struct start *start);

/* An explicitly configured value that the state contradicts is an error. */
int start_check_config(const struct start *start, const struct config *config, struct error *err);

/* Loads the state into the machine's policies, or ages them. */
int start_load(struct start *start, struct machine *m, struct error *err);

/* What a result says that it began from: names without folders, so that it is the same anywhere. */
char *start_title(const struct start *start, char *buffer, size_t size);
/* For people: how a start that is no recorded state was made; "" for others. */
void start_describe(const struct start *start, char *buffer, size_t size);
/* The state's file or folder, NULL: a fresh machine. */
const char *start_path(const struct start *start);
bool start_is_census(const struct start *start);
/* The trace was recorded under another slab allocator than the state: its addresses mean nothing
 * here. */
bool start_is_foreign(const struct start *start);

/* Number of the mark after which replay begins, -1: from the first record. */
int64_t start_mark(const struct start *start);
const struct page_state *start_pages(const struct start *start);
/* "slub", "slab", "slob", or NULL without a state. */
const char *start_allocator(const struct start *start);

/*
 * Takes an object alive at the start by its recorded address: once each, OBJECT_NONE for what was
 * not alive. It is where the recording had it, or where a census put it.
 */
object_t start_take_object(struct start *start, uint64_t address);
/* The same, and it is not taken. */
object_t start_object(const struct start *start, uint64_t address);
/*
 * One that stands for an object of a foreign recording: of the policy's cache of that name, or,
 * where a state does not tell whose an object is, any in use with room for so many bytes.
 */
object_t start_take_alike(struct start *start, const char *cache, uint32_t bytes, uint32_t align);
/* Takes pages alive at the start, as a free claims them; PFN_NONE for what was not alive. */
pfn_t start_take_page(struct start *start, uint64_t pfn, uint32_t order);
/*
 * Pages that stand in for the ones that a free claims, where recorded frames mean nothing
 * (machine/start_frames.h); PFN_NONE else, and when there are none left.
 */
pfn_t start_stand_in(struct start *start, uint64_t pfn, uint32_t order);
/* Recorded addresses are those of the start's allocations. */
bool start_has_addresses(const struct start *start);
/* How the machine was aged; NULL: it was not. */
const struct ageing_report *start_ageing(const struct start *start);
/* Free blocks that buddyinfo and pagetypeinfo count differently. */
uint64_t start_disagreeing(const struct start *start);
/*
 * A kmalloc alive at the start that is whole pages: true once, and their order. Its head is an
 * object's address at a page's start, its end is told by the kinds of the frames behind it.
 */
bool start_take_large(struct start *start, uint64_t object, uint32_t *order);
/* True once for each slab of the state, by its first frame. At slab level only. */
bool start_take_slab(struct start *start, uint32_t pfn);
/* How the recorded state has a frame that is in use since (page_run's letters); 0: not so. */
char start_page_kind(const struct start *start, uint32_t pfn);
/* Frames that the recorded kernel took without an allocation (compaction): later frees name them.
 */
void start_give_pages(struct start *start, uint32_t pfn, uint32_t order);
/* The page of that time in frame `from`, if there is one, is in `to` now. */
void start_move_page(struct start *start, uint32_t from, uint32_t to);

#endif
