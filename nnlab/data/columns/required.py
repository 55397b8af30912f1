"""Cells that every row needs: its target, and those that say how the rows are split."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nnlab.config.key_paths import setting
from nnlab.data.columns.cells import Cells
from nnlab.data.columns.encoders import Column

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nnlab.config.columns import ColumnsConfig
    from nnlab.data.tables.problems import Problem
    from nnlab.data.tables.table import Table


def check_target(
    table: Table, config: ColumnsConfig, target: str
) -> tuple[np.ndarray, list[Problem]]:
    """Return which rows lack the target, ``(N,)``, and what makes it unusable."""
    words = config.words_for_missing
    if config.task == "classification" and config.missing_words is None:
        words = frozenset()  # a class may be called none
    cells = Cells(table, target, words)
    gap = None if config.missing_of(target) == "drop" else cells.missing(is_target=True)
    wrong = None
    if config.task == "regression":
        column = Column(target, "number")
        wrong = cells.wrong(column, cells.numbers(column))
    found = [gap, wrong and _no_quantity(cells, wrong, config)]
    return cells.is_missing, [problem for problem in found if problem]


def check_split_columns(
    table: Table, config: ColumnsConfig, names: Iterable[str]
) -> tuple[np.ndarray, list[Problem]]:
    """Return which rows no split can take, ``(N,)``, and the problems of the columns that split them."""
    is_lacking, problems = np.zeros(len(table), dtype=bool), []
    for name in names:
        cells = Cells(table, name, config.words_for_missing)
        is_lacking |= cells.is_missing
        if config.missing_of(name) != "drop" and (gap := cells.missing()):
            drop = setting("dataset", "columns", name, "missing", value="drop")
            advice = f"it says how the rows are split: {drop} leaves out the rows without it"
            problems.append(gap._replace(fault="other", advice=advice))
    return is_lacking, problems


def _no_quantity(cells: Cells, wrong: Problem, config: ColumnsConfig) -> Problem:
    """Return the problem that cells of the target are no numbers, with what can be done."""
    advice = wrong.advice
    if 2 * len(wrong.lines) > cells.num_known:
        advice = advice or (
            "a regression needs a target of numbers: another dataset.target, or "
            "dataset.task=classification if these are classes"
        )
    elif not advice:
        words = [*sorted(config.words_for_missing), *sorted(wrong.words)]
        drop = setting("dataset", "columns", cells.name, "missing", value="drop")
        listed = setting("dataset", "missing_words", value=words)
        advice = f"{listed} {drop} leaves out these rows"
    return wrong._replace(fault="other", advice=advice)
