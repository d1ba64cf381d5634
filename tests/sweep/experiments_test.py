# SPDX-License-Identifier: GPL-3.0-or-later
"""The answers that configs/experiments/README.md gives, asked again; figures of whole sweeps."""

import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import h5py
import yaml

from sweep_fixture import SAMPLES, SOURCE, short_trace, slabyard


class Phases:
    """System calls and faults of each phase, and RSS and break at its end, by mark."""

    def __init__(self, path):
        with h5py.File(path) as run:
            marks = {row["snapshot"]: int(row["mark"]) for row in run["snapshots/taken"]}
            rows = [row for row in run["snapshots/processes"] if marks[row["snapshot"]] >= 0]
            self.calls, self.faults, self.rss_kb, self.heap = {}, {}, {}, {}
            before = (0, 0)
            for row in rows:
                mark = marks[row["snapshot"]]
                now = int(row["system_calls"]), int(row["minor_faults"])
                self.calls[mark], self.faults[mark] = now[0] - before[0], now[1] - before[1]
                self.rss_kb[mark] = int(row["vm_rss_bytes"]) >> 10
                self.heap[mark] = int(row["brk_bytes"])
                before = now


class Experiments(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def sweep(self, name):
        """Carries it out; returns the phases of a run by its trace and settings."""
        slabyard("sweep", name, "-o", self.folder / name)
        lines = (self.folder / name / "manifest.jsonl").read_text().splitlines()[1:]
        runs = [(r["trace"], {path.rsplit(".", 1)[-1]: text for path, text in r["values"].items()},
                 self.folder / name / "runs" / f"{r['hash']}.h5") for r in map(json.loads, lines)]

        def phases(trace, **settings):
            found = [path for of, values, path in runs
                     if of == trace and settings.items() <= values.items()]
            self.assertEqual(len(found), 1, (trace, settings))
            return Phases(found[0])

        return phases

    def plot(self, figure, *arguments, expect=0):
        done = subprocess.run(
            [sys.executable, SOURCE / "analysis" / "plot.py", figure, *map(str, arguments)],
            stderr=subprocess.PIPE, text=True, check=False)
        self.assertEqual(done.returncode, expect, done.stderr)
        return done.stderr

    def test_each_is_listed(self):
        folder = SOURCE / "configs" / "experiments"
        table = (folder / "README.md").read_text().partition("The demo")[0]
        rows = re.findall(r"^\| `([a-z-]+)` \|", table, re.MULTILINE)
        self.assertEqual(sorted(rows), sorted(path.stem for path in folder.glob("*.yaml")))

    def test_each_configuration_has_a_baseline(self):
        """With a short trace in place of theirs, and every run once."""
        (self.folder / "short.txt").write_text(short_trace(20))
        for path in (SOURCE / "configs" / "experiments").glob("*.yaml"):
            experiment = yaml.safe_load(path.read_text())
            for section in ("repeat", "perturb"):
                experiment.pop(section, None)
            experiment["extends"] = [str(path.parent / name) for name in experiment["extends"]]
            experiment.update(traces=["short.txt"], report=["cost_ns"])
            (self.folder / path.name).write_text(yaml.safe_dump(experiment))
            out = self.folder / path.stem
            slabyard("sweep", self.folder / path.name, "-o", out)
            said = slabyard("compare", out).stdout.decode()
            self.assertIn("baseline", said)
            self.assertNotIn("no baseline that is", said, path.name)

    def test_free_then_malloc(self):
        of = self.sweep("free-then-malloc")
        standard = {"no_dyn_threshold": "false", "M_TRIM_THRESHOLD": "unset",
                    "M_MMAP_MAX": "unset"}
        default = of("heap-reuse", **standard)
        self.assertEqual([default.calls[mark] for mark in (2, 3, 4)], [1, 0, 0])
        never = of("heap-reuse", **{**standard, "M_TRIM_THRESHOLD": "-1"})
        self.assertEqual([never.calls[mark] for mark in (2, 3, 4)], [2, 2, 2])
        recipe = of("heap-reuse", **{**standard, "M_TRIM_THRESHOLD": "-1", "M_MMAP_MAX": "0"})
        self.assertEqual([recipe.calls[mark] for mark in (2, 3, 4)], [0, 0, 0])

        folder, out = self.folder / "free-then-malloc", self.folder / "figure.png"
        self.plot("phases", folder, "-o", out)
        self.assertTrue(out.is_file())
        self.plot("rss-live", folder, "--where", "M_MMAP_MAX=0", "-o", out)
        self.plot("heap-map", folder, "--where", "no_dyn_threshold=true", "--mark", "2", "-o", out)
        said = self.plot("phases", folder, "--where", "M_MMAP_MAX=7", "-o", out, expect=2)
        self.assertIn("no run is done that --where asks for", said)
        said = self.plot("phases", self.folder, "-o", out, expect=2)
        self.assertIn("no sweep's folder", said)

    def test_small_machine(self):
        """Each cell of its table is what the sweep gives, rounded as it is there."""
        slabyard("sweep", "small-machine", "-o", self.folder / "small-machine")
        found = {}
        for run in map(json.loads, (self.folder / "small-machine" / "manifest.jsonl").read_text()
                       .splitlines()[1:]):
            with h5py.File(self.folder / "small-machine" / "runs" / f"{run['hash']}.h5") as file:
                found[run["trace"], run["values"]["slab.policy"],
                      run["values"]["machine.memory"]] = dict(file["summary"].attrs)
        figures = {
            "slab memory, mean": ("slab_bytes_mean", 1 / 1024, self.percent),
            "slab memory, peak": ("slab_bytes_max", 1 / 1024, self.percent),
            "free pages at the end": ("free_pages", 1, lambda value, base: value - base),
            "failed allocations": ("alloc_fails", 1, lambda value, base: value),
            "unusable index, 2 MiB": ("unusable_free_index_order9", 1, lambda value, base: value),
            "modelled cost": ("cost_ps", 1e-9, self.percent),
        }
        text = (SOURCE / "configs" / "experiments" / "README.md").read_text()
        table = text.partition("**`small-machine`:")[2].partition("\n\n")[2].partition("\n\n")[0]
        rows = [[cell.strip() for cell in line.strip("|").split("|")]
                for line in table.splitlines()[2:]]
        self.assertEqual(len(rows), len(figures) + 1)
        for name, memory, slub, *others in rows:
            if name:
                figure, scale, change = figures[re.match(r"[^`]*?(?=, `|$)", name)[0]]
                traces = re.findall(r"`(.*?)`", name) or ["kmix", "user-sh"]
            base = [float(found[trace, "slub", memory.replace(" ", "")][figure])
                    for trace in traces]
            self.assert_cell(slub, [value * scale for value in base], name)
            for policy, cell in zip(("slab", "slob"), others):
                values = [float(found[trace, policy, memory.replace(" ", "")][figure])
                          for trace in traces]
                self.assert_cell(cell, list(map(change, values, base)), f"{name} {policy}")

    @staticmethod
    def percent(value, base):
        return 100 * (value / base - 1)

    def assert_cell(self, cell, values, what):
        """Its numbers are these, to as many digits as they have."""
        texts = re.findall(r"[+-]?[\d,]*\d(?:\.\d+)?", cell)
        self.assertEqual(len(texts), len(values), f"{what}: {cell}")
        for text, value in zip(texts, values):
            digits = len(text.partition(".")[2])
            self.assertLessEqual(abs(float(text.replace(",", "")) - value), 0.501 / 10 ** digits,
                                 f"{what}: {cell}")

    def test_freed_in_order(self):
        of = self.sweep("freed-in-order")
        for order, cache, heap in (("ascending", "7", 135168), ("descending", "7", 2162688),
                                   ("descending", "0", 135168)):
            phases = of(f"heap-{order}", tcache_count=cache, policy="glibc")
            self.assertEqual(phases.heap[1], 2162688)
            self.assertEqual(phases.heap[2], heap, (order, cache))
        decay = of("heap-descending", tcache_count="7", policy="decay")
        self.assertEqual(decay.rss_kb[2], 2032)
        self.assertLess(decay.rss_kb[3], 16)  # given back while the program slept

    def test_neighbours(self):
        for server, memory, killed in (("trims", "64MiB", []), ("keeps", "96MiB", [b"server"]),
                                       ("protected", "96MiB", [b"job"]), ("keeps", "112MiB", [])):
            result = self.folder / "run.h5"
            slabyard("run", "--trace", SAMPLES / "heap" / f"neighbours-{server}.syt", "-o", result,
                     "-c", SOURCE / "configs" / "machines" / "pc-256mib.yaml",
                     "--set", f"machine.memory={memory}")
            with h5py.File(result) as run:
                self.assertEqual([row["victim_comm"] for row in run["events/oom"]], killed, server)
                processes = run["summary/processes"]
                self.assertEqual([row["comm"] for row in processes if row["killed"]], killed)
                if killed != [b"job"]:
                    self.assertEqual(processes[1]["live_bytes_max"], 40000000)


if __name__ == "__main__":
    unittest.main()
