/* SPDX-License-Identifier: GPL-3.0-or-later */
/* GFP flags in Linux 6.1's bits (include/linux/gfp_types.h), the zone and mobility they ask for. */
#ifndef SLABYARD_CORE_GFP_H
#define SLABYARD_CORE_GFP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum gfp_bits {
	GFP_BIT_DMA = 0x01,
	GFP_BIT_HIGHMEM = 0x02,
	GFP_BIT_DMA32 = 0x04,
	GFP_BIT_MOVABLE = 0x08,
	GFP_BIT_RECLAIMABLE = 0x10,
	GFP_BIT_HIGH = 0x20,
	GFP_BIT_IO = 0x40,
	GFP_BIT_FS = 0x80,
	GFP_BIT_ZERO = 0x100,
	GFP_BIT_ATOMIC = 0x200,
	GFP_BIT_DIRECT_RECLAIM = 0x400,
	GFP_BIT_KSWAPD_RECLAIM = 0x800,
	GFP_BIT_WRITE = 0x1000,
	GFP_BIT_NOWARN = 0x2000,
	GFP_BIT_RETRY_MAYFAIL = 0x4000,
	GFP_BIT_NOFAIL = 0x8000,
	GFP_BIT_NORETRY = 0x10000,
	GFP_BIT_MEMALLOC = 0x20000,
	GFP_BIT_COMP = 0x40000,
	GFP_BIT_NOMEMALLOC = 0x80000,
	GFP_BIT_HARDWALL = 0x100000,
	GFP_BIT_THISNODE = 0x200000,
	GFP_BIT_ACCOUNT = 0x400000,
	GFP_BIT_ZEROTAGS = 0x800000,
};

enum {
	GFP_MASK_RECLAIM = GFP_BIT_DIRECT_RECLAIM | GFP_BIT_KSWAPD_RECLAIM,
	GFP_MASK_KERNEL = GFP_MASK_RECLAIM | GFP_BIT_IO | GFP_BIT_FS,
	GFP_MASK_ATOMIC = GFP_BIT_HIGH | GFP_BIT_ATOMIC | GFP_BIT_KSWAPD_RECLAIM,
	GFP_MASK_NOWAIT = GFP_BIT_KSWAPD_RECLAIM,
	GFP_MASK_USER = GFP_MASK_KERNEL | GFP_BIT_HARDWALL,
	GFP_MASK_HIGHUSER = GFP_MASK_USER | GFP_BIT_HIGHMEM,
	GFP_MASK_HIGHUSER_MOVABLE = GFP_MASK_HIGHUSER | GFP_BIT_MOVABLE,
	GFP_MASK_TRANSHUGE_LIGHT = (GFP_MASK_HIGHUSER_MOVABLE & ~GFP_MASK_RECLAIM) | GFP_BIT_COMP |
				   GFP_BIT_NOMEMALLOC | GFP_BIT_NOWARN,
	GFP_MASK_TRANSHUGE = GFP_MASK_TRANSHUGE_LIGHT | GFP_BIT_DIRECT_RECLAIM,
	GFP_MASK_ALL = (1 << 24) - 1, /* every bit that 6.1 has without KASAN and lockdep */
};

/* enum migratetype of include/linux/mmzone.h (CMA and memory isolation built in: ISOLATE is 5). */
enum migratetype {
	MIGRATE_UNMOVABLE,
	MIGRATE_MOVABLE,
	MIGRATE_RECLAIMABLE,
	MIGRATE_PCPTYPES,
	MIGRATE_HIGHATOMIC = MIGRATE_PCPTYPES,
	MIGRATE_CMA,
	MIGRATE_ISOLATE,
	MIGRATE_TYPES
};

/* As /proc/pagetypeinfo names them (migratetype_names of mm/page_alloc.c). */
extern const char *const migratetype_names[MIGRATE_TYPES];

/*
 * gfp_migratetype(): mobility grouping on. Always below MIGRATE_PCPTYPES: both bits together, which
 * the kernel warns of, count as movable.
 */
static inline unsigned gfp_migratetype(uint32_t gfp)
{
	if (gfp & GFP_BIT_MOVABLE)
		return MIGRATE_MOVABLE;
	return gfp & GFP_BIT_RECLAIMABLE ? MIGRATE_RECLAIMABLE : MIGRATE_UNMOVABLE;
}

/*
 * Reads "GFP_KERNEL|__GFP_ZERO", "0xdc0", a mix of both, "0xdc0(GFP_KERNEL|__GFP_ZERO)" (the names
 * count) or "none", as any kernel from 4.x to 6.18 prints them. Numbers are taken as 6.1's bits.
 * Names and bits that 6.1 does not have are dropped and counted in *unknown. False when the text is
 * no flag expression at all.
 */
bool gfp_parse(const char *text, size_t length, uint32_t *gfp, unsigned *unknown);

/* Writes the flags as 6.1's tracepoints print them (show_gfp_flags); returns buffer. */
char *gfp_format(uint32_t gfp, char *buffer, size_t size);

#endif
