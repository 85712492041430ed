# SPDX-License-Identifier: MIT
"""Imported TFLite models, run in float, against LiteRT in float."""
import os
import pathlib
import subprocess

import numpy as np
import peers
import pytest
import tflite_models
import tflite_sparse
from ai_edge_litert.interpreter import Interpreter

ROOT = pathlib.Path(__file__).resolve().parents[2]
FLOAT_RUN = os.environ.get("FLOAT_RUN",
                           str(ROOT / "build/tests/tools/float_run"))
SAME, VALID = 0, 1
RELU, RELU_N1_TO_1, RELU6 = 1, 2, 3


def try_ours(folder, model, x):
    (folder / "m.tflite").write_bytes(model)
    (folder / "x.raw").write_bytes(np.ascontiguousarray(x, np.float32))
    return subprocess.run([FLOAT_RUN, "m.tflite", "x.raw", "y.raw"],
                          cwd=folder, capture_output=True, text=True)


def ours(folder, model, x):
    """Outputs of our interpreter, one row for each input."""
    done = try_ours(folder, model, x)
    assert done.returncode == 0, done.stderr
    return np.fromfile(folder / "y.raw", np.float32).reshape(len(x), -1)


def theirs(model, x):
    runtime = Interpreter(model_content=model, num_threads=2)
    runtime.allocate_tensors()
    source = runtime.get_input_details()[0]
    result = runtime.get_output_details()[0]
    out = []
    for one in x:
        runtime.set_tensor(source["index"],
                           one.reshape(source["shape"]).astype(np.float32))
        runtime.invoke()
        out.append(runtime.get_tensor(result["index"]).ravel())
    return np.array(out)


def assert_close(mine, other, limit=1e-4):
    assert mine.shape == other.shape
    assert np.ptp(other) > 0, "inputs that tell nothing"
    assert np.abs(mine - other).max() <= limit * np.abs(other).max()


def model_inputs(data, name, count=20):
    """Real numbers such as the model was trained on, or near them."""
    if name.startswith("kws"):
        x = np.load(data / "data/kws01_x.npy")[:count]
        return (x.astype(np.float32) - 83) * np.float32(0.5847029)
    if name.startswith("ad"):
        return peers.smooth((640,), count, seed=5).astype(np.float32) / 12 - 10
    images, _ = peers.cifar(data, "test", count)
    size = {"resnet8": 32, "vww": 96, "mobilenet": 128, "tf2": 224}
    images = peers.enlarge(images, *2 * [next(
        size[k] for k in size if name.startswith(k))]).astype(np.float32)
    if name.startswith("resnet8.fp32"):
        return images
    return images / 255 if name.startswith("vww") else images / 127.5 - 1


@pytest.mark.parametrize("logits", [False, True])
@pytest.mark.parametrize("name", ["resnet8.fp32", "vww.fp32", "ad.fp32"])
def test_float_models(data, tmp_path, name, logits):
    model = (data / f"models/{name}.tflite").read_bytes()
    if logits:
        model = tflite_models.without_softmax(model)
    x = model_inputs(data, name)
    assert_close(ours(tmp_path, model, x), theirs(model, x))


# LiteRT quantises activations where a float model's weights are 8-bit, as in
# kws.fp32; and legacy weights are quantised anew, which costs half a quantum.
@pytest.mark.parametrize("name,limit", [
    ("kws.fp32", 1e-4), ("kws.int8", 1e-4), ("resnet8.int8", 1e-4),
    ("vww.int8", 1e-4), ("ad.int8", 1e-4),
    ("tf2_mobilenet_v2_1.0_224_ptq", 1e-4),
    ("mobilenet_v1_0.25_128_quant", 0.1)])
def test_constants_of_quantised_models(data, tmp_path, name, limit):
    model = tflite_models.without_softmax(
        (data / f"models/{name}.tflite").read_bytes())
    x = model_inputs(data, name, 4 if name.startswith("tf2") else 20)
    assert_close(ours(tmp_path, model, x),
                 theirs(tflite_models.float_twin(model), x), limit)


