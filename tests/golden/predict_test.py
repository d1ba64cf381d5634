# SPDX-License-Identifier: GPL-3.0-or-later
"""`slabyard predict`: its figures are those of the run, its bands those of the table."""

import collections
import csv
import json
import math
import pathlib
import subprocess
import tempfile
import unittest

import h5py

from run_fixture import SAMPLES, SOURCE, slabyard

TABLE = SOURCE / "analysis" / "prediction.csv"
KMIX = SAMPLES / "kmix-slub"
CHANGE_MIN = 32  # prediction_table.h
PAGES = """\
a-1 [000] 1.000000001: mm_page_alloc: pfn=0x2000 order=0 migratetype=0 gfp_flags=GFP_KERNEL
"""


def predict(trace, to, *options, expect=0):
    return slabyard("predict", "--to", to, "--progress", "off", *options, trace, expect=expect)


def predicted(trace, to, *options):
    return json.loads(predict(trace, to, "--json", *options).stdout)


def mark_of(prediction, number):
    return next(mark for mark in prediction["marks"] if mark["mark"] == number)


def share(error, change, source, target, start):
    """What the table says, found another way: its rows by recording, errors over what changed."""
    most, largest = 0.0, collections.Counter()
    with TABLE.open(newline="") as file:
        for row in csv.DictReader(file):
            case = (row["kind"], row["from"], row["to"], row["start"])
            if case != ("kernel", source, target, start) or row["mark"] == "0":
                continue
            script = row["script"]
            largest[script] = max(largest[script], int(row[change]))
            most = max(most, int(row[error]) / max(CHANGE_MIN, largest[script]))
    return most


class PredictTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def write(self, text):
        path = self.folder / "trace.txt"
        path.write_text(text)
        return path

    def test_figures_are_those_of_the_run(self):
        result = self.folder / "result.h5"
        slabyard(
            "run", "--trace", KMIX / "trace.txt.zst", "--start",
            f"census:{KMIX / 'mmstate-0.txt.zst'}", "--caches", SAMPLES / "linux-6.1.caches",
            "--assist", "cache_op", "--set", "slab.policy=slab", "-o", result, "--progress", "off",
        )
        prediction = predicted(KMIX / "trace.txt.zst", "slab", "--runs", "0")
        self.assertEqual((prediction["from"], prediction["to"]), ("slub", "slab"))
        self.assertEqual(prediction["kind"], "kernel")
        with h5py.File(result) as file:
            memory = {int(row["mark"]): row for row in file["/snapshots/memory"][:]}
            caches = collections.defaultdict(dict)
            for row in file["/snapshots/slab"][:]:
                caches[int(row["mark"])][row["cache"].decode()] = int(row["slabs"])
            orders = {(int(row["mark"]), int(row["order"])): int(row["allocs"])
                      for row in file["/snapshots/slab_requests"][:]}
        for mark in prediction["marks"]:
            number = -2 if mark["mark"] == "end" else mark["mark"]
            grown = int(memory[number]["slab_pages"]) - int(memory[-1]["slab_pages"])
            self.assertEqual(mark["slab_pages"]["predicted"], grown)
            for cache in mark["caches"]:
                name = cache["cache"]
                self.assertEqual(cache["slabs"], caches[number][name])
                self.assertEqual(cache["predicted"],
                                 caches[number][name] - caches[-1].get(name, 0))
            for order in mark["orders"]:
                self.assertEqual(order["predicted"], orders[number, order["order"]])

    def test_bands_are_those_of_the_table(self):
        prediction = predicted(KMIX / "trace.txt.zst", "slab", "--runs", "0")
        part = share("pages_error", "pages", "slub", "slab", "census")
        self.assertGreater(part, 0)
        most = 0
        for mark in prediction["marks"]:
            most = max(most, abs(mark["slab_pages"]["predicted"]))
            self.assertEqual(mark["slab_pages"]["band"],
                             math.ceil(part * max(CHANGE_MIN, most)))
        last = prediction["marks"][-1]
        part = share("requests_error", "requests", "slub", "slab", "census")
        made = last["requests"]["predicted"]
        self.assertEqual(last["requests"]["band"], math.ceil(part * max(CHANGE_MIN, made)))

    def test_a_start_of_the_other_kernel_has_narrower_bands(self):
        state = SAMPLES / "kmix-slab" / "mmstate-0.txt.zst"
        own = predicted(KMIX / "trace.txt.zst", "slab", "--start", state, "--runs", "0")
        census = predicted(KMIX / "trace.txt.zst", "slab", "--runs", "0")
        bands = [mark_of(each, 9)["slab_pages"]["band"] for each in (own, census)]
        self.assertLess(*bands)
        self.assertEqual(own["start_slab_pages_off"], 0)

    def test_perturbed_runs_give_a_range(self):
        """That of `slabyard run` with the same perturbations and the seeds that follow."""
        recording = SAMPLES / "user-sh-slub"
        prediction = predicted(recording / "trace.txt.zst", "slab", "--runs", "2", "--seed", "6")
        grown = collections.defaultdict(list)
        for seed in (7, 8):
            result = self.folder / f"{seed}.h5"
            slabyard(
                "run", "--trace", recording / "trace.txt.zst", "--start",
                f"census:{recording / 'mmstate-0.txt.zst'}", "--caches",
                SAMPLES / "linux-6.1.caches", "--assist", "cache_op", "--set", "slab.policy=slab",
                "--perturb", prediction["perturb"], "--seed", seed, "-o", result,
            )
            with h5py.File(result) as file:
                pages = {int(row["mark"]): int(row["slab_pages"])
                         for row in file["/snapshots/memory"][:]}
            for mark, held in pages.items():
                grown["end" if mark == -2 else mark].append(held - pages[-1])
        for mark in prediction["marks"]:
            values = grown[mark["mark"]]
            ends = mark["slab_pages"]["perturbed_low"], mark["slab_pages"]["perturbed_high"]
            self.assertEqual(ends, (min(values), max(values)))
        self.assertLess(*ends)

    def test_nothing_is_claimed_of_what_the_table_has_not(self):
        trace = self.folder / "trace.txt.zst"  # no state beside it
        trace.symlink_to(KMIX / "trace.txt.zst")
        for options, why in (
            ((), "does not begin from a recorded state"),
            (("--start", f"census:{KMIX / 'mmstate-0.txt.zst'}",
              "--set", "slab.slab.max_order=1"), "configuration is changed"),
        ):
            prediction = predicted(trace, "slab", "--runs", "0", *options)
            self.assertIn(why, prediction["no_bands_because"])
            self.assertIsNone(prediction["marks"][-1]["slab_pages"]["band"])
            self.assertIn(why, predict(trace, "slab", "--runs", "0", *options).stdout.decode())
        prediction = predicted(KMIX / "trace.txt.zst", "slub", "--runs", "0", "--start",
                               KMIX / "mmstate-0.txt.zst")
        self.assertIn("same allocator", prediction["no_bands_because"])

    def test_nothing_is_said_past_the_horizon(self):
        text = subprocess.run(["zstd", "-dcq", KMIX / "trace.txt.zst"], capture_output=True,
                              check=True).stdout.decode().splitlines(keepends=True)
        at = next(i for i, line in enumerate(text) if line.rstrip().endswith("MARK 5"))
        failed = (text[at].partition("mmwork_line")[0] + "mm_page_alloc: page=(null) pfn=0x0 "
                  "order=0 migratetype=0 gfp_flags=GFP_KERNEL\n")
        trace = self.write("".join(text[:at + 1]) + failed + "".join(text[at + 1:]))
        options = ("--runs", "0", "--start", f"census:{KMIX / 'mmstate-0.txt.zst'}")
        prediction = predicted(trace, "slab", *options)
        self.assertIn("succeeds that failed", prediction["horizon_reason"])
        for mark in prediction["marks"]:
            before = mark["mark"] != "end" and mark["mark"] <= 5
            self.assertEqual(mark["known"], before)
            self.assertEqual(mark["slab_pages"]["predicted"] is not None, before)
        shown = predict(trace, "slab", *options).stdout.decode()
        self.assertIn("up to mark 5", shown)
        unknown = [line for line in shown.splitlines() if line.split()[2:4] == ["not", "known"]]
        self.assertEqual(len(unknown), sum(not mark["known"] for mark in prediction["marks"]))

    def test_wrong_input_is_told(self):
        trace = KMIX / "trace.txt.zst"
        pages = self.write(PAGES)
        for arguments, expect, says in (
            (("--to", "slab"), 2, "one TRACE is needed"),
            ((trace,), 2, "option '--to' is missing"),
            (("--to", "slabs", trace), 2, "option '--to' takes a slab policy"),
            (("--to", "slab", "-"), 2, "standard input"),
            (("--to", "slab", "--runs", "many", trace), 2, "--runs"),
            (("--to", "slab", "--at", "99", "--runs", "0", trace), 2, "no mark '99'"),
            (("--to", "slab", pages), 2, "records no objects of kernel caches"),
            (("--to", "slab", self.folder / "nothing"), 2, "nothing"),
            (("--to", "slab", "--start", KMIX / "mmstate-0.txt.zst", trace), 2, "census:"),
        ):
            done = slabyard("predict", *arguments, expect=expect)
            self.assertIn(says, done.stderr.decode())
            self.assertEqual(done.stdout, b"")


if __name__ == "__main__":
    unittest.main()
