"""Reading the user's tables, as a whole or in parts."""

from __future__ import annotations

import contextlib
import csv
from typing import TYPE_CHECKING

import numpy as np

from nnlab.config.table_format import UNKNOWN_FORMAT, TableFormat
from nnlab.data.tables.arrow import ARROW_FILE, arrow_parts, is_arrow
from nnlab.data.tables.cells import Arena
from nnlab.data.tables.decimals import find_style
from nnlab.data.tables.delimiters import find_dialect
from nnlab.data.tables.parquet import parquet_parts
from nnlab.data.tables.records import records
from nnlab.data.tables.rows import Part, parts_of, without_nameless
from nnlab.data.tables.source import PARQUET, content_of, digest_of, opened
from nnlab.data.tables.table import Table
from nnlab.data.tables.text import encoding_of, lines_of
from nnlab.errors import DataError

if TYPE_CHECKING:
    import io
    from collections.abc import Iterator
    from pathlib import Path

    from nnlab.data.tables.cells import Block
    from nnlab.data.tables.numbers import NumberStyle

SAMPLE_BYTES = 1 << 16
QUOTES = """
  a quote within a cell is written twice, ""
  dataset.escape='\\' reads one that is written as \\"
  dataset.delimiter is the character between cells, if it is another one
  dataset.skip_rows=N skips the N lines above the header"""


def read_table(
    path: str | Path,
    given: TableFormat = UNKNOWN_FORMAT,
    *,
    broken: dict[int, int] | None = None,
) -> Table:
    """Read a table.

    Args:
        path: The file: text, also compressed.
        given: How it is written.
        broken: See ``parts_of``.

    Raises:
        DataError: If it cannot be read, has no rows, or its rows have different numbers of cells.
    """
    arena = Arena(str(path))
    blocks: list[list[Block]] = []
    lines: list[np.ndarray] = []
    columns: list[str] = []
    notes: tuple[str, ...] = ()
    with opened(path) as file:
        sha256 = digest_of(file)
        for part in _parts(str(path), file, given, broken):
            blocks = blocks or [[] for _ in part.columns]
            for column, new in zip(blocks, part.blocks, strict=True):
                column.extend(map(arena.keep, new))
            lines.append(part.lines)
            columns, notes = part.columns, part.notes
    style, note = find_style(columns, blocks, given)
    notes = (*notes, note) if note else notes
    whole = Table(
        str(path), columns, blocks, np.concatenate(lines), sha256, style=style, notes=notes
    )
    return without_nameless(whole)


def read_parts(
    path: str | Path,
    given: TableFormat = UNKNOWN_FORMAT,
    *,
    file: io.BufferedReader | None = None,
    broken: dict[int, int] | None = None,
) -> Iterator[Table]:
    """Yield a table in parts of some rows each, so that memory does not grow with the file.

    Args:
        path: The file, or what its content is called in messages.
        given: How it is written.
        file: Its content, such as standard input, if it is not to be opened.
        broken: See ``parts_of``.

    Raises:
        DataError: If it cannot be read, has no rows, or its rows have different numbers of cells.
    """
    with opened(path) if file is None else contextlib.nullcontext(file) as source:
        style = None
        for part in _parts(str(path), source, given, broken):
            style = style or find_style(part.columns, part.blocks, given)[0]
            yield without_nameless(_part_table(str(path), part, style))


def _part_table(name: str, part: Part, style: NumberStyle) -> Table:
    columns, blocks, lines, notes = part
    return Table(name, columns, blocks, lines, sha256="", style=style, notes=notes)


def _parts(
    name: str, file: io.BufferedReader, given: TableFormat, broken: dict[int, int] | None
) -> Iterator[Part]:
    if file.peek(len(PARQUET)).startswith(PARQUET):
        yield from parquet_parts(name, file)
        return
    if is_arrow(file.peek(len(ARROW_FILE))):
        yield from arrow_parts(name, file)
        return
    content, about = content_of(name, file)
    encoding = encoding_of(content.peek(4), given.encoding)
    sample = content.peek(SAMPLE_BYTES)
    text = sample.decode(encoding, errors="ignore")
    is_whole = len(sample) < SAMPLE_BYTES
    text = text if is_whole else text[: text.rfind("\n") + 1] or text
    dialect, notes = find_dialect(text, given, is_whole=is_whole)
    rows = records(lines_of(name, content, encoding), dialect)
    with _errors_of_csv(name):
        notes = (*about, *notes)
        yield from parts_of(name, rows, dialect, notes, has_header=given.header, broken=broken)


@contextlib.contextmanager
def _errors_of_csv(name: str) -> Iterator[None]:
    try:
        yield
    except csv.Error as error:
        text, first, last = error.args
        is_open = text == "unexpected end of data"
        text = "a quote that is opened here is never closed" if is_open else text
        advice = QUOTES if is_open or "expected after" in text else ""
        msg = f"{name}, line {first if is_open else last}: {text}{advice}"
        raise DataError(msg) from error
