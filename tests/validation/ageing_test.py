# SPDX-License-Identifier: GPL-3.0-or-later
"""Ageing, by what follows from it: how far an aged start is from the recorded one it stands for.

The rest of a recording is replayed from its recorded state and from a fresh machine aged to the
same summary (aged:STATE, three seeds), at page level with nothing taken from the trace. Compared
are allocations that fail, of them those of huge pages, pages that compaction moves and scans, free
blocks of 2 MiB and the unusable free space index of the largest zone, averaged over the samples.
ageing.csv holds what was measured; a figure that is further off than there fails the test, and
`ageing_test.py --update` writes it anew, with a commit that says what was found.
"""

import csv
import os
import pathlib
import subprocess
import sys
import tempfile

import h5py

SOURCE = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("SLABYARD", str(SOURCE / "build" / "slabyard"))
SHARED = pathlib.Path(os.environ.get("SLABYARD_SHARED_DIR", SOURCE.parent / "shared"))
TABLE = pathlib.Path(__file__).with_name("ageing.csv")
SEEDS = (0, 1, 2)
HUGE_ORDER = 9

FIGURES = ("failures", "huge_failures", "compacted_pages", "scanned_pages", "free_huge_blocks",
           "unusable_index")
FIELDS = ["recording", "mark", *(f"{figure}_{start}" for figure in FIGURES
                                 for start in ("recorded", "aged"))]
STATES = (("pages-slub", 0), ("pages-slub", 6), ("pages-w-slub", 0), ("thp-slub", 0),
          ("user-mix-slub", 0), ("user-sh-slub", 0), ("vmalloc-slub", 0))


def figures(trace, start, seed, result):
    done = subprocess.run(
        [PROGRAM, "run", "--trace", trace, "--level", "page", "--start", start, "--seed",
         str(seed), "--sample-every", "500", "--set", "blame.at=none", "--set",
         "sample.map_keep=0", "-o", result, "--progress", "off"],
        capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{start}: {done.stderr}")
    with h5py.File(result) as run:
        failed = run["/events/alloc_fail"]["size"]
        fragmentation, work = run["/timeseries/fragmentation"], run["/timeseries/work"]
        zone = int(run["/timeseries/buddy/free_pages"][0].argmax())
        return {
            "failures": len(failed),
            "huge_failures": int((failed >= HUGE_ORDER).sum()),
            "compacted_pages": int(work["compact_page"][-1]),
            "scanned_pages": int(work["scan_page"][-1]),
            "free_huge_blocks": float(fragmentation["free_huge_blocks"][:, zone].mean()),
            "unusable_index":
                float(fragmentation["unusable_free_index"][:, zone, HUGE_ORDER].mean()) / 1000,
        }


def measure(folder, name, mark, scratch):
    trace, state = folder / "trace.txt.zst", folder / f"mmstate-{mark}.txt.zst"
    result = pathlib.Path(scratch) / "result.h5"
    recorded = figures(trace, state, 0, result)
    aged = [figures(trace, f"aged:{state}", seed, result) for seed in SEEDS]
    row = {"recording": name, "mark": str(mark)}
    for figure in FIGURES:
        row[f"{figure}_recorded"] = f"{recorded[figure]:.3f}"
        row[f"{figure}_aged"] = f"{sum(a[figure] for a in aged) / len(aged):.3f}"
    return row


def measure_all():
    for name, mark in STATES:
        archive = SHARED / "data" / "kernel" / f"{name}.tar.zst"
        sample = SOURCE / "workloads" / "samples" / name
        with tempfile.TemporaryDirectory() as scratch:
            if archive.exists():
                subprocess.run(["tar", "--zstd", "-xf", archive, "-C", scratch], check=True)
                yield measure(pathlib.Path(scratch) / name, name, mark, scratch)
            elif sample.exists():
                yield measure(sample, name, mark, scratch)
            else:
                print(f"SKIPPED: {name}, there is no {archive}")


def distance(row, figure):
    return abs(float(row[f"{figure}_aged"]) - float(row[f"{figure}_recorded"]))


def describe(row):
    return ", ".join(f"{figure.replace('_', ' ')} {float(row[figure + '_recorded']):g} / "
                     f"{float(row[figure + '_aged']):g}" for figure in FIGURES)


def compare(rows):
    """The number of figures that are further off than the table has them."""
    with TABLE.open() as file:
        known = {(row["recording"], row["mark"]): row for row in csv.DictReader(file)}
    worse = 0
    for row in rows:
        print(f"{row['recording']} from mark {row['mark']}, recorded / aged: {describe(row)}")
        before = known[row["recording"], row["mark"]]
        for figure in FIGURES:
            now, was = distance(row, figure), distance(before, figure)
            if now > was + 0.0015:
                print(f"  FURTHER OFF: {figure} by {now:g}, was {was:g}")
                worse += 1
            elif now < was - 0.0015:
                print(f"  nearer: {figure} by {now:g}, was {was:g}")
    return worse


def main():
    rows = list(measure_all())
    if "--update" in sys.argv[1:]:
        with TABLE.open("w", newline="") as file:
            writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        return 0
    return 1 if compare(rows) else 0


if __name__ == "__main__":
    sys.exit(main())
