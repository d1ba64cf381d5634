# SPDX-License-Identifier: GPL-3.0-or-later
"""What the physical map says pages are for, against what the recorded kernel had in them.

At page level a page's use is told by its gfp flags alone, at slab level by the layers too. Every
frame of every mark is compared; what was there at the start has its use from the recorded state and
is left out, as far as it is still the same. A use is right, left open ("other movable", "other
unmovable"), or wrong.
"""

import collections
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

import h5py
import numpy

SOURCE = pathlib.Path(os.environ["SLABYARD_SOURCE_DIR"])
SHARED = pathlib.Path(os.environ["SLABYARD_SHARED_DIR"]) / "data" / "kernel"
PROGRAM = os.environ["SLABYARD"]

# The letters of mmstate's page runs (workloads/README.md); S is a slab, see recorded_letters().
RIGHT = {
    "S": {"slab"},
    "T": {"page table"},
    "A": {"anonymous"}, "a": {"anonymous"},
    "F": {"file"}, "f": {"file"}, "s": {"file"},
    "B": {"free"},
    "R": {"reserved"},
    "o": {"vmalloc"},
    "0": {"per-cpu list"},
}
OPEN = {
    "A": {"other movable"}, "a": {"other movable"},
    "F": {"other movable"}, "f": {"other movable"}, "s": {"other movable"},
    # not every page of a page table is marked as one, and compound pages may be anybody's
    "o": {"other unmovable", "page table", "other movable"},
    "H": {"other unmovable", "other movable", "slab", "anonymous"},
    "t": {"other unmovable", "other movable", "slab", "anonymous"},
    # pages of allocations that are not compound, behind the first
    "0": {"other unmovable", "other movable", "slab"},
}
# Recording, level, assists, and the least share of frames that must be told rightly.
REPLAYS = (
    ("user-sh-slub", "page", "all", 0.35),
    ("user-sh-slub", "slab", "none", 0.35),
    ("kmix-slub", "page", "all", 0.5),
    ("kmix-slub", "slab", "cache_op", 0.5),
    ("thp-slub", "page", "all", 0.1),
    ("user-mix-slub", "page", "all", 0.9),
    ("oom-shm-slub", "page", "all", 0.01),
)
MOST_WRONG = 0.001


def zstd(path):
    return subprocess.run(["zstdcat", path], stdout=subprocess.PIPE, check=True).stdout.decode()


def recorded_letters(path, frames):
    """A letter for each frame. Shared memory on an LRU list is F here, as no slab has it."""
    letters = numpy.full(frames, ord("R"), dtype=numpy.uint8)
    slab = numpy.zeros(frames, dtype=bool)
    for line in zstd(path).splitlines():
        if line.startswith("pages "):
            for start, count, letter in re.findall(r"(\d+)\+(\d+)(\S)", line):
                letters[int(start):int(start) + int(count)] = ord(letter)
        for pfn, order in re.findall(r"\bpfn=(\d+) order=(\d+)", line):
            slab[int(pfn):int(pfn) + (1 << int(order))] = True
    letters[(letters == ord("S")) & ~slab] = ord("F")
    return letters


def simulated_uses(run, mark):
    """The number of its use for each frame, and the uses' names."""
    taken, runs = run["/snapshots/taken"][:], run["/snapshots/pfn"][:]
    number = int(taken["snapshot"][taken["mark"] == mark][0])
    runs = runs[runs["snapshot"] == number]
    uses = numpy.repeat(runs["kind"].astype(int), runs["pages"].astype(int))
    return uses, list(run["/snapshots/kinds"].asstr()[:])


def compare(letters, before, uses, names):
    """Frames told rightly, left open and told wrongly, and the wrong ones by kind."""
    told, wrong = collections.Counter(), collections.Counter()
    used = (letters != ord("B")) & (letters != ord("R")) & (letters != before)
    pairs, counts = numpy.unique(numpy.stack([letters[used], uses[used]]), axis=1,
                                 return_counts=True)
    for (letter, use), count in zip(pairs.T, counts):
        letter, use = chr(letter), names[use]
        how = "right" if use in RIGHT.get(letter, ()) else \
            "open" if use in OPEN.get(letter, ()) else "wrong"
        told[how] += int(count)
        if how == "wrong":
            wrong[f"{letter} told as {use}"] += int(count)
    return told, wrong


def folder_of(name, scratch):
    sample = SOURCE / "workloads" / "samples" / name
    if (SHARED / f"{name}.tar.zst").exists():
        subprocess.run(["tar", "--zstd", "-xf", SHARED / f"{name}.tar.zst", "-C", scratch],
                       check=True)
        return pathlib.Path(scratch) / name
    return sample if sample.exists() else None


def replay(folder, level, assists, result):
    subprocess.run([PROGRAM, "run", "--trace", folder / "trace.txt.zst", "--level", level,
                    "--start", folder / "mmstate-0.txt.zst", "--assist", assists, "-o", result,
                    "--set", "blame.at=none", "--progress", "off"],
                   stdout=subprocess.DEVNULL, check=True)


class FrameUses(unittest.TestCase):
    def check(self, name, level, assists, least_right):
        with tempfile.TemporaryDirectory() as scratch:
            folder = folder_of(name, scratch)
            if folder is None:
                print(f"SKIPPED: {name}, it is not there")
                return
            result = pathlib.Path(scratch) / "result.h5"
            replay(folder, level, assists, result)
            told, wrong = collections.Counter(), collections.Counter()
            with h5py.File(result) as run:
                marks = [int(m) for m in run["/snapshots/taken"]["mark"] if m > 0]
                for mark in marks:
                    state = folder / f"mmstate-{mark}.txt.zst"
                    if not state.exists():
                        continue
                    uses, names = simulated_uses(run, mark)
                    before = recorded_letters(folder / "mmstate-0.txt.zst", len(uses))
                    more = compare(recorded_letters(state, len(uses)), before, uses, names)
                    told += more[0]
                    wrong += more[1]
        frames = sum(told.values())
        self.assertGreater(frames, 100)
        print(f"{name}, {level} level: of {frames} frames {told['right']} told rightly, "
              f"{told['open']} left open, {told['wrong']} wrongly {dict(wrong)}")
        self.assertLessEqual(told["wrong"], MOST_WRONG * frames)
        self.assertGreaterEqual(told["right"], least_right * frames)

    def test_recordings(self):
        for replayed in REPLAYS:
            with self.subTest(replayed):
                self.check(*replayed)


if __name__ == "__main__":
    unittest.main()
