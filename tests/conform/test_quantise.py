# SPDX-License-Identifier: MIT
"""Post-training quantisation: what int8 costs in accuracy."""
import numpy as np
import peers

CIFAR_NORM = ("--scale", 1 / 255, "--mean", "0.485,0.456,0.406",
              "--std", "0.229,0.224,0.225")


def pack(lwctl, path, calibration, *options):
    lwctl("pack", path, "-o", "m.lwm", "--calib",
          lwctl.save("calib.npy", calibration), *options)


def test_resnet20_loses_at_most_0_3_points(data, lwctl):
    x, y = peers.cifar(data, "test", 2500)
    calibration, _ = peers.cifar(data, "train", 256)
    path = data / "models/resnet20.onnx"
    pack(lwctl, path, calibration, *CIFAR_NORM)
    mean = np.float32([0.485, 0.456, 0.406])
    std = np.float32([0.229, 0.224, 0.225])
    real = ((x / np.float32(255) - mean) / std).transpose(0, 3, 1, 2)
    before = peers.accuracy(peers.OnnxRuntime(path).run(
        real.astype(np.float32)), y)
    after = peers.accuracy(lwctl.submit("m.lwm", x), y)
    assert after >= before - 0.3, f"{before:.2f} to {after:.2f} %"


def test_resnet8_is_as_good_as_the_given_int8(data, lwctl):
    x, y = peers.cifar(data, "test", 2500)
    calibration, _ = peers.cifar(data, "train", 256)
    pack(lwctl, data / "models/resnet8.fp32.tflite", calibration,
         "--scale", 1)
    given = peers.LiteRT(data / "models/resnet8.int8.tflite").run(
        (x.astype(np.int16) - 128).astype(np.int8))
    ours = peers.accuracy(lwctl.submit("m.lwm", x), y)
    assert ours >= peers.accuracy(given, y)


def test_kws_is_as_good_as_the_given_int8(data, lwctl):
    x = np.load(data / "data/kws01_x.npy")
    y = np.load(data / "data/kws01_y.npy")
    given = peers.LiteRT(data / "models/kws.int8.tflite")
    scale, zero = given.input["quantization"]
    real = ((x.astype(np.float32) - zero) * scale).astype(np.float32)
    pack(lwctl, data / "models/kws.fp32.tflite", real[:256])
    ours = peers.accuracy(lwctl.submit("m.lwm", real), y)
    assert ours >= peers.accuracy(given.run(x), y)
