# SPDX-License-Identifier: GPL-3.0-or-later
"""`slabyard top`, held against the real slabtop and driven through a real terminal (tmux).

slabtop reads the slabinfo that --proc wrote, bound over /proc/slabinfo in a mount namespace of its
own; where the machine does not allow that, these tests say so and are skipped.
"""

import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

import h5py

from run_fixture import PROGRAM, SAMPLES, slabyard

SORT_KEYS = "abclvnopsu"
OWN_LINES = 2  # above slabtop's: time, and bytes requested


def unshare():
    """A command in front of others that gives them mounts of their own, and why there is none."""
    if not shutil.which("slabtop") or not shutil.which("unshare"):
        return None, "slabtop or unshare is not installed"
    if not os.path.exists("/proc/slabinfo"):
        return None, "this kernel has no /proc/slabinfo to bind a file over"
    reasons = []
    for options in (["-m"], ["-r", "-m"]):
        command = ["unshare", *options, "--", "sh", "-ec"]
        done = subprocess.run([*command, "mount --bind /proc/self/status /proc/slabinfo"],
                              capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return command, None
        reasons.append(done.stderr.strip())
    return None, f"no private mounts here: {'; '.join(reasons)}"


UNSHARE, NO_MOUNTS = unshare()


def slabtop(slabinfo, *arguments):
    script = 'mount --bind "$0" /proc/slabinfo; exec slabtop -o "$@"'
    done = subprocess.run([*UNSHARE, script, slabinfo, *arguments], capture_output=True, text=True,
                          check=False, env={**os.environ, "LC_ALL": "C"})
    if done.returncode or done.stderr:
        raise AssertionError(f"slabtop: {done.returncode} {done.stderr}")
    return done.stdout.splitlines()


def run_sample(recording, allocator, folder, *arguments):
    """A run with its result and its /proc files."""
    sample = SAMPLES / recording
    result = pathlib.Path(folder) / f"{recording}-{allocator}.h5"
    slabyard("run", "--trace", sample / "trace.txt.zst", f"--set=slab.policy={allocator}",
             "-o", result, "--proc", folder, *arguments)
    return result


def once(*arguments):
    return slabyard("top", "--once", *arguments).stdout.decode().splitlines()


def refused(*arguments):
    return slabyard("top", *arguments, expect=2).stderr.decode()


class Folder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)


class Slabtop(Folder):
    maxDiff = None

    def setUp(self):
        super().setUp()
        if NO_MOUNTS:
            print(f"SKIPPED: {NO_MOUNTS}")
            self.skipTest(NO_MOUNTS)

    def test_a_frame_is_what_slabtop_prints_by_every_key(self):
        for recording, allocator in (("kmix-slub", "slub"), ("kmix-slab", "slab"),
                                     ("user-sh-slub", "slab")):
            result = run_sample(recording, allocator, self.folder)
            for key in SORT_KEYS:
                with self.subTest(f"{recording} {allocator} {key}"):
                    printed = once("--sort", key, result)[OWN_LINES:]
                    self.assertEqual(printed, slabtop(self.folder / "slabinfo", "-s", key))
                    self.assertGreater(len(printed), 20)

    def test_slabtop_reads_every_mark(self):
        """And tells the same of the simulated files as of the recorded ones."""
        for recording, marks, assist in (("kmix-slub", (6, 12), "cache_op"),
                                         ("user-sh-slub", (3, 5), "none")):
            state = SAMPLES / recording / "mmstate-0.txt.zst"
            run_sample(recording, "slub", self.folder, "--start", state, "--assist", assist)
            for mark in marks:
                recorded = self.folder / "recorded"
                text = (SAMPLES / recording / f"slabinfo-{mark}.txt").read_text()
                recorded.write_text(text.removesuffix("\n\n") + "\n")
                self.assertEqual(slabtop(self.folder / f"slabinfo-{mark}.txt"), slabtop(recorded))


