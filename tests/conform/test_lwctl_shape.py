# SPDX-License-Identifier: MIT
"""lwctl pack --shape: models that leave dimensions open."""
import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper

from conftest import BAD_INPUT, ROOT, USAGE
from onnx_models import Net


def image_model(*shape):
    """Computes the shape of a reshaping, as detectors do."""
    net = Net(shape)
    y = net.conv("x", 4, 3, pads=[1] * 4, strides=[2, 2])
    z = net.op("Conv", y, net.random(2, 4, 1, 1))
    batch = net.op("Slice", net.op("Shape", y), net.ints(0), net.ints(1))
    flat = net.op("Concat", batch, net.ints(2, -1), axis=0)
    return net.model(net.op("Reshape", z, flat))


def sum_model(path):
    def value(name):
        return helper.make_tensor_value_info(name, TensorProto.FLOAT,
                                             ("n", 3, "h", "w"))

    graph = helper.make_graph(
        [helper.make_node("Add", ["a", "b"], ["sum"], name="add")], "two",
        [value("a"), value("b")], [value("sum")])
    onnx.save(helper.make_model(graph, ir_version=8, opset_imports=[
        helper.make_opsetid("", 17)]), path)


@pytest.mark.parametrize("said", ["1,3,12,20", "x=1,3,12,20"])
@pytest.mark.parametrize("shape", [("n", 3, "h", "w"), (1, "c", "h", 20),
                                   (1, 3, 12, 20), (-1, 3, -1, -1)])
def test_open_dimensions(lwctl, shape, said):
    model = image_model(*shape)
    onnx.save(model, lwctl.folder / "m.onnx")
    x = np.random.default_rng(1).normal(size=(8, 3, 12, 20))
    lwctl.save("x.npy", x.astype(np.float32))
    lwctl("pack", "m.onnx", "--shape", said, "-o", "m.lwm", "--calib", "x.npy",
          "--eval", "x.npy", "--float-output", "y.npy")
    session = onnxruntime.InferenceSession(
        image_model("n", 3, "h", "w").SerializeToString())
    theirs = [session.run(None, {"x": one[None].astype(np.float32)})[0]
              for one in x]
    ours = np.load(lwctl.folder / "y.npy")
    assert np.abs(ours - np.concatenate(theirs)).max() < 1e-5


def test_several_inputs(lwctl):
    sum_model(lwctl.folder / "m.onnx")
    for name in "ab":
        lwctl.save(f"{name}.npy", np.ones((2, 3, 4, 5), np.float32))
    arguments = ["pack", "m.onnx", "-o", "m.lwm", "--calib", "a.npy",
                 "--calib", "b.npy", "--shape", "b=1,3,4,5"]
    lwctl(*arguments, "--shape", "a=1,3,4,5")
    assert refused_input(lwctl, *arguments).startswith('lwctl: node "a"')
    error = lwctl.refused(USAGE, *arguments[:-1], "1,3,4,5")
    assert "2 inputs" in error and "NAME=SHAPE" in error


def refused_input(lwctl, *words):
    done = lwctl.try_run(*words)
    assert done.returncode == BAD_INPUT and "(input)" in done.stderr
    assert "unless the shape is given" in done.stderr
    return done.stderr


@pytest.mark.parametrize("said, words", [
    ("1,3,h,w", ["--shape", "1,3,h,w", "whole numbers"]),
    ("1,3,0,20", ["--shape", "1 to 65535"]),
    ("1,3,12.5,20", ["--shape", "whole"]),
    ("x=", ["--shape", "expected"]),
    ("1,1,1,1,1,1,1,1,1", ["--shape", "1 to 8"]),
    ("3,12,20", ["m.onnx", '"x"', "4 dimensions", "3"]),
    ("1,4,12,20", ["m.onnx", '"x"', "1,3,12,20"]),
])
def test_what_does_not_fit(lwctl, said, words):
    onnx.save(image_model("n", 3, "h", 20), lwctl.folder / "m.onnx")
    lwctl.save("x.npy", np.ones((1, 3, 12, 20), np.float32))
    error = lwctl.refused(USAGE, "pack", "m.onnx", "--shape", said, "-o",
                          "m.lwm", "--calib", "x.npy")
    for word in words:
        assert word in error, error
    assert not (lwctl.folder / "m.lwm").exists()


def test_another_name(lwctl):
    onnx.save(image_model(1, 3, 12, 20), lwctl.folder / "m.onnx")
    arguments = ["pack", "m.onnx", "--shape", "y=1,3,12,20", "-o", "m.lwm"]
    error = lwctl.refused(USAGE, *arguments)
    assert '"y"' in error and '"x"' in error
    onnx.save(image_model(1, 3, "h", 20), lwctl.folder / "m.onnx")
    assert "'h'" in refused_input(lwctl, *arguments)


def test_tflite_models_have_their_own(lwctl):
    model = ROOT / "tests/data/small.tflite"
    assert "1,8,8,3" in lwctl.refused(USAGE, "pack", model, "--shape",
                                      "1,16,16,3", "-o", "m.lwm")
    lwctl("pack", model, "--shape", "1,8,8,3", "-o", "m.lwm")
