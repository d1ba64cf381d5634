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
 * are the history, and `tail` holds the last ones of the batch before.
 */
struct sim_position {
	const struct record *batch;
	const struct record *current;
	uint64_t base_ns;
	uint64_t first_record;
	struct record tail[SIM_HISTORY];
	uint64_t tail_base_ns[SIM_HISTORY];
	uint32_t tail_count;
};

extern _Thread_local struct sim_position *sim_position;

_Noreturn void sim_assert_failed(const char *condition, const char *file, int line);

#define SIM_ASSERT(condition)                                                                      \
	((condition) ? (void)0 : sim_assert_failed(#condition, __FILE__, __LINE__))

#endif
