/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Times as tools print them: 1795330218.372221 or 06:51:06.730309, to the nanosecond. One of the
 * day alone goes on past midnight.
 */
#ifndef SLABYARD_IMPORT_DAY_CLOCK_H
#define SLABYARD_IMPORT_DAY_CLOCK_H

#include <stdint.h>

struct day_clock {
	uint64_t day_ns, latest_ns;
};

/* Gives the place behind the time, or NULL when there is none. */
const char *day_clock_read(struct day_clock *clock, const char *text, uint64_t *time_ns);

#endif
