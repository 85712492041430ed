# SPDX-License-Identifier: MIT
"""Imported ONNX models, run in floating point, against onnxruntime."""
import json
import pathlib
import subprocess

import numpy as np
import onnx
import onnxruntime
import onnx_models
import peers
import pytest
from conftest import LWCTL
from onnx import TensorProto, helper
from onnx_models import MODELS, Net
from onnxruntime.quantization import QuantType

FLOAT_RUN = pathlib.Path(LWCTL).parent / "tests" / "tools" / "float_run"
DATA = pathlib.Path(__file__).resolve().parents[1] / "data"


def run_ours(model, x, folder):
    """All outputs of all images, one row an image; or the message."""
    path = folder / "model.onnx"
    path.write_bytes(model)
    x.astype(np.float32).tofile(folder / "in")
    done = subprocess.run([FLOAT_RUN, path, folder / "in", folder / "out"],
                          capture_output=True, text=True, timeout=300)
    if done.returncode:
        assert done.returncode == 1, done.stderr
        return done.stderr
    out = np.fromfile(folder / "out", np.float32)
    return out.reshape(len(x), -1) if len(x) else out


def run_theirs(model, x):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        model, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return np.array([np.concatenate([y.ravel() for y in
                                     session.run(None, {name: one[None]})])
                     for one in x])


def assert_close(ours, theirs):
    assert not isinstance(ours, str), ours
    assert ours.shape == theirs.shape
    assert theirs.std() > 0, "outputs that tell nothing"
    np.testing.assert_allclose(ours, theirs, rtol=1e-4,
                               atol=1e-4 * np.abs(theirs).max())


def images(model, count, seed=3):
    shape = [d.dim_value or 1
             for d in model.graph.input[0].type.tensor_type.shape.dim]
    return np.random.default_rng(seed).normal(
        size=(count, *shape[1:])).astype(np.float32)


@pytest.mark.parametrize("name", sorted(MODELS))
def test_generated_model(name, tmp_path):
    model = onnx_models.make(name)
    x = images(model, 3)
    data = model.SerializeToString()
    assert_close(run_ours(data, x, tmp_path), run_theirs(data, x))


def batch_model():
    """Three images at a time, one layer after the other."""
    net = Net((3, 3, 17, 16))

    def norm(x):
        c = [net.random(8, low=0.5) for _ in range(4)]
        return net.op("Relu", net.op("BatchNormalization", x, *c))

    x = norm(net.conv("x", 8, 3, pads=[1] * 4))
    x = net.op("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2])
    x = net.op("Add", x, norm(net.conv(x, 8, 8, pads=[1] * 4)))
    x = net.op("AveragePool", x, kernel_shape=[3, 3], strides=[2, 2])
    x = net.op("ConvTranspose", x, net.random(8, 6, 3, 3), strides=[2, 2])
    x = net.op("Flatten", net.op("GlobalAveragePool", x))
    return net.model(net.op("Gemm", x, net.random(6, 4), net.random(4)))


def run_batches(model, x):
    session = peers.OnnxRuntime(model).session
    return np.array([session.run(None, {"x": one})[0].ravel() for one in x])


def batches(count):
    return np.random.default_rng(4).normal(
        size=(count, 3, 3, 17, 16)).astype(np.float32)


def test_batch(tmp_path):
    data, x = batch_model().SerializeToString(), batches(4)
    assert_close(run_ours(data, x, tmp_path), run_batches(data, x))


def test_batch_shares_weights(tmp_path, lwctl):
    """Each image has its operations; norms and bounds are in them."""
    (tmp_path / "b.onnx").write_bytes(batch_model().SerializeToString())
    x = batches(4)
    lwctl("pack", "b.onnx", "-o", "m.lwm", "--calib", lwctl.save("c.npy", x))
    info = json.loads(lwctl("info", "m.lwm", "--json"))
    sizes = [s["size"] for s in info["segments"]]
    assert sizes.count(8 * 9 * 4) == sizes.count(8 * 9 * 8) == 1
    words = lwctl("disasm", "m.lwm").split()
    assert words.count("conv") == 7 and words.count("tconv") == 3
    assert words.count("dwconv") == 0
    ours = lwctl.submit("m.lwm", x).reshape(4, -1)
    theirs = run_batches((tmp_path / "b.onnx").read_bytes(), x)
    assert np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] > 0.99


