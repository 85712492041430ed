#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What programs built with lwnpu.h rely on: prototypes, the values of constants,
and where structures have their members. Run by itself, it prints that."""
import pathlib
import re
import subprocess
import sys
import tempfile

HEADER = pathlib.Path(__file__).resolve().parents[2] / "userspace/lib/lwnpu.h"


def declarations():
    """The header's text without comments and preprocessor lines."""
    text = re.sub(r"/\*.*?\*/", "", HEADER.read_text(), flags=re.S)
    return re.sub(r"^#.*$", "", text, flags=re.M)


def functions():
    """Names of functions, with their prototypes on one line."""
    found = re.findall(r"^(?!typedef|extern)([a-z][\w *]*?\b(lwnpu_\w+)"
                       r"\([^;{]*\));", declarations(), re.M)
    return {name: " ".join(text.split()) for text, name in found}


def probe():
    """A program that prints structures and constants."""
    lines = []

    def add(text, value):
        lines.append(f'printf("{text} %lld\\n", (long long)({value}));')

    for name in re.findall(r"^#define (LWNPU_\w+) \d", HEADER.read_text(), re.M):
        add(name, name)
    for body in re.findall(r"^enum \w+ \{(.*?)\};", declarations(),
                           re.M | re.S):
        for name in re.findall(r"\w+", body):
            add(name, name)
    for name, body in re.findall(r"^struct (\w+) \{(.*?)\};", declarations(),
                                 re.M | re.S):
        add(f"struct {name}: size", f"sizeof(struct {name})")
        for member in re.findall(r"(\w+)(?:\[\w+\])?;", body):
            add(f"struct {name}.{member}: offset",
                f"offsetof(struct {name}, {member})")
            add(f"struct {name}.{member}: size",
                f"sizeof(((struct {name} *)0)->{member})")
    return ("#include <stdio.h>\n#include <lwnpu.h>\nint main(void)\n{\n" +
            "\n".join(lines) + "\nreturn 0;\n}\n")


def describe():
    """All of it, a line each; numbers are those of 64-bit machines."""
    with tempfile.TemporaryDirectory() as scratch:
        source = pathlib.Path(scratch, "probe.c")
        source.write_text(probe())
        program = source.with_suffix("")
        subprocess.run(["cc", f"-I{HEADER.parent}", source, "-o", program],
                       check=True)
        numbers = subprocess.run([program], check=True, text=True,
                                 capture_output=True).stdout
    return "\n".join(functions().values()) + "\n" + numbers


if __name__ == "__main__":
    sys.stdout.write(describe())
