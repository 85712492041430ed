# SPDX-License-Identifier: MIT
"""Operators alone between DequantizeLinear and QuantizeLinear.

Each has random scales and zero points, and inputs of random bytes.
"""
import numpy as np
import onnx
import peers
from onnx import TensorProto, helper
from onnx_models import Net

IMAGE = (1, 6, 9, 8)
COUNT = 24


class Qdq(Net):
    """A network of one operator; activations are bytes of type @dtype."""

    def __init__(self, seed, dtype, opset):
        super().__init__((1,), opset, seed)
        self.dtype, self.bounds = dtype, np.iinfo(dtype)
        self.inputs, self.arrays, self.scales = [], {}, []

    def pair(self, x, scale, zero):
        """QuantizeLinear and DequantizeLinear."""
        scale, zero = self.const(scale), self.const(zero, self.dtype)
        return self.op("DequantizeLinear",
                       self.op("QuantizeLinear", x, scale, zero), scale, zero)

    def activation(self, shape=IMAGE, scale=None, zero=None, least=0):
        """Random bytes from @least on, of a part of them in some images, as
        real numbers; @zero and @least count from 0, also of signed bytes."""
        name, low = f"x{len(self.inputs)}", self.bounds.min
        if scale is None:
            scale = np.exp(self.rng.uniform(np.log(0.002), np.log(0.2)))
        if zero is None:
            zero = self.rng.integers(256)
        self.inputs.append(helper.make_tensor_value_info(
            name, TensorProto.FLOAT, shape))
        first = self.rng.integers(least, 200, (COUNT,) + (1,) *
                                  (len(shape) - 1))
        last = self.rng.integers(first + 20, 256)
        first[::2], last[::2] = least, 255
        q = self.rng.integers(first, last + 1, (COUNT, *shape[1:]))
        scale = np.float32(scale)
        self.arrays[name] = ((q - zero) * scale).astype(np.float32)
        self.scales.append((scale, zero + low))
        return self.pair(name, scale, zero + low)

    def weights(self, *shape, axis=0, n=None):
        """Constant bytes, and their scale; @n: as many scales on @axis."""
        q = self.const(self.rng.integers(-127, 128, shape), np.int8)
        scale = self.rng.uniform(0.001, 0.01, [n] if n else [])
        zero = self.const(np.zeros_like(scale), np.int8)
        scale = scale.astype(np.float32)
        more = {"axis": axis} if n else {}
        return self.op("DequantizeLinear", q, self.const(scale), zero,
                       **more), scale

    def bias(self, n, scale):
        """int32, in the scale of the first input and the weights."""
        scale = self.scales[0][0] * scale
        q = self.const(self.rng.integers(-5000, 5000, n), np.int32)
        more = {"axis": 0} if np.ndim(scale) else {}
        zero = self.const(np.zeros_like(scale), np.int32)
        return self.op("DequantizeLinear", q, self.const(scale), zero, **more)

    def quantised(self, array):
        """A constant as bytes of the activations' type."""
        low, high = min(array.min(), 0), max(array.max(), 0)
        scale = np.float32((high - low) / 255)
        zero = self.bounds.min - np.rint(low / scale)
        q = np.clip(np.rint(array / scale) + zero, self.bounds.min,
                    self.bounds.max)
        return self.op("DequantizeLinear", self.const(q, self.dtype),
                       self.const(scale), self.const(zero, self.dtype))

    def model(self, y):
        graph = helper.make_graph(
            self.nodes, "net", self.inputs,
            [helper.make_tensor_value_info(y, TensorProto.FLOAT, None)],
            self.constants)
        model = helper.make_model(graph, ir_version=9, opset_imports=[
            helper.make_opsetid("", self.opset)])
        return onnx.shape_inference.infer_shapes(model)

    def result(self, y, scale=None, zero=None):
        """The result as bytes, whose scale fits it more or less."""
        if scale is None:
            real = peers.OnnxRuntime(
                self.model(y).SerializeToString()).run(self.arrays)
            low, high = min(real.min(), 0), max(real.max(), 0)
            scale = np.float32((high - low) / 255 * self.rng.uniform(0.8, 1.2))
            zero = np.clip(self.bounds.min + np.rint(-low / scale),
                           self.bounds.min, self.bounds.max)
        return self.pair(y, scale, zero)


