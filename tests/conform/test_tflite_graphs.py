# SPDX-License-Identifier: MIT
"""Random integer TFLite graphs against LiteRT with XNNPACK: the same bytes.

Operators that LiteRT computes by another rule than ours may differ by one; in
whole graphs nothing reads them. SEED=N tries other graphs.
"""
import os

import liblwnpu
import numpy as np
import peers
import pytest
import tflite_random
from conftest import ROOT

SEED = int(os.environ.get("SEED", 1))
SINGLES = 12  # of each operator
GRAPHS, BLOCKS = 300, 6
# Graphs whose outputs are all but constant, and that LiteRT fails, in percent.
DULL, UNRUN = 25, 4


@pytest.fixture(scope="module")
def ref():
    return liblwnpu.Device("ref")


def run(lwctl, ref, g, x, likes):
    """Our outputs."""
    (lwctl.folder / "m.tflite").write_bytes(g.model_bytes)
    lwctl("pack", "m.tflite", "-q", "-o", "m.lwm")
    model = ref.load((lwctl.folder / "m.lwm").read_bytes())
    try:
        return model.run(x, likes)
    finally:
        model.close()


def compare(lwctl, ref, g, what):
    """Compares a graph's outputs; gives the most different bytes of one, or
    None where LiteRT cannot run it."""
    x = [g.bytes(*g.shape_and_type(i)) for i in g.inputs]
    try:
        theirs = peers.run_tflite(g.model_bytes, x)
    except RuntimeError as error:
        # Some ratios of scales are more than XNNPACK takes.
        assert "XNNPACK" in str(error)
        return None
    ours = run(lwctl, ref, g, x, theirs)
    for i, mine, other in zip(g.outputs, ours, theirs):
        off = np.abs(mine.astype(int) - other).max(initial=0)
        assert off <= (i in g.within_one), \
            f"{what}, output {i}: {(mine != other).sum()} of {mine.size} " \
            f"bytes differ, by up to {off}; operators {g.names()}"
    return max(len(np.unique(y)) for y in theirs)


@pytest.mark.parametrize("name", sorted(tflite_random.OPERATORS))
def test_single_operators(lwctl, ref, name):
    print("SEED", SEED)
    seen = [compare(lwctl, ref, tflite_random.single(name, SEED + i),
                    f"{name}, SEED={SEED + i}") for i in range(SINGLES)]
    assert max(filter(None, seen)) > 2, "outputs that tell nothing"


@pytest.mark.parametrize("block", range(BLOCKS))
def test_whole_graphs(lwctl, ref, block):
    n = GRAPHS // BLOCKS
    seeds = range(SEED + block * n, SEED + block * n + n)
    print("SEED", SEED)
    seen = [compare(lwctl, ref, tflite_random.whole(seed), f"SEED={seed}")
            for seed in seeds]
    assert seen.count(None) <= n * UNRUN // 100
    assert sum(s is not None and s <= 2 for s in seen) <= n * DULL // 100


@pytest.mark.parametrize("seed", tflite_random.SEEDS)
def test_samples_are_current(seed):
    """python tflite_random.py ../data writes them anew."""
    path = ROOT / f"tests/data/graph-{seed}.tflite"
    assert path.read_bytes() == tflite_random.sample(seed)
