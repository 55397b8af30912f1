"""From the bytes of a table to its lines of text."""

from __future__ import annotations

import codecs
import io
from typing import IO, TYPE_CHECKING

from nnlab.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator

BLOCK_BYTES = 1 << 18
MAX_LINE = 100_000_000
# The mark of UTF-32 begins with that of UTF-16.
MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


def encoding_of(start: bytes, given: str) -> str:
    """Return the encoding of a file.

    Args:
        start: Its first bytes; a mark there counts more than what is given.
        given: ``auto``, or the name of an encoding.
    """
    for mark, encoding in MARKS.items():
        if start.startswith(mark):
            return encoding
    return "utf-8" if given == "auto" else given


def lines_of(name: str, content: IO[bytes], encoding: str) -> Iterator[str]:
    """Yield each line with its ending: a newline, a carriage return, or both.

    Raises:
        DataError: If the bytes are not text of the encoding, or not lines.
    """
    rest = ""
    for block in _decoded(name, content, encoding):
        text = rest + block
        end = max(text.rfind("\n"), text.rfind("\r", 0, -1)) + 1
        yield from io.StringIO(text[:end], newline="")
        rest = text[end:]
        if len(rest) > MAX_LINE:
            msg = f"{name}: a line is longer than {MAX_LINE:,} characters: this is not a table"
            raise DataError(msg)
    yield from io.StringIO(rest, newline="")


def _decoded(name: str, content: IO[bytes], encoding: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)()
    num_bytes, num_lines = 0, 0
    while True:
        block = content.read(BLOCK_BYTES)
        num_pending = len(decoder.getstate()[0])
        try:
            text = decoder.decode(block, final=not block)
        except UnicodeError as error:
            _check_utf_16(name, block)
            first = num_bytes - num_pending
            raise _not_text(name, encoding, error, first, num_lines) from error
        if "\0" in text:
            _check_utf_16(name, block)
            line = num_lines + text[: text.index("\0")].count("\n") + 1
            msg = f"{name}, line {line}: a NUL character; this is not a table, or it is damaged"
            raise DataError(msg)
        num_bytes += len(block)
        num_lines += text.count("\n")
        if text:
            yield text
        if not block:
            return


def _not_text(
    name: str, encoding: str, error: UnicodeError, first: int, num_lines: int
) -> DataError:
    """Return the error about bytes that the encoding does not have.

    Args:
        name: The file.
        encoding: How it was read.
        error: What the decoder says.
        first: Position of the first byte that the decoder was given.
        num_lines: Number of lines before it.
    """
    called = encoding.upper().removesuffix("-SIG")
    if not isinstance(error, UnicodeDecodeError):
        return DataError(f"{name} is not {called} text: {error}")
    line = num_lines + error.object[: error.start].count(b"\n") + 1
    place = f"byte 0x{error.object[error.start]:02x} in line {line} (byte {first + error.start:,})"
    advice = (
        "; dataset.encoding=cp1252 (older Windows programs) or latin-1 may read it, or save the "
        "table as UTF-8"
        if called == "UTF-8"
        else "; dataset.encoding=NAME is the encoding it was saved in"
    )
    return DataError(f"{name} is not {called} text: {place}{advice}")


def _check_utf_16(name: str, block: bytes) -> None:
    """Check that bytes do not look like UTF-16, in which every second byte of most texts is zero.

    Raises:
        DataError: If they do.
    """
    zeros = [block[i::2].count(0) for i in (0, 1)]
    for zero, other, encoding in ((1, 0, "utf-16-le"), (0, 1, "utf-16-be")):
        if zeros[zero] > len(block) // 4 and zeros[other] < zeros[zero] // 8 + 1:
            msg = f"{name} looks like UTF-16 without a mark; dataset.encoding={encoding} reads it"
            raise DataError(msg)
