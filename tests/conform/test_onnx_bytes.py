# SPDX-License-Identifier: MIT
"""Operators that onnxruntime quantised, byte for byte against its exact mode.

Both as QDQ (DequantizeLinear, operator, QuantizeLinear) and as operators on
bytes (QLinearConv, com.microsoft's QLinearAdd and so on).
"""
import numpy as np
import onnx
import peers
import pytest
from onnx_models import Net, quantise
from onnxruntime.quantization import QuantFormat, QuantType


def one(kind, **attributes):
    """An operator on the result of a convolution."""
    return lambda n: n.op(kind, n.conv("x", 8, 5), **attributes)


def two(kind, **attributes):
    """An operator on the results of two."""
    return lambda n: n.op(kind, n.conv("x", 8, 5), n.conv("x", 8, 5),
                          **attributes)


def attention(n):
    q, k, v = (n.op("MatMul", "x", n.random(7, 6)) for _ in range(3))
    scores = n.op("MatMul", q, n.op("Transpose", k, perm=[0, 2, 1]))
    return n.op("MatMul", scores, v)


def squeeze_and_excite(n):
    x = n.conv("x", 8, 5)
    gate = n.op("Sigmoid", n.conv(n.op("GlobalAveragePool", x), 8, 8, k=1))
    return n.op("Mul", x, gate)


IMAGE, TOKENS = (1, 5, 11, 9), (1, 4, 7)
# Shape of the input, network, least share of equal bytes where onnxruntime
# rounds halves in floats, and we as the definition of our operation says.
NETS = {
    "add": (IMAGE, two("Add"), 0.999),
    "add_constant": (IMAGE, lambda n: n.op("Add", n.conv("x", 8, 5),
                                           n.random(8, 1, 1)), 0.999),
    "attention": (TOKENS, attention, 1),
    "average_pool": (IMAGE, one("AveragePool", kernel_shape=[3, 2]), 1),
    "batch_norm": (IMAGE, lambda n: n.op(
        "BatchNormalization", n.op("MaxPool", "x", kernel_shape=[2, 2]),
        n.random(5), n.random(5), n.random(5), n.random(5, low=0.2)), 0.999),
    "concat": (IMAGE, two("Concat", axis=1), 0.999),
    "conv_transpose": (IMAGE, lambda n: n.op(
        "ConvTranspose", n.op("Relu", n.conv("x", 8, 5)), n.random(8, 6, 3, 3),
        n.random(6), strides=[2, 2]), 1),
    "depth_to_space": (IMAGE, one("DepthToSpace", blocksize=2), 1),
    "gemm": (IMAGE, lambda n: n.op("Gemm", n.op("Flatten", n.op(
        "MaxPool", n.conv("x", 8, 5), kernel_shape=[3, 3], strides=[3, 3])),
        n.random(48, 9), n.random(9)), 1),
    "global_average_pool": (IMAGE, one("GlobalAveragePool"), 0.999),
    "leaky_relu": (IMAGE, one("LeakyRelu", alpha=0.2), 0.999),
    "matmul": (TOKENS, lambda n: n.op("MatMul", "x", n.random(7, 6)), 1),
    "max_pool": (IMAGE, one("MaxPool", kernel_shape=[3, 2]), 1),
    "mul": (IMAGE, two("Mul"), 0.999),
    "mul_constant": (IMAGE, lambda n: n.op("Mul", n.conv("x", 8, 5),
                                           n.random(8, 1, 1)), 0.999),
    "pad": (IMAGE, lambda n: n.op("Pad", n.conv("x", 8, 5), n.ints(
        0, 0, 1, 1, 0, 0, 2, 0)), 1),
    "resize": (IMAGE, lambda n: n.op("Resize", n.conv("x", 8, 5), "",
                                     n.const([1, 1, 2, 3]), mode="nearest"),
               1),
    "resize_linear": (IMAGE, lambda n: n.op(
        "Resize", n.conv("x", 8, 5), "", n.const([1, 1, 2, 2]),
        mode="linear"), 1),
    "sigmoid": (IMAGE, one("Sigmoid"), 0.999),
    "slice": (IMAGE, lambda n: n.op("Slice", n.conv("x", 8, 5), n.ints(1),
                                    n.ints(6), n.ints(1)), 1),
    "softmax": (IMAGE, lambda n: n.op("Softmax", n.op("Flatten", n.op(
        "GlobalMaxPool", n.conv("x", 8, 5)))), 0.999),
    "split": (IMAGE, lambda n: n.op("Split", n.conv("x", 8, 5), n.ints(3, 5),
                                    outputs=2, axis=1)[1], 1),
    "squeeze_and_excite": (IMAGE, squeeze_and_excite, 0.999),
    "transpose": (IMAGE, one("Transpose", perm=[0, 2, 3, 1]), 1),
}
# onnxruntime has no operator on bytes, or leaves it to real numbers.
ONLY_QDQ = {"batch_norm", "conv_transpose", "resize_linear"}


