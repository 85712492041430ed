# SPDX-License-Identifier: MIT
"""Operators of random graphs that work on each number, or vector, by itself."""
import numpy as np
from tflite_graph import BOUNDS, Unfit, operator, within
from tflite_models import quantization


def unary(g, x, name, function, options=None, quanta=None, **values):
    mean, std = g.through(function, x.mean, x.std)
    y = g.value(x.shape, mean, std, quanta)
    g.add(name, [x.index], [y.index], options, **values)
    return y


def clamp(name, low, high):
    def add(g, x):
        return unary(g, x, name, lambda v: np.clip(v, low, high))
    add.__name__ = name.lower()
    return operator(add)


for _name, _bounds in [("RELU", BOUNDS[1]), ("RELU_N1_TO_1", BOUNDS[2]),
                       ("RELU6", BOUNDS[3]), ("RELU_0_TO_1", (0, 1))]:
    clamp(_name, *_bounds)


@operator
def logistic(g, x):
    return unary(g, x, "LOGISTIC", lambda v: 1 / (1 + np.exp(-v)),
                 quanta=(1 / 256, -128))


@operator
def tanh(g, x):
    return unary(g, x, "TANH", np.tanh, quanta=(1 / 128, 0))


@operator
def hard_swish(g, x):
    y = unary(g, x, "HARD_SWISH", lambda v: v * np.clip(v / 6 + .5, 0, 1),
              "HardSwishOptions")
    within(0, x.scale / y.scale, 127)
    return y


@operator
def leaky_relu(g, x):
    alpha = float(np.float32(g.rng.uniform(-0.5, 0.9)))
    return unary(g, x, "LEAKY_RELU", lambda v: np.where(v < 0, alpha * v, v),
                 "LeakyReluOptions", alpha=alpha)


@operator
def prelu(g, x):
    if not x.shape:
        raise Unfit
    shape = (1,) * (len(x.shape) - 2) + x.shape[-1:] if g.chance(0.8) else (1,)
    scale, zero = g.real(0.001, 0.01), g.zero()
    slopes = g.constant(g.bytes(shape), quantization(scale, zero))
    y = g.value(x.shape, x.mean * .6, x.std)
    g.add("PRELU", [x.index, slopes], [y.index])
    return y


@operator
def elu(g, x):
    return unary(g, x, "ELU", lambda v: np.where(v < 0, np.expm1(v), v))


@operator
def gelu(g, x):
    return unary(g, x, "GELU", lambda v: v / (1 + np.exp(-1.7 * v)),
                 "GeluOptions", approximate=g.chance(0.5))


@operator
def exp(g, x):
    return unary(g, x, "EXP", np.exp, "ExpOptions")


@operator
def absolute(g, x):
    return unary(g, x, "ABS", np.abs, "AbsOptions")


def from_zero(g, x):
    """The same bytes as numbers from zero up: what roots can be taken of."""
    y = g.value(x.shape, x.scale * 128, x.scale * 74, (x.scale, -128))
    g.add("ABS", [x.index], [y.index], "AbsOptions")
    return y


@operator
def log(g, x):
    return unary(g, from_zero(g, x), "LOG", np.log)


@operator
def sqrt(g, x):
    return unary(g, from_zero(g, x), "SQRT", np.sqrt)


@operator
def rsqrt(g, x):
    return unary(g, from_zero(g, x), "RSQRT", lambda v: 1 / np.sqrt(v))


@operator
def softmax(g, x):
    if not x.shape:
        raise Unfit
    beta = float(np.float32(g.rng.uniform(0.2, 2))) if g.chance(0.3) else 1.
    return unary(g, x, "SOFTMAX", lambda v: np.exp(v) / (x.shape[-1] + 1),
                 "SoftmaxOptions", (1 / 256, -128), beta=beta)


@operator
def quantize(g, x):
    dtype = np.uint8 if g.chance(0.2) else np.int8
    # Behind the last whole vector of 16, LiteRT rounds halves otherwise.
    if dtype == np.uint8 and np.prod(x.shape) % 16:
        raise Unfit
    y = g.value(x.shape, x.mean, x.std, dtype=dtype)
    g.add("QUANTIZE", [x.index], [y.index], "QuantizeOptions")
    if dtype == np.int8:
        return y
    z = g.value(x.shape, x.mean, x.std)
    g.add("QUANTIZE", [y.index], [z.index], "QuantizeOptions")
    return z


def operand(g, x):
    """A second operand: an activation or a constant, some of it repeated."""
    if g.chance(0.4):
        return g.partner(x), False
    shape = tuple(1 if g.chance(0.5) else d for d in x.shape)
    if g.chance(0.5):
        shape = (1,) * (len(x.shape) - 1) + x.shape[-1:]
    if g.chance(0.3):
        shape = shape[g.between(0, len(shape)):]
    if g.chance(0.4):
        return g.input(shape), False
    return g.fixed(g.input(shape)), True


def whole(x, y):
    """The shape of two operands together."""
    n = max(len(x.shape), len(y.shape))
    return tuple(np.maximum((1,) * (n - len(x.shape)) + x.shape,
                            (1,) * (n - len(y.shape)) + y.shape))


