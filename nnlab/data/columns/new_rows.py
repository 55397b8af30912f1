"""Reading rows to predict: the columns of a stored run, in any order."""

from __future__ import annotations

from collections import Counter
from itertools import compress
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nnlab.data.columns.cells import Cells
from nnlab.data.columns.encoders import UNKNOWN, Column
from nnlab.data.tables.problems import describe_problems
from nnlab.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnlab.data.tables.table import Table
    from nnlab.data.types import Preprocessing


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
        new = [problem._replace(fault="other", advice="") for problem in problems]
        raise DataError(describe_problems(table.path, new))
    return NewRows(values, unknown)


def fault_of(row: Table, name: str, column: Column) -> str | None:
    """Return what is wrong with a cell of a single row, such as ``is not a number``; else None."""
    cells = Cells(row, name, column.missing_words)
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
        table.column(name)
    return matches
