"""A table that says itself how it is split: by a column, or by lying in several files."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from nnlab.data.columns.kinds import date_formats, to_days
from nnlab.data.splits.own_split import NAMES, OwnSplit, parts_of_words
from nnlab.data.tables.joined import PART_COLUMN, join
from nnlab.data.tables.reader import read_table
from nnlab.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nnlab.config.tables import CSVConfig
    from nnlab.data.tables.table import Table

logger = logging.getLogger(__name__)

Read = TypeVar("Read")
MAX_SHOWN = 40


def read_tables(config: CSVConfig, read: Callable[[Table], Read]) -> Read:
    """Read the rows of all files of an experiment as one table.

    Args:
        config: The files and how they are written.
        read: What is wanted of the table.

    Raises:
        DataError: What ``read`` raises, with the file that is to blame.
    """
    paths = {"train": config.path, "val": config.val_path, "test": config.test_path}
    tables = {name: read_table(p, config.table_format) for name, p in paths.items() if p}
    used = config.features and (*config.features, config.target)
    whole = join(tables, used or [n for n in tables["train"].columns if not config.is_dropped(n)])
    for note in whole.notes:
        logger.warning("%s: %s", whole.path, note)
    try:
        return read(whole)
    except DataError:
        for table in tables.values() if len(tables) > 1 else ():
            read(table)
        raise


def columns_of_split(config: CSVConfig, table: Table) -> set[str]:
    """Return the columns that say how a table is split, which are no features unless they are named.

    Raises:
        DataError: If there is no such column, or the target or a feature is one.
    """
    found = {PART_COLUMN} if config.files_of_splits else set()
    if config.split.own is None:
        return found
    key, name = config.split.own
    name = table.column(name)
    if name == table.column(config.target) or (key == "column" and name in (config.features or ())):
        msg = f"{table.path}: dataset.split.{key} is '{name}', which cannot be a feature or the target"
        raise DataError(msg)
    return found if name in (config.features or ()) else {*found, name}


def own_split(config: CSVConfig, table: Table) -> OwnSplit | None:
    """Return what a table says about its split; None if only the experiment does.

    Raises:
        DataError: If a cell of the column says nothing.
    """
    if config.files_of_splits:
        parts = np.array([NAMES.index(name) for name in table.texts(PART_COLUMN)])
        carved = {name for name in ("val", "test") if getattr(config, f"{name}_path") is None}
        return OwnSplit("part", parts, table.path, frozenset(carved))
    if config.split.own is None:
        return None
    key, name = config.split.own
    source = f"{table.path}, column '{name}'"
    match key:
        case "column":
            return OwnSplit("part", parts_of_words(table.texts(name), source), source)
        case "group":
            _, groups = np.unique(table.texts(name), return_inverse=True)
            return OwnSplit("group", groups, source)
        case _:
            return OwnSplit("time", _times(config, table, name, source), source)


def check_known_classes(
    own: OwnSplit | None, targets: np.ndarray, class_names: Sequence[str], where: str
) -> None:
    """Check that every class has an example to train on where the data say which rows train.

    Raises:
        DataError: With the labels that only other rows have.
    """
    if own is None or own.kind != "part":
        return
    trained = set(targets[own.values == 0].tolist())
    for part, name in enumerate(NAMES):
        counts = np.bincount(targets[own.values == part], minlength=len(class_names))
        if unknown := [i for i in np.flatnonzero(counts).tolist() if i not in trained]:
            shown = ", ".join(f"{class_names[i]!r} ({counts[i]:,})" for i in unknown[:8])
            msg = (
                f"{where}: labels of {name} that no row of train has: {shown}\n"
                f"nothing can be learned about them: correct the labels, or leave these rows out"
            )
            raise DataError(msg)


def _times(config: CSVConfig, table: Table, name: str, source: str) -> np.ndarray:
    """Return a column as numbers that grow with time, ``(N,)`` float64."""
    cells, values = table.texts(name), table.parsed(name).values
    if np.isfinite(values).all():
        return values
    form = config.of_column(name).date_format or config.date_format
    days = [to_days(cell, form) for cell in cells]
    formats = date_formats(cells) if form is None and None in days else []
    if len(formats) == 1:
        days = [to_days(cell, formats[0]) for cell in cells]
    if None in days:
        wrong = cells[days.index(None)]
        advice = "write dates like 2024-12-31, or give dataset.date_format"
        if formats:
            advice = f"dataset.date_format={' or '.join(map(repr, formats))} reads it"
        msg = f"{source}: {wrong[:MAX_SHOWN]!r} is no number and no date; {advice}"
        raise DataError(msg)
    return np.array(days, dtype=np.float64)
