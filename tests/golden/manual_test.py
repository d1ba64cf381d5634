# SPDX-License-Identifier: GPL-3.0-or-later
"""The manual has every command, every option that --help tells of, and all that can be set."""

import re
import shutil
import subprocess
import unittest

from run_fixture import BUILD, SOURCE, slabyard

MANUAL = BUILD / "slabyard.1"


def section(name):
    """What stands under a heading, with hyphens as they are typed."""
    text = MANUAL.read_text().replace("\\-", "-")
    parts = re.split(r"^\.S[SH] ", text, flags=re.MULTILINE)
    return next((part for part in parts if re.match(rf"{re.escape(name)}\b", part)), "")


def help_of(*command):
    return slabyard(*command, "--help").stdout.decode()


class Manual(unittest.TestCase):
    def test_every_option_of_every_command(self):
        commands = set(re.findall(r"^  ([a-z]+) ", help_of(), re.MULTILINE)) - {"slabyard"}
        self.assertIn("run", commands)
        for command in commands:
            self.assertTrue(section(command), f"{command} is not in the manual")
            options = re.findall(r"^ +(?:-\w, )?(--[a-z-]+)", help_of(command), re.MULTILINE)
            for option in options:
                self.assertIn(option, section(command), command)

    def test_help_command(self):
        self.assertEqual(slabyard("help").stdout.decode(), help_of())
        for command in ("run", "compare", "plot"):
            self.assertEqual(slabyard("help", command).stdout.decode(), help_of(command))

    def test_synopsis_has_every_command(self):
        defined = (SOURCE / "sim" / "cli" / "commands.def").read_text()
        commands = re.findall(r"^COMMAND\((\w+)\)", defined, re.MULTILINE)
        self.assertIn("run", commands)
        self.assertEqual(re.findall(r"^\.B slabyard (\w+)", section("SYNOPSIS"), re.MULTILINE),
                         commands)

    def test_everything_that_can_be_set(self):
        manual = MANUAL.read_text().replace("\\-", "-").splitlines()
        rows = slabyard("list", "--options", "all").stdout.decode().splitlines()[1:]
        self.assertGreater(len(rows), 40)
        for row in rows:
            self.assertIn(".B " + row.split()[0], manual)

    @unittest.skipUnless(shutil.which("groff"), "groff is not installed")
    def test_markup(self):
        done = subprocess.run(
            ["groff", "-man", "-ww", "-z", "-Tutf8", MANUAL],
            stderr=subprocess.PIPE,
            check=True,
        )
        self.assertEqual(done.stderr, b"")


if __name__ == "__main__":
    unittest.main()
