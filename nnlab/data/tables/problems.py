"""What is wrong in the cells of a table: all of it, counted by column, and what can be done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from nnlab.config.key_paths import setting
from nnlab.formatting import pluralize

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from nnlab.config.columns import ColumnsConfig
    from nnlab.data.tables.table import Table

Fault = Literal["missing", "empty", "target", "wrong", "many", "other"]
MISSING = ("is missing", "are missing")
NO_NUMBER = ("is not a number", "are not numbers")
TOO_LARGE = ("is too large", "are too large")
MAX_CELL = 40
MAX_PLACES = 3
MAX_NAMES = 20


class Problem(NamedTuple):
    """What is wrong in a column.

    Attributes:
        column: Its name.
        fault: missing: cells are missing; empty: all are; target: those of the target are; wrong:
            they are not of the column's kind; many: they are no categories; other: any of these
            where no key of the experiment helps.
        text: What is wrong with one cell, or with all together.
        plural: What is wrong with several cells.
        lines: ``(K,)``, the lines of the cells to blame; none if it is all together.
        cells: The first of these cells by their lines.
        words: Texts among these cells that stand for a missing one, or may do so.
        total: Number of cells in the column.
        advice: What can be done, besides what always can.
    """

    column: str
    fault: Fault
    text: str
    plural: str = ""
    lines: np.ndarray = np.empty(0, np.int64)
    cells: Mapping[int, str] = {}
    words: frozenset[str] = frozenset()
    total: int = 0
    advice: str = ""


def problem_of(
    table: Table, column: str, rows: np.ndarray, fault: Fault, faults: tuple[str, str]
) -> Problem:
    """Return the problem of some cells.

    Args:
        table: The table.
        column: Its column.
        rows: Numbers of the rows, ``(K,)``.
        fault: See ``Problem``.
        faults: What is wrong with one cell, and with several.
    """
    first = rows[:MAX_PLACES]
    places = table.lines[first].tolist()
    cells = dict(zip(places, table.cells_at(column, first), strict=True))
    return Problem(column, fault, *faults, table.lines[rows], cells, total=len(table))


def describe_problems(
    path: str, problems: Sequence[Problem], config: ColumnsConfig | None = None
) -> str:
    """Return what is wrong in a table, by column, and what can be done.

    Args:
        path: The table.
        problems: At least one.
        config: How its columns become features; None for rows to predict.
    """
    first = problems[0]
    if len(problems) > 1:
        columns = pluralize(len({problem.column for problem in problems}), "column")
        they = "it is" if columns == "1 column" else "they are"
        head = [f"{path}: {columns} cannot be used as {they}"]
        head += [f"  '{problem.column}': {_text(problem)}" for problem in problems]
    elif len(first.lines) == 1:
        ((line, cell),) = first.cells.items()
        fault = "stands for a missing cell" if first.text == MISSING[0] else first.text
        text = f"{shown(cell)} {fault}" if cell else "the cell is empty"
        head = [f"{path}, line {line}, column '{first.column}': {text}"]
    else:
        head = [f"{path}, column '{first.column}': {_text(first)}"]
    return "\n".join([*head, *(f"  {line}" for line in _advice(problems, config))])


def _text(problem: Problem) -> str:
    if not problem.cells:
        return problem.text
    listed = [f"line {line}: {shown(cell)}" for line, cell in problem.cells.items()]
    listed += ["..."] if len(problem.lines) > len(problem.cells) else []
    count = f"{len(problem.lines):,} of {pluralize(problem.total, 'cell')}"
    verb = problem.text if len(problem.lines) == 1 else problem.plural
    return f"{count} {verb} ({', '.join(listed)})"


def shown(cell: str) -> str:
    """Return the beginning of a cell for a message."""
    return repr(cell[:MAX_CELL]) if cell else "empty"


def _advice(problems: Sequence[Problem], config: ColumnsConfig | None) -> Iterator[str]:
    """Yield what can be done, by the kind of fault."""
    if missing := _of(problems, "missing"):
        yield from _about_missing(missing)
    if wrong := _of(problems, "wrong"):
        yield f"{_as_categories(wrong)} if they are categories"
        yield _about_words(wrong, config)
    if many := _of(problems, "many"):
        yield f"{_as_categories(many)} to use them all the same"
    yield from dict.fromkeys(problem.advice for problem in problems if problem.advice)
    droppable = [p.column for p in problems if p.fault not in {"target", "other"}]
    if names := list(dict.fromkeys(droppable)):
        what = "the column" if len(names) == 1 else "these columns"
        what = f"the first {MAX_NAMES} of {what}" if len(names) > MAX_NAMES else what
        listed = dict.fromkeys([*(config.drop if config else ()), *names[:MAX_NAMES]])
        yield f"{setting('dataset', 'drop', value=[*listed])} leaves out {what}"


def _as_categories(problems: Sequence[Problem]) -> str:
    names = list(dict.fromkeys(problem.column for problem in problems))[:MAX_PLACES]
    return " ".join(setting("dataset", "columns", name, value="category") for name in names)


def _about_words(problems: Sequence[Problem], config: ColumnsConfig | None) -> str:
    words = frozenset[str]().union(*(problem.words for problem in problems))
    if config is None or len(words) > MAX_PLACES:
        return "dataset.missing_words lists words that stand for a missing cell"
    listed = [*sorted(config.words_for_missing), *sorted(words)]
    return f"{setting('dataset', 'missing_words', value=listed)} if they stand for a missing cell"


def _about_missing(problems: Sequence[Problem]) -> Iterator[str]:
    yield "dataset.missing=median (or mean, most_frequent) fills in missing cells"
    rows = len(np.unique(np.concatenate([problem.lines for problem in problems])))
    yield f"dataset.missing=drop leaves out the {pluralize(rows, 'row')} with such cells"
    if words := frozenset[str]().union(*(problem.words for problem in problems)):
        listed = ", ".join(sorted(words)[:MAX_PLACES])
        yield f"'dataset.missing_words=[]' if {listed} are values of their own"


def _of(problems: Sequence[Problem], fault: Fault) -> list[Problem]:
    return [problem for problem in problems if problem.fault == fault]