def quantised_batch_model():
    net = Net((3, 3, 17, 16))
    x = net.op("Relu", net.conv("x", 8, 3, pads=[1] * 4))
    x = net.op("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2])
    x = net.op("Add", x, net.op("Relu", net.conv(x, 8, 8, pads=[1] * 4)))
    x = net.op("GlobalAveragePool", net.conv(x, 4, 8))
    return net.model(net.op("Flatten", x))


def test_quantised_batch(tmp_path, lwctl):
    onnx_models.quantise(quantised_batch_model(), tmp_path)
    lwctl("pack", tmp_path / "qdq.onnx", "-o", "m.lwm")
    x = batches(20)
    ours = lwctl.submit("m.lwm", x).reshape(20, -1)
    theirs = run_batches((tmp_path / "qdq.onnx").read_bytes(), x)
    assert np.mean(ours == theirs) >= 0.99


def test_resnet20(data, tmp_path):
    model = (data / "models/resnet20.onnx").read_bytes()
    x = images(onnx.load_from_string(model), 4)
    assert_close(run_ours(model, x, tmp_path), run_theirs(model, x))


def test_small_is_current(tmp_path):
    model = (DATA / "small.onnx").read_bytes()
    assert len(model) < 6 * 1024
    assert onnx.load_from_string(model) == onnx_models.small()
    x = images(onnx.load_from_string(model), 3)
    assert_close(run_ours(model, x, tmp_path), run_theirs(model, x))


QUANTISED = pytest.mark.parametrize("options", [
    {}, {"per_channel": False}, {"activation_type": QuantType.QUInt8},
    {"extra_options": {"ActivationSymmetric": True}},
    {"extra_options": {"QDQKeepRemovableActivations": True}}], ids=str)


@QUANTISED
def test_quantised(options, tmp_path):
    """Our numbers are not rounded between layers: near, and not by chance.

    Nor does rounding cut them off, as it does where the quantizer leaves out
    a Relu: here it keeps it.
    """
    options = {**options,
               "extra_options": {**options.get("extra_options", {}),
                                 "QDQKeepRemovableActivations": True}}
    model = onnx_models.quantise(onnx_models.small(), tmp_path, **options)
    x = images(model, 20)
    data = model.SerializeToString()
    ours, theirs = run_ours(data, x, tmp_path), run_theirs(data, x)
    assert not isinstance(ours, str), ours
    assert np.abs(ours - theirs).max() < 0.05 * np.abs(theirs).max()


def assert_same_bytes(lwctl, path, x):
    """But for ties in a sum, which onnxruntime breaks in floats."""
    lwctl("pack", path, "-o", "m.lwm")
    ours = lwctl.submit("m.lwm", x).reshape(len(x), -1)
    theirs = peers.OnnxRuntime(path).run(x).reshape(len(x), -1)
    assert len(np.unique(theirs)) > 50, "inputs that tell nothing"
    assert np.mean(ours == theirs) >= 0.99


def test_small_qdq(lwctl):
    path = DATA / "small_qdq.onnx"
    assert_same_bytes(lwctl, path, images(onnx.load(path), 50))


@QUANTISED
def test_quantised_bytes(options, tmp_path, lwctl):
    model = onnx_models.quantise(onnx_models.small(), tmp_path, **options)
    assert_same_bytes(lwctl, tmp_path / "qdq.onnx", images(model, 50))


@pytest.mark.parametrize("per_channel", [False, True])
def test_quantised_tokens(per_channel, tmp_path, lwctl):
    """Constants with scales of their own need no calibration."""
    model = onnx_models.quantise(onnx_models.quantised_tokens(), tmp_path,
                                 per_channel=per_channel)
    assert_same_bytes(lwctl, tmp_path / "qdq.onnx", images(model, 50))


def test_gelu_of_onnxruntime(tmp_path):
    net = Net()
    model = net.model(net.op("Gelu", "x", domain="com.microsoft"),
                      checked=False)
    model.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    data, x = model.SerializeToString(), images(model, 3)
    assert_close(run_ours(data, x, tmp_path), run_theirs(data, x))


def refused(kind, *inputs, shape=(1, 5, 11, 9), opset=17, **attributes):
    net = Net(shape, opset)
    inputs = [i(net) if callable(i) else i for i in inputs]
    outputs = net.op(kind, *inputs, **attributes)
    return net.model(*([outputs] if isinstance(outputs, str) else outputs),
                     checked=False)


REFUSALS = {
    "operator": (lambda: refused("Det", "x"), "not supported"),
    "attribute": (lambda: refused("Relu", "x", bogus=1), "bogus"),
    "attribute type": (lambda: refused("LeakyRelu", "x", alpha=1),
                       "type 2, expected 1"),
    "since": (lambda: refused("Mish", "x"), "came with operator set 18"),
    "broadcast": (lambda: refused("Add", "x", lambda n: n.random(1, 2, 1, 1)),
                  "do not fit"),
    "infinite": (lambda: refused("Div", "x", lambda n: n.const(0)),
                 "its constant has a number 0"),
    "empty": (lambda: refused("Mul", "x", lambda n: n.const([])),
              "its constant is empty"),
    "numbers": (lambda: refused("Reshape", "x", lambda n: n.ints(1, 4)),
                "different numbers"),
    "sizes": (lambda: refused("Relu", lambda n: n.op("Add", n.op(
        "Transpose", n.op("Reshape", "x", n.ints(*[2] * 8)),
        perm=[6, 4, 2, 0, 7, 5, 3, 1]), n.random(*[2] * 8)),
        shape=(1, 256)), "takes 8 sizes, expected at most 6"),
    "mode": (lambda: refused("Pad", "x", lambda n: n.ints(
        0, 0, 1, 1, 0, 0, 1, 1), mode="mirror"), "mode is not constant"),
    "crop": (lambda: refused("Pad", "x", lambda n: n.ints(
        0, 0, -11, 0, 0, 0, 0, 0)), "nothing is left of dimension 2"),
    "dilations": (lambda: refused("MaxPool", "x", kernel_shape=[2, 2],
                                  dilations=[2, 2]), "dilations are 2"),
    "indices": (lambda: refused("MaxPool", "x", kernel_shape=[2, 2],
                                outputs=2), "output 1"),
    "kernel": (lambda: refused("AveragePool", "x", kernel_shape=[12, 2]),
               "kernel reaches over 12 of 11"),
    "weights": (lambda: refused("Conv", "x", lambda n: n.random(4, 3, 3, 3)),
                "channels"),
    "groups": (lambda: refused("Conv", "x", lambda n: n.random(4, 5, 3, 3),
                               group=0), "group is 0"),
    "variable": (lambda: refused("Conv", "x", "x"), "not a constant"),
    "volume": (lambda: refused("MaxPool", "x", kernel_shape=[2, 2, 2],
                               shape=(1, 5, 11, 9, 7)),
               "input of 5 dimensions, expected 3 or 4"),
    "axis": (lambda: refused("Softmax", "x", axis=4), "axis 4"),
    "product": (lambda: refused("MatMul", "x", lambda n: n.random(5, 4)),
                "a constant for 5 numbers, its input has 9"),
    "reach": (lambda: refused("ConvTranspose", "x",
                              lambda n: n.random(5, 2, 3, 3),
                              output_shape=[20, 12]), "before its input"),
    "slice": (lambda: refused("Slice", "x", lambda n: n.ints(9),
                              lambda n: n.ints(9), lambda n: n.ints(3)),
              "0 of dimension 3 are left"),
    "concat": (lambda: refused("Concat", "x", lambda n: n.random(1, 1, 10, 9),
                               axis=1), "dimension 2 is 11 and 10"),
    "types": (lambda: refused("Concat", "x", lambda n: n.const(
        np.zeros((1, 1, 11, 9)), np.int64), axis=1),
              "input 1 is int64, expected float"),
    "perm": (lambda: refused("Transpose", "x", perm=[0, 1, 1, 3]),
             "perm has 1 twice"),
    "blocks": (lambda: refused("DepthToSpace", "x", blocksize=2),
               "5 channels in blocks of 2 x 2"),
    "huge": (lambda: refused("Pad", "x", lambda n: n.op(
        "ConstantOfShape", n.ints(2**30))),
             "of 1073741824 numbers takes more memory than"),
    "masked": (lambda: refused("Where", lambda n: n.const([True, False, True] * 3,
                                                          bool), "x",
                               lambda n: n.const(-np.inf)),
               "input 2 is -inf, with which nothing else fits in 8 bits"),
    "condition": (lambda: refused("Where", "x", "x", "x"),
                  "input 0 is float, expected bool"),
    "evaluated": (lambda: refused("Add", "x", lambda n: n.op(
        "Resize", n.random(1, 1, 64, 64), "", n.const([1, 1, 60, 60]))),
                  "what it makes of constants takes more memory"),
    "evaluated integers": (lambda: refused("Reshape", "x", lambda n: n.op(
        "ReduceSum", n.ints(1, 5, 11))), "input 0 of int64, expected float"),
    **{f"equation {e}": (lambda e=e: refused("Einsum", "x", "x", equation=e),
                         "its equation is not") for e in [
        "bchw,bcow,->bchw", "bchw,bcow,bd->bcd", "bchw,bcow-", "...w,bcow->bo",
        "bchw,bcoo->bc", "bchw,bcow->bz", "bchw,bcow->bc,", "bchw,abcdefghi"]},
    "sizes of a name": (lambda: refused("Einsum", "x", "x",
                                        equation="bchw,bcwh->bc"),
                        "dimension 'w' has two sizes"),
    "rank of a term": (lambda: refused("Einsum", "x", "x",
                                       equation="bchw,bc->bc"),
                       "input 1 has 4 dimensions, the equation 2"),
    "factors": (lambda: refused("Einsum", "x", equation="bchw,bchw->bc"),
                "1 inputs, 2 in its equation"),
    "symbol": (lambda: refused("Relu", "x", shape=(1, 5, "rows", 9)), "rows"),
    "scales": (lambda: refused("QuantizeLinear", "x",
                               lambda n: n.const([1] * 5),
                               lambda n: n.const([0] * 5, np.int8)),
               "5 scales for an activation"),
}


@pytest.mark.parametrize("name", sorted(REFUSALS))
def test_refusal(name, tmp_path):
    make, expected = REFUSALS[name]
    model = make()
    said = run_ours(model.SerializeToString(), np.zeros((0, 1)), tmp_path)
    assert isinstance(said, str), "was not refused"
    assert expected in said
    assert "model.onnx: " in said.splitlines()[0]


def test_every_refusal_is_listed(tmp_path):
    net = Net()
    a, b = net.op("Det", "x"), net.op("Softmax", "x", axis=9)
    c = net.op("Det", net.op("Relu", a))
    net.nodes[1].name = ""
    said = run_ours(net.model(b, c, checked=False).SerializeToString(),
                    np.zeros((0, 1)), tmp_path)
    assert "3 nodes cannot be packed" in said
    assert [line.split(":")[0] for line in said.splitlines()[1:]] == [
        "det0 (Det)", "Softmax#1 (Softmax)", "det3 (Det)"]


def qdq(net, x, scale, zero=0):
    """x through QuantizeLinear and DequantizeLinear."""
    scale, zero = net.const(scale), net.const(zero, np.int8)
    return net.op("DequantizeLinear", net.op("QuantizeLinear", x, scale, zero),
                  scale, zero)


def quantised_conv(net, x, zero=0, dtype=np.int8):
    """A convolution of [1, 5, ...] by quantised weights."""
    w = net.const(net.rng.integers(0, 100, (4, 5, 3, 3)), dtype)
    w = net.op("DequantizeLinear", w, net.const(0.01), net.const(zero, dtype))
    return net.op("Conv", x, w)


def missing_quantisation(net):
    x = qdq(net, "x", 0.05)
    y = net.op("Sigmoid", quantised_conv(net, x))
    return net.model(qdq(net, y, 0.01))


def float_weights(net):
    x = qdq(net, "x", 0.05)
    return net.model(qdq(net, net.conv(x, 4, 5), 0.05))


def read_unrounded(net):
    x = qdq(net, "x", 0.05)
    y = net.op("Add", x, net.op("Relu", "x"))
    return net.model(qdq(net, y, 0.05))


@pytest.mark.parametrize("make", [missing_quantisation, float_weights,
                                  read_unrounded])
def test_quantised_in_parts(make, tmp_path, lwctl):
    """Imported, but packed only with what tells the missing ranges."""
    data = make(Net()).SerializeToString()
    x = images(onnx.load_from_string(data), 20)
    ours, theirs = run_ours(data, x, tmp_path), run_theirs(data, x)
    assert np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] > 0.98
    said = lwctl.try_run("pack", tmp_path / "model.onnx", "-o", "m.lwm")
    assert "is quantised only in parts, expected --calib" in said.stderr


