"""Files of one JSON object per line, appended to while a run trains."""

from __future__ import annotations

import contextlib
import json
import os
from typing import TYPE_CHECKING, TypeVar

from nnlab.config.plain_files import NO_LINKS
from nnlab.formatting import without_nan
from nnlab.storage.atomic import failpoint, located_errors
from nnlab.storage.untrusted import load_json, read_plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

MAX_LINE_BYTES = 1_000_000
MAX_FILE_BYTES = 3 * 10**8
Value = TypeVar("Value")


def append_lines(path: Path, records: Sequence[Mapping[str, object]]) -> None:
    """Append one line per record; a number that is not finite becomes null, with a flag."""
    lines = b"".join(_line(record) for record in records)
    with located_errors(path, len(lines)):
        failpoint("append")
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | NO_LINKS, 0o666)
        try:
            while lines:
                lines = lines[os.write(handle, lines) :]
        finally:
            os.close(handle)
        failpoint("appended")


def read_lines(path: Path, schema: type[Value]) -> list[Value]:
    """Return the records of a file, without damaged or unfinished lines."""
    from nnlab.storage.schemas import check

    if not path.is_file():
        return []
    records = []
    for line in read_plain(path, MAX_FILE_BYTES).split(b"\n")[:-1]:
        if len(line) <= MAX_LINE_BYTES:
            with contextlib.suppress(ValueError, RecursionError):
                records.append(check(schema, load_json(line)))
    return records


def sync(path: Path) -> int:
    """Sync a file to the disk and return its size [byte]."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | NO_LINKS, 0o666)
    try:
        os.fsync(handle)
        return os.fstat(handle).st_size
    finally:
        os.close(handle)


def _line(record: Mapping[str, object]) -> bytes:
    try:
        text = json.dumps(record, allow_nan=False)
    except ValueError:
        text = json.dumps({**without_nan(record), "diverged": True}, allow_nan=False)
    return text.encode() + b"\n"
