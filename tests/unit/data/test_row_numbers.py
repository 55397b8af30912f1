"""Columns of whole numbers that number the rows, and those that do not."""

from __future__ import annotations

import numpy as np
import pytest

from nnlab.data.columns.row_numbers import numbers_rows


@pytest.mark.parametrize("start", [0, 1, 1000, 100_001])
def test_a_column_that_counts_from_any_start_in_any_order_numbers_the_rows(start):
    values = np.random.default_rng(0).permutation(np.arange(start, start + 50)).astype(float)

    assert numbers_rows("x", values) == f"counts the rows, from {start} to {start + 49}"


@pytest.mark.parametrize("name", ["Kundennr", "Bestellnummer", "orderNumber", "customer_id", "ID"])
def test_different_whole_numbers_in_a_column_called_like_an_id_number_the_rows(name):
    assert numbers_rows(name, np.arange(50.0) ** 2) == "has another whole number in every row"


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("year", np.arange(1950.0, 2000.0)),
        ("age", np.arange(20.0, 70.0)),
        ("income", np.arange(50.0) ** 2),
        ("x", np.arange(50.0) / 10),
        ("x", np.arange(100_001.0, 100_051.0) // 2),
        ("x", np.arange(5.0)),
    ],
    ids=["years", "ages", "squares", "fractions", "pairs", "few rows"],
)
def test_other_numbers_do_not(name, values):
    assert numbers_rows(name, values) is None
