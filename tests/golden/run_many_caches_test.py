# SPDX-License-Identifier: GPL-3.0-or-later
"""Drivers that create and destroy caches for ever: each has a number and locks of its own."""

import unittest

from run_fixture import slabyard

OBJECT = "t-1 [000] 0.000000: kmalloc: ptr=ffff888001000000 bytes_req=64 bytes_alloc=64\n"
LIFE = (
    "t-1 [000] {0:.6f}: kmem_cache_create: name=c{1} object_size={2} align=0 slab_flags=0x0"
    " constructor=1\n"
    "t-1 [000] {0:.6f}: kmem_cache_destroy: name=c{1}\n"
)


def lives(count):
    return OBJECT + "".join(
        LIFE.format((i + 1) / 1e6, i, 100 + 8 * (i % 50)) for i in range(count)
    )


class ManyCaches(unittest.TestCase):
    def carried_out(self, count, *settings):
        done = slabyard(
            *("run", "--trace", "-", "--format", "text"),
            *(word for setting in settings for word in ("--set", setting)),
            input=lives(count).encode(),
        )
        self.assertRegex(done.stdout.decode(), rf"kmem_cache_destroy +{count} +{count} +0 ")

    def test_locks_of_sixteen_nodes(self):
        nodes = ("machine.cpus=16", "machine.nodes=16", "machine.memory=16GiB")
        for policy in ("slub", "slab"):
            with self.subTest(policy):
                self.carried_out(9_000, f"slab.policy={policy}", *nodes)

    def test_more_than_there_are_numbers(self):
        done = slabyard("run", "--trace", "-", "--format", "text", input=lives(66_000).encode(),
                        expect=2)
        self.assertIn("more than 65536 kmem_caches", done.stderr.decode())


if __name__ == "__main__":
    unittest.main()
