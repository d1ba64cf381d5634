# SPDX-License-Identifier: GPL-3.0-or-later
"""What simulations tell of the programs behind configs/experiments is what they do.

Each is replayed from its recording, made with default options, under options that it was not
recorded with, and run alone under the same on this machine's C library: break, memory present and
faults at every mark.
"""

import os
import pathlib
import platform
import re
import subprocess
import sys
import tempfile
import unittest

import h5py

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("SLABYARD_BUILD_DIR", SOURCE / "build"))
SLABYARD = os.environ.get("SLABYARD", str(BUILD / "slabyard"))
PROGRAM = BUILD / "tests" / "validation" / "heap_questions"
SAMPLES = SOURCE / "workloads" / "samples" / "heap"

NEVER = "glibc.malloc.trim_threshold=0xffffffffffffffff"
UNMAPPED = "glibc.malloc.mmap_max=0"
CASES = [(name, tunables) for name, variants in {
    "reuse": ("", NEVER, UNMAPPED, f"{NEVER}:{UNMAPPED}"),
    "realtime": ("", NEVER, "glibc.malloc.top_pad=1048576"),
    "mapped": ("", NEVER, UNMAPPED, f"{NEVER}:{UNMAPPED}"),
    "pinned": ("", "glibc.malloc.mmap_threshold=65536"),
    "ascending": ("", NEVER, "glibc.malloc.trim_threshold=1048576"),
    "descending": ("", "glibc.malloc.tcache_count=0", "glibc.malloc.tcache_max=128"),
}.items() for tunables in variants]

# glibc's own numbers, set: which ends its dynamic rule, as no default does.
SET_AS_IT_WAS = [("M_TRIM_THRESHOLD=131072", "trim_threshold"), ("M_TOP_PAD=131072", "top_pad"),
                 ("M_MMAP_THRESHOLD=131072", "mmap_threshold"), ("M_MMAP_MAX=65536", "mmap_max")]

MARK = re.compile(r"mark (\d+): heap (\d+) bytes, anonymous (\d+) kB, (\d+) minor faults")
# Pages of the program's own, of its stack and libraries, that it meets after its first mark.
OWN_FAULTS, OWN_KB = 16, 16


def start(name, tunables):
    environment = {**os.environ, "GLIBC_TUNABLES": tunables}
    environment.pop("LD_PRELOAD", None)
    return subprocess.Popen([PROGRAM, name], stdout=subprocess.PIPE, text=True, env=environment)


def real_marks(process):
    """(break, kB, faults) by mark, of what came after mark 0."""
    output, _ = process.communicate(timeout=300)
    rows = {int(mark): tuple(map(int, rest)) for mark, *rest in MARK.findall(output)}
    assert process.returncode == 0 and 0 in rows, output
    _, base_kb, base_faults = rows[0]
    return {mark: (heap, kb - base_kb, faults - base_faults)
            for mark, (heap, kb, faults) in rows.items()}


def simulated_marks(name, setting, result):
    subprocess.run([SLABYARD, "run", "--trace", SAMPLES / f"heap-{name}.syt", "-o", result,
                    *(["--set", f"libc.ptmalloc.{setting}"] if setting else [])],
                   check=True, stdout=subprocess.DEVNULL)
    with h5py.File(result) as run:
        marks = {int(row["snapshot"]): int(row["mark"]) for row in run["snapshots/taken"]}
        return {marks[int(row["snapshot"])]:
                (int(row["brk_bytes"]), int(row["vm_rss_bytes"]) >> 10, int(row["minor_faults"]))
                for row in run["snapshots/processes"]}


@unittest.skipUnless(platform.libc_ver() == ("glibc", "2.36"), "not the modelled glibc 2.36")
class HeapQuestions(unittest.TestCase):
    def compare(self, real, simulated):
        last_faults = (0, 0)
        for mark, (heap, kb, faults) in real.items():
            told_heap, told_kb, told_faults = simulated[mark]
            self.assertEqual(told_heap, heap, f"break at mark {mark}")
            self.assertLessEqual(abs(told_kb - kb), OWN_KB, f"kB present at mark {mark}")
            phase = faults - last_faults[0], told_faults - last_faults[1]
            self.assertLessEqual(abs(phase[0] - phase[1]), OWN_FAULTS, f"faults to mark {mark}")
            last_faults = faults, told_faults

    def test_simulated_is_real(self):
        running = [start(*case) for case in CASES]
        with tempfile.TemporaryDirectory() as folder:
            for (name, tunables), process in zip(CASES, running):
                with self.subTest(name, tunables=tunables):
                    simulated = simulated_marks(name, tunables and f"GLIBC_TUNABLES={tunables}",
                                                pathlib.Path(folder) / "run.h5")
                    self.assertGreater(len(simulated), 3)
                    self.compare(real_marks(process), simulated)

    def test_a_number_that_is_set_is_no_default(self):
        running = [start("reuse", f"glibc.malloc.{tunable}={setting.partition('=')[2]}")
                   for setting, tunable in SET_AS_IT_WAS]
        with tempfile.TemporaryDirectory() as folder:
            result = pathlib.Path(folder) / "run.h5"
            default = simulated_marks("reuse", "", result)
            for (setting, _), process in zip(SET_AS_IT_WAS, running):
                with self.subTest(setting):
                    simulated = simulated_marks("reuse", setting, result)
                    self.compare(real_marks(process), simulated)
                    self.assertNotEqual(simulated, default)

    def test_marks_are_recorded(self):
        with tempfile.TemporaryDirectory() as folder:
            out = pathlib.Path(folder) / "out.syt"
            subprocess.run([SLABYARD, "record", "-o", out, "--", PROGRAM, "reuse"], check=True,
                           stderr=subprocess.DEVNULL)
            events = [[re.findall(r" (\w+): (?:.*(number=\d+))?", line)[0]
                       for line in subprocess.run([SLABYARD, "dump", path], check=True, text=True,
                                                  stdout=subprocess.PIPE).stdout.splitlines()
                       if not line.startswith("#")] for path in (out, SAMPLES / "heap-reuse.syt")]
            self.assertEqual(events[0], events[1])
            self.assertEqual([number for name, number in events[0] if name == "mark"],
                             [f"number={mark}" for mark in range(5)])


if __name__ == "__main__":
    if platform.libc_ver() != ("glibc", "2.36"):
        print("skipped: the C library is not glibc 2.36")
        sys.exit(77)
    unittest.main()
