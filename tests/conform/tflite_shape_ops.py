# SPDX-License-Identifier: MIT
"""Operators of random graphs that move numbers or give them another shape."""
import numpy as np
from tflite_graph import Unfit, image, operator
from tflite_models import quantization


@operator
def concatenation(g, x):
    if not x.shape:
        raise Unfit
    axis = g.between(0 if x.batch > 1 else min(1, len(x.shape) - 1),
                     len(x.shape) - 1)
    parts = [x] + [g.part(x) for _ in range(g.between(1, 2))]
    shape = list(x.shape)
    shape[axis] *= len(parts)
    y = g.like(x, shape)
    g.add("CONCATENATION", [p.index for p in parts], [y.index],
          "ConcatenationOptions", axis=g.pick([axis, axis - len(shape)]))
    return y


@operator
def pad(g, x):
    if not x.shape:
        raise Unfit
    pads = [[0, 0]] + [[g.between(0, 3), g.between(0, 3)]
                       for _ in x.shape[1:]]
    if g.chance(0.5):
        pads[-1] = [0, 0]
    y = g.like(x, [d + sum(p) for d, p in zip(x.shape, pads)])
    g.add("PAD", [x.index, g.ints(pads)], [y.index], "PadOptions")
    return y


def cut(g, size):
    start = g.between(0, size - 1)
    return start, g.between(start + 1, size)


@operator
def slice(g, x):
    if not x.shape:
        raise Unfit
    cuts = [(0, 1) if i == 0 and d == 1 else cut(g, d)
            for i, d in enumerate(x.shape)]
    begin, end = np.array(cuts).T
    y = g.like(x, end - begin)
    size = [-1 if e == d and g.chance(0.5) else e - b
            for b, e, d in zip(begin, end, x.shape)]
    g.add("SLICE", [x.index, g.ints(begin), g.ints(size)], [y.index],
          "SliceOptions")
    return y


def any_shape(g, elements):
    """A shape of so many elements."""
    shape = [1] if g.chance(0.7) else []
    for _ in range(g.between(1, 3)):
        d = g.pick([d for d in range(1, elements + 1) if elements % d == 0])
        shape.append(d)
        elements //= d
    return [*shape, elements]


@operator
def reshape(g, x):
    elements = int(np.prod(x.shape))
    shape = (1, elements) if g.chance(0.3) else any_shape(g, elements)
    y = g.like(x, shape)
    g.add("RESHAPE", [x.index, g.ints(shape)], [y.index], "ReshapeOptions",
          newShape=list(shape))
    return y


@operator
def squeeze(g, x):
    ones = [i for i, d in enumerate(x.shape) if d == 1 and g.chance(0.7)]
    if not ones:
        raise Unfit
    y = g.like(x, [d for i, d in enumerate(x.shape) if i not in ones])
    g.add("SQUEEZE", [x.index], [y.index], "SqueezeOptions", squeezeDims=ones)
    return y


@operator
def expand_dims(g, x):
    axis = g.between(0, len(x.shape))
    y = g.like(x, x.shape[:axis] + (1,) + x.shape[axis:])
    g.add("EXPAND_DIMS", [x.index, g.ints(axis)], [y.index],
          "ExpandDimsOptions")
    return y


@operator
def mirror_pad(g, x):
    mode = g.between(0, 1)
    pads = [[g.between(0, min(3, d - 1 + mode)),
             g.between(0, min(3, d - 1 + mode))] if g.chance(0.6) else [0, 0]
            for d in x.shape]
    if not pads or len(pads) > 5:
        raise Unfit
    if x.batch == 1:
        pads[0] = [0, 0]
    y = g.like(x, [d + a + b for d, (a, b) in zip(x.shape, pads)])
    g.add("MIRROR_PAD", [x.index, g.ints(pads)], [y.index],
          "MirrorPadOptions", mode=mode)
    return y


@operator
def padv2(g, x):
    if not x.shape or len(x.shape) > 4:
        raise Unfit
    pads = [[g.between(0, 2), g.between(0, 2)] for _ in x.shape]
    if x.batch == 1:
        pads[0] = [0, 0]
    fill = g.constant(g.bytes((1,)), quantization(*x.quanta))
    y = g.like(x, [d + a + b for d, (a, b) in zip(x.shape, pads)])
    g.add("PADV2", [x.index, g.ints(pads), fill], [y.index], "PadV2Options")
    return y


