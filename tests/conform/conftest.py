# SPDX-License-Identifier: MIT
"""Fixtures: the command under test, development data, a folder to write to."""
import os
import pathlib
import subprocess

import numpy as np
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
LWCTL = os.environ.get("LWCTL", str(ROOT / "build" / "lwctl"))
DATA = pathlib.Path(os.environ.get("LWNPU_SHARED", ROOT.parent / "shared"))


class Lwctl:
    """Runs lwctl in a folder; a failure shows what it said."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)

    def try_run(self, *words):
        return subprocess.run([LWCTL, *map(str, words)], cwd=self.folder,
                              capture_output=True, text=True, timeout=900)

    def __call__(self, *words):
        done = self.try_run(*words)
        assert done.returncode == 0, f"lwctl {words}: {done.stderr}"
        return done.stdout

    def save(self, name, array):
        np.save(self.folder / name, array)
        return self.folder / name

    def submit(self, package, x, *options):
        """Outputs of a batch of inputs, as an array."""
        self.save("x.npy", x)
        self("submit", package, "--input", "x.npy", "--output", "y.npy",
             *options)
        return np.load(self.folder / "y.npy")


@pytest.fixture
def lwctl(tmp_path):
    return Lwctl(tmp_path)


@pytest.fixture(scope="session")
def data():
    """The folder of development models and data; without it, a skip."""
    if not (DATA / "models").is_dir():
        pytest.skip(f"development models are not in {DATA}")
    return DATA
