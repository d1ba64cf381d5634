/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a call site as a trace shows it, function+0xoffset, tells of the function that called. */
#ifndef SLABYARD_CORE_CALL_SITE_H
#define SLABYARD_CORE_CALL_SITE_H

#include <stdbool.h>

/* The compiler may have split or cloned it: "init_cache_node.constprop.0+0x25" is in it as well. */
bool call_site_is_in(const char *call_site, const char *function);

/*
 * SLAB's kmalloc of the index array of a new slab (mm/slab.c, alloc_slabmgmt and what compilers put
 * it into): SLAB itself asks for it again whenever it needs one.
 */
bool call_site_manages_slab(const char *call_site);

#endif
