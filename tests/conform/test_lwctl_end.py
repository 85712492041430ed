# SPDX-License-Identifier: MIT
"""lwctl pack --end: models whose last steps are left out."""
import json
import re

import numpy as np
import onnx
import onnxruntime
import pytest

from conftest import USAGE
from onnx_models import Net
from tflite_models import Maker

import peers

X = np.random.default_rng(1).normal(size=(4, 5, 11, 9)).astype(np.float32)


@pytest.fixture
def detector(lwctl):
    """Boxes and scores, which something that cannot be packed reads."""
    net = Net()
    y = net.op("Relu", net.conv("x", 4, 5))
    boxes = net.op("Mul", net.conv(y, 4, 4, k=1), net.const(300))
    scores = net.op("Sigmoid", net.conv(y, 3, 4, k=1))
    joined = net.op("Concat", boxes, scores, axis=1)
    model = net.model(net.op("Cast", net.op("NonZero", joined), to=1))
    onnx.save(model, lwctl.folder / "m.onnx")
    lwctl.save("x.npy", X)
    return model, boxes, scores, joined


def theirs(model, name):
    """Of onnxruntime, what a tensor inside of a model is."""
    model.graph.output.append(onnx.helper.make_tensor_value_info(
        name, onnx.TensorProto.FLOAT, None))
    session = onnxruntime.InferenceSession(model.SerializeToString())
    return np.concatenate([session.run([name], {"x": x[None]})[0] for x in X])


def pack(*ends):
    return ["pack", "m.onnx", "-o", "m.lwm", "--calib", "x.npy",
            *sum([["--end", end] for end in ends], [])]


def test_tensors_inside_are_outputs(lwctl, detector):
    model, boxes, scores, joined = detector
    assert "NonZero" in lwctl.try_run(*pack()).stderr
    lwctl(*pack(scores, boxes), "--eval", "x.npy", "--float-output", "f.npy")
    wanted = theirs(model, scores)
    assert np.abs(np.load(lwctl.folder / "f.npy") - wanted).max() < 1e-5
    info = json.loads(lwctl("info", "m.lwm", "--json"))
    assert [o["name"] for o in info["outputs"]] == [scores, boxes]
    assert info["outputs"][0]["scale"] < 1 / 200 < info["outputs"][1]["scale"]
    lwctl("submit", "m.lwm", "x.npy", "--output", f"{scores}=s.npy")
    assert np.abs(np.load(lwctl.folder / "s.npy") - wanted).max() < 0.02


def alone(said):
    """The ends that a refusal names."""
    line, = [line for line in said.splitlines() if "packed alone" in line]
    return re.findall(r" --end '([^']*)'", line)


def test_a_refusal_names_ends(lwctl, detector):
    model, boxes, scores, joined = detector
    assert alone(lwctl.try_run(*pack()).stderr) == [joined]
    # Behind what is refused, next to it, and an output of its own.
    net = Net()
    y, z = net.op("Relu", "x"), net.op("Sigmoid", "x")
    chosen = net.op("Cast", net.op("NonZero", y), to=1)
    product = net.op("Mul", net.op("ReduceMax", chosen, keepdims=0), z)
    same = net.op("Tanh", y)
    onnx.save(net.model(product, same, checked=False), lwctl.folder / "m.onnx")
    said = lwctl.try_run(*pack()).stderr
    assert alone(said) == [y, z, same]
    assert "(NonZero): operator is not supported: it chooses" in said
    lwctl(*pack(*alone(said)))
    net = Net()
    onnx.save(net.model(net.op("Det", "x"), checked=False),
              lwctl.folder / "m.onnx")
    assert "packed alone" not in lwctl.try_run(*pack()).stderr


def test_a_part_that_is_lost_is_told(lwctl, detector):
    _, boxes, scores, joined = detector
    said = lwctl.try_run(*pack(joined)).stderr
    assert said.startswith(f'lwctl: "{scores}" becomes a part of "{joined}"')
    assert "leaves 1 of its 256 levels" in said and said.count("\n") == 1
    assert lwctl.try_run(*pack(joined), "--quiet").stderr == ""
    assert lwctl.try_run(*pack(boxes, scores)).stderr == ""


