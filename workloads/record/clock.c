/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "record/clock.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "record/shared.h"

enum { CALIBRATION_NS = 2000000 };

static uint64_t monotonic(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static uint64_t ticks_now(const struct clock *c)
{
#ifdef __x86_64__
	if (c->kind == SHARED_CLOCK_TSC)
		return __builtin_ia32_rdtsc();
#endif
	(void)c;
	return monotonic();
}

/* The kernel itself keeps time by the counter: then it is steady, and the same on all CPUs. */
static bool counter_is_steady(void)
{
	FILE *file = fopen("/sys/devices/system/clocksource/clocksource0/current_clocksource", "r");
	char name[16] = "";
	const bool read = file && fgets(name, sizeof(name), file);

	if (file)
		fclose(file);
#ifdef __x86_64__
	return read && strcmp(name, "tsc\n") == 0;
#else
	(void)read;
	return false;
#endif
}

void clock_begin(struct clock *c)
{
	*c = (struct clock){ .kind = counter_is_steady() ? SHARED_CLOCK_TSC
							 : SHARED_CLOCK_MONOTONIC };
	c->begin_ns = c->ns = monotonic();
	c->begin_ticks = c->ticks = ticks_now(c);
	while (monotonic() - c->begin_ns < CALIBRATION_NS)
		;
	clock_look(c);
}

uint64_t clock_look(struct clock *c)
{
	c->ns = monotonic();
	c->ticks = ticks_now(c);
	c->ns_per_tick = (double)(c->ns - c->begin_ns) / (double)(c->ticks - c->begin_ticks);
	c->scale = (uint64_t)(c->ns_per_tick * (double)(UINT64_C(1) << 32));
	return c->ns - c->begin_ns;
}

/* Back from the latest look, or on from it: either way not far. */
uint64_t clock_ns(const struct clock *c, uint64_t ticks)
{
	const bool before = ticks < c->ticks;
	const uint64_t distance = before ? c->ticks - ticks : ticks - c->ticks;
	const uint64_t ns = (uint64_t)((unsigned __int128)distance * c->scale >> 32);
	const uint64_t now = c->ns - c->begin_ns;

	if (!before)
		return now + ns;
	return now > ns ? now - ns : 0;
}

uint64_t clock_since(const struct clock *c, uint64_t monotonic_ns)
{
	return monotonic_ns > c->begin_ns ? monotonic_ns - c->begin_ns : 0;
}
