# SPDX-License-Identifier: GPL-3.0-or-later
"""One figure a module: HELP, and draw(results, options), which returns a matplotlib figure and puts
the numbers that it shows into options.numbers.

A new figure is a new module and a line here. FIGURES show runs; COMPARISONS show what slabyard
compare says of many (options.compare), and get no results. RUNS_MIN is how many runs a figure
needs to make sense.
"""
from . import (comparison, free_blocks, heap_map, latency, normalised, order_map, page_policies,
               pareto, phases, physical_map, rss_live, rss_stack, scaling, slab_allocators,
               slab_bytes, slab_waste, unusable_index)

FIGURES = {
    "free-blocks": free_blocks,
    "order-map": order_map,
    "unusable-index": unusable_index,
    "physical-map": physical_map,
    "slab-bytes": slab_bytes,
    "slab-waste": slab_waste,
    "slab-allocators": slab_allocators,
    "heap-map": heap_map,
    "rss-live": rss_live,
    "rss-stack": rss_stack,
    "latency": latency,
    "phases": phases,
    "comparison": comparison,
    "page-policies": page_policies,
}
COMPARISONS = {
    "normalised": normalised,
    "pareto": pareto,
    "scaling": scaling,
}
