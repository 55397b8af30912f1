"""What is wrong in the cells of a table: all of it, counted by column, and what can be done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from nnlab.config.key_paths import setting
from nnlab.formatting import pluralize

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from nnlab.config.columns import ColumnsConfig

Fault = Literal["missing", "empty", "target", "wrong", "many", "new"]
MISSING = ("is missing", "are missing")
MAX_CELL = 40
MAX_PLACES = 3
MAX_NAMES = 20


class Problem(NamedTuple):
    """What is wrong in a column.

    Attributes:
        column: Its name.
        fault: missing: cells are missing; empty: all are; target: those of the target are; wrong:
            they are not of the column's kind; many: there are too many categories; new: any of
            these in rows to predict.
        text: What is wrong with one cell, or with all together.
        plural: What is wrong with several cells.
        cells: The cells to blame by their lines; none if it is all together.
        total: Number of cells in the column.
        advice: What can be done, besides what always can.
    """

    column: str
    fault: Fault
    text: str
    plural: str = ""
    cells: Mapping[int, str] = {}
    total: int = 0
    advice: str = ""


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
        head = [f"{path}: {columns} cannot be used as they are"]
        head += [f"  '{problem.column}': {_text(problem)}" for problem in problems]
    elif len(first.cells) == 1:
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
    places = list(problem.cells.items())[:MAX_PLACES]
    listed = [f"line {line}: {shown(cell)}" for line, cell in places]
    listed += ["..."] if len(problem.cells) > MAX_PLACES else []
    count = f"{len(problem.cells):,} of {pluralize(problem.total, 'cell')}"
    verb = problem.text if len(problem.cells) == 1 else problem.plural
    return f"{count} {verb} ({', '.join(listed)})"


def shown(cell: str) -> str:
    """Return the beginning of a cell for a message."""
    return repr(cell[:MAX_CELL]) if cell else "empty"


def _advice(problems: Sequence[Problem], config: ColumnsConfig | None) -> Iterator[str]:
    """Yield what can be done, by the kind of fault."""
    if config is None:
        return
    if missing := _of(problems, "missing"):
        yield from _about_missing(missing)
    if wrong := _of(problems, "wrong"):
        yield f"{_as_categories(wrong)} if they are categories"
        yield _about_words(wrong, config)
    if many := _of(problems, "many"):
        yield f"{_as_categories(many)} to use them all the same"
    yield from (problem.advice for problem in problems if problem.advice)
    droppable = [p.column for p in problems if p.fault != "target"]
    if names := list(dict.fromkeys(droppable)):
        what = "the column" if len(names) == 1 else "these columns"
        what = f"the first {MAX_NAMES} of {what}" if len(names) > MAX_NAMES else what
        listed = dict.fromkeys([*config.drop, *names[:MAX_NAMES]])
        yield f"{setting('dataset', 'drop', value=[*listed])} leaves out {what}"


def _as_categories(problems: Sequence[Problem]) -> str:
    names = list(dict.fromkeys(problem.column for problem in problems))[:MAX_PLACES]
    return " ".join(setting("dataset", "columns", name, value="category") for name in names)


def _about_words(problems: Sequence[Problem], config: ColumnsConfig) -> str:
    cells = {cell for problem in problems for cell in problem.cells.values()}
    if len(cells) > MAX_PLACES:
        return "dataset.missing_words lists words that stand for a missing cell"
    words = [*sorted(config.words_for_missing), *sorted(cells)]
    return f"{setting('dataset', 'missing_words', value=words)} if they stand for a missing cell"


def _about_missing(problems: Sequence[Problem]) -> Iterator[str]:
    yield "dataset.missing=median (or mean, most_frequent) fills in missing cells"
    rows = len({line for problem in problems for line in problem.cells})
    yield f"dataset.missing=drop leaves out the {pluralize(rows, 'row')} with such cells"
    words = {cell for problem in problems for cell in problem.cells.values() if cell}
    if words:
        listed = ", ".join(sorted(words)[:MAX_PLACES])
        yield f"'dataset.missing_words=[]' if {listed} are values of their own"


def _of(problems: Sequence[Problem], fault: Fault) -> list[Problem]:
    return [problem for problem in problems if problem.fault == fault]
