# SPDX-License-Identifier: MIT
"""Networks with random weights, described once for all runtimes.

A network is a list of layers in an order in which they can run. Tensors are
named by numbers; 0 is the input, channels first.
"""
from dataclasses import dataclass, field

import numpy as np


@dataclass
class Layer:
    """kind: conv, pool (the average of the whole image), maxpool, add, slice
    (channels), concat, fc. `relu`: None, or the upper bound (inf: plain)."""
    kind: str
    inputs: list
    out: int
    shape: tuple
    weights: np.ndarray = None
    bias: np.ndarray = None
    stride: int = 1
    pads: tuple = (0, 0, 0, 0)
    groups: int = 1
    kernel: int = 1
    channels: tuple = ()
    relu: float = None


@dataclass
class Network:
    name: str
    shape: tuple
    layers: list = field(default_factory=list)
    macs: int = 0

    def __post_init__(self):
        self.random = np.random.default_rng(1)
        self.shapes = [self.shape]

    def _append(self, kind, inputs, shape, **attributes):
        layer = Layer(kind, inputs, len(self.shapes), shape, **attributes)
        self.shapes.append(shape)
        self.layers.append(layer)
        return layer.out

    def _weights(self, *shape):
        fan_in = int(np.prod(shape[1:]))
        return self.random.normal(0, (2 / fan_in) ** .5, shape) \
            .astype(np.float32)

    def conv(self, x, out, kernel=1, stride=1, groups=1, relu=None,
             same=True):
        """`same` pads as TensorFlow does; kernel: a number, or a pair."""
        c, h, w = self.shapes[x]
        kernel = kernel if isinstance(kernel, tuple) else (kernel, kernel)
        pads, size = [], []
        for extent, k in zip((h, w), kernel):
            n = -(-extent // stride) if same else (extent - k) // stride + 1
            total = max((n - 1) * stride + k - extent, 0) if same else 0
            pads.append((total // 2, total - total // 2))
            size.append(n)
        weights = self._weights(out, c // groups, *kernel)
        self.macs += weights.size * size[0] * size[1]
        bias = self.random.normal(0, .1, out).astype(np.float32)
        return self._append(
            "conv", [x], (out, *size), weights=weights, bias=bias,
            stride=stride, groups=groups, relu=relu,
            pads=(pads[0][0], pads[1][0], pads[0][1], pads[1][1]))

    def depthwise(self, x, kernel=3, stride=1, relu=None):
        c = self.shapes[x][0]
        return self.conv(x, c, kernel, stride, c, relu)

    def add(self, a, b, relu=None):
        return self._append("add", [a, b], self.shapes[a], relu=relu)

    def maxpool(self, x, kernel, stride, pad):
        c, h, w = self.shapes[x]
        size = [(n + 2 * pad - kernel) // stride + 1 for n in (h, w)]
        return self._append("maxpool", [x], (c, *size), kernel=kernel,
                            stride=stride, pads=(pad,) * 4)

    def pool(self, x):
        return self._append("pool", [x], (self.shapes[x][0], 1, 1))

    def slice(self, x, begin, end):
        _, h, w = self.shapes[x]
        return self._append("slice", [x], (end - begin, h, w),
                            channels=(begin, end))

    def concat(self, a, b):
        ca, h, w = self.shapes[a]
        return self._append("concat", [a, b],
                            (ca + self.shapes[b][0], h, w))

    def fc(self, x, out):
        weights = self._weights(out, self.shapes[x][0])
        self.macs += weights.size
        bias = self.random.normal(0, .1, out).astype(np.float32)
        return self._append("fc", [x], (out,), weights=weights, bias=bias)


RELU, RELU6 = float("inf"), 6.0


def resnet8():
    """MLPerf Tiny's image classification."""
    net = Network("resnet8", (3, 32, 32))
    x = net.conv(0, 16, 3, relu=RELU)
    for width, stride in ((16, 1), (32, 2), (64, 2)):
        y = net.conv(x, width, 3, stride, relu=RELU)
        y = net.conv(y, width, 3)
        if stride == 2:
            x = net.conv(x, width, 1, stride)
        x = net.add(y, x, RELU)
    net.fc(net.pool(x), 10)
    return net


def kws():
    """MLPerf Tiny's keyword spotting, a DS-CNN."""
    net = Network("kws", (1, 49, 10))
    x = net.conv(0, 64, (10, 4), 2, relu=RELU)
    for _ in range(4):
        x = net.depthwise(x, relu=RELU)
        x = net.conv(x, 64, relu=RELU)
    net.fc(net.pool(x), 12)
    return net


def vww():
    """MLPerf Tiny's person detection, MobileNetV1 x 0.25."""
    net = Network("vww", (3, 96, 96))
    x = net.conv(0, 8, 3, 2, relu=RELU)
    for width, stride in ((16, 1), (32, 2), (32, 1), (64, 2), (64, 1),
                          (128, 2), *[(128, 1)] * 5, (256, 2), (256, 1)):
        x = net.depthwise(x, stride=stride, relu=RELU)
        x = net.conv(x, width, relu=RELU)
    net.fc(net.pool(x), 2)
    return net


def mobilenetv2():
    """arXiv 1801.04381, table 2."""
    net = Network("mobilenetv2", (3, 224, 224))
    x = net.conv(0, 32, 3, 2, relu=RELU6)
    for expand, width, repeat, stride in (
            (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2),
            (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)):
        for i in range(repeat):
            step, inside = stride if i == 0 else 1, net.shapes[x][0]
            y = net.conv(x, inside * expand, relu=RELU6) \
                if expand > 1 else x
            y = net.depthwise(y, stride=step, relu=RELU6)
            y = net.conv(y, width)
            x = net.add(x, y) if i else y
    net.fc(net.pool(net.conv(x, 1280, relu=RELU6)), 1000)
    return net


def fasternet_t0():
    """arXiv 2303.03667, variant T0, with ReLU: partial convolutions."""
    net = Network("fasternet_t0", (3, 224, 224))
    width = 40
    x = net.conv(0, width, 4, 4, same=False)
    for stage, depth in enumerate((1, 2, 8, 2)):
        if stage:
            width *= 2
            x = net.conv(x, width, 2, 2, same=False)
        for _ in range(depth):
            part = net.conv(net.slice(x, 0, width // 4), width // 4, 3)
            y = net.concat(part, net.slice(x, width // 4, width))
            y = net.conv(y, 2 * width, relu=RELU)
            x = net.add(x, net.conv(y, width))
    net.fc(net.conv(net.pool(x), 1280, relu=RELU), 1000)
    return net


def resnet50():
    """arXiv 1512.03385, strides in the 1x1 convolutions (v1)."""
    net = Network("resnet50", (3, 224, 224))
    x = net.maxpool(net.conv(0, 64, 7, 2, relu=RELU), 3, 2, 1)
    for width, depth, stride in ((64, 3, 1), (128, 4, 2), (256, 6, 2),
                                 (512, 3, 2)):
        for i in range(depth):
            step = stride if i == 0 else 1
            y = net.conv(x, width, 1, step, relu=RELU)
            y = net.conv(y, width, 3, relu=RELU)
            y = net.conv(y, 4 * width)
            if i == 0:
                x = net.conv(x, 4 * width, 1, step)
            x = net.add(x, y, RELU)
    net.fc(net.pool(x), 1000)
    return net


NETWORKS = {make.__name__: make for make in
            (resnet8, kws, vww, mobilenetv2, fasternet_t0, resnet50)}
