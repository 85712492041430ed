# SPDX-License-Identifier: MIT
"""Fixtures: the command under test, development data, a folder to write to."""
import json
import os
import pathlib
import re
import subprocess

import numpy as np
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
LWCTL = os.environ.get("LWCTL", str(ROOT / "build" / "lwctl"))
# Exit codes of lwctl.
OK, FAILED, USAGE, BAD_INPUT, DIFFER = range(5)
DEMO = ROOT / "recipes" / "demo"
NORM = ["--scale", "1/255", "--mean", "0.4715,0.4740,0.4737",
             "--std", "0.2751,0.2762,0.2754"]
DATA = pathlib.Path(os.environ.get("LWNPU_SHARED", ROOT.parent / "shared"))


class Lwctl:
    """Runs lwctl in a folder; a failure shows what it said."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)

    def try_run(self, *words, **env):
        return subprocess.run([LWCTL, *map(str, words)], cwd=self.folder,
                              capture_output=True, text=True, timeout=900,
                              env={**os.environ, **env})

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

    def refused(self, status, *words):
        """Fails with one line, the same as JSON, and gives that line."""
        done = self.try_run(*words)
        assert done.returncode == status, done.stderr
        assert re.fullmatch(r"lwctl: [^\n]+\n", done.stderr), done.stderr
        assert done.stdout == ""
        as_json = self.try_run(*words, "--json")
        assert as_json.returncode == status
        assert json.loads(as_json.stdout)["error"] == done.stderr[7:-1]
        return done.stderr


@pytest.fixture
def lwctl(tmp_path):
    return Lwctl(tmp_path)


@pytest.fixture(scope="session")
def package(tmp_path_factory):
    """The demo model, packed once."""
    folder = tmp_path_factory.mktemp("demo")
    Lwctl(folder)("pack", DEMO / "glyphs.onnx", "-o", "m.lwm", "--calib",
                  DEMO / "calib_x.npy", *NORM)
    return folder / "m.lwm"


@pytest.fixture(scope="session")
def idle(tmp_path_factory):
    """The environment for an OpenCL that runs no kernel."""
    folder = tmp_path_factory.mktemp("idle")
    (folder / "idle.c").write_text("""
        int clEnqueueNDRangeKernel(void);
        int clEnqueueNDRangeKernel(void) { return 0; }
    """)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", folder / "idle.so",
                    folder / "idle.c"], check=True)
    return {"LD_PRELOAD": str(folder / "idle.so"), "LWNPU_CACHE": "off",
            "ASAN_OPTIONS": "verify_asan_link_order=0"}


@pytest.fixture(scope="session")
def data():
    """The folder of development models and data; without it, a skip."""
    if not (DATA / "models").is_dir():
        pytest.skip(f"development models are not in {DATA}")
    return DATA
