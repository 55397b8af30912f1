"""The encoding in torch alone gives the numbers of nnlab's."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
import torch

from nnlab.config.columns import DatePart
from nnlab.data.columns.encoders import Column
from nnlab.data.columns.encoders import encode as encode_by_numpy
from nnlab.export.plain import encode, parts_of_dates

CITIES = ("Bonn", "Köln", "Ulm")
COLUMNS = [
    Column("size", "number"),
    Column("weight", "number", missing="mean", fill=1.5, has_indicator=True),
    Column("member", "boolean", missing="most_frequent", fill=1.0),
    Column("city", "category", categories=CITIES, missing="median", fill=1.0, has_indicator=True),
    Column("town", "category", categories=CITIES, unseen=(0, 2)),
    Column("village", "category", categories=CITIES, unseen=(0,), encode="ordinal"),
    Column("born", "date", date_parts=get_args(DatePart), missing="mean", fill=11.25),
]


def cells(count: int = 200) -> np.ndarray:
    """Return cells of the columns, with gaps in those that are filled in."""
    draw = np.random.default_rng(0)
    found = draw.normal(size=(count, len(COLUMNS)))
    for i, column in enumerate(COLUMNS):
        if column.kind == "category":
            found[:, i] = draw.integers(-1, 3, count)
        elif column.kind == "date":
            found[:, i] = draw.uniform(-800_000, 800_000, count)
        elif column.kind == "boolean":
            found[:, i] = draw.integers(0, 2, count)
        if column.fill is not None:
            found[::5, i] = np.nan
    return found


def test_cells_are_encoded_as_for_training() -> None:
    raw = cells()

    encoded = encode(torch.from_numpy(raw), [column.to_json() for column in COLUMNS])

    np.testing.assert_array_equal(encoded.numpy(), encode_by_numpy(raw, COLUMNS))


@pytest.mark.parametrize("part", get_args(DatePart))
def test_every_day_of_seven_centuries_has_its_parts(part: DatePart) -> None:
    days = np.arange(-135_000.0, 130_000.0)[:, None]
    column = Column("born", "date", date_parts=(part,))

    found = parts_of_dates(torch.from_numpy(days[:, 0]), [part])

    np.testing.assert_array_equal(found.numpy(), encode_by_numpy(days, [column]))
