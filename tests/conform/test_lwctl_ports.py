# SPDX-License-Identifier: MIT
"""lwctl with models of several inputs and outputs."""
import json
import pathlib

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from conftest import BAD_INPUT, USAGE, Lwctl
from tflite_models import Maker

SHAPES = {"image": (3, 4, 6), "gain": (3, 1, 1)}


def write_model(path):
    """sum = image + gain, product = image x gain"""
    def value(name, shape):
        return helper.make_tensor_value_info(name, TensorProto.FLOAT,
                                             (1, *shape))

    graph = helper.make_graph(
        [helper.make_node("Add", ["image", "gain"], ["sum"], name="add"),
         helper.make_node("Mul", ["image", "gain"], ["product"], name="mul")],
        "two", [value(name, shape) for name, shape in SHAPES.items()],
        [value(name, SHAPES["image"]) for name in ["sum", "product"]])
    onnx.save(helper.make_model(graph, ir_version=8, opset_imports=[
        helper.make_opsetid("", 17)]), path)
    return path


def samples(n, seed):
    """Images around 0, gains from 40 to 80."""
    rng = np.random.default_rng(seed)
    return {"image": rng.uniform(-1, 1, (n, *SHAPES["image"])),
            "gain": rng.uniform(40, 80, (n, *SHAPES["gain"]))}


def save(lwctl, arrays, prefix):
    return {name: lwctl.save(f"{prefix}_{name}.npy", a.astype(np.float32))
            for name, a in arrays.items()}


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """The model, and the package calibrated with ranges of both inputs."""
    lwctl = Lwctl(tmp_path_factory.mktemp("two"))
    model = write_model(lwctl.folder / "two.onnx")
    calib = save(lwctl, samples(64, 1), "calib")
    lwctl("pack", model, "-o", "two.lwm", "--calib", f"gain={calib['gain']}",
          "--calib", f"image={calib['image']}")
    return model, lwctl.folder / "two.lwm"


def test_each_input_has_its_range(lwctl, two):
    info = json.loads(lwctl("info", two[1], "--json"))
    image, gain = info["inputs"]
    assert (image["name"], gain["name"]) == ("image", "gain")
    assert image["scale"] == pytest.approx(2 / 255, rel=0.05)
    assert gain["scale"] == pytest.approx(80 / 255, rel=0.05)


def test_inputs_and_outputs_by_name_or_in_order(lwctl, two):
    x = samples(5, 2)
    files = save(lwctl, x, "x")
    lwctl("submit", two[1], "--input", f"gain={files['gain']}", "--input",
          f"image={files['image']}", "--output", "product=p.npy", "--output",
          "sum=s.npy")
    s, p = np.load(lwctl.folder / "s.npy"), np.load(lwctl.folder / "p.npy")
    assert s.shape == p.shape == (5, *SHAPES["image"])
    assert np.abs(s - (x["image"] + x["gain"])).max() < 0.6
    assert np.abs(p - x["image"] * x["gain"]).max() < 1.2
    result = json.loads(lwctl(
        "submit", two[1], files["image"], files["gain"], "--output", "s2.npy",
        "--output", "p2.npy", "--top", "1", "--json"))
    assert np.array_equal(np.load(lwctl.folder / "s2.npy"), s)
    assert np.array_equal(np.load(lwctl.folder / "p2.npy"), p)
    assert result["inputs"] == 5
    assert [r["input"] for r in result["results"]] == [
        f"{files['image']}[{i}]" for i in range(5)]
    # The best class is of the first output, [h][w][c] as engines have it.
    assert result["results"][3]["top"][0]["value"] == pytest.approx(s[3].max())
    lwctl("submit", two[1], files["image"], files["gain"], "--output",
          "product=raw.npy", "--raw")
    assert np.load(lwctl.folder / "raw.npy").dtype == np.uint8


def test_verify(lwctl, two):
    files = save(lwctl, samples(3, 3), "x")
    assert lwctl("verify", two[1], "--devices", "ref,opencl", files["image"],
                 files["gain"]).startswith("3 inputs: every byte equal")
    lwctl("verify", two[1], "--devices", "ref,opencl", "--count", "3")


