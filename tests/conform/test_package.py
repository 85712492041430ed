# SPDX-License-Identifier: MIT
"""The golden packages, by a reader written from docs/lwm.md alone."""
import pathlib

import lwm_reader
import pytest

TABLE = pathlib.Path(__file__).parents[1] / "data" / "lwm" / "expected.txt"


@pytest.mark.parametrize(
    "path, code, rest",
    [pytest.param(*row, id=pathlib.Path(row[0]).name)
     for row in lwm_reader.rows(str(TABLE))])
def test_golden(path, code, rest):
    try:
        assert lwm_reader.agrees(path, code, rest) is None
    except lwm_reader.CannotTell as reason:
        pytest.skip(str(reason))
