"""Columns of cells, stored as bytes: about as many as in the file.

A block has the cells of some rows: texts, or numbers as Parquet files have them.
"""

from __future__ import annotations

from itertools import compress
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from rich.filesize import decimal

from nnlab.errors import DataError
from nnlab.storage.memory import available_host_memory

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# No table has this character: reading refuses it.
END = "\0"
Block = bytes | memoryview
# Large enough that the system takes it back as soon as it is not used.
ARENA_BYTES = 1 << 26


def pack(cells: Iterable[str]) -> bytes:
    """Return cells as one block.

    Raises:
        UnicodeEncodeError: If a cell has half of a surrogate pair.
    """
    return END.join(cells).encode()


def unpack(block: Block) -> list[str]:
    """Return the cells of a block as text, without blanks around them; NaN is empty."""
    if has_numbers(block):
        return ["" if number != number else str(number) for number in block]  # noqa: PLR0124
    return [cell.strip() for cell in bytes(block).decode().split(END)]


def has_numbers(block: Block) -> bool:
    """Return whether the cells of a block are stored as numbers."""
    return isinstance(block, memoryview) and block.format != "B"


def num_cells(block: Block) -> int:
    """Return the number of cells of a block."""
    return len(block) if has_numbers(block) else bytes(block).count(END.encode()) + 1


def is_blank(block: Block) -> bool:
    """Return whether all cells of a block are empty."""
    if has_numbers(block):
        return bool(np.isnan(block).all())
    return not bytes(block).strip(b"\0 \t")


def select_cells(block: Block, is_kept: np.ndarray) -> Block:
    """Return the cells of a block where ``is_kept``, ``(N,)`` bool, is true."""
    if has_numbers(block):
        numbers: np.ndarray = np.asarray(block)[is_kept]
        return numbers.data
    return pack(compress(unpack(block), is_kept))


def has_content(cells: Sequence[str]) -> bool:
    """Return whether any cell has more than blanks."""
    return bool(cells) and bool(cells[0].strip() or "".join(cells).strip())


class Arena:
    """Memory for the blocks of one table; millions of small objects would cost several times it."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._current = np.empty(0, np.uint8).data
        self._num_bytes = 0

    def keep(self, block: Block) -> Block:
        """Copy a block into the memory.

        Raises:
            DataError: If there is not enough memory.
        """
        content = memoryview(block)
        if content.nbytes > len(self._current):
            size = max(ARENA_BYTES, content.nbytes)
            self._num_bytes += size
            check_memory(self._path, "its cells", size, self._num_bytes)
            self._current = np.empty(size, np.uint8).data
        kept, self._current = self._current[: content.nbytes], self._current[content.nbytes :]
        kept[:] = content.cast("B")
        # The stubs know no format that is only found out while running.
        return kept.toreadonly().cast(cast("Any", content.format))


def check_memory(path: str, what: str, size: int, total: int | None = None) -> None:
    """Check that something fits into memory, before it is allocated.

    Args:
        path: The table.
        what: What needs the memory.
        size: How much more it needs [byte].
        total: How much it needs altogether, if that is more.

    Raises:
        DataError: With the sizes.
    """
    available = available_host_memory()
    if available is not None and size > available:
        msg = (
            f"{path} is too large: {what} need {decimal(total or size)} of memory, and "
            f"{decimal(available)} more is available; take fewer rows or columns"
        )
        raise DataError(msg)
