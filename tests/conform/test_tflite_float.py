# SPDX-License-Identifier: MIT
"""The random graphs in real numbers: our interpreter against LiteRT."""
import os
import pathlib
import subprocess

import numpy as np
import peers
import pytest
import tflite_random
from conftest import LWCTL
from tflite_models import float_twin

FLOAT_RUN = pathlib.Path(LWCTL).parent / "tests" / "tools" / "float_run"
SEED = int(os.environ.get("SEED", 1))
SINGLES, GRAPHS = 8, 100
NEAR = 1e-4  # of the largest number of an output


def run(folder, models, inputs):
    """Our outputs, all of a model in one array."""
    arguments = []
    for i, (model, x) in enumerate(zip(models, inputs)):
        (folder / f"{i}.tflite").write_bytes(model)
        np.concatenate([a.ravel() for a in x]).tofile(folder / f"{i}.in")
        arguments += [f"{i}.tflite", f"{i}.in", f"{i}.out"]
    done = subprocess.run([FLOAT_RUN, *arguments], cwd=folder, text=True,
                          capture_output=True)
    assert done.returncode == 0, done.stderr
    return [np.fromfile(folder / f"{i}.out", np.float32)
            for i in range(len(models))]


def compare(folder, graphs):
    """Compares; gives the number of graphs that say something."""
    rng = np.random.default_rng(SEED)
    models = [float_twin(g.model_bytes) for g in graphs]
    inputs = [[rng.normal(size=g.shape_and_type(i)[0]).astype(np.float32)
               for i in g.inputs] for g in graphs]
    telling = 0
    for g, model, x, mine in zip(graphs, models, inputs,
                                 run(folder, models, inputs)):
        at = 0
        outputs = peers.run_tflite(model, x)
        for other in outputs:
            part = mine[at:at + other.size].reshape(other.shape)
            at += other.size
            # Roots and logarithms of what has none.
            if not np.isfinite(other).all():
                continue
            limit = NEAR * max(np.abs(other).max(initial=0), 1e-3)
            assert np.abs(part - other).max(initial=0) <= limit, g.names()
            telling += np.ptp(other) > limit
        assert at == mine.size
    return telling


@pytest.mark.parametrize("name", sorted(tflite_random.OPERATORS))
def test_single_operators(tmp_path, name):
    print("SEED", SEED)
    assert compare(tmp_path, [tflite_random.single(name, SEED + i)
                              for i in range(SINGLES)])


def test_whole_graphs(tmp_path):
    print("SEED", SEED)
    assert compare(tmp_path, [tflite_random.whole(SEED + i)
                              for i in range(GRAPHS)]) > GRAPHS / 2
