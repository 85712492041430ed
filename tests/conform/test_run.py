# SPDX-License-Identifier: MIT
"""tests/run.py: what it counts, and what it says of a test that passes."""
import pathlib
import subprocess
import sys

RUN = pathlib.Path(__file__).resolve().parents[1] / "run.py"


def run(tmp_path, tap, status=0):
    script = tmp_path / "tap"
    script.write_text(f"#!/bin/sh\ncat <<'END'\n{tap}END\nexit {status}\n")
    script.chmod(0o755)
    done = subprocess.run([sys.executable, RUN, f"tap:{script}"], text=True,
                          stdout=subprocess.PIPE)
    return done.returncode, done.stdout


def test_notes_of_what_passes_are_shown(tmp_path):
    code, text = run(tmp_path, "# note: booted again\n# other\nok 1 - a\n1..1\n")
    assert code == 0
    assert "note: booted again" in text
    assert "other" not in text
    assert text.endswith("1 passed, 0 failed, 0 skipped\n")


def test_what_fails_is_shown_whole(tmp_path):
    code, text = run(tmp_path, "# other\nnot ok 1 - a\nok 2 - b # SKIP c\n")
    assert code == 1
    assert "# other" in text
    assert text.endswith("0 passed, 1 failed, 1 skipped\n")


def test_nothing_and_a_status_are_failures(tmp_path):
    for tap, status in (("", 0), ("ok 1 - a\n", 3)):
        code, text = run(tmp_path, tap, status)
        assert code == 1
        assert "1 failed" in text
