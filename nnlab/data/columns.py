"""Reading the columns of a table: which become features, and of what kind they are."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from itertools import compress
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nnlab.data.cells import find_kind
from nnlab.data.column_cells import Cells
from nnlab.data.column_problems import Problem, describe_problems
from nnlab.data.encoders import UNKNOWN, Column, only_present
from nnlab.data.labels import in_order
from nnlab.data.row_numbers import is_unnamed, why_left_out
from nnlab.data.tables.table import Table
from nnlab.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from nnlab.config.columns import ColumnsConfig, Kind
    from nnlab.data.types import Preprocessing


@dataclass(frozen=True)
class TableColumns:
    """The columns of a table that become features, and its rows that are used.

    Attributes:
        table: The rows that are used.
        columns: How each column becomes features.
        inputs: Their cells, ``(N, K)`` float64; see ``Column``.
        left_out: Why other columns are not used, by name.
        rows_dropped: Number of rows that are not used, by the reason.
    """

    table: Table
    columns: tuple[Column, ...]
    inputs: np.ndarray
    left_out: dict[str, str]
    rows_dropped: dict[str, int]


def read_columns(
    table: Table, config: ColumnsConfig, target: str, of_split: Collection[str] = ()
) -> TableColumns:
    """Read the columns that become features.

    Args:
        table: The table.
        config: How its columns become features.
        target: Name of the column to predict.
        of_split: Names of the columns that say how the rows are split.

    Raises:
        DataError: If there is no such column, or a cell cannot be used; it lists all of them.
    """
    config, target = _in_table(config, table), table.column(target)
    names, left_out = _choose(table, config, target)
    left_out |= dict.fromkeys(of_split, "it says how the rows are split")
    names = [name for name in names if name not in of_split]
    problems: list[Problem] = []
    found: list[tuple[Column, np.ndarray]] = []
    for name in names:
        cells = Cells(table, name, config.words_for_missing)
        column = _column(cells, config)
        if config.kinds is not None and column.kind not in config.kinds:
            left_out[name] = f"a column of kind {column.kind}"
            continue
        numbers = cells.numbers(column)
        problems += _problems(cells, column, numbers, config)
        found.append((column, numbers))
    if not found:
        msg = f"{table.path}: there is no feature column besides the target '{target}'"
        raise DataError(msg)
    lacks_target, problem = _missing_target(table, config, target)
    if problems := [*problems, *([problem] if problem else [])]:
        raise DataError(describe_problems(table.path, problems))
    return _complete(table, found, left_out, lacks_target)


def _complete(
    table: Table,
    found: Sequence[tuple[Column, np.ndarray]],
    left_out: dict[str, str],
    lacks_target: np.ndarray,
) -> TableColumns:
    """Leave out the rows with missing cells where the experiment says so."""
    has_gap = np.zeros(len(table), dtype=bool)
    for column, numbers in found:
        if column.missing == "drop":
            has_gap |= np.isnan(numbers)
    counts = {"no target": lacks_target.sum(), "missing cells": (has_gap & ~lacks_target).sum()}
    is_kept = ~(has_gap | lacks_target)
    if not is_kept.any():
        msg = f"{table.path}: no row is left: each has missing cells (dataset.missing is drop)"
        raise DataError(msg)
    present = [only_present(column, numbers[is_kept]) for column, numbers in found]
    return TableColumns(
        table if is_kept.all() else table.select(is_kept),
        tuple(column for column, _ in present),
        np.column_stack([numbers for _, numbers in present]),
        left_out,
        {reason: int(count) for reason, count in counts.items() if count},
    )


def _in_table(config: ColumnsConfig, table: Table) -> ColumnsConfig:
    """Return the experiment's columns with the names as the table spells them.

    Raises:
        DataError: If the table does not have one of them.
    """
    features = config.features and tuple(map(table.column, config.features))
    columns = {table.column(name): options for name, options in config.columns.items()}
    drop = tuple(map(table.column, config.drop))
    return config.model_copy(update={"features": features, "columns": columns, "drop": drop})


def _choose(
    table: Table, config: ColumnsConfig, target: str
) -> tuple[Sequence[str], dict[str, str]]:
    """Return the columns that become features, and why others do not."""
    _check_target_options(table, config, target)
    if config.features is not None:
        _check_features(table, config.features, target)
        return config.features, {}
    left_out = {}
    for position, name in enumerate(table.columns):
        if config.is_dropped(name):
            left_out[name] = "dropped"
        elif name not in config.columns and (reason := _why_left_out(table, position)):
            left_out[name] = reason
    return [name for name in table.columns if name != target and name not in left_out], left_out


def _why_left_out(table: Table, position: int) -> str | None:
    name = table.columns[position]
    if not is_unnamed(name):
        return None
    return why_left_out(Cells(table, name, ()), is_first=position == 0)


def _check_target_options(table: Table, config: ColumnsConfig, target: str) -> None:
    if config.is_dropped(target):
        msg = f"{table.path}: the target '{target}' is dropped"
        raise DataError(msg)
    options = config.of_column(target)
    if options.stated_kind is not None or options.missing not in {None, "refuse", "drop"}:
        msg = (
            f"{table.path}: '{target}' is the target, not a feature: dataset.task says what it is, "
            f"and of dataset.columns.{target} it takes only missing: drop"
        )
        raise DataError(msg)


def _check_features(table: Table, features: Sequence[str], target: str) -> None:
    if target in features:
        msg = f"{table.path}: the target '{target}' is among the features"
        raise DataError(msg)
    if len(set(features)) < len(features):
        msg = f"{table.path}: dataset.features lists a column twice"
        raise DataError(msg)


def _column(cells: Cells, config: ColumnsConfig) -> Column:
    """Return how a column becomes features, with its kind found from the cells if it is not said."""
    options = config.of_column(cells.name)
    date_format = options.date_format or config.date_format
    kind = options.stated_kind or _find_kind(cells, date_format)
    words = tuple(sorted(config.words_for_missing))
    missing = config.missing_of(cells.name)
    column = Column(cells.name, kind, missing=missing, missing_words=words)
    match kind:
        case "category":
            encode = options.encode or config.encode
            return replace(column, encode=encode, categories=tuple(in_order(cells.known)))
        case "date":
            parts = options.date_parts or config.date_parts
            return replace(column, date_format=date_format, date_parts=parts)
        case "number" | "boolean":
            return column


def _find_kind(cells: Cells, date_format: str | None) -> Kind:
    """Return the kind of a column: that of all cells, or of at least half of them."""
    if 2 * cells.is_number.sum() >= (~cells.is_missing).sum():
        return "number"
    return find_kind(cells.known, date_format)


def _problems(
    cells: Cells, column: Column, numbers: np.ndarray, config: ColumnsConfig
) -> Iterator[Problem]:
    """Yield what makes a column unusable."""
    if cells.is_missing.all():
        yield Problem(cells.name, "empty", "all cells are missing")
        return
    if column.missing == "refuse" and (problem := cells.missing()):
        yield problem
    is_found = config.of_column(cells.name).stated_kind is None
    if column.kind == "category" and is_found and (problem := cells.too_many()):
        yield problem
    if problem := cells.wrong(column, numbers):
        yield problem


def _missing_target(
    table: Table, config: ColumnsConfig, target: str
) -> tuple[np.ndarray, Problem | None]:
    """Return which rows lack the target, ``(N,)``, and the problem if they are not to be dropped."""
    words = config.words_for_missing
    if config.task == "classification" and config.missing_words is None:
        words = frozenset()  # a class may be called none
    cells = Cells(table, target, words)
    problem = None if config.missing_of(target) == "drop" else cells.missing(is_target=True)
    return cells.is_missing, problem


class NewRows(NamedTuple):
    """Rows to predict.

    Attributes:
        values: Their cells, ``(N, K)`` float64; see ``Column``.
        unknown: The cells of each column that are categories the run has never seen, counted.
    """

    values: np.ndarray
    unknown: dict[str, Counter[str]]


def read_new_rows(table: Table, preprocessing: Preprocessing) -> NewRows:
    """Read rows of a table for a stored run: columns by name (case is ignored) in any order.

    Args:
        table: The rows; other columns are ignored.
        preprocessing: That of the run.

    Raises:
        DataError: If columns are missing, or cells cannot be used; it lists all of them.
    """
    columns = preprocessing.table_columns
    names = _matching(table, [column.name for column in columns])
    values, problems, unknown = np.empty((len(table), len(columns))), [], {}
    for i, (name, column) in enumerate(zip(names, columns, strict=True)):
        cells = Cells(table, name, column.missing_words)
        values[:, i] = cells.numbers(column)
        gap = None if column.is_imputed else cells.missing()
        problems += [p for p in (gap, cells.wrong(column, values[:, i])) if p is not None]
        strangers = compress(cells.texts, values[:, i] == UNKNOWN) if column.categories else ()
        if counted := Counter(strangers):
            unknown[column.name] = counted
    if problems:
        new = [problem._replace(fault="new", advice="") for problem in problems]
        raise DataError(describe_problems(table.path, new))
    return NewRows(values, unknown)


def fault_of(text: str, column: Column) -> str | None:
    """Return what is wrong with a cell of a column, such as ``is not a number``; else None."""
    cells = Cells(Table.of_rows("", [""], [[text]]), "", column.missing_words)
    gap = None if column.is_imputed else cells.missing()
    problem = gap or cells.wrong(column, cells.numbers(column))
    return problem and problem.text


def _matching(table: Table, names: Sequence[str]) -> list[str]:
    """Return the columns of a table by names.

    Raises:
        DataError: Naming all columns that it does not have.
    """
    matches = table.matching(names)
    absent = [name for name in matches if name not in table.columns]
    if len(absent) > 1:
        listed = ", ".join(f"'{name}'" for name in absent)
        msg = f"{table.path}: there are no columns {listed}; columns: {', '.join(table.columns)}"
        raise DataError(msg)
    for name in absent:
        table.check_column(name)
    return matches
