"""Rules about the rows of a table: groups, times, parts of the target, outliers, constant columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nnlab.check.groups import group_column
from nnlab.check.leaks import parts_of
from nnlab.check.order import why_series
from nnlab.check.rule import Flaw, rule
from nnlab.check.units import is_code, unit_factor
from nnlab.formatting import format_fraction, pluralize, shorten

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nnlab.check.rule import Subject

MAX_SHOWN = 4
# A constant that is the least value of most columns is an empty pixel, or a word that is not there.
MOSTLY = 0.5
# A few rows with most of the squares.
FEW, MOST, MIN_ROWS = 0.01, 0.7, 25


@rule(
    "NL116",
    "a column that never changes",
    why="A constant says nothing about any row. It may be left over from a filter, or what should "
    "vary may have been lost when the table was written.",
    fix="dataset.drop: [COLUMN]",
    reads_data=True,
    about_table=True,
    in_training=True,
)
def _constant(subject: Subject) -> Iterator[Flaw]:
    data = subject.data
    trained = {name: column[data.indices.train] for name, column in data.columns.items()}
    lowest = {name: np.min(c) for name, c in trained.items() if len(np.unique(c)) > 1}
    constant = {name: c[0] for name, c in trained.items() if len(np.unique(c)) == 1}
    names = [
        name
        for name, value in constant.items()
        if sum(low == value for low in lowest.values()) <= MOSTLY * len(lowest)
    ]
    if names:
        shown = shorten(names, MAX_SHOWN)
        yield Flaw(("dataset",), f"the same value in all training rows: {shown}")


@rule(
    "NL117",
    "a few targets outweigh all others",
    why="A squared error counts a target that lies far out as much as thousands of others. The model "
    "then fits a few rows, which are often errors of the table, and r2 measures little else.",
    fix="correct or remove these rows, or predict the logarithm of the target",
    reads_data=True,
    about_table=True,
    in_training=True,
)
def _outliers(subject: Subject) -> Iterator[Flaw]:
    if subject.config.dataset.task != "regression":
        return
    targets = subject.data.examples.targets
    squares = np.sort(np.square(targets - np.median(targets)))[::-1]
    total = squares.sum()
    if not total > 0:
        return
    num_few = 1 + int(np.searchsorted(squares.cumsum(), MOST * total))
    if num_few <= FEW * len(targets) or num_few == 1 < len(targets) / MIN_ROWS:
        share = format_fraction(float(squares[:num_few].sum() / total), 0)
        far = targets[np.abs(targets - np.median(targets)).argmax()]
        message = (
            f"{pluralize(num_few, 'row')} of {len(targets):,} {'has' if num_few == 1 else 'have'} "
            f"{share} of the squared deviation of {subject.config.dataset.target_name} (up to {far:.4g})"
        )
        yield Flaw(("dataset", "target"), message)


@rule(
    "NL118",
    "a group in training and in test",
    why="Rows of the same patient, user or device are alike. If some of them train and others test, "
    "the model recognises the patient, and the score says nothing about new ones.",
    fix="dataset.split.group: COLUMN; its rows then stay together",
    reads_data=True,
    about_table=True,
    in_training=True,
)
def _divided_groups(subject: Subject) -> Iterator[Flaw]:
    dataset = subject.config.dataset
    if dataset.split.own is not None or dataset.files_of_splits:
        return
    found = group_column(dataset, subject.data)
    if found is not None:
        name, num_groups, num_rows = found
        message = (
            f"the column {name} has {num_groups:,} groups in {num_rows:,} rows, and the split divides "
            f"them"
        )
        yield Flaw(("dataset", "split"), message)


@rule(
    "NL119",
    "a time series split at random",
    why="Rows next to each other in time are nearly the same. A test row between two training rows is "
    "interpolated, and the score says nothing about the future.",
    fix="dataset.split.time: COLUMN, or of rows in order dataset.split.order: sequential",
    reads_data=True,
    about_table=True,
    in_training=True,
)
def _random_times(subject: Subject) -> Iterator[Flaw]:
    dataset = subject.config.dataset
    if dataset.split.order != "random" or dataset.split.own or dataset.files_of_splits:
        return
    reason = why_series(dataset, subject.data)
    if reason is not None:
        yield Flaw(("dataset", "split", "order"), f"{reason}, and the split is random")


@rule(
    "NL120",
    "the target is computed from features",
    why="A sum or a product of columns needs no model. If its parts are not known before the target "
    "is, the test score is that of an addition, and says nothing about the other features.",
    fix="dataset.drop: [PARTS], or predict something else",
    reads_data=True,
    about_table=True,
    in_training=True,
)
def _computed_target(subject: Subject) -> Iterator[Flaw]:
    data, dataset = subject.data, subject.config.dataset
    if dataset.task != "regression":
        return
    found = parts_of(
        {name: c for name, c in data.numbers.items() if len(c) == len(data.examples.targets)},
        data.examples.targets,
    )
    if found is not None:
        names, word = found
        shown = shorten(names, MAX_SHOWN)
        yield Flaw(("dataset", "features"), f"{dataset.target_name} is the {word} of {shown}")


@rule(
    "NL121",
    "a column in two units",
    why="Heights in metres and in centimetres in one column are two clusters a factor of 100 apart. "
    "What the column measures is then hidden behind its unit.",
    fix="convert the column to one unit",
    reads_data=True,
    about_table=True,
    in_training=True,
)
def _mixed_units(subject: Subject) -> Iterator[Flaw]:
    for name, column in subject.data.numbers.items():
        factor = unit_factor(column)
        if factor is not None:
            yield Flaw(("dataset",), f"two clusters in {name} differ by a factor of {factor:,}")


@rule(
    "NL122",
    "codes used as amounts",
    why="The number of a region or of a product is a name: 112 is not more than 101. As a number, it has "
    "an order and a distance that mean nothing.",
    fix="dataset.columns: {COLUMN: category}",
    reads_data=True,
    about_table=True,
    in_training=True,
)
def _codes(subject: Subject) -> Iterator[Flaw]:
    data = subject.data
    kinds = {column.name: column.kind for column in data.examples.columns}
    for name, column in data.columns.items():
        if kinds.get(name) == "number" and is_code(name, column):
            count = len(np.unique(column))
            yield Flaw(
                ("dataset", "columns"), f"{name} has {count:,} codes, which are used as amounts"
            )
