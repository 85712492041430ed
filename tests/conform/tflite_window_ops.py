# SPDX-License-Identifier: MIT
"""Operators of random graphs whose window slides over an image."""
import numpy as np
from tflite_graph import (RELU6, SAME, VALID, Unfit, image, operator)
from tflite_models import quantization


def extent(size, kernel, stride, dilation, padding):
    """Outputs along an axis."""
    reach = (kernel - 1) * dilation + 1
    if padding == SAME:
        return -(-size // stride)
    if reach > size:
        raise Unfit
    return (size - reach) // stride + 1


def weights(g, x, shape, channels, axis, inputs, bias=True):
    """Constants of a layer: indices, and the sums' standard deviation."""
    n = channels if g.chance(0.7) else 1
    scale = np.array([g.real(0.002, 0.01) for _ in range(n)], np.float32)
    w = g.bytes(shape)
    if g.chance(0.3):
        w[g.rng.random(shape) < 0.7] = 0
    made = [g.constant(w, quantization(scale, 0, axis))]
    std = np.sqrt(inputs) * 74 * float(scale.mean()) * x.rms
    if bias:
        bias = g.rng.normal(0, std, channels) / (x.scale * scale)
        bias = np.clip(np.round(bias), -2**30, 2**30).astype(np.int32)
        made.append(g.constant(bias, quantization(
            np.float32(x.scale) * scale)))
    return made, float(std * 1.2)


def window(g):
    return dict(padding=g.pick([SAME, VALID]), strideH=g.between(1, 3),
                strideW=g.between(1, 3))


def place(x, kernel, dilation, options):
    h, w, _ = image(x)
    return (extent(h, kernel[0], options["strideH"], dilation[0],
                   options["padding"]),
            extent(w, kernel[1], options["strideW"], dilation[1],
                   options["padding"]))


def finish_layer(g, x, name, made, std, shape, options, **values):
    act, mean, std = g.activation(0, std)
    y = g.value(shape, mean, std)
    g.add(name, [x.index, *made], [y.index], options,
          fusedActivationFunction=act, **values)
    return y


@operator
def conv_2d(g, x):
    h, w, c = image(x)
    kernel = g.between(1, 4), g.between(1, 4)
    dilation = (1, 1) if g.chance(0.6) else (g.between(1, 3), g.between(1, 3))
    options = window(g)
    if dilation != (1, 1):
        options.update(strideH=1, strideW=1)
    groups = g.pick([k for k in (1, 1, 2, 3, 4) if c % k == 0])
    out = groups * g.between(1, 6)
    shape = (x.batch, *place(x, kernel, dilation, options), out)
    made, std = weights(g, x, (out, *kernel, c // groups), out, 0,
                        kernel[0] * kernel[1] * c // groups)
    return finish_layer(g, x, "CONV_2D", made, std, shape, "Conv2DOptions",
                        dilationHFactor=dilation[0],
                        dilationWFactor=dilation[1], **options)


@operator
def depthwise_conv_2d(g, x):
    h, w, c = image(x)
    kernel = g.between(1, 5), g.between(1, 5)
    options = window(g)
    options["strideW"] = options["strideH"]
    dilation = (1, 1)
    if g.chance(0.3):
        dilation = g.between(1, 2), g.between(1, 2)
        options.update(strideH=1, strideW=1)
    multiplier = g.pick([1, 1, 1, 2, 3])
    out = c * multiplier
    shape = (x.batch, *place(x, kernel, dilation, options), out)
    made, std = weights(g, x, (1, *kernel, out), out, 3,
                        kernel[0] * kernel[1])
    return finish_layer(g, x, "DEPTHWISE_CONV_2D", made, std, shape,
                        "DepthwiseConv2DOptions", depthMultiplier=multiplier,
                        dilationHFactor=dilation[0],
                        dilationWFactor=dilation[1], **options)


@operator
def fully_connected(g, x):
    if len(x.shape) < 2:
        raise Unfit
    keep = len(x.shape) > 2 and g.chance(0.6)
    inputs = x.shape[-1] if keep or len(x.shape) == 2 else \
        int(np.prod(x.shape[1:]))
    if x.batch != 1 and not keep and len(x.shape) > 2:
        raise Unfit
    out = g.between(1, 12)
    made, std = weights(g, x, (out, inputs), out, 0, inputs, g.chance(0.8))
    shape = (*x.shape[:-1], out) if keep or len(x.shape) == 2 else (1, out)
    return finish_layer(g, x, "FULLY_CONNECTED", made, std, shape,
                        "FullyConnectedOptions", keepNumDims=keep)


@operator
def fully_connected_activations(g, x):
    """With weights that are another value."""
    if len(x.shape) < 2:
        raise Unfit
    w = g.input((g.between(1, 12), x.shape[-1]))
    y = g.value((*x.shape[:-1], w.shape[0]), 0,
                x.shape[-1] ** .5 * x.rms * w.rms)
    g.add("FULLY_CONNECTED", [x.index, w.index, -1], [y.index],
          "FullyConnectedOptions", keepNumDims=len(x.shape) > 2,
          fusedActivationFunction=g.pick([0, 0, 1, RELU6]))
    return g.rounds_otherwise(y)


def pool(g, x, name):
    h, w, c = image(x)
    options = window(g)
    kernel = g.between(1, 4), g.between(1, 4)
    shape = (x.batch, *place(x, kernel, (1, 1), options), c)
    y = g.like(x, shape)
    act = g.pick([0, 0, 1, RELU6])
    g.add(name, [x.index], [y.index], "Pool2DOptions", filterHeight=kernel[0],
          filterWidth=kernel[1], fusedActivationFunction=act, **options)
    return y


@operator
def max_pool_2d(g, x):
    return pool(g, x, "MAX_POOL_2D")


@operator
def average_pool_2d(g, x):
    return pool(g, x, "AVERAGE_POOL_2D")


def resize(g, x, name, options):
    h, w, c = image(x)
    size = g.between(1, 14), g.between(1, 14)
    if g.chance(0.4):
        size = 2 * h, 2 * w
    how = g.pick([(False, False), (False, True), (True, False)])
    y = g.like(x, (x.batch, *size, c))
    g.add(name, [x.index, g.ints(size)], [y.index], options,
          alignCorners=how[0], halfPixelCenters=how[1])
    return y


@operator
def resize_bilinear(g, x):
    return resize(g, x, "RESIZE_BILINEAR", "ResizeBilinearOptions")


@operator
def resize_nearest_neighbor(g, x):
    return resize(g, x, "RESIZE_NEAREST_NEIGHBOR",
                  "ResizeNearestNeighborOptions")


@operator
def transpose_conv(g, x):
    h, w, c = image(x)
    kernel = g.between(1, 4), g.between(1, 4)
    stride = g.between(1, 3), g.between(1, 3)
    padding = g.pick([SAME, VALID])
    if padding == SAME:
        size = [d * s - g.between(0, s - 1) if g.chance(0.3) else d * s
                for d, s in zip((h, w), stride)]
    else:
        size = [(d - 1) * s + k + (g.between(0, s - 1) if g.chance(0.3) else 0)
                for d, s, k in zip((h, w), stride, kernel)]
    out = g.between(1, 6)
    made, std = weights(g, x, (out, *kernel, c), out, 0, c)
    act, mean, std = g.activation(0, std)
    y = g.value((x.batch, *size, out), mean, std)
    g.add("TRANSPOSE_CONV", [g.ints(y.shape), made[0], x.index, *made[1:]],
          [y.index], "TransposeConvOptions", padding=padding,
          strideH=stride[0], strideW=stride[1], fusedActivationFunction=act)
    # XNNPACK leaves these to LiteRT's own kernel.
    if padding == SAME and (kernel[0] < stride[0] or kernel[1] < stride[1]):
        return g.rounds_otherwise(y)
    return y


@operator
def dilated_by_batches(g, x):
    """What converters make of a dilated convolution where there is none."""
    h, w, c = image(x)
    if x.batch != 1:
        raise Unfit
    block = g.between(2, 3), g.between(2, 3)
    kernel = g.between(1, 3), g.between(1, 3)
    pads, size = [], []
    for d, b, k in zip((h, w), block, kernel):
        before = g.between(0, 2)
        after = -(d + before) % b + b * g.between(0, 2)
        pads.append([before, after])
        size.append((d + before + after) // b)
        if size[-1] < k:
            raise Unfit
    n = block[0] * block[1]
    y = g.like(x, (n, *size, c))
    g.add("SPACE_TO_BATCH_ND", [x.index, g.ints(block), g.ints(pads)],
          [y.index], "SpaceToBatchNDOptions")
    deep = g.chance(0.5)
    out = c if deep else g.between(1, 6)
    shape = (1, *kernel, c) if deep else (out, *kernel, c)
    made, std = weights(g, y, shape, out, 3 if deep else 0,
                        kernel[0] * kernel[1] * (1 if deep else c))
    size = [s - k + 1 for s, k in zip(size, kernel)]
    values = dict(depthMultiplier=1) if deep else {}
    z = finish_layer(g, y, "DEPTHWISE_CONV_2D" if deep else "CONV_2D", made,
                     std, (n, *size, out),
                     "DepthwiseConv2DOptions" if deep else "Conv2DOptions",
                     padding=VALID, strideH=1, strideW=1, dilationHFactor=1,
                     dilationWFactor=1, **values)
    crops = [[g.between(0, min(p[0], s * b - 1)), 0]
             for p, s, b in zip(pads, size, block)]
    size = [s * b - sum(p) for s, b, p in zip(size, block, crops)]
    if any(s < 1 for s in size):
        raise Unfit
    back = g.like(z, (1, *size, out))
    g.add("BATCH_TO_SPACE_ND", [z.index, g.ints(block), g.ints(crops)],
          [back.index], "BatchToSpaceNDOptions")
    return back
