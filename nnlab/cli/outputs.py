"""The text file that a command writes row by row."""

from __future__ import annotations

import contextlib
import io
from typing import TYPE_CHECKING, TextIO

from nnlab.config.bundled import is_there
from nnlab.storage.outputs import is_device

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextlib.contextmanager
def open_output(path: Path) -> Iterator[TextIO]:
    """Open a text file that appears, complete, when the block ends; a device is written at once."""
    from nnlab.storage.atomic import open_atomic

    is_direct = is_there(path.exists) and is_device(path)
    with path.open("wb") if is_direct else open_atomic(path.resolve()) as file:
        text = io.TextIOWrapper(file, encoding="utf-8", newline="")
        yield text
        text.flush()
        text.detach()
