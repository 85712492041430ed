# SPDX-License-Identifier: MIT
"""The syzkaller description says what the headers say."""
import importlib.util
import re

from conftest import ROOT

FOLDER = ROOT / "tests" / "syzkaller"
BUILT_IN = {"fd", "vma", "fileoff", "int8", "int16", "int32", "int64",
            "intptr", "string", "const", "flags", "array", "ptr", "ptr64",
            "len", "bytesize", "in", "out", "inout", "include", "resource"}


def generated():
    spec = importlib.util.spec_from_file_location("generate",
                                                  FOLDER / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.generate()


def lines_of(text):
    return [line for line in text.splitlines()
            if line and not line.startswith(("#", "include"))]


def test_current():
    for name, text in generated().items():
        assert (FOLDER / name).read_text() == text, \
            f"{name}: run tests/syzkaller/generate.py tests/syzkaller"


def test_ioctls():
    """Every ioctl of the header is called, with its own structure."""
    header = (ROOT / "uapi" / "lwnpu_drm.h").read_text()
    text = (FOLDER / "dev_lwnpu.txt").read_text()
    table = re.findall(r"#define (DRM_LWNPU_\w+) 0x0[0-9a-f]\n", header)
    calls = dict(re.findall(
        r"cmd const\[DRM_IOCTL_(LWNPU_\w+)\], arg ptr\[\w+, (\w+)\]", text))
    assert len(table) == len(calls) > 0
    for name in table:
        name = name.removeprefix("DRM_")
        assert calls[name] == f"drm_{name.lower()}"


def test_fields():
    """Every field of every structure is there, in order."""
    header = (ROOT / "uapi" / "lwnpu_drm.h").read_text()
    text = (FOLDER / "dev_lwnpu.txt").read_text()
    structs = re.findall(r"^struct (\w+) \{\n(.*?)\n\};", header,
                         re.M | re.S)
    assert structs
    for name, body in structs:
        if name == "drm_lwnpu_array":
            continue
        described = re.search(rf"^{name} \{{\n(.*?)\n\}}", text,
                              re.M | re.S)[1]
        assert re.findall(r"(\w+)(?:\[\w+\])?;", body) == \
            [line.split()[0] for line in described.splitlines()]


def test_names():
    """Whatever is used is defined, and constants have values."""
    text = (FOLDER / "dev_lwnpu.txt").read_text()
    consts = set(re.findall(r"^(\w+) = \d+$",
                            (FOLDER / "dev_lwnpu.txt.const").read_text(),
                            re.M))
    defined = set(re.findall(r"^(\w+) (?:[{\[]|=)", text, re.M)) | \
        set(re.findall(r"^resource (\w+)\[", text, re.M))
    for line in lines_of(text):
        if line.startswith("\t"):
            types = line.split("\t")[2]
        elif "(" in line:
            types = " ".join(part.split(" ", 1)[1] for part in
                             re.findall(r"[(,] ?(\w+ [^,(]+(?:\[[^\]]*\])?)",
                                        line))
        elif " = " in line:
            types = line.split(" = ")[1]
        else:
            continue
        types = re.sub(r'"[^"]*"', "", types)
        for name in re.findall(r"\b[a-zA-Z_]\w*", types):
            own = re.search(rf"\b{name}\t", text) or f"[{name}" in line
            assert name in defined | consts | BUILT_IN or own, (name, line)
