# SPDX-License-Identifier: MIT
"""Reads lwctl(1)."""
import re

from conftest import ROOT

PAGE = ROOT / "docs" / "man" / "lwctl.1"
FONT = re.compile(r"\\f[BIR]")


def plain(text):
    """Text without roff's marks, its words one space apart."""
    lines = [re.sub(r"^\.[BI]R?\b ?", "", line) for line in text.splitlines()
             if not re.match(r"\.(TP|PP|nf|fi|SS|SH)\b", line)]
    text = FONT.sub("", " ".join(lines)).replace("\\-", "-")
    return " ".join(text.split())


def section(name):
    parts = re.split(r"^\.SH (.*)\n", PAGE.read_text(), flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))[name]


def commands():
    """The text of each command; of what all have, under ""."""
    parts = re.split(r"^\.SS (.*)\n", section("COMMANDS"), flags=re.M)
    return {"": parts[0], **dict(zip(parts[1::2], parts[2::2]))}


def tags(text):
    """The tagged paragraphs: their tag and their plain text."""
    for paragraph in re.split(r"^\.TP\n", text, flags=re.M)[1:]:
        tag, body = paragraph.split("\n", 1)
        yield tag, plain(body.split("\n.PP\n")[0])


def options(text):
    """{"--name": (letter or "", value or "")} of the tagged paragraphs."""
    found = {}
    for tag, _ in tags(text):
        tag = plain(tag).replace('", "', " ").replace('"', "")
        letter = ""
        for word in tag.replace(" =", "=").split():
            name, _, value = word.partition("=")
            if re.fullmatch(r"-\w", name):
                letter = name
            elif name.startswith("--"):
                assert name not in found, f"{name} is there twice"
                found[name], letter = (letter, value), ""
    return found
