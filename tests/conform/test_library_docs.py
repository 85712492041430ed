# SPDX-License-Identifier: MIT
"""The manual of liblwnpu says what lwnpu.h says."""
import re

import abi
import pytest

from conftest import ROOT

FUNCTIONS = abi.functions()
PAGES = {path.stem: path.read_text()
         for path in (ROOT / "docs/man").glob("*.3")}
CALLS = sorted(page for page in PAGES if page != "lwnpu")


def section(page, name):
    """Plain text of a section, its words one space apart; "" if there is none."""
    found = re.search(rf"^\.SH {name}\n(.*?)(?=^\.SH |\Z)", PAGES[page],
                      re.M | re.S)
    text = found.group(1) if found else ""
    text = re.sub(r"^\.(nf|fi|PP|TP)$", "", text, flags=re.M)
    # Alternating fonts join what stands apart, except where it is quoted.
    text = re.sub(r"^\.(?:BI|BR|RB|RI|IR) (.*)$",
                  lambda line: "".join(re.findall(r'"[^"]*"|\S+',
                                                  line.group(1))),
                  text, flags=re.M)
    text = re.sub(r"^\.[BI] ", "", text, flags=re.M)
    text = re.sub(r"\\f[BIR]", "", text).replace('"', "").replace("\\-", "-")
    return " ".join(text.split())


def names(page):
    return section(page, "NAME").split(" - ")[0].split(", ")


def comment(name):
    """The comment above a function in the header."""
    found = re.search(rf"/\*\*\n \* {name}\(\) - (.*?)\*/",
                      abi.HEADER.read_text(), re.S)
    assert found, name
    return found.group(1)


def errors(name):
    """Errors that the header documents for a function."""
    parts = comment(name).split(" * Return:")
    if len(parts) < 2:
        return set()
    found = set(re.findall(r"-(E[A-Z]+)\b", parts[1]))
    for other in re.findall(r"\bas (lwnpu_\w+)\(\)", parts[1]):
        found |= errors(other)
    return found


def test_every_function_has_one_page():
    documented = [name for page in CALLS for name in names(page)]
    assert sorted(documented) == sorted(FUNCTIONS)


@pytest.mark.parametrize("page", CALLS)
def test_prototypes(page):
    synopsis = section(page, "SYNOPSIS").replace("( ", "(")
    expected = " ".join(f"{FUNCTIONS[name]};" for name in names(page))
    assert synopsis == f"#include <lwnpu.h> {expected}"


@pytest.mark.parametrize("page", CALLS)
def test_errors(page):
    expected = set().union(*[errors(name) for name in names(page)])
    listed = re.findall(r"^\.TP\n\.B \\-(E[A-Z]+)$", PAGES[page], re.M)
    assert listed == sorted(expected)
    assert section(page, "RETURN VALUE")


@pytest.mark.parametrize("page", sorted(PAGES))
def test_names_exist(page):
    """Functions, constants and pages that a page speaks of."""
    text = re.sub(r"^\.TH .*$", "", PAGES[page], flags=re.M)
    text = text.replace("\\-", "-").replace("\\fB", " ")
    header = abi.HEADER.read_text()
    for name in re.findall(r"\blwnpu_\w+(?= ?\(\))", text):
        assert name in FUNCTIONS, name
    for name in re.findall(r"\bLWNPU_[A-Z0-9_]+\b", text):
        if name not in ("LWNPU_DEVICE", "LWNPU_OPENCL_DEVICE"):
            assert re.search(rf"\b{name}\b", header), name
    for name, number in re.findall(r"\b(lw[\w-]+) \((\d)\)", text):
        assert name in FUNCTIONS if number == "3" and name != "lwnpu" else \
            (ROOT / "docs/man" / f"{name}.{number}").exists(), name


@pytest.mark.parametrize("page", CALLS)
def test_structures(page):
    """Those that a page shows are the header's, member by member."""
    for name, body in re.findall(r"^struct (\w+) \{\n(.*?)^\};", PAGES[page],
                                 re.M | re.S):
        shown = re.findall(r"^ +([^;]*;)", body, re.M)
        declared = re.search(rf"^struct {name} \{{\n(.*?)^\}};",
                             abi.declarations(), re.M | re.S).group(1)
        assert shown == [line.strip() for line in declared.splitlines()]


@pytest.mark.parametrize("kind", ["lwnpu_job_status", "lwnpu_log_level",
                                  "lwnpu_priority", "lwnpu_type"])
def test_constants_are_explained(kind):
    body = re.search(rf"^enum {kind} \{{(.*?)\}};", abi.declarations(),
                     re.M | re.S).group(1)
    for name in re.findall(r"\w+", body):
        assert any(re.search(rf"^\.B {name}$", text, re.M)
                   for text in PAGES.values()), name
