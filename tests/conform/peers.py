# SPDX-License-Identifier: MIT
"""The runtimes that lwnpu's answers are compared with, and their inputs."""
import numpy as np
import onnxruntime
from ai_edge_litert.interpreter import Interpreter


class LiteRT:
    """A TFLite model in LiteRT with its default XNNPACK."""

    def __init__(self, path):
        self.runtime = Interpreter(str(path), num_threads=2)
        self.runtime.allocate_tensors()
        self.input = self.runtime.get_input_details()[0]
        self.output = self.runtime.get_output_details()[0]

    def run(self, x):
        out = []
        for one in x:
            self.runtime.set_tensor(self.input["index"], one[None])
            self.runtime.invoke()
            out.append(self.runtime.get_tensor(self.output["index"])[0].copy())
        return np.array(out)


def run_tflite(model, inputs):
    """All outputs of a TFLite model given as bytes, on one set of inputs."""
    runtime = Interpreter(model_content=model, num_threads=1)
    runtime.allocate_tensors()
    for detail, x in zip(runtime.get_input_details(), inputs):
        runtime.set_tensor(detail["index"], x)
    runtime.invoke()
    return [runtime.get_tensor(detail["index"]).copy()
            for detail in runtime.get_output_details()]


class OnnxRuntime:
    """An ONNX model in onnxruntime's exact mode (no saturating products)."""

    def __init__(self, model):
        options = onnxruntime.SessionOptions()
        options.add_session_config_entry("session.x64quantprecision", "1")
        if not isinstance(model, bytes):
            model = str(model)
        self.session = onnxruntime.InferenceSession(
            model, options, providers=["CPUExecutionProvider"])
        self.name = self.session.get_inputs()[0].name

    def run(self, x):
        """Of the first output; @x of one input, or arrays by name."""
        arrays = x if isinstance(x, dict) else {self.name: x}
        count = len(next(iter(arrays.values())))
        return np.concatenate([self.session.run(None, {
            name: array[i:i + 1] for name, array in arrays.items()})[0]
            for i in range(count)])


def cifar(data, split, count):
    """CIFAR-10 images, uint8 NHWC, and labels, an even share of each class."""
    kind = "cifar10_test_jpeg" if split == "test" else "cifar10_train_lossless"
    x = np.load(data / f"data/{kind}_x.npy")
    y = np.load(data / f"data/{kind}_y.npy")
    pick = np.linspace(0, len(x) - 1, count).astype(int)
    return x[pick], y[pick]


def enlarge(images, height, width):
    """Images of another size, nearest neighbour."""
    rows = np.arange(height) * images.shape[1] // height
    columns = np.arange(width) * images.shape[2] // width
    return images[:, rows][:, :, columns]


def smooth(shape, count, seed):
    """Random walks along the axes, as bytes: neighbours look alike."""
    rng = np.random.default_rng(seed)
    walk = rng.normal(size=(count, *shape)).cumsum(1)
    if len(shape) > 1:
        walk = walk.cumsum(2)
    low = walk.min(axis=tuple(range(1, walk.ndim)), keepdims=True)
    high = walk.max(axis=tuple(range(1, walk.ndim)), keepdims=True)
    return np.round((walk - low) / (high - low) * 255).astype(np.uint8)


def accuracy(scores, labels):
    """Percentage of rows whose largest score is the label's."""
    return 100 * np.mean(scores.reshape(len(scores), -1).argmax(1) == labels)