def axis_of(g, x):
    """An axis, mostly not the batch."""
    if not x.shape:
        raise Unfit
    first = 0 if x.batch > 1 or len(x.shape) == 1 else 1
    return g.between(min(first, len(x.shape) - 1), len(x.shape) - 1)


@operator
def split(g, x):
    axis = axis_of(g, x)
    n = g.pick([n for n in (1, 2, 3, 4, 5) if x.shape[axis] % n == 0])
    shape = list(x.shape)
    shape[axis] //= n
    parts = [g.like(x, shape) for _ in range(n)]
    g.add("SPLIT", [g.ints(axis), x.index], [p.index for p in parts],
          "SplitOptions", numSplits=n)
    return parts


@operator
def split_v(g, x):
    axis = axis_of(g, x)
    sizes, left = [], x.shape[axis]
    while left:
        sizes.append(g.between(1, left))
        left -= sizes[-1]
    parts = []
    for size in sizes:
        shape = list(x.shape)
        shape[axis] = size
        parts.append(g.like(x, shape))
    if g.chance(0.3):
        sizes[g.between(0, len(sizes) - 1)] = -1
    g.add("SPLIT_V", [x.index, g.ints(sizes), g.ints(axis)],
          [p.index for p in parts], "SplitVOptions", numSplits=len(sizes))
    return parts


@operator
def unpack(g, x):
    axis = axis_of(g, x)
    n = x.shape[axis]
    if n > 6:
        raise Unfit
    parts = [g.like(x, x.shape[:axis] + x.shape[axis + 1:]) for _ in range(n)]
    g.add("UNPACK", [x.index], [p.index for p in parts], "UnpackOptions",
          num=n, axis=axis)
    return parts


@operator
def pack(g, x):
    if len(x.shape) > 4:
        raise Unfit
    axis = g.between(0, len(x.shape))
    parts = [x] + [g.part(x) for _ in range(g.between(0, 2))]
    y = g.like(x, x.shape[:axis] + (len(parts),) + x.shape[axis:])
    g.add("PACK", [p.index for p in parts], [y.index], "PackOptions",
          valuesCount=len(parts), axis=axis)
    return y


def strided_cut(g, size):
    """begin, end, stride of a slice that is not empty."""
    while True:
        begin, end = g.between(-size - 2, size + 1), g.between(-size - 2,
                                                              size + 2)
        step = g.pick([1, 1, 1, 2, 3, -1, -2])
        n = len(range(size)[begin:end:step])
        if n:
            return begin, end, step, n


@operator
def strided_slice(g, x):
    if not x.shape or len(x.shape) > 5:
        raise Unfit
    shape, spec = [], []
    begin_mask = end_mask = shrink = new_axis = ellipsis = 0
    for i, d in enumerate(x.shape):
        bit = 1 << len(spec)
        kind = g.rng.random()
        if kind < 0.1 and len(x.shape) < 5 and i:
            new_axis |= bit
            spec.append((0, 1, 1))
            shape.append(1)
            bit <<= 1
        if kind > 0.9 and i == len(x.shape) - 2 and not ellipsis:
            ellipsis |= bit
            spec.append((0, 1, 1))
            shape += x.shape[i:]
            break
        if kind > 0.8 and len(x.shape) > 2:
            begin = g.between(0, d - 1)
            shrink |= bit
            spec.append((begin, begin + 1, 1))
            continue
        if kind < 0.5 or i == 0:
            begin_mask |= bit
            end_mask |= bit
            step = g.pick([1, 1, 1, 2, -1]) if i else 1
            spec.append((0, 0, step))
            shape.append(len(range(d)[::step]))
            continue
        begin, end, step, n = strided_cut(g, d)
        spec.append((begin, end, step))
        shape.append(n)
    y = g.like(x, shape)
    lists = [g.ints(v) for v in zip(*spec)]
    g.add("STRIDED_SLICE", [x.index, *lists], [y.index], "StridedSliceOptions",
          beginMask=begin_mask, endMask=end_mask, shrinkAxisMask=shrink,
          newAxisMask=new_axis, ellipsisMask=ellipsis)
    return y


