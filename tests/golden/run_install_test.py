# SPDX-License-Identifier: GPL-3.0-or-later
"""An installation is complete: program, library, headers, pkg-config, configurations.

It is staged in a temporary folder, so nothing may point at the build or at the configured prefix.
"""

import os
import pathlib
import shlex
import subprocess
import tempfile
import unittest

from run_fixture import BUILD, CASES, SAMPLES, SOURCE, TEMPLATE_FOLDERS, TEMPLATE_POLICIES, slabyard

TRACE = SAMPLES / "kmix-slub" / "trace.txt.zst"
SANITIZE = ["-fsanitize=address,undefined"] if os.environ["SLABYARD_SANITIZE"] == "ON" else []
COMPILER = os.environ["SLABYARD_COMPILER"]


def output_of(*command, **options):
    return subprocess.run(
        [str(word) for word in command], stdout=subprocess.PIPE, check=True, **options
    ).stdout.decode()


class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.prefix = pathlib.Path(cls.folder.name) / "prefix"
        output_of("cmake", "--install", BUILD, "--prefix", cls.prefix)
        (found,) = cls.prefix.rglob("slabyard.pc")
        cls.environment = dict(os.environ, PKG_CONFIG_PATH=str(found.parent))
        cls.libraries = found.parent.parent

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def pkg_config(self, *arguments):
        static = [] if (self.libraries / "libslabyard.so").exists() else ["--static"]
        printed = output_of("pkg-config", *static, *arguments, "slabyard", env=self.environment)
        return shlex.split(printed)

    def compile(self, *arguments):
        output_of(COMPILER, "-std=c17", "-Wall", "-Wextra", "-Werror", *SANITIZE, *arguments)

    def test_program(self):
        program = self.prefix / "bin" / "slabyard"
        self.assertRegex(output_of(program, "--version"), r"^slabyard \d+\.\d+\.\d+\n$")
        self.assertEqual(
            output_of(program, "dump", TRACE), slabyard("dump", TRACE).stdout.decode()
        )

    def test_configurations_by_name(self):
        program = self.prefix / "bin" / "slabyard"
        output_of(program, "run", "-c", "pc-256mib", "--trace", TRACE)

    def test_bundled_trace_and_what_predictions_need(self):
        program = self.prefix / "bin" / "slabyard"
        printed = output_of(program, "predict", "--to", "slab", "--runs", 0, "kmix")
        self.assertRegex(printed, r"(?m)^trace +\S*share/slabyard/samples/kmix-slub/trace\.txt")
        self.assertNotIn("the table has no pair", printed)

    def test_figures(self):
        result, figure = self.prefix / "run.h5", self.prefix / "orders.csv"
        program = self.prefix / "bin" / "slabyard"
        output_of(program, "run", "--trace", TRACE, "-o", result)
        done = subprocess.run([program, "plot", "order-map", result, "-o", figure],
                              stderr=subprocess.PIPE, check=False)
        if b"apt-get install python3-h5py" in done.stderr:
            self.skipTest("matplotlib is not installed")
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertIn("free_blocks", figure.read_text())

    def test_library(self):
        consumer = self.prefix / "consumer"
        self.compile(
            CASES / "consumer.c", *self.pkg_config("--cflags", "--libs"), "-o", consumer
        )
        environment = dict(os.environ, LD_LIBRARY_PATH=str(self.libraries))
        records = int(output_of(consumer, TRACE, env=environment))
        self.assertGreater(records, 10000)

    def test_soname(self):
        library = self.libraries / "libslabyard.so"
        if not library.exists():
            self.skipTest("this build is static")
        self.assertIn("[libslabyard.so.0]", output_of("readelf", "-d", library))

    def test_policy_templates(self):
        """A policy written outside of the tree needs nothing but the installed headers."""
        for kind, policy in TEMPLATE_POLICIES.items():
            folder = SOURCE / "sim" / TEMPLATE_FOLDERS.get(kind, kind)
            template = folder / "template.c"
            with self.subTest(kind):
                plugin = self.prefix / f"{kind}.so"
                flags = ["-shared", "-fPIC", "-D_GNU_SOURCE", *self.pkg_config("--cflags")]
                self.compile(*flags, template, "-o", plugin)
                choice = f"{kind}.policy={policy}"
                program = self.prefix / "bin/slabyard"
                output_of(program, "--plugin", plugin, "run", "--trace", TRACE, "--set", choice)

    def test_headers_stand_alone(self):
        includes = self.prefix / "include" / "slabyard"
        flags = ["-fsyntax-only", "-D_GNU_SOURCE", *self.pkg_config("--cflags")]
        for header in sorted(includes.rglob("*.h")):
            with self.subTest(header.name):
                self.compile(*flags, "-include", header, "-x", "c", os.devnull)

    def test_data(self):
        data = self.prefix / "share" / "slabyard"
        for name in ("configs/machines/pc-256mib.yaml", "analysis/plot.py",
                     "analysis/prediction.csv"):
            self.assertTrue((data / name).is_file(), name)
        for name in ("sweeps.py", "figures/latency.py", "examples/read_h5py.py"):
            self.assertTrue((data / "analysis" / name).is_file(), name)
        page = self.prefix / "share/man/man1/slabyard.1"
        self.assertIn("slab.slub.cpu_partial", page.read_text())


if __name__ == "__main__":
    unittest.main()
