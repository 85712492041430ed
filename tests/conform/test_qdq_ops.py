# SPDX-License-Identifier: MIT
"""The share of bytes of each quantised operator alone that are onnxruntime's.

All are, or 99.9 %, or qdq_ops.txt says which are less; as a program, this file
writes that list.
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import zlib

import numpy as np
import onnx
import peers
import pytest
import qdq_ops
from conftest import LWCTL, Lwctl

LIST = pathlib.Path(__file__).with_name("qdq_ops.txt")
SEEDS = 6
PARTS = "needs --calib: quantised only in parts"
# Claimed for activations, and not here: they start or end what is quantised,
# or are conditions, or have their own scales (test_onnx_bytes.py).
ELSEWHERE = {
    "QuantizeLinear", "DequantizeLinear", "QLinearConv", "QLinearMatMul",
    "Cast", "If", "Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual",
    "And", "Or", "Not", "TopK", "Shape", "Size"}


# Where onnxruntime's result is the same on every processor: all bytes are equal.
EXACT = {"Conv", "MatMul", "Gemm", "Relu", "Clip", "MaxPool", "GlobalMaxPool",
         "AveragePool", "GlobalAveragePool", "ReduceMean", "Concat",
         "Transpose", "Reshape", "Flatten", "Pad", "Slice", "Split", "Resize",
         "DepthToSpace", "Max", "Min"}


def run(lwctl, name, seed, dtype):
    """Our results and onnxruntime's; None if some value has no scale."""
    number = zlib.crc32(f"{name} {seed} {dtype.__name__}".encode())
    model, arrays = qdq_ops.OPERATORS[name].build(number, dtype)
    onnx.save(model, lwctl.folder / "qdq.onnx")
    said = lwctl.try_run("pack", "qdq.onnx", "-o", "m.lwm")
    if "quantised only in parts" in said.stderr:
        return None
    assert said.returncode == 0, f"{name}: {said.stderr}"
    words = []
    for port, array in arrays.items():
        path = lwctl.save(f"{port}.npy", array)
        words += ["--input", f"{port}={path}" if len(arrays) > 1 else path]
    lwctl("submit", "m.lwm", *words, "--output", "y.npy", "--device", "ref")
    ours = np.load(lwctl.folder / "y.npy").ravel()
    theirs = peers.OnnxRuntime(lwctl.folder / "qdq.onnx").run(arrays).ravel()
    return ours, theirs


def share(lwctl, name):
    """Percentage of equal bytes, over unsigned and signed models."""
    done = [run(lwctl, name, seed, dtype)
            for dtype in (np.uint8, np.int8) for seed in range(SEEDS)]
    if None in done:
        return None
    assert max(len(np.unique(theirs)) for _, theirs in done) > 2, \
        f"{name}: inputs that tell nothing"
    # Both are scale x (byte - zero point): equal floats are equal bytes.
    return 100 * np.concatenate([a == b for a, b in done]).mean()


def text(percent):
    if percent is None:
        return PARTS
    return "all" if percent == 100 else f"{np.floor(percent * 1000) / 1000} %"


def listed():
    """What the list says of each operator."""
    return dict(line.split(": ", 1) for line in LIST.read_text().splitlines())


@pytest.mark.parametrize("name", qdq_ops.OPERATORS)
def test_share(name, lwctl):
    percent, says = share(lwctl, name), listed()[name]
    print(f"{name}: {text(percent)} of the bytes are equal")
    if says == PARTS or name.split(",")[0] in EXACT:
        assert text(percent) == says
    else:
        listed_share = 100 if says == "all" else float(says.split()[0])
        assert percent >= min(listed_share - 0.5, 99.9)


def test_every_operator_is_listed():
    assert list(listed()) == list(qdq_ops.OPERATORS)
    said = subprocess.run([LWCTL, "pack", "--list-ops", "--json"],
                          capture_output=True, text=True, check=True).stdout
    claimed = {op["operator"] for op in json.loads(said)["operators"]
               if op["format"] == "onnx" and op["activations"] and
               not op["domain"]}
    assert claimed - ELSEWHERE == \
        {name.split(",")[0] for name in qdq_ops.OPERATORS}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        LIST.write_text("".join(f"{name}: {text(share(Lwctl(scratch), name))}\n"
                                for name in qdq_ops.OPERATORS))
    sys.stdout.write(LIST.read_text())
