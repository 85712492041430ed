# SPDX-License-Identifier: MIT
"""What lwctl says of itself, and its manual page: the same."""
import json
import re
import shutil
import subprocess

import pytest

import manual
from conftest import DEMO, ROOT, Lwctl

COMMON = {"--json": ("", ""), "--help": ("-h", ""), "--version": ("-V", "")}


def names():
    """Of all commands."""
    said = json.loads(Lwctl(".")("help", "--json"))
    return [command["name"] for command in said["commands"]]


def help_options(text):
    """The options in a command's help, as manual.options() has them."""
    found = {}
    for letter, name, value in re.findall(
            r"^ {2,6}(?:(-\w), )?(--[\w-]+)(?:=(\S+))?(?= |$)", text, re.M):
        found[name] = (letter, value)
    return found


def test_help(lwctl):
    overview = lwctl("--help")
    assert overview == lwctl("help") == lwctl("-h")
    assert re.findall(r"^  ([a-z]+) ", overview, re.M) == \
        [name for name in names() if name != "completion"]
    for name in names():
        text = lwctl(name, "--help")
        assert lwctl("help", name) == text
        assert text.startswith(f"Usage: lwctl {name} ")
    version = re.fullmatch(r"lwctl (\d+\.\d+\.\d+)\n", lwctl("--version"))
    assert version and lwctl("pack", "-V") == version.group()
    assert json.loads(lwctl("--version", "--json")) == \
        json.loads(lwctl("top", "--version", "--json")) == \
        {"version": version.group(1)}


def test_help_is_json_too(lwctl):
    said = json.loads(lwctl("help", "--json"))
    assert said == json.loads(lwctl("--help", "--json"))
    for command in said["commands"]:
        name = command["name"]
        assert command == json.loads(lwctl(name, "--help", "--json"))
        assert command == json.loads(lwctl("help", name, "--json"))
        assert {"--" + o["name"]: ("-" + o["letter"] if "letter" in o else "",
                                   o.get("value", ""))
                for o in command["options"]} == \
            help_options(lwctl("help", name))


@pytest.mark.parametrize("name", names())
def test_manual_has_the_options_that_there_are(lwctl, name):
    in_help = help_options(lwctl("help", name))
    assert COMMON.items() <= in_help.items()
    own = {option: form for option, form in in_help.items()
           if option not in COMMON}
    assert manual.options(manual.commands()[name]) == own


def test_manual_has_the_commands_that_there_are():
    documented = manual.commands()
    assert manual.options(documented.pop("")) == COMMON
    assert sorted(documented) == sorted(names())
    synopsis = manual.section("SYNOPSIS").replace("\\fR", "")
    assert set(re.findall(r"^\\fBlwctl (\w+)", synopsis, re.M)) == set(names())


def test_manual_has_the_exit_codes_that_there_are(lwctl):
    codes = json.loads(lwctl("help", "--json"))["exit_status"]
    said = {tag: text for tag, text in
            manual.tags(manual.section("EXIT STATUS"))}
    assert said == {f".B {code['code']}": code["text"] for code in codes}
    overview = " ".join(lwctl("help").split())
    for code in codes:
        assert f"{code['code']} {code['text']}" in overview


def test_manual_is_well_formed():
    """Nothing that man would warn about."""
    if not shutil.which("groff"):
        pytest.skip("groff is not installed")
    done = subprocess.run(["groff", "-man", "-Tutf8", "-ww", "-z",
                           manual.PAGE], capture_output=True, text=True)
    assert done.returncode == 0 and not done.stderr, done.stderr


def test_commands_of_the_readme(lwctl):
    """They do what it says, with a model and an image of the same names."""
    shutil.copy(ROOT / "tests" / "data" / "small.tflite",
                lwctl.folder / "model.tflite")
    shutil.copy(DEMO / "samples" / "0_0.png", lwctl.folder / "cat.jpg")
    lines = re.findall(r"^    build/lwctl (.*?)(?: +#.*)?$",
                       (ROOT / "README.md").read_text(), re.M)
    assert {line.split()[0] for line in lines} == {"pack", "submit", "bench"}
    for line in lines:
        assert lwctl(*line.split()), line
    assert (lwctl.folder / "model.lwm").exists()