def test_small_file(tmp_path):
    model = (ROOT / "tests/data/small.tflite").read_bytes()
    runtime = Interpreter(model_content=model)
    runtime.allocate_tensors()
    x = np.random.default_rng(1).uniform(-1, 1, (20, 8, 8, 3))
    assert_close(ours(tmp_path, model, x),
                 theirs(tflite_models.float_twin(model), x))


def conv(m, x, shape, kernel, padding=SAME, stride=1, dilation=1, act=0):
    rng = np.random.default_rng(2)
    weights = rng.normal(size=kernel).astype(np.float32)
    bias = rng.normal(size=kernel[0]).astype(np.float32)
    return m.operator("CONV_2D", [x, m.constant(weights), m.constant(bias)],
                      shape, "Conv2DOptions", padding=padding, strideH=stride,
                      strideW=stride + 1, dilationHFactor=dilation,
                      dilationWFactor=dilation, fusedActivationFunction=act)


def depthwise(m, x, shape, kernel, multiplier, padding=SAME, stride=1):
    rng = np.random.default_rng(3)
    weights = rng.normal(size=kernel).astype(np.float32)
    bias = rng.normal(size=kernel[3]).astype(np.float32)
    return m.operator("DEPTHWISE_CONV_2D",
                      [x, m.constant(weights), m.constant(bias)], shape,
                      "DepthwiseConv2DOptions", padding=padding,
                      strideH=stride, strideW=stride, dilationHFactor=1,
                      dilationWFactor=1, depthMultiplier=multiplier)


def dense(m, x, shape, units, inputs, keep=False):
    weights = np.random.default_rng(4).normal(size=(units, inputs))
    return m.operator("FULLY_CONNECTED",
                      [x, m.constant(weights.astype(np.float32)), -1], shape,
                      "FullyConnectedOptions", keepNumDims=keep)


def computed_weights(m, x, bias):
    w = m.operator("MEAN", [x, m.constant(np.int32([0, 1]))], (7, 6),
                   "ReducerOptions")
    rng = np.random.default_rng(10)
    b = m.constant(rng.normal(size=7).astype(np.float32)) if bias else -1
    return m.operator("FULLY_CONNECTED", [x, w, b], (1, 9, 7, 7),
                      "FullyConnectedOptions", keepNumDims=True,
                      fusedActivationFunction=RELU)


def pool(m, kind, x, shape, kernel, stride, padding, act=0):
    return m.operator(kind + "_POOL_2D", [x], shape, "Pool2DOptions",
                      padding=padding, strideH=stride, strideW=stride,
                      filterHeight=kernel, filterWidth=kernel + 1,
                      fusedActivationFunction=act)


def mean(m, x, shape, axes, keep):
    return m.operator("MEAN", [x, m.constant(np.int32(axes))], shape,
                      "ReducerOptions", keepDims=keep)


def pad(m, x, shape, pads, fill=None):
    inputs = [x, m.constant(np.int32(pads))]
    if fill is not None:
        inputs.append(m.constant(np.float32([fill])))
    return m.operator("PAD" if fill is None else "PADV2", inputs, shape,
                      "PadOptions" if fill is None else "PadV2Options")


def concat(m, x, shape, axis):
    other = m.operator("TANH", [x], m.graph.tensors[x].shape)
    return m.operator("CONCATENATION", [x, other, x], shape,
                      "ConcatenationOptions", axis=axis)


def strided(m, x, shape, begin, end, step, begin_mask=0, end_mask=0):
    lists = [m.constant(np.int32(v)) for v in (begin, end, step)]
    return m.operator("STRIDED_SLICE", [x, *lists], shape,
                      "StridedSliceOptions", beginMask=begin_mask,
                      endMask=end_mask)


def slice_of(m, x, shape, begin, size):
    return m.operator("SLICE", [x, m.constant(np.int32(begin)),
                                m.constant(np.int32(size))], shape,
                      "SliceOptions")


def transposed(m, x, shape, kernel, stride, padding, custom=False):
    """By LiteRT's operator, or by MediaPipe's, which LiteRT has, too."""
    rng = np.random.default_rng(9)
    w = m.constant(rng.normal(size=(shape[3], *kernel, 6)).astype(np.float32))
    b = m.constant(rng.normal(size=shape[3]).astype(np.float32))
    if custom:
        return m.operator("Convolution2DTransposeBias", [x, w, b], shape,
                          custom=np.int32([padding + 1, *stride]).tobytes())
    return m.operator("TRANSPOSE_CONV", [m.constant(np.int32(shape)), w, x, b],
                      shape, "TransposeConvOptions", padding=padding,
                      strideW=stride[0], strideH=stride[1])


