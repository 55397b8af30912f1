from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.helpers.command import Command
from tests.helpers.submissions import a_class


@pytest.mark.slow
def test_thirty_submissions_are_judged_by_one_command(tmp_path: Path, command: Command) -> None:
    bad = a_class(tmp_path, 21)

    done = command("eval", str(tmp_path), "--json")

    rows = json.loads(done.stdout)["runs"]
    assert len(rows) == 30
    assert {row["name"] for row in rows if not row["passed"]} == set(bad)
