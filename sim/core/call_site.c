/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/call_site.h"

#include <stddef.h>
#include <string.h>

bool call_site_is_in(const char *call_site, const char *function)
{
	const size_t length = strcspn(call_site, ".+");

	return strlen(function) == length && memcmp(function, call_site, length) == 0;
}

bool call_site_manages_slab(const char *call_site)
{
	static const char *const functions[] = { "alloc_slabmgmt", "cache_grow_begin",
						 "cache_alloc_refill", "____cache_alloc_node",
						 "fallback_alloc" };

	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		if (call_site_is_in(call_site, functions[i]))
			return true;
	return false;
}
