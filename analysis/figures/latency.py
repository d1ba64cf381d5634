# SPDX-License-Identifier: GPL-3.0-or-later
"""How long operations take: the share that takes no longer, with its quantiles.

From the histograms of /latency, which hold all operations of a run: its quantiles are what they
are. The numbers behind the figure have an interval for each, for whoever takes a run's operations
for a sample of more: that of order statistics, by the binomial distribution of how many values lie
below (normal approximation). It needs no shape of the distribution, and takes operations for
independent.
"""
import math

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.ticker import (FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullFormatter,
                               NullLocator)

import drawing

HELP = "latency of allocations as cumulative distribution, with p50, p99 and p99.9"

QUANTILES = ((0.5, "p50", "o"), (0.99, "p99", "s"), (0.999, "p99.9", "^"))
Z_95 = 1.959963984540054
# What is an allocation, by name, when no operation is asked for.
ALLOCATIONS = ("kmalloc", "kmem_cache_alloc", "mm_page_alloc", "malloc", "calloc", "memalign",
               "vmalloc")
TAIL_MIN = 1e-4
TICKS_MAX = {"column": 6, "page": 12}


def histogram_of(result, operation):
    """Counts and upper edges in ns, of one operation or all allocations; None: there are none."""
    wanted = [operation] if operation else ALLOCATIONS
    counts = {}
    for name, (count, edge) in result.histograms().items():
        if name not in wanted:
            continue
        for upper, n in zip(edge[1:], count):
            if n:
                counts[float(upper)] = counts.get(float(upper), 0) + int(n)
    if not counts:
        return None
    uppers = np.array(sorted(counts))
    return np.array([counts[upper] for upper in uppers]), uppers


def value_at(counts, uppers, rank):
    """The value of that rank (from 1), as the upper edge of its bin."""
    place = np.searchsorted(np.cumsum(counts), min(max(rank, 1), counts.sum()))
    return uppers[place]


def quantile(counts, uppers, p):
    """The value, and its 95% interval by order statistics."""
    n = int(counts.sum())
    reach = Z_95 * math.sqrt(n * p * (1 - p))
    low, high = math.floor(n * p - reach), math.ceil(n * p + reach) + 1
    return (value_at(counts, uppers, math.ceil(n * p)), value_at(counts, uppers, low),
            value_at(counts, uppers, high))


def draw_run(axes, i, result, histogram, options):
    counts, uppers = histogram
    above = 1 - np.cumsum(counts) / counts.sum()
    options.numbers.add(run=result.label, latency_ns=uppers, count=counts, share=1 - above)
    steps = np.concatenate(([uppers[0]], uppers)), np.concatenate(([1.0], above))
    line, = axes.plot(steps[0], np.maximum(steps[1], TAIL_MIN / 2), color=f"C{i}",
                      drawstyle="steps-post", label=result.label)
    for p, name, marker in QUANTILES:
        value, low, high = quantile(counts, uppers, p)
        options.numbers.add(run=result.label, quantile=name, latency_ns=value, low_ns=low,
                            high_ns=high)
        # On the line; of those in one place the ones below are larger, and seen around it.
        axes.plot(value, 1 - p, linestyle="none", marker=marker, markersize=max(5.5 - 0.6 * i, 2),
                  color=line.get_color(), markeredgecolor="black", markeredgewidth=0.4,
                  zorder=5 + 0.1 * i)


def time_ticks(low, high, most):
    """Round times within the limits, the finest set of them of which so many fit."""
    powers = [LogLocator(subs=subs, numticks=1000) for subs in
              (range(1, 10), (1, 2, 5), (1, 3), (1,))]
    for locator in powers:
        found = [t for t in locator.tick_values(low, high) if low <= t <= high]
        if len(found) <= most:
            break
    found = found[::-(-len(found) // most)]
    if len(found) < 2:
        found = [t for t in MaxNLocator(most - 1).tick_values(low, high) if low <= t <= high]
    return found


def ticks(axes, options):
    shares = [1, 0.5, 0.1, 0.01, 0.001, 0.0001]
    axes.yaxis.set_major_locator(FixedLocator(shares))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda above, _: f"{100 * (1 - above):.6g}%"))
    axes.xaxis.set_major_locator(FixedLocator(time_ticks(*axes.get_xlim(),
                                                         TICKS_MAX[options.width])))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.xaxis.set_major_formatter(FuncFormatter(time_text))


def time_text(ns, _):
    factor, unit = drawing.time_unit(ns)
    return f"{ns / factor:g} {unit}"


def draw(results, options):
    figure, axes = drawing.new_figure(options, 1, row_height=2.6)
    axes = axes[0][0]
    for i, result in enumerate(results):
        histogram = histogram_of(result, options.operation)
        if histogram is not None:
            draw_run(axes, i, result, histogram, options)
    if not axes.lines:
        drawing.say_nothing_to_show(axes, "no latencies of these operations")
        return figure
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_ylim(1.3, TAIL_MIN)
    ticks(axes, options)
    axes.set_xlabel(f"modelled latency of {options.operation or 'allocations'}")
    axes.set_ylabel("share that takes no longer")
    handles, labels = axes.get_legend_handles_labels()
    marks = [Line2D([], [], color="0.4", marker=marker, linestyle="none", markersize=3)
             for _, _, marker in QUANTILES]
    drawing.key_below(figure, handles + marks, labels + [q[1] for q in QUANTILES],
                      3 if options.width == "column" else 6)
    return figure
