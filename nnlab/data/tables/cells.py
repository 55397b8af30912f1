"""Columns of cells, stored as bytes: about as many as in the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

# No table has this character: reading refuses it.
END = "\0"
Block = bytes


def has_content(cells: Sequence[str]) -> bool:
    """Return whether any cell has more than blanks."""
    return bool(cells) and bool(cells[0].strip() or "".join(cells).strip())


def pack(cells: Iterable[str]) -> Block:
    """Return cells as one block.

    Raises:
        UnicodeEncodeError: If a cell has half of a surrogate pair.
    """
    return END.join(cells).encode()


def unpack(block: Block) -> list[str]:
    """Return the cells of a block, without blanks around them."""
    return [cell.strip() for cell in block.decode().split(END)]


def unpack_all(blocks: Sequence[Block]) -> Iterator[str]:
    """Yield the cells of all blocks."""
    for block in blocks:
        yield from unpack(block)
