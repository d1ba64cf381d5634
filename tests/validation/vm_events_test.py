# SPDX-License-Identifier: GPL-3.0-or-later
"""Events of memory that runs short, as /proc/vmstat counts them, held against recorded ones.

Recordings whose page placements come out exactly with nothing taken from the trace are replayed
from their first state, and each counter's growth between the first and the last mark is compared.
DIFFERENT has what does not come out, with its cause; what is not in it must be equal.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("SLABYARD", str(SOURCE / "build" / "slabyard"))
SHARED = pathlib.Path(os.environ.get("SLABYARD_SHARED_DIR", SOURCE.parent / "shared"))
RECORDINGS = ("pages-w-slub", "oom-equal-slub", "oom-fork-slub")

# Prefixes of counters that are compared.
COMPARED = ("compact_", "pgmigrate_", "pgsteal_", "pgscan_", "allocstall_", "kswapd_", "pageoutrun",
            "oom_kill", "slabs_scanned")
DIFFERENT = {
    # no shrinker frees objects here: which are in use is the trace's
    "slabs_scanned": RECORDINGS,
    # who waits for a victim's memory asks again and again, as often as it gets a CPU
    "allocstall_movable": RECORDINGS,
    # one request of pages-w got its block when compaction found that there was nothing to do
    "compact_stall": ("pages-w-slub",),
    "compact_success": ("pages-w-slub",),
}


def counters(path):
    pairs = (line.split() for line in path.read_text().splitlines())
    return {words[0]: int(words[1]) for words in pairs if len(words) == 2}


def compare(name, folder, scratch):
    """Number of counters that are equal; complaints are printed. None: one is not as it should."""
    proc = scratch / f"{name}-proc"
    subprocess.run(
        [PROGRAM, "run", "--trace", folder / "trace.txt.zst", "--level", "page", "--start",
         folder / "mmstate-0.txt.zst", "--proc", proc, "--progress", "off"],
        check=True, stdout=subprocess.DEVNULL,
    )
    last = max(int(path.stem.split("-")[1]) for path in folder.glob("vmstat-*.txt"))
    first, recorded = (counters(folder / f"vmstat-{mark}.txt") for mark in (0, last))
    simulated = counters(proc / f"vmstat-{last}.txt")
    names = [counter for counter in recorded if counter.startswith(COMPARED)]
    equal = busy = 0
    good = True
    for counter in names:
        real = recorded[counter] - first[counter]
        if simulated[counter] == real:
            equal += 1
            busy += real > 0
            continue
        known = name in DIFFERENT.get(counter, ())
        good = good and known
        print(f"{name}: {counter}: recorded {real}, simulated {simulated[counter]}"
              + ("" if known else "   FAIL"))
    print(f"{name}: {equal} of {len(names)} counters equal, {busy} of these not 0")
    return good and busy > 3


def main():
    failed = 0
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        for name in RECORDINGS:
            archive = SHARED / "data" / "kernel" / f"{name}.tar.zst"
            if not archive.is_file():
                print(f"SKIPPED: {name}, there is no {archive}")
                continue
            subprocess.run(["tar", "--zstd", "-xf", archive, "-C", scratch], check=True)
            failed += not compare(name, scratch / name, scratch)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
