"""The only place that prints: results to stdout, progress and messages to stderr."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
from typing import TYPE_CHECKING, Any, TextIO

from nnlab.formatting import Column, clean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Console

PIPE_WIDTH = 200


def is_terminal(stream: TextIO) -> bool:
    """Return whether a stream is a terminal that can do more than print lines."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def harden_streams() -> None:
    """Keep closed streams, and characters the terminal cannot show, from ending the program."""
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
    """Print a line that is not part of the result; a closed stream is ignored."""
    with contextlib.suppress(OSError):
        sys.stderr.write(clean(text) + "\n")
        sys.stderr.flush()


def print_error(text: str) -> None:
    """Print an error."""
    console = rich_console(sys.stderr)
    console.print("error:", style="bold red", end=" ")
    print_note(text)


def print_json(value: Mapping[str, object]) -> None:
    """Print the whole result as one JSON object."""
    sys.stdout.write(json.dumps(value, indent=2, allow_nan=False) + "\n")


def print_table(
    columns: Sequence[str | Column],
    rows: Sequence[Sequence[str]],
    *,
    left: int = 1,
    title: str = "",
) -> None:
    """Print a table, dropping columns that do not fit a narrow terminal.

    Args:
        columns: Headings, or columns that can be dropped.
        rows: Cells, row by row.
        left: Number of leading columns that hold text, not numbers.
        title: Line above the table.
    """
    all_columns = [Column(column) if isinstance(column, str) else column for column in columns]
    lines = [[clean(column.heading) for column in all_columns]]
    lines += [[clean(cell) for cell in row] for row in rows]
    widths = [max(map(_width, cells)) for cells in zip(*lines, strict=True)]
    shown = _fitting(all_columns, widths, screen_width(sys.stdout))
    chosen = [[line[i] for i in shown] for line in lines]
    num_left = sum(i < left for i in shown)
    fits = sum(widths[i] + 3 for i in shown) - 1 <= screen_width(sys.stdout)
    if fits and "\n" not in "".join(map("".join, chosen)):
        _write_table(chosen, [widths[i] for i in shown], num_left, clean(title))
    else:
        _fold_table(chosen, num_left, clean(title))


def _width(text: str) -> int:
    """Return the width of a text in screen columns."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def _fitting(columns: Sequence[Column], widths: Sequence[int], width: int) -> list[int]:
    """Return the indices of the columns that fit the width, dropping one at a time."""
    shown = list(range(len(columns)))
    can_go = [i for i in shown if columns[i].drop is not None]
    for i in sorted(can_go, key=lambda i: columns[i].drop or 0):
        if sum(widths[j] + 3 for j in shown) > width:
            shown.remove(i)
    return shown


def _write_table(
    lines: Sequence[Sequence[str]], widths: Sequence[int], num_left: int, title: str
) -> None:
    """Write a table that fits the screen: the same as rich draws, in a tenth of the time."""
    texts = [title] if title else []
    for number, line in enumerate(lines):
        cells = [
            cell + " " * (width - _width(cell)) if i < num_left else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        texts.append(" " + "   ".join(cells).rstrip())
        if number == 0:
            texts.append(" " + "\u2500" * (sum(widths) + 3 * (len(widths) - 1)))
    sys.stdout.write("\n" * (not title) + "\n".join(texts) + "\n\n")


def _fold_table(lines: Sequence[Sequence[str]], num_left: int, title: str) -> None:
    """Write a table whose cells are folded to the width of the screen."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, title=title or None, title_justify="left", pad_edge=False)
    for i, heading in enumerate(lines[0]):
        justify: Any = "left" if i < num_left else "right"
        table.add_column(Text(heading), justify=justify, overflow="fold")
    for line in lines[1:]:
        table.add_row(*map(Text, line))
    rich_console(sys.stdout).print(table)


def screen_width(stream: TextIO) -> int:
    """Return the width of a terminal; pipes get long lines."""
    if stream.isatty() or "COLUMNS" in os.environ:
        return shutil.get_terminal_size().columns
    return PIPE_WIDTH


def rich_console(stream: TextIO) -> Console:
    """Return a console for styled text, ``screen_width`` wide."""
    from rich.console import Console

    return Console(
        file=stream, width=screen_width(stream), markup=False, highlight=False, emoji=False
    )
