"""The only place that prints: results to stdout, progress and messages to stderr."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from typing import TYPE_CHECKING, Any, TextIO

from nnlab.formatting import Column, clean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

PIPE_WIDTH = 200


def is_terminal(stream: TextIO) -> bool:
    """Return whether a stream is a terminal that can do more than print lines."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def harden_streams() -> None:
    """Let no character that the terminal cannot show, and no closed stream, end the program."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            setattr(sys, name, os.fdopen(nowhere, "w", encoding="utf-8"))
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]


def print_line(text: str = "") -> None:
    """Print a line of the result."""
    sys.stdout.write(clean(text) + "\n")


def print_note(text: str) -> None:
    """Print a line that is not part of the result, if somebody still reads."""
    with contextlib.suppress(OSError):
        sys.stderr.write(clean(text) + "\n")
        sys.stderr.flush()


def print_error(text: str) -> None:
    """Print what went wrong."""
    console = rich_console(sys.stderr)
    console.print("error:", style="bold red", end=" ")
    print_note(text)


def print_json(value: dict[str, Any]) -> None:
    """Print the whole result as one JSON object."""
    sys.stdout.write(json.dumps(value, indent=2, allow_nan=False) + "\n")


def print_table(
    columns: Sequence[str | Column],
    rows: Sequence[Sequence[str]],
    *,
    left: int = 1,
    title: str = "",
) -> None:
    """Print a table of texts, without the columns that a narrow terminal has no room for.

    Args:
        columns: Headings, or columns that can be dropped.
        rows: Cells, row by row.
        left: How many of the first columns are texts and not numbers.
        title: A line above.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    console = rich_console(sys.stdout)
    all_columns = [Column(column) if isinstance(column, str) else column for column in columns]
    heading = clean(title) or None
    table = Table(box=box.SIMPLE_HEAD, title=heading, title_justify="left", pad_edge=False)
    shown = _fitting(all_columns, rows, console.width)
    for i in shown:
        justify: Any = "left" if i < left else "right"
        table.add_column(Text(clean(all_columns[i].heading)), justify=justify, overflow="fold")
    for row in rows:
        table.add_row(*(Text(clean(row[i])) for i in shown))
    console.print(table)


def _fitting(columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int) -> list[int]:
    """Return the indices of the columns that fit the width, dropping one after the other."""
    from rich.cells import cell_len

    headings = [column.heading for column in columns]
    widths = [
        max(cell_len(clean(row[i])) for row in [headings, *rows]) + 3 for i in range(len(columns))
    ]
    shown = list(range(len(columns)))
    can_go = [i for i in shown if columns[i].drop is not None]
    for i in sorted(can_go, key=lambda i: columns[i].drop or 0):
        if sum(widths[j] for j in shown) > width:
            shown.remove(i)
    return shown


def rich_console(stream: TextIO) -> Console:
    """Return a printer of styled text, as wide as the terminal or, in a pipe, as a long line."""
    from rich.console import Console

    width = None if stream.isatty() or "COLUMNS" in os.environ else PIPE_WIDTH
    return Console(file=stream, width=width, markup=False, highlight=False, emoji=False)
