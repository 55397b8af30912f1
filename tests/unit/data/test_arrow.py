"""Arrow and Feather files: the same table as a Parquet file of the same values."""

from __future__ import annotations

import builtins
import random
from pathlib import Path

import numpy as np
import pytest

from nnlab.data.tables.reader import read_parts, read_table
from nnlab.errors import DataError
from tests.helpers.damage_bytes import damaged

pa = pytest.importorskip("pyarrow")
feather = pytest.importorskip("pyarrow.feather")
pq = pytest.importorskip("pyarrow.parquet")

TABLE = pa.table(
    {
        "x": pa.array([1.5, None, 1e-300, float("nan")]),
        "n": pa.array([1, 2, 3, None], pa.int16()),
        "kind": pa.array(["a", "b", "\u00fc", "a"]).dictionary_encode(),
        "is_new": pa.array([True, False, None, True]),
    }
)


def write(path: Path, kind: str, table=TABLE) -> Path:
    if kind == "feather":
        feather.write_feather(table, path, compression="lz4")
        return path
    make = pa.ipc.new_file if kind == "file" else pa.ipc.new_stream
    with pa.OSFile(str(path), "wb") as sink, make(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=3)
    return path


@pytest.mark.parametrize("kind", ["file", "stream", "feather"])
def test_it_is_the_table_of_the_parquet_file(tmp_path, kind):
    pq.write_table(TABLE, tmp_path / "t.parquet")

    found = read_table(write(tmp_path / "t.arrow", kind))
    expected = read_table(tmp_path / "t.parquet")

    assert found.columns == expected.columns == TABLE.column_names
    for column in found.columns:
        assert found.cells(column) == expected.cells(column)
    assert found.lines.tolist() == [1, 2, 3, 4]
    assert len(found.sha256) == 64


def test_a_long_file_is_read_in_parts(tmp_path, monkeypatch):
    monkeypatch.setattr("nnlab.data.tables.arrow.CELLS_PER_PART", 8)

    parts = list(read_parts(write(tmp_path / "t.arrow", "file")))

    assert [len(part) for part in parts] == [2, 1, 1]
    assert np.concatenate([part.lines for part in parts]).tolist() == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("table", "text"),
    [
        (
            pa.table({"x": [[1, 2]]}),
            "must hold numbers, text, dates or truth values, not 'x' (list",
        ),
        (pa.table({"x": [b"a"]}), "not 'x' (binary)"),
        (pa.table({"x": pa.array([], pa.int64())}), "needs at least one column and one row"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path, table, text):
    with pytest.raises(DataError, match=r"t\.arrow") as caught:
        read_table(write(tmp_path / "t.arrow", "file", table))
    assert text in str(caught.value)


@pytest.mark.parametrize("kind", ["file", "stream", "feather"])
def test_damaged_files_are_refused_or_read(tmp_path, kind):
    whole = write(tmp_path / "whole", kind).read_bytes()
    draw, path = random.Random(0), tmp_path / "t.arrow"
    refused = 0
    for _ in range(150):
        path.write_bytes(damaged(whole, draw))
        try:
            read_table(path)
        except DataError:
            refused += 1
    assert refused > 20


def test_without_pyarrow_the_error_says_how_to_get_it(tmp_path, monkeypatch):
    path, real = write(tmp_path / "t.arrow", "file"), builtins.__import__

    def without(name, *rest):
        if name == "pyarrow":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(
        DataError, match=r"an Arrow file, which needs pyarrow: pip install 'nnlab\["
    ):
        read_table(path)
