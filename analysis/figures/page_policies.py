# SPDX-License-Identifier: GPL-3.0-or-later
"""Page allocators side by side: what they keep whole for huge pages, and the work that it takes.

What may be compared depends on the trace, and the figure says which it is: where objects were
replayed, each allocator was asked for pages by its own run's slab layer; a page-level trace asks
every allocator for what the recorded one was asked for.
"""
import numpy as np
from matplotlib.lines import Line2D

import drawing
from .comparison import draw_lines, huge_blocks

RUNS_MIN = 2
HELP = "free huge-page-sized blocks and the work of several page allocators over time"

# Counters of the page allocator's own work (sim/core/counters.def). Clearing and copying pages is
# for those who asked for them, and the same under all.
WORK = ("pcp_hit", "pcp_refill_page", "pcp_drain_page", "zone_lock", "buddy_take", "buddy_put",
        "split", "merge", "fallback", "steal_page", "watermark_slowpath", "reclaim_page",
        "compact_page", "scan_page", "reclaim_pass")
SEARCH = "list_step"  # of bitmaps; SLOB counts its own search by it too

NOTES = {
    "page": "Page-level trace: it holds the reclaim of the allocator that it was recorded under, "
            "and its slab policy's choice of orders. Compare inside the horizon, or by replaying "
            "objects.",
    "objects": "Objects replayed: pages are asked for by each run's own slab layer and freed as it "
               "lets go of them; user pages are the recording's.",
    "libc": "Processes replayed: pages are asked for as each run's own C library hands out memory "
            "and programs touch it.",
}


def applies(results):
    """Of other runs the figure is drawn when it is asked for."""
    return len({result.summary.get("page_policy") for result in results}) > 1


def priced(result):
    """Price of a counted primitive in ns, by name."""
    work = result.table("/summary/work")
    rows = zip(*(work.get(column, []) for column in ("work", "count", "cost_ps")))
    return {name: cost / count / 1000 for name, count, cost in rows if count}


def page_work(result, _options):
    """Modelled cost of the page allocator's work so far, in µs, over time; None: not sampled."""
    series = result.series("work")
    if series is None or result.series("fragmentation") is None:
        return None
    prices = priced(result)
    names = WORK + ((SEARCH,) if result.summary.get("slab_policy") != "slob" or
                    result.summary.get("level") == "page" else ())
    cost = np.zeros(len(series))
    for name in names:
        if name in series and name in prices:
            cost += series[name] * prices[name]
    return cost / 1000


def label_of(result, results):
    """The policy, and the file where several runs have one."""
    policy = result.summary.get("page_policy", result.label)
    alone = sum(r.summary.get("page_policy") == policy for r in results) == 1
    fails = int(result.summary.get("alloc_fails", 0))
    name = policy if alone else f"{policy}, {result.label}"
    return f"{name} ({fails:,} failed)" if fails else name


def notes(results):
    """What kinds of trace there are, in words."""
    levels = [level if (level := r.summary.get("level")) in NOTES else "objects"
              for r in results]
    return [NOTES[level] for level in NOTES if level in levels]


def draw(results, options):
    figure, axes = drawing.new_figure(options, 2, row_height=1.5)
    blocks, work = axes[0][0], axes[1][0]
    draw_lines(blocks, "free 2 MiB blocks", results, options, huge_blocks)
    draw_lines(work, "page allocator's work\n[µs, modelled]", results, options, page_work)
    blocks.set_xlabel("")
    labels = [label_of(result, results) for result in results]
    drawing.key_below(figure, [Line2D([], [], color=f"C{i}", linestyle=drawing.line_style(i))
                               for i in range(len(results))],
                      labels, 2 if options.width == "column" else 4)
    drawing.note_below(figure, "\n".join(notes(results)))
    return figure