def reshape(m, x, shape):
    return m.operator("RESHAPE", [x, m.constant(np.int32(shape))], shape,
                      "ReshapeOptions", newShape=list(shape))


def unary(m, x, name, shape=(1, 9, 7, 6)):
    return m.operator(name, [x], shape)


def half_weights(m, x):
    """Weights in float16, which a DEQUANTIZE makes float."""
    weights = np.random.default_rng(5).normal(size=(5, 3, 3, 6))
    wide = m.operator("DEQUANTIZE",
                      [m.constant(weights.astype(np.float16))], (5, 3, 3, 6))
    bias = m.constant(np.zeros(5, np.float32))
    return m.operator("CONV_2D", [x, wide, bias], (1, 7, 5, 5), "Conv2DOptions",
                      padding=VALID, strideH=1, strideW=1)


def pair(m, x, name, options, y=None, swapped=False):
    """Of x and a number above zero, or a function of x that is."""
    inputs = [x, unary(m, x, "EXP") if y is None else y]
    return m.operator(name, inputs[::-1] if swapped else inputs, (1, 9, 7, 6),
                      options)


def numbers(m, *shape):
    rng = np.random.default_rng(8)
    return m.constant(rng.uniform(0.5, 2, shape).astype(np.float32))


def large_constant(m, x):
    """More numbers than a tensor has channels, in front of what is computed."""
    x = m.operator("TILE", [x, m.constant(np.int32([1, 20, 10, 1]))],
                   (1, 180, 70, 6), "TileOptions")
    x = m.operator("ADD", [numbers(m, 1, 180, 70, 6), x], (1, 180, 70, 6),
                   "AddOptions")
    return m.operator("CONCATENATION", [numbers(m, 1, 1, 70, 6), x],
                      (1, 181, 70, 6), "ConcatenationOptions", axis=1)


def product_of_constants(m, x):
    k = m.operator("MUL", [numbers(m, 7, 6), numbers(m, 9, 1, 6)], (9, 7, 6),
                   "MulOptions")
    return pair(m, x, "SUB", "SubOptions", k)


REAL = {name: (lambda m, x, name=name: unary(m, x, name)) for name in (
    "FLOOR", "CEIL", "ROUND", "SIGN", "SIN", "COS", "SQUARE", "LOG_SOFTMAX")}
for pair_name, pair_options in (("DIV", "DivOptions"), (
        "SQUARED_DIFFERENCE", "SquaredDifferenceOptions")):
    words = (pair_name, pair_options)
    REAL |= {
        f"{pair_name} values": lambda m, x, w=words: pair(m, x, *w),
        f"{pair_name} number": lambda m, x, w=words: pair(
            m, x, *w, numbers(m)),
        f"{pair_name} channels": lambda m, x, w=words: pair(
            m, x, *w, numbers(m, 6)),
        f"{pair_name} tensor": lambda m, x, w=words: pair(
            m, x, *w, numbers(m, 7, 6)),
        f"{pair_name} of channels": lambda m, x, w=words: pair(
            m, unary(m, x, "EXP"), *w, numbers(m, 6), True),
    }

