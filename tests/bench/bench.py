#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Times lwnpu and its peers, and weighs what they store.

Each contender is a process that holds one model; all of a model's take turns
of a fraction of a second, so that what happens to the machine happens to all.
A figure is the median over rounds of the median of a turn; a ratio is the
median over rounds of the quotient of two turns of one round.

All models take about a quarter of an hour on two processors, which should have
nothing else to do: with two threads, whoever waits for a processor loses most.
"""
import argparse
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import time

import chart
import models
import sizes
from contenders import CONTENDERS
from network import NETWORKS

HERE = pathlib.Path(__file__).parent
SPARSITIES = (0.8, 0.9)


class Turn:
    """A running worker.py."""

    def __init__(self, label, contender, path, threads):
        self.label, self.rounds = label, []
        # A file, not a pipe: some runtimes print at each run, and none waits.
        self.errors = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            [sys.executable, HERE / "worker.py", contender, path,
             str(threads)], text=True, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=self.errors)
        self.start = self.answer()

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            code = self.process.wait()
            self.errors.seek(0)
            raise RuntimeError(f"{self.label}: ended with {code}: "
                               f"{self.errors.read()[-300:]}")
        return json.loads(line)

    def run(self, seconds):
        print(seconds, file=self.process.stdin, flush=True)
        self.rounds.append(statistics.median(self.answer()))

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def say(text):
    print(text, file=sys.stderr, flush=True)


def entries(name, folder):
    """(label, contender, file) of all that can run a model."""
    for label, contender in CONTENDERS.items():
        path = folder / (name + contender.suffix)
        if path.exists():
            yield label, label, path
    for sparsity in SPARSITIES:
        yield (f"lwnpu, {sparsity:.0%} zero blocks", "lwnpu",
               folder / f"{name}.{sparsity}.lwm")


def start_all(name, folder, threads):
    turns = []
    for label, contender, path in entries(name, folder):
        try:
            if contender == "lwnpu":
                Turn(label, contender, path, threads).end()  # fills the cache
            turns.append(Turn(label, contender, path, threads))
        except RuntimeError as error:
            say(f"  left out: {error}")
            if contender == "lwnpu":
                raise
    return turns


def summarise(turns):
    peers = [turn for turn in turns if not turn.label.startswith("lwnpu")]
    best = min(peers, key=lambda turn: statistics.median(turn.rounds))
    return {
        "best_peer": best.label,
        "contenders": {turn.label: {
            "median_ms": statistics.median(turn.rounds),
            "ratio_to_best_peer": statistics.median(
                a / b for a, b in zip(turn.rounds, best.rounds)),
            **turn.start} for turn in turns},
    }


def run_round(turns, seconds):
    """Each in turn; a peer that dies is left out from then on."""
    for turn in list(turns):
        try:
            turn.run(seconds)
        except RuntimeError as error:
            if turn.label.startswith("lwnpu"):
                raise
            say(f"  left out: {error}")
            turns.remove(turn)
        # Threads of the one before may still spin.
        time.sleep(0.02)


def time_model(name, folder, threads, options):
    say(f"{name}, {threads} thread{'s'[:threads > 1]}")
    turns = start_all(name, folder, threads)
    try:
        for _ in range(options.rounds):
            run_round(turns, options.seconds)
    finally:
        for turn in turns:
            turn.end()
    return summarise(turns)


def table_of_times(results):
    for key, result in results.items():
        print(f"\n{key}: ms, ratio to {result['best_peer']}, load ms, "
              "peak memory MiB")
        for label, row in result["contenders"].items():
            print(f"  {label:24} {row['median_ms']:9.3f} "
                  f"{row['ratio_to_best_peer']:7.2f} {row['load_ms']:9.0f} "
                  f"{row['rss_kib'] / 1024:7.0f}")


def processor():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        lines = [line.split(":", 1) for line in file if ":" in line]
    info = {key.strip(): value.strip() for key, value in lines}
    flags = info.get("flags", "").split()
    return {"name": info.get("model name", platform.machine()),
            "vnni": "avx512_vnni" in flags or "avx_vnni" in flags}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--models", default=",".join(NETWORKS))
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=0.25,
                        help="of a turn")
    return parser.parse_args()


def main():
    options = arguments()
    build = options.build.resolve()
    os.environ["LWNPU_LIBRARY"] = str(build / "liblwnpu.so")
    report = {"processor": processor(), "times": {}, "sizes": {}}
    for name in options.models.split(","):
        folder = models.prepare(name, build / "bench", build / "lwctl",
                                SPARSITIES)
        for threads in map(int, options.threads.split(",")):
            report["times"][f"{name}, {threads} thread{'s'[:threads > 1]}"] = \
                time_model(name, folder, threads, options)
        for label in ("", *(f".{sparsity}" for sparsity in SPARSITIES)):
            report["sizes"][name + label] = sizes.weigh(
                folder / f"{name}{label}.lwm")
    table_of_times(report["times"])
    sizes.print_table(report["sizes"])
    (build / "bench/report.json").write_text(json.dumps(report, indent=1))
    chart.draw(report["times"], build / "bench/report.svg")
    print(f"\n{build}/bench/report.json, report.svg")


if __name__ == "__main__":
    main()
