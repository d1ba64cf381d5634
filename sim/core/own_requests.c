/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/own_requests.h"

#include <stddef.h>
#include <string.h>

#include "core/definitions.h"

enum { BOOT_FLAGS = CACHE_HWCACHE_ALIGN | CACHE_PANIC };

static const struct own_request slub_requests[] = {
	{ "kmem_cache", 200, BOOT_FLAGS, 1 },
	{ "kmem_cache_node", 64, BOOT_FLAGS, 1 },
	{ NULL, 16, 0, 2 }, /* names of the kobject and of its folder */
	{ "kernfs_node_cache", 128, CACHE_PANIC, 29 },
	{ "radix_tree_node", 192, CACHE_PANIC | CACHE_RECLAIM_ACCOUNT, 2 },
	{ 0 },
};

static const struct own_request slub_alias_requests[] = {
	{ NULL, 16, 0, 1 },
	{ "kernfs_node_cache", 128, CACHE_PANIC, 1 },
	{ 0 },
};

static const struct own_request slab_requests[] = {
	{ "kmem_cache", 128, BOOT_FLAGS, 1 },
	{ NULL, 120, 0, 1 }, /* struct kmem_cache_node */
	{ 0 },
};

static const struct own_request slob_requests[] = {
	{ "kmem_cache", 64, BOOT_FLAGS, 1 },
	{ 0 },
};

static const struct {
	const char *allocator;
	const struct own_request *requests, *alias;
} allocators[] = {
	{ "slub", slub_requests, slub_alias_requests },
	{ "slab", slab_requests, NULL },
	{ "slob", slob_requests, NULL },
};

const struct own_request *own_requests_of(const char *allocator)
{
	for (size_t i = 0; i < sizeof(allocators) / sizeof(allocators[0]); i++)
		if (strcmp(allocators[i].allocator, allocator) == 0)
			return allocators[i].requests;
	return NULL;
}

const struct own_request *own_requests_of_alias(const char *allocator)
{
	for (size_t i = 0; i < sizeof(allocators) / sizeof(allocators[0]); i++)
		if (strcmp(allocators[i].allocator, allocator) == 0)
			return allocators[i].alias;
	return NULL;
}

bool own_requests_have(const char *cache)
{
	return strcmp(cache, "kmem_cache") == 0 || strcmp(cache, "kmem_cache_node") == 0;
}