# The input is 1x9x7x6.
OPERATORS = REAL | {
    "large constant": large_constant,
    "product of constants": product_of_constants,
    "conv same": lambda m, x: conv(m, x, (1, 9, 4, 5), (5, 3, 4, 6)),
    "conv valid stride relu": lambda m, x: conv(
        m, x, (1, 4, 2, 5), (5, 3, 2, 6), VALID, stride=2, act=RELU),
    "conv dilated": lambda m, x: conv(m, x, (1, 9, 4, 5), (5, 3, 3, 6),
                                      dilation=2, act=RELU6),
    "conv groups": lambda m, x: conv(m, x, (1, 9, 4, 4), (4, 3, 3, 3),
                                     act=RELU_N1_TO_1),
    "conv large stride": lambda m, x: conv(m, x, (1, 3, 2, 3), (3, 1, 1, 6),
                                           stride=3),
    **{f"transposed, {name}, {custom}": (
        lambda m, x, w=words, custom=custom: transposed(m, x, *w, custom))
       for name, *words in (
           ("same", (1, 18, 21, 4), (3, 4), (3, 2), SAME),
           ("same, cropped", (1, 17, 7, 1), (5, 2), (1, 2), SAME),
           ("pixels apart", (1, 18, 14, 4), (2, 2), (2, 2), SAME),
           ("valid", (1, 19, 23, 4), (3, 5), (3, 2), VALID))
       for custom in (False, True)},
    "depthwise": lambda m, x: depthwise(m, x, (1, 5, 4, 6), (1, 3, 3, 6), 1,
                                        stride=2),
    "depthwise multiplied": lambda m, x: depthwise(
        m, x, (1, 8, 5, 12), (1, 2, 3, 12), 2, VALID),
    "dense of an image": lambda m, x: dense(m, x, (1, 4), 4, 9 * 7 * 6),
    "dense of pixels": lambda m, x: dense(m, x, (1, 9, 7, 4), 4, 6, True),
    **{f"dense of computed weights, {name}": (
        lambda m, x, bias=bias: computed_weights(m, x, bias))
       for name, bias in (("bias", True), ("no bias", False))},
    "max pool": lambda m, x: pool(m, "MAX", x, (1, 5, 4, 6), 3, 2, SAME),
    "average pool same": lambda m, x: pool(m, "AVERAGE", x, (1, 5, 4, 6), 3, 2,
                                           SAME),
    "average pool valid": lambda m, x: pool(m, "AVERAGE", x, (1, 8, 5, 6), 2,
                                            1, VALID, RELU),
    "mean kept": lambda m, x: mean(m, x, (1, 1, 1, 6), [1, 2], True),
    "mean": lambda m, x: mean(m, x, (1, 6), [-2, 1], False),
    "add": lambda m, x: m.operator(
        "ADD", [x, unary(m, x, "LOGISTIC")], (1, 9, 7, 6), "AddOptions",
        fusedActivationFunction=RELU),
    "relu": lambda m, x: unary(m, x, "RELU"),
    "relu6": lambda m, x: unary(m, x, "RELU6"),
    "relu -1 to 1": lambda m, x: unary(m, x, "RELU_N1_TO_1"),
    "relu 0 to 1": lambda m, x: unary(m, x, "RELU_0_TO_1"),
    "logistic": lambda m, x: unary(m, x, "LOGISTIC"),
    "tanh": lambda m, x: unary(m, x, "TANH"),
    "hard swish": lambda m, x: m.operator("HARD_SWISH", [x], (1, 9, 7, 6),
                                          "HardSwishOptions"),
    "leaky relu": lambda m, x: m.operator("LEAKY_RELU", [x], (1, 9, 7, 6),
                                          "LeakyReluOptions", alpha=0.3),
    "softmax of pixels": lambda m, x: m.operator(
        "SOFTMAX", [x], (1, 9, 7, 6), "SoftmaxOptions", beta=1.0),
    "pad": lambda m, x: pad(m, x, (1, 12, 10, 6),
                            [[0, 0], [1, 2], [3, 0], [0, 0]]),
    "pad channels": lambda m, x: pad(m, x, (1, 9, 7, 11),
                                     [[0, 0], [0, 0], [0, 0], [2, 3]]),
    "pad with a number": lambda m, x: pad(
        m, x, (1, 10, 7, 6), [[0, 0], [0, 1], [0, 0], [0, 0]], -7.5),
    "concat rows": lambda m, x: concat(m, x, (1, 27, 7, 6), 1),
    "concat columns": lambda m, x: concat(m, x, (1, 9, 21, 6), -2),
    "concat channels": lambda m, x: concat(m, x, (1, 9, 7, 18), 3),
    "slice": lambda m, x: slice_of(m, x, (1, 4, 7, 2), [0, 3, 0, 1],
                                   [1, 4, -1, 2]),
    "strided slice": lambda m, x: strided(
        m, x, (1, 4, 2, 3), [0, 1, -5, 0], [1, 9, -2, 6], [1, 2, 2, 2]),
    "strided slice with masks": lambda m, x: strided(
        m, x, (1, 5, 6, 6), [9, 9, 1, 9], [0, 0, 99, 0], [1, 2, 1, 1],
        begin_mask=0b1011, end_mask=0b1011),
    "flatten": lambda m, x: dense(m, reshape(m, x, (1, 378)), (1, 3), 3, 378),
    "flatten the output": lambda m, x: reshape(m, unary(m, x, "RELU"),
                                               (1, 378)),
    "squeeze": lambda m, x: dense(m, m.operator(
        "SQUEEZE", [mean(m, x, (1, 1, 1, 6), [1, 2], True)], (1, 6),
        "SqueezeOptions", squeezeDims=[1, 2]), (1, 5), 5, 6),
    "back to an image": lambda m, x: conv(m, reshape(
        m, mean(m, x, (1, 6), [1, 2], False), (1, 1, 1, 6)), (1, 1, 1, 3),
        (3, 1, 1, 6)),
    "float16 weights": half_weights,
}


