# SPDX-License-Identifier: GPL-3.0-or-later
"""`slabyard run` on recordings of malloc: every address, every brk, every decision to map.

Nothing may be taken from a trace but what no allocator decides: where the heap begins, and that a
mapping was in the way of the break. Recordings too large for the project are read from
SLABYARD_SHARED_DIR/data/malloc.
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import h5py

SOURCE = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("SLABYARD", str(SOURCE / "build" / "slabyard"))
SHARED = pathlib.Path(os.environ.get("SLABYARD_SHARED_DIR", SOURCE.parent / "shared"))
SAMPLES = SOURCE / "workloads" / "samples" / "malloc"
LARGE = SHARED / "data" / "malloc"

NONE = 2**64 - 1
INPUTS = {"brk0", "foreign_brk", "brk_fail"}


def run(trace, *options):
    """Attributes of the summary, uses of recorded facts, and what was printed."""
    with tempfile.TemporaryDirectory() as folder:
        result = pathlib.Path(folder) / "result.h5"
        done = subprocess.run(
            [PROGRAM, "run", "--trace", trace, "-o", result, "--progress", "off", *options],
            capture_output=True, text=True, check=True,
        )
        with h5py.File(result) as file:
            summary = {name: value for name, value in file["summary"].attrs.items()}
            taken = {
                row["assist"].decode(): int(row["uses"])
                for row in file["provenance/taken_from_trace"]
                if row["uses"]
            }
    return summary, taken, done.stdout


class Recordings(unittest.TestCase):
    def check(self, trace, *options):
        summary, taken, printed = run(trace, *options)
        share = 100 * summary["placements_matched"] / summary["placements_compared"]
        diverged = [line for line in printed.splitlines() if line.startswith("diverged")]
        print(f"{trace.name:28} {share:.4f}% of {summary['placements_compared']} addresses, "
              f"{summary['breaks_matched']} of {summary['breaks_compared']} breaks, "
              f"{summary['mapped_matched']} of {summary['mapped_compared']} mapped; "
              f"taken: {taken}", *diverged)
        self.assertGreater(summary["placements_compared"], 0)
        for what in ("placements", "breaks", "mapped"):
            self.assertEqual(summary[f"{what}_matched"], summary[f"{what}_compared"], what)
        self.assertEqual(summary["first_divergence_record"], NONE)
        self.assertEqual(summary["unknown_frees"], 0)
        return summary, taken

    def check_all(self, folder):
        traces = sorted(folder.glob("*.trc.zst"))
        for trace in traces:
            with self.subTest(trace.name):
                _, taken = self.check(trace)
                self.assertLessEqual(set(taken), INPUTS)
        return traces

    def test_samples(self):
        self.assertTrue(self.check_all(SAMPLES))

    def test_large(self):
        if not self.check_all(LARGE):
            self.skipTest(f"no recordings in {LARGE}")

    def test_told_where_mappings_lie(self):
        _, taken = self.check(SAMPLES / "zstd-mt.trc.zst", "--assist", "mmap_base")
        self.assertGreater(taken["mmap_base"], 0)

    def test_another_rule_is_noticed(self):
        """One wrong rule shows: the comparison can fail."""
        summary, _, _ = run(SAMPLES / "tarzstd.trc.zst", "--set", "libc.ptmalloc.tcache_count=6")
        self.assertLess(summary["placements_matched"], summary["placements_compared"])
        self.assertLess(summary["first_divergence_record"], NONE)

    def test_formats_agree(self):
        """A recording and the .syt imported from it give the same result file."""
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            trace = SAMPLES / "as-1.trc.zst"
            subprocess.run([PROGRAM, "import", trace, "-o", folder / "as-1.syt"], check=True,
                           capture_output=True)
            for source, name in ((trace, "a.h5"), (folder / "as-1.syt", "b.h5")):
                for timing in ("recorded", "closed"):
                    subprocess.run([PROGRAM, "run", "--trace", source, "--timing", timing, "-o",
                                    folder / (timing + name)], check=True, capture_output=True)
            for timing in ("recorded", "closed"):
                a, b = ((folder / (timing + name)).read_bytes() for name in ("a.h5", "b.h5"))
                self.assertEqual(a, b, timing)


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)
    unittest.main()
