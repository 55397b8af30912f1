from __future__ import annotations

from pathlib import Path

import pytest

from nnlab.config.tables import CSVConfig
from nnlab.data.tabular import build_csv


@pytest.fixture
def build(tmp_path, monkeypatch):
    """Build the examples of a table that lies in the current folder as ``t.csv``."""
    monkeypatch.chdir(tmp_path)

    def from_bytes(content: bytes, **options):
        Path("t.csv").write_bytes(content)
        return build_csv(CSVConfig(path="t.csv", **{"target": "colour", **options}), tmp_path)

    return from_bytes
