"""From the cells of a table to features, in torch alone.

``nnlab export`` traces these functions into ONNX graphs and copies them into model.py, so they use
nothing of nnlab. They give the numbers of ``nnlab.data.columns.encoders.encode``.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def encode(cells: Tensor, columns: list[dict[str, Any]]) -> Tensor:
    """Return the features ``(N, D)`` of the cells ``(N, K)`` of a table, both float64.

    Args:
        cells: A number, 0 or 1, days since 1970-01-01, or the number of a category, from 0; -1 for
            an unknown category, and NaN for a missing cell.
        columns: What each column is and how it was fitted, as in preprocessing.json.
    """
    is_missing = cells.isnan()
    fills = [float("nan") if column["fill"] is None else column["fill"] for column in columns]
    filled = torch.where(is_missing, torch.tensor(fills, dtype=torch.float64), cells)
    blocks = []
    for i, column in enumerate(columns):
        blocks.append(features_of(filled[:, i], column))
        if column["has_indicator"]:
            blocks.append(is_missing[:, i : i + 1].double())
    return torch.cat(blocks, dim=1)


def features_of(cells: Tensor, column: dict[str, Any]) -> Tensor:
    """Return the features ``(N, D)`` of the filled cells ``(N,)`` of a column."""
    if column["kind"] == "date":
        return parts_of_dates(cells, column["date_parts"])
    if column["kind"] != "category":
        return cells[:, None]
    for unseen in column["unseen"]:
        cells = cells.masked_fill(cells == unseen, -1)
    if column["encode"] == "ordinal":
        return cells[:, None]
    known = torch.arange(len(column["categories"]), dtype=torch.float64)
    return (cells[:, None] == known).double()


def parts_of_dates(days: Tensor, parts: list[str]) -> Tensor:
    """Return parts ``(N, P)`` of dates ``(N,)``, which are days since 1970-01-01.

    Years begin in March here, so that a leap day is the last of its year, and 400 of them, 146,097
    days, are an era.

    Source: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days.
    """
    hours = (days * 86_400_000_000).round() / 3_600_000_000  # whole microseconds
    day = (hours / 24).floor()
    shifted = day + 719_468  # days since 0000-03-01
    era = (shifted / 146_097).floor()
    of_era = shifted - 146_097 * era
    leap_days = (of_era / 1_460).floor() - (of_era / 36_524).floor() + (of_era / 146_096).floor()
    year = ((of_era - leap_days) / 365).floor()
    of_year = of_era - (365 * year + (year / 4).floor() - (year / 100).floor())
    month = ((5 * of_year + 2) / 153).floor()  # from 0 for March
    is_next_year = (month >= 10).double()  # January and February
    found = {
        "days": days,
        "year": year + 400 * era + is_next_year,
        "month": month + 3 - 12 * is_next_year,
        "day": of_year - ((153 * month + 2) / 5).floor() + 1,
        "weekday": day + 3 - 7 * ((day + 3) / 7).floor(),  # from 0 for Monday
        "hour": (hours - 24 * day).floor(),
    }
    return torch.stack([found[part] for part in parts], dim=1)
