"""Tables of gigabytes: what is read of them takes little more memory than their numbers."""

from __future__ import annotations

import random
import tracemalloc

import numpy as np
import pytest
import torch

from nnlab.config.tables import CSVConfig
from nnlab.data.columns.reading import read_columns
from nnlab.data.prepare import prepare
from nnlab.data.tables.reader import read_table
from nnlab.data.tabular import build_csv
from nnlab.errors import DataError

NUM_ROWS = 6000
BYTES_PER_TEXT = 8 + 49 + 18


@pytest.fixture
def table(tmp_path, monkeypatch):
    """Two columns of numbers, of which every third and fifth cell is missing, a text and a target."""
    monkeypatch.setattr("nnlab.data.tables.rows.CELLS_PER_PART", 1200)
    draw, path = random.Random(0), tmp_path / "t.csv"
    rows = [
        f"{draw.random() if i % 3 else ''},{'uv'[i % 2]},{draw.random() if i % 5 else 'NA'},{i % 7}\n"
        for i in range(NUM_ROWS)
    ]
    path.write_text("".join(["x,text,z,label\n", *rows]))
    return read_table(path)


@pytest.mark.parametrize("missing", ["mean", "drop"])
def test_no_column_of_numbers_is_in_memory_as_texts(table, missing):
    config = CSVConfig(name="csv", path="t.csv", target="label", missing=missing, kinds=("number",))
    tracemalloc.start()
    found = read_columns(table, config, "label")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert [column.name for column in found.columns] == ["x", "z"]
    assert peak < 1.5 * NUM_ROWS * 3 * 8 + NUM_ROWS * BYTES_PER_TEXT / 2


@pytest.mark.parametrize("rows_at_a_time", [1, 7, 1 << 20])
def test_what_is_kept_is_moved_together(table, monkeypatch, rows_at_a_time):
    monkeypatch.setattr("nnlab.data.columns.reading.ROWS_AT_A_TIME", rows_at_a_time)
    config = CSVConfig(name="csv", path="t.csv", target="label", missing="drop", kinds=("number",))

    found = read_columns(table, config, "label")

    expected = [[float(x), float(z)] for x, _, z, _ in table.rows if x and z != "NA"]
    assert found.inputs.tolist() == expected
    assert found.table.columns == ["text", "label"]
    assert found.rows_dropped == {"missing cells": NUM_ROWS - len(expected)}


def test_cells_of_many_rows_are_those_of_all_rows(table):
    rows = np.arange(0, NUM_ROWS, 3)

    assert table.cells_at("z", rows) == table.cells("z")[::3]


def test_categories_whose_features_do_not_fit_are_refused_with_the_numbers(tmp_path, monkeypatch):
    path = tmp_path / "t.csv"
    path.write_text("".join(["x,y\n", *(f"k{i % 40},{i % 2}\n" for i in range(600))]))
    config = CSVConfig(name="csv", path=str(path), target="y", task="classification")
    examples = build_csv(config, tmp_path)
    monkeypatch.setattr("nnlab.data.tables.cells.available_host_memory", lambda: 95_999)

    with pytest.raises(DataError, match=r"its features need 96\.0 kB of memory, and 96\.0 kB more"):
        prepare(examples, config, device=torch.device("cpu"), dtype=torch.float32)
