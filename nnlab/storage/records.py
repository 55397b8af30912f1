"""One line of metrics.jsonl at a time, as strictly as all of them are read, and faster."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

from nnlab.storage.json_lines import MAX_LINE_BYTES
from nnlab.storage.untrusted import MAX_DEPTH, load_json

if TYPE_CHECKING:
    from nnlab.storage.schemas import Record

# Text in which the strict reader finds nothing that another would let pass: no escapes, no constants
# such as NaN, no numbers that could be too large for a float64.
PLAIN = re.compile(rb"[ !\"+-.0-9:E\[\]_a-z{}]*")
# Every digit becomes 0 and signs are left out, which shows long numbers without a search for them.
SHAPES = bytes.maketrans(b"123456789E", b"000000000e")
SIGNS = b"+-"
LONG_EXPONENT, LONG_NUMBER = b"e000", b"0" * 30


def parse_record(line: bytes) -> Record | None:
    """Return the record in a line without its end; None if it is damaged or too long."""
    from nnlab.storage.schemas import Record, adapter, check

    if len(line) > MAX_LINE_BYTES:
        return None
    try:
        if _is_plain(line):
            return cast("Record", adapter(Record).validate_json(line))
        return check(Record, load_json(line))
    except (ValueError, RecursionError):
        return None


def _is_plain(line: bytes) -> bool:
    """Return whether any parser of JSON reads a line as the strict one does."""
    is_shallow = line.count(b"{") + line.count(b"[") <= MAX_DEPTH
    if not is_shallow or not PLAIN.fullmatch(line):
        return False
    shapes = line.translate(SHAPES, SIGNS)
    return LONG_EXPONENT not in shapes and LONG_NUMBER not in shapes
