"""Rows that a program gives to a stored run: arrays, lists and data frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nnlab.data.columns.new_rows import read_new_rows
from nnlab.data.tables.table import Table
from nnlab.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from nnlab.runs.networks import Networks


def raw_of(run: Networks, rows: ArrayLike) -> ArrayLike:
    """Return rows as the raw features of a run.

    Args:
        run: The run.
        rows: Pixels or numbers, which come back as they are; of a table with other columns, its cells
            ``(N, K)``; or a data frame, whose columns are found by name.

    Raises:
        DataError: If the rows do not fit the columns of the run's table.
    """
    table = table_of(run, rows)
    return rows if table is None else read_new_rows(table, run.preprocessing).values


def table_of(run: Networks, rows: ArrayLike) -> Table | None:
    """Return rows that have the cells of a run's table, or are a data frame, as a table.

    Raises:
        DataError: If the rows do not fit the columns of the run's table.
    """
    columns = run.preprocessing.table_columns
    names = getattr(rows, "columns", None)
    if not columns or (names is None and not run.preprocessing.columns):
        return None
    cells = np.asarray(rows, dtype=object)
    names = [column.name for column in columns] if names is None else list(map(str, names))
    if cells.ndim != 2 or cells.shape[1] != len(names):
        msg = f"run {run.id} takes rows of {len(names)} cells, ({', '.join(names)})"
        raise DataError(msg)
    return Table.of_rows("the rows", names, [[_text(cell) for cell in row] for row in cells])


def _text(cell: Any) -> str:
    """Return a cell as a table has it."""
    if cell is None or cell != cell:  # noqa: PLR0124 (not a number, and not a time)
        return ""
    if isinstance(cell, float | np.floating):
        number = float(cell)
        return str(int(number)) if number.is_integer() else repr(number)
    return str(cell)
