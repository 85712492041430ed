# SPDX-License-Identifier: MIT
"""The programs of examples/: built with what is installed alone, run on each
engine, and under valgrind."""
import os
import pathlib
import re
import shutil
import subprocess

import numpy as np
import pytest

import liblwnpu
from conftest import LWCTL, ROOT

BUILD = pathlib.Path(LWCTL).parent
DEMO = ROOT / "recipes" / "demo"
EXAMPLES = sorted(path.stem for path in (ROOT / "examples").glob("*.c"))
DEVICES = ["ref", "opencl"]


def run(*words, **options):
    return subprocess.run([str(w) for w in words], check=True, text=True,
                          capture_output=True, **options).stdout


def write_ppm(path, pixels):
    height, width, channels = pixels.shape
    magic = {1: "P5", 3: "P6"}[channels]
    path.write_bytes(f"{magic} {width} {height} 255\n".encode() +
                     pixels.tobytes())
    return path


def random_bytes(*shape):
    return np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
    """The examples by name, built as their comments say, and their
    environment."""
    root = tmp_path_factory.mktemp("root")
    run("make", f"BUILD={BUILD}", "install", f"DESTDIR={root}", "PREFIX=/usr",
        "LIBDIR=/usr/lib/here", cwd=ROOT)
    config = dict(os.environ, PKG_CONFIG_SYSROOT_DIR=str(root),
                  PKG_CONFIG_PATH=str(root / "usr/lib/here/pkgconfig"))
    flags = run("pkg-config", "--cflags", "--libs", "lwnpu",
                env=config).split()
    for name in EXAMPLES:
        source = ROOT / "examples" / f"{name}.c"
        assert f"cc {name}.c $(pkg-config --cflags --libs lwnpu) -o {name}" \
            in source.read_text()
        run("cc", "-Wall", "-Wextra", "-Werror", source, *flags, "-o",
            root / name)
    environment = dict(os.environ,
                       LD_LIBRARY_PATH=str(root / "usr/lib/here"))
    return root, environment


@pytest.fixture(scope="module")
def glyphs(tmp_path_factory):
    package = tmp_path_factory.mktemp("glyphs") / "glyphs.lwm"
    run(LWCTL, "pack", DEMO / "glyphs.onnx", "-o", package, "--calib",
        DEMO / "calib_x.npy", "--scale", "1/255")
    return package


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A model that takes no time, even under valgrind: [8, 8, 3] to 4."""
    package = tmp_path_factory.mktemp("small") / "small.lwm"
    run(LWCTL, "pack", ROOT / "tests/data/small.tflite", "-o", package)
    return package


@pytest.mark.parametrize("device", DEVICES)
def test_classify(programs, glyphs, tmp_path, device):
    """The classes are those of lwctl."""
    root, environment = programs
    for pixels in [random_bytes(32, 32, 3), random_bytes(50, 41, 3)]:
        image = write_ppm(tmp_path / "x.ppm", pixels)
        answer = run(root / "classify", glyphs, image, device,
                     env=environment)
        lines = re.findall(r"^class (\d+), score (\S+)$", answer, re.M)
        assert len(lines) == 5 == len(answer.splitlines())
        scores = [float(score) for _, score in lines]
        assert scores == sorted(scores, reverse=True)
        if pixels.shape == (32, 32, 3):
            np.save(tmp_path / "x.npy", pixels)
            run(LWCTL, "submit", glyphs, "--input", tmp_path / "x.npy",
                "--device", device, "--output", tmp_path / "y.npy")
            expected = np.load(tmp_path / "y.npy").ravel()
            assert scores[0] == pytest.approx(expected.max())
            assert int(lines[0][0]) == expected.argmax()


@pytest.mark.parametrize("device", DEVICES)
def test_pipeline(programs, small, device):
    root, environment = programs
    frames = random_bytes(50, 8, 8, 3)
    # Half a frame at the end is none.
    stream = frames.tobytes() + b"x" * 100
    answer = subprocess.run([root / "pipeline", small, device], check=True,
                            env=environment, input=stream,
                            capture_output=True).stdout.decode()
    found = {int(frame): int(best) for frame, best in
             re.findall(r"^frame (\d+): class (\d+)$", answer, re.M)}
    assert len(answer.splitlines()) == 50
    model = liblwnpu.Device("ref").load(small.read_bytes())
    for i, frame in enumerate(frames):
        scores, = model.run([frame.view(np.int8)],
                            [np.zeros(4, np.float32)])
        assert found[i] == scores.argmax(), i
    model.close()


@pytest.mark.parametrize("device", DEVICES)
def test_throughput(programs, small, device):
    root, environment = programs
    answer = run(root / "throughput", small, device, "0.2", env=environment)
    assert re.fullmatch(r"batches: [\d.]+ jobs a second\n"
                        r"urgent jobs: \d+, median [\d.]+ ms, "
                        r"slowest [\d.]+ ms\n", answer)


@pytest.mark.parametrize("example", EXAMPLES)
def test_failures(programs, small, example):
    """Files and devices that are not there are named."""
    root, environment = programs
    program = root / example
    image = ["none.ppm"] if example == "classify" else []
    for words, code, text in [
            ([program], 2, "usage: "),
            ([program, "none.lwm", *image, "ref"], 1, "none.lwm"),
            ([program, small, *image, "nowhere"], 1, "nowhere")]:
        done = subprocess.run(words, env=environment, text=True,
                              stdin=subprocess.DEVNULL, capture_output=True)
        assert done.returncode == code
        assert text in done.stderr
        assert not done.stdout


@pytest.mark.skipif(not shutil.which("valgrind"), reason="no valgrind here")
@pytest.mark.parametrize("example, words", [
    ("classify", ["IMAGE", "ref"]), ("classify", ["none.ppm", "ref"]),
    ("classify", ["IMAGE", "nowhere"]), ("pipeline", ["ref"]),
    ("throughput", ["ref", "0.1"])])
def test_valgrind(small, tmp_path, example, words):
    """Those that were built by make: no error, and no leak."""
    image = write_ppm(tmp_path / "x.ppm", random_bytes(20, 30, 3))
    words = [image if word == "IMAGE" else word for word in words]
    done = subprocess.run(
        ["valgrind", "-q", "--error-exitcode=99", "--leak-check=full",
         "--errors-for-leak-kinds=definite,indirect,possible",
         BUILD / "examples" / example, small, *words],
        input=random_bytes(8, 8, 8, 3).tobytes(), capture_output=True)
    assert b"==" not in done.stderr, done.stderr.decode()
    assert done.returncode == (words[-1] == "nowhere" or
                               words[0] == "none.ppm")