def test_evaluation(lwctl, two):
    x = samples(6, 4)
    files = save(lwctl, x, "x")
    calib = save(lwctl, samples(32, 5), "c")
    s = x["image"] + x["gain"]
    best = s.transpose(0, 2, 3, 1).reshape(6, -1).argmax(1)
    lwctl.save("y.npy", best)
    stages = json.loads(lwctl(
        "pack", two[0], "-o", "m.lwm", "--calib", calib["image"], "--calib",
        calib["gain"], "--eval", f"image={files['image']}", "--eval",
        f"gain={files['gain']}", "--labels", "y.npy", "--float-output",
        "f.npy", "--json"))["stages"]
    assert stages[0]["accuracy"]["correct"] == 6
    assert np.abs(np.load(lwctl.folder / "f.npy") - s).max() < 1e-5


@pytest.mark.parametrize("inputs, words", [
    (["{image}"], ['"gain"', "nothing"]),
    (["image={image}", "image={image}", "gain={gain}"], ["6", "3"]),
    (["{image}", "{gain}", "{gain}"], ['"image" and "gain"', "NAME=FILE"]),
    (["gain={image}", "image={image}"], ["x_image.npy", "shape"]),
    (["{image}", "{gain}", "--output", "a", "--output", "b", "--output", "c"],
     ["--output", '"sum" and "product"']),
])
def test_what_does_not_fit(lwctl, two, inputs, words):
    files = save(lwctl, samples(3, 6), "x")
    line = lwctl.refused(BAD_INPUT, "submit", two[1],
                         *[i.format(**files) for i in inputs])
    for word in words:
        assert word in line


@pytest.mark.parametrize("outputs, words", [
    (["sum=a.npy", "sum=b.npy"], ["a.npy", "b.npy", '"sum"']),
    (["a.npy", "a.npy"], ["a.npy", "same file"]),
    (["x_gain.npy"], ["x_gain.npy", "same file"]),
    (["two.lwm"], ["two.lwm", "same file"]),
])
def test_outputs_in_each_other_s_way(lwctl, two, outputs, words):
    files = save(lwctl, samples(3, 6), "x")
    (lwctl.folder / "two.lwm").write_bytes(pathlib.Path(two[1]).read_bytes())
    line = lwctl.refused(USAGE, "submit", "two.lwm", files["image"],
                         files["gain"],
                         *[w for o in outputs for w in ("--output", o)])
    for word in words:
        assert word in line
    assert not (lwctl.folder / "a.npy").exists()


def test_calibration_needs_all_inputs(lwctl, two):
    files = save(lwctl, samples(3, 7), "x")
    assert '--calib: input "gain"' in lwctl.refused(
        BAD_INPUT, "pack", two[0], "-o", "m.lwm", "--calib",
        f"image={files['image']}")
    assert "--mean" in lwctl.refused(
        USAGE, "pack", two[0], "-o", "m.lwm", "--calib",
        files["image"], "--calib", files["gain"], "--mean", "1,2")


def test_reshaped_ports_keep_their_names(lwctl):
    """Where a reshaping is no operation, a port is what lies behind it."""
    m = Maker()
    x = m.tensor((1, 24))
    y = m.operator("RESHAPE", [x, m.constant(np.int32([1, 2, 3, 4]))],
                   (1, 2, 3, 4))
    z = m.operator("LOGISTIC", [y], (1, 2, 3, 4))
    out = m.operator("RESHAPE", [z, m.constant(np.int32([1, 24]))], (1, 24))
    (lwctl.folder / "m.tflite").write_bytes(m.finish(out))
    numbers = np.linspace(-1, 1, 72, dtype=np.float32).reshape(3, 24)
    lwctl.save("x.npy", numbers)
    lwctl("pack", "m.tflite", "-o", "m.lwm", "--calib", f"t{x}=x.npy")
    info = json.loads(lwctl("info", "m.lwm", "--json"))
    assert [p["name"] for p in info["inputs"]] == [f"t{x}"]
    assert [p["name"] for p in info["outputs"]] == [f"t{out}"]
    lwctl("submit", "m.lwm", f"t{x}=x.npy", "--output", f"t{out}=y.npy")
    assert np.abs(np.load(lwctl.folder / "y.npy")
                  - 1 / (1 + np.exp(-numbers))).max() < 0.01
