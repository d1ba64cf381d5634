/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The kernel's clock of ticks and the wheel that its timers are on. Reference:
 * include/linux/jiffies.h, calc_wheel_index() of kernel/time/timer.c.
 */
#ifndef SLABYARD_CORE_JIFFIES_H
#define SLABYARD_CORE_JIFFIES_H

#include <stdint.h>

/* What one lasts, `hz` being their number a second (CONFIG_HZ). */
static inline uint64_t jiffies_ns(uint64_t hz)
{
	return UINT64_C(1000000000) / hz;
}

/* INITIAL_JIFFIES at boot: a clock of 32 bits wraps five minutes later. */
static inline uint64_t jiffies_initial(uint64_t hz)
{
	return (UINT64_C(1) << 32) - 300 * hz;
}

/* So long after boot. */
static inline uint64_t jiffies_after_boot(uint64_t hz, uint64_t ms)
{
	return jiffies_initial(hz) + ms * hz / 1000;
}

/*
 * When a timer that is set at `now` for `expires`, not before that, is heard of: the farther away
 * it is, the coarser it is kept, and it never fires early.
 */
uint64_t jiffies_timer(uint64_t now, uint64_t expires);

#endif
