from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.config_files import BAD, GOOD


@pytest.fixture(autouse=True)
def in_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.delenv("COLUMNS", raising=False)
    Path("good.yaml").write_text(GOOD)
    Path("bad.yaml").write_text(BAD)
    return folder
