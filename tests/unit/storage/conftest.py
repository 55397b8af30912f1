from __future__ import annotations

from pathlib import Path

import pytest

from nnlab.storage.run_dir import RunDir


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    return RunDir.create(tmp_path / "runs", "metrics")
