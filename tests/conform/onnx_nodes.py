# SPDX-License-Identifier: MIT
"""ONNX's own node tests as models that the importer can be asked to pack.

A node test gives everything as inputs of its graph. Here what a model holds
(weights, shapes, bounds, scales) becomes a constant, and the rest stays an
input, of real numbers: integers that stand for real numbers get the
QuantizeLinear or DequantizeLinear that belongs to their scale. A test has up
to three variants: all that may be activations are; all but the first are
constants; everything is constant, so that the importer must compute it.
"""
import dataclasses
import warnings

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

# Inputs that may be activations, beside the first; None: all.
ACTIVATIONS = {"Add": None, "Sub": None, "Mul": None, "Div": None,
               "MatMul": None, "Gemm": [0, 1], "Concat": None, "Max": None,
               "Min": None, "Sum": None, "Mean": None, "QLinearMatMul": [0, 3],
               "QLinearAdd": [0, 3], "QLinearMul": [0, 3], "Constant": [],
               "ConstantOfShape": [], "Range": [], "If": []}
# Scale and zero point of an integer input, or output, by operator.
IN_SCALES = {("DequantizeLinear", 0): (1, 2), ("QLinearConv", 0): (1, 2),
             ("QLinearMatMul", 0): (1, 2), ("QLinearMatMul", 3): (4, 5)}
OUT_SCALES = {"QuantizeLinear": (1, 2), "QLinearConv": (6, 7),
              "QLinearMatMul": (6, 7)}
BYTES = (TensorProto.UINT8, TensorProto.INT8)
# We compute in floats what a test computes in these.
RTOL = {"float16": 2e-3, "bfloat16": 1e-2}


@dataclasses.dataclass
class Case:
    """A model, its inputs one after the other, and the outputs expected."""
    name: str
    model: onnx.ModelProto
    x: np.ndarray
    outputs: list
    rtol: float
    quantised: bool


class Unusable(Exception):
    """A test without a form in which the importer could read it."""


def numbers(array):
    """An array; a test gives types that NumPy lacks as ONNX's own tensors."""
    if isinstance(array, TensorProto):
        array = numpy_helper.to_array(array)
    return np.asarray(array)


def operators(graph):
    """Operators of a graph and the graphs in it, with their domains."""
    found = set()
    for node in graph.node:
        found.add((node.domain, node.op_type))
        for attribute in node.attribute:
            if attribute.HasField("g"):
                found |= operators(attribute.g)
    return found


def spread(scale, node, shape):
    """A scale, or one for each place along an axis, or for each block."""
    if scale.size == 1:
        return scale.reshape(())
    attributes = {a.name: a.i for a in node.attribute}
    axis = attributes.get("axis", 1)
    if scale.ndim == 1:
        return scale.reshape([-1 if i == axis % len(shape) else 1
                              for i in range(len(shape))])
    scale = scale.repeat(attributes["block_size"], axis)
    return scale[tuple(slice(n) for n in shape)]


def reader(graph, name):
    """The first node that reads a value, and as which input."""
    for node in graph.node:
        if name in node.input:
            return node, list(node.input).index(name)
    raise Unusable("nothing reads an input")


def is_activation(graph, info):
    node, at = reader(graph, info.name)
    kind = info.type.tensor_type.elem_type
    if kind != TensorProto.FLOAT and not (
            kind in BYTES and (node.op_type, at) in IN_SCALES):
        return node.op_type == "Shape"
    may = ACTIVATIONS.get(node.op_type, [0])
    return may is None or at in may


