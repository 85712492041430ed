# SPDX-License-Identifier: MIT
"""Whole random graphs of the operators that are claimed.

As a program, writes some to the folder given: models to try damage on.
"""
import pathlib
import sys

import numpy as np
import tflite_point_ops  # noqa: F401 registers its operators
import tflite_shape_ops  # noqa: F401
import tflite_window_ops  # noqa: F401
from tflite_graph import OPERATORS, Graph, Unfit


def shape_of_image(g):
    return (g.pick([1, 1, 1, 1, 2, 3]), g.between(1, 12), g.between(1, 12),
            g.between(1, 9))


def other_shape(g):
    return g.pick([(1, g.between(1, 40)), (1, g.between(1, 9), g.between(1, 9)),
                   (g.between(1, 5), g.between(1, 9)), shape_of_image(g)])


def single(name, seed):
    """A graph of one operator on an input that it takes."""
    g = Graph(np.random.default_rng([seed, *name.encode()]))
    for _ in range(500):
        shape = shape_of_image(g) if g.chance(0.7) else other_shape(g)
        try:
            g.apply(lambda g, _: OPERATORS[name](g, g.input(shape)), None)
        except Unfit:
            continue
        return g.done()
    raise AssertionError(f"{name} takes no input")


def whole(seed, length=8):
    """A graph of several operators, inputs and outputs."""
    g = Graph(np.random.default_rng(seed))
    live = [g.input(shape_of_image(g))]
    if g.chance(0.3):
        live.append(g.input(g.pick([live[0].shape, other_shape(g)])))
    names = sorted(OPERATORS)
    added = 0
    while added < length:
        name = g.pick(names)
        g.made = live
        try:
            made = g.apply(OPERATORS[name],
                           live[-1] if g.chance(0.75) else g.pick(live))
        except Unfit:
            continue
        added += 1
        live.extend(y for y in made if y.index not in g.within_one)
    g.shown = {v.index for v in live if g.chance(0.1)}
    return g.done()


# Seeds whose graphs have most operators between them.
SEEDS = (149, 239, 346, 417, 130)


def sample(seed):
    return whole(seed, 14).model_bytes


if __name__ == "__main__":
    for number in SEEDS:
        path = pathlib.Path(sys.argv[1]) / f"graph-{number}.tflite"
        path.write_bytes(sample(number))
