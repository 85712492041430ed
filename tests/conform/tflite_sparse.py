# SPDX-License-Identifier: MIT
"""Sparse constants of TFLite models, in every form that the schema has.

As a program, writes a model with some to the file given: the one on which
other tests try damage.
"""
import pathlib
import sys

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from tflite_models import Maker

INDICES = [("Int32Vector", np.int32), ("Uint16Vector", np.uint16),
           ("Uint8Vector", np.uint8)]


def thin(rng, shape, share):
    """Numbers, most of them zero, some whole rows too; the last is not."""
    array = rng.normal(size=shape) * (rng.random(shape) < share)
    array *= rng.random(shape[:1] + (1,) * (len(shape) - 1)) < 0.7
    array.flat[-1] = 1
    return array.astype(np.float32)


def levels_of(array, order, blocks):
    """The array with an axis for each level: dimensions, then their blocks.

    blocks: a size for each dimension that has one.
    """
    shape, axis = [], {}
    for d, size in enumerate(array.shape):
        axis[d] = len(shape)
        shape.append(size // blocks.get(d, 1))
        if d in blocks:
            axis[array.ndim + list(blocks).index(d)] = len(shape)
            shape.append(blocks[d])
    return array.reshape(shape).transpose([axis[number] for number in order])


def indices(level, name, values, rng):
    """A list of whole numbers, of a type that holds them."""
    fit = [i for i in INDICES if max(values, default=0) <= np.iinfo(i[1]).max]
    kind, dtype = fit[rng.integers(len(fit))]
    vector = getattr(schema, kind + "T")()
    vector.values = np.array(values, dtype)
    setattr(level, name + "Type", getattr(schema.SparseIndexVector, kind))
    setattr(level, name, vector)


def compress(array, sparse, rng):
    """Metadata of each level, and the numbers that are stored."""
    parts, levels = [array], []
    for some in sparse:
        level = schema.DimensionMetadataT()
        if some:
            kept = [[i for i, part in enumerate(whole) if np.any(part)]
                    for whole in parts]
            level.format = schema.DimensionType.SPARSE_CSR
            indices(level, "arraySegments",
                    np.cumsum([0] + [len(k) for k in kept]).tolist(), rng)
            indices(level, "arrayIndices", sum(kept, []), rng)
            parts = [whole[i] for whole, k in zip(parts, kept) for i in k]
        else:
            level.format = schema.DimensionType.DENSE
            level.denseSize = array.shape[len(levels)]
            parts = [part for whole in parts for part in whole]
        levels.append(level)
    return levels, np.array(parts, array.dtype)


def constant(m, array, order, blocks, sparse, rng):
    """Adds a sparse constant: levels in an order, some of them sparse."""
    levels, stored = compress(levels_of(array, order, blocks), sparse, rng)
    index = m.constant(stored)
    tensor = m.graph.tensors[index]
    tensor.shape = list(array.shape)
    tensor.sparsity = schema.SparsityParametersT()
    tensor.sparsity.traversalOrder = list(order)
    tensor.sparsity.blockMap = list(blocks)
    tensor.sparsity.dimMetadata = levels
    return index


def random_form(rng, shape):
    """An order of levels, blocks, and which levels are sparse."""
    blocks = {d: int(rng.choice([b for b in (2, 3, 4) if size % b == 0]))
              for d, size in enumerate(shape)
              if rng.random() < 0.4 and any(size % b == 0 for b in (2, 3, 4))}
    order = rng.permutation(len(shape)).tolist()
    order += [len(shape) + i for i in range(len(blocks))]
    sparse = (rng.random(len(shape)) < 0.6).tolist() + [False] * len(blocks)
    return order, blocks, sparse


def model(seed):
    """A convolution with sparse weights, perhaps in half precision."""
    rng = np.random.default_rng(seed)
    shape = tuple(int(v) for v in (rng.integers(1, 13), *rng.integers(1, 4, 2),
                                   rng.integers(1, 13)))
    half = bool(rng.random() < 0.5)
    weights = thin(rng, shape, rng.random() * 0.6)
    m = Maker()
    x = m.tensor((1, 6, 5, shape[3]))
    w = constant(m, weights.astype(np.float16 if half else np.float32),
                 *random_form(rng, shape), rng)
    dense = m.tensor(shape, np.float16 if half else np.float32)
    m.add("DENSIFY", [w], [dense], "DensifyOptions")
    if half:
        whole = m.tensor(shape)
        m.add("DEQUANTIZE", [dense], [whole])
        dense = whole
    bias = m.constant(rng.normal(size=shape[0]).astype(np.float32))
    y = m.operator("CONV_2D", [x, dense, bias], (1, 6, 5, shape[0]),
                   "Conv2DOptions", padding=0, strideH=1, strideW=1,
                   dilationHFactor=1, dilationWFactor=1)
    return m.finish(y)


if __name__ == "__main__":
    pathlib.Path(sys.argv[1]).write_bytes(model(2))
