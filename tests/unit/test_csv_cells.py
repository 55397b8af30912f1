"""CSV that people open: exact numbers, and no text that a spreadsheet would run."""

from __future__ import annotations

import numpy as np
import pytest

from nnlab.formatting import csv_cell


@pytest.mark.parametrize(
    "value", [1234568.875, 0.1 + 0.2, 1e-300, -1.5, 1 / 3, 123456789.0, float("inf")]
)
@pytest.mark.parametrize("kind", [float, np.float64])
def test_a_number_comes_back_to_the_last_bit(value: float, kind: type) -> None:
    assert float(csv_cell(kind(value))) == value


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+cmd|' /C calc'!A0",
        "-2+3+cmd",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        " =1+1",
        "-",
        "+49 89 1234",
        "\uff1d1+1",
        "\uff0b1",
        "-1.5.2",
    ],
)
def test_a_text_that_would_be_a_formula_is_defused(text: str) -> None:
    assert csv_cell(text) == f"'{text}"


@pytest.mark.parametrize(
    "text", ["-1.5", "+5", "-1e-3", "-1,5", "-inf", "a=b", "1-2", "'=x", "M\u00fcller", "", "p(=1)"]
)
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert csv_cell(text) == text


def test_nothing_is_an_empty_cell() -> None:
    assert csv_cell(None) == ""


def test_whole_numbers_stay_whole() -> None:
    assert [csv_cell(1), csv_cell(np.int64(-2))] == ["1", "-2"]
