# SPDX-License-Identifier: GPL-3.0-or-later
"""How fast sweeps are carried out, merged and compared: sweep_bench.py [RUNS]

A sweep of 200 runs (or RUNS) of a trace of 50,000 records on two processes and on one; what a run
costs beside its replay; and a merge and a comparison of 1000 results. Beside the time on the clock,
which other work on the machine disturbs, stands that of the CPU.
"""
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.path.abspath(os.environ.get("SLABYARD", SOURCE / "build" / "slabyard"))
RECORDS = 50000
RESULTS = 1000


def timed(*arguments):
    """Seconds on the clock and of the CPU."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run([PROGRAM, *map(str, arguments)], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
    wall, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def write_trace(path, records):
    """Objects of eight sizes, each freed 400 records later."""
    with open(path, "w", encoding="ascii") as file:
        for i in range(records):
            head = f"prog-1 [000] {1 + i // 100000}.{i % 100000:05}0000: "
            address = 0xFFFF888001000000 + 4096 * ((i // 2) % 400)
            if i % 2 == 0 and i >= 800 or i % 2 == 1:
                file.write(f"{head}kfree: ptr=0x{address:x}\n" if i % 2 == 0 else
                           f"{head}kmalloc: ptr=0x{address:x} bytes_req={24 << (i // 2) % 8} "
                           f"bytes_alloc={32 << (i // 2) % 8}\n")


def write_experiment(folder, name, trace, runs):
    """Every run on another machine, half of them under SLOB."""
    memory = ", ".join(f"{64 + i}MiB" for i in range(runs // 2))
    path = folder / f"{name}.yaml"
    path.write_text(f"traces: [{trace}]\n"
                    "sweep: {matrix: {slab.policy: [slub, slob], "
                    f"machine.memory: [{memory}]}}}}\n"
                    "baseline: {slab.policy: slub}\nreport: [slab_bytes_held, cost_ns]\n")
    return path


def say(what, wall, cpu, target=""):
    print(f"{what:44} {wall:8.2f} s   CPU {cpu:8.2f} s   {target}", flush=True)


def bench_sweep(folder, runs):
    write_trace(folder / "long.txt", RECORDS)
    experiment = write_experiment(folder, "long", "long.txt", runs)
    two = timed("sweep", experiment, "-j2", "-o", folder / "two")
    one = timed("sweep", experiment, "-j1", "-o", folder / "one")
    say(f"{runs} runs of {RECORDS} records, -j2", *two, "under 30 s for 200 runs")
    say(f"{runs} runs of {RECORDS} records, -j1", *one)
    print(f"{'speed-up of two processes':44} {one[0] / two[0]:8.2f}     to reach: 1.9")


def bench_overhead(folder, runs):
    """What a run of a sweep takes more than the same by hand, of a trace that is over at once."""
    write_trace(folder / "short.txt", 20)
    experiment = write_experiment(folder, "short", "short.txt", runs)
    sweep = timed("sweep", experiment, "-j1", "-o", folder / "short")
    (trace,) = (folder / "short" / "traces").glob("*.syt")
    config = next((folder / "short" / "configs").glob("*.yaml"))
    by_hand = [timed("run", "--trace", trace, "-c", config, "-o", folder / "by-hand.h5")
               for _ in range(runs)]
    for what, i in (("on the clock", 0), ("of the CPU", 1)):
        hand = 1000 * sum(times[i] for times in by_hand) / runs
        swept = 1000 * sweep[i] / runs
        print(f"a run over at once, ms {what:21} {hand:8.2f}     in a sweep {swept:8.2f}   "
              f"overhead {swept - hand:6.2f}, under 20")


def bench_results(folder):
    experiment = write_experiment(folder, "many", "short.txt", RESULTS)
    timed("sweep", experiment, "-j2", "-o", folder / "many")
    say(f"merge of {RESULTS} runs", *timed("merge", folder / "many"), "under 10 s")
    say(f"merge of {RESULTS} runs, --link", *timed("merge", folder / "many", "--link"))
    say(f"compare on {RESULTS} runs", *timed("compare", folder / "many"), "under 5 s")
    say(f"compare on {RESULTS} runs, merged",
        *timed("compare", folder / "many" / "merged.h5"))


def main():
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    with tempfile.TemporaryDirectory(prefix="slabyard-bench-") as name:
        folder = pathlib.Path(name)
        bench_sweep(folder, runs)
        bench_overhead(folder, runs)
        bench_results(folder)


if __name__ == "__main__":
    main()
