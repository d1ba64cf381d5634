# SPDX-License-Identifier: GPL-3.0-or-later
"""The order of CPUs that a trace does not tell, found by what each was given (assist lock_order).

A random trace of three CPUs is replayed once to learn the addresses that it gets. Then its clock is
made to stand still for some twenty records at a time, and each such stretch is listed CPU by CPU,
as tracing tools merge records of one time. Replayed as listed, many addresses differ; with the
assist, hardly one does. In a stretch only one CPU frees: of the frees of several, nothing tells the
order. Before that the clock runs, until pages are there for all: nothing here tells who had which
first.

Where all CPUs share their lists (slob), a CPU that its host takes away tells of an allocation long
after it was made: such ones are moved to the end of their CPU's silence.
"""

import pathlib
import random
import tempfile
import unittest

from run_fixture import slabyard

CPUS = 3
WARM_UP = 1500  # calls
HEAD = "# slabyard: meta page_offset=0xffff888000000000\n"
SIZES = (24, 60, 120, 500)


def random_calls(seed, count):
    """(cpu, number of the allocation, bytes or None for its free), in the order of execution."""
    rng = random.Random(seed)
    calls, live = [], []
    for _ in range(count):
        cpu = rng.randrange(CPUS)
        if len(live) > 150 or (live and cpu == len(calls) // 30 % CPUS):
            calls.append((cpu, live.pop(rng.randrange(len(live))), None))
        else:
            live.append(len(calls))
            calls.append((cpu, len(calls), rng.choice(SIZES)))
    return calls


def text(calls, times, addresses):
    lines = []
    for (cpu, number, size), time in zip(calls, times):
        what = f"kfree: ptr={addresses[number]}" if size is None else (
            f"kmalloc: ptr={addresses[number]} bytes_req={size} bytes_alloc={size}")
        lines.append(f"prog-1 [{cpu:03}] {time}: {what}\n")
    return HEAD + "".join(lines)


def frozen(calls, addresses):
    """The calls as listed, and their times: between CPUs no address passes within a stretch."""
    stretches, touched, freeing = [[]], {}, None
    for call in calls:
        cpu, number, size = call
        address = addresses[number]
        whole = 20 if number > WARM_UP else 1
        if len(stretches[-1]) == whole or touched.get(address, cpu) != cpu or (
                size is None and freeing not in (None, cpu)):
            stretches.append([])
            touched, freeing = {}, None
        touched[address] = cpu
        freeing = cpu if size is None else freeing
        stretches[-1].append(call)
    listed = [sorted(stretch, key=lambda call: call[0]) for stretch in stretches]
    # Further apart than records are looked at together.
    times = [10**9 + 50_000 * i for i, stretch in enumerate(listed) for _ in stretch]
    return [call for stretch in listed for call in stretch], times


def told_late(calls, _):
    """The calls as listed, and their times: some are told just before their CPU's next one."""
    times = [10**9 + 50_000 * i for i in range(len(calls))]
    for i, (cpu, number, size) in enumerate(calls[:-CPUS * 20]):
        after = next(k for k in range(i + 1, len(calls)) if calls[k][0] == cpu)
        freed = calls[after] == (cpu, number, None)
        if size is not None and number > WARM_UP and i % 20 == 0 and after > i + 1 and not freed:
            times[i] = times[after] - 1000
    listed = sorted(range(len(calls)), key=times.__getitem__)
    return [calls[i] for i in listed], [times[i] for i in listed]


class CpuOrder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def replay(self, trace, *arguments, policy):
        """(matched, compared) and the simulated addresses."""
        path, placements = self.folder / "trace.txt", self.folder / "placements"
        path.write_text(trace)
        printed = slabyard("run", "--trace", path, "-c", "pc-256mib", "--set", "machine.cpus=3",
                           "--set", f"slab.policy={policy}",
                           "--placements", placements, "-o", self.folder / "result.h5",
                           *arguments).stdout.decode()
        words = next(line for line in printed.splitlines() if line.startswith("placements"))
        _, matched, _, compared, *_ = words.split()
        rows = [line.split("\t") for line in placements.read_text().splitlines()]
        return int(matched), int(compared), [row[3] for row in rows]

    def replay_moved(self, seed, moved, policy):
        """Addresses that differ without the assist and with it, in a trace that moved() lists."""
        calls = random_calls(seed, 3000)
        numbers = [number for _, number, size in calls if size is not None]
        unknown = {number: f"{0x1000000 + 4096 * number:x}" for number in numbers}
        spread = [10**9 + 50_000 * i for i in range(len(calls))]
        _, _, given = self.replay(text(calls, spread, unknown), policy=policy)
        addresses = dict(zip(numbers, given))
        trace = text(*moved(calls, addresses), addresses)
        differing = []
        for assist in "none", "lock_order,drain":
            matched, compared, _ = self.replay(trace, "--assist", assist, policy=policy)
            self.assertEqual(compared, len(numbers))
            differing.append(compared - matched)
        return differing

    def test_order_is_found(self):
        """In most runs all of it; in some a choice that nothing told of until later was wrong."""
        runs = [self.replay_moved(seed, frozen, "slub") for seed in range(10)]
        self.assertGreater(sum(before for before, _ in runs), 250)
        self.assertLess(sum(after for _, after in runs), 50)
        self.assertGreaterEqual(sum(after == 0 for _, after in runs), 8)

    def test_what_is_told_late_is_found(self):
        """As above: in most runs all of it, in some an address came to be free again meanwhile."""
        runs = [self.replay_moved(seed, told_late, "slob") for seed in range(6)]
        self.assertTrue(all(before > 50 for before, _ in runs))
        self.assertGreaterEqual(sum(after == 0 for _, after in runs), 4)


if __name__ == "__main__":
    unittest.main()
