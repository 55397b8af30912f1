"""Rules about the columns of a table: numbered rows, too many categories, the same one twice, -999."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnlab.check.order import is_time
from nnlab.check.rule import Flaw, rule
from nnlab.data.columns.cells import MAX_CATEGORIES
from nnlab.data.columns.row_numbers import numbers_rows
from nnlab.data.columns.sentinels import sentinels
from nnlab.data.labels import groups_of_same, quoted
from nnlab.formatting import shorten

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np

    from nnlab.check.rule import Subject
    from nnlab.data.columns.encoders import Column
MAX_SHOWN = 4


@rule(
    "NL112",
    "a column numbers the rows",
    why="A row number or a key says nothing about a new row, but it tells the rows of a table apart. "
    "The model learns the order in which they were collected, often by class, and its score on "
    "rows of the same table is too good.",
    fix="dataset.drop: [COLUMN]; if its values mean something in new rows, ignore the rule",
    reads_data=True,
    in_training=True,
)
def _row_numbers(subject: Subject) -> Iterator[Flaw]:
    for column, values in _columns(subject):
        if column.kind == "number" and is_time(column.name):
            continue  # see NL119
        is_text = column.kind == "category"
        reason = _unique_texts(column, values) if is_text else numbers_rows(column.name, values)
        if reason is not None and column.kind in {"number", "category"}:
            yield Flaw(("dataset",), f"the column {column.name} {reason}")


def _unique_texts(column: Column, values: np.ndarray) -> str | None:
    return "has another text in every row" if len(column.categories) == len(values) else None


@rule(
    "NL113",
    "a column with many categories",
    why="One-hot encoding makes an input of each category. With few rows of each, their weights are "
    "fitted to single rows, and most categories of new rows are unknown.",
    fix="dataset.columns: {COLUMN: {encode: ordinal}}, or dataset.drop; or merge rare categories",
    reads_data=True,
    in_training=True,
)
def _many_categories(subject: Subject) -> Iterator[Flaw]:
    for column, values in _columns(subject):
        count = len(column.categories)
        if column.encode == "onehot" and count > MAX_CATEGORIES:
            message = f"the column {column.name} has {count:,} categories in {len(values):,} rows"
            yield Flaw(("dataset", "columns", column.name), f"{message}: {count:,} inputs")


@rule(
    "NL114",
    "categories that may be the same",
    why="Categories that differ only in case, blanks, invisible or look-alike characters, Unicode "
    "form or the spelling of a number or a truth value are inputs of their own. Each is then learned "
    "from a part of the rows.",
    fix="write each category in one way in the table",
    reads_data=True,
    in_training=True,
)
def _same_categories(subject: Subject) -> Iterator[Flaw]:
    for column, _ in _columns(subject):
        groups = groups_of_same(column.categories)
        if groups:
            shown = shorten([" and ".join(quoted(group)) for group in groups], MAX_SHOWN, "; ")
            yield Flaw(("dataset",), f"categories of {column.name} that may be the same: {shown}")


@rule(
    "NL115",
    "a number that may stand for a missing one",
    why="Programs write -999 or 9999 where a value is missing. As a number it lies far from the others: "
    "standardised, these are squeezed together, and means and predictions are wrong.",
    fix="dataset: {missing: median, missing_words: [WORD]} with the number as the table writes it; if it "
    "is a value, ignore the rule",
    reads_data=True,
    about_table=True,
    in_training=True,
)
def _sentinels(subject: Subject) -> Iterator[Flaw]:
    columns = [
        (column.name, values) for column, values in _columns(subject) if column.kind == "number"
    ]
    dataset, targets = subject.config.dataset, subject.data.examples.targets
    if dataset.task == "regression":
        columns.append((dataset.target_name, targets))
    for name, values in columns:
        for number, count in sentinels(values).items():
            text = f"{number} stands {count:,} times in {name}, far from the other numbers"
            yield Flaw(("dataset",), f"{text}; it may mean that they are missing")


def _columns(subject: Subject) -> Iterator[tuple[Column, np.ndarray]]:
    """Yield the columns of the user's table with their cells, ``(N,)``."""
    examples = subject.data.examples
    for i, column in enumerate(examples.columns):
        yield column, examples.inputs[:, i]
