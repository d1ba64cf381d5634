/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * When a zone is short: watermark checks, and where the watermarks, reserves and per-cpu sizes come
 * from. Reference: __zone_watermark_ok(), __setup_per_zone_wmarks(),
 * setup_per_zone_lowmem_reserve(), zone_batchsize(), zone_highsize() of mm/page_alloc.c.
 */
#include "page/watermark.h"

#include <stdlib.h>
#include <string.h>

enum {
	MIN_FREE_KBYTES_LEAST = 128,
	MIN_FREE_KBYTES_MOST = 262144,
	RATIOS_MAX = ZONE_TYPES + 1, /* /proc/sys/vm has one for ZONE_DEVICE too */
};

/* /proc/sys/vm/lowmem_reserve_ratio has tabs. */
#define RATIO_BREAKS ", \t"

static int64_t unusable_free(const struct buddy_zone *z, unsigned order, unsigned alloc_flags)
{
	int64_t unusable = ((int64_t)1 << order) - 1;

	if (!(alloc_flags & ALLOC_CMA) && z->nr_free_cma > 0)
		unusable += z->nr_free_cma;
	return alloc_flags & ALLOC_RESERVES ? unusable : unusable + z->nr_highatomic;
}

/* The part of `mark` that this request must leave. */
static int64_t mark_for(uint64_t mark, unsigned alloc_flags)
{
	int64_t min = (int64_t)mark;

	if (alloc_flags & ALLOC_MIN_RESERVE) {
		min -= min / 2;
		if (alloc_flags & ALLOC_NON_BLOCK)
			min -= min / 4;
	}
	if (alloc_flags & ALLOC_OOM)
		min -= min / 2;
	return min;
}

static bool has_block(const struct buddy_zone *z, unsigned order, unsigned alloc_flags)
{
	uint32_t orders = z->nonempty[MIGRATE_UNMOVABLE] | z->nonempty[MIGRATE_MOVABLE] |
			  z->nonempty[MIGRATE_RECLAIMABLE];

	if (alloc_flags & ALLOC_CMA)
		orders |= z->nonempty[MIGRATE_CMA];
	if (alloc_flags & (ALLOC_HIGHATOMIC | ALLOC_OOM))
		orders |= z->nonempty[MIGRATE_HIGHATOMIC];
	return orders >> order != 0;
}

bool watermark_ok_with(const struct buddy *b, uint32_t zone, unsigned order, uint64_t mark,
		       unsigned highest_type, unsigned alloc_flags, int64_t free_pages)
{
	const struct buddy_zone *z = &b->zones[zone];
	int64_t usable = free_pages - unusable_free(z, order, alloc_flags);

	if (usable <= mark_for(mark, alloc_flags) + (int64_t)z->lowmem_reserve[highest_type])
		return false;
	return order == 0 || has_block(z, order, alloc_flags);
}

bool watermark_ok(const struct buddy *b, uint32_t zone, unsigned order, uint64_t mark,
		  unsigned highest_type, unsigned alloc_flags)
{
	return watermark_ok_with(b, zone, order, mark, highest_type, alloc_flags,
				 b->zones[zone].nr_free);
}

bool watermark_ok_safe(const struct buddy *b, uint32_t zone, unsigned order, uint64_t mark,
		       unsigned highest_type)
{
	const struct buddy_zone *z = &b->zones[zone];
	int64_t free_pages = z->nr_free;

	if (free_pages < z->drift_mark)
		free_pages = buddy_free_now(b, zone);
	return watermark_ok_with(b, zone, order, mark, highest_type, 0, free_pages);
}

bool watermark_fast(const struct buddy *b, uint32_t zone, unsigned order, unsigned highest_type,
		    unsigned alloc_flags, uint32_t gfp)
{
	const struct buddy_zone *z = &b->zones[zone];
	unsigned level = alloc_flags & ALLOC_WMARK_MASK;
	uint64_t mark = (uint64_t)z->watermark[level] + z->boost;
	uint64_t reserves = z->lowmem_reserve[highest_type] + z->nr_highatomic;

	/* as most requests find it: above the mark with all that is kept for others left out */
	if (order == 0 && z->nr_free - z->nr_free_cma > (int64_t)(mark + reserves))
		return true;
	if (watermark_ok(b, zone, order, mark, highest_type, alloc_flags))
		return true;
	/* atomic requests ignore the boost once they may go down to the minimum */
	return order == 0 && gfp & GFP_BIT_ATOMIC && z->boost && level == WMARK_MIN &&
	       watermark_ok(b, zone, order, z->watermark[WMARK_MIN], highest_type, alloc_flags);
}

