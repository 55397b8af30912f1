"""Guessing what a table is for: its target, the kinds of its columns, and what to leave out."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nnlab.config.columns import MISSING_WORDS
from nnlab.data.columns.cells import Cells
from nnlab.data.columns.kinds import find_kind, guess_date_format, to_days
from nnlab.data.columns.row_numbers import is_unnamed, numbers_rows, why_left_out
from nnlab.data.labels import in_order
from nnlab.data.tables.reader import read_table
from nnlab.data.targets import is_quantity
from nnlab.errors import DataError

if TYPE_CHECKING:
    from nnlab.config.table_format import TableFormat
    from nnlab.data.tables.table import Table

# A few other texts in a column of numbers stand for missing ones.
MAX_WORDS, MAX_WORD_FRACTION = 3, 0.2
MAX_SHOWN = 4


class ColumnGuess(NamedTuple):
    """How a column can be used.

    Attributes:
        name: Its name.
        kind: Its kind; None if it is left out.
        note: What is in it, or why it is left out.
        options: What the experiment has to say about it; empty if it is found from the cells.
        num_missing: Number of missing cells.
        words: Texts in it that stand for missing cells, besides the usual ones.
    """

    name: str
    kind: str | None
    note: str
    options: dict[str, str]
    num_missing: int
    words: frozenset[str]


@dataclass(frozen=True)
class Guess:
    """How a table can be read.

    Attributes:
        table: The table.
        section: The section ``dataset`` of an experiment on it.
        columns: Its feature columns, and those that are left out.
        target_note: What is in the target.
        class_counts: Rows of each class by name; empty for a quantity.
    """

    table: Table
    section: dict[str, object]
    columns: list[ColumnGuess]
    target_note: str
    class_counts: dict[str, int] = field(default_factory=dict)

    @property
    def left_out(self) -> dict[str, str]:
        """Why columns are not used, by name."""
        return {column.name: column.note for column in self.columns if column.kind is None}


def guess_table(path: str, given: dict[str, object], written: TableFormat) -> Guess:
    """Return a section ``dataset`` that reads a table.

    The target is the last column unless it is given, and a target of many different numbers is a
    quantity. Columns without information about new rows are left out.

    Args:
        path: The table.
        given: Keys of the section that the user has set.
        written: How the table is written.

    Raises:
        DataError: If the file is not a table, or has no column besides the target.
    """
    table = read_table(path, written)
    target = table.column(str(given.get("target", table.columns[-1])))
    chosen = given.get("features", [name for name in table.columns if name != target])
    names = [table.column(str(name)) for name in chosen] if isinstance(chosen, list) else []
    columns = [_column(table, name, given) for name in names]
    if not any(column.kind for column in columns):
        reasons = "; ".join(f"{column.name}: {column.note}" for column in columns)
        msg = (
            f"{path}: no column besides the target '{target}' is a feature; {reasons or 'no other'}"
        )
        raise DataError(msg)
    cells = Cells(table, target, frozenset())
    counts = Counter(cells.known)
    quantity = given.get("task", "regression" if is_quantity(list(counts), len(table)) else "")
    section = {
        "name": "csv",
        "path": path,
        "target": target,
        "task": quantity or "classification",
        **_policies(table, columns, cells),
    }
    note, classes = _target(cells, counts, section["task"] == "regression")
    return Guess(table, {**section, **given}, columns, note, classes)


def _policies(table: Table, columns: list[ColumnGuess], target: Cells) -> dict[str, object]:
    """Return what a section has to say about columns and missing cells."""
    section: dict[str, object] = {}
    dropped = [c.name for c in columns if c.kind is None and not is_unnamed(c.name)]
    options = {column.name: dict(column.options) for column in columns if column.options}
    if target.is_missing.any():
        options[target.name] = {"missing": "drop"}
    if dropped:
        section["drop"] = dropped
    if options:
        section["columns"] = options
    if any(column.num_missing for column in columns if column.kind):
        section["missing"] = "median"
    if words := frozenset[str]().union(*(column.words for column in columns if column.kind)):
        section["missing_words"] = [*MISSING_WORDS, *sorted(words)]
    return section


def _target(cells: Cells, counts: Counter[str], is_number: bool) -> tuple[str, dict[str, int]]:
    gaps = int(cells.is_missing.sum())
    lacking = f"; {gaps:,} rows without it are left out" if gaps else ""
    if is_number:
        known = cells.parsed.values[cells.is_number]
        low, high = (known.min(), known.max()) if len(known) else (np.nan, np.nan)
        return f"from {low:g} to {high:g}{lacking}", {}
    classes = {name: counts[name] for name in in_order(counts)}
    return f"{len(classes):,} classes{lacking}", classes


def _column(table: Table, name: str, given: dict[str, object]) -> ColumnGuess:
    """Return how a column can be used."""
    cells = Cells(table, name, frozenset(MISSING_WORDS))
    reason = why_left_out(cells, is_first=table.columns[0] == name) if is_unnamed(name) else None
    reason = reason or _why_useless(cells)
    if reason is None:
        words = _words(cells)
        found = _kind(
            Cells(table, name, words.union(MISSING_WORDS)), str(given.get("date_format", ""))
        )
        if isinstance(found, ColumnGuess):
            return found._replace(words=words)
        reason = found
    return ColumnGuess(name, None, reason, {}, 0, frozenset())


def _why_useless(cells: Cells) -> str | None:
    if cells.is_missing.all():
        return "all cells are missing"
    if cells.is_number[~cells.is_missing].all():
        values = cells.parsed.values[cells.is_number]
        if len(np.unique(values)) == 1:
            return f"is always {values[0]:g}"
        return numbers_rows(cells.name, values)
    known = set(cells.known)
    return f"is always {next(iter(known))}" if len(known) == 1 else None


def _words(cells: Cells) -> frozenset[str]:
    """Return the few texts among numbers, in lower case."""
    others = np.flatnonzero(~cells.parsed.is_number & ~cells.is_missing)
    if not len(others) or len(others) > MAX_WORD_FRACTION * len(cells.table):
        return frozenset()
    words = frozenset(cells.texts[row].casefold() for row in others.tolist())
    return words if len(words) <= MAX_WORDS else frozenset()


def _kind(cells: Cells, date_format: str) -> ColumnGuess | str:
    """Return the kind of a column, or why it has none."""
    gaps = int(cells.is_missing.sum())

    def of(kind: str, note: str, /, **options: str) -> ColumnGuess:
        return ColumnGuess(cells.name, kind, note, options, gaps, frozenset())

    numbers = cells.parsed.values[cells.is_number]
    if len(numbers) == len(cells.table) - gaps:
        code = _code_among(cells.known)
        if code and not cells.no_categories():
            return of("category", _counted(cells.known), kind="category")
        doubt = f"; drop it if {code} is a code" if code else ""
        return of("number", f"from {numbers.min():g} to {numbers.max():g}{doubt}")
    known = cells.known
    kind = find_kind(known, date_format or None)
    if kind == "boolean":
        return of(kind, _counted(known))
    if all(to_days(cell, date_format or None) is not None for cell in known):
        return of("date", f"from {min(known)} to {max(known)}")
    if found := guess_date_format(known):
        return of("date", f"such as {known[0]}", date_format=found)
    if problem := cells.no_categories():
        return f"{problem.text}; {problem.advice}" if problem.advice else problem.text
    # The reader would take these cells for numbers or dates with mistakes.
    is_found = kind == "category" and 2 * len(numbers) < len(known)
    return of("category", _counted(known), **({} if is_found else {"kind": "category"}))


def _code_among(known: list[str]) -> str:
    """Return the first of some numbers that is written as a code, such as 01099; empty for none."""
    return next((text for text in known if text[0] == "0" and text.isdigit() and len(text) > 1), "")


def _counted(known: list[str]) -> str:
    """Return the most frequent texts with their numbers of rows."""
    counts = Counter(known)
    shown = [f"{text} {count:,}" for text, count in counts.most_common(MAX_SHOWN)]
    shown += ["..."] if len(counts) > MAX_SHOWN else []
    return f"{len(counts)} different: {', '.join(shown)}"
