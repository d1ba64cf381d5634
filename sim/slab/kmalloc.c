/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "slab/kmalloc.h"

#include <stdio.h>

/* Of sizes up to 192 bytes, in steps of 8; above them are the powers of two alone. */
static const uint8_t small_class[24] = {
	3, 4, 5, 5,             /* 8, 16, 32 */
	6, 6, 6, 6,             /* 64 */
	1, 1, 1, 1,             /* 96 */
	7, 7, 7, 7,             /* 128 */
	2, 2, 2, 2, 2, 2, 2, 2, /* 192 */
};

static const uint32_t class_bytes[KMALLOC_CLASSES] = { 0,   96,  192, 8,    16,   32,   64,
						       128, 256, 512, 1024, 2048, 4096, 8192 };

static const char *const class_names[KMALLOC_CLASSES] = { NULL, "96", "192", "8",   "16",
							  "32", "64", "128", "256", "512",
							  "1k", "2k", "4k",  "8k" };

static const struct {
	const char *prefix;
	uint32_t flags;
} types[KMALLOC_TYPES] = {
	[KMALLOC_NORMAL] = { "kmalloc-", 0 },
	[KMALLOC_CGROUP] = { "kmalloc-cg-", CACHE_ACCOUNT },
	[KMALLOC_RECLAIM] = { "kmalloc-rcl-", CACHE_RECLAIM_ACCOUNT },
	[KMALLOC_DMA] = { "dma-kmalloc-", CACHE_CACHE_DMA },
};

static void kmalloc_name(char *name, size_t size, uint32_t type, uint32_t class)
{
	snprintf(name, size, "%s%s", types[type].prefix, class_names[class]);
}

static uint8_t class_of_step(uint32_t step)
{
	const uint32_t bytes_less_one = step << KMALLOC_STEP_SHIFT;

	return step < sizeof(small_class) ? small_class[step]
					  : (uint8_t)(32 - __builtin_clz(bytes_less_one));
}

static void kmalloc_caches_clear(struct kmalloc_caches *caches)
{
	for (uint32_t step = 0; step < KMALLOC_STEPS; step++)
		caches->class_of[step] = class_of_step(step);
	for (uint32_t type = 0; type < KMALLOC_TYPES; type++)
		for (uint32_t class = 0; class < KMALLOC_CLASSES; class ++)
			caches->cache[type][class] = CACHE_NONE;
	caches->cgroup = false;
}

/* Makes the cache of a class unless it is there already. */
static int kmalloc_cache_create(struct kmalloc_caches *caches, const struct kmalloc_sets *sets,
				uint32_t type, uint32_t class, kmalloc_open open, void *policy,
				struct error *err)
{
	const uint32_t bytes = class_bytes[class];
	const uint32_t flags = types[type].flags | sets->flags | CACHE_KMALLOC;
	const bool power_of_two = !(bytes & (bytes - 1));
	char name[32];

	if (!cache_is_none(caches->cache[type][class]))
		return 0;
	kmalloc_name(name, sizeof(name), type, class);
	const struct cache_args args = {
		.name = name,
		.object_size = bytes,
		.align = cache_alignment(flags, power_of_two ? bytes : CACHE_ALIGN_MIN, bytes),
		.flags = flags,
		.refcount = sets->cgroup && type == KMALLOC_NORMAL ? -1 : 1,
		.usercopy = true,
	};

	caches->cache[type][class] = open(policy, &args, err);
	return cache_is_none(caches->cache[type][class]) ? -1 : 0;
}

static int kmalloc_set_create(struct kmalloc_caches *caches, const struct kmalloc_sets *sets,
			      uint32_t type, kmalloc_open open, void *policy, struct error *err)
{
	for (uint32_t shift = sets->shift_low; shift <= KMALLOC_CACHE_SHIFT; shift++) {
		/* The odd sizes come right after the power of two below them. */
		const uint32_t odd = shift == 6 ? 1 : shift == 7 ? 2 : 0;

		if (kmalloc_cache_create(caches, sets, type, shift, open, policy, err))
			return -1;
		if (odd && kmalloc_cache_create(caches, sets, type, odd, open, policy, err))
			return -1;
	}
	return 0;
}

static void small_sizes_share(struct kmalloc_caches *caches)
{
	for (uint32_t type = 0; type < KMALLOC_TYPES; type++)
		for (uint32_t class = KMALLOC_CACHE_SHIFT; class -- > KMALLOC_CLASS_MIN;)
			if (cache_is_none(caches->cache[type][class]))
				caches->cache[type][class] = caches->cache[type][class + 1];
}

int kmalloc_caches_create(struct kmalloc_caches *caches, const struct kmalloc_sets *sets,
			  kmalloc_open open, void *policy, struct error *err)
{
	kmalloc_caches_clear(caches);
	caches->cgroup = sets->cgroup;
	if (sets->first_class && kmalloc_cache_create(caches, sets, KMALLOC_NORMAL,
						      sets->first_class, open, policy, err))
		return -1;
	for (uint32_t type = 0; type < KMALLOC_TYPES; type++) {
		if (type == KMALLOC_CGROUP && !sets->cgroup)
			continue;
		if (kmalloc_set_create(caches, sets, type, open, policy, err))
			return -1;
	}
	small_sizes_share(caches);
	return 0;
}

void kmalloc_caches_find(struct kmalloc_caches *caches, const struct cache_table *table)
{
	char name[32];

	kmalloc_caches_clear(caches);
	for (uint32_t type = 0; type < KMALLOC_TYPES; type++) {
		for (uint32_t class = 1; class <= KMALLOC_CACHE_SHIFT; class ++) {
			kmalloc_name(name, sizeof(name), type, class);
			caches->cache[type][class] = cache_table_find(table, name);
		}
	}
	caches->cgroup = !cache_is_none(caches->cache[KMALLOC_CGROUP][KMALLOC_CACHE_SHIFT]);
	small_sizes_share(caches);
}
