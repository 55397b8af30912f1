"""Several files as one table: training, validation and test rows that lie apart."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from nnlab.data.tables.cells import num_cells, pack
from nnlab.data.tables.decimals import has_point
from nnlab.data.tables.numbers import PLAIN_STYLE
from nnlab.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from nnlab.data.tables.cells import Block
    from nnlab.data.tables.numbers import NumberStyle
    from nnlab.data.tables.table import Table

# A column that the joined table has besides those of its files.
PART_COLUMN = "(file)"


def join(tables: Mapping[str, Table], needed: Collection[str]) -> Table:
    """Return the rows of several tables as one, with the name of each row's table in a column.

    Args:
        tables: Tables by name; columns are those of the first, found by name in the others.
        needed: Columns that every table must have.

    Raises:
        DataError: If a table lacks a column or has one that is needed, or numbers are written in different ways.
    """
    first, *others = tables.values()
    if not others:
        return first
    if PART_COLUMN in first.columns:
        msg = (
            f"{first.path}: a column is called '{PART_COLUMN}', which several files need; rename it"
        )
        raise DataError(msg)
    columns = [name for name in first.columns if all(_has(table, name) for table in others)]
    for name in map(first.column, needed):
        for table in others if name not in columns else ():
            table.column(_found(table, name))
    blocks = [
        [block for table in tables.values() for block in _blocks(table, _found(table, name))]
        for name in columns
    ]
    blocks.append(
        [
            pack([part] * num_cells(block))
            for part, table in tables.items()
            for block in table.blocks[0]
        ]
    )
    digests = "".join(table.sha256 for table in tables.values())
    paths = [table.path for table in tables.values()]
    return replace(
        first,
        path=f"{', '.join(paths[:-1])} and {paths[-1]}",
        columns=[*columns, PART_COLUMN],
        blocks=blocks,
        lines=np.concatenate([table.lines for table in tables.values()]),
        sha256=hashlib.sha256(digests.encode()).hexdigest(),
        style=_common_style(tables.values()),
        notes=tuple(note for table in tables.values() for note in table.notes),
    )


def _blocks(table: Table, column: str) -> list[Block]:
    return table.blocks[table.columns.index(column)]


def _found(table: Table, name: str) -> str:
    return table.matching([name])[0]


def _has(table: Table, name: str) -> bool:
    return _found(table, name) in table.columns


def _common_style(tables: Collection[Table]) -> NumberStyle:
    """Return how the numbers of all tables are written; one without points may be either way.

    Raises:
        DataError: If they are written in different ways.
    """
    styles = {table.style: table.path for table in tables if table.style != PLAIN_STYLE}
    if any(style.decimal == "," for style in styles):
        plain = [table for table in tables if table.style == PLAIN_STYLE]
        pointed = [table for table in plain if any(map(has_point, table.blocks))]
        styles |= {table.style: table.path for table in pointed}
    if len(styles) > 1:
        msg = (
            f"{' and '.join(styles.values())} write numbers in different ways; see dataset.decimal"
        )
        raise DataError(msg)
    return next(iter(styles), PLAIN_STYLE)
