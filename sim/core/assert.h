/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SIM_ASSERT: the simulator found itself wrong. Prints the condition, the event number, simulated
 * time and the last 32 operations, and aborts. Never for a user's mistake or a simulated failure.
 */
#ifndef SLABYARD_CORE_ASSERT_H
#define SLABYARD_CORE_ASSERT_H

#include <stdint.h>

#include "core/record.h"

enum { SIM_HISTORY = 32 };

/*
 * Where the run stands; the engine keeps it up to date. The records before `current` in its batch
 * are the history, and `tail` holds the last ones of the batches before, oldest first.
 */
struct sim_position {
	const struct record *batch;
	const struct record *current; /* in batch; NULL between batches */
	uint64_t base_ns;
	uint64_t first_record; /* 0-based number of batch[0] */
	struct record tail[SIM_HISTORY];
	uint64_t tail_base_ns[SIM_HISTORY];
	uint32_t tail_count;
};

extern _Thread_local struct sim_position *sim_position;

/*
 * Call while the batch is still valid, once `current` has passed its last record: keeps the last
 * records as the tail and counts the batch into first_record. The engine then sets the next one.
 */
void sim_position_leave_batch(struct sim_position *position);

_Noreturn void sim_assert_failed(const char *condition, const char *file, int line);

#define SIM_ASSERT(condition)                                                                      \
	((condition) ? (void)0 : sim_assert_failed(#condition, __FILE__, __LINE__))

#endif
