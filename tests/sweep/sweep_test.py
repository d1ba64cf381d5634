# SPDX-License-Identifier: GPL-3.0-or-later
"""Sweeps from the experiment's file to the results, as a user runs them."""

import json
import os
import pathlib
import tempfile
import unittest

from sweep_fixture import SAMPLES, SOURCE, sha256, slabyard

EXPERIMENT = """\
extends: [{source}/configs/machines/pc-256mib.yaml]
name: small
traces: [kmix, {{trace: short.txt, level: slab}}]
sweep:
  matrix: {{slab.policy: [slub, slob], machine.memory: [64MiB, 128MiB]}}
  exclude: [{{slab.policy: slob, machine.memory: 65536KiB}}]
"""
SHORT = """\
prog-1 [000] 1.000000001: kmalloc: ptr=0xffff888001000000 bytes_req=24 bytes_alloc=32
prog-1 [000] 1.000000002: kfree: ptr=0xffff888001000000
"""


def manifest(folder):
    """The head and the runs."""
    head, *runs = map(json.loads, (folder / "manifest.jsonl").read_text().splitlines())
    return head, runs


class Sweep(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="slabyard-sweep-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.experiment = self.folder / "small.yaml"
        self.write(EXPERIMENT.format(source=SOURCE))
        (self.folder / "short.txt").write_text(SHORT)
        self.out = self.folder / "out"

    def write(self, text):
        self.experiment.write_text(text)

    def sweep(self, *arguments, **options):
        return slabyard("sweep", self.experiment, "-o", self.out, *arguments, **options)

    def results(self):
        return {path.stem: path for path in self.out.glob("runs/*.h5")}

    def test_dry_run_prints_the_runs_and_writes_nothing(self):
        printed = self.sweep("--dry-run").stdout.decode()
        self.assertEqual(
            printed,
            "     0  kmix slab.policy=slub machine.memory=64MiB\n"
            "     1  kmix slab.policy=slub machine.memory=128MiB\n"
            "     2  kmix slab.policy=slob machine.memory=128MiB\n"
            "     3  short slab.policy=slub machine.memory=64MiB\n"
            "     4  short slab.policy=slub machine.memory=128MiB\n"
            "     5  short slab.policy=slob machine.memory=128MiB\n"
            "small: 6 runs of 3 configurations, 2 excluded\n",
        )
        self.assertFalse(self.out.exists())

    def test_each_result_is_what_run_writes(self):
        self.sweep("-j", 2)
        _, runs = manifest(self.out)
        self.assertEqual(len(runs), 6)
        traces = {"kmix": SAMPLES / "kmix-slub" / "trace.txt.zst",
                  "short": self.folder / "short.txt"}
        alone = self.folder / "alone.h5"
        for run in runs:
            settings = [f"--set={path}={value}" for path, value in run["values"].items()]
            options = [f"--{option}" for option in run["options"]]
            slabyard("run", "-c", "pc-256mib", *settings, *options, "--trace", traces[run["trace"]],
                     "-o", alone)
            self.assertEqual(sha256(alone), sha256(self.results()[run["hash"]]), run)

    def test_a_finished_run_is_not_run_again_and_a_changed_one_is(self):
        self.sweep()
        before = {name: path.stat().st_mtime_ns for name, path in self.results().items()}
        self.assertIn(b"0 runs done, 6 were done before", self.sweep().stdout)
        self.write(EXPERIMENT.format(source=SOURCE).replace("128MiB]", "256MiB]"))
        done = self.sweep()
        self.assertIn(b"4 runs done, 2 were done before", done.stdout)
        self.assertIn(b"the experiment has changed", done.stderr)
        after = {name: path.stat().st_mtime_ns for name, path in self.results().items()}
        self.assertEqual(len(after), 10)
        self.assertEqual(before, {name: after[name] for name in before})
        self.assertEqual(len(list(self.out.glob("manifest-*.jsonl"))), 1)

    def test_a_changed_trace_is_another(self):
        self.sweep()
        (self.folder / "short.txt").write_text(SHORT.replace("bytes_req=24", "bytes_req=25"))
        self.assertIn(b"3 runs done, 3 were done before", self.sweep().stdout)

    def test_a_run_that_fails_fails_alone(self):
        (self.folder / "short.txt").write_text(SHORT)
        text = EXPERIMENT.format(source=SOURCE)
        for old, new in (("slab.policy: [slub, slob]", "level: [slab, page]"),
                         ("{slab.policy: slob, ", "{level: page, "), (", level: slab}", "}")):
            text = text.replace(old, new)
        self.write(text)
        done = self.sweep(expect=1)
        self.assertRegex(done.stderr,
                         rb"run 5 \(short .*\) failed: .* can be replayed at page level")
        self.assertRegex(done.stdout, rb"5 runs done, 1 failed")
        self.assertEqual(len(self.results()), 5)
        status = slabyard("status", self.out).stdout.decode()
        self.assertRegex(status, r"done     5\n  running  0\n  failed   1\n  waiting  0\n")
        self.assertRegex(status, r"\nrun 5  short .*\n  .*page level.*\n  log: .*\.log\n")
        self.assertIn(b"0 runs done, 5 were done before\n", self.sweep("--resume").stdout)
        self.assertIn(b"1 failed", self.sweep("--only-failed", expect=1).stdout)

    def test_what_is_drawn_is_repeated(self):
        """By what a run draws, each that draws has its seeds; what draws nothing is run once."""
        self.write(
            f"extends: [{SOURCE}/configs/machines/pc-256mib.yaml]\ntraces: [short.txt]\n"
            "sweep:\n"
            "  include: [{page.buddy.shuffle: [false, true]}, {perturb: swap=0.1}]\n"
            "repeat: 3\n"
        )
        self.sweep("--dry-run")
        self.sweep()
        _, runs = manifest(self.out)
        drawn = [(run["values"]["page.buddy.shuffle"], run["values"]["perturb"], run["seed"])
                 for run in runs]
        self.assertEqual(drawn, [("false", "none", 0)] + [("true", "none", i) for i in range(3)]
                         + [("false", "swap=0.1", i) for i in range(3)])
        self.assertEqual([run["random"] for run in runs], [False] + 6 * [True])

    def test_perturbed_copies(self):
        self.write(
            f"extends: [{SOURCE}/configs/machines/pc-256mib.yaml]\ntraces: [short.txt]\n"
            "sweep: {matrix: {slab.policy: [slub, slob]}}\nrepeat: 5\n"
            "perturb: {start: 9, timers: 1ms, runs: 2}\nbaseline: {slab.policy: slub}\n"
            "report: [slab_bytes_held]\n"
        )
        printed = self.sweep("--dry-run").stdout.decode()
        self.assertIn("     2  short slab.policy=slub seed=2 perturbed\n", printed)
        self.sweep()
        _, runs = manifest(self.out)
        self.assertEqual([(run["perturbed"], run["random"], run["seed"]) for run in runs],
                         2 * [(False, False, 0), (True, False, 1), (True, False, 2)])
        self.assertEqual(runs[1]["options"], ["perturb=start=9,timers=1ms"])
        compared = slabyard("compare", self.out).stdout.decode()
        self.assertIn("stable (2 of 2)", compared)
        self.assertIn("These runs are deterministic", compared)

    def test_perturbations_are_checked(self):
        for text, message in (
            ("{strat: 1}", 'perturb: unknown key "strat" (did you mean start?)'),
            ("{start: -1}", "small.yaml:2:18: perturb: must be a whole number"),
            ("{runs: 4}", "says nothing that is perturbed"),
            ("[start]", "expected a mapping as {start: 64, swap: 0.01}"),
        ):
            self.write(f"traces: [short.txt]\nperturb: {text}\n")
            self.assertIn(message, self.sweep(expect=2).stderr.decode())

    def test_going_on_needs_no_experiment(self):
        self.sweep()
        next(iter(self.results().values())).unlink()
        self.experiment.unlink()
        self.assertIn(b"1 run done, 5 were done before", slabyard("sweep", self.out).stdout)

    def test_settings_have_an_order(self):
        self.write(
            "extends: [{0}/configs/machines/pc-256mib.yaml]\n"
            "run: {{level: page}}\n"
            "machine: {{memory: 100MiB, cpus: 3}}\n"
            "traces: [{{trace: kmix, machine.memory: 160MiB, level: slab}}, pages-slub]\n"
            "sweep: {{zip: {{config: [pc-4gib, slob], machine.cpus: [1, 2]}}}}\n".format(SOURCE)
        )
        self.sweep()
        head, runs = manifest(self.out)
        self.assertEqual(head["sweep"], "small")
        shown = []
        for run in runs:
            config = (self.out / "configs" / f"{run['config']}.yaml").read_text()
            memory, cpus = (
                next(line.split()[1] for line in config.splitlines()
                     if line.startswith(f"  {name}:"))
                for name in ("memory", "cpus")
            )
            shown.append((run["trace"], memory, cpus, run["options"]))
        self.assertEqual(
            shown,
            [
                ("kmix", "160MiB", "1", ["level=slab"]),
                ("kmix", "160MiB", "2", ["level=slab"]),
                ("pages-slub", "4GiB", "1", ["level=page"]),
                ("pages-slub", "100MiB", "2", ["level=page"]),
            ],
        )

    def test_start_states_are_found_beside_the_trace(self):
        self.write(
            f"extends: [{SOURCE}/configs/machines/lab-256mib.yaml]\n"
            "traces: [kmix]\n"
            "sweep: {matrix: {start: [none, mmstate-0.txt.zst]}}\n"
        )
        self.sweep()
        _, runs = manifest(self.out)
        self.assertEqual([run["values"]["start"] for run in runs], ["none", "mmstate-0.txt.zst"])
        state = SAMPLES / "kmix-slub" / "mmstate-0.txt.zst"
        self.assertEqual([run["options"] for run in runs],
                         [[], [f"start={os.path.realpath(state)}"]])

    def test_aged_starts_name_no_file_and_draw(self):
        state = SAMPLES / "kmix-slub" / "mmstate-0.txt.zst"
        self.write(
            f"extends: [{SOURCE}/configs/machines/lab-256mib.yaml]\n"
            "traces: [kmix]\n"
            f"sweep: {{matrix: {{start: [none, 'aged:light', 'aged:{state}']}}}}\n"
            "repeat: 2\n"
        )
        self.sweep()
        _, runs = manifest(self.out)
        self.assertEqual([(run["options"], run["seed"]) for run in runs],
                         [([], 0), *(([f"start=aged:{what}"], seed)
                                     for what in ("light", os.path.realpath(state))
                                     for seed in (0, 1))])
        self.assertEqual(len(self.results()), 5)
        self.assertEqual(len({sha256(path) for path in self.results().values()}), 5)

    def test_proc_files_of_a_mark_are_found_beside_the_trace(self):
        self.write(
            f"extends: [{SOURCE}/configs/machines/lab-256mib.yaml]\n"
            "traces: [kmix]\n"
            "sweep: {matrix: {start: ['proc:.,6', 'proc:.,12', 'aged:proc:.,6']}}\n"
        )
        self.sweep()
        _, runs = manifest(self.out)
        folder = os.path.realpath(SAMPLES / "kmix-slub")
        self.assertEqual([run["options"] for run in runs],
                         [[f"start=proc:{folder},6"], [f"start=proc:{folder},12"],
                          [f"start=aged:proc:{folder},6"]])
        self.assertEqual(len({run["hash"] for run in runs}), 3)
        self.assertEqual(len({sha256(path) for path in self.results().values()}), 3)

    def test_shipped_experiments_are_good(self):
        experiments = sorted((SOURCE / "configs" / "experiments").glob("*.yaml"))
        self.assertTrue(experiments)
        for path in experiments:
            slabyard("sweep", path, "--dry-run")
            slabyard("sweep", path.stem, "--dry-run")


if __name__ == "__main__":
    unittest.main()
