"""Parquet files: the same table as a CSV file of the same values."""

from __future__ import annotations

import builtins
import datetime as dt
import decimal
import random
import struct

import numpy as np
import pytest

from nnlab.config.table_format import TableFormat
from nnlab.data.tables.reader import read_parts, read_table
from nnlab.errors import DataError

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")


@pytest.fixture
def file_of(tmp_path):
    """Write columns to a Parquet file."""

    def write(columns, **options):
        path = tmp_path / "t.parquet"
        pq.write_table(pa.table(columns), path, **options)
        return path

    return write


@pytest.mark.parametrize(
    ("values", "cells"),
    [
        ([1, 2**60 + 1, None], ["1", "1152921504606846977", ""]),
        ([0.1, float("nan"), 1e-300], ["0.1", "", "1e-300"]),
        (["a", "\u00fc,\n", ""], ["a", "\u00fc,", ""]),
        ([True, False, None], ["true", "false", ""]),
        ([dt.date(2020, 1, 2)], ["2020-01-02"]),
        ([dt.datetime(2020, 1, 2)], ["2020-01-02"]),  # noqa: DTZ001 - a file may name no zone
        ([dt.datetime(2020, 1, 2, 3, 4, 5, tzinfo=dt.UTC)], ["2020-01-02 03:04:05Z"]),
        (pa.array([1], pa.timestamp("ns")), ["1970-01-01 00:00:00.000000001"]),
        ([decimal.Decimal("1.50")], ["1.50"]),
        (pa.array(["x", "y", "x"]).dictionary_encode(), ["x", "y", "x"]),
        (pa.array([0.5], pa.float16()), ["0.5"]),
        (pa.array([1000], pa.duration("ms")), ["1000"]),
    ],
)
def test_values_become_cells(file_of, values, cells):
    assert read_table(file_of({"x": values})).cells("x") == cells


def test_numbers_are_exact(file_of):
    draw = random.Random(0)
    values = np.array([struct.unpack("<d", draw.randbytes(8))[0] for _ in range(2000)])
    values = values[np.isfinite(values)]
    singles = np.array([draw.gauss(0, 1e9) for _ in values], np.float32)

    table = read_table(file_of({"x": values, "y": singles}))

    assert table.numbers("x").tobytes() == values.tobytes()
    assert table.numbers("y").tobytes() == singles.astype(np.float64).tobytes()


NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    "values",
    [
        pa.array([0.1, None, NAN, INF, -INF, -0.0, 1e300], pa.float64()),
        pa.array([0.1, None, NAN, INF, -INF, -0.0, 1e30], pa.float32()),
        pa.array([2**53 + 1, -(2**63), 2**63 - 1], pa.int64()),
        pa.array([2**53 + 1, None, 7], pa.int64()),
        pa.array([2**64 - 1, 2**53 + 3, 0], pa.uint64()),
        pa.array([-(2**31), 7], pa.int32()),
        pa.array([None, None], pa.float64()),
    ],
    ids=lambda values: f"{values.type}-{len(values)}",
)
def test_numbers_are_those_of_their_texts(file_of, values):
    texts = ["" if v is None or v != v else str(v) for v in values.to_pylist()]

    table = read_table(file_of({"x": values, "z": texts}))
    numbers, of_texts = table.parsed("x"), table.parsed("z")

    assert table.cells("x") == texts
    assert numbers.values.tobytes() == of_texts.values.tobytes()
    assert numbers.is_empty.tolist() == of_texts.is_empty.tolist()
    assert numbers.is_number.tolist() == of_texts.is_number.tolist()


@pytest.mark.parametrize("given", [TableFormat(), TableFormat(decimal=",", thousands=".")])
def test_how_texts_write_numbers_does_not_change_numbers(file_of, given):
    table = read_table(file_of({"x": [1.5, 1.234, NAN], "z": ["1,5", "2,25", "3,125"]}), given)

    assert np.array_equal(table.numbers("z"), [1.5, 2.25, 3.125])
    assert np.array_equal(table.parsed("x").values, [1.5, 1.234, NAN], equal_nan=True)
    assert table.select(np.array([0, 1, 1], bool), ["x"]).cells("x") == ["1.234", ""]


def test_a_column_without_a_name_and_content_is_left_out(file_of):
    assert read_table(file_of({"": [NAN, None], "x": [1, 2]})).columns == ["x"]


def test_small_row_groups_are_read_together(file_of):
    path = file_of({"x": range(100), "z": [0.5] * 100}, row_group_size=1)

    assert len(read_table(path).blocks[0]) == 1


def test_row_groups_become_parts_of_one_table(file_of, monkeypatch):
    monkeypatch.setattr("nnlab.data.tables.parquet.CELLS_PER_PART", 70)
    path = file_of({"x": range(100), "z": [str(i % 3) for i in range(100)]}, row_group_size=30)

    table, parts = read_table(path), list(read_parts(path))

    assert table.numbers("x").tolist() == [*range(100)]
    assert table.lines.tolist() == [*range(1, 101)]
    assert len(parts) > 2
    assert [row for part in parts for row in part.rows] == list(table.rows)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"a": [[1]], "b": [{"c": 1}]}, "not 'a' (list<"),
        ({"a": [b"x"]}, "not 'a' (binary)"),
        ({"a": ["x\0y"]}, "a text has a NUL character"),
        ({"a": pa.array([], pa.int64())}, "needs at least one column and one row"),
    ],
    ids=["nested", "bytes", "NUL", "no rows"],
)
def test_what_no_table_holds_is_refused(file_of, columns, message):
    path = file_of(columns)
    with pytest.raises(DataError) as caught:
        read_table(path)

    assert message in str(caught.value)


def test_names_that_differ_only_in_their_unicode_form_are_refused(file_of):
    path = file_of({"\u00f6": [1], "o\u0308": [2]})
    with pytest.raises(DataError, match="both called"):
        read_table(path)


def test_a_damaged_file_is_refused(file_of):
    path = file_of({"x": range(1000)})
    content = bytearray(path.read_bytes())
    for place in range(4, len(content), 97):
        damaged = bytearray(content)
        damaged[place] ^= 0xFF
        path.write_bytes(damaged)
        try:
            read_table(path)
        except DataError as error:
            assert str(path) in str(error)  # noqa: PT017 - some damage goes unnoticed


def test_a_missing_pyarrow_is_named(file_of, monkeypatch):
    path = file_of({"x": [1]})
    found = builtins.__import__

    def without_pyarrow(name, *rest):
        if name.startswith("pyarrow"):
            raise ImportError(name)
        return found(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without_pyarrow)
    with pytest.raises(DataError, match=r"needs pyarrow: pip install 'nnlab\[parquet\]'"):
        read_table(path)
