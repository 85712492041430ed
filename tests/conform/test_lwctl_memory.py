# SPDX-License-Identifier: MIT
"""lwctl where memory is short or looked after: each allocation fails once.

Of long runs a sample fails; LWNPU_SWEEP=all tries every one.
"""
import concurrent.futures
import json
import os
import random
import re
import shutil
import subprocess

import numpy as np
import pytest

from conftest import DEMO, FAILED, LWCTL, OK, ROOT, Lwctl

DATA = ROOT / "tests" / "data"
SHIM = ROOT / "build" / "tests" / "preload" / "short_memory.so"
SEED = random.randrange(1 << 32)
AT_MOST = 10 ** 6 if os.environ.get("LWNPU_SWEEP") == "all" else 100
PACK = ["pack", "-o", "new"]
SUBMIT = ["submit", "m.lwm", "--device", "ref", "--output", "new"]
COMMANDS = {
    "info": ["info", "m.lwm"],
    "info json": ["info", "m.lwm", "--json"],
    "disasm": ["disasm", "m.lwm"],
    "disasm json": ["disasm", "m.lwm", "--json"],
    "pack tflite": [*PACK, DATA / "small.tflite"],
    "pack qdq": [*PACK, DATA / "small_qdq.onnx", "--report", "--json"],
    "pack onnx": [*PACK, DATA / "small.onnx", "--calib", "real.npy",
                  "--sparsity", "0.3", "--report"],
    "submit": [*SUBMIT, "--input", "x.npy", "--raw", "--json"],
    "submit images": [*SUBMIT, "--input", "images", "--names", "names.txt"],
    "verify": ["verify", "m.lwm", "--devices", "ref,ref", "--input", "x.npy"],
    "help": ["help", "pack", "--json"],
    "completion": ["completion", "bash"],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Inputs of all commands."""
    path = tmp_path_factory.mktemp("memory")
    x = np.random.default_rng(1).integers(-128, 128, (2, 8, 8, 3), np.int8)
    np.save(path / "x.npy", x)
    np.save(path / "real.npy", x / np.float32(100))
    (path / "names.txt").write_text("a\nb\nc\nd\n")
    (path / "images").mkdir()
    shutil.copy(DEMO / "samples" / "0_0.png", path / "images")
    Lwctl(path)("pack", DATA / "small.tflite", "-o", "m.lwm")
    return path


class Trial:
    """A run in which SHORT_MEMORY says what fails."""

    def __init__(self, folder, command, failing, place):
        place.mkdir()
        words = [place / "new" if word == "new" else word
                 for word in COMMANDS[command]]
        done = Lwctl(folder).try_run(
            *words, LD_PRELOAD=str(SHIM), SHORT_MEMORY=failing,
            SHORT_MEMORY_COUNT=str(place) + ".count", OPENBLAS_NUM_THREADS="1")
        self.failing, self.status = failing, done.returncode
        self.stderr = done.stderr.replace(str(place), "PLACE")
        self.stdout = re.sub(r"(median|min)(\W+)[\d.e-]+", r"\1\2TIME",
                             done.stdout.replace(str(place), "PLACE"))
        self.files = {path.name: path.read_bytes()
                      for path in place.iterdir()}
        shutil.rmtree(place)

    def check(self, good, json_wanted):
        """All is as in the good run, or it fails in the right way."""
        where = f"allocation {self.failing}, seed {SEED}: {self.stderr}"
        if self.status == OK:
            assert self.files == good.files, where
            assert self.stdout == good.stdout, where
            return
        assert self.status == FAILED, f"exit {self.status}, {where}"
        lines = self.stderr.splitlines()
        assert lines and all(li.startswith("lwctl: ") for li in lines), where
        assert "memory" in lines[-1], where
        # What is written is whole: the file before the text, which may end
        # early, or an error instead of results in JSON, or none.
        assert self.files in [{}, good.files], where
        if not json_wanted:
            assert good.stdout.startswith(self.stdout), where
        elif self.stdout:
            assert "lwctl: " + json.loads(self.stdout)["error"] in lines, where


def allocations(count):
    """Numbers of those that are to fail."""
    rng = random.Random(SEED)
    if count <= AT_MOST:
        once = range(1, count + 1)
    else:
        once = sorted(rng.sample(range(1, count + 1), AT_MOST))
    later = rng.sample(range(1, count + 1), min(count, AT_MOST // 5))
    return [str(n) for n in once] + [f"{n}+" for n in later]


@pytest.mark.parametrize("command", COMMANDS)
def test_each_allocation_fails(folder, tmp_path, command):
    if not SHIM.exists():
        pytest.skip(f"{SHIM.name} is not built: make tests")
    good = Trial(folder, command, "0", tmp_path / "good")
    assert good.status == OK, good.stderr
    count = int((tmp_path / "good.count").read_text())
    assert count > 3
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        trials = pool.map(lambda failing: Trial(folder, command, failing,
                                                tmp_path / failing),
                          allocations(count))
        failed = 0
        for trial in trials:
            trial.check(good, "--json" in COMMANDS[command])
            failed += trial.status != OK
    assert failed > 0.4 * min(count, AT_MOST)


# Help ends the program where its command line is still being parsed.
@pytest.mark.parametrize("command", sorted(set(COMMANDS) - {"help"}))
def test_valgrind_finds_nothing(folder, tmp_path, command):
    if not shutil.which("valgrind"):
        pytest.skip("valgrind is not installed")
    words = [tmp_path / "new" if word == "new" else word
             for word in COMMANDS[command]]
    done = subprocess.run(
        ["valgrind", "-q", "--error-exitcode=99", "--leak-check=full",
         "--show-leak-kinds=all", "--errors-for-leak-kinds=all", LWCTL,
         *words], cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.returncode == OK and "==" not in done.stderr, done.stderr
