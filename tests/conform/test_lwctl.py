# SPDX-License-Identifier: MIT
"""lwctl as scripts see it: forms, files, exit codes, messages."""
import json
import re
import struct
import subprocess
import zlib

import numpy as np
import pytest

import peers
from conftest import (BAD_INPUT, DEMO, DIFFER, FAILED, LWCTL, NORM, OK,
                      ROOT, USAGE)


def write_png(path, image):
    """An 8-bit PNG of [h, w, 3] or [h, w]."""
    h, w = image.shape[:2]
    kind = 2 if image.ndim == 3 else 0
    rows = b"".join(b"\0" + row.tobytes() for row in image)

    def chunk(name, body):
        check = zlib.crc32(name + body)
        return struct.pack(">I", len(body)) + name + body + \
            struct.pack(">I", check)

    path.write_bytes(b"\x89PNG\r\n\x1a\n" +
                     chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, 8, kind,
                                                0, 0, 0)) +
                     chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
    return path


@pytest.fixture(scope="module")
def images():
    return np.load(DEMO / "test_x.npy"), np.load(DEMO / "test_y.npy")


# The command line.

@pytest.mark.parametrize("words", [
    ["frobnicate"],
    ["pack"],
    ["pack", "x.onnx"],
    ["pack", "x.onnx", "y.onnx", "-o", "m.lwm"],
    ["pack", "x.onnx", "-o", "m.lwm", "--sparsity", "1"],
    ["pack", "x.onnx", "-o", "m.lwm", "--sparsity", "-0.1"],
    ["pack", "x.onnx", "-o", "m.lwm", "--sparsity", "nan"],
    ["pack", "x.onnx", "-o", "m.lwm", "--pattern", "weights"],
    ["pack", "x.onnx", "-o", "m.lwm", "--pattern", "stripes"],
    ["pack", "x.onnx", "-o", "m.lwm", "--range", "max"],
    ["pack", "x.onnx", "-o", "m.lwm", "--coding", "raw,gzip"],
    ["pack", "x.onnx", "-o", "m.lwm", "--profile", "tiny"],
    ["bench"],
    ["bench", "m.lwm", "--runs", "3"],
    ["bench", "m.lwm", "--seconds", "0"],
    ["bench", "--decode", "m.lwm", "--device", "ref"],
    ["bench", "--decode", "m.lwm", "--seconds", "1"],
    ["bench", "--decode"],
    ["bench", "--decode", "m.lwm", "n.lwm"],
    ["bench", "--decode", "m.lwm", "--runs", "0"],
    ["bench", "--decode", "m.lwm", "--threads", "65"],
    ["pack", "x.onnx", "-o", "m.lwm", "--mean", "1,2,3,4,5"],
    ["pack", "x.onnx", "-o", "m.lwm", "--mean", "1,,2"],
    ["pack", "x.onnx", "-o", "m.lwm", "--std", "0"],
    ["pack", "x.onnx", "-o", "m.lwm", "--mean", "1,2", "--std", "1,2,3"],
    ["pack", "x.onnx", "-o", "m.lwm", "--scale", "1/0"],
    ["pack", "x.onnx", "-o", "m.lwm", "--scale", "0x10"],
    ["pack", "x.onnx", "-o", "m.lwm", "--labels", "y.npy"],
    ["pack", "x.onnx", "-o", "m.lwm", "--eval", "x.npy"],
    ["pack", "x.onnx", "-o", "m.lwm", "--float-output", "y.npy"],
    ["pack", "x.onnx", "-o", "m.lwm", "--device", "ref"],
    ["submit"],
    ["submit", "m.lwm"],
    ["submit", "m.lwm", "--input", "x.npy", "--raw"],
    ["submit", "m.lwm", "--input", "x.npy", "--top", "0"],
    ["submit", "m.lwm", "--input", "x.npy", "--top", "5x"],
    ["submit", "m.lwm", "--input", "x.npy", "--loud"],
    ["submit", "m.lwm", "--input", "x.npy", "--raw=1"],
    ["verify", "m.lwm"],
    ["verify", "m.lwm", "--devices", "ref"],
    ["verify", "m.lwm", "--devices", "ref,"],
    ["verify", "m.lwm", "--devices", "ref,ref", "--count", "0"],
    ["verify", "m.lwm", "--devices", "ref,ref", "--seed", "x"],
    ["info"],
    ["info", "a.lwm", "b.lwm"],
    ["disasm"],
    ["devices", "all"],
    ["help", "frobnicate"],
    ["help", "pack", "submit"],
    ["top", "all"],
    ["top", "--interval", "0"],
    ["top", "--interval", "x"],
])
def test_wrong_command_lines(lwctl, words):
    lwctl.refused(USAGE, *words)


