"""What is wrong in the cells of a table: all of it, counted by column, and what can be done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from nnlab.formatting import pluralize

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

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


def describe_problems(path: str, problems: Sequence[Problem]) -> str:
    """Return what is wrong in a table, by column, and what can be done.

    Args:
        path: The table.
        problems: At least one.
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
    return "\n".join([*head, *(f"  {line}" for line in _advice(problems))])


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


def _advice(problems: Sequence[Problem]) -> Iterator[str]:
    """Yield what can be done, by the kind of fault."""
    if missing := _of(problems, "missing"):
        yield from _about_missing(missing)
    if wrong := _of(problems, "wrong"):
        yield f"dataset.columns.{wrong[0].column}=category if they are categories"
        yield "dataset.missing_words=[WORD,...] for words that stand for a missing cell"
    if many := _of(problems, "many"):
        yield f"dataset.columns.{many[0].column}=category to use them all the same"
    yield from (problem.advice for problem in problems if problem.advice)
    droppable = [p.column for p in problems if p.fault not in {"target", "new"}]
    if names := list(dict.fromkeys(droppable)):
        listed = ",".join(names[:MAX_NAMES]) + (",..." if len(names) > MAX_NAMES else "")
        yield f"dataset.drop=[{listed}] leaves out {'these columns' if names[1:] else 'the column'}"


def _about_missing(problems: Sequence[Problem]) -> Iterator[str]:
    yield "dataset.missing=median (or mean, most_frequent) fills in missing cells"
    rows = len({line for problem in problems for line in problem.cells})
    yield f"dataset.missing=drop leaves out the {pluralize(rows, 'row')} with such cells"
    words = {cell for problem in problems for cell in problem.cells.values() if cell}
    if words:
        listed = ", ".join(sorted(words)[:MAX_PLACES])
        yield f"dataset.missing_words=[] if {listed} are values of their own"


def _of(problems: Sequence[Problem], fault: Fault) -> list[Problem]:
    return [problem for problem in problems if problem.fault == fault]