def wide_weights(net):
    x = qdq(net, "x", 0.05)
    w = net.const(net.rng.integers(0, 300, (4, 5, 3, 3)), np.uint16)
    w = net.op("DequantizeLinear", w, net.const(0.01),
               net.const(0, np.uint16))
    return net.model(qdq(net, net.op("Conv", x, w), 0.05), checked=False)


def other_scale(net):
    q = net.op("QuantizeLinear", "x", net.const(0.05), net.const(0, np.int8))
    y = net.op("DequantizeLinear", q, net.const(0.06), net.const(0, np.int8))
    return net.model(y, checked=False)


def scales_of_terms(net):
    """More outputs than there are scales, and those of another dimension."""
    x = qdq(net, net.op("Reshape", "x", net.ints(5, 99)), 0.05)
    w = net.op("DequantizeLinear", net.const(np.ones((3, 99, 40)), np.int8),
               net.const([0.01] * 99), net.const([0] * 99, np.int8), axis=1)
    return net.model(qdq(net, net.op("MatMul", x, w), 0.05))


@pytest.mark.parametrize("make, expected", [
    (wide_weights, "expected -255 to 255"),
    (scales_of_terms, "scales along axis 1, expected 2"),
    (other_scale, "not those of its QuantizeLinear")])
def test_quantised_refusal(make, expected, tmp_path):
    said = run_ours(make(Net()).SerializeToString(), np.zeros((0, 1)),
                    tmp_path)
    assert isinstance(said, str), "was not refused"
    assert expected in said


