# SPDX-License-Identifier: MIT
"""Every command says what it has done, or why not, as JSON; exit codes."""
import json

import pytest

from conftest import BAD_INPUT, DEMO, DIFFER, FAILED, NORM, OK, ROOT, USAGE

SMALL = ROOT / "tests" / "data" / "small.tflite"
FLOAT = [DEMO / "glyphs.onnx", "-o", "m.lwm", "--calib", DEMO / "calib_x.npy",
         *NORM]
SAMPLE = sorted((DEMO / "samples").glob("*.png"))[0]

# What a command line ends with, its words, and the keys of what it prints; None
# of an error. PACKAGE is the demo's.
CASES = [
    (OK, "pack", [SMALL, "-o", "m.lwm"], {"output", "bytes", "stages"}),
    (OK, "pack", [SMALL, "-o", "m.lwm", "--report", "-q"],
     {"output", "bytes", "stages", "report", "totals", "segments"}),
    (OK, "pack", ["--list-ops"], {"operators"}),
    (USAGE, "pack", [SMALL], None),
    (USAGE, "pack", [*FLOAT, "--mean", "1,2,3,4"], None),
    (BAD_INPUT, "pack", ["none.onnx", "-o", "m.lwm"], None),
    (FAILED, "pack", [SMALL, "-o", "nowhere/m.lwm"], None),
    (OK, "submit", ["PACKAGE", "--input", SAMPLE],
     {"model", "device", "engine", "description", "inputs", "latency_ms",
      "results"}),
    (USAGE, "submit", ["PACKAGE"], None),
    (BAD_INPUT, "submit", ["PACKAGE", "--input", "none.png"], None),
    (FAILED, "submit", ["PACKAGE", "--input", SAMPLE, "--device", "/dev/null"],
     None),
    (FAILED, "submit", ["PACKAGE", "--input", SAMPLE, "--device", "cuda"],
     None),
    (OK, "verify", ["PACKAGE", "--devices", "ref,opencl", "--count", "2"],
     {"equal", "inputs", "devices", "seed"}),
    (USAGE, "verify", ["PACKAGE"], None),
    (BAD_INPUT, "verify", [SMALL, "--devices", "ref,ref"], None),
    (FAILED, "verify", ["PACKAGE", "--devices", "ref,/dev/null"], None),
    (DIFFER, "verify", ["PACKAGE", "--devices", "ref,opencl"], None),
    (OK, "info", ["PACKAGE"],
     {"source", "producer", "ops", "weights", "coded_weights", "arena", "macs",
      "nonzero_macs", "inputs", "outputs", "layers", "segments"}),
    (USAGE, "info", [], None),
    (BAD_INPUT, "info", [SMALL], None),
    (OK, "disasm", ["PACKAGE"], {"ops"}),
    (USAGE, "disasm", ["a", "b"], None),
    (BAD_INPUT, "disasm", ["."], None),
    (OK, "bench", ["--decode", "PACKAGE", "--runs", "1"],
     {"package", "runs", "threads", "decode"}),
    (OK, "bench", ["PACKAGE", "--device", "ref", "--seconds", "0.1"],
     {"results"}),
    (FAILED, "bench", ["PACKAGE", "--device", "/dev/null"], None),
    (USAGE, "bench", ["PACKAGE", "--runs", "3"], None),
    (BAD_INPUT, "bench", ["--decode", SMALL], None),
    (OK, "devices", [], {"devices"}),
    (USAGE, "devices", ["all"], None),
    (OK, "top", [], {"processes"}),
    (OK, "top", ["--interval", "0.01"], {"processes"}),
    (USAGE, "top", ["--interval", "-1"], None),
    (OK, "help", [], {"commands", "exit_status"}),
    (OK, "help", ["top"], {"name", "text", "arguments", "options"}),
    (USAGE, "help", ["frobnicate"], None),
    (OK, "completion", ["bash"], {"shell", "script"}),
    (OK, "completion", ["zsh"], {"shell", "script"}),
    (USAGE, "completion", ["fish"], None),
    (USAGE, "completion", [], None),
    (USAGE, "completion", ["bash", "zsh"], None),
    (USAGE, "frobnicate", [], None),
    (USAGE, "--frobnicate", [], None),
]


@pytest.mark.parametrize("status, command, words, keys", CASES)
def test_json(lwctl, package, idle, status, command, words, keys):
    words = [package if word == "PACKAGE" else word for word in words]
    # Where OpenCL does nothing, it differs from plain C.
    env = idle if status == DIFFER else {}
    done = lwctl.try_run(command, *words, "--json", **env)
    assert done.returncode == status, done.stderr
    said = json.loads(done.stdout)
    if keys:
        assert set(said) == keys and done.stderr == ""
    else:
        assert set(said) == {"error"}
        assert done.stderr == f"lwctl: {said['error']}\n"
    assert "}" == done.stdout[-2] and "\n" == done.stdout[-1]


def test_all_commands_and_exit_codes_are_tried(lwctl):
    said = json.loads(lwctl("help", "--json"))
    codes = {code["code"] for code in said["exit_status"]}
    assert {status for status, _, _, _ in CASES} == codes
    for name in [command["name"] for command in said["commands"]]:
        tried = {status for status, command, _, _ in CASES if command == name}
        assert OK in tried and len(tried) > 1, name


def test_no_command(lwctl):
    done = lwctl.try_run("--json")
    assert done.returncode == USAGE and "error" in json.loads(done.stdout)
    done = lwctl.try_run()
    assert done.returncode == USAGE and done.stdout == ""