def build(name, folder, **options):
    shape, make, _ = NETS[name]
    net = Net(shape)
    return quantise(net.model(make(net)), folder, **options)


def share_of_equal(lwctl, path, shape, count=60):
    x = np.random.default_rng(5).normal(size=(count, *shape[1:]))
    x = x.astype(np.float32)
    lwctl("pack", path, "-o", "m.lwm")
    ours = lwctl.submit("m.lwm", x).reshape(count, -1)
    theirs = peers.OnnxRuntime(path).run(x).reshape(count, -1)
    assert len(np.unique(theirs)) > 15, "inputs that tell nothing"
    return np.mean(ours == theirs)


@pytest.mark.parametrize("format", [QuantFormat.QDQ, QuantFormat.QOperator],
                         ids=["qdq", "qlinear"])
@pytest.mark.parametrize("name", sorted(NETS))
def test_bytes(name, format, tmp_path, lwctl):
    if format == QuantFormat.QOperator and name in ONLY_QDQ:
        pytest.skip("onnxruntime does not quantise it")
    model = build(name, tmp_path, quant_format=format,
                  activation_type=QuantType.QUInt8)
    kinds = {node.op_type for node in model.graph.node}
    assert (format == QuantFormat.QDQ) or any("Linear" in k for k in kinds)
    share = share_of_equal(lwctl, tmp_path / "qdq.onnx", NETS[name][0])
    print(f"{name}: {100 * share:.3f} % of the bytes are equal")
    assert share >= NETS[name][2]


@pytest.mark.parametrize("name", ["add", "attention", "conv_transpose", "mul",
                                  "resize", "sigmoid"])
def test_signed_bytes(name, tmp_path, lwctl):
    build(name, tmp_path, quant_format=QuantFormat.QDQ,
          activation_type=QuantType.QInt8)
    share = share_of_equal(lwctl, tmp_path / "qdq.onnx", NETS[name][0])
    assert share >= NETS[name][2]


def nine_bits(net):
    """uint8 weights that their zero point takes out of int8's range."""
    y = net.conv("x", 8, 5)
    y = net.op("Relu", net.conv(y, 8, 8, groups=8, pads=[1] * 4))
    for kernel in net.constants:
        if kernel.dims[1:] != []:
            array = onnx.numpy_helper.to_array(kernel) ** 2
            kernel.CopyFrom(onnx.numpy_helper.from_array(array, kernel.name))
    return y


@pytest.mark.parametrize("format", [QuantFormat.QDQ, QuantFormat.QOperator],
                         ids=["qdq", "qlinear"])
def test_unsigned_weights(format, tmp_path, lwctl):
    net = Net(IMAGE)
    model = quantise(net.model(nine_bits(net)), tmp_path, per_channel=False,
                     quant_format=format, activation_type=QuantType.QUInt8,
                     weight_type=QuantType.QUInt8)
    wide = [i for i in model.graph.initializer
            if i.name.endswith("zero_point") and i.name.startswith("k")]
    assert any(onnx.numpy_helper.to_array(z).item() < 100 for z in wide)
    assert share_of_equal(lwctl, tmp_path / "qdq.onnx", IMAGE) == 1


def in_parts(net):
    """HardSwish and PRelu, which onnxruntime's quantizer leaves alone."""
    x = net.op("HardSwish", net.conv("x", 8, 5))
    x = net.conv(net.op("PRelu", x, net.random(8, 1, 1)), 8, 8)
    return net.op("Flatten", net.op("GlobalAveragePool", x))


def test_quantised_in_parts(tmp_path, lwctl):
    """What has no scale gets one by calibration."""
    net = Net(IMAGE)
    quantise(net.model(in_parts(net)), tmp_path)
    x = np.random.default_rng(2).normal(size=(40, *IMAGE[1:]))
    x = x.astype(np.float32)
    said = lwctl.try_run("pack", tmp_path / "qdq.onnx", "-o", "m.lwm")
    assert said.returncode == 2
    assert "is quantised only in parts, expected --calib" in said.stderr
    model = onnx.load(tmp_path / "qdq.onnx")
    first, = (n for n in model.graph.node if n.op_type == "HardSwish")
    assert f'"{first.output[0]}" has no scale' in said.stderr
    lwctl("pack", tmp_path / "qdq.onnx", "-o", "m.lwm", "--calib",
          lwctl.save("calib.npy", x))
    ours = lwctl.submit("m.lwm", x).reshape(40, -1)
    theirs = peers.OnnxRuntime(tmp_path / "qdq.onnx").run(x)
    assert np.abs(ours - theirs).max() < 0.05 * np.abs(theirs).max()
