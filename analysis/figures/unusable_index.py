# SPDX-License-Identifier: GPL-3.0-or-later
"""The unusable free space index of each order over time (mm/vmstat.c): 1 is all unusable."""
import drawing
from slabyard_results import zone_number

HELP = "unusable free index over time, a line an order, for one zone"

ORDERS = (1, 2, 4, 6, 8, 9, 10)


def draw_result(result, options, time, axes):
    series = result.series("fragmentation")
    if series is None or "unusable_free_index" not in series:
        drawing.say_nothing_to_show(axes, "no page allocator samples")
        return
    number = zone_number(result, series, options.zone or result.largest_zone())
    index = series["unusable_free_index"][:, number]
    times = time.of(series)
    for order in ORDERS:
        if order < index.shape[1]:
            options.numbers.add_series(result, series, zone=series.labels("zone")[number],
                                       order=order, unusable_free_index=index[:, order])
            axes.plot(times, time.values(series, index[:, order]), label=str(order))
    axes.set_xlim(times[0], times[-1])
    axes.set_ylim(-0.02, 1.02)
    axes.set_ylabel(f"unusable free index\n{series.labels('zone')[number]}")
    time.shade_horizon(axes, result, series)


def draw(results, options):
    time = drawing.TimeAxis(results, "fragmentation")
    height = 2.2 if len(results) == 1 else 1.5
    figure, axes = drawing.new_figure(options, len(results), row_height=height)
    panels = [row[0] for row in axes]
    for result, panel in zip(results, panels):
        draw_result(result, options, time, panel)
        drawing.name_run(panel, results, result)
    drawing.share_limits(panels)
    time.label(panels[-1])
    drawn = [panel for panel in panels if panel.axison]
    if drawn:
        drawing.key_at_right(figure, *drawn[0].get_legend_handles_labels(), "order")
    return figure
