#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs tests and counts them: the last line is 'N passed, N failed, N skipped'.

    tests/run.py [-jN] SUITE…

N suites run at a time, by default one; they begin in the given order, so the
longest should come first. A suite is one of
  unit:PROGRAM       a cmocka program; each of its tests counts
  tap:COMMAND        a shell command that prints TAP; the same
  pytest:PYTHON:DIR  a folder of pytest files, run by that interpreter
  NAME=COMMAND       one test: passes when the shell command exits with 0, is
                     skipped when it exits with 4 (as kselftests do)
All run in the current folder. What a suite prints is shown when it ends.
"""
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from concurrent.futures import ThreadPoolExecutor

SKIPPED = 4


class Totals:
    """What came of one suite, or of all; text is what to show of it."""

    def __init__(self):
        self.passed, self.failures, self.skips, self.text = 0, [], [], []

    def add(self, other):
        self.passed += other.passed
        self.failures += other.failures
        self.skips += other.skips

    def line(self):
        return (f"{self.passed} passed, {len(self.failures)} failed, "
                f"{len(self.skips)} skipped")


def run_tap(command, totals):
    """Counts 'ok N - name', 'not ok N - name', and skips: 'ok N - name # SKIP
    why', or, of cmocka, 'not ok N # SKIP name'."""
    env = dict(os.environ, CMOCKA_MESSAGE_OUTPUT="TAP")
    done = subprocess.run(command, shell=True, env=env, text=True,
                          errors="replace", stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    name = os.path.basename(command.split()[0])
    seen = 0
    for line in done.stdout.splitlines():
        if line.startswith("# note: "):
            totals.text.append(f"  {line[2:]}")
        match = re.match(r"(not )?ok \d+ (# SKIP|-) (.*)", line)
        if not match:
            continue
        seen += 1
        if match.group(2) == "# SKIP" or " # SKIP" in match.group(3):
            totals.skips.append(f"{name}: {match.group(3)}")
        elif match.group(1):
            totals.failures.append(f"{name}: {match.group(3)}")
        else:
            totals.passed += 1
    if not seen or (done.returncode and not totals.failures):
        totals.failures.append(f"{name}: exit {done.returncode} "
                               f"after {seen} tests")
    if totals.failures:
        totals.text.append(done.stdout)


def run_pytest(python, folder, totals):
    with tempfile.TemporaryDirectory() as scratch:
        report = os.path.join(scratch, "report.xml")
        done = subprocess.run(
            [python, "-m", "pytest", "-q", "-p", "no:cacheprovider",
             "--durations=5", f"--junitxml={report}", folder],
            env=dict(os.environ, PYTHONDONTWRITEBYTECODE="1"), text=True,
            errors="replace", stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)
        cases = list(ElementTree.parse(report).iter("testcase")) \
            if os.path.exists(report) else []
    totals.text.append(done.stdout)
    for case in cases:
        name = f"{case.get('classname')}.{case.get('name')}"
        if case.find("failure") is not None or case.find("error") is not None:
            totals.failures.append(name)
        elif case.find("skipped") is not None:
            totals.skips.append(f"{name}: "
                                f"{case.find('skipped').get('message')}")
        else:
            totals.passed += 1
    if not cases or (done.returncode and not totals.failures):
        totals.failures.append(f"pytest {folder}: exit {done.returncode} "
                               f"after {len(cases)} tests")


def run_command(name, command, totals):
    done = subprocess.run(command, shell=True, text=True, errors="replace",
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    last = (done.stdout.strip().splitlines() or [""])[-1]
    if done.returncode == 0:
        totals.passed += 1
        totals.text.append(f"  {last}")
    elif done.returncode == SKIPPED:
        totals.skips.append(f"{name}: {last}")
    else:
        totals.failures.append(f"{name}: exit {done.returncode}")
        totals.text.append(done.stdout)


def run_suite(suite):
    begin = time.monotonic()
    totals = Totals()
    if suite.startswith("unit:"):
        run_tap(shlex.quote(suite[len("unit:"):]), totals)
    elif suite.startswith("tap:"):
        run_tap(suite[len("tap:"):], totals)
    elif suite.startswith("pytest:"):
        run_pytest(*suite.split(":")[1:], totals)
    else:
        run_command(*suite.split("=", 1), totals)
    seconds = time.monotonic() - begin
    # In one piece: another suite may end at the same time.
    print("\n".join([f"== {suite}", *totals.text, f"   {seconds:.1f} s"]) +
          "\n", end="", flush=True)
    return totals


def main():
    suites = sys.argv[1:]
    jobs = 1
    if suites and suites[0].startswith("-j"):
        jobs = int(suites.pop(0)[len("-j"):])
    totals = Totals()
    pool = ThreadPoolExecutor(jobs)
    try:
        for part in pool.map(run_suite, suites):
            totals.add(part)
    finally:
        pool.shutdown(cancel_futures=True)
    for text in totals.skips:
        print(f"skipped: {text}")
    for text in totals.failures:
        print(f"FAILED: {text}")
    print(totals.line())
    return 1 if totals.failures or not totals.passed else 0


if __name__ == "__main__":
    sys.exit(main())
