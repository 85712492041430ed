#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a job costs through a device node, measured in User-Mode Linux.

There a system call is slow and user code is not: so calls are counted, latency
is told in round trips of a pipe between two processes, of the same boot, and
throughput by the side of runs in process. OpenCL runs in the calling thread,
as suits the one processor of that machine; what it calls is not the daemon's.

Prints a table, writes BUILD/bench/device.json, and fails if a limit is passed.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys

import models

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODELS = ("kws", "resnet8")
LARGE = "resnet50"
LAB = "vm/uml-plain"
# Once in some seconds the daemon asks whether its device is there.
PROBES = 0.02


def make_lab(build):
    subprocess.run([ROOT / "tests/vm/uml", "plain", build / LAB], check=True)


def measure(build, paths):
    command = [ROOT / "tests/vm/uml-run", "-t", "900", build / LAB,
               "env", "POCL_DEVICES=basic", "XDG_CACHE_HOME=/run",
               build / "tests/bench/device_bench", build / "lwnpud", "opencl",
               *(f"{name}={paths[name]}" for name in MODELS), paths[LARGE]]
    run = subprocess.run(command, text=True, stdout=subprocess.PIPE)
    begin = run.stdout.find("{")
    if run.returncode or begin < 0:
        sys.exit(f"{run.stdout}\nthe lab failed, status {run.returncode}")
    return json.loads(run.stdout[begin:])


def own_calls(calls):
    """Of the daemon, without reads of the clock: no call elsewhere."""
    return calls["all"] - calls.get("clock_gettime", 0)


def limits(report):
    """(what, figure, limit, whether it holds)"""
    for name, calls in report["calls"].items():
        for load in ("idle", "busy"):
            count = calls[load]["application"]["all"]
            yield (f"{name}, {load}: calls a job, application", count, 2,
                   count <= 2 + PROBES)
        count = calls["idle"]["daemon"]["all"]
        yield (f"{name}, idle: calls a job, daemon", count, 2,
               count <= 2 + PROBES)
        count = own_calls(calls["busy"]["daemon"])
        yield (f"{name}, busy: calls a job, daemon", count, 1,
               count <= 1 + PROBES)
    ratio = report["submit"]["ratio"]
    yield "SUBMIT: 4096 operations to 1", ratio, 1.1, ratio <= 1.1
    for name, latency in report["latency"].items():
        trips = latency["round_trips"]
        yield (f"{name}: round trips more than in process", trips, 2.5,
               trips <= 2.5)
    ratio = report["throughput"]["ratio"]
    yield (f"{LARGE}, {report['throughput']['in_flight']} in flight: "
           "throughput to in process", ratio, 0.9, ratio >= 0.9)


def print_calls(report):
    print("system calls a job (a read of the clock is one in this lab only)")
    for name, loads in report["calls"].items():
        for load, sides in (("in process", {"": loads["in process"]}),
                            ("idle", loads["idle"]), ("busy", loads["busy"])):
            for side, calls in sides.items():
                counts = ", ".join(f"{call} {count:.2f}"
                                   for call, count in sorted(calls.items())
                                   if call != "all" and count >= 0.005)
                print(f"  {name:8} {load:10} {side:11} {counts}")


def print_times(report):
    submit = report["submit"]
    print("SUBMIT, us, of a program of")
    print(f"  1 operation    {submit['us_1_op']:10.1f}")
    print(f"  4096           {submit['us_4096_ops']:10.1f}")
    print("latency, us: in process, through the device, pipe")
    for name, row in report["latency"].items():
        print(f"  {name:14} {row['in_process_us']:10.1f} "
              f"{row['device_us']:10.1f} {row['pipe_us']:10.1f}")
    row = report["throughput"]
    print("ms a job, several in flight: in process, through the device")
    print(f"  {LARGE:14} {row['in_process_ms']:10.1f} "
          f"{row['device_ms']:10.1f}")


def print_limits(rows):
    print("limits")
    for what, figure, limit, holds in rows:
        print(f"  {what:52} {figure:8.2f} {limit:6} "
              f"{'ok' if holds else 'NOT MET'}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("build", type=pathlib.Path)
    build = parser.parse_args().build.resolve()
    make_lab(build)
    paths = {}
    for name in (*MODELS, LARGE):
        folder = models.prepare(name, build / "bench", build / "lwctl", ())
        paths[name] = folder / f"{name}.lwm"
    report = measure(build, paths)
    rows = list(limits(report))
    report["limits"] = [dict(zip(("what", "figure", "limit", "holds"), row))
                        for row in rows]
    (build / "bench/device.json").write_text(json.dumps(report, indent=1))
    print_calls(report)
    print_times(report)
    print_limits(rows)
    print(f"\n{os.path.relpath(build / 'bench/device.json')}")
    sys.exit(not all(row[-1] for row in rows))


if __name__ == "__main__":
    main()
