# SPDX-License-Identifier: GPL-3.0-or-later
"""One figure a module: HELP, and draw(results, options), which returns a matplotlib figure.

A new figure is a new module and a line here.
"""
from . import comparison, free_blocks, physical_map, slab_bytes, unusable_index

FIGURES = {
    "free-blocks": free_blocks,
    "unusable-index": unusable_index,
    "physical-map": physical_map,
    "slab-bytes": slab_bytes,
    "comparison": comparison,
}
