#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints the key figures of Slabyard's result files side by side, one run a column."""
import argparse
import sys
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

try:
    from slabyard_results import NO_HORIZON, Result, ResultError
except ImportError as missing:
    sys.exit(f"table.py: {missing}; on Debian: apt-get install python3-h5py")

KIB = 1024
PS_PER_MS = 1e9
GAP = "   "


def work(result, counter):
    """How often a primitive was counted in the whole run."""
    series = result.series("work")
    return int(series[counter][-1]) if series is not None and counter in series else None


def slab_kib(result, name):
    """A run at page level has no slabs to tell of."""
    if result.summary["slab_policy"] == "none":
        return None
    return int(result.summary[name]) // KIB


def used_percent(result):
    held = int(result.summary["slab_bytes_held"])
    return 100 * int(result.summary["slab_bytes_requested"]) / held if held else None


def matched(result):
    """Where no address was compared, none was missed either."""
    if not int(result.summary["placements_compared"]):
        return None
    return int(result.summary["placements_matched"])


def horizon(result):
    record = int(result.attributes("/provenance").get("horizon_record", NO_HORIZON))
    return None if record == NO_HORIZON else record


ROWS = (
    ("page allocator", lambda r: r.summary["page_policy"]),
    ("slab allocator", lambda r: r.summary["slab_policy"]),
    ("operations carried out", lambda r: int(r.summary["executed"])),
    ("addresses compared", lambda r: int(r.summary["placements_compared"])),
    ("as recorded", matched),
    ("allocations failed", lambda r: int(r.summary["alloc_fails"])),
    ("slab requested at the end [KiB]", lambda r: slab_kib(r, "slab_bytes_requested")),
    ("slab held at the end [KiB]", lambda r: slab_kib(r, "slab_bytes_held")),
    ("of it requested [%]", used_percent),
    ("slabs at the end", lambda r: int(r.summary["slabs"])),
    ("slabs asked of the page allocator", lambda r: work(r, "slab_new")),
    ("slabs given back", lambda r: work(r, "slab_discard")),
    ("slab fast path", lambda r: work(r, "slab_fastpath")),
    ("slab slow path", lambda r: work(r, "slab_slowpath")),
    ("node list lock taken", lambda r: work(r, "partial_list_lock")),
    ("zone lock taken", lambda r: work(r, "zone_lock")),
    ("free pages at the end", lambda r: int(r.summary["free_pages"])),
    ("unusable free index, order 9", lambda r: float(r.summary["unusable_free_index_order9"])),
    ("modelled cost [ms]", lambda r: int(r.summary["cost_ps"]) / PS_PER_MS),
    ("outcomes differ from the trace's at record", horizon),
)


def as_text(value):
    if value is None:
        return "-"
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def table_of(results):
    """Lines of cells: the names of the runs, then a row a figure."""
    lines = [["", *(result.label for result in results)]]
    for name, figure_of in ROWS:
        lines.append([name, *(as_text(figure_of(result)) for result in results)])
    return lines


def print_aligned(lines):
    widths = [max(map(len, column)) for column in zip(*lines)]
    for first, *rest in lines:
        cells = [cell.rjust(width) for cell, width in zip(rest, widths[1:])]
        print(GAP.join([first.ljust(widths[0]), *cells]).rstrip())


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", nargs="+", metavar="RESULT", help="HDF5 file of a run")
    arguments = parser.parse_args()
    try:
        with ExitStack() as stack:
            print_aligned(
                table_of([stack.enter_context(Result(path)) for path in arguments.results])
            )
    except (ResultError, OSError) as error:
        sys.exit(f"table.py: {error}")


if __name__ == "__main__":
    main()