class Once(Folder):
    def test_frames_of_other_times(self):
        result = run_sample("kmix-slub", "slub", self.folder, "--sample-every=1000")
        with h5py.File(result) as run:
            times = run["/timeseries/slab/time"][:]
            objects = run["/timeseries/slab/objects"][:].sum(axis=1)
        span = int(times[-1] - times[0])
        seventh = f"{int(times[7] - times[0])}ns"
        for at, sample in (("start", 0), ("end", -1), (seventh, 7), ("100%", -1)):
            line = once("--at", at, result)[OWN_LINES]
            self.assertIn(f" / {objects[sample]} (", line, at)
        self.assertIn(f"/ {span / 1e9:.6f} s", once(result)[0])

    def test_a_trace_is_simulated_first(self):
        trace = SAMPLES / "kmix-slub" / "trace.txt.zst"
        result = run_sample("kmix-slub", "slab", self.folder)
        temporary = self.folder / "tmp"
        temporary.mkdir()
        done = slabyard("top", "-o", "--set=slab.policy=slab", trace,
                        env={**os.environ, "TMPDIR": str(temporary)})
        printed = done.stdout.decode().splitlines()
        self.assertEqual(printed, once(result))
        self.assertEqual(list(temporary.iterdir()), [])
        self.assertNotEqual(printed, once(trace))

    def test_slob_shows_what_its_caches_hold(self):
        result = run_sample("kmix-slob", "slob", self.folder)
        with h5py.File(result) as run:
            held = int(run["/timeseries/slab/bytes_held"][-1].sum())
            pages = int(run["/timeseries/slab/slabs"][-1].sum())
        self.assertEqual(held, pages * 4096)
        self.assertIn(f"/ {held / 1024:.2f}K (", once(result)[1])
        self.assertTrue(once("-s", "c", result)[OWN_LINES + 7].rstrip().endswith("K kmalloc"))

    def test_bad_input(self):
        result = run_sample("kmix-slub", "slub", self.folder)
        missing = self.folder / "missing.h5"
        text = self.folder / "text"
        text.write_text("nothing that is a trace\n")
        pages = self.folder / "pages.h5"
        no_caches = "is of a run at page level, which has no caches"
        page_trace = SAMPLES / "pages-slub" / "trace.txt.zst"
        slabyard("run", "--trace", page_trace, "--level=page", "-o", pages)
        empty, older = self.folder / "empty.h5", self.folder / "older.h5"
        shutil.copy(result, older)
        with h5py.File(older, "r+") as run:
            del run["/summary/slab_caches"]
        with h5py.File(empty, "w") as run:
            run.attrs["format"] = "something else"
        for arguments, message in (
            ((), "one RESULT.h5 or TRACE is needed"),
            ((result, result), "one RESULT.h5 or TRACE is needed"),
            ((missing,), f"{missing}"),
            ((text,), f"{text}"),
            ((empty,), "no slabyard result"),
            ((older,), "run the trace again"),
            ((pages,), f"{pages}: {no_caches}"),
            (("--level=page", page_trace), f"{page_trace}: {no_caches}"),
            (("--sort", "z", result), "'--sort' takes one letter of abclvnopsu, is 'z'"),
            (("--sort", "no", result), "'--sort' takes one letter"),
            (("--at", "later", result), "'--at' takes start, end, a time as 1.5s"),
            (("--speed", "0", result), "'--speed' takes a number above 0"),
            (("--set", "slab.policy=slab", result), "option '--set' is for a trace"),
            (("--seed", "1", result), "option '--seed' is for a trace"),
            (("--seed", "x", SAMPLES / "kmix-slub" / "trace.txt.zst"), "option '--seed'"),
            (("--set=slab.policy=slub2", SAMPLES / "kmix-slub" / "trace.txt.zst"), "did you mean"),
        ):
            with self.subTest(arguments):
                printed = refused("--once", *arguments)
                self.assertIn(message, printed)
                self.assertEqual(printed.count("\n"), 1)

    def test_a_run_without_a_sample_or_a_cache(self):
        result = run_sample("kmix-slub", "slub", self.folder)
        with h5py.File(result, "r+") as run:
            for name in ("time", "record"):
                column = run["/timeseries/slab"][name][:0]
                del run["/timeseries/slab"][name]
                run["/timeseries/slab"][name] = column
        self.assertIn("no sample was taken", refused("--once", result))
        result = run_sample("kmix-slub", "null", self.folder)
        self.assertIn(": 0 / 0 (0.0%)", once(result)[OWN_LINES])

    def test_no_terminal(self):
        result = run_sample("kmix-slub", "slub", self.folder)
        self.assertIn("this is no terminal: use '--once'", refused(result))
        self.assertIn("needs '--once'", refused("-"))


