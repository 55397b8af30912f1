"""Reading rows to predict: the columns of a stored run, in any order."""

from __future__ import annotations

import contextlib
from collections import Counter
from itertools import compress
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nnlab.data.columns.cells import Cells
from nnlab.data.columns.encoders import UNKNOWN, Column
from nnlab.data.tables.problems import MISSING, describe_problems, shown
from nnlab.data.tables.rows import RaggedError
from nnlab.errors import DataError
from nnlab.formatting import pluralize

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from nnlab.data.tables.problems import Problem
    from nnlab.data.tables.table import Table
    from nnlab.data.types import Preprocessing


HOW_TO_SKIP = (
    "--skip-bad-rows (in Python skip_bad_rows=True) leaves these rows without an answer, and uses the "
    "others"
)


class NewRows(NamedTuple):
    """Rows to predict.

    Attributes:
        values: Their cells, ``(N, K)`` float64; see ``Column``.
        unknown: The cells of each column that are categories the run has never seen, counted.
        problems: What is wrong with cells, by column.
        faults: What is wrong with each row that cannot be used, by its number.
    """

    values: np.ndarray
    unknown: dict[str, Counter[str]]
    problems: list[Problem]
    faults: dict[int, list[str]]

    def note_problems(self, cells: Cells, column: Column, numbers: np.ndarray) -> None:
        """Note what is wrong with the cells of a column, as they are and as numbers ``(N,)``."""
        gap = None if column.is_imputed else cells.missing()
        for problem in filter(None, (gap, cells.wrong(column, numbers))):
            self.problems.append(problem._replace(fault="other", advice=""))
            for row in np.searchsorted(cells.table.lines, problem.lines).tolist():
                self.faults.setdefault(row, []).append(_fault(cells, row, problem))


@contextlib.contextmanager
def skipping_advised() -> Iterator[None]:
    """Say how to skip rows with too many or too few cells, if they are refused."""
    try:
        yield
    except RaggedError as error:
        msg = f"{error}\n  {HOW_TO_SKIP}"
        raise DataError(msg) from error


def are_good(num_rows: int, faults: Collection[int]) -> np.ndarray:
    """Return which rows can be used, ``(N,)``: those without a fault."""
    is_good = np.ones(num_rows, dtype=bool)
    is_good[list(faults)] = False
    return is_good


def read_new_rows(table: Table, preprocessing: Preprocessing) -> NewRows:
    """Read rows of a table for a stored run, all of which can be used; see ``examine_new_rows``.

    Raises:
        DataError: If columns are missing, or cells cannot be used; it lists all of them.
    """
    found = examine_new_rows(table, preprocessing)
    if found.problems:
        raise refusal(table.path, found.problems)
    return found


def examine_new_rows(
    table: Table, preprocessing: Preprocessing, broken: Mapping[int, int] | None = None
) -> NewRows:
    """Read rows of a table for a stored run: columns by name (case is ignored) in any order.

    Args:
        table: The rows; other columns are ignored.
        preprocessing: That of the run.
        broken: Lines that have more or fewer cells than there are columns; see ``parts_of``.

    Raises:
        DataError: If columns are missing.
    """
    columns = preprocessing.table_columns
    names = _matching(table, [column.name for column in columns])
    found = NewRows(np.empty((len(table), len(columns))), {}, [], {})
    for i, (name, column) in enumerate(zip(names, columns, strict=True)):
        cells = Cells(table, name, column.missing_words)
        found.values[:, i] = cells.numbers(column)
        found.note_problems(cells, column, found.values[:, i])
        strangers = (
            compress(cells.texts, found.values[:, i] == UNKNOWN) if column.categories else ()
        )
        if counted := Counter(strangers):
            found.unknown[column.name] = counted
    for row, line in enumerate(table.lines.tolist() if broken else ()):
        if broken and line in broken:
            cells_in_line = pluralize(broken[line], "cell")
            found.faults[row] = [f"it has {cells_in_line}, but the header has {len(table.columns)}"]
    return found


def _fault(cells: Cells, row: int, problem: Problem) -> str:
    """Return what is wrong with a cell."""
    if problem.text == MISSING[0]:
        return f"{cells.name} {problem.text}"
    return f"{cells.name}: {shown(cells.texts[row])} {problem.text}"


def refusal(path: str, problems: Sequence[Problem], total: int | None = None) -> DataError:
    """Return the error about rows that cannot be used.

    Args:
        path: Where they are from.
        problems: What is wrong, for each part of the rows.
        total: Number of rows, if they have several parts.
    """
    merged: dict[tuple[str, str], Problem] = {}
    for problem in problems:
        known = merged.setdefault((problem.column, problem.text), problem)
        if known is not problem:
            lines = np.concatenate([known.lines, problem.lines])
            known = known._replace(lines=lines)
        merged[problem.column, problem.text] = known._replace(total=total or known.total)
    text = describe_problems(path, [*merged.values()])
    return DataError(f"{text}\n  {HOW_TO_SKIP}")


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
