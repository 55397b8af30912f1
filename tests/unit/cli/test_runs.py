from __future__ import annotations

from pathlib import Path

import pytest

from nnlab.cli.runs import list_runs as say_runs
from tests.helpers.run_folders import IDS, OLD


@pytest.mark.parametrize("content", ['{"status": "fini', "[1]", ""])
@pytest.mark.parametrize("as_json", [False, True], ids=["table", "json"])
def test_a_damaged_run_is_listed_with_the_others(
    as_json: bool, content: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / OLD / "meta.json").write_text(content)

    say_runs(folder, as_json=as_json)

    stdout = capsys.readouterr().out
    assert [run_id in stdout for run_id in IDS] == [True, True, True]