def test_unfinished_command_lines(lwctl):
    assert lwctl.try_run().returncode == USAGE
    done = lwctl.try_run("pack", "x.onnx", "--sparsity")
    assert done.returncode == USAGE
    assert done.stderr == "lwctl: --sparsity: needs a value, S\n"
    for words, message in [
            (["pack", "x.onnx", "-o"], "-o: needs a value, OUT.lwm"),
            (["pack", "--quiet=1"], "--quiet=1: takes no value"),
            (["pack", "--c", "1"], "--c: 2 options begin so, expected one, "
                                   "see lwctl help pack"),
            (["info", "--loud"], "--loud: unknown option, see lwctl help info"),
            (["top", "-x"], "-x: unknown option, see lwctl help top")]:
        done = lwctl.try_run(*words)
        assert done.returncode == USAGE
        assert done.stderr == f"lwctl: {message}\n"


def test_unwritable_standard_output(lwctl):
    with open("/dev/full", "w") as full:
        done = subprocess.run([LWCTL, "help"], stdout=full,
                              stderr=subprocess.PIPE, text=True)
    assert done.returncode == FAILED
    assert done.stderr.startswith("lwctl: standard output")


@pytest.mark.parametrize("fd", [0, 1, 2])
def test_closed_standard_files(lwctl, fd):
    """What is opened is not in their place: that file is one of no use."""
    done = subprocess.run(
        ["sh", "-c", f"exec {fd}>&-; exec \"$0\" \"$@\"", LWCTL, "info",
         f"/proc/self/fd/{fd}", "--json"], capture_output=True, text=True)
    assert done.returncode == BAD_INPUT
    assert "is not a regular file" in (done.stdout if fd == 2 else
                                       done.stderr)


def test_devices(lwctl):
    devices = json.loads(lwctl("devices", "--json"))["devices"]
    assert {"ref", "opencl"} <= {d["engine"] for d in devices}
    text = lwctl("devices")
    assert all(d["name"] in text for d in devices)


# Packages.

def test_info_and_disasm(lwctl, package):
    info = json.loads(lwctl("info", package, "--json"))
    assert info["source"].endswith("glyphs.onnx")
    assert info["inputs"][0]["shape"] == [1, 3, 32, 32]
    assert info["inputs"][0]["layout"] == "NCHW"
    assert info["inputs"][0]["image"]["mean"][0] == pytest.approx(0.4715)
    assert info["outputs"][0]["channels"] == 36
    assert sum(s["size"] for s in info["segments"]) == info["weights"]
    assert sum(s["coded_size"] for s in info["segments"]) == \
        info["coded_weights"] <= info["weights"]
    assert sum(layer["macs"] for layer in info["layers"]) == info["macs"]
    assert sum(layer["ops"] for layer in info["layers"]) <= info["ops"]
    assert 0 < info["arena"] < 1 << 20
    lines = lwctl("disasm", package).splitlines()
    assert len(lines) == info["ops"]
    assert [line.split(maxsplit=1)[1] for line in lines] == \
        json.loads(lwctl("disasm", package, "--json"))["ops"]
    text = lwctl("info", package)
    assert str(info["arena"]) in text and "glyphs.onnx" in text


