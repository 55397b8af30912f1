"""A table read in parts: what does not fit into memory can still be predicted."""

from __future__ import annotations

import io
import tracemalloc

import numpy as np
import pytest

from nnlab.data.tables.reader import read_parts, read_table
from nnlab.errors import DataError


@pytest.fixture
def small_parts(monkeypatch):
    monkeypatch.setattr("nnlab.data.tables.rows.CELLS_PER_PART", 30)


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("end", ["", ",", ",,"], ids=["plain", "trailing comma", "two"])
def test_parts_have_the_rows_of_the_whole(tmp_path, small_parts, end):
    rows = [f"{i},{i % 3}{end}" for i in range(100)] + [",,,,"[: 1 + len(end)]]
    path = write(tmp_path / "t.csv", "\n".join([f"a,b{end}", *rows]))

    whole, parts = read_table(path), list(read_parts(path))

    assert len(parts) > 3
    assert {tuple(part.columns) for part in parts} == {("a", "b")}
    assert [row for part in parts for row in part.rows] == list(whole.rows)
    assert np.concatenate([part.lines for part in parts]).tolist() == whole.lines.tolist()
    assert parts[-1].notes == whole.notes == ("1 row without any content was skipped",)


def test_a_pipe_is_read_in_parts(small_parts):
    content = io.BufferedReader(io.BytesIO(b"a;b\n" + b"0,5;x\n" * 50))

    parts = list(read_parts("standard input", file=content))

    assert sum(part.numbers("a").sum() for part in parts) == 25


def test_all_parts_are_read_in_the_style_of_the_first(tmp_path, small_parts):
    path = write(tmp_path / "t.csv", "a;b\n" + "1;x\n" * 50 + "1,5;x\n")

    *_, last = read_parts(path)

    with pytest.raises(
        DataError, match=r"line 52, column 'a': '1,5' is not a number\n .* dataset.decimal=,"
    ):
        last.numbers("a")


def test_a_ragged_row_far_down_is_counted(tmp_path, small_parts):
    path = write(tmp_path / "t.csv", "a,b\n" + "1,2\n" * 50 + "1\n" + "1,2\n" * 9 + "1,2,3\n")

    with pytest.raises(DataError, match=r"2 rows do not .* line 52 has 1, line 62 has 3"):
        list(read_parts(path))


def test_memory_does_not_grow_with_the_file(tmp_path, monkeypatch):
    monkeypatch.setattr("nnlab.data.tables.rows.CELLS_PER_PART", 3000)
    peaks = []
    for num_rows in (15_000, 40_000):
        path = write(tmp_path / "t.csv", "a,b,c\n" + "1.5,2.5,longer text\n" * num_rows)
        tracemalloc.start()
        assert sum(len(part) for part in read_parts(path)) == num_rows
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()

    assert peaks[1] < 1.2 * peaks[0]
