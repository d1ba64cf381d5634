/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What users can set of `buddy`; `buddy-nogroup` has all but the first BUDDY_OPTIONS_MOBILITY. */
#include <stddef.h>

#include "page/buddy.h"

#define OPTION_AT(field) .name = #field, .offset = offsetof(struct buddy_params, field)

/* In the order of enum khugepaged. */
static const char *const khugepaged_names[] = { "auto", "true", "false", NULL };

const struct option_spec buddy_options[] = {
	{
		OPTION_AT(page_group_by_mobility),
		.type = OPTION_BOOL,
		.default_text = "true",
		.unit = "",
		.help = "keep pages that can be moved apart from those that cannot",
	},
	{
		OPTION_AT(compaction),
		.type = OPTION_BOOL,
		.default_text = "true",
		.unit = "",
		.help = "move pages to make large blocks (CONFIG_COMPACTION)",
	},
	{
		OPTION_AT(compaction_proactiveness),
		.type = OPTION_UINT,
		.default_text = "20",
		.max = 100,
		.unit = "%",
		.help = "how early memory is compacted with nobody asking; 0: never",
	},
	{
		OPTION_AT(extfrag_threshold),
		.type = OPTION_UINT,
		.default_text = "500",
		.max = 1000,
		.unit = "1/1000",
		.help = "fragmentation index up to which a costly order reclaims rather than "
			"compacts",
	},
	{
		OPTION_AT(cma),
		.type = OPTION_TEXT,
		.default_text = "",
		.unit = "",
		.help = "contiguous memory areas: their sizes, as 64MiB,16MiB",
	},
	{
		OPTION_AT(min_free_kbytes),
		.type = OPTION_UINT,
		.default_text = "0",
		.max = 1 << 28,
		.unit = "KiB",
		.help = "memory kept free for those who cannot wait; 0: 4 * sqrt(memory in KiB)",
	},
	{
		OPTION_AT(watermark_scale_factor),
		.type = OPTION_UINT,
		.default_text = "10",
		.min = 1,
		.max = 3000,
		.unit = "1/10000",
		.help = "least distance between watermarks, of the zone's memory",
	},
	{
		OPTION_AT(watermark_boost_factor),
		.type = OPTION_UINT,
		.default_text = "15000",
		.max = 1000000,
		.unit = "1/10000",
		.help = "how far mixing pageblocks may raise watermarks, of the high one; 0: never",
	},
	{
		OPTION_AT(percpu_pagelist_high_fraction),
		.type = OPTION_UINT,
		.default_text = "0",
		.max = 1 << 20,
		.unit = "",
		.help = "per-cpu lists together hold this fraction of a zone, 1/8 at most; 0: its "
			"low watermark",
	},
	{
		OPTION_AT(transparent_hugepage),
		.type = OPTION_BOOL,
		.default_text = "true",
		.unit = "",
		.help = "per-cpu lists of huge pages too (CONFIG_TRANSPARENT_HUGEPAGE)",
	},
	{
		OPTION_AT(khugepaged),
		.type = OPTION_CHOICE,
		.default_text = "auto",
		.unit = "",
		.help = "huge pages are in use: keep more memory free so that pageblocks stay "
			"whole; auto: from 512 MiB on, if there is transparent_hugepage",
		.choices = khugepaged_names,
	},
	{
		OPTION_AT(initmem_bytes),
		.type = OPTION_SIZE,
		.default_text = "0B",
		.unit = "B",
		.help = "freed at the end of boot, after watermarks were computed",
	},
	{
		.name = "kernelcore",
		.offset = offsetof(struct buddy_params, kernelcore_bytes),
		.type = OPTION_SIZE,
		.default_text = "0B",
		.unit = "B",
		.help = "memory for all uses, the rest is ZONE_MOVABLE; 0: there is none",
	},
	{
		.name = "movablecore",
		.offset = offsetof(struct buddy_params, movablecore_bytes),
		.type = OPTION_SIZE,
		.default_text = "0B",
		.unit = "B",
		.help = "memory of ZONE_MOVABLE; kernelcore has it only as far as it leaves that",
	},
	{
		OPTION_AT(movable_node),
		.type = OPTION_BOOL,
		.default_text = "false",
		.unit = "",
		.help = "all memory but the first node's can be unplugged: it is ZONE_MOVABLE",
	},
	{
		OPTION_AT(shuffle),
		.type = OPTION_BOOL,
		.default_text = "false",
		.unit = "",
		.help = "free blocks of the largest order in random order (page_alloc.shuffle)",
	},
	{
		OPTION_AT(lowmem_reserve_ratio),
		.type = OPTION_TEXT,
		.default_text = "",
		.unit = "",
		.help = "by type of zone, as 256,256,32: it keeps a part of all above it from who "
			"could go there; 0: none",
	},
	OPTION_END,
};
