from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.checked import CLEAN, FAULTY


@pytest.fixture(autouse=True)
def in_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("clean.yaml").write_text(CLEAN)
    Path("faulty.yaml").write_text(FAULTY)
