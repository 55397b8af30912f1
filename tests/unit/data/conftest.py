from __future__ import annotations

from pathlib import Path

import pytest

from nnlab.config.table_format import TableFormat
from nnlab.config.tables import CSVConfig
from nnlab.data.tables.reader import read_table
from nnlab.data.tabular import build_csv
from nnlab.errors import DataError
from tests.helpers.tables import matrix


@pytest.fixture
def build(tmp_path, monkeypatch):
    """Build the examples of a table that lies in the current folder as ``t.csv``."""
    monkeypatch.chdir(tmp_path)

    def from_bytes(content: bytes, **options):
        Path("t.csv").write_bytes(content)
        return build_csv(CSVConfig(path="t.csv", **{"target": "colour", **options}), tmp_path)

    return from_bytes


@pytest.fixture
def read(tmp_path):
    """Read bytes as a table."""

    def from_bytes(content: bytes, **given):
        path = tmp_path / "t.csv"
        path.write_bytes(content)
        return read_table(path, TableFormat(**given))

    return from_bytes


@pytest.fixture
def refusal(read, tmp_path):
    """Return the text with which bytes are refused, after the path."""

    def of_bytes(content: bytes, **given) -> str:
        def read_numbers() -> None:
            table = read(content, **given)
            matrix(table)

        with pytest.raises(DataError) as caught:
            read_numbers()
        return str(caught.value).removeprefix(str(tmp_path / "t.csv"))

    return of_bytes