static uint64_t integer_sqrt(uint64_t value)
{
	uint64_t root = 0;

	for (uint64_t bit = (uint64_t)1 << 31; bit; bit >>= 1) {
		uint64_t next = root | bit;
		if (next * next <= value)
			root = next;
	}
	return root;
}

static uint64_t min_free_kbytes(const struct buddy *b, uint64_t managed)
{
	uint64_t kbytes = managed << (PAGE_SHIFT - 10);
	uint64_t computed = integer_sqrt(kbytes * 16);

	if (b->params.min_free_kbytes)
		return b->params.min_free_kbytes;
	if (computed < MIN_FREE_KBYTES_LEAST)
		return MIN_FREE_KBYTES_LEAST;
	return computed > MIN_FREE_KBYTES_MOST ? MIN_FREE_KBYTES_MOST : computed;
}

/* What __GFP_HIGH requests may go down to in high memory, which they seldom need. */
static uint64_t highmem_min(uint32_t managed)
{
	enum { LEAST = 32, MOST = 128 };
	uint64_t min = managed / 1024;

	return min < LEAST ? LEAST : min > MOST ? MOST : min;
}

static void set_watermarks(const struct buddy *b, struct buddy_zone *z, uint32_t managed,
			   uint64_t lowmem)
{
	uint64_t pages_min = b->min_free_kbytes >> (PAGE_SHIFT - 10);
	uint64_t share = lowmem ? pages_min * managed / lowmem : 0;
	uint64_t min = zone_is_highmem(b, z) ? highmem_min(managed) : share;
	uint64_t factor = b->params.watermark_scale_factor;
	uint64_t gap = managed / 10000 * factor + managed % 10000 * factor / 10000;

	if (gap < share >> 2)
		gap = share >> 2;
	z->boost = 0;
	for (unsigned level = WMARK_MIN; level < WMARKS; level++)
		z->watermark[level] = (uint32_t)(min + level * gap);
}

int watermark_parse_reserve(struct buddy *b, struct error *err)
{
	const char *text = b->params.lowmem_reserve_ratio ? b->params.lowmem_reserve_ratio : "";
	unsigned type = 0;

	memcpy(b->lowmem_reserve_ratio, b->arch->lowmem_reserve_ratio,
	       sizeof(b->lowmem_reserve_ratio));
	for (const char *at = text + strspn(text, RATIO_BREAKS); *at; type++) {
		char *end;
		unsigned long ratio = strtoul(at, &end, 10);
		size_t breaks = strspn(end, RATIO_BREAKS);
		if (*at < '0' || *at > '9' || ratio > INT32_MAX || (*end && !breaks))
			return error_set(err, ERROR_INPUT,
					 "page.buddy.lowmem_reserve_ratio: '%s': must be numbers, "
					 "one for each kind of zone, as 256,256,32",
					 text);
		if (type == RATIOS_MAX)
			return error_set(err, ERROR_INPUT,
					 "page.buddy.lowmem_reserve_ratio: '%s': more than %d "
					 "numbers, the kinds of zone that there are",
					 text, RATIOS_MAX);
		if (type < ZONE_TYPES)
			b->lowmem_reserve_ratio[type] = (uint32_t)ratio;
		at = end + breaks;
	}
	return 0;
}

static void set_lowmem_reserve(struct buddy *b, const uint32_t *managed, uint32_t zone)
{
	struct buddy_zone *z = &b->zones[zone];
	uint32_t ratio = b->lowmem_reserve_ratio[z->type];

	for (unsigned type = 0; type < ZONE_TYPES; type++) {
		uint64_t above = 0;
		for (uint32_t i = zone + 1; i < b->zone_count; i++) {
			if (b->zones[i].node == z->node && b->zones[i].type <= type)
				above += managed[i];
		}
		z->lowmem_reserve[type] =
			type > z->type && ratio && managed[zone] ? above / ratio : 0;
	}
}

static uint64_t zone_reserve(const struct buddy_zone *z)
{
	uint64_t reserve = 0;

	for (unsigned type = z->type; type < ZONE_TYPES; type++) {
		if (z->lowmem_reserve[type] > reserve)
			reserve = z->lowmem_reserve[type];
	}
	reserve += z->watermark[WMARK_HIGH];
	return reserve < z->managed ? reserve : z->managed;
}

/* zone_batchsize() */
static int32_t pcp_batch(uint32_t managed)
{
	uint32_t batch = managed >> 10;

	if (batch > 256)
		batch = 256;
	batch /= 4;
	if (batch < 1)
		batch = 1;
	batch = (1u << (buddy_fls(batch + batch / 2) - 1)) - 1;
	return batch ? (int32_t)batch : 1;
}

