# SPDX-License-Identifier: GPL-3.0-or-later
"""One figure a module: HELP, and draw(results, options), which returns a matplotlib figure.

A new figure is a new module and a line here.
"""
from . import (comparison, free_blocks, heap_map, page_policies, physical_map, rss_live,
               slab_allocators, slab_bytes, slab_waste, unusable_index)

FIGURES = {
    "free-blocks": free_blocks,
    "unusable-index": unusable_index,
    "physical-map": physical_map,
    "slab-bytes": slab_bytes,
    "slab-waste": slab_waste,
    "slab-allocators": slab_allocators,
    "heap-map": heap_map,
    "rss-live": rss_live,
    "comparison": comparison,
    "page-policies": page_policies,
}