class Builder:
    """Changes a node test's graph, and its inputs and outputs with it."""

    def __init__(self, test, activations):
        if any(i.type.WhichOneof("value") != "tensor_type" for i in
               [*test.model.graph.input, *test.model.graph.output]):
            raise Unusable("no tensors")
        inputs, outputs = test.data_sets[0]
        self.model = onnx.ModelProto()
        self.model.CopyFrom(test.model)
        self.graph = self.model.graph
        self.arrays = dict(zip((i.name for i in self.graph.input), inputs))
        self.inputs, self.x, self.quantised = [], [], False
        self.rtol = max(RTOL.get(numbers(y).dtype.name, 1e-5) for y in outputs)
        self.constants = {}
        for info in self.graph.input:
            if info.name in activations:
                self.keep(info)
            else:
                self.hold(info.name)
        del self.graph.input[:]
        self.outputs = [self.expose(info, numbers(y)) for info, y in
                        zip(list(self.graph.output), outputs)]
        self.graph.input.extend(self.inputs)

    def hold(self, name):
        array = self.arrays[name]
        if not isinstance(array, TensorProto):
            array = numpy_helper.from_array(np.asarray(array), name)
        array.name = name
        self.graph.initializer.append(array)

    def scale(self, node, at, shape):
        """Names and values of a scale and a zero point."""
        names = [node.input[i] if i < len(node.input) else "" for i in at]
        if names[0] not in self.arrays:
            raise Unusable("a scale that is computed")
        scale = numbers(self.arrays[names[0]]).astype(np.float32)
        zero = numbers(self.arrays.get(names[1], 0)).astype(np.float32)
        return names, spread(scale, node, shape), spread(zero, node, shape)

    def add_input(self, name, shape, array):
        self.inputs.append(helper.make_tensor_value_info(
            name, TensorProto.FLOAT, shape))
        self.x.append(np.asarray(array, np.float32).ravel())

    def keep(self, info):
        array = numbers(self.arrays[info.name])
        if info.type.tensor_type.elem_type not in BYTES:
            self.add_input(info.name, array.shape, array)
            return
        node, at = reader(self.graph, info.name)
        names, scale, zero = self.scale(node, IN_SCALES[node.op_type, at],
                                        array.shape)
        self.graph.node.insert(0, helper.make_node(
            "QuantizeLinear", [info.name + "_real", *names], [info.name]))
        self.add_input(info.name + "_real", array.shape,
                       (array - zero) * scale)

    def expose(self, info, y):
        """An output of real numbers: what is expected of it."""
        kind = info.type.tensor_type.elem_type
        writer = next(n for n in self.graph.node if info.name in n.output)
        if kind in BYTES and writer.op_type in OUT_SCALES and self.inputs:
            names, scale, zero = self.scale(
                writer, OUT_SCALES[writer.op_type], y.shape)
            self.quantised = True
            self.rename(info, helper.make_node(
                "DequantizeLinear", [info.name, *names], [info.name + "_real"]))
            return (y.astype(np.float32) - zero) * scale
        if kind != TensorProto.FLOAT or not self.inputs:
            self.probe(info, y)
        return y.astype(np.float32)

    def rename(self, info, node):
        self.graph.node.append(node)
        info.name = node.output[0]
        info.type.tensor_type.elem_type = TensorProto.FLOAT
        output = next(o for o in self.graph.output
                      if o.name + "_real" == info.name or o.name == info.name)
        output.CopyFrom(info)

    def probe(self, info, y):
        """Added to zeros, a constant becomes an activation."""
        self.add_input(info.name + "_zero", y.shape, np.zeros(y.shape))
        self.graph.node.append(helper.make_node(
            "Cast", [info.name], [info.name + "_cast"], to=TensorProto.FLOAT))
        self.rename(info, helper.make_node(
            "Add", [info.name + "_zero", info.name + "_cast"],
            [info.name + "_real"]))

    def case(self, name):
        x = np.concatenate(self.x) if self.x else np.zeros(0, np.float32)
        return Case(name, self.model, x, self.outputs, self.rtol,
                    self.quantised)


def variants(test):
    """The test's forms, by the names of what stays an activation."""
    graph = test.model.graph
    may = [i.name for i in graph.input if is_activation(graph, i)]
    yield "", may
    if len(may) > 1:
        yield " constant", may[:1]
    if may:
        yield " folded", []


def is_claimed(test, keep, claimed):
    """Whether all operators are read, of constants if there is nothing else."""
    what = "activations" if keep else "constants"
    found = operators(test.model.graph)
    opset = test.model.opset_import[0].version
    return all(o in claimed and
               (claimed[o][what] or (keep and len(found) > 1)) and
               int(claimed[o]["versions"].split("-")[0]) <= opset
               for o in found)


def collect(claimed):
    """Cases of which every operator is claimed; names of the others."""
    from onnx.backend.test.case.node import collect_testcases
    cases, outside = [], []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tests = collect_testcases(None)
    for test in tests:
        try:
            found = [Builder(test, keep).case(test.name + variant)
                     for variant, keep in variants(test)
                     if is_claimed(test, keep, claimed)]
        except Unusable:
            found = []
        if not found:
            outside.append(test.name)
        cases += found
    return cases, outside
