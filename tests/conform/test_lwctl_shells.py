# SPDX-License-Identifier: MIT
"""Completion of command lines in bash and zsh."""
import json
import os
import shutil
import subprocess

import pytest

from conftest import LWCTL, ROOT, Lwctl
from terminal import Terminal

ZSH = ["zsh", "-f", "-o", "no_prompt_cr", "-o", "no_prompt_sp"]


def bash(lwctl):
    (lwctl.folder / "script").write_text(lwctl("completion", "bash"))
    terminal = Terminal(["bash", "--norc", "--noprofile"], lwctl.folder)
    terminal.run("bind 'set enable-bracketed-paste off'")
    terminal.run(". ./script")
    return terminal


def zsh_reads(lwctl):
    (lwctl.folder / "script").write_text(lwctl("completion", "zsh"))
    terminal = Terminal(ZSH, lwctl.folder, EDITOR="emacs")
    terminal.run("autoload -U compinit && compinit -D -u && . ./script")
    return terminal


def zsh_loads(lwctl):
    """As make install has it."""
    (lwctl.folder / "functions").mkdir()
    (lwctl.folder / "functions" / "_lwctl").write_text(
        lwctl("completion", "zsh"))
    terminal = Terminal(ZSH, lwctl.folder, EDITOR="emacs")
    terminal.run("fpath=($PWD/functions $fpath)")
    terminal.run("autoload -U compinit && compinit -D -u")
    return terminal


@pytest.fixture(scope="module", params=[bash, zsh_reads, zsh_loads])
def shell(request, tmp_path_factory):
    if not shutil.which(request.param.__name__.partition("_")[0]):
        pytest.skip("the shell is not installed")
    folder = tmp_path_factory.mktemp("shell")
    for name in ["model.lwm", "model.onnx", "other.txt", "my model.tflite"]:
        (folder / name).touch()
    (folder / "photos").mkdir()
    terminal = request.param(Lwctl(folder))
    terminal.run(f"PATH={os.path.dirname(os.path.abspath(LWCTL))}:$PATH")
    yield terminal
    terminal.close()


def same(shell, line, expected):
    """What zsh puts after a word goes away when the cursor does."""
    if shell.command[0] == "zsh":
        expected = expected.rstrip(" =/")
    assert shell.complete(line) == expected


def test_commands(lwctl, shell):
    for command in json.loads(lwctl("help", "--json"))["commands"]:
        name = command["name"]
        if name != "completion":
            same(shell, "lwctl " + name[:-1], f"lwctl {name} ")


def test_options(lwctl, shell):
    """Each, from all but its last letter."""
    for command in json.loads(lwctl("help", "--json"))["commands"]:
        for option in command["options"]:
            line = f"lwctl {command['name']} --{option['name']}"
            same(shell, line[:-1], line + ("=" if "value" in option else " "))


@pytest.mark.parametrize("line, completed", [
    ("info mo", "info model.lwm "),
    ("info ph", "info photos/"),
    ("pack model.o", "pack model.onnx "),
    ("pack my", "pack my\\ model.tflite "),
    ("pack model.onnx -o mod", "pack model.onnx -o model.lwm "),
    ("pack model.onnx --output=mod", "pack model.onnx --output=model.lwm "),
    ("pack --pattern bl", "pack --pattern block4 "),
    ("pack --pattern=bl", "pack --pattern=block4 "),
    ("pack --pattern=2", "pack --pattern=2:4 "),
    ("pack --pattern 2:", "pack --pattern 2:4 "),
    ("pack --coding=h", "pack --coding=huffman"),
    ("pack --coding raw,h", "pack --coding raw,huffman"),
    ("pack --sparsity=m", "pack --sparsity=m"),
    ("pack --calib=ot", "pack --calib=other.txt "),
    ("submit mo", "submit model.lwm "),
    ("submit model.lwm ot", "submit model.lwm other.txt "),
    ("submit model.lwm --device=r", "submit model.lwm --device=ref "),
    ("submit --device opencl", "submit --device opencl:0 "),
    ("submit --device opencl:", "submit --device opencl:0 "),
    ("verify --devices ref,r", "verify --devices ref,ref"),
    ("help to", "help top "),
    ("bench model.lwm mo", "bench model.lwm model.lwm "),
    ("bench --device r", "bench --device ref "),
    ("pack --profile=sm", "pack --profile=small "),
    ("frobnicate mo", "frobnicate mo"),
])
def test_values(lwctl, shell, line, completed):
    if "opencl:0 " in completed:
        said = json.loads(lwctl("devices", "--json"))["devices"]
        assert "opencl:0" in (names := [device["name"] for device in said])
        # As far as all of them go.
        if "opencl:1" in names:
            completed = completed.replace("opencl:0 ", "opencl:")
    same(shell, "lwctl " + line, "lwctl " + completed)


def test_make_install(lwctl):
    subprocess.run(["make", "-C", ROOT, "install", f"DESTDIR={lwctl.folder}",
                    "PREFIX=/usr"], check=True, capture_output=True)
    for shell, path in [("bash", "bash-completion/completions/lwctl"),
                        ("zsh", "zsh/site-functions/_lwctl")]:
        assert (lwctl.folder / "usr" / "share" / path).read_text() == \
            lwctl("completion", shell)
