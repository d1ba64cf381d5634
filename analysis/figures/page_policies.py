# SPDX-License-Identifier: GPL-3.0-or-later
"""Page allocators side by side: what they keep whole for huge pages, and the work that it takes.

What may be compared depends on the trace, and the figure says which it is: where objects were
replayed, each allocator was asked for pages by its own run's slab layer; a page-level trace asks
every allocator for what the recorded one was asked for.
"""
import textwrap

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
}
LINE_CHARACTERS = {"column": 84, "page": 180}


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
    levels = ["page" if r.summary.get("level") == "page" else "objects" for r in results]
    return [NOTES[level] for level in NOTES if level in levels]


def write_below(figure, lines, above):
    """Small print at the figure's foot; `above` of its height is left to a key."""
    height = 0.11 * len(lines) / figure.get_figheight()
    figure.text(0.01, 0.01, "\n".join(lines), fontsize=5.5, va="bottom", color="0.25")
    figure.get_layout_engine().set(rect=(0, height + above, 1, 1 - height - above))
    return height


def draw(results, options):
    figure, axes = drawing.new_figure(options, 2, row_height=1.5)
    blocks, work = axes[0][0], axes[1][0]
    draw_lines(blocks, "free 2 MiB blocks", results, options, huge_blocks)
    draw_lines(work, "page allocator's work\n[µs, modelled]", results, options, page_work)
    blocks.set_xlabel("")
    lines = [line for note in notes(results)
             for line in textwrap.wrap(note, LINE_CHARACTERS[options.width])]
    labels = [label_of(result, results) for result in results]
    columns = drawing.columns_that_fit(figure, labels, 2 if options.width == "column" else 4)
    key = 0.14 * -(-len(results) // columns) / figure.get_figheight()
    foot = write_below(figure, lines, key)
    figure.legend([Line2D([], [], color=f"C{i}", linestyle=drawing.line_style(i))
                   for i in range(len(results))],
                  labels, ncol=columns,
                  loc="lower center", bbox_to_anchor=(0.5, foot), borderpad=0.1)
    return figure
