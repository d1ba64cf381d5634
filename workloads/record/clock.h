/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From the ticks that programs note to nanoseconds. The processor's counter is read in a third of
 * the time that clock_gettime() takes; where it is not steady, programs note CLOCK_MONOTONIC.
 */
#ifndef SLABYARD_RECORD_CLOCK_H
#define SLABYARD_RECORD_CLOCK_H

#include <stdint.h>

struct clock {
	uint32_t kind; /* enum shared_clock */
	uint64_t begin_ns, begin_ticks;
	uint64_t ns, ticks; /* as last looked at */
	double ns_per_tick;
	uint64_t scale; /* ns_per_tick in 2^-32 */
};

void clock_begin(struct clock *clock);
/* Compares both clocks anew: call it now and then. Returns ns since the beginning. */
uint64_t clock_look(struct clock *clock);
uint64_t clock_ns(const struct clock *clock, uint64_t ticks);
/* A reading of CLOCK_MONOTONIC as ns since the beginning. */
uint64_t clock_since(const struct clock *clock, uint64_t monotonic_ns);

#endif
