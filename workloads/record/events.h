/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From what a program wrote into its ring to the events of its stream. */
#ifndef SLABYARD_RECORD_EVENTS_H
#define SLABYARD_RECORD_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "record/record.h"
#include "record/shared.h"

/* Pieces of the main arena outside the heap: what it took where the break could not be moved. */
struct heap_piece {
	uint64_t begin, end;
};

struct raw_decoder {
	struct raw_thread_name {
		uint32_t tid; /* 0: never told */
		char comm[17];
	} * threads; /* by number */
	uint32_t thread_count;
	uint32_t main_tid;
	uint64_t old_length, new_length; /* of the mremap to come */
	bool is_glibc;
	bool has_moved; /* the break, by the call to come */
	uint64_t brk0, brk, brk_failed;
	struct heap_piece *pieces;
	uint32_t piece_count, piece_last; /* where the latest block outside lay */
};

/* Of a child's decoder: what its parent's knows of the heap. 0, or -1 with *err. */
int raw_decoder_inherit(struct raw_decoder *decoder, const struct raw_decoder *parent,
			struct error *err);
void raw_decoder_free(struct raw_decoder *decoder);

enum { RAW_EVENTS_MAX = 3, RAW_SENSELESS = -2 };

/*
 * Fills `events` but for their times: 0 to RAW_EVENTS_MAX of them. -1 with *err; RAW_SENSELESS:
 * this was not written by the recorder's library.
 */
int raw_decode(struct raw_decoder *decoder, const struct raw_record *raw,
	       struct recorded_event *events, struct error *err);

/* The event's thread by its number. */
void raw_decoder_name(const struct raw_decoder *decoder, unsigned thread,
		      struct recorded_event *event);

#endif
