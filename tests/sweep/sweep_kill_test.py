# SPDX-License-Identifier: GPL-3.0-or-later
"""Sweeps that are killed, stopped, or whose runs are: nothing half-written, nothing lost.

Where a sweep has to be at work for what is tested, its runs wait at a gate (gate.c): however slow
this test is meanwhile, so many of them are done and the next two have begun."""

import os
import pathlib
import random
import signal
import subprocess
import tempfile
import time
import unittest

from sweep_fixture import BUILD, PROGRAM, sha256, short_sweep, slabyard

RUNS = 32
KILLS = 20
GATE = BUILD / "tests" / "sweep" / "gate.so"
PASSED = 3


def wait_until(condition, seconds=300):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError("waited in vain")
        time.sleep(0.005)


class Kill(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="slabyard-sweep-kill-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        short_sweep(self.folder, "kill", RUNS)
        self.out = self.folder / "out"

    def start(self, *arguments):
        return subprocess.Popen(
            [PROGRAM, "sweep", "kill.yaml", "-j2", "-o", "out", *arguments],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def start_gated(self):
        """A sweep of which PASSED runs are done, and two wait."""
        experiment = self.folder / "kill.yaml"
        experiment.write_text(experiment.read_text() + "cost: {policy: gate}\n")
        self.gate = self.folder / "gate"
        self.gate.mkdir()
        for token in range(PASSED):
            (self.gate / str(token)).touch()
        sweep = subprocess.Popen(
            [PROGRAM, "--plugin", GATE, "sweep", "kill.yaml", "-j2", "-o", "out"],
            cwd=self.folder,
            env={**os.environ, "SLABYARD_GATE": str(self.gate)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self.addCleanup(lambda: sweep.poll() is None and sweep.kill())
        wait_until(lambda: len(self.waiting()) == 2)
        self.assertEqual(len(self.results()), PASSED)
        return sweep

    def waiting(self):
        """Processes of the runs that wait."""
        return [int(path.name[1:]) for path in self.gate.glob(".*")]

    def open_gate(self):
        (self.gate / "open").touch()

    def resume(self, *arguments):
        return slabyard("--plugin", GATE, "sweep", self.out, *arguments)

    def results(self):
        """Every file under a final name, by its hash."""
        return {path.name: sha256(path) for path in self.out.glob("runs/*.h5")}

    def partial(self):
        return [path.name for path in self.out.glob("runs/*.partial-*")]

    def reference(self):
        """What an undisturbed sweep leaves, and how long it takes."""
        begin = time.monotonic()
        slabyard("sweep", self.folder / "kill.yaml", "-o", self.folder / "whole")
        seconds = time.monotonic() - begin
        return {
            path.name: sha256(path) for path in self.folder.glob("whole/runs/*.h5")
        }, seconds

    def test_killed_at_random_moments(self):
        whole, seconds = self.reference()
        self.assertEqual(len(whole), RUNS)
        moments = random.Random(20)
        before = {}
        for kill in range(KILLS):
            sweep = self.start()
            time.sleep(moments.uniform(0, seconds / 4))
            sweep.kill()
            sweep.communicate()
            after = self.results()
            for name, digest in after.items():
                self.assertEqual(digest, whole.get(name), f"kill {kill}: {name}")
            self.assertLessEqual(before.keys(), after.keys(), f"kill {kill}")
            if len(after) > RUNS - 6:
                for path in list(self.out.glob("runs/*.h5"))[:RUNS // 2]:
                    path.unlink()
                after = self.results()
            before = after
        self.wait_until_nobody_is_at_work()
        slabyard("sweep", self.out, "--resume")
        self.assertEqual(self.results(), whole)
        self.assertEqual(self.partial(), [])
        self.assertFalse(list(self.out.glob("runs/*.failed")))

    def test_runs_end_with_the_sweep(self):
        sweep = self.start_gated()
        sweep.kill()
        sweep.communicate()
        self.wait_until_nobody_is_at_work()
        self.assertEqual(len(self.results()), PASSED)

    def wait_until_nobody_is_at_work(self):
        """The lock is held by whoever is left: that nobody is shows that all runs are gone."""
        wait_until(lambda: b"nobody is at work" in slabyard("status", self.out).stdout)

    def check_stop(self, number, expected):
        sweep = self.start_gated()
        sweep.send_signal(number)
        printed, told = sweep.communicate(timeout=300)
        self.assertEqual(sweep.returncode, expected, told)
        self.assertIn(b"stopped with", printed)
        self.assertEqual(self.partial(), [])
        self.assertFalse(list(self.out.glob("runs/*.failed")))
        status = slabyard("status", self.out).stdout.decode()
        self.assertRegex(status, rf"done     {len(self.results())}\n  running  0\n  failed   0\n")
        self.assertEqual(len(self.results()), PASSED)
        self.resume()
        self.assertEqual(len(self.results()), RUNS)

    def test_interrupt_stops_cleanly(self):
        self.check_stop(signal.SIGINT, 1)

    def test_termination_stops_cleanly(self):
        self.check_stop(signal.SIGTERM, 1)

    def test_two_sweeps_in_one_folder_are_refused(self):
        sweep = self.start_gated()
        done = slabyard("sweep", self.out, expect=2)
        self.assertIn(b"another sweep is at work there", done.stderr)
        self.open_gate()
        sweep.communicate()
        self.assertEqual(len(self.results()), RUNS)

    def test_a_run_that_is_killed_fails_alone(self):
        sweep = self.start_gated()
        os.kill(self.waiting()[0], signal.SIGKILL)
        self.open_gate()
        _, told = sweep.communicate()
        self.assertEqual(sweep.returncode, 1)
        self.assertRegex(told, rb"run \d+ \(short .*\) failed: killed by signal 9 \(Killed\)")
        self.assertEqual(len(list(self.out.glob("runs/*.failed"))), 1)
        self.assertEqual(len(self.results()), RUNS - 1)
        self.assertIn(b"0 runs done", self.resume("--resume").stdout)
        self.resume("--only-failed")
        self.assertEqual(len(self.results()), RUNS)
        self.assertFalse(list(self.out.glob("runs/*.failed")))
        self.assertEqual(self.partial(), [])


if __name__ == "__main__":
    unittest.main()
