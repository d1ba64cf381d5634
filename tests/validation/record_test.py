# SPDX-License-Identifier: GPL-3.0-or-later
"""The recorder, on programs made for it and on those of the system: what a program did is recorded
whole and in order, so that its replay through the simulated ptmalloc gives every address and every
movement of the break, and the program notices nothing. Addresses are compared where the C library
is glibc 2.36, which the simulated one is modelled on."""

import os
import pathlib
import platform
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("SLABYARD_BUILD_DIR", SOURCE / "build"))
SLABYARD = os.environ.get("SLABYARD", str(BUILD / "slabyard"))
HERE = BUILD / "tests" / "validation"
PROGRAM = str(HERE / "recorded_program")
IS_MODELLED = platform.libc_ver() == ("glibc", "2.36")


def run(*command, **options):
    return subprocess.run(
        [str(word) for word in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        check=False,
        timeout=300,
        **options,
    )


def wait_until(condition):
    deadline = time.monotonic() + 120
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError("waited in vain")
        time.sleep(0.2)


class Recording(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="slabyard-record-")
        self.path = pathlib.Path(self.folder.name)
        self.out = self.path / "out.syt"

    def tearDown(self):
        self.folder.cleanup()

    def record(self, *command, options=(), expect=0, **run_options):
        done = run(SLABYARD, "record", "-o", self.out, *options, "--", *command, **run_options)
        self.assertEqual(done.returncode, expect, done.stderr)
        return done

    def dump(self, path=None):
        done = run(SLABYARD, "dump", path or self.out)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def count(self, text, operation):
        return len(re.findall(rf" {operation}: ", text))

    def traces(self):
        return sorted(self.path.glob("out*.syt"))

    def replay(self, path, *options):
        """What `slabyard run` says of this trace."""
        done = run(SLABYARD, "run", "--trace", path, "--progress", "off", *options)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def assert_exact(self, *paths):
        """Every address and break of these traces is what `slabyard run` gives, told nothing."""
        if not IS_MODELLED:
            print(f"the C library is {platform.libc_ver()}, not glibc 2.36: not compared")
            return None
        told = [self.replay(path) for path in paths or self.traces()]
        for text in told:
            for line in re.findall(r"^(?:placements|breaks|mapped blocks) .*", text, re.MULTILINE):
                matched, compared = re.search(r"(\d+) of (\d+)", line).groups()
                self.assertEqual(matched, compared, text)
            self.assertNotIn("diverged", text)
        self.assertRegex("".join(told), r"(?m)^placements +[1-9]")
        return "".join(told)


class ExactTest(Recording):
    def test_rare_calls(self):
        self.record(PROGRAM, "rare_calls")
        self.assert_exact()
        text = self.dump()
        self.assertEqual(self.count(text, "mallopt"), 4)
        self.assertEqual(self.count(text, "malloc_trim"), 2)
        self.assertIn("failed=1", text)
        # The program's own movements of the break have detail 1.
        self.assertEqual(len(re.findall(r" brk: addr=\S+ detail=1", text)), 2)

    def test_tunables(self):
        self.record(PROGRAM, "threads", env={
            **os.environ, "MALLOC_ARENA_MAX": "2", "MALLOC_TOP_PAD_": "65536",
            "GLIBC_TUNABLES": "glibc.malloc.tcache_count=3:glibc.cpu.x86_ibt=off"})
        self.assert_exact()
        self.assertIn("meta GLIBC_TUNABLES=glibc.malloc.arena_max=2:glibc.malloc.top_pad=65536:"
                      "glibc.malloc.tcache_count=3\n", self.dump())

    def test_thresholds_that_are_set(self):
        """Each decides addresses; a tunable of glibc's own number does, too: it is set."""
        for setting in ("trim_threshold=131072", "mmap_threshold=131072", "mmap_max=65536",
                        "top_pad=0", "no_such=1:trim_threshold=1048576x"):
            with self.subTest(setting):
                tunables = ":".join(f"glibc.malloc.{word}" for word in setting.split(":"))
                self.record(PROGRAM, "threads", env={**os.environ, "GLIBC_TUNABLES": tunables})
                told = self.assert_exact()
                if told:
                    self.assertIn(f"recorded with  GLIBC_TUNABLES={tunables}, replayed with it\n",
                                  told)
                    self.assertIn("tunables 1", told)

    def test_tunables_are_taken_unless_configured(self):
        self.record(PROGRAM, "threads", env={**os.environ, "MALLOC_ARENA_MAX": "1"})
        told = self.assert_exact()
        if not told:
            return
        own = "glibc.malloc.arena_max=1"
        for settings, said in {
            ("libc.ptmalloc.GLIBC_TUNABLES=none",): "unlike it      GLIBC_TUNABLES=none here",
            ("libc.ptmalloc.M_ARENA_MAX=8",): f"recorded with  GLIBC_TUNABLES={own}, replayed",
            (f"libc.ptmalloc.GLIBC_TUNABLES={own}",): None,
        }.items():
            told = self.replay(self.out, *(f"--set={setting}" for setting in settings))
            self.assertEqual("diverged" not in told, said is None, told)
            self.assertIn(said or "recorded with", told)
        perturb = "glibc.malloc.perturb=1"
        self.record(PROGRAM, "self", env={**os.environ, "GLIBC_TUNABLES": perturb})
        done = run(SLABYARD, "run", "--trace", self.out)
        self.assertEqual(done.returncode, 2)
        self.assertIn("the recorded process had GLIBC_TUNABLES: glibc.malloc.perturb is not "
                      "simulated (libc.ptmalloc.GLIBC_TUNABLES=none: replayed without)\n",
                      done.stderr)

    def test_arenas_are_limited_by_the_recording_machine(self):
        self.record(PROGRAM, "crowd")
        told = self.assert_exact()
        if not told:
            return
        self.assertIn("cpus 1", told)
        cpus = re.search(r"meta cpus=(\d+)", self.dump())[1]
        other = int(cpus) // 2 or 2
        for setting in (f"machine.cpus={other}", f"libc.ptmalloc.cpus={other}"):
            told = self.replay(self.out, "--set", setting)
            self.assertIn(f"unlike it      {setting.replace('=', ' ')} limits arenas, recorded on "
                          f"{cpus} CPUs", told)
            if other < int(cpus):
                self.assertIn("diverged", told)

    def test_stuck_break(self):
        self.record(PROGRAM, "stuck_break")
        replayed = self.assert_exact()
        if replayed:
            self.assertIn("brk_fail 1", replayed)

    def test_refused_sizes(self):
        self.record(PROGRAM, "refused_sizes")
        self.assert_exact()

    def test_libraries(self):
        done = self.record(HERE / "recorded_libraries")
        # Found though it is the recorder's function that was called; and unseen as it says.
        self.assertIn("1 times a library was opened with RTLD_DEEPBIND", done.stderr)
        self.assertNotIn("a malloc of its own", done.stderr)
        self.assertEqual(len(re.findall(r"bytes_req=4000\b", self.dump())), 1)

    def test_threads(self):
        for _ in range(4):
            done = self.record(PROGRAM, "threads")
            # A thread that waits for another while it ends cannot be told exactly; none does.
            self.assertNotIn("ends of threads", done.stderr)
            self.assert_exact()
        text = self.dump()
        self.assertGreaterEqual(self.count(text, "thread_start"), 6 * 8)
        self.assertGreaterEqual(self.count(text, "thread_exit"), 6 * 8)

    def test_forks(self):
        done = self.record(PROGRAM, "forks")
        self.assert_exact(self.out)
        children = [p for p in self.traces() if p != self.out]
        # The child, its child, `true`, and the shell with `true`, which it may execute itself.
        self.assertIn(len(children), (4, 5), done.stderr)
        forked = [p for p in children if "meta forked_from=" in self.dump(p)]
        self.assertEqual(len(forked), 2, done.stderr)
        self.assert_exact(*forked)
        # What the parent did is in the child's trace before its own.
        parent = re.findall(r" malloc: ptr=\S+ bytes_req=\d+", self.dump())
        for path in forked:
            child = re.findall(r" malloc: ptr=\S+ bytes_req=\d+", self.dump(path))
            self.assertEqual(child[:500], parent[:500])
        # And the parent's tells when its children end.
        self.assertEqual(self.count(self.dump(), "fork"), 2)
        self.assertEqual(self.count(self.dump(), "exit"), 2)
        self.assertEqual(self.count(self.dump(), "exec"), 1)
        self.assertIn("1 forked processes are left out", done.stderr)

    def test_forks_left_out(self):
        done = self.record(PROGRAM, "forks", options=["--no-forks"])
        # Its children, and theirs, are not there; the programs that they have executed are.
        self.assertIn("3 forked processes are left out\n", done.stderr)
        texts = [self.dump(path) for path in self.traces()]
        self.assertFalse([text for text in texts if "meta forked_from=" in text])
        self.assertEqual(self.count(self.dump(), "fork"), 2)
        self.assert_exact()

    def test_a_child_left_out_does_not_wait(self):
        script = ('my @x; if (!fork) { for (1..300000) { push @x, "a" x 200; '
                  'shift @x if @x > 9 } }')
        self.record("perl", "-e", script + " wait", options=["--no-forks"])
        self.assertEqual(len(self.traces()), 1)

    def test_fork_of_many_threads(self):
        for _ in range(3):
            self.record(PROGRAM, "fork_of_many")
            self.assert_exact()
        self.assertGreaterEqual(len(self.traces()), 2)

    def test_a_child_that_outlives_its_parent(self):
        self.record(PROGRAM, "daemonised")
        self.assertEqual(len(self.traces()), 2)
        self.assert_exact()

    def test_what_children_inherit_is_whole(self):
        self.record(PROGRAM, "fork_after_fork")
        self.assertEqual(len(self.traces()), 5)
        self.assert_exact()
        for path in self.traces():
            done = run(SLABYARD, "run", "--trace", path, "--progress", "off", cwd=self.path)
            self.assertNotIn("never allocated", done.stdout, path)
            self.assertNotIn("diverged", done.stdout, path)

    def test_another_pid_namespace(self):
        done = run(SLABYARD, "record", "-o", self.out, PROGRAM, "first_of_namespace")
        if done.returncode == 77:
            print("a PID namespace is not to be had here: not tested")
            return
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([path.name for path in self.traces()], ["out.1.syt", "out.syt"])
        self.assert_exact()

    def test_an_emptied_environment_is_followed(self):
        self.record("env", "-i", "/usr/bin/sort", "--version")
        self.assertIn("sort", [re.search(r"comm=(\S+)", self.dump(p))[1] for p in self.traces()])
        self.assert_exact()

    def test_programs_of_the_system(self):
        text = self.path / "text"
        text.write_text("".join(f"{i * 7919 % 10007} line {i}\n" for i in range(20000)))
        source = SOURCE / "sim" / "base" / "units.c"
        compiler = os.environ.get("SLABYARD_COMPILER", "cc")
        programs = [
            ["sqlite3", ":memory:", "create table t(a,b); with recursive c(x) as (select 1 union "
             "all select x+1 from c where x<5000) insert into t select x, 'n'||x from c; "
             "create index i on t(b); select count(*) from t where b like '%7%';"],
            ["git", "-C", SOURCE, "log", "--stat", "-10"],
            ["jq", "-n", "[range(5000)|{a:.,b:tostring}]|map(.a)|add"],
            ["python3", "-c", "d={i:str(i)*3 for i in range(20000)}; import json; json.dumps(d)"],
            ["sort", "--parallel=2", "-S", "1M", text],
            ["perl", "-e", "my %h; $h{$_ % 500} .= \"x$_\" for 1..20000; print scalar %h"],
            ["xz", "-T4", "-k", "-c", "-0", "--block-size=65536", text],
            ["tar", "cf", "/dev/null", SOURCE / "sim"],
            [compiler, "-fsyntax-only", "-I", SOURCE / "sim", source],
            ["cmake", "--help-manual", "cmake-commands"],
            ["bash", "-c", "for i in 1 2 3; do x=$(echo $i | cat); done; (echo $x)"],
        ]
        for command in programs:
            with self.subTest(command=command[0]):
                if not shutil.which(command[0]):
                    print(f"{command[0]} is not installed here: not recorded")
                    continue
                for path in self.traces():
                    path.unlink()
                self.record(*command, env={**os.environ, "PYTHONMALLOC": "malloc"})
                for line in re.findall(r"placements .*", self.assert_exact() or ""):
                    print(f"{command[0]}: {line}")


class UnseenTest(Recording):
    def test_addresses_and_files_are_as_without(self):
        alone = run("setarch", "-R", PROGRAM, "self")
        done = self.record(PROGRAM, "self")
        self.assertEqual(done.stdout, run(PROGRAM, "self").stdout)
        self.assertEqual(done.stdout, alone.stdout)

    def test_input_output_and_exit_code(self):
        done = self.record("sh", "-c", "cat; echo oops >&2; exit 7", expect=7, input="hello\n")
        self.assertEqual(done.stdout, "hello\n")
        self.assertTrue(done.stderr.startswith("oops\n"), done.stderr)

    def test_the_signal_that_ends_a_program_is_passed_on(self):
        for number in (signal.SIGSEGV, signal.SIGTERM, signal.SIGKILL):
            done = self.record("sh", "-c", f"kill -{int(number)} $$", expect=-number)
            self.assertIn("1 process", done.stderr)

    def test_signals_go_to_the_program(self):
        script = "trap 'echo got; exit 3' TERM; echo ready; while :; do sleep 0.05; done"
        with subprocess.Popen([SLABYARD, "record", "-o", self.out, "sh", "-c", script],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as p:
            self.assertEqual(p.stdout.readline(), "ready\n")
            p.send_signal(signal.SIGTERM)
            self.assertEqual(p.stdout.read(), "got\n")
            p.stderr.read()
            self.assertEqual(p.wait(), 3)


class KilledTest(Recording):
    def start(self):
        process = subprocess.Popen([SLABYARD, "record", "-o", self.out, "--", PROGRAM, "endless"],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.assertEqual(process.stdout.readline(), "ready\n")
        children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
        return process, int(children.split()[0])

    def test_a_killed_program_leaves_all_it_did(self):
        process, child = self.start()
        os.kill(child, signal.SIGKILL)
        process.communicate()
        self.assertEqual(process.returncode, -signal.SIGKILL)
        self.assertGreater(self.count(self.dump(), "malloc"), 20000)
        self.assert_exact()

    def test_a_killed_recorder_leaves_what_it_had_written(self):
        process, child = self.start()
        left = list(self.path.glob("out.syt.tmp.*"))
        self.assertEqual(len(left), 1)
        wait_until(lambda: self.count(self.dump(left[0]), "malloc") > 20000)
        process.kill()
        process.wait()
        self.assertFalse(self.out.exists())
        self.assertGreater(self.count(self.dump(left[0]), "malloc"), 20000)
        self.assert_exact(left[0])
        # The program goes on, and does not wait for a recorder that is gone.
        status = pathlib.Path(f"/proc/{child}/stat")
        before = status.read_text().split()[13:15]
        wait_until(lambda: status.read_text().split()[13:15] != before)
        self.assertNotEqual(status.read_text().split()[2], "Z")
        os.kill(child, signal.SIGKILL)
        process.communicate()

    def test_a_full_disk_is_told_and_the_program_ends_well(self):
        done = run(SLABYARD, "record", "-o", "/dev/full", "--", PROGRAM, "rare_calls")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr, "slabyard: /dev/full: cannot write: "
                                      "No space left on device\n")


class OtherMallocTest(Recording):
    def test_a_preloaded_one_goes_on_to_serve(self):
        other = HERE / "other_malloc.so"
        done = self.record("env", f"LD_PRELOAD={other}", PROGRAM, "forks")
        self.assertIn(f"its malloc is that of {other}", done.stderr)
        trace = next(t for t in map(self.dump, self.traces()) if "meta libc=other_malloc.so" in t)
        self.assertIn("# slabyard: meta chunk_flags=0", trace)
        # Where the heap begins says nothing of that one's addresses.
        self.assertIn("process_start: brk0=0x0 ", trace)

    def test_one_of_the_program_itself_is_told(self):
        done = self.record(HERE / "other_malloc_program")
        self.assertIn("it has a malloc of its own in", done.stderr)


class RefusedTest(Recording):
    def refused(self, *command, message):
        done = run(SLABYARD, "record", "-o", self.out, "--", *command)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertEqual(done.stderr, f"slabyard: {message}\n")
        self.assertEqual(self.traces(), [])

    def test_static(self):
        program = HERE / "static_program"
        self.refused(program, "self", message=f"{program}: cannot be recorded: it is statically "
                     "linked, so that no library can be preloaded into it")

    def test_script_of_a_static_interpreter(self):
        script = self.path / "script"
        script.write_text(f"#!{HERE / 'static_program'} self\n")
        script.chmod(0o755)
        self.refused(script, message=f"{HERE / 'static_program'}: cannot be recorded: it is "
                     "statically linked, so that no library can be preloaded into it")

    def test_set_user_id(self):
        if os.geteuid() != 0:
            print("not root: no program can be made set-user-ID of another user")
            return
        program = self.path / "program"
        shutil.copy(PROGRAM, program)
        os.chown(program, 65534, -1)
        program.chmod(0o4755)
        self.refused(program, message=f"{program}: cannot be recorded: it runs with its owner's "
                     "rights (set-user-ID)")

    def test_no_such_command(self):
        self.refused("no-such-command", message="no-such-command: no such command is in PATH")

    def test_no_such_folder(self):
        done = run(SLABYARD, "record", "-o", self.path / "none" / "out.syt", "true")
        self.assertEqual(done.returncode, 1)
        self.assertIn("cannot write: No such file or directory", done.stderr)

    def test_a_static_child_is_missed_aloud(self):
        done = self.record("sh", "-c", f"exec {HERE / 'static_program'} self")
        self.assertIn("1 programs that were executed are not recorded", done.stderr)


class SpaceTest(Recording):
    def test_mappings_of_the_program(self):
        self.record(PROGRAM, "touches")
        text = self.dump()
        self.assertEqual(self.count(text, "mmap"), 1)
        self.assertEqual(self.count(text, "madvise"), 2)
        self.assertEqual(self.count(text, "mremap"), 1)
        self.assertEqual(self.count(text, "munmap"), 1)

    def test_faults(self):
        done = run(SLABYARD, "record", "-o", self.out, "--faults", "--", PROGRAM, "touches")
        if done.returncode == 2:
            self.assertIn("slabyard: page faults: perf events ", done.stderr)
            print(f"page faults are not tested: {done.stderr}", end="")
            return
        self.assertEqual(done.returncode, 0, done.stderr)
        base = int(done.stdout, 16)
        faults = re.findall(r" (page_\w+): (?:addr|address)=(0x\w+)", self.dump())
        pages = {(int(a, 16) - base) >> 12: kind for kind, a in faults}
        for page in range(150):
            self.assertIn(page, pages)
        for page in range(150, 200):
            self.assertNotIn(page, pages)
        if "reads and writes are not told apart" in done.stderr:
            print("the tracepoints of page faults are not to be had: reads and writes not tested")
            return
        self.assertEqual({pages[p] for p in range(100)}, {"page_write"})
        self.assertEqual({pages[p] for p in range(100, 150)}, {"page_read"})

    def test_faults_are_those_that_the_kernel_counts(self):
        done = run(SLABYARD, "record", "-o", self.out, "--faults", "--", PROGRAM, "counted")
        if done.returncode == 2:
            print(f"page faults are not tested: {done.stderr}", end="")
            return
        told = int(re.search(r"(\d+) page faults", done.stderr)[1])
        if "without those inside system calls" in done.stderr:
            self.assertLessEqual(told, int(done.stdout) + 5)
        else:
            # A few come after the program has asked, and at its end; on a busy machine the kernel
            # counts some twice that it had to try again.
            self.assertAlmostEqual(told, int(done.stdout), delta=20)
        # In the replay they are those of the heap: 2000 blocks of 3 kB, 10 MiB mapped, and what
        # the program has besides (its stack, its libraries) lies in no mapping that is known.
        result = self.path / "result.h5"
        done = run(SLABYARD, "run", "--trace", self.out, "--assist", "mmap_base", "-o", result,
                   "--progress", "off")
        self.assertEqual(done.returncode, 0, done.stderr)
        faults = int(re.search(r"minor faults (\d+)", done.stdout)[1])
        outside = int(re.search(r"(\d+) touches of memory in no known", done.stdout)[1])
        blocks = (2000 * 3008 + 4095) // 4096
        self.assertAlmostEqual(faults + outside, told, delta=5)
        self.assertAlmostEqual(faults, blocks + 2560 + 2, delta=4)


if __name__ == "__main__":
    unittest.main(verbosity=2)