def test_what_lies_behind_is_gone(lwctl, detector):
    _, boxes, scores, joined = detector

    def macs(*ends):
        return json.loads(lwctl(*pack(*ends), "--json"))["stages"][0]["macs"]

    # 1 x 1 convolutions on 9 x 7 places.
    assert macs(joined) == macs(boxes, scores)
    assert macs(joined) - macs(boxes) == 9 * 7 * 4 * 3


def test_graphs_in_nodes_may_need_anything(lwctl):
    """A name that only a branch uses."""
    net = Net()
    y = net.conv("x", 4, 5)
    inner = Net()
    inner.nodes.append(onnx.helper.make_node("Relu", [y], ["inner"]))
    branch = onnx.helper.make_graph(
        inner.nodes, "branch", [], [onnx.helper.make_tensor_value_info(
            "inner", onnx.TensorProto.FLOAT, None)])
    z = net.op("If", net.const(True, bool), then_branch=branch,
               else_branch=branch)
    model = net.model(net.op("NonZero", z), checked=False)
    model.graph.output[0].type.tensor_type.elem_type = onnx.TensorProto.INT64
    onnx.save(model, lwctl.folder / "m.onnx")
    lwctl.save("x.npy", X)
    lwctl(*pack(z), "--eval", "x.npy", "--float-output", "f.npy")
    assert np.abs(np.load(lwctl.folder / "f.npy") - theirs(model, z)).max() \
        < 1e-5


def test_tflite(lwctl):
    m = Maker()
    x = m.tensor((1, 6, 5, 4))
    y = m.operator("LOGISTIC", [x], (1, 6, 5, 4))
    z = m.operator("CUMSUM", [y, m.constant(np.int32(3))], (1, 6, 5, 4))
    whole, part = m.finish(z), m.finish(y)
    images = np.random.default_rng(2).normal(size=(3, 6, 5, 4))
    images = images.astype(np.float32)
    lwctl.save("x.npy", images)
    (lwctl.folder / "m.tflite").write_bytes(whole)
    arguments = ["pack", "m.tflite", "-o", "m.lwm", "--calib", "x.npy",
                 "--eval", "x.npy", "--float-output", "f.npy"]
    said = lwctl.try_run(*arguments).stderr
    assert "CUMSUM" in said and alone(said) == ["t1"]
    lwctl(*arguments, "--end", "t1")
    wanted = [peers.run_tflite(part, [i[None]])[0] for i in images]
    assert np.abs(np.load(lwctl.folder / "f.npy")
                  - np.concatenate(wanted)).max() < 1e-5
    assert '"t9"' in lwctl.refused(USAGE, *arguments, "--end", "t9")


def test_what_is_no_end(lwctl, detector):
    assert '"nothing"' in lwctl.refused(USAGE, *pack("nothing"))
    constant = detector[0].graph.initializer[0].name
    assert constant in lwctl.refused(USAGE, *pack(constant))
    lwctl(*pack("x"))


def test_inputs_that_no_end_needs(lwctl):
    net = Net()
    other = onnx.helper.make_tensor_value_info("b", onnx.TensorProto.FLOAT,
                                               (1, "n", 11, 9))
    net.op("Relu", "x")
    net.op("Concat", "y0_0", "b", axis=1)
    model = net.model("y1_0", checked=False)
    model.graph.input.append(other)
    onnx.save(model, lwctl.folder / "m.onnx")
    lwctl.save("x.npy", X)
    lwctl(*pack("y0_0"))
    m = Maker()
    a, b = m.tensor((1, 6)), m.tensor((1, 6))
    y = m.operator("ABS", [b], (1, 6))
    z = m.operator("ADD", [a, y], (1, 6), "AddOptions")
    (lwctl.folder / "m.tflite").write_bytes(m.finish(z, (a, b)))
    lwctl.save("b.npy", np.ones((2, 6), np.float32))
    lwctl("pack", "m.tflite", "-o", "m.lwm", "--calib", "b.npy", "--end", "t2")
    inputs = json.loads(lwctl("info", "m.lwm", "--json"))["inputs"]
    assert [i["name"] for i in inputs] == ["t1"]
