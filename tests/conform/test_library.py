# SPDX-License-Identifier: MIT
"""liblwnpu as programs see it: exports, header, installation."""
import os
import pathlib
import re
import subprocess
import sys

import abi
import pytest

from conftest import LWCTL, ROOT

BUILD = pathlib.Path(LWCTL).parent
HEADER = abi.HEADER
MAP = HEADER.with_suffix(".map")


def run(*words, **options):
    return subprocess.run([str(w) for w in words], check=True, text=True,
                          capture_output=True, **options).stdout


def test_exports_are_the_header_s_functions():
    declared = set(abi.functions())
    symbols = run("nm", "-D", "--defined-only", BUILD / "liblwnpu.so")
    exported = {name for kind, name in
                re.findall(r" ([A-Z]) (\S+)$", symbols, re.M) if kind != "A"}
    assert len(declared) > 25
    assert exported == {f"{name}@@LWNPU_0.1" for name in declared}
    listed = re.findall(r"^\t(\w+);$", MAP.read_text(), re.M)
    assert listed == sorted(declared)


def test_abi_is_as_it_was():
    """What is different breaks programs, or is new: then the list is made
    again, and SOVERSION raised if programs break."""
    if sys.maxsize < 2 ** 32:
        pytest.skip("the list is that of 64-bit machines")
    assert abi.describe() == (ROOT / "tests/data/liblwnpu.abi").read_text()


@pytest.mark.parametrize("compiler, standard", [
    ("cc", "c99"), ("cc", "gnu11"), ("c++", "c++11"), ("c++", "c++17")])
def test_header_compiles_alone(tmp_path, compiler, standard):
    source = tmp_path / ("x.c" if compiler == "cc" else "x.cc")
    source.write_text("#include <lwnpu.h>\n#include <lwnpu.h>\n")
    run(compiler, f"-std={standard}", "-Wall", "-Wextra", "-Werror",
        "-pedantic", f"-I{HEADER.parent}", "-c", source, "-o",
        tmp_path / "x.o")


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """What make install puts under DESTDIR."""
    root = tmp_path_factory.mktemp("root")
    run("make", f"BUILD={BUILD}", "install", f"DESTDIR={root}", "PREFIX=/usr",
        "LIBDIR=/usr/lib/here", cwd=ROOT)
    return root


def test_installed_files(root):
    files = {str(path.relative_to(root)) for path in root.rglob("*")
             if not path.is_dir()}
    version = run(LWCTL, "--version").split()[1]
    manual = {name for name in files if name.startswith("usr/share/man/man3/")}
    # Each is found by the name of every call.
    assert {pathlib.Path(name).stem for name in manual} == \
        {"lwnpu", *abi.functions()}
    for name in manual:
        link = re.match(r"\.so (man3/\w+\.3)\n$", (root / name).read_text())
        assert not link or (root / "usr/share/man" / link[1]).exists()
    assert files - manual == {
        "usr/bin/lwctl", "usr/include/lwnpu.h", "usr/share/man/man1/lwctl.1",
        "usr/share/bash-completion/completions/lwctl",
        "usr/share/zsh/site-functions/_lwctl",
        "usr/sbin/lwnpud", "usr/share/man/man8/lwnpud.8",
        "usr/share/man/man7/lwnpu-drm.7",
        "usr/lib/systemd/system/lwnpud.service",
        "usr/lib/udev/rules.d/60-lwnpu.rules",
        "usr/lib/here/pkgconfig/lwnpu.pc", "usr/lib/here/liblwnpu.so",
        "usr/lib/here/liblwnpu.so.0", f"usr/lib/here/liblwnpu.so.{version}"}
    library = root / "usr/lib/here"
    assert os.readlink(library / "liblwnpu.so") == "liblwnpu.so.0"
    assert os.readlink(library / "liblwnpu.so.0") == f"liblwnpu.so.{version}"
    needed = run("readelf", "-d", library / "liblwnpu.so")
    assert "Library soname: [liblwnpu.so.0]" in needed
    assert not re.search(r"NEEDED.*(png|jpeg|jansson|blas)", needed)


def test_installed_service(root):
    unit = (root / "usr/lib/systemd/system/lwnpud.service").read_text()
    assert "\nExecStart=/usr/sbin/lwnpud\n" in unit
    assert "@" not in unit.replace("modprobe@lwnpu", "") \
        .replace("@system-service", "")
    needed = run("readelf", "-d", root / "usr/sbin/lwnpud")
    assert not re.search(r"NEEDED.*(png|jpeg|jansson|blas)", needed)
