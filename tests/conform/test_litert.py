# SPDX-License-Identifier: MIT
"""Integer TFLite models against LiteRT with XNNPACK: the same bytes."""
import numpy as np
import peers
import pytest


def model_inputs(data, name, litert):
    """At least 200 inputs of the model's own type."""
    shape = tuple(litert.input["shape"][1:])
    if name == "kws.int8":
        return np.load(data / "data/kws01_x.npy")
    if len(shape) == 3:
        images, _ = peers.cifar(data, "test", 200)
        x = peers.enlarge(images, *shape[:2])
    else:
        x = peers.smooth(shape, 200, seed=3)
    if litert.input["dtype"] == np.int8:
        x = (x.astype(np.int16) - 128).astype(np.int8)
    return x


@pytest.mark.parametrize("name", ["kws.int8", "resnet8.int8", "vww.int8",
                                  "ad.int8", "tf2_mobilenet_v2_1.0_224_ptq",
                                  "mobilenet_v1_0.25_128_quant"])
def test_every_byte_is_equal(data, lwctl, name):
    path = data / f"models/{name}.tflite"
    litert = peers.LiteRT(path)
    x = model_inputs(data, name, litert)
    lwctl("pack", path, "-o", "m.lwm")
    ours = lwctl.submit("m.lwm", x, "--raw")
    theirs = litert.run(x)
    assert ours.dtype == theirs.dtype and len(theirs) >= 200
    assert len(np.unique(theirs)) > 5, "inputs that tell nothing"
    np.testing.assert_array_equal(ours, theirs)


def test_kws_accuracy_is_litert_s(data, lwctl):
    path = data / "models/kws.int8.tflite"
    x = np.load(data / "data/kws01_x.npy")
    y = np.load(data / "data/kws01_y.npy")
    lwctl("pack", path, "-o", "m.lwm")
    ours = peers.accuracy(lwctl.submit("m.lwm", x, "--raw"), y)
    assert ours == peers.accuracy(peers.LiteRT(path).run(x), y)
    assert ours == pytest.approx(90.2, abs=0.01)
