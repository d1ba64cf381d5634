# SPDX-License-Identifier: GPL-3.0-or-later
"""Sweeps through a real Slurm, of one node, held against the local engine byte for byte."""

import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

import slurm_fixture
from sweep_fixture import BUILD, PROGRAM, sha256, short_sweep, slabyard

ABSENT = slurm_fixture.missing()
if ABSENT:
    print(f"SKIPPED, sweeps are not tested with Slurm: {ABSENT}")
    sys.exit(77)

RUNS = 40
GATE = BUILD / "tests" / "sweep" / "gate.so"
SECONDS = 300


def contents(folder):
    """What a sweep leaves that must be the same whoever carried it out."""
    names = [*folder.glob("runs/*.h5"), folder / "merged.h5", folder / "manifest.jsonl"]
    return {path.name: sha256(path) for path in names}


class SweepSlurm(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory(prefix="slabyard-slurm-")
        cls.addClassCleanup(temporary.cleanup)
        cls.folder = pathlib.Path(temporary.name)
        short_sweep(cls.folder, "forty", RUNS)
        slabyard("sweep", cls.folder / "forty.yaml", "-o", cls.folder / "local")
        slabyard("merge", cls.folder / "local")
        cls.local = contents(cls.folder / "local")
        (cls.folder / "slurm").mkdir()
        cls.slurm = slurm_fixture.Slurm(cls.folder / "slurm", array_size=33)
        cls.slurm.__enter__()
        cls.addClassCleanup(cls.slurm.stop)

    def sweep(self, out, *arguments, before=(), expect=0, **environment):
        done = subprocess.run(
            [PROGRAM, *map(str, before), "sweep", *map(str, arguments), "-o", str(out)],
            env={**self.slurm.environment, **environment},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False,
        )
        self.assertEqual(done.returncode, expect, done.stdout.decode() + done.stderr.decode())
        return done.stdout.decode() + done.stderr.decode()

    def submit(self, out, *arguments, experiment="forty.yaml", **options):
        printed = self.sweep(out, self.folder / experiment, "--engine", "slurm", *arguments,
                             **options)
        self.assertRegex(printed, r"job \d+: \d+ runs in \d+ tasks\njob \d+: merges behind it\n")
        return printed.split()[1].rstrip(":"), printed

    def wait(self):
        self.slurm.wait_until_done(SECONDS)

    def test_forty_runs_give_the_local_bytes(self):
        out = self.folder / "forty"
        _, printed = self.submit(out, "-j", 2)
        # 33 tasks would be one too few for 40 runs of one task each.
        self.assertIn("40 runs in 20 tasks", printed)
        self.wait()
        self.assertEqual(contents(out), self.local)
        self.assertEqual(len(self.local), RUNS + 2)
        self.assertRegex(slabyard("status", out).stdout.decode(), r"finished\n  done     40\n")
        nothing = self.sweep(out, self.folder / "forty.yaml", "--engine", "slurm")
        self.assertIn("nothing is left to do", nothing)

    def test_dry_run_prints_the_scripts(self):
        out = self.folder / "dry run"
        printed = self.sweep(
            out, self.folder / "forty.yaml", "--engine", "slurm", "--dry-run", "--sbatch=--time=10"
        )
        self.assertFalse(out.exists())
        self.assertIn("\n#SBATCH --array=0-19\n", printed)
        self.assertEqual(printed.count("\n#SBATCH --time=10\n"), 2)
        self.assertIn(f" sweep '{out}' --jobs 1 --runs $first-$last &\n", printed)
        for script in printed.split("# sbatch ")[1:]:
            checked = subprocess.run(["sh", "-n"], input=("# " + script).encode(), check=False)
            self.assertEqual(checked.returncode, 0, script)

    def test_only_what_is_left_is_submitted(self):
        out = self.folder / "left"
        self.submit(out, "-j", 2, "--runs-per-task", 20)
        self.wait()
        results = sorted(out.glob("runs/*.h5"))
        for path in results[:3]:
            path.unlink()
        _, printed = self.submit(out, "--runs-per-task", 2)
        self.assertRegex(printed, r"job \d+: 3 runs in [23] tasks")
        self.wait()
        self.assertEqual(contents(out), self.local)

    def test_a_signal_before_the_time_limit_requeues(self):
        """The third run waits at a gate (gate.c) until it is stopped, then all may pass."""
        out, gate = self.folder / "again", self.folder / "gate"
        experiment = short_sweep(self.folder, "gated", RUNS)
        experiment.write_text(experiment.read_text() + "cost: {policy: gate}\n")
        slabyard("--plugin", GATE, "sweep", experiment, "-o", self.folder / "gated")
        slabyard("merge", self.folder / "gated")
        gate.mkdir()
        for token in range(2):
            (gate / str(token)).touch()
        job, _ = self.submit(out, "-j", 1, "--runs-per-task", RUNS, experiment="gated.yaml",
                             before=["--plugin", GATE], SLABYARD_GATE=str(gate))
        deadline = time.monotonic() + SECONDS
        while not list(gate.glob(".*")):
            self.assertLess(time.monotonic(), deadline, self.slurm.logs())
            time.sleep(0.05)
        self.slurm.run("scancel", "--batch", "--signal=USR1", job)
        while "RUNNING" in self.slurm.states(job).values():
            self.assertLess(time.monotonic(), deadline, self.slurm.logs())
            time.sleep(0.05)
        before = {path.name: path.stat().st_mtime_ns for path in out.glob("runs/*.h5")}
        self.assertEqual(len(before), 2)
        # The merge waits for the task that is in the queue again.
        self.assertFalse((out / "merged.h5").exists())
        (gate / "open").touch()
        self.wait()
        self.assertEqual(contents(out), contents(self.folder / "gated"))
        for name, when in before.items():
            self.assertEqual((out / "runs" / name).stat().st_mtime_ns, when, "was run again")
        log = next(out.glob(f"slurm/{job}_*.log")).read_text()
        self.assertRegex(log, r"stopped with \d+ left")
        self.assertRegex(log, r"\d+ runs? done, \d+ were done before")

    def test_a_run_that_fails_fails_alone(self):
        out = self.folder / "it's failing"
        (self.folder / "failing.yaml").write_text(
            "traces: [short.txt]\nmachine: {reserved: 8MiB}\n"
            "sweep: {matrix: {machine.memory: [4MiB, 64MiB], sample.keep: [2, 3]}}\n"
        )
        self.sweep(out, self.folder / "failing.yaml", "--engine", "slurm")
        self.wait()
        status = slabyard("status", out).stdout.decode()
        self.assertRegex(status, r"done     2\n  running  0\n  failed   2\n")
        self.assertIn("reserved pages leave nothing", status)
        self.assertTrue((out / "merged.h5").exists())

    def test_two_jobs_on_one_folder_are_refused(self):
        out = self.folder / "two"
        job, _ = self.submit(out, "-j", 1, "--sbatch=--hold")
        printed = self.sweep(out, self.folder / "forty.yaml", "--engine", "slurm", expect=2)
        self.assertIn(f"Slurm's job {job} is at work there still", printed)
        self.slurm.cancel()
        self.wait()

    def test_options_that_sbatch_refuses(self):
        out = self.folder / "refused"
        printed = self.sweep(
            out, self.folder / "forty.yaml", "--engine", "slurm", "--sbatch=--partition=none",
            expect=1
        )
        self.assertIn("invalid partition specified", printed)
        self.assertIn("sbatch does not take the job", printed)


if __name__ == "__main__":
    unittest.main()
