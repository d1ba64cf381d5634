/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How far each CPU's part of a zone's counters may stray before the zone learns of it, and below
 * what free memory it is asked of all CPUs. Reference: refresh_zone_stat_thresholds(),
 * calculate_normal_threshold(), calculate_pressure_threshold(), set_pgdat_percpu_threshold() of
 * mm/vmstat.c.
 *
 * What CPUs keep to themselves is added to the counter once a second too (vmstat_update()); that
 * is not modelled, as it shifts a check by no more than the thresholds.
 */
#include "page/buddy.h"
#include "page/watermark.h"

enum {
	THRESHOLD_MOST = 125,
	UNIT_SHIFT = 27 - PAGE_SHIFT, /* thresholds grow with each 128 MiB */
};

static uint32_t normal(const struct buddy *b, uint32_t managed)
{
	uint32_t threshold = 2 * buddy_fls(b->cpus) * (1 + buddy_fls(managed >> UNIT_SHIFT));

	return threshold < THRESHOLD_MOST ? threshold : THRESHOLD_MOST;
}

/* All CPUs together cannot hide that the minimum is reached. */
static uint32_t under_pressure(const struct buddy *b, const struct buddy_zone *z)
{
	uint32_t distance = z->watermark[WMARK_LOW] - z->watermark[WMARK_MIN];
	uint32_t threshold = distance / b->cpus;

	if (threshold < 1)
		return 1;
	return threshold < THRESHOLD_MOST ? threshold : THRESHOLD_MOST;
}

static void set(struct buddy *b, uint32_t zone, uint32_t threshold)
{
	for (uint32_t cpu = 0; cpu < b->cpus; cpu++)
		buddy_pcp(b, zone, cpu)->stat_threshold = (int32_t)threshold;
}

void stat_threshold_mark(struct buddy *b, uint32_t zone, uint32_t managed)
{
	struct buddy_zone *z = &b->zones[zone];
	uint32_t drift = b->cpus * normal(b, managed);
	bool hides = drift > z->watermark[WMARK_LOW] - z->watermark[WMARK_MIN];

	z->drift_mark = hides ? z->watermark[WMARK_HIGH] + drift : 0;
}

void stat_threshold_refresh(struct buddy *b, uint32_t zone, uint32_t managed)
{
	set(b, zone, normal(b, managed));
	stat_threshold_mark(b, zone, managed);
}

void stat_threshold_press(struct buddy *b, uint32_t node, bool pressure)
{
	for (uint32_t zone = 0; zone < b->zone_count; zone++) {
		const struct buddy_zone *z = &b->zones[zone];
		if (z->node == node && z->drift_mark)
			set(b, zone, pressure ? under_pressure(b, z) : normal(b, z->managed));
	}
}
