"""One line of metrics.jsonl at a time, as strictly as all of them are read, and faster."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nnlab.storage.json_lines import MAX_LINE_BYTES
from nnlab.storage.untrusted import MAX_DEPTH, load_json

if TYPE_CHECKING:
    from nnlab.storage.schemas import Record

# Text in which the strict reader finds nothing that another would let pass: no escapes, no constants
# such as NaN, no numbers that could be too large for a float64.
PLAIN = re.compile(rb"[ !\"+-.0-9:E\[\]_a-z{}]*")
LONG_NUMBER = re.compile(rb"[eE][+-]?[0-9]{3}|[0-9]{30}")


def parse_record(line: bytes) -> Record | None:
    """Return the record in a line without its end; None if it is damaged or too long."""
    from nnlab.storage.schemas import Record, check, parse

    if len(line) > MAX_LINE_BYTES:
        return None
    try:
        if _is_plain(line):
            return parse(Record, line)
        return check(Record, load_json(line))
    except (ValueError, RecursionError):
        return None


def _is_plain(line: bytes) -> bool:
    """Return whether any parser of JSON reads a line as the strict one does."""
    is_shallow = line.count(b"{") + line.count(b"[") <= MAX_DEPTH
    return is_shallow and bool(PLAIN.fullmatch(line)) and not LONG_NUMBER.search(line)