@unittest.skipUnless(shutil.which("tmux"), "tmux is not installed")
class Terminal(Folder):
    def setUp(self):
        super().setUp()
        self.result = run_sample("kmix-slub", "slub", self.folder, "--sample-every=500")
        self.socket = self.folder / "tmux"
        self.addCleanup(lambda: self.tmux("kill-server", check=False))

    def tmux(self, *arguments, check=True):
        return subprocess.run(["tmux", "-S", self.socket, "-f", "/dev/null", *arguments],
                              check=check, capture_output=True, text=True).stdout

    def start(self, *arguments, term=""):
        command = (f"trap : INT; {term} '{PROGRAM}' top {' '.join(map(str, arguments))}; "
                   "echo \"exit code $?\"; sleep 600")
        self.tmux("new-session", "-d", "-x", "100", "-y", "24", command)

    def screen(self):
        return self.tmux("capture-pane", "-p")

    def keys(self, *keys):
        self.tmux("send-keys", *keys)

    def wait_for(self, text, *, rows=slice(0), expected=()):
        """Until `text` is on the screen and `rows` are `expected`: the terminal may show a half."""
        expected = [line.rstrip()[:100] for line in expected]
        deadline = time.monotonic() + 300
        shown = ""
        while time.monotonic() < deadline:
            shown = self.screen()
            if text in shown and shown.splitlines()[rows] == expected:
                return shown.splitlines()
            time.sleep(0.05)
        self.assertIn(text, shown)
        self.assertEqual(shown.splitlines()[rows], expected)
        return self.fail("shown only after the time was up")

    def test_playing(self):
        self.start("--speed=0.000001", self.result)
        frame = once("--at=start", self.result)
        shown = self.wait_for("sample 1 of", rows=slice(1, 15), expected=frame[:14])
        self.assertIn("slub, playing", shown[0])
        self.keys("Space")
        self.wait_for("paused")
        self.keys("Right", "Right")
        self.wait_for("sample 3 of")
        self.keys("Left")
        self.wait_for("sample 2 of")
        self.keys("g", "100%", "Enter")
        self.wait_for("at the end")
        self.keys("n")
        names = once("-s", "n", self.result)[9:22]
        self.wait_for("sorted by n", rows=slice(10, -1), expected=names)
        self.keys("g", "soon", "Enter")
        self.wait_for("no time: as 1.5s")
        self.keys("q")
        self.wait_for("exit code 0")

    def test_it_goes_on_by_itself_and_stops_at_the_end(self):
        self.start("--speed=1", self.result)
        self.wait_for("at the end")
        # So slow that it is not over again before it is seen.
        self.keys(*["-"] * 20, "Space")
        self.wait_for("playing")

    def test_resizing(self):
        self.start("--at=end", self.result)
        self.wait_for("at the end")
        for width, height in ((60, 12), (20, 5), (3, 1), (150, 45)):
            self.tmux("resize-window", "-x", str(width), "-y", str(height))
            time.sleep(0.3)
        shown = self.wait_for("q: quit", rows=slice(1, 43), expected=once(self.result)[:42])
        self.assertEqual(len(shown), 45)
        self.keys("Q")
        self.wait_for("exit code 0")

    def test_signals_restore_the_terminal(self):
        self.start("--at=end", self.result)
        self.wait_for("at the end")
        self.keys("C-c")
        self.wait_for("exit code 0")
        self.tmux("kill-server")
        self.socket = self.folder / "tmux-again"
        self.start("--at=end", self.result)
        self.wait_for("at the end")
        shell = self.tmux("display-message", "-p", "#{pane_pid}").strip()
        children = pathlib.Path(f"/proc/{shell}/task/{shell}/children").read_text().split()
        os.kill(int(children[0]), signal.SIGTERM)
        self.wait_for("exit code 0")

    def test_unknown_terminal(self):
        self.start(self.result, term="TERM=no-such-terminal")
        self.wait_for("this terminal will not do (TERM=no-such-terminal): use --once")
        self.wait_for("exit code 2")


if __name__ == "__main__":
    unittest.main()