def test_two_scales_of_one_value(tmp_path):
    net = Net()
    x = net.op("Relu", qdq(net, "x", 0.05))
    y = net.op("Add", qdq(net, x, 0.03, -128), qdq(net, x, 0.04, -128))
    model = net.model(qdq(net, y, 0.06, -128)).SerializeToString()
    x = np.abs(images(onnx.load_from_string(model), 2))
    ours, theirs = run_ours(model, x, tmp_path), run_theirs(model, x)
    assert np.abs(ours - theirs).max() < 0.3
    assert np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] > 0.99


def test_uint8_weights_with_a_middle_zero(tmp_path):
    net = Net()
    y = quantised_conv(net, qdq(net, "x", 0.05), zero=128, dtype=np.uint8)
    model = net.model(qdq(net, y, 0.05)).SerializeToString()
    x = images(onnx.load_from_string(model), 2) * 0.3
    ours, theirs = run_ours(model, x, tmp_path), run_theirs(model, x)
    assert np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] > 0.99


DAMAGE = {
    "data": (lambda g: setattr(g.initializer[0], "raw_data",
                                              b"123"), "3 bytes of raw data"),
    "dims": (lambda g: g.initializer[0].dims.append(-1),
             "is -1"),
    "twice": (lambda g: g.node.append(g.node[0]), "more than once"),
    "missing": (lambda g: g.node[1].input.__setitem__(0, "none"),
                "'none' is not in the model"),
    "order": (lambda g: g.node.append(g.node.pop(0)),
              "comes from a later node"),
    "output": (lambda g: setattr(g.output[0], "name", "none"),
               "output 'none' is not in the model"),
    "external": (lambda g: setattr(
        g.initializer[0], "data_location", TensorProto.EXTERNAL),
        "in another file"),
    "type": (lambda g: setattr(
        g.initializer[0], "data_type", TensorProto.COMPLEX64), "complex64"),
}


@pytest.mark.parametrize("name", sorted(DAMAGE))
def test_damage(name, tmp_path):
    change, expected = DAMAGE[name]
    model = onnx_models.small()
    change(model.graph)
    said = run_ours(model.SerializeToString(), np.zeros((0, 1)), tmp_path)
    assert isinstance(said, str), "was not refused"
    assert expected in said


def test_a_cycle_is_refused(tmp_path):
    net = Net()
    net.nodes = [helper.make_node("Relu", ["b"], ["a"]),
                 helper.make_node("Relu", ["a"], ["b"])]
    said = run_ours(net.model("b", checked=False).SerializeToString(),
                    np.zeros((0, 1)), tmp_path)
    assert "comes from a later node" in said


@pytest.mark.parametrize("opset", [6, 29])
def test_other_operator_sets_are_refused(opset, tmp_path):
    model = onnx_models.small()
    model.opset_import[0].version = opset
    said = run_ours(model.SerializeToString(), np.zeros((0, 1)), tmp_path)
    assert f"version is {opset}, expected 7 to 28" in said
