# SPDX-License-Identifier: MIT
"""Random quantised TFLite graphs: values with likely ranges, and operators.

An operator is a function of a graph and a value: it adds a node with random
attributes that reads the value, and gives the new values. What it cannot do
to a value of that shape it refuses by raising Unfit.
"""
import dataclasses

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from tflite_models import DTYPES, Maker, code, quantization

SAME, VALID = 0, 1
NONE, RELU, RELU_N1_TO_1, RELU6 = 0, 1, 2, 3
BOUNDS = {NONE: (-np.inf, np.inf), RELU: (0, np.inf),
          RELU_N1_TO_1: (-1, 1), RELU6: (0, 6)}
BYTES = 3000  # of a value, at most: graphs stay small


class Unfit(Exception):
    """The operator does not go with the value."""


@dataclasses.dataclass(frozen=True)
class Value:
    """A tensor, and what is guessed of its real numbers."""
    index: int
    shape: tuple
    scale: float
    zero: int
    mean: float
    std: float
    dtype: type = np.int8

    @property
    def rms(self):
        return float(np.hypot(self.mean, self.std))

    @property
    def quanta(self):
        return self.scale, self.zero

    @property
    def batch(self):
        return self.shape[0] if self.shape else 1


class Graph(Maker):
    def __init__(self, rng):
        super().__init__()
        self.rng, self.inputs, self.outputs, self.made = rng, [], [], []
        self.within_one, self.shown = set(), set()

    def chance(self, p):
        return self.rng.random() < p

    def between(self, low, high):
        return int(self.rng.integers(low, high + 1))

    def pick(self, choices):
        return choices[self.rng.integers(len(choices))]

    def real(self, low, high):
        """A number whose logarithm is evenly spread, in single precision."""
        return float(np.float32(np.exp(self.rng.uniform(np.log(low),
                                                        np.log(high)))))

    def zero(self, dtype=np.int8):
        info = np.iinfo(dtype)
        return self.between(info.min, info.max)

    def bytes(self, shape, dtype=np.int8):
        info = np.iinfo(dtype)
        return self.rng.integers(info.min, info.max + 1, shape).astype(dtype)

    def input(self, shape, dtype=np.int8):
        scale, zero = self.real(0.005, 0.1), self.zero(dtype)
        middle = -0.5 if dtype == np.int8 else 127.5
        index = self.tensor(shape, dtype, quantization(scale, zero))
        self.inputs.append(index)
        return Value(index, tuple(shape), scale, zero,
                     scale * (middle - zero), 74 * scale, dtype)

    def guess_quanta(self, mean, std, dtype=np.int8):
        """A scale and zero point with which most of such numbers fit."""
        low = mean - self.rng.uniform(1, 3) * std
        high = mean + self.rng.uniform(1, 3) * std
        if self.chance(0.3):
            low = min(low, 0)
        scale = float(np.float32(max(high - low, 1e-4) / 255))
        info = np.iinfo(dtype)
        return scale, int(np.clip(np.round(info.min - low / scale), info.min,
                                  info.max))

    def value(self, shape, mean, std, quanta=None, dtype=np.int8):
        """A tensor for the numbers guessed; quanta: fixed by the operator."""
        if np.prod(shape, dtype=np.int64) > BYTES or len(shape) > 6:
            raise Unfit
        scale, zero = quanta or self.guess_quanta(mean, std, dtype)
        index = self.tensor(shape, dtype, quantization(scale, zero))
        return Value(index, tuple(int(d) for d in shape), scale, zero,
                     float(mean), float(std), dtype)

    def like(self, x, shape):
        """A tensor of x's numbers, in its quanta."""
        return self.value(shape, x.mean, x.std, x.quanta, x.dtype)

    def ints(self, values, dtype=np.int32):
        return self.constant(np.array(values, dtype))

    def activation(self, mean, std):
        """A fused activation, and what it makes of such numbers."""
        kind = self.pick([NONE, NONE, RELU, RELU6, RELU_N1_TO_1])
        return kind, *self.through(lambda x: np.clip(x, *BOUNDS[kind]), mean,
                                   std)

    def through(self, function, mean, std):
        """Mean and standard deviation behind a function."""
        x = np.random.default_rng(1).normal(mean, max(std, 1e-6), 500)
        with np.errstate(all="ignore"):
            y = function(x)
        y = y[np.abs(y) < 1e3]
        if not len(y):
            raise Unfit
        return float(y.mean()), float(max(y.std(), 1e-3))

    def partner(self, x, same=False):
        """Another value of x's shape, with the same quanta if need be."""
        fit = [v for v in self.made if v.shape == x.shape and
               v.dtype == x.dtype and v is not x and
               (not same or v.quanta == x.quanta)]
        if fit and self.chance(0.8):
            return self.pick(fit)
        y = self.like(x, x.shape) if same else self.input(x.shape, x.dtype)
        if same:
            self.inputs.append(y.index)
        return y

    def fixed(self, x, low=None):
        """Makes an input a constant, of bytes from low up."""
        self.inputs.remove(x.index)
        numbers = self.bytes(x.shape, x.dtype)
        if low is not None:
            numbers = np.maximum(numbers, low).astype(x.dtype)
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(numbers.tobytes(), np.uint8)
        self.graph.tensors[x.index].buffer = len(self.model.buffers)
        self.model.buffers.append(buffer)
        return x

    def part(self, x):
        """What may lie beside x in one tensor, now and then a constant."""
        if not self.chance(0.3):
            return self.partner(x, same=True)
        y = self.like(x, x.shape)
        self.inputs.append(y.index)
        return self.fixed(y)

    def rounds_otherwise(self, y):
        """LiteRT's own kernel makes y, which may be off by one."""
        self.within_one.add(y.index)
        return y

    def apply(self, operator, x):
        """Runs an operator; on Unfit, nothing is left of it."""
        tensors, buffers = len(self.graph.tensors), len(self.model.buffers)
        operators, inputs = len(self.graph.operators), len(self.inputs)
        codes = len(self.model.operatorCodes)
        try:
            made = operator(self, x)
        except Unfit:
            del self.graph.tensors[tensors:], self.model.buffers[buffers:]
            del self.graph.operators[operators:], self.inputs[inputs:]
            del self.model.operatorCodes[codes:]
            raise
        return made if isinstance(made, list) else [made]

    def done(self):
        """The model: its inputs are read, its outputs are shown or not read."""
        read = {i for op in self.graph.operators for i in op.inputs}
        self.inputs = [i for i in self.inputs if i in read]
        self.outputs = [i for op in self.graph.operators for i in op.outputs
                        if i not in read or i in self.shown]
        self.model_bytes = self.finish(self.outputs, self.inputs)
        return self

    def shape_and_type(self, i):
        tensor = self.graph.tensors[i]
        return tensor.shape, DTYPES[tensor.type]

    def names(self):
        """Of the operators, in order."""
        known = {number: name for name, number in
                 vars(schema.BuiltinOperator).items() if name.isupper()}
        return [known[code(self.model, op)] for op in self.graph.operators]


OPERATORS = {}


def operator(function):
    """Registers one."""
    OPERATORS[function.__name__] = function
    return function


def within(low, ratio, high):
    """Refuses what XNNPACK leaves to LiteRT's own kernels, or LiteRT fails."""
    if not low <= ratio < high:
        raise Unfit


def image(x):
    """Shape of one image of a batch, or Unfit."""
    if len(x.shape) != 4 or x.batch > 64:
        raise Unfit
    return x.shape[1:]
