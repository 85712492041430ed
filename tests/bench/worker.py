# SPDX-License-Identifier: MIT
"""Times one runtime: worker.py CONTENDER MODEL THREADS

Prints a line of JSON with the time to import and load, and the peak of its
memory in KiB after a run less that before the import. Then answers each line on
its input, a number of seconds, with a list of milliseconds, one per run.
"""
import json
import os
import sys
import time

from contenders import CONTENDERS


def peak():
    """KiB. Unlike getrusage()'s, not what the parent had."""
    with open("/proc/self/status", encoding="ascii") as file:
        return int(next(line.split()[1] for line in file
                        if line.startswith("VmHWM:")))


def timed(run):
    begin = time.perf_counter_ns()
    run()
    return (time.perf_counter_ns() - begin) / 1e6


def main(name, path, threads):
    if threads == 1:
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    # Some runtimes print.
    answers = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)
    before = peak()
    begin = time.perf_counter()
    contender = CONTENDERS[name](path, threads)
    load = time.perf_counter() - begin
    first = timed(contender.run)
    print(json.dumps({"load_ms": load * 1e3, "first_ms": first,
                      "rss_kib": peak() - before}), file=answers, flush=True)
    for line in sys.stdin:
        end = time.perf_counter() + float(line)
        samples = [timed(contender.run)]
        while time.perf_counter() < end:
            samples.append(timed(contender.run))
        print(json.dumps(samples), file=answers, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
