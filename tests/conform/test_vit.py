# SPDX-License-Identifier: MIT
"""A vision transformer: class token, position embedding, attention.

Its position embedding holds more numbers than a tensor has channels, so it
cannot go into the numbers of a channel, as a batch norm does.
"""
import json

import numpy as np
import peers
import pytest
from onnx_models import Net
from test_import_onnx import assert_close, images, run_ours, run_theirs

SIDE, PATCH, WIDTH, HEADS, CLASSES = 56, 4, 384, 6, 10
TOKENS = (SIDE // PATCH) ** 2 + 1


def linear(net, x, width, out):
    scale = 1 / np.sqrt(width)
    x = net.op("MatMul", x, net.random(width, out, low=-scale, high=scale))
    return net.op("Add", x, net.random(out, low=-0.1, high=0.1))


def norm(net, x):
    return net.op("LayerNormalization", x,
                  net.random(WIDTH, low=0.5, high=1.5),
                  net.random(WIDTH, low=-0.1, high=0.1), axis=-1)


def attention(net, x):
    size = WIDTH // HEADS
    shape = net.ints(1, TOKENS, HEADS, size)
    q, k, v = (net.op("Reshape", linear(net, x, WIDTH, WIDTH), shape)
               for _ in range(3))
    q, v = (net.op("Transpose", y, perm=[0, 2, 1, 3]) for y in (q, v))
    k = net.op("Transpose", k, perm=[0, 2, 3, 1])
    weights = net.op("Mul", net.op("MatMul", q, k),
                     net.const(1 / np.sqrt(size)))
    x = net.op("MatMul", net.op("Softmax", weights, axis=-1), v)
    x = net.op("Transpose", x, perm=[0, 2, 1, 3])
    x = net.op("Reshape", x, net.ints(1, TOKENS, WIDTH))
    return linear(net, x, WIDTH, WIDTH)


def perceptron(net, x):
    x = net.op("Gelu", linear(net, x, WIDTH, 2 * WIDTH))
    return linear(net, x, 2 * WIDTH, WIDTH)


def vit(depth=2, batch=1):
    net = Net((batch, 3, SIDE, SIDE), opset=20)
    x = net.conv("x", WIDTH, 3, k=PATCH, strides=[PATCH, PATCH])
    x = net.op("Reshape", x, net.ints(1, WIDTH, TOKENS - 1))
    x = net.op("Transpose", x, perm=[0, 2, 1])
    x = net.op("Concat", net.random(1, 1, WIDTH), x, axis=1)
    x = net.op("Add", x, net.random(1, TOKENS, WIDTH))
    for _ in range(depth):
        x = net.op("Add", x, attention(net, norm(net, x)))
        x = net.op("Add", x, perceptron(net, norm(net, x)))
    x = net.op("Slice", norm(net, x), net.ints(0), net.ints(1), net.ints(1))
    x = net.op("Reshape", x, net.ints(1, WIDTH))
    scale = 1 / np.sqrt(WIDTH)
    return net.model(net.op(
        "Gemm", x, net.random(CLASSES, WIDTH, low=-scale, high=scale),
        net.random(CLASSES), transB=1))


@pytest.fixture(name="model", scope="module")
def _model():
    return vit()


def test_float(model, tmp_path):
    data = model.SerializeToString()
    x = images(model, 2)
    assert_close(run_ours(data, x, tmp_path), run_theirs(data, x))


def test_bytes(model, lwctl):
    """Near the float model, with the same bytes from both engines."""
    path = lwctl.folder / "vit.onnx"
    path.write_bytes(model.SerializeToString())
    x = images(model, 6)
    real = peers.OnnxRuntime(path).run(x)
    lwctl("pack", path, "-o", "m.lwm", "--calib", lwctl.save("c.npy", x))
    ours = lwctl.submit("m.lwm", x)
    error = np.sqrt(np.mean((ours - real) ** 2) / np.mean(real ** 2))
    print(f"relative error {error:.4f}")
    assert error < 0.05
    again = lwctl.submit("m.lwm", x, "--device", "ref")
    np.testing.assert_array_equal(ours, again)


def test_constants_are_segments(model, lwctl):
    path = lwctl.folder / "vit.onnx"
    path.write_bytes(model.SerializeToString())
    lwctl("pack", path, "-o", "m.lwm", "--calib",
          lwctl.save("c.npy", images(model, 1)))
    segments = json.loads(lwctl("info", "m.lwm", "--json"))
    sizes = [s["size"] for s in segments["segments"]]
    assert TOKENS * WIDTH in sizes and WIDTH in sizes
