/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The frames in use at the start that nobody has freed yet, and who may free them. A recorded free
 * names the frame of the recorded machine. Where that is the simulated one's too (a recorded
 * state), it is that frame. Where the start was laid out or aged, frames mean nothing: one that is
 * in use stands in for it: the named one or else the next above it that is an allocation of that
 * order, or when there is none, any that is in use as a whole.
 */
#ifndef SLABYARD_MACHINE_START_FRAMES_H
#define SLABYARD_MACHINE_START_FRAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "core/ids.h"
#include "core/page_state.h"

struct start_frames;

/* For frame numbers below `count`; none is in use yet. NULL and *err when memory is spent. */
struct start_frames *start_frames_create(uint64_t count, struct error *err);
void start_frames_destroy(struct start_frames *frames);

void start_frames_set(struct start_frames *frames, uint64_t pfn, uint64_t count, bool in_use);
/* What the state has in use: all but reserved frames, free ones and those on per-cpu lists. */
void start_frames_add(struct start_frames *frames, const struct page_state *state);
bool start_frames_has(const struct start_frames *frames, uint64_t pfn);

/* A block in use is one allocation of this order. -1 with *err when memory is spent. */
int start_frames_note_block(struct start_frames *frames, uint64_t pfn, unsigned order,
			    struct error *err);

/* The block at pfn is freed: no longer in use here. PFN_NONE when not all of it was. */
pfn_t start_frames_take(struct start_frames *frames, uint64_t pfn, unsigned order);
/* The first block of that order in use from pfn on, then from the start; PFN_NONE: none is left. */
pfn_t start_frames_stand_in(struct start_frames *frames, uint64_t pfn, unsigned order);

#endif