/* zone_highsize() */
static int32_t pcp_high(const struct buddy *b, const struct buddy_zone *z, int32_t batch)
{
	uint64_t fraction = b->params.percpu_pagelist_high_fraction;
	uint64_t total = fraction ? z->managed / fraction : z->watermark[WMARK_LOW];
	int32_t high = (int32_t)(total / zone_cpus(b, z));

	return high > batch << 2 ? high : batch << 2;
}

static void set_pcp_sizes(struct buddy *b, uint32_t zone, uint32_t managed_at_boot)
{
	const struct buddy_zone *z = &b->zones[zone];
	int32_t batch = pcp_batch(managed_at_boot);

	for (uint32_t cpu = 0; cpu < b->cpus; cpu++) {
		struct pcp *pcp = buddy_pcp(b, zone, cpu);
		pcp->batch = batch;
		pcp->high = pcp_high(b, z, batch);
	}
}

/* nr_free_buffer_pages(): what ordinary kernel allocations can have above the high watermarks. */
static uint64_t buffer_pages(const struct buddy *b, const uint32_t *managed, uint32_t *zones)
{
	uint64_t pages = 0;

	*zones = 0;
	for (uint32_t zone = 0; zone < b->zone_count; zone++) {
		uint32_t high = b->zones[zone].watermark[WMARK_HIGH];
		if (b->zones[zone].type > b->arch->normal)
			continue;
		++*zones;
		pages += managed[zone] > high ? managed[zone] - high : 0;
	}
	return pages;
}

/*
 * set_recommended_min_free_kbytes() of mm/khugepaged.c: two pageblocks in each zone, and two for
 * each pair of migratetypes, up to a twentieth of what lies above the high watermarks.
 */
static uint64_t khugepaged_min_free_kbytes(const struct buddy *b, const uint32_t *managed)
{
	uint64_t pageblocks = 2 + MIGRATE_PCPTYPES * MIGRATE_PCPTYPES;
	uint64_t recommended, above;
	uint32_t zones;

	above = buffer_pages(b, managed, &zones);
	recommended = (pageblocks * zones) << b->pageblock_order;
	if (recommended > above / 20)
		recommended = above / 20;
	recommended <<= PAGE_SHIFT - 10;
	return recommended > b->min_free_kbytes ? recommended : b->min_free_kbytes;
}

/* hugepage_init() of mm/huge_memory.c starts it where there is memory to spare. */
static bool khugepaged_runs(const struct buddy *b, const uint32_t *managed)
{
	const uint64_t least = (uint64_t)512 << (20 - PAGE_SHIFT);
	uint64_t pages = 0;

	if (b->params.khugepaged != KHUGEPAGED_AUTO)
		return b->params.khugepaged == KHUGEPAGED_ON;
	for (uint32_t zone = 0; zone < b->zone_count; zone++)
		pages += managed[zone];
	return b->params.transparent_hugepage && pages >= least;
}

static void set_all_watermarks(struct buddy *b, const uint32_t *managed)
{
	uint64_t lowmem = 0;

	for (uint32_t zone = 0; zone < b->zone_count; zone++)
		lowmem += zone_is_highmem(b, &b->zones[zone]) ? 0 : managed[zone];
	for (uint32_t zone = 0; zone < b->zone_count; zone++)
		set_watermarks(b, &b->zones[zone], managed[zone], lowmem);
}

void watermark_setup(struct buddy *b, const uint32_t *managed_at_boot)
{
	uint32_t zones;

	for (uint32_t zone = 0; zone < b->zone_count; zone++)
		b->zones[zone].watermark[WMARK_HIGH] = 0;
	b->min_free_kbytes = min_free_kbytes(b, buffer_pages(b, managed_at_boot, &zones));
	set_all_watermarks(b, managed_at_boot);
	for (uint32_t zone = 0; zone < b->zone_count; zone++)
		stat_threshold_refresh(b, zone, managed_at_boot[zone]);
	if (!b->params.min_free_kbytes && khugepaged_runs(b, managed_at_boot)) {
		b->min_free_kbytes = khugepaged_min_free_kbytes(b, managed_at_boot);
		set_all_watermarks(b, managed_at_boot);
	}
	b->total_reserve = 0;
	for (uint32_t zone = 0; zone < b->zone_count; zone++) {
		set_lowmem_reserve(b, managed_at_boot, zone);
		set_pcp_sizes(b, zone, managed_at_boot[zone]);
		b->total_reserve += zone_reserve(&b->zones[zone]);
	}
}
