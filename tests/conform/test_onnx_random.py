# SPDX-License-Identifier: MIT
"""Random small networks, quantised by onnxruntime, against its exact mode."""
import os

import numpy as np
import peers
import pytest
from onnx_models import Net, quantise
from onnxruntime.quantization import QuantFormat, QuantType

GRAPHS = int(os.environ.get("LWNPU_RANDOM_GRAPHS", 300))
CHUNKS = 10


class Random:
    """A network in the making: @x is [1, c, h, w] of @shape."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.shape = (1, self.pick(1, 3, 4, 5, 8), self.size(5), self.size(5))
        self.net, self.x = Net(self.shape, seed=seed), "x"
        self.real, self.twice = [], False
        self.image = self.shape[1:]

    def pick(self, *of):
        return of[self.rng.integers(len(of))]

    def size(self, least, most=14):
        return int(self.rng.integers(least, most))

    def op(self, kind, *more, shape=None, **attributes):
        self.x = self.net.op(kind, self.x, *more, **attributes)
        self.shape = shape or self.shape

    # Every byte is onnxruntime's.

    def conv(self):
        _, c, h, w = self.shape
        k, s, d = self.pick(1, 2, 3), self.pick(1, 1, 2), self.pick(1, 1, 2)
        groups = self.pick(1, 1, c)
        out = c if groups > 1 else self.size(1, 12)
        pads = [self.pick(0, 1) if k > 1 else 0 for _ in range(4)]
        after = [(n + pads[i] + pads[i + 2] - (k - 1) * d - 1) // s + 1
                 for i, n in enumerate((h, w))]
        if min(after) < 1:
            return
        self.x = self.net.conv(self.x, out, c, k, groups=groups, pads=pads,
                               strides=[s, s], dilations=[d, d],
                               bias=self.pick(True, False))
        self.shape = (1, out, *after)
        if self.pick(True, False):
            self.op("Relu")

    def conv_transpose(self):
        _, c, h, w = self.shape
        out, s = self.size(1, 8), self.pick(1, 2, 3)
        self.op("ConvTranspose", self.net.random(c, out, 3, 3),
                self.net.random(out), strides=[s, s], pads=[1, 0, 1, 0],
                shape=(1, out, (h - 1) * s + 1, (w - 1) * s + 3))

    def max_pool(self):
        _, c, h, w = self.shape
        if min(h, w) > 2:
            self.op("MaxPool", kernel_shape=[2, 3], strides=[2, 1],
                    shape=(1, c, (h - 2) // 2 + 1, w - 2))

    def average_pool(self):
        _, c, h, w = self.shape
        if min(h, w) > 2:
            k, p = self.pick(2, 3), self.pick(0, 1)
            self.op("AveragePool", kernel_shape=[k, 3], pads=[p, 0, p, 1],
                    count_include_pad=self.pick(0, 1),
                    shape=(1, c, h + 2 * p - k + 1, w - 1))

    def transpose(self):
        _, c, h, w = self.shape
        perm = self.pick([0, 1, 3, 2], [0, 3, 1, 2], [0, 2, 3, 1])
        self.op("Transpose", perm=perm,
                shape=tuple(self.shape[i] for i in perm))

    def reshape(self):
        _, c, h, w = self.shape
        shape = self.pick((1, h, c, w), (1, c * h, 1, w), (1, w, h, c))
        self.op("Reshape", self.net.ints(*shape), shape=shape)

    def slice(self):
        axis = self.pick(1, 2, 3)
        n = self.shape[axis]
        if n > 2:
            shape = list(self.shape)
            shape[axis] = n - 2
            self.op("Slice", self.net.ints(1), self.net.ints(n - 1),
                    self.net.ints(axis), shape=tuple(shape))

    def pad(self):
        _, c, h, w = self.shape
        self.op("Pad", self.net.ints(0, 0, 1, 2, 0, 0, 0, 1),
                shape=(1, c, h + 1, w + 3))

    def resize(self):
        _, c, h, w = self.shape
        self.op("Resize", "", self.net.const([1, 1, 2, 1]), mode="nearest",
                shape=(1, c, 2 * h, w))

    def resize_linear(self):
        _, c, h, w = self.shape
        self.op("Resize", "", self.net.const([1, 1, 2, 1.5]), mode="linear",
                coordinate_transformation_mode=self.pick(
                    "half_pixel", "asymmetric"),
                shape=(1, c, 2 * h, w * 3 // 2))
        self.real.append(self.net.nodes[-1].name)

    def matmul(self):
        _, c, h, w = self.shape
        n = self.size(1, 9)
        self.op("MatMul", self.net.random(w, n), shape=(1, c, h, n))

    EXACT = [conv, conv, conv, conv_transpose, max_pool, average_pool,
             transpose, reshape, slice, pad, resize, resize_linear, matmul]

    # A half may be rounded the other way.

    def add(self):
        x = self.x
        self.conv_like()
        self.op("Add", x)

    def mul(self):
        x = self.x
        self.conv_like()
        self.op("Mul", x)

    def conv_like(self):
        """What goes on with it reads the value before it, too."""
        c, self.twice = self.shape[1], True
        self.x = self.net.conv(self.x, c, c, 3, pads=[1] * 4)

    def concat(self):
        x, (_, c, h, w) = self.x, self.shape
        self.conv_like()
        self.op("Concat", x, axis=1, shape=(1, 2 * c, h, w))

    def sigmoid(self):
        self.op("Sigmoid")

    def leaky_relu(self):
        self.op("LeakyRelu", alpha=0.3)

    def global_average_pool(self):
        self.op("GlobalAveragePool", shape=(*self.shape[:2], 1, 1))

    ROUNDED = [add, mul, concat, sigmoid, leaky_relu, global_average_pool]

    def build(self):
        """A model, and whether its last operator may round otherwise."""
        self.conv()
        for _ in range(self.size(1, 5)):
            step = self.pick(*self.EXACT)
            if np.prod(self.shape) < 4000:
                step(self)
        before = self.x
        if self.pick(True, False):
            self.pick(*self.ROUNDED)(self)
        if self.x == "x":
            self.conv_like()
        return self.net.model(self.x), self.x != before


def options(graph):
    """Of onnxruntime's quantizer: operators on bytes are unsigned, and what
    would interpolate bytes stays real. Around signed bytes that are read twice
    onnxruntime computes with real numbers."""
    rng = graph.rng
    if rng.integers(3):
        signed = rng.integers(2) and not graph.twice
        return {"quant_format": QuantFormat.QDQ,
                "per_channel": bool(rng.integers(2)),
                "activation_type": QuantType.QInt8 if signed else
                QuantType.QUInt8}
    return {"quant_format": QuantFormat.QOperator,
            "nodes_to_exclude": graph.real,
            "activation_type": QuantType.QUInt8,
            "per_channel": bool(rng.integers(2))}


def run_graph(seed, folder, lwctl):
    """Bytes that are equal and all bytes; None if parts stay real."""
    graph = Random(seed)
    model, rounded = graph.build()
    quantise(model, folder, count=3, **options(graph))
    x = graph.rng.normal(size=(4, *graph.image)).astype(np.float32)
    said = lwctl.try_run("pack", folder / "qdq.onnx", "-o", "m.lwm")
    if "quantised only in parts" in said.stderr:
        return None
    assert said.returncode == 0, f"seed {seed}: {said.stderr}"
    ours = lwctl.submit("m.lwm", x, "--device", "ref").reshape(len(x), -1)
    theirs = peers.OnnxRuntime(folder / "qdq.onnx").run(x)
    equal = ours == theirs.reshape(len(x), -1)
    assert rounded or equal.all(), \
        f"seed {seed}: {np.mean(equal)} of the bytes are equal"
    return rounded, int(equal.sum()), equal.size


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_random_graphs(chunk, tmp_path, lwctl):
    seeds = range(chunk, GRAPHS, CHUNKS)
    done = [d for d in (run_graph(s, tmp_path, lwctl) for s in seeds) if d]
    equal = sum(d[1] for d in done if d[0])
    total = sum(d[2] for d in done if d[0])
    print(f"{len(done)} graphs, {sum(d[0] for d in done)} end in an operator "
          f"that may round otherwise: {equal} of {total} bytes are equal")
    assert len(done) > 0.6 * len(seeds)
    assert equal >= 0.999 * total - 1