def binary(g, x, name, mean, std, function=None):
    y, _ = operand(g, x)
    act, mean, std = g.activation(mean(x, y), std(x, y))
    z = g.value(whole(x, y), mean, std)
    if name == "MUL":
        within(2**-16, x.scale * y.scale / z.scale, 2**8)
    else:
        within(2**-10, x.scale / z.scale, 2**8)
        within(2**-10, y.scale / z.scale, 2**8)
    pair = [x, y] if g.chance(0.5) else [y, x]
    g.add(name, [v.index for v in pair], [z.index],
          name.capitalize() + "Options", fusedActivationFunction=act)
    return z


@operator
def add(g, x):
    return binary(g, x, "ADD", lambda a, b: a.mean + b.mean,
                  lambda a, b: np.hypot(a.std, b.std))


@operator
def sub(g, x):
    return binary(g, x, "SUB", lambda a, b: 0,
                  lambda a, b: np.hypot(a.rms, b.rms))


@operator
def mul(g, x):
    return binary(g, x, "MUL", lambda a, b: a.mean * b.mean,
                  lambda a, b: max(a.rms * b.rms, 1e-3))


def by_constant(g, x, name, options, quanta):
    """With a constant, one number or one for each channel, on either side."""
    k = g.fixed(g.input((1,) if g.chance(0.5) else x.shape[-1:]))
    z = g.value(x.shape, 0, 1, quanta(x, k))
    first, second = (x, k) if g.chance(0.7) else (k, x)
    g.add(name, [first.index, second.index], [z.index], options)
    return z


@operator
def div(g, x):
    """LiteRT stops at a divisor of zero, and is wrong about small quotients."""
    if not x.shape:
        raise Unfit
    k = g.input(x.shape[-1:] if g.chance(0.5) else (1,))
    g.graph.tensors[k.index].quantization = quantization(k.scale, -128)
    g.fixed(k, low=-127)
    ratio = x.scale / k.scale
    z = g.value(x.shape, 0, 1, (g.real(ratio / 400, ratio / 128),
                                g.zero()))
    g.add("DIV", [x.index, k.index], [z.index], "DivOptions")
    return g.rounds_otherwise(z)


@operator
def squared_difference(g, x):
    if not x.shape:
        raise Unfit
    return by_constant(g, x, "SQUARED_DIFFERENCE", "SquaredDifferenceOptions",
                       lambda x, k: (g.real(0.01, 1) * (
                           max(x.scale, k.scale) * 100) ** 2 / 255,
                           g.zero()))


def extreme(g, x, name):
    if not x.shape:
        raise Unfit
    if g.chance(0.5):
        shape = x.shape[-1:] if g.chance(0.5) else (1,)
        index = g.constant(g.bytes(shape), quantization(*x.quanta))
    else:
        index = g.partner(x, same=True).index
    z = g.like(x, x.shape)
    g.add(name, [x.index, index], [z.index], "MaximumMinimumOptions")
    return z


@operator
def maximum(g, x):
    return extreme(g, x, "MAXIMUM")


@operator
def minimum(g, x):
    return extreme(g, x, "MINIMUM")


def reduce(g, x, name, mean, std, same=False):
    if not x.shape:
        raise Unfit
    n = len(x.shape)
    axes = sorted({g.between(0 if x.batch > 1 else min(1, n - 1), n - 1)
                   for _ in range(g.between(1, 3))})
    if n == 4 and g.chance(0.4):
        axes = [1, 2]
    keep = g.chance(0.5)
    shape = [1 if i in axes else d for i, d in enumerate(x.shape)
             if keep or i not in axes]
    count = int(np.prod([x.shape[i] for i in axes]))
    y = g.like(x, shape) if same else g.value(shape, mean(count), std(count))
    axes = [a - n if g.chance(0.3) else a for a in axes]
    g.add(name, [x.index, g.ints(axes)], [y.index], "ReducerOptions",
          keepDims=keep)
    return y


@operator
def mean(g, x):
    return reduce(g, x, "MEAN", lambda n: x.mean, lambda n: x.std / n ** .5)


@operator
def sum(g, x):
    return reduce(g, x, "SUM", lambda n: x.mean * n, lambda n: x.std * n ** .5)


@operator
def reduce_max(g, x):
    return reduce(g, x, "REDUCE_MAX", None, None, same=True)


@operator
def reduce_min(g, x):
    return reduce(g, x, "REDUCE_MIN", None, None, same=True)


@operator
def batch_matmul(g, x):
    if len(x.shape) < 2 or len(x.shape) > 5:
        raise Unfit
    adj_x, adj_y = g.chance(0.3), g.chance(0.5)
    *batch, m, k = x.shape
    if adj_x:
        m, k = k, m
    n = g.between(1, 8)
    more = batch if g.chance(0.7) else [1] * len(batch)
    shape = (*more, n, k) if adj_y else (*more, k, n)
    if g.chance(0.3):
        scale, zero = g.real(0.005, 0.1), g.zero()
        other = g.constant(g.bytes(shape), quantization(scale, zero))
        rms = 100 * scale
    else:
        y = g.input(shape)
        other, rms = y.index, y.rms
    z = g.value((*batch, m, n), 0, k ** .5 * x.rms * rms)
    g.add("BATCH_MATMUL", [x.index, other], [z.index], "BatchMatMulOptions",
          adjX=adj_x, adjY=adj_y)
    return g.rounds_otherwise(z)


@operator
def l2_normalization(g, x):
    if not x.shape or len(x.shape) > 4:
        raise Unfit
    y = g.value(x.shape, 0, x.shape[-1] ** -.5, (1 / 128, 0))
    g.add("L2_NORMALIZATION", [x.index], [y.index], "L2NormOptions")
    return g.rounds_otherwise(y)