class Operator:
    """Makes models of it: @same keeps the scale of the input."""

    def __init__(self, make, same=False, opset=17):
        self.make, self.same, self.opset = make, same, opset

    def build(self, seed, dtype):
        """A model, and its inputs by name."""
        net = Qdq(seed, dtype, self.opset)
        y = self.make(net)
        model = net.model(net.result(y, *net.scales[0] if self.same else ()))
        return model, net.arrays


def one(kind, *args, consts=lambda n: (), **attributes):
    """An operator on an input of these arguments, and on constants."""
    return lambda n: n.op(kind, n.activation(*args), *consts(n), **attributes)


def function(kind, scale=None, zero=None, least=0, **attributes):
    return lambda n: n.op(kind, n.activation(IMAGE, scale, zero, least),
                          **attributes)


def two(kind, a=IMAGE, b=IMAGE, **attributes):
    return lambda n: n.op(kind, n.activation(a), n.activation(b),
                          **attributes)


def constant(kind, low=-1.0, shape=(6, 1, 1)):
    return one(kind, consts=lambda n: [n.quantised(
        n.rng.uniform(low, 1, shape))])


def conv(kind, out, groups=1, per_channel=True, k=3, relu=None, **attributes):
    def make(net):
        x = net.activation()
        shape = (out, 6 // groups, k, k) if kind == "Conv" else \
            (6, out // groups, k, k)
        w, scale = net.weights(*shape, axis=int(kind != "Conv"),
                               n=out if per_channel else None)
        y = net.op(kind, x, w, net.bias(out, scale), group=groups,
                   **attributes)
        return net.op(relu, y) if relu else y
    return make


def matmul(kind, shape, *weights, **attributes):
    return lambda n: n.op(kind, n.activation(shape), n.weights(*weights)[0],
                          **attributes)


def ints(*lists):
    return lambda n: [n.ints(*values) for values in lists]


def resize(mode, *scales, **attributes):
    return one("Resize", consts=lambda n: ["", n.const([1, 1, *scales])],
               mode=mode, **attributes)


def softmax(shape, **attributes):
    return lambda n: n.op(
        "Softmax", n.activation(shape, n.rng.uniform(0.01, 0.1)),
        **attributes)


def norm(kind, shape, n, *more, **attributes):
    return one(kind, shape, consts=lambda net: [
        net.random(n, low=0.2) for _ in range(more[0] if more else 2)],
        **attributes)


OPERATORS = {
    "Conv": Operator(conv("Conv", 10, pads=[1] * 4)),
    "Conv, one scale, stride": Operator(conv("Conv", 10, per_channel=False,
                                             strides=[2, 1])),
    "Conv, Relu": Operator(conv("Conv", 10, relu="Relu")),
    "Conv, depthwise": Operator(conv("Conv", 6, groups=6)),
    "Neg, of Conv": Operator(conv("Conv", 10, relu="Neg")),
    "ConvTranspose": Operator(conv("ConvTranspose", 7, per_channel=False,
                                   strides=[2, 2])),
    "MatMul": Operator(matmul("MatMul", (1, 5, 17), 17, 6)),
    "MatMul, two": Operator(two("MatMul", (1, 3, 5, 17), (1, 3, 17, 6))),
    "Gemm": Operator(matmul("Gemm", (1, 40), 10, 40, transB=1)),
    "Einsum": Operator(two("Einsum", (1, 5, 17), (1, 17, 6),
                           equation="bij,bjk->bik")),
    "BatchNormalization": Operator(one(
        "BatchNormalization", consts=lambda n: [
            n.random(6), n.random(6), n.random(6), n.random(6, low=0.2)])),
    "Add": Operator(two("Add")),
    "Add, broadcast": Operator(two("Add", IMAGE, (1, 6, 1, 1))),
    "Add, constant": Operator(constant("Add")),
    "Sub": Operator(two("Sub")),
    "Sub, constant": Operator(constant("Sub")),
    "Mul": Operator(two("Mul")),
    "Mul, broadcast": Operator(two("Mul", IMAGE, (1, 6, 1, 1))),
    "Mul, constant": Operator(constant("Mul")),
    "Div, constant": Operator(constant("Div", 0.3)),
    "Sum": Operator(two("Sum")),
    "Mean": Operator(two("Mean")),
    **{f"{kind}{name}": Operator(make(kind), same)
       for kind in ("Max", "Min") for name, make, same in (
           ("", two, False),
           (", one scale", lambda kind: lambda n: n.op(
               kind, n.activation(scale=0.01, zero=90),
               n.activation(scale=0.01, zero=90)), True),
           (", one row", lambda kind: two(kind, (1, 9), (1, 9)), False),
           (", broadcast", lambda kind: two(kind, (1, 6, 9, 1), (1, 6, 1, 8)),
            False),
           (", three", lambda kind: lambda n: n.op(kind, *(
               n.activation() for _ in range(3))), False),
           (", constant", constant, False),
           (", constant image", lambda kind: constant(kind, shape=IMAGE),
            False))},
    "Concat": Operator(two("Concat", axis=1)),
    "Clip": Operator(one("Clip", consts=lambda n: [n.const(-0.4),
                                                   n.const(0.9)])),
    "PRelu": Operator(one("PRelu",
                          consts=lambda n: [n.weights(6, 1, 1)[0]])),
    "Pow": Operator(one("Pow", consts=lambda n: [n.const(2.0)])),
    "Softmax, 10": Operator(softmax((1, 10))),
    "Softmax, 100": Operator(softmax((1, 100))),
    "Softmax, 1000": Operator(softmax((1, 1000))),
    "Softmax, along channels": Operator(softmax(IMAGE, axis=1)),
    "Softmax, flat": Operator(softmax(IMAGE), opset=12),
    "LogSoftmax": Operator(one("LogSoftmax", (1, 10), 0.05)),
    "LayerNormalization": Operator(norm("LayerNormalization", (1, 6, 32), 32)),
    "InstanceNormalization": Operator(norm("InstanceNormalization", IMAGE, 6)),
    "RMSNormalization": Operator(norm("RMSNormalization", (1, 6, 32), 32, 1),
                                 opset=23),
    "GroupNormalization": Operator(norm("GroupNormalization", IMAGE, 6,
                                        num_groups=2), opset=21),
    "GlobalAveragePool, 4": Operator(one("GlobalAveragePool", (1, 60, 2, 2)),
                                     True),
    "ReduceMean, 4": Operator(one("ReduceMean", (1, 60, 2, 2), axes=[2, 3]),
                              True),
    "ReduceMean, 6": Operator(one("ReduceMean", (1, 21, 2, 3), axes=[2, 3]),
                              True),
    "ReduceMean, 9 of 4": Operator(one("ReduceMean", (1, 9, 4, 7), axes=[2]),
                                   True),
    "ReduceMean, rows of 6": Operator(one("ReduceMean", (1, 4, 5, 6),
                                          axes=[3]), True),
    "ReduceMean, before channels": Operator(one("ReduceMean", (1, 4, 3, 20),
                                                axes=[1, 2]), True),
    "ReduceMean, of channels": Operator(one("ReduceMean", (1, 4, 5, 7),
                                            axes=[1]), True),
    "ReduceMean, all": Operator(one("ReduceMean", (1, 4, 5, 7),
                                    axes=[1, 2, 3]), True),
    "ReduceMean, channels": Operator(one("ReduceMean", axes=[1])),
    "ReduceMean, width": Operator(one("ReduceMean", axes=[3])),
    "ReduceSum": Operator(one("ReduceSum", consts=ints([2, 3]))),
    "ReduceSum, channels": Operator(one("ReduceSum", consts=ints([1]))),
    "ReduceL1": Operator(one("ReduceL1", axes=[1])),
    "ReduceL2": Operator(one("ReduceL2", axes=[1])),
    "ReduceLogSum": Operator(one("ReduceLogSum", IMAGE, 0.05, 0, 1, axes=[1])),
    "ReduceSumSquare": Operator(one("ReduceSumSquare", axes=[1])),
    "ReduceMin": Operator(one("ReduceMin", axes=[2, 3])),
    "LRN": Operator(one("LRN", size=3)),
    "Where": Operator(lambda n: n.op(
        "Where", n.const(n.rng.integers(2, size=IMAGE), bool),
        n.activation(), n.activation())),
    "Resize, cubic": Operator(resize("cubic", 2, 2)),
    # With another scale onnxruntime takes them and the rounding away.
    "Identity": Operator(one("Identity"), True),
    "Dropout": Operator(one("Dropout"), True),
}
for kind in ("Relu", "Sigmoid", "Tanh", "HardSigmoid", "Elu", "Selu", "Celu",
             "Softplus", "Softsign", "Abs", "Neg", "Exp", "Erf", "Sign",
             "Floor", "Ceil", "Round", "Sin", "Cos", "Atan", "Asinh", "Sinh",
             "Cosh", "HardSwish", "LeakyRelu"):
    OPERATORS[kind] = Operator(function(kind))
for kind, opset in {"Gelu": 20, "Mish": 18, "Swish": 24}.items():
    OPERATORS[kind] = Operator(function(kind), opset=opset)
OPERATORS |= {
    "Gelu, tanh": Operator(function("Gelu", approximate="tanh"), opset=20),
    "ThresholdedRelu": Operator(function("ThresholdedRelu", 0.02, 90)),
    "Shrink": Operator(function("Shrink", 0.02, 90, bias=0.3)),
    "Sqrt": Operator(function("Sqrt", 0.02, 0)),
    "Log": Operator(function("Log", 0.02, 0, 1)),
    "Reciprocal": Operator(function("Reciprocal", 0.02, 0, 9)),
    "Tan": Operator(function("Tan", 0.01, 120)),
    "Asin": Operator(function("Asin", 1 / 129, 128)),
    "Acos": Operator(function("Acos", 1 / 129, 128)),
    "Atanh": Operator(function("Atanh", 1 / 129, 128)),
    "Acosh": Operator(function("Acosh", 0.02, 0, 51)),
}
# What can keep its scale, and does not in half of the models.
for name, make, *opset in (
        ("MaxPool", one("MaxPool", kernel_shape=[3, 2])),
        ("GlobalMaxPool", one("GlobalMaxPool")),
        ("AveragePool, of 4", one("AveragePool", kernel_shape=[2, 2])),
        ("AveragePool, of 9", one("AveragePool", kernel_shape=[3, 3],
                                  strides=[2, 2])),
        ("AveragePool, padded", one("AveragePool", kernel_shape=[3, 3],
                                    pads=[1] * 4)),
        ("AveragePool, padding counts", one(
            "AveragePool", kernel_shape=[2, 3], pads=[1, 0, 1, 1],
            count_include_pad=1)),
        ("GlobalAveragePool", one("GlobalAveragePool")),
        ("ReduceMean", one("ReduceMean", axes=[2, 3])),
        ("ReduceMax", one("ReduceMax", axes=[2, 3])),
        ("Transpose", one("Transpose", perm=[0, 2, 3, 1])),
        ("Reshape", one("Reshape", consts=ints([1, -1]))),
        ("Flatten", one("Flatten")),
        ("Squeeze", one("Squeeze", consts=ints([0]))),
        ("Unsqueeze", one("Unsqueeze", consts=ints([0]))),
        ("Expand", one("Expand", (1, 6, 1, 1), consts=ints([1, 6, 4, 5]))),
        ("Tile", one("Tile", consts=ints([1, 2, 1, 3]))),
        ("Gather", one("Gather", consts=ints([3, 1, 4]), axis=1)),
        ("Pad", one("Pad", consts=ints([0, 0, 1, 1, 0, 0, 2, 0]))),
        ("Pad, reflect", one("Pad", consts=ints([0, 0, 1, 1, 0, 0, 2, 0]),
                             mode="reflect")),
        ("Slice", one("Slice", consts=ints([1], [6], [1]))),
        ("Split", lambda n: n.op("Split", n.activation(), n.ints(2, 4),
                                 outputs=2, axis=1)[1]),
        ("DepthToSpace", one("DepthToSpace", (1, 8, 5, 3), blocksize=2)),
        ("SpaceToDepth", one("SpaceToDepth", (1, 3, 4, 6), blocksize=2)),
        ("Resize, nearest", resize("nearest", 2, 3)),
        *((f"Resize, linear, {where}, x {factor}", resize(
            "linear", factor, factor, coordinate_transformation_mode=where))
          for where in ("half_pixel", "pytorch_half_pixel", "asymmetric",
                        "align_corners")
          for factor in ((2, 3) if where == "align_corners" else
                         (2, 0.5, 1.5)))):
    OPERATORS[name] = Operator(make, True)
    OPERATORS[name + ", rescaled"] = Operator(make)
