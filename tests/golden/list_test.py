# SPDX-License-Identifier: GPL-3.0-or-later
"""`slabyard list` shows what the schema, made of the same tables on another way, has."""

import json
import re
import unittest

from run_fixture import slabyard


def printed(*arguments):
    return slabyard("list", *arguments).stdout.decode()


def schema():
    return json.loads(slabyard("config", "--schema").stdout)["properties"]


def options_of(properties):
    """Names of the options among a section's or policy's properties."""
    return {name for name, what in properties.items() if what.get("type") != "object"}


class List(unittest.TestCase):
    def setUp(self):
        self.sections = {
            name: section["properties"]
            for name, section in schema().items()
            if "properties" in section
        }

    def test_every_policy_with_its_default(self):
        for kind, properties in self.sections.items():
            if "policy" not in properties:
                continue
            rows = re.findall(r"^  ([* ])  (\S+) +\S", printed(kind), re.MULTILINE)
            names = [name for name in properties["policy"]["enum"] if name]
            self.assertEqual([name for _, name in rows], names)
            default = [name for star, name in rows if star == "*"]
            self.assertEqual(default, [properties["policy"]["default"]])
            self.assertIn(printed(kind), printed())

    def test_trace_formats(self):
        for name in ("ftrace", "trace-cmd", "perf-script", "text"):
            self.assertRegex(printed("format"), rf"(?m)^  .  {name} +\S")

    def test_bundled_traces(self):
        rows = dict(re.findall(r"^ +(\S+) +(.*\S)", printed("trace"), re.MULTILINE))
        self.assertRegex(rows["kmix-slub"], r"^kmix  +[0-9.]+ KiB$")
        self.assertRegex(rows["kmix-slab"], r"^[0-9.]+ KiB$")
        self.assertIn(printed("trace"), printed())
        for name in ("kmix-slub", "kmix", "as-1", "heap-reuse"):
            for command in (["info"], ["dump"], ["top", "--once"], ["run", "--trace"]):
                slabyard(*command, name)

    def test_options_of_a_policy(self):
        names = set(self.sections["slab"]["slub"]["properties"])
        rows = printed("--options", "slub").splitlines()
        self.assertEqual(rows[0].split(), ["OPTION", "TYPE", "DEFAULT", "RANGE", "UNIT", "HELP"])
        self.assertEqual({row.split()[0] for row in rows[1:]}, {f"slab.slub.{n}" for n in names})

    def test_options_of_a_section(self):
        names = options_of(self.sections["machine"])
        rows = printed("--options", "machine").splitlines()[1:]
        self.assertEqual({row.split()[0] for row in rows}, {f"machine.{name}" for name in names})

    def test_all_options(self):
        count = 0
        for properties in self.sections.values():
            count += len(options_of(properties) - {"policy"})
            policies = [what for what in properties.values() if what.get("type") == "object"]
            count += sum(len(policy["properties"]) for policy in policies)
        self.assertEqual(len(printed("--options", "all").splitlines()), count + 1)

    def test_policy_without_options(self):
        self.assertEqual(printed("page", "--options", "null"), "null has no options\n")


if __name__ == "__main__":
    unittest.main()