@operator
def gather(g, x):
    axis = axis_of(g, x)
    shape = (g.between(1, 6),) if g.chance(0.7) else (g.between(1, 3),
                                                      g.between(1, 3))
    if g.chance(0.1):
        shape = ()
    list_ = g.rng.integers(0, x.shape[axis], shape)
    y = g.like(x, x.shape[:axis] + shape + x.shape[axis + 1:])
    g.add("GATHER", [x.index, g.ints(list_)], [y.index], "GatherOptions",
          axis=axis, batchDims=0)
    return y


@operator
def reverse_v2(g, x):
    axis = axis_of(g, x)
    y = g.like(x, x.shape)
    g.add("REVERSE_V2", [x.index, g.ints([axis])], [y.index],
          "ReverseV2Options")
    return y


@operator
def transpose(g, x):
    if len(x.shape) < 2 or len(x.shape) > 6:
        raise Unfit
    order = g.rng.permutation(len(x.shape))
    if x.batch == 1 and g.chance(0.7):
        order = [0, *(1 + g.rng.permutation(len(x.shape) - 1))]
    y = g.like(x, [x.shape[i] for i in order])
    g.add("TRANSPOSE", [x.index, g.ints(order)], [y.index],
          "TransposeOptions")
    return y


@operator
def tile(g, x):
    if not x.shape or len(x.shape) > 4:
        raise Unfit
    times = [g.between(1, 3) for _ in x.shape]
    if len(times) == 4:
        # A REORDER has six sizes: not for four that repeat.
        times[g.between(0, 3) if x.batch > 1 else 0] = 1
    elif x.batch == 1:
        times[0] = 1
    y = g.like(x, np.multiply(x.shape, times))
    g.add("TILE", [x.index, g.ints(times)], [y.index], "TileOptions")
    return y


@operator
def depth_to_space(g, x):
    h, w, c = image(x)
    blocks = [b for b in (1, 2, 3) if c % (b * b) == 0]
    b = g.pick(blocks)
    y = g.like(x, (x.batch, h * b, w * b, c // (b * b)))
    g.add("DEPTH_TO_SPACE", [x.index], [y.index], "DepthToSpaceOptions",
          blockSize=b)
    return y


@operator
def space_to_depth(g, x):
    h, w, c = image(x)
    blocks = [b for b in (1, 2, 3) if h % b == 0 and w % b == 0]
    b = g.pick(blocks)
    y = g.like(x, (x.batch, h // b, w // b, c * b * b))
    g.add("SPACE_TO_DEPTH", [x.index], [y.index], "SpaceToDepthOptions",
          blockSize=b)
    return y


def blocks_of(g, x):
    """A block for each spatial dimension, and padding that makes it divide."""
    if len(x.shape) not in (3, 4):
        raise Unfit
    sizes = [g.between(1, 3) for _ in x.shape[1:-1]]
    pads = []
    for size, d in zip(sizes, x.shape[1:-1]):
        before = g.between(0, 2)
        pads.append([before, -(d + before) % size + size * g.between(0, 1)])
    return sizes, pads


@operator
def space_to_batch_nd(g, x):
    sizes, pads = blocks_of(g, x)
    shape = [(d + sum(p)) // s for d, s, p in zip(x.shape[1:-1], sizes, pads)]
    y = g.like(x, [x.batch * int(np.prod(sizes)), *shape, x.shape[-1]])
    g.add("SPACE_TO_BATCH_ND", [x.index, g.ints(sizes), g.ints(pads)],
          [y.index], "SpaceToBatchNDOptions")
    return y


@operator
def batch_to_space_nd(g, x):
    sizes, pads = blocks_of(g, x)
    y = g.apply(lambda g, _: g.input([d * int(np.prod(sizes)) if i == 0 else d
                                      for i, d in enumerate(x.shape)]), x)[0]
    shape = [d * s for d, s in zip(x.shape[1:-1], sizes)]
    crops = []
    for d in shape:
        before = g.between(0, d - 1)
        crops.append([before, g.between(0, d - 1 - before)])
    shape = [d - sum(c) for d, c in zip(shape, crops)]
    z = g.like(y, [x.batch, *shape, x.shape[-1]])
    g.add("BATCH_TO_SPACE_ND", [y.index, g.ints(sizes), g.ints(crops)],
          [z.index], "BatchToSpaceNDOptions")
    return z
