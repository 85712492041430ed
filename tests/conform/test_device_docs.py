# SPDX-License-Identifier: MIT
"""lwnpu-drm(7) and the guides name what the sources have."""
import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
HEADER = (ROOT / "uapi/lwnpu_drm.h").read_text()
PAGE = (ROOT / "docs/man/lwnpu-drm.7").read_text().replace("\\-", "-")


def enumerators(prefix):
    names = re.findall(rf"^\t({prefix}\w+) = \d+,", HEADER, re.M)
    assert names
    return names


def test_ioctls():
    ioctls = re.findall(r"#define (DRM_IOCTL_LWNPU_\w+) ", HEADER)
    assert len(ioctls) == 12
    sections = re.findall(r"^\.SS (DRM_IOCTL_\w+)$", PAGE, re.M)
    assert sections == ioctls
    for name in re.findall(r"\bstruct (drm_lwnpu_\w+) \{", HEADER):
        if name != "drm_lwnpu_program_error":
            assert f"struct {name}" in PAGE, name


@pytest.mark.parametrize("prefix", [
    "DRM_LWNPU_PARAM_", "DRM_LWNPU_PRIORITY_", "DRM_LWNPU_QUEUE_",
    "DRM_LWNPU_JOB_"])
def test_enumerators(prefix):
    for name in enumerators(prefix):
        if name != "DRM_LWNPU_JOB_PENDING":
            assert re.search(rf"\b{name}\b", PAGE), name


def test_flags():
    flags = re.findall(r"^ \* @flags: (DRM_LWNPU_\w+)", HEADER, re.M)
    assert len(flags) >= 3
    for name in flags:
        assert re.search(rf"\b{name}\b", PAGE), name


def test_errors():
    top = HEADER[:HEADER.index("#ifndef")]
    errors = set(re.findall(r"\bE[A-Z0-9]{3,}\b", top))
    assert {"ENOTTY", "EOVERFLOW", "ETIMEDOUT"} <= errors
    for name in errors:
        assert re.search(rf"\b{name}\b", PAGE), name


def test_module_parameters():
    sources = "".join(path.read_text()
                      for path in (ROOT / "driver").glob("*.c"))
    names = re.findall(r"module_param_named\((\w+), (\w+)", sources)
    assert names
    for name, variable in names:
        value = re.search(rf"int {variable} = (\d+);", sources).group(1)
        assert re.search(rf"^\.B {name}\n\({value}\):", PAGE, re.M), name


def test_fdinfo_keys():
    source = (ROOT / "driver/lwnpu_drv.c").read_text()
    keys = re.findall(r'drm_printf\(p, "([a-z-]+):', source)
    assert keys
    for key in keys:
        assert key in PAGE, key


@pytest.mark.parametrize("guide", sorted((ROOT / "docs").glob("guide-*.md")),
                         ids=lambda path: path.name)
def test_links(guide):
    for target in re.findall(r"\]\(([^)#]+)\)", guide.read_text()):
        assert (guide.parent / target).exists(), target


def test_engine_guide():
    """Functions, members and types of its examples are the driver's."""
    guide = (ROOT / "docs/guide-engine.md").read_text()
    headers = "".join(path.read_text() for path in
                      [*(ROOT / "driver").glob("*.h"),
                       *(ROOT / "uapi").glob("lwnpu_*")])
    code = "".join(re.findall(r"```c\n(.*?)```", guide, re.S))
    names = set(re.findall(r"\b(?:lwnpu|LWNPU|DRM_LWNPU)_\w+", code))
    names -= {"LWNPU_OP_CONV", "LWNPU_OP_ADD"}
    assert len(names) >= 10
    for name in names:
        assert re.search(rf"\b{name}\b", headers), name
