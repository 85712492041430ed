# SPDX-License-Identifier: MIT
"""Every development model packs, runs alike on all engines, and fits."""
import json

import peers
import pytest
import numpy as np

MODELS = ["kws.int8.tflite", "resnet8.int8.tflite", "vww.int8.tflite",
          "ad.int8.tflite", "mobilenet_v1_0.25_128_quant.tflite",
          "tf2_mobilenet_v2_1.0_224_ptq.tflite", "kws.fp32.tflite",
          "resnet8.fp32.tflite", "vww.fp32.tflite", "ad.fp32.tflite",
          "resnet20.onnx"]

# Shapes of the float models' inputs, to calibrate with.
FLOAT_INPUTS = {"kws": (49, 10, 1), "resnet8": (32, 32, 3),
                "vww": (96, 96, 3), "ad": (640,), "resnet20": (3, 32, 32)}

# Arena of the same model by Arm's compiler ethos-u-vela 5.2 (U55), KiB.
VELA_ARENA = {"resnet8.int8.tflite": 50.6, "kws.int8.tflite": 21.7,
              "vww.int8.tflite": 72.7,
              "tf2_mobilenet_v2_1.0_224_ptq.tflite": 1474}


def pack(data, lwctl, name, *options):
    path = data / "models" / name
    shape = FLOAT_INPUTS.get(name.split(".")[0])
    if "int8" not in name and shape:
        x = peers.smooth(shape, 16, seed=1).astype(np.float32) / 128 - 1
        options += ("--calib", lwctl.save("calib.npy", x))
    lwctl("pack", path, "-o", "m.lwm", *options)


@pytest.mark.parametrize("name", MODELS)
def test_engines_agree(data, lwctl, name):
    pack(data, lwctl, name)
    count = 2 if "v2" in name else 20
    lwctl("verify", "m.lwm", "--devices", "ref,opencl", "--count", count)


@pytest.mark.parametrize("name", ["resnet8.int8.tflite", "kws.int8.tflite"])
def test_engines_agree_when_pruned(data, lwctl, name):
    pack(data, lwctl, name, "--sparsity", "0.8", "--pattern", "block4")
    lwctl("verify", "m.lwm", "--devices", "ref,opencl", "--count", 20)


@pytest.mark.parametrize("name", VELA_ARENA)
def test_arena_is_no_larger_than_vela_s(data, lwctl, name):
    pack(data, lwctl, name)
    info = json.loads(lwctl("info", "m.lwm", "--json"))
    assert info["arena"] / 1024 <= VELA_ARENA[name]
