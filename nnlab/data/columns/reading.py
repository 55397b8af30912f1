"""Reading the columns of a table: which become features, and of what kind they are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from nnlab.config.key_paths import written
from nnlab.data.columns.cells import Cells
from nnlab.data.columns.encoders import Column, only_present
from nnlab.data.columns.kinds import find_kind
from nnlab.data.columns.required import check_split_columns, check_target
from nnlab.data.columns.row_numbers import is_unnamed, why_left_out
from nnlab.data.labels import in_order
from nnlab.data.tables.cells import check_memory
from nnlab.data.tables.hints import num_styled_numbers
from nnlab.data.tables.joined import PART_COLUMN
from nnlab.data.tables.problems import Problem, describe_problems
from nnlab.data.tables.table import Table
from nnlab.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from nnlab.config.columns import ColumnsConfig, Kind
    from nnlab.data.tables.table import Table

# The features themselves, and those of the training split while they are standardised.
COPIES = 2
ROWS_AT_A_TIME = 8192


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
    own = [name for name in of_split if name != PART_COLUMN]
    left_out |= dict.fromkeys(own, "it says how the rows are split")
    names = [name for name in names if name not in of_split]
    check_memory(table.path, "its numbers", COPIES * 8 * len(table) * len(names))
    # Filled column by column, so that a large table is not in memory twice.
    inputs = np.empty((len(table), len(names)))
    found, problems = _fill(inputs, table, names, config, left_out)
    if not found:
        msg = f"{table.path}: there is no feature column besides the target '{target}'"
        raise DataError(msg)
    lacks_target, of_target = check_target(table, config, target)
    lacks_split, of_own = check_split_columns(table, config, own)
    if problems := [*problems, *of_target, *of_own]:
        raise DataError(describe_problems(table.path, problems, config))
    return _complete(table, config, found, inputs, left_out, lacks_target, lacks_split)


def _fill(
    inputs: np.ndarray,
    table: Table,
    names: Sequence[str],
    config: ColumnsConfig,
    left_out: dict[str, str],
) -> tuple[list[Column], list[Problem]]:
    """Write the cells of columns of the wanted kinds; return these, and what is wrong with them."""
    problems: list[Problem] = []
    found: list[Column] = []
    for name in names:
        cells = Cells(table, name, config.words_for_missing)
        column = _column(cells, config)
        if config.kinds is not None and column.kind not in config.kinds:
            left_out[name] = f"a column of kind {column.kind}"
            continue
        numbers = inputs[:, len(found)]
        numbers[:] = cells.numbers(column)
        problems += _problems(cells, column, numbers, config)
        found.append(column)
    return found, problems


def _complete(
    table: Table,
    config: ColumnsConfig,
    found: Sequence[Column],
    inputs: np.ndarray,
    left_out: dict[str, str],
    lacks_target: np.ndarray,
    has_gap: np.ndarray,
) -> TableColumns:
    """Leave out the rows with missing cells where the experiment says so."""
    for index, column in enumerate(found):
        if column.missing == "drop":
            has_gap = has_gap | np.isnan(inputs[:, index])
    counts = {"no target": lacks_target.sum(), "missing cells": (has_gap & ~lacks_target).sum()}
    is_kept = ~(has_gap | lacks_target)
    if not is_kept.any():
        msg = f"{table.path}: no row is left: each has missing cells (dataset.missing is drop)"
        raise DataError(msg)
    if not is_kept.all():
        # The cells of features are numbers now; features may also say how the rows are split.
        names = {column.name for column in found}.difference(config.features or ())
        table = table.select(is_kept, [name for name in table.columns if name not in names])
    inputs = _packed(inputs, is_kept, len(found))
    columns = []
    for index, column in enumerate(found):
        present, inputs[:, index] = only_present(column, inputs[:, index])
        columns.append(present)
    return TableColumns(
        table,
        tuple(columns),
        inputs,
        left_out,
        {reason: int(count) for reason, count in counts.items() if count},
    )


def _packed(cells: np.ndarray, is_kept: np.ndarray, width: int) -> np.ndarray:
    """Return some rows and the first columns of cells ``(N, K)``, moved together in their memory."""
    if is_kept.all() and width == cells.shape[1]:
        return cells
    flat, size = cells.reshape(-1), 0
    for start in range(0, len(cells), ROWS_AT_A_TIME):
        rows = slice(start, start + ROWS_AT_A_TIME)
        moved = cells[rows, :width][is_kept[rows]]
        flat[size : size + moved.size] = moved.reshape(-1)
        size += moved.size
    return flat[:size].reshape(-1, width)


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
            f"and of {written(('dataset', 'columns', target))} it takes only missing: drop"
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
    """Return the kind of a column: that of all cells, or of at least half of them.

    Numbers in another style, such as 1,5 or 5 %, count: they are refused with what to do.
    """
    num_numbers, num_known = cells.is_number.sum(), cells.num_known
    if 2 * num_numbers >= num_known:
        return "number"
    known = cells.known
    if 2 * (num_numbers + num_styled_numbers(known)) >= num_known:
        return "number"
    return find_kind(known, date_format)


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
    if column.kind == "category" and is_found and (problem := cells.no_categories()):
        yield problem
    if problem := cells.wrong(column, numbers):
        yield problem
