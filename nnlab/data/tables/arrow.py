"""Arrow and Feather files, read through pyarrow (the extra ``parquet``).

Source: https://arrow.apache.org/docs/format/Columnar.html - a file begins with ARROW1, a stream with a
message whose length follows four bytes of ones.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from nnlab.data.tables.parquet import columns_of, imported, part_of
from nnlab.data.tables.rows import CELLS_PER_PART, Part
from nnlab.errors import DataError

if TYPE_CHECKING:
    import io
    from collections.abc import Iterator

ARROW_FILE, ARROW_STREAM = b"ARROW1", b"\xff\xff\xff\xff"
WHAT = "an Arrow file"


def is_arrow(start: bytes) -> bool:
    """Return whether a file begins as an Arrow file or stream does."""
    return start.startswith((ARROW_FILE, ARROW_STREAM))


def arrow_parts(name: str, file: io.BufferedReader) -> Iterator[Part]:
    """Yield the rows of an Arrow or Feather file in parts; row i counts as line i, from 1.

    Raises:
        DataError: If pyarrow is not installed, the file is damaged, or a column is nested or binary.
    """
    first = 1
    columns: list[str] = []
    for batch in arrow_batches(name, file):
        columns = columns or columns_of(name, batch.schema)
        size = max(CELLS_PER_PART // len(columns), 1) if columns else 1
        for start in range(0, batch.num_rows, size):
            piece = batch.slice(start, size)
            yield part_of(name, columns, piece, first)
            first += piece.num_rows
    if first == 1:
        msg = f"{name}: needs at least one column and one row"
        raise DataError(msg)


def arrow_batches(name: str, file: io.BufferedReader) -> Iterator[Any]:
    """Yield the record batches of an Arrow file or stream, validated.

    Raises:
        DataError: If pyarrow is not installed, or the file is damaged.
    """
    pa = imported(name, WHAT)
    with _errors_of(name, pa):
        if not file.peek(len(ARROW_FILE)).startswith(ARROW_FILE):
            for batch in pa.ipc.open_stream(file):
                batch.validate(full=True)
                yield batch
            return
        if not file.seekable():
            msg = f"{name}: an Arrow file cannot be read from a pipe"
            raise DataError(msg)
        opened = pa.ipc.open_file(file)
        for number in range(opened.num_record_batches):
            batch = opened.get_batch(number)
            batch.validate(full=True)
            yield batch


@contextlib.contextmanager
def _errors_of(name: str, pa: Any) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError, ValueError, OverflowError, MemoryError) as error:
        reason = (str(error).splitlines() or ["it is cut off"])[0][:200]
        msg = f"{name} is a damaged Arrow file: {reason}"
        raise DataError(msg) from error
