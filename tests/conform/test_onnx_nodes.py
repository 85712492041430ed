# SPDX-License-Identifier: MIT
"""ONNX's own node tests on the float interpretation of what is imported.

Every test whose operators lwctl pack --list-ops claims either passes, or is
refused for a reason that the importer gives. Which, is listed in
onnx_nodes.txt; as a program, this file writes that list.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import onnx_nodes
from conftest import LWCTL

FLOAT_RUN = pathlib.Path(LWCTL).parent / "tests" / "tools" / "float_run"
LIST = pathlib.Path(__file__).with_name("onnx_nodes.txt")

# Expected values are written with few digits.
ROUNDED = {"test_averagepool_2d_ceil_last_window_starts_on_pad": 1e-3}

# Of use only to If: test_onnx_if.py.
ELSEWHERE = {"Not", "TopK"}


def claimed():
    """What is claimed of ONNX's operators, by domain and name."""
    said = subprocess.run([LWCTL, "pack", "--list-ops", "--json"],
                          capture_output=True, text=True, check=True).stdout
    return {(op["domain"], op["operator"]): op
            for op in json.loads(said)["operators"] if op["format"] == "onnx"}


def write(cases, folder):
    """Files of the cases, as float_run's arguments."""
    words = []
    for i, case in enumerate(cases):
        paths = [folder / f"{i}.{kind}" for kind in ("onnx", "in", "out")]
        paths[0].write_bytes(case.model.SerializeToString())
        case.x.tofile(paths[1])
        words.append(paths)
    return words


def run(cases, folder, *options):
    """For each case its outputs, with their shapes; or what was said."""
    folder.mkdir()
    paths = write(cases, folder)
    done = subprocess.run([FLOAT_RUN, *options, *sum(paths, [])],
                          capture_output=True, text=True, timeout=300)
    assert done.returncode in (0, 1), done.stderr
    shapes, said, last = {}, {}, None
    for line in done.stdout.splitlines():
        path, _, shape = line.partition(": ")
        shapes.setdefault(path, []).append(
            [int(n) for n in shape.split(" ")[1:]])
    names = {str(p[0]) for p in paths}
    for line in done.stderr.splitlines():
        path, _, rest = line.partition(": ")
        last = path if path in names else last
        said.setdefault(last, []).append(rest if path in names else line)
    return [(np.fromfile(out, np.float32), shapes[str(model)])
            if out.exists() else said[str(model)]
            for model, _, out in paths]


def compare(case, out, shapes):
    """What is wrong with outputs, or None."""
    expected = [list(y.shape) for y in case.outputs]
    if shapes != expected:
        return f"shapes {shapes}, expected {expected}"
    wanted = np.concatenate([y.ravel() for y in case.outputs])
    rtol = ROUNDED.get(case.name.split()[0], case.rtol)
    limit = case.rtol * np.max(np.abs(wanted[np.isfinite(wanted)]),
                               initial=1e-3)
    if np.allclose(out, wanted, rtol=rtol, atol=limit, equal_nan=True):
        return None
    return f"{out[:8]}, expected {wanted[:8]}"


def judge(case, result):
    """passed; refused and why; or FAILED and why."""
    if isinstance(result, tuple):
        wrong = compare(case, *result)
        return f"FAILED: {wrong}" if wrong else "passed"
    if "cannot be packed" not in result[0]:
        return f"FAILED: {result[0]}"
    return f"refused: {result[1]}"


def run_all(folder):
    """What became of each case, which operators passed, tests out of scope."""
    cases, outside = onnx_nodes.collect(claimed())
    found, passed = {}, set()
    for name, options in ("real", []), ("quantised", ["--round"]):
        part = [c for c in cases if c.quantised == bool(options)]
        for case, result in zip(part, run(part, folder / name, *options)):
            found[case.name] = judge(case, result)
            if found[case.name] == "passed":
                passed |= onnx_nodes.operators(case.model.graph)
    return found, passed, len(outside)


def summary(found, outside):
    passed = sum(said == "passed" for said in found.values())
    refused = sum(said.startswith("refused") for said in found.values())
    return (f"{passed} passed, {refused} refused, "
            f"{len(found) - passed - refused} failed; "
            f"{outside} tests out of scope")


def lines(found, outside):
    return [f"{name}: {said}" for name, said in sorted(found.items())] + [
        f"out of scope: {outside}"]


def test_newest_operator_set_is_claimed():
    ends = {op["versions"].split("-")[-1] for (domain, _), op in
            claimed().items() if not domain}
    assert ends == {str(onnx.defs.onnx_opset_version())}


def test_nodes(tmp_path):
    found, passed, outside = run_all(tmp_path)
    print(summary(found, outside))
    failed = [f"{n}: {s}" for n, s in found.items() if s.startswith("FAILED")]
    assert not failed, "\n".join(failed)
    ours = {name for domain, name in claimed() if not domain}
    assert ours - {name for _, name in passed} == ELSEWHERE
    listed = LIST.read_text().splitlines()
    assert lines(found, outside) == listed, f"{LIST} is not what was found"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        found, _, outside = run_all(pathlib.Path(scratch))
    LIST.write_text("\n".join(lines(found, outside)) + "\n")
    sys.exit(summary(found, outside))