def test_damaged_packages(lwctl, package):
    whole = package.read_bytes()
    (lwctl.folder / "half.lwm").write_bytes(whole[:len(whole) // 2])
    (lwctl.folder / "flip.lwm").write_bytes(
        whole[:-100] + bytes([whole[-100] ^ 1]) + whole[-99:])
    x = lwctl.save("x.npy", np.zeros((3, 32, 32), np.float32))
    for name in ["half.lwm", "flip.lwm", "none.lwm"]:
        for words in [["info", name], ["disasm", name],
                      ["submit", name, "--input", x],
                      ["verify", name, "--devices", "ref,ref"]]:
            assert name in lwctl.refused(BAD_INPUT, *words)


# pack

def test_pack_prints_each_stage(lwctl, images):
    result = json.loads(lwctl(
        "pack", DEMO / "glyphs.onnx", "-o", "m.lwm", "--json", "--report",
        "--calib", DEMO / "calib_x.npy", *NORM, "--sparsity", "0.2",
        "--eval", DEMO / "test_x.npy", "--labels", DEMO / "test_y.npy"))
    stages = {stage["stage"]: stage for stage in result["stages"]}
    assert list(stages) == ["float", "pruned", "int8", "coded"]
    size = (lwctl.folder / "m.lwm").stat().st_size
    assert result["bytes"] == stages["coded"]["bytes"] == size
    assert stages["coded"]["bytes"] < stages["int8"]["bytes"] < \
        stages["float"]["bytes"] / 3
    assert stages["float"]["macs"] * 0.7 < stages["int8"]["macs"] < \
        stages["float"]["macs"] * 0.9
    assert stages["float"]["accuracy"] == {
        "correct": 282, "total": 288, "percent": pytest.approx(97.917, abs=.01)}
    assert stages["int8"]["accuracy"] == stages["coded"]["accuracy"]
    assert {row["pass"] for row in result["report"]} == \
        {"fold", "prune", "quantise"}
    submitted = json.loads(lwctl("submit", "m.lwm", "--input",
                                 DEMO / "test_x.npy", "--labels",
                                 DEMO / "test_y.npy", "--json"))
    assert submitted["accuracy"] == stages["coded"]["accuracy"]


def test_pack_lists_operators(lwctl):
    said = json.loads(lwctl("pack", "--list-ops", "--json"))["operators"]
    ops = {(op["format"], op["domain"], op["operator"]): op for op in said}
    assert len(ops) == len(said) > 60
    assert ops["onnx", "", "Conv"] == {
        "format": "onnx", "domain": "", "operator": "Conv", "versions": "7-28",
        "activations": True, "constants": True,
        "limits": ops["onnx", "", "Conv"]["limits"]}
    assert not ops["onnx", "", "Constant"]["activations"]
    assert ops["tflite", "", "CONV_2D"]["versions"] == ""
    lines = lwctl("pack", "--list-ops").splitlines()
    assert len(lines) == 1 + len(ops)
    assert [line.split()[:2] for line in lines[1:]] == [
        [op["format"], ".".join(filter(None, [op["domain"], op["operator"]]))]
        for op in said]


def test_pack_text(lwctl):
    words = ["pack", DEMO / "glyphs.onnx", "-o", "m.lwm", "--calib",
             DEMO / "calib_x.npy", *NORM]
    lines = lwctl(*words).splitlines()
    assert [line.split()[0] for line in lines] == \
        ["stage", "float", "int8", "coded"]
    assert lwctl(*words, "--quiet") == ""


def columns(lines, heading):
    """The cells of a table, which are at least two spaces apart."""
    start = lines.index(heading)
    rows = [re.split(" {2,}", line) for line in lines[start:]]
    return rows[:next((i for i, row in enumerate(rows) if row == [""]),
                      len(rows))]


def test_pack_report(lwctl):
    words = ["pack", DEMO / "glyphs.onnx", "-o", "m.lwm", "--calib",
             DEMO / "calib_x.npy", *NORM, "--sparsity", "0.2", "--report"]
    said = json.loads(lwctl(*words, "--json"))
    lines = lwctl(*words, "-q").splitlines()
    assert lines == lwctl(*words).splitlines()[6:]
    rows = columns(lines, lines[0])
    assert rows[0] == ["pass", "layer", "bytes", "after", "MACs", "after",
                       "error"]
    # Columns of numbers end where their titles do.
    ends = [match.end() for match in re.finditer(r"\S+", lines[0])][2:]
    for line in lines[1:len(rows)]:
        assert all(line[end - 1:end].isdigit() and line[end:end + 1] in " "
                   for end in ends[:4])
    report = iter(said["report"])
    for row in rows[1:]:
        if row[1].startswith("total of "):
            continue
        entry = next(report)
        head, _, tail = row[1].partition("...")
        assert row[0] == entry["pass"] and len(row[1]) <= 40
        assert entry["layer"].startswith(head) and \
            entry["layer"].endswith(tail)
        assert row[2:6] == [str(entry[key]) for key in [
            "bytes_before", "bytes_after", "macs_before", "macs_after"]]
    assert next(report, None) is None
    totals = [row for row in rows if row[1].startswith("total of ")]
    assert [row[0] for row in totals] == ["fold", "prune", "quantise"]
    for row, entry in zip(totals, said["totals"]):
        own = [r for r in said["report"] if r["pass"] == row[0]]
        assert entry == {"pass": row[0], "layers": len(own), **{
            key: sum(r[key] for r in own) for key in [
                "bytes_before", "bytes_after", "macs_before", "macs_after"]}}
        assert row[1:] == [f"total of {len(own)}",
                           *map(str, list(entry.values())[2:])]
    stored = columns(lines, lines[len(rows) + 1])
    info = json.loads(lwctl("info", "m.lwm", "--json"))
    assert said["segments"] == info["segments"]
    assert [row[1:3] + row[4:] for row in stored[1:-1]] == \
        [[str(s["size"]), str(s["coded_size"]), s["coding"]]
         for s in info["segments"]]
    assert stored[-1][:3] == ["total", str(info["weights"]),
                              str(info["coded_weights"])]


def test_float_output(lwctl, images):
    x = images[0][:20]
    lwctl.save("x.npy", x)
    lwctl("pack", DEMO / "glyphs.onnx", "-o", "m.lwm", "--calib",
          DEMO / "calib_x.npy", *NORM, "--eval", "x.npy", "--float-output",
          "y.npy")
    y = np.load(lwctl.folder / "y.npy")
    mean = np.array([float(m) for m in NORM[3].split(",")], np.float32)
    std = np.array([float(s) for s in NORM[5].split(",")], np.float32)
    real = ((x.astype(np.float32) / 255 - mean) / std).transpose(0, 3, 1, 2)
    expected = peers.OnnxRuntime(DEMO / "glyphs.onnx").run(
        np.ascontiguousarray(real))
    assert y.shape == expected.shape and y.dtype == np.float32
    assert np.abs(y - expected).max() < 1e-4 * np.abs(expected).max()


def test_codings(lwctl):
    sizes = {}
    every = "raw,huffman,zstd,rans,context,deflate"
    for coding in [*every.split(","), every]:
        lwctl("pack", DEMO / "glyphs.onnx", "-o", "m.lwm", "--calib",
              DEMO / "calib_x.npy", *NORM, "--coding", coding, "--profile",
              "small")
        sizes[coding] = (lwctl.folder / "m.lwm").stat().st_size
        info = json.loads(lwctl("info", "m.lwm", "--json"))
        assert {s["coding"] for s in info["segments"]} <= \
            set(coding.split(",")) | {"raw"}
    assert sizes[every] <= min(sizes.values())
    assert sizes["context"] < sizes["rans"] < sizes["huffman"] < sizes["raw"]


def test_profiles(lwctl):
    sizes, codings = {}, {}
    for profile in ["small", "balanced", "fast"]:
        result = json.loads(lwctl(
            "pack", DEMO / "glyphs.onnx", "-o", "m.lwm", "--calib",
            DEMO / "calib_x.npy", *NORM, "--profile", profile, "--report",
            "--json"))
        sizes[profile] = result["bytes"]
        codings[profile] = {s["coding"] for s in result["segments"]}
        assert result["segments"] == \
            json.loads(lwctl("info", "m.lwm", "--json"))["segments"]
    assert sizes["small"] <= sizes["balanced"] < sizes["fast"]
    assert "context" in codings["small"] and "context" not in codings["fast"]


def test_bench(lwctl, package):
    lwctl("pack", ROOT / "tests" / "data" / "small.tflite", "-o", "small.lwm")
    words = ["bench", package, "small.lwm", "--device", "ref", "--device",
             "opencl", "--seconds", "0.2", "--threads", "1"]
    results = json.loads(lwctl(*words, "--json"))["results"]
    assert [(r["package"], r["device"].partition(":")[0]) for r in results] == \
        [(str(package), "ref"), (str(package), "opencl"), ("small.lwm", "ref"),
         ("small.lwm", "opencl")]
    for r in results:
        assert 0 < r["min_ms"] <= r["median_ms"] < 1000
        assert r["runs"] >= 9 and 0 < r["load_ms"] < 60000
        assert 1000 < r["peak_kib"] < 4 << 20
    # The demo has 3,000 times the work of the small model.
    assert results[0]["ratio"] == 1 and results[2]["ratio"] < 0.1
    assert results[0]["runs"] < results[2]["runs"]
    lines = lwctl(*words).splitlines()
    assert len(lines) == 5 and lines[0].split()[:2] == ["package", "device"]
    assert lines[3].split()[:2] == ["small.lwm", "ref"]


def test_bench_that_fails(lwctl, package):
    (lwctl.folder / "bad.lwm").write_bytes(package.read_bytes()[:-1])
    assert "bad.lwm" in lwctl.refused(BAD_INPUT, "bench", package, "bad.lwm",
                                      "--device", "ref")
    lwctl.refused(FAILED, "bench", package, "--device", "/dev/null")
    assert "--threads" in lwctl.refused(USAGE, "bench", package, "--threads",
                                        "64", "--device", "ref")


def test_bench_decode(lwctl, package):
    result = json.loads(lwctl("bench", "--decode", package, "--runs", "3",
                              "--threads", "2", "--json"))
    assert result["runs"] == 3 and result["threads"] == [1, 2]
    *rows, total = result["decode"]
    info = json.loads(lwctl("info", package, "--json"))
    assert total["coding"] == "all"
    assert total["blobs"] == 1 + len(info["segments"])
    for key in "blobs", "stored", "decoded":
        assert sum(row[key] for row in rows) == total[key]
    for row in result["decode"]:
        for ms, speed in zip(row["ms"], row["mb_per_s"]):
            assert speed == pytest.approx(row["decoded"] / ms / 1e3)
    lines = lwctl("bench", "--decode", package, "--runs", "1").splitlines()
    assert [line.split()[0] for line in lines] == \
        ["coding", *(row["coding"] for row in rows), "all"]
    assert "--decode" in lwctl("help", "bench")


def test_pack_needs_calibration(lwctl):
    words = ["pack", DEMO / "glyphs.onnx", "-o", "m.lwm"]
    assert "--calib" in lwctl.refused(USAGE, *words)
    assert "3" in lwctl.refused(USAGE, *words, "--calib",
                                DEMO / "calib_x.npy", "--mean", "1,2")
    assert not (lwctl.folder / "m.lwm").exists()


def test_pack_refuses_what_is_no_model(lwctl):
    (lwctl.folder / "text.onnx").write_text("not a model")
    for name in ["text.onnx", "none.onnx", "."]:
        lwctl.refused(BAD_INPUT, "pack", name, "-o", "m.lwm")
    assert not (lwctl.folder / "m.lwm").exists()


def test_refused_nodes_are_listed(lwctl):
    """An operator that does not exist, twice."""
    def field(number, body):
        if isinstance(body, int):
            return bytes([number << 3, body])
        return bytes([number << 3 | 2, len(body)]) + body

    def tensor(name):
        shape = b"".join(field(1, field(1, size)) for size in [1, 3, 4, 4])
        return field(1, name) + field(2, field(1, field(1, 1) +
                                               field(2, shape)))

    def node(name, source, target):
        return field(1, field(1, source) + field(2, target) +
                     field(3, name) + field(4, b"Frobnicate"))

    graph = node(b"one", b"x", b"y") + node(b"two", b"y", b"z") + \
        field(11, tensor(b"x")) + field(12, tensor(b"z"))
    model = field(1, 8) + bytes([7 << 3 | 2, len(graph) & 0x7f | 0x80,
                                 len(graph) >> 7]) + graph + \
        field(8, field(1, b"") + field(2, 17))
    (lwctl.folder / "m.onnx").write_bytes(model)
    done = lwctl.try_run("pack", "m.onnx", "-o", "m.lwm", "--json")
    assert done.returncode == BAD_INPUT
    result = json.loads(done.stdout)
    assert [(r["node"], r["op"]) for r in result["refused"]] == \
        [("one", "Frobnicate"), ("two", "Frobnicate")]
    lines = done.stderr.splitlines()
    assert len(lines) == 3 and all(li.startswith("lwctl: ") for li in lines)
    assert '"one" (Frobnicate)' in lines[0]
    assert lines[2] == "lwctl: " + result["error"]


# submit

def test_input_layouts_agree(lwctl, package, images):
    x = images[0][:3]
    mean = np.array([float(m) for m in NORM[3].split(",")], np.float32)
    std = np.array([float(s) for s in NORM[5].split(",")], np.float32)
    scale = np.float32(1) / np.float32(255)
    real = (x * scale - mean) / std
    nchw = real.transpose(0, 3, 1, 2)
    expected = lwctl.submit(package, x)
    assert expected.shape == (3, 36) and expected.dtype == np.float32
    for form in [x.transpose(0, 3, 1, 2), real, nchw,
                 nchw.astype(np.float64)]:
        got = lwctl.submit(package, np.ascontiguousarray(form))
        assert np.array_equal(got, expected)
    for form in [x[1], real[1], nchw[1]]:
        got = lwctl.submit(package, np.ascontiguousarray(form))
        assert np.array_equal(got, expected[1:2])
    a, b = lwctl.save("a.npy", x[:1]), lwctl.save("b.npy", x[1:])
    lwctl("submit", package, "--input", a, b, "--output", "y.npy")
    assert np.array_equal(np.load(lwctl.folder / "y.npy"), expected)
    lwctl("submit", "--input", b, package, "--input", a, "--output", "y.npy")
    assert np.array_equal(np.load(lwctl.folder / "y.npy"),
                          expected[[1, 2, 0]])


def test_devices_agree(lwctl, package, images):
    on = {device: lwctl.submit(package, images[0][:20], "--raw", "--device",
                               device) for device in ["ref", "opencl"]}
    assert np.array_equal(on["ref"], on["opencl"])


def test_raw_output(lwctl, package, images):
    x = images[0][:5]
    real, raw = lwctl.submit(package, x), lwctl.submit(package, x, "--raw")
    out = json.loads(lwctl("info", package, "--json"))["outputs"][0]
    assert raw.dtype == np.dtype(out["type"]) and raw.shape == real.shape
    assert np.array_equal(
        real, np.float32(out["scale"]) *
        (raw.astype(np.int32) - out["zero_point"]).astype(np.float32))


def test_images_and_folders(lwctl, package, images):
    x, y = images
    pick = [int(path.stem.split("_")[1])
            for path in sorted((DEMO / "samples").glob("*.png"))]
    lwctl("submit", package, "--input", DEMO / "samples", "--output", "y.npy")
    assert np.array_equal(np.load(lwctl.folder / "y.npy"),
                          lwctl.submit(package, x[pick]))
    lwctl.save("labels.npy", y[pick])
    result = json.loads(lwctl(
        "submit", package, "--input", DEMO / "samples", "--labels",
        "labels.npy", "--names", DEMO / "labels.txt", "--top", "2", "--json"))
    names = (DEMO / "labels.txt").read_text().split()
    correct = 0
    for entry, i in zip(result["results"], pick):
        assert entry["input"].endswith(f"_{i}.png")
        assert len(entry["top"]) == 2
        best, second = entry["top"]
        assert best["value"] >= second["value"]
        assert best["name"] == names[best["class"]]
        correct += best["class"] == y[i]
    assert result["accuracy"]["correct"] == correct > 30
    assert result["latency_ms"]["min"] <= result["latency_ms"]["median"]


def test_images_are_resized(lwctl, package, images):
    x = images[0][0]
    large = write_png(lwctl.folder / "large.png",
                      x.repeat(2, axis=0).repeat(2, axis=1))
    done = lwctl.try_run("submit", package, "--input", large, "--output",
                         "y.npy")
    assert done.returncode == OK
    assert done.stderr == "lwctl: 1 image resized to 32 x 32\n"
    assert np.array_equal(np.load(lwctl.folder / "y.npy"),
                          lwctl.submit(package, x))


def test_gray_images(lwctl, package, images):
    gray = images[0][0][:, :, 0].copy()
    path = write_png(lwctl.folder / "gray.png", gray)
    lwctl("submit", package, "--input", path, "--output", "y.npy")
    assert np.array_equal(np.load(lwctl.folder / "y.npy"),
                          lwctl.submit(package, np.stack([gray] * 3, -1)))


def test_accuracy_and_text(lwctl, package, images):
    x, y = images
    scores = lwctl.submit(package, x)
    correct = int((scores.argmax(1) == y).sum())
    for kind in [np.uint8, np.int32, np.int64]:
        lwctl.save("labels.npy", y.astype(kind))
        text = lwctl("submit", package, "--input", DEMO / "test_x.npy",
                     "--labels", "labels.npy")
        assert f"accuracy: {100 * correct / 288:.1f} % ({correct} of 288)\n" \
            in text
        assert "test_x.npy[" not in text
    assert re.search(r"^latency: median [\d.]+ ms, min [\d.]+ ms, 288 inputs$",
                     text, re.M)
    text = lwctl("submit", package, "--input", DEMO / "test_x.npy", "--top",
                 "1")
    for i, line in enumerate(text.splitlines()[:288]):
        assert re.match(rf"\S+test_x.npy\[{i}\]: {scores[i].argmax()} \(",
                        line)


@pytest.mark.parametrize("make, words", [
    (lambda x: x[:, :31], "shape"),
    (lambda x: x.astype(np.int8), "int8"),
    (lambda x: x.astype(np.int32), "int32"),
    (lambda x: x[:0], "no input"),
    (lambda x: np.asfortranarray(x.astype(np.float32)), "Fortran"),
    (lambda x: x.astype(">f4"), ">f4"),
    (lambda x: x.astype(np.float16), "<f2"),
])
def test_wrong_arrays(lwctl, package, images, make, words):
    lwctl.save("x.npy", make(images[0][:2]))
    error = lwctl.refused(BAD_INPUT, "submit", package, "--input", "x.npy",
                          "--output", "y.npy")
    assert "x.npy: " in error and words in error
    assert not (lwctl.folder / "y.npy").exists()


def test_damaged_inputs(lwctl, package, images):
    x = lwctl.save("x.npy", images[0][:1])
    whole = x.read_bytes()
    (lwctl.folder / "short.npy").write_bytes(whole[:-1])
    png = write_png(lwctl.folder / "whole.png", images[0][0]).read_bytes()
    (lwctl.folder / "short.png").write_bytes(png[:len(png) // 2])
    (lwctl.folder / "short.jpg").write_bytes(b"\xff\xd8\xff\xe0\x00\x10JFIF")
    (lwctl.folder / "text.txt").write_text("hello")
    (lwctl.folder / "folder").mkdir()
    for name in ["short.npy", "short.png", "short.jpg", "text.txt", "folder",
                 "absent"]:
        assert name in lwctl.refused(BAD_INPUT, "submit", package, "--input",
                                     x, name, "--output", "y.npy")
    (lwctl.folder / "folder" / "a.png").write_bytes(png[:20])
    assert "folder/a.png" in lwctl.refused(BAD_INPUT, "submit", package,
                                           "--input", "folder")
    assert not (lwctl.folder / "y.npy").exists()


def test_wrong_labels_and_names(lwctl, package, images):
    x = lwctl.save("x.npy", images[0][:3])
    for labels in [[1, 2], [1, 2, 36], [1, -2, 3], [1., 2., 3.]]:
        lwctl.save("l.npy", np.array(labels))
        assert "l.npy" in lwctl.refused(BAD_INPUT, "submit", package,
                                        "--input", x, "--labels", "l.npy")
    (lwctl.folder / "names.txt").write_text("a\nb\n")
    assert "2 names, expected 36" in lwctl.refused(
        BAD_INPUT, "submit", package, "--input", x, "--names",
        "names.txt")


def test_outputs_that_cannot_be_written(lwctl, package, images):
    x = lwctl.save("x.npy", images[0][:1])
    lwctl.refused(FAILED, "submit", package, "--input", x, "--output",
                  "nowhere/y.npy")
    lwctl.refused(FAILED, "pack", DEMO / "glyphs.onnx", "-o",
                  "nowhere/m.lwm", "--calib", DEMO / "calib_x.npy", *NORM)


def test_models_are_not_written_over(lwctl):
    model = (DEMO / "glyphs.onnx").read_bytes()
    (lwctl.folder / "m.onnx").write_bytes(model)
    (lwctl.folder / "link").symlink_to("m.onnx")
    for words in (["-o", "m.onnx"], ["-o", "./link"],
                  ["-o", "m.lwm", "--eval", "x", "--float-output", "link"],
                  ["-o", "m.lwm", "--eval", "x", "--float-output", "m.lwm"],
                  ["-o", "x", "--calib", "a=x"],
                  ["-o", "m.lwm", "--eval", "x", "--float-output", "x"]):
        assert "expected another" in lwctl.refused(
            USAGE, "pack", "m.onnx", *words)
    assert (lwctl.folder / "m.onnx").read_bytes() == model


def test_names_drive_no_terminal(lwctl, package, images):
    x = lwctl.save("x.npy", images[0][:1])
    (lwctl.folder / "names.txt").write_bytes(b"a\x1b[1m\xc2\x9b1m\xff\xc3\xb6\n"
                                             * 36)
    text = lwctl("submit", package, "--input", x, "--names", "names.txt",
                 "--top", "1")
    assert " a?[1m?1m?ö (" in text.replace("??", "?")


def test_unknown_devices(lwctl, package, images):
    x = lwctl.save("x.npy", images[0][:1])
    for device in ["/dev/lwnpu", "cuda", "opencl:no such device"]:
        lwctl.refused(FAILED, "submit", package, "--input", x, "--device",
                      device)


# verify

def test_verify(lwctl, package):
    result = json.loads(lwctl("verify", package, "--devices", "ref,opencl",
                              "--count", "3", "--seed", "5", "--json"))
    assert result["equal"] and result["inputs"] == 3 and result["seed"] == 5
    text = lwctl("verify", package, "--devices", "ref,opencl", "--input",
                 DEMO / "samples")
    assert text.startswith("36 inputs: every byte equal")


def test_verify_shows_a_difference(lwctl, package, idle):
    done = lwctl.try_run("verify", package, "--devices", "ref,opencl", "--seed",
                         "5", **idle)
    assert done.returncode == DIFFER
    assert re.fullmatch(r"lwctl: seed 5: input 0: output \"\w+\" differs first"
                        r" at row 0, column 0, channel \d+: -?\d+ on ref, "
                        r"-?\d+ on opencl\n", done.stderr), done.stderr


def test_verify_with_a_damaged_input(lwctl, package, images):
    png = write_png(lwctl.folder / "a.png", images[0][0])
    png.write_bytes(png.read_bytes()[:-20])
    assert "a.png" in lwctl.refused(BAD_INPUT, "verify", package, "--devices",
                                    "ref,ref", "--input", "a.png")
