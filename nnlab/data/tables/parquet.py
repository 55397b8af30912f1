"""Parquet files, read through pyarrow (the extra ``parquet``)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlab.data.tables.cells import END, pack
from nnlab.data.tables.header import check_unique, plain_name
from nnlab.data.tables.rows import CELLS_PER_PART, Part
from nnlab.errors import DataError
from nnlab.formatting import shorten

if TYPE_CHECKING:
    import io
    from collections.abc import Iterator

    from nnlab.data.tables.cells import Block

MAX_SHOWN = 3
BUFFER_BYTES = 1 << 20
# At the end of a time: no fraction of a second, and midnight.
ZEROS = re.compile(r"(?: 00:00:00)?(?:[.]0+)?$|[.]0+(?=Z$)")


def parquet_parts(name: str, file: io.BufferedReader) -> Iterator[Part]:
    """Yield the rows of a Parquet file in parts; row i counts as line i, from 1.

    Numbers stay numbers, and other cells are written as text; null and NaN are empty.

    Raises:
        DataError: If pyarrow is not installed, the file is damaged, or a column is nested or binary.
    """
    pa = imported(name, "a Parquet file")
    import pyarrow.parquet as pq

    if not file.seekable():
        msg = f"{name}: a Parquet file cannot be read from a pipe"
        raise DataError(msg)
    try:
        opened = pq.ParquetFile(file, memory_map=False, buffer_size=BUFFER_BYTES)
        columns = columns_of(name, opened.schema_arrow)
        if not opened.metadata.num_rows or not columns:
            msg = f"{name}: needs at least one column and one row"
            raise DataError(msg)
        size, first = max(CELLS_PER_PART // len(columns), 1), 1
        for batch in _batches(opened, size):
            yield part_of(name, columns, batch, first)
            first += batch.num_rows
        if first != opened.metadata.num_rows + 1:
            num_rows = f"{first - 1:,} rows instead of {opened.metadata.num_rows:,}"
            msg = f"{name} is a damaged Parquet file: {num_rows}"
            raise DataError(msg)
    except (pa.ArrowException, OSError, ValueError, OverflowError, MemoryError) as error:
        msg = f"{name} is a damaged Parquet file: {str(error).splitlines()[0][:200]}"
        raise DataError(msg) from error


def imported(name: str, what: str) -> Any:
    """Return pyarrow.

    Args:
        name: The file that needs it.
        what: What this is.

    Raises:
        DataError: If it is not installed.
    """
    try:
        import pyarrow as pa
    except ImportError as error:
        msg = f"{name} is {what}, which needs pyarrow: pip install 'nnlab[parquet]'"
        raise DataError(msg) from error
    return pa


def columns_of(name: str, schema: Any) -> list[str]:
    """Return the names of the columns of a table.

    Raises:
        DataError: If two have the same, or a column has no single value per row.
    """
    columns = [plain_name(field.name) for field in schema]
    _check_types(name, schema)
    check_unique(name, 1, columns)
    return columns


def part_of(name: str, columns: list[str], batch: Any, first: int) -> Part:
    """Return a batch as a part of a table whose first row has a number."""
    blocks = [[_block(name, column)] for column in batch.columns]
    return Part(columns, blocks, np.arange(first, first + batch.num_rows), ())


def _batches(opened: Any, size: int) -> Iterator[Any]:
    """Yield batches of so many rows; a reader keeps what it read of each of its row groups."""
    groups, num_rows = [], 0
    for group in range(opened.num_row_groups):
        groups.append(group)
        num_rows += opened.metadata.row_group(group).num_rows
        if num_rows >= size:
            yield from opened.iter_batches(batch_size=size, row_groups=groups)
            groups, num_rows = [], 0
    if groups:
        yield from opened.iter_batches(batch_size=size, row_groups=groups)


def _check_types(name: str, schema: Any) -> None:
    """Check that every column has one number, text, date or truth value per row.

    Raises:
        DataError: With all columns that do not.
    """
    import pyarrow as pa

    def is_flat(kind: Any) -> bool:
        if pa.types.is_dictionary(kind):
            return is_flat(kind.value_type)
        return not (pa.types.is_nested(kind) or "binary" in str(kind))

    bad = [f"'{field.name}' ({field.type})" for field in schema if not is_flat(field.type)]
    if bad:
        shown = shorten(bad, MAX_SHOWN)
        msg = f"{name}: columns must hold numbers, text, dates or truth values, not {shown}"
        raise DataError(msg)


def _values(column: Any) -> list[Any]:
    """Return the values of a column; times as text, because Python's have no nanoseconds."""
    import pyarrow as pa

    if pa.types.is_duration(column.type):
        column = column.cast(pa.int64())
    values: list[Any]
    if pa.types.is_timestamp(column.type) or pa.types.is_time(column.type):
        texts = column.cast(pa.string()).to_pylist()
        values = [text and ZEROS.sub("", text) for text in texts]
    else:
        values = column.to_pylist()
    return values


def _block(name: str, column: Any) -> Block:
    if _is_kept_as_numbers(column):
        numbers: np.ndarray = column.to_numpy(zero_copy_only=False)
        return numbers.data
    cells = [_cell(value) for value in _values(column)]
    block = pack(cells)
    if block.count(END.encode()) != len(cells) - 1:
        msg = f"{name}: a text has a NUL character"
        raise DataError(msg)
    return block


def _is_kept_as_numbers(column: Any) -> bool:
    """Return whether the values of a column are numbers that take less memory than texts."""
    import pyarrow as pa

    is_whole = pa.types.is_integer(column.type) and not column.null_count
    is_number = is_whole or pa.types.is_floating(column.type)
    return bool(is_number and column.type.bit_width >= 32)


def _cell(value: Any) -> str:
    """Return a value as text that reads back to the same value; empty for null and NaN."""
    if value is None or value != value:  # noqa: PLR0124 - NaN, also a decimal one
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)
