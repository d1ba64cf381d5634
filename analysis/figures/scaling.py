# SPDX-License-Identifier: GPL-3.0-or-later
"""How figures grow: points and the power laws through them, of slabyard compare --scaling."""
import numpy as np
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullLocator

import drawing
from slabyard_results import ResultError

from .pareto import MARKERS

HELP = "power laws: figures over a setting or another figure (--with machine.memory)"


def rows_of(options):
    if not options.with_:
        raise ResultError("scaling: name what figures grow with, as --with machine.memory")
    arguments = ["--scaling", options.with_]
    if options.report:
        arguments += ["--report", options.report]
    return options.compare(*arguments, "--by-trace"), options.compare(*arguments, "--points")


def unique(values):
    return list(dict.fromkeys(values))


def name_of(fit, several_traces):
    setting = fit["setting"] if fit["setting"] != "-" else ""
    trace = fit["recording"] if several_traces and fit["recording"] != "all" else ""
    return drawing.short(" ".join(filter(None, [trace, setting]))) or "all runs"


def rounded(value):
    """Two digits, and no minus before a zero."""
    return f"{round(value, 2) + 0.0:.2f}"


def is_constant(points):
    return len(points) > 1 and len({point["y"] for point in points}) == 1


def fit_text(fit, points):
    """
    What stands in the key: the exponent, its interval and R². Those say nothing of points that are
    all alike; and any two points lie on a power law.
    """
    if is_constant(points):
        return "no fit: constant"
    if fit["exponent"] is None:
        return "no fit"
    text = f"exponent {rounded(fit['exponent'])}"
    if len(points) == 2:
        return text + ", two points only"
    if fit["low"] is not None:
        text += f" ({rounded(fit['low'])} to {rounded(fit['high'])})"
    return text + f", R² {fit['r_squared']:.2f}"


def number(options, fit, points):
    key = {name: fit[name] for name in ("figure", "setting", "recording")}
    options.numbers.add(**key, x=[p["x"] for p in points], y=[p["y"] for p in points])
    options.numbers.add(**key, **{name: "" if fit[name] is None else fit[name] for name in
                                  ("factor", "exponent", "low", "high", "r_squared")})


def draw_fit(axes, i, fit, points, scale, label):
    """In the units of the axes, whose values are x_scale and y_scale times the figures'."""
    x_scale, y_scale = scale
    x = np.array([point["x"] for point in points])
    y = np.array([point["y"] for point in points])
    text = fit_text(fit, points)
    axes.plot(x * x_scale, y * y_scale, linestyle="none", marker=MARKERS[i % len(MARKERS)],
              markersize=3.5, color=f"C{i % 7}", markeredgecolor="black", markeredgewidth=0.4,
              zorder=3, label=f"{label}: {text}" if label else text)
    if fit["exponent"] is None or is_constant(points):
        return
    along = np.geomspace(x.min(), x.max(), 50)
    axes.plot(along * x_scale, y_scale * fit["factor"] * along ** fit["exponent"],
              color=f"C{i % 7}", linestyle=drawing.line_style(i), zorder=2)


def same(fit, point):
    return all(fit[key] == point[key] for key in ("figure", "setting")) and (
        fit["recording"] in ("all", point["recording"]))


def tick_text(value, _=None):
    """Plain digits; of counts past a million, millions."""
    if value >= 1e6:
        return f"{value / 1e6:,.4g}M" if value < 1e9 else f"{value / 1e9:,.4g}G"
    return f"{value:,.0f}" if value >= 1000 else f"{value:.4g}"


def tick(axis, values):
    """Where there are few values, well apart, at each of them; else at powers of ten and amid."""
    values = sorted(set(values))
    apart = all(b > 1.4 * a for a, b in zip(values, values[1:]))
    wide = values[-1] > 200 * values[0]
    axis.set_minor_locator(NullLocator())
    axis.set_major_locator(FixedLocator(values) if apart and len(values) <= 6 and not wide
                           else LogLocator(subs=(1,) if wide else (1, 2, 5)))
    axis.set_major_formatter(FuncFormatter(tick_text))


def draw_figure(axes, name, fits, points, options):
    several = len({fit["recording"] for fit in fits}) > 1
    points = [point for point in points if point["figure"] == name]
    x, x_label = drawing.in_unit(fits[0]["with"], [point["x"] for point in points])
    y, y_label = drawing.in_unit(name, [point["y"] for point in points])
    scale = max(x) / max(point["x"] for point in points), 1
    if max(point["y"] for point in points) > 0:
        scale = scale[0], max(y) / max(point["y"] for point in points)
    for i, fit in enumerate(fits):
        mine = [point for point in points if same(fit, point)]
        if mine:
            number(options, fit, mine)
            draw_fit(axes, i, fit, mine, scale, name_of(fit, several) if len(fits) > 1 else "")
    axes.set_xscale("log")
    tick(axes.xaxis, x)
    if min(y) > 0:
        axes.set_yscale("log")
        tick(axes.yaxis, np.geomspace(min(y), max(y), 9))
    axes.set_ylabel(y_label)
    axes.set_xlabel(x_label)
    axes.grid(visible=True, axis="both")
    axes.legend(loc="lower left", bbox_to_anchor=(-0.1, 1.01), borderaxespad=0, handlelength=0.8,
                handletextpad=0.4, fontsize=5.2)


def draw(_, options):
    fits, points = rows_of(options)
    fits = [fit for fit in fits if any(same(fit, point) for point in points)]
    names = unique(fit["figure"] for fit in fits)
    if not names:
        figure, axes = drawing.new_figure(options, 1)
        drawing.say_nothing_to_show(axes[0][0], "no values to fit")
        return figure
    columns = 2 if options.width == "page" and len(names) > 1 else 1
    rows = -(-len(names) // columns)
    per_figure = max(sum(fit["figure"] == name for fit in fits) for name in names)
    figure, grid = drawing.new_figure(options, rows, columns, row_height=1.9 + 0.1 * per_figure)
    panels = [axes for row in grid for axes in row]
    for axes, name in zip(panels, names):
        draw_figure(axes, name, [fit for fit in fits if fit["figure"] == name], points, options)
    for axes in panels[len(names):]:
        axes.set_axis_off()
    return figure