@pytest.mark.parametrize("name", OPERATORS)
def test_operators(tmp_path, name):
    maker = tflite_models.Maker()
    model = maker.finish(OPERATORS[name](maker, maker.tensor((1, 9, 7, 6))))
    x = np.random.default_rng(6).normal(size=(10, 9, 7, 6)) * 3
    x = x.astype(np.float32)
    assert_close(ours(tmp_path, model, x), theirs(model, x), 1e-5)


@pytest.mark.parametrize("name,options,dtype,reason", [
    ("Convolution2DTransposeBias", [1, 2], np.float32,
     "its options are 8 bytes; 12 expected"),
    ("Convolution2DTransposeBias", [0, 2, 2], np.float32,
     "its padding is 0; 1 (SAME) or 2 (VALID) expected"),
    ("Convolution2DTransposeBias", [1, 2, 0], np.float32,
     "its stride is 0; 1 to 65535 expected"),
    ("Convolution2DTransposeBias", [1, 2, 2], np.int8,
     "its input is INT8; FLOAT32 expected"),
    ("Convolution2DTranspose", [1, 2, 2], np.float32,
     "the operator is not supported"),
])
def test_refused_custom_operators(tmp_path, name, options, dtype, reason):
    m = tflite_models.Maker()
    m.tensor((1, 9, 7, 6), dtype)
    w = m.constant(np.ones((4, 2, 2, 6), np.float32))
    b = m.constant(np.ones(4, np.float32))
    y = m.operator(name, [0, w, b], (1, 18, 14, 4),
                   custom=np.int32(options).tobytes())
    done = try_ours(tmp_path, m.finish(y), np.zeros((1, 9, 7, 6)))
    assert done.returncode and f"({name}): {reason}" in done.stderr


def test_output_that_is_constant(tmp_path):
    maker = tflite_models.Maker()
    outputs = [unary(maker, maker.tensor((1, 9, 7, 6)), "RELU"),
               numbers(maker, 2, 3)]
    model = maker.finish(outputs)
    y = ours(tmp_path, model, np.zeros((2, 9, 7, 6), np.float32))
    constant = np.random.default_rng(8).uniform(0.5, 2, 6).astype(np.float32)
    assert (y[:, -6:] == constant).all()


def test_vector_that_becomes_an_image(tmp_path):
    maker = tflite_models.Maker()
    image = reshape(maker, maker.tensor((1, 378)), (1, 9, 7, 6))
    model = maker.finish(conv(maker, image, (1, 9, 4, 5), (5, 3, 4, 6)))
    x = np.random.default_rng(7).normal(size=(10, 378)).astype(np.float32)
    assert_close(ours(tmp_path, model, x), theirs(model, x), 1e-5)


@pytest.mark.parametrize("seed", range(40))
def test_sparse_weights(tmp_path, seed):
    model = tflite_sparse.model(seed)
    shape = tflite_models.read(model).subgraphs[0].tensors[0].shape
    x = np.random.default_rng(seed).normal(size=(3, *shape[1:]))
    assert_close(ours(tmp_path, model, x), theirs(model, x), 1e-5)


def test_sparse_file_is_current():
    assert (ROOT / "tests/data/graph-sparse.tflite").read_bytes() == \
        tflite_sparse.model(2)
