# SPDX-License-Identifier: MIT
"""Small ONNX models, one for each thing that the importer can read.

As a program, writes small.onnx and small_qdq.onnx to the folder given: the
models on which other tests try damage.
"""
import pathlib
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


class Net:
    """A model in the making; names of tensors are what its methods return."""

    def __init__(self, shape=(1, 5, 11, 9), opset=17, seed=1,
                 dtype=TensorProto.FLOAT):
        self.rng = np.random.default_rng(seed)
        self.opset, self.nodes, self.constants = opset, [], []
        self.input = helper.make_tensor_value_info("x", dtype, shape)

    def const(self, array, dtype=np.float32):
        name = f"k{len(self.constants)}"
        self.constants.append(
            numpy_helper.from_array(np.asarray(array, dtype), name))
        return name

    def ints(self, *values):
        return self.const(values, np.int64)

    def random(self, *shape, low=-1.0, high=1.0):
        return self.const(self.rng.uniform(low, high, shape))

    def op(self, kind, *inputs, outputs=1, **attributes):
        """Adds a node; gives its output, or a list of them."""
        names = [f"y{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(
            kind, inputs, names, name=f"{kind.lower()}{len(self.nodes)}",
            **attributes))
        return names[0] if outputs == 1 else names

    def conv(self, x, out, channels, k=3, bias=True, groups=1, **attributes):
        scale = 1 / np.sqrt(channels // groups * k * k)
        w = self.random(out, channels // groups, k, k, low=-scale, high=scale)
        more = [self.random(out)] if bias else []
        return self.op("Conv", x, w, *more, group=groups, **attributes)

    def model(self, *outputs, checked=True):
        graph = helper.make_graph(
            self.nodes, "net", [self.input],
            [helper.make_tensor_value_info(o, TensorProto.FLOAT, None)
             for o in outputs], self.constants)
        model = helper.make_model(
            graph, ir_version=8,
            opset_imports=[helper.make_opsetid("", self.opset)])
        if checked:
            model = onnx.shape_inference.infer_shapes(model, strict_mode=True)
            onnx.checker.check_model(model)
        return model


MODELS = {}


def model(*variants):
    """Registers a function that makes a model, once for each variant."""
    def register(make):
        for variant in variants or [()]:
            words = [str(v) for v in variant] if variant else []
            MODELS["-".join([make.__name__, *words])] = (make, variant)
        return make
    return register


def make(name):
    function, variant = MODELS[name]
    return function(*variant)


@model((11,), (13,), (15,), (17,), (18,), (19,), (21,), (22,))
def small(opset=17):
    net = Net((1, 3, 8, 8), opset)
    x = net.op("Relu", net.conv("x", 8, 3, pads=[1] * 4))
    y = net.conv(x, 8, 8, groups=8, pads=[1] * 4)
    y = net.op("Relu", net.op("Add", net.conv(y, 8, 8, k=1), x))
    y = net.op("MaxPool", y, kernel_shape=[2, 2], strides=[2, 2])
    y = net.op("Flatten", net.op("GlobalAveragePool", y))
    return net.model(net.op("Gemm", y, net.random(5, 8), net.random(5),
                            transB=1))


@model(({"strides": [2, 3]},), ({"dilations": [2, 1]},),
       ({"pads": [0, 1, 2, 1]},), ({"auto_pad": "SAME_UPPER",
                                    "strides": [2, 2]},),
       ({"auto_pad": "SAME_LOWER", "strides": [2, 2]},),
       ({"auto_pad": "VALID"},), ({"bias": False},), ({"groups": 5},),
       ({"groups": 5, "out": 10},), ({"k": 1},))
def conv(options):
    options = {"out": 15, **options}
    if options.get("groups") == 5 and options["out"] == 15:
        options["out"] = 5
    net = Net()
    return net.model(net.conv("x", channels=5, **options))


@model((3, {}), (5, {"alpha": 2.0, "beta": 0.5}), (9, {"bias": 0.5}))
def lrn(size, options):
    net = Net()
    x = net.op("LRN", "x", size=size, **options)
    return net.model(net.op("LRN", net.op("Transpose", x, perm=[0, 2, 1, 3]),
                            size=size, **options))


@model()
def conv_1d():
    net = Net((1, 4, 21))
    y = net.op("Conv", "x", net.random(6, 4, 3), net.random(6), strides=[2],
               pads=[1, 0])
    y = net.op("MaxPool", y, kernel_shape=[2], strides=[2])
    return net.model(net.op("Reshape", y, net.ints(1, -1)))


@model((0,), (1,))
def gemm(transposed):
    net = Net((1, 7))
    w = net.random(*((4, 7) if transposed else (7, 4)))
    return net.model(net.op("Gemm", "x", w, net.random(1, 4), alpha=0.5,
                            beta=2.0, transB=transposed))


@model()
def matmul():
    net = Net()
    x = net.op("Reshape", "x", net.ints(1, -1))
    y = net.op("MatMul", x, net.random(5 * 11 * 9, 6))
    return net.model(net.op("Add", net.random(6), y))


@model()
def matmul_of_pixels():
    net = Net()
    x = net.op("Transpose", "x", perm=[0, 2, 3, 1])
    x = net.op("MatMul", x, net.random(5, 6))
    return net.model(net.op("Transpose", x, perm=[0, 3, 1, 2]))


@model()
def batch_norm():
    net = Net()
    return net.model(net.op(
        "BatchNormalization", "x", net.random(5), net.random(5),
        net.random(5), net.random(5, low=0.1), epsilon=1e-3))


@model(("Relu",), ("LeakyRelu",), ("Sigmoid",), ("HardSigmoid",),
       ("HardSwish",), ("Tanh",), ("Identity",), ("Dropout",))
def unary(kind):
    net = Net()
    return net.model(net.op(kind, "x"))


@model()
def slopes():
    net = Net()
    x = net.op("LeakyRelu", "x", alpha=0.3)
    return net.model(net.op("HardSigmoid", x, alpha=0.4, beta=0.3))


@model((10, "both"), (11, "both"), (17, "min"), (17, "max"))
def clip(opset, which):
    net = Net(opset=opset)
    if opset < 11:
        return net.model(net.op("Clip", "x", min=-0.5, max=0.7))
    low = net.const(-0.5) if which != "max" else ""
    more = [net.const(0.7)] if which != "min" else []
    return net.model(net.op("Clip", "x", low, *more))


@model(({},), ({"strides": [2, 2]},), ({"strides": [2, 2], "ceil_mode": 1},),
       ({"pads": [1, 1, 0, 1], "strides": [2, 1]},),
       ({"auto_pad": "SAME_UPPER", "strides": [3, 2]},),
       ({"pads": [1, 1, 1, 1], "strides": [3, 3], "ceil_mode": 1},))
def max_pool(options):
    net = Net()
    return net.model(net.op("MaxPool", "x", kernel_shape=[3, 2], **options))


@model(({},), ({"pads": [1, 1, 1, 0], "strides": [2, 2]},),
       ({"pads": [1, 0, 1, 1], "count_include_pad": 1},),
       ({"auto_pad": "SAME_LOWER"},), ({"strides": [2, 2], "ceil_mode": 1},))
def average_pool(options):
    net = Net()
    return net.model(net.op("AveragePool", "x", kernel_shape=[3, 2],
                            **options))


@model(("GlobalAveragePool",), ("GlobalMaxPool",))
def global_pool(kind):
    net = Net()
    return net.model(net.op(kind, "x"))


@model(("ReduceMean", 11, [2, 3], 0), ("ReduceMean", 18, [-1, -2], 1),
       ("ReduceMean", 17, [3], 1), ("ReduceMax", 13, [2, 3], 1))
def reduce(kind, opset, axes, keep):
    net = Net(opset=opset)
    if opset >= 18:
        return net.model(net.op(kind, "x", net.ints(*axes), keepdims=keep))
    return net.model(net.op(kind, "x", axes=axes, keepdims=keep))


@model(("Add",), ("Sub",), ("Mul",), ("Div",))
def constants(kind):
    net = Net()
    x = net.op(kind, "x", net.random(5, 1, 1, low=0.5))
    x = net.op(kind, x, net.const(1.5))
    x = net.op(kind, x, net.random(1, 5, 1, 1, low=0.5))
    if kind != "Div":
        x = net.op(kind, net.const([0.25]), x)
        x = net.op(kind, net.random(1, 5, 1, 1), x)
    return net.model(x)


@model(("Add",), ("Sub",), ("Mul",), ("Div",), ("Max",))
def tensors(kind):
    """Constants that vary along more than channels, on both sides."""
    net = Net()
    x = net.op(kind, "x", net.random(5, 11, 1, low=0.5, high=2))
    x = net.op(kind, net.random(1, 11, 9, low=0.5, high=2), x)
    x = net.op(kind, net.random(5, 1, 9, low=0.5, high=2), x)
    return net.model(net.op(kind, x, net.random(5, 11, 9, low=0.5, high=2)))


@model()
def tokens():
    """Constants as parts, factors, sums; and as a result."""
    net = Net()
    x = net.conv("x", 8, 5, k=3, strides=[2, 2])
    x = net.op("Reshape", x, net.ints(1, 8, 20))
    x = net.op("Transpose", x, perm=[0, 2, 1])
    x = net.op("Concat", net.random(1, 1, 8), x, net.random(1, 3, 8), axis=1)
    x = net.op("Add", x, net.random(1, 24, 8))
    y = net.op("MatMul", net.random(3, 5, 24), x)
    y = net.op("MatMul", y, net.random(3, 8, 6))
    return net.model(y, net.op("Identity", net.random(2, 3, 4)))


@model()
def quantised_tokens():
    """What onnxruntime's quantizer gives one scale, or one for each row."""
    net = Net()
    x = net.conv("x", 8, 5, k=3, strides=[2, 2])
    x = net.op("Reshape", x, net.ints(1, 8, 20))
    x = net.op("Concat", net.random(1, 8, 1), x, net.random(1, 8, 3), axis=2)
    x = net.op("Add", x, net.random(1, 8, 24))
    return net.model(net.op("MatMul", net.random(3, 5, 8), x))


@model()
def gemm_of_rows():
    net = Net((1, 5, 6))
    x = net.op("Reshape", "x", net.ints(5, 6))
    return net.model(net.op("Gemm", x, net.random(6, 4), net.random(5, 4)))


@model((1,), (2,), (3,), (-2,))
def concat(axis):
    net = Net()
    a, b = net.op("Relu", "x"), net.op("Sigmoid", "x")
    return net.model(net.op("Concat", a, "x", b, axis=axis))


@model(("Greater",), ("GreaterOrEqual",), ("Less",), ("LessOrEqual",),
       ("Equal",))
def where(kind):
    net = Net()
    x = net.op("Round", net.op("Mul", "x", net.const(2)))
    y = net.op("Transpose", net.op("Transpose", x, perm=[0, 1, 3, 2]),
               perm=[0, 1, 3, 2])
    a = net.op(kind, x, net.const(1))
    b = net.op(kind, net.op("Sub", y, net.random(5, 1, 1)), net.const(0))
    c = net.op(kind, x, net.op("Round", net.op("Neg", y)))
    d = net.op(kind, net.random(9), y)
    return net.model(
        net.op("Where", a, "x", net.const(3)),
        net.op("Where", net.op("And", b, net.op("Not", a)), net.const(0), "x"),
        net.op("Where", net.op("Or", c, d), net.random(9), net.const(0)),
        net.op("Cast", net.op("Cast", d, to=TensorProto.BOOL),
               to=TensorProto.FLOAT),
        net.op("Where", net.op("Cast", x, to=TensorProto.BOOL), "x",
               net.const(1)))


@model()
def where_constant():
    """A mask that the model holds; and a number that an If could test."""
    net = Net()
    mask = net.const(net.rng.random((11, 9)) > 0.4, bool)
    most = net.op("ReduceMax", "x")
    everywhere = net.const(np.ones((1, 1, 11, 9)), bool)
    return net.model(
        net.op("Where", everywhere, "x", net.const(-np.inf)),
        net.op("Where", net.op("Not", everywhere), "x", net.random(5, 1, 1)),
        net.op("Where", mask, "x", net.random(5, 1, 1)),
        net.op("Where", net.op("Less", most, net.const(2)), "x", most),
        net.op("Where", net.op("Greater", net.const(2), most),
               net.op("Cast", mask, to=TensorProto.FLOAT), net.const(0)))


@model()
def divide_no_nan():
    net = Net()
    x = net.op("Relu", "x")
    y = net.op("Relu", net.op("Neg", net.conv("x", 5, 5, pads=[1] * 4)))
    return net.model(net.op(
        "Where", net.op("Equal", y, net.const(0)), net.const(0),
        net.op("Div", x, y)))


@model()
def concat_empty():
    net = Net()
    return net.model(net.op("Concat", net.const(np.zeros((1, 0, 11, 9))), "x",
                            net.random(1, 2, 11, 9), axis=1))


@model((9,), (17,))
def slices(opset):
    net = Net(opset=opset)
    if opset < 10:
        return net.model(net.op("Slice", "x", starts=[1, -6], ends=[4, 1000],
                                axes=[1, 3]))
    y = net.op("Slice", "x", net.ints(1, 2, -8), net.ints(5, 2**62, -1),
               net.ints(1, -2, 3), net.ints(2, 3, 1))
    return net.model(y)


@model((11,), (13,), (18,))
def split(opset):
    net = Net(opset=opset)
    if opset == 11:
        parts = net.op("Split", "x", outputs=2, axis=1, split=[2, 3])
    elif opset == 13:
        parts = net.op("Split", "x", net.ints(1, 4), outputs=2, axis=1)
    else:
        parts = net.op("Split", "x", outputs=4, axis=2, num_outputs=4)
    return net.model(*parts)


@model((10,), (11,), (18,))
def pad(opset):
    net = Net(opset=opset)
    pads = [0, 0, 1, 2, 0, 0, 3, 0]
    if opset == 10:
        return net.model(net.op("Pad", "x", pads=pads, value=0.5))
    if opset == 11:
        return net.model(net.op("Pad", "x", net.ints(*pads), net.const(0.5)))
    return net.model(net.op("Pad", "x", net.ints(1, 2, 3, 0), "",
                            net.ints(-1, 2)))


@model()
def pad_channels():
    net = Net()
    y = net.op("Slice", "x", net.ints(0, 0), net.ints(99, 99), net.ints(2, 3),
               net.ints(2, 2))
    return net.model(net.op("Pad", y, net.ints(0, 4, 0, 0, 0, 3, 0, 0)))


@model()
def shapes():
    """[1, 5, 11, 9] there and back, flat at last."""
    net = Net()
    x = net.op("Reshape", "x", net.ints(5, 11, 1, 0, -1))
    return net.model(x, checked=False)


@model((11,), (13,))
def squeezes(opset):
    net = Net(opset=opset)
    if opset == 11:
        x = net.op("Squeeze", "x", axes=[0])
        x = net.op("Unsqueeze", x, axes=[0, -1])
    else:
        x = net.op("Squeeze", "x", net.ints(0))
        x = net.op("Unsqueeze", x, net.ints(0, 4))
    x = net.op("Squeeze", x, *([net.ints(-1)] if opset > 11 else []),
               **({"axes": [-1]} if opset == 11 else {}))
    return net.model(net.conv(x, 4, 5))


@model()
def computed_shape():
    """What exporters write for x.view(x.shape[0], -1)."""
    net = Net()
    n = net.op("Gather", net.op("Shape", "x"), net.const(0, np.int64), axis=0)
    n = net.op("Unsqueeze", n, net.ints(0))
    rest = net.op("Constant", value_ints=[-1])
    return net.model(net.op("Reshape", "x", net.op("Concat", n, rest, axis=0)))


@model()
def folded_constants():
    """The shape of a padding, as PyTorch writes it."""
    net = Net()
    zeros = net.op("ConstantOfShape", net.ints(4),
                   value=numpy_helper.from_array(np.array([0], np.int64)))
    pads = net.op("Concat", net.ints(1, 2, 0, 1), zeros, axis=0)
    pads = net.op("Reshape", pads, net.ints(-1, 2))
    pads = net.op("Slice", pads, net.ints(-1), net.ints(-2**63 + 1),
                  net.ints(0), net.ints(-1))
    pads = net.op("Reshape", net.op("Transpose", pads, perm=[1, 0]),
                  net.ints(-1))
    return net.model(net.op("Pad", "x", net.op("Cast", pads, to=7)))


@model(("bchw,bcow->bcho",), ("bchw,bdhw->bdc",), ("bchw,bcHw->wHhb",),
       ("abcd, abcd -> abcd",), ("bchw,bCHW->bchCW",), ("bchw,bcow",))
def einsum(equation):
    net = Net()
    return net.model(net.op("Einsum", net.op("Relu", "x"),
                            net.op("Tanh", "x"), equation=equation))


@model(("bchw,co->bohw",), ("bchw,hcw->bw",), ("wz,bchw->bchz",))
def einsum_with_a_constant(equation):
    net = Net()
    sizes = {"b": 1, "c": 5, "h": 11, "w": 9, "o": 7, "z": 4}
    names = equation.split("->")[0].split(",")
    at = [i for i, n in enumerate(names) if n != "bchw"][0]
    inputs = ["x", "x"]
    inputs[at] = net.random(*[sizes[n] for n in names[at]])
    return net.model(net.op("Einsum", *inputs, equation=equation))


@model(("bchw->wcb",), ("bchw",), ("bchw->",))
def einsum_of_one(equation):
    net = Net()
    return net.model(net.op("Einsum", "x", equation=equation))


@model()
def scattered_mask():
    """As exporters write mask[2:4, 1:] = y."""
    net = Net()
    mask = net.op("ConstantOfShape", net.ints(11, 9))
    at = [[[i, j] for j in range(1, 9)] for i in (2, -8)]
    mask = net.op("ScatterND", mask, net.const(at, np.int64),
                  net.random(2, 8))
    return net.model(net.op("Add", "x", mask))


@model()
def dropout_of_nothing():
    """As exporters write a dropout that does not know whether it trains."""
    net = Net()
    y = net.op("Dropout", "x", net.const(0), net.const(True, bool))
    return net.model(net.op("Relu", y))


@model((0, 2), (2, 1), (1, 2))
def gather_of_many_dimensions(axis, index):
    """The parts of a joint product, as attention has them."""
    net = Net((1, 64, 49, 288))
    y = net.op("Reshape", "x", net.ints(64, 49, 3, 3, 32))
    order = {0: [2, 0, 3, 1, 4], 2: [0, 3, 2, 1, 4], 1: [0, 3, 2, 1, 4]}
    y = net.op("Transpose", y, perm=order[axis])
    return net.model(net.op("Gather", y, net.const(index, np.int64),
                            axis=axis))


@model()
def channels_last_input():
    """As a converter from a channels-last framework writes it."""
    net = Net((1, 11, 9, 5))
    y = net.conv(net.op("Transpose", "x", perm=[0, 3, 1, 2]), 7, 5)
    y = net.op("Transpose", net.op("Relu", y), perm=[0, 2, 3, 1])
    y = net.op("Reshape", y, net.ints(1, -1))
    return net.model(net.op("MatMul", y, net.random(7 * 9 * 7, 3)))


@model((11, 1, 2), (13, 1, 4), (17, -1, 2))
def softmax(opset, axis, rank):
    net = Net((1, 5, 11, 9)[:rank], opset)
    return net.model(net.op("Softmax", "x", axis=axis))


@model()
def row_to_vector():
    """Flat, but its numbers lie along the width."""
    net = Net((1, 1, 1, 12))
    y = net.op("MatMul", net.op("Relu", "x"), net.random(12, 4))
    return net.model(y)


@model()
def symbolic_batch():
    net = Net(("N", 5, 11, 9))
    return net.model(net.conv("x", 4, 5))


@model()
def two_outputs():
    net = Net()
    y = net.conv("x", 4, 5)
    return net.model(y, net.op("GlobalMaxPool", y))


@model()
def quantised_constants():
    """Weights that were rounded, activations that are real."""
    net = Net()
    scale, zero = net.random(4, low=0.01, high=0.02), net.const([0] * 4,
                                                                np.int8)
    w = net.op("QuantizeLinear", net.random(4, 5, 3, 3), scale, zero, axis=0)
    w = net.op("DequantizeLinear", w, scale, zero, axis=0)
    return net.model(net.op("Conv", "x", w))


def quantise(float_model, folder, count=8, **options):
    """A model with QuantizeLinear and DequantizeLinear, by onnxruntime."""
    from onnxruntime.quantization import (CalibrationDataReader, QuantFormat,
                                          QuantType, quantize_static)

    shape = [d.dim_value
             for d in float_model.graph.input[0].type.tensor_type.shape.dim]
    rng = np.random.default_rng(7)

    class Images(CalibrationDataReader):
        left = count

        def get_next(self):
            self.left -= 1
            if self.left < 0:
                return None
            return {"x": rng.normal(size=shape).astype(np.float32)}

    source, result = folder / "float.onnx", folder / "qdq.onnx"
    onnx.save(float_model, source)
    options = {"activation_type": QuantType.QInt8,
               "weight_type": QuantType.QInt8, "per_channel": True,
               "quant_format": QuantFormat.QDQ, **options}
    quantize_static(source, result, Images(), **options)
    return onnx.load(result)


def main():
    import tempfile

    folder = pathlib.Path(sys.argv[1])
    onnx.save(small(), folder / "small.onnx")
    with tempfile.TemporaryDirectory() as scratch:
        quantised = quantise(small(), pathlib.Path(scratch))
    del quantised.graph.value_info[:]
    onnx.save(quantised, folder / "small_qdq.onnx")


if __name__ == "__main__":
    main()
