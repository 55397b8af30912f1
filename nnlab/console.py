"""The only place that prints: results to stdout, progress and messages to stderr."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import textwrap
from typing import TYPE_CHECKING, Any, TextIO

from nnlab.formatting import Column, clean, pluralize

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Console

PIPE_WIDTH = 200
DEFAULT_WIDTH = 80


def is_terminal(stream: TextIO) -> bool:
    """Return whether a stream is a terminal that can do more than print lines."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def print_line(text: str = "") -> None:
    """Print a line of the result, wrapped between words on a terminal."""
    sys.stdout.write(_wrap(clean(text), sys.stdout) + "\n")


def print_exact(text: str) -> None:
    """Print a path, or text in a format of its own: never wrapped."""
    sys.stdout.write(clean(text) + "\n")


def print_note(text: str, *, indent: int = 0) -> None:
    """Print a line that is not part of the result; a closed stream is ignored.

    Args:
        text: The line.
        indent: Width of what already stands before it.
    """
    with contextlib.suppress(OSError):
        sys.stderr.write(_wrap(clean(text), sys.stderr, indent) + "\n")
        sys.stderr.flush()


def print_error(text: str) -> None:
    """Print an error."""
    console = rich_console(sys.stderr)
    console.print("error:", style="bold red", end=" ")
    print_note(text, indent=len("error: "))


def _wrap(text: str, stream: TextIO, indent: int = 0, hang: int = 2) -> str:
    """Return text whose long lines are broken between words; pipes get long lines.

    Lines that are indented, such as quoted source, are left as they are.
    """
    if not _has_width(stream):
        return text
    wrapper = textwrap.TextWrapper(
        screen_width(stream),
        subsequent_indent=" " * hang,
        break_long_words=False,
        break_on_hyphens=False,
        replace_whitespace=False,
    )
    lines = ("x" * indent + text).split("\n")
    wrapped = [
        line if number and line.startswith(" ") else wrapper.fill(line) or line
        for number, line in enumerate(lines)
    ]
    return "\n".join(wrapped)[indent:]


def print_json(value: Mapping[str, object]) -> None:
    """Print the whole result as one JSON object."""
    sys.stdout.write(json.dumps(value, indent=2, allow_nan=False) + "\n")


def print_table(
    columns: Sequence[str | Column],
    rows: Sequence[Sequence[str]],
    *,
    left: int = 1,
    title: str = "",
    has_json: bool = True,
) -> None:
    """Print a table; columns that a narrow terminal has no room for are left out, and named.

    Args:
        columns: Headings, or columns that can be dropped.
        rows: Cells, row by row.
        left: Number of leading columns that hold text, not numbers.
        title: Line above the table.
        has_json: Whether the command has ``--json``, which shows what was left out.
    """
    all_columns = [Column(column) if isinstance(column, str) else column for column in columns]
    lines = [[clean(column.heading) for column in all_columns]]
    lines += [[clean(cell) for cell in row] for row in rows]
    widths = [max(map(_width, cells)) for cells in zip(*lines, strict=True)]
    shown = _fitting(all_columns, widths, screen_width(sys.stdout))
    chosen = [[line[i] for i in shown] for line in lines]
    num_left = sum(i < left for i in shown)
    fits = _total([widths[i] for i in shown]) <= screen_width(sys.stdout)
    if fits and "\n" not in "".join(map("".join, chosen)):
        _write_table(chosen, [widths[i] for i in shown], num_left, clean(title))
    else:
        _fold_table(chosen, num_left, clean(title))
    _name_left_out(
        [column.heading for i, column in enumerate(all_columns) if i not in shown], has_json
    )


def _total(widths: Sequence[int]) -> int:
    return sum(width + 3 for width in widths) - 2


def _name_left_out(headings: Sequence[str], has_json: bool) -> None:
    if headings:
        sys.stdout.flush()
        way = "widen the terminal, or use --json" if has_json else "widen the terminal to see them"
        print_note(f"{pluralize(len(headings), 'column')} left out: {', '.join(headings)}; {way}")


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
        if _total([widths[j] for j in shown]) > width:
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
        if number > 0 or any(line):
            texts.append(" " + "   ".join(cells).rstrip())
        if number == 0:
            texts.append(" " + "\u2500" * (sum(widths) + 3 * (len(widths) - 1)))
    sys.stdout.write("\n" * (not title) + "\n".join(texts) + "\n\n")


def _fold_table(lines: Sequence[Sequence[str]], num_left: int, title: str) -> None:
    """Write a table that is wider than the screen: cells folded between words, else as a list."""
    columns = list(zip(*lines, strict=True))
    least = [max(max(map(_width, cell.split() or [""])) for cell in cells) for cells in columns]
    if len(least) > 1 and _total(least) > screen_width(sys.stdout):
        _write_list(lines, title)
        return
    widths = _shrunk([max(map(_width, cells)) for cells in columns], least)
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(
        box=box.SIMPLE_HEAD,
        title=title or None,
        title_justify="left",
        pad_edge=False,
        show_header=any(lines[0]),
    )
    for i, heading in enumerate(lines[0]):
        justify: Any = "left" if i < num_left else "right"
        table.add_column(Text(heading), justify=justify, overflow="fold", width=widths[i])
    for line in lines[1:]:
        table.add_row(*map(Text, line))
    rich_console(sys.stdout).print(table)


def _shrunk(widths: list[int], least: Sequence[int]) -> list[int]:
    """Return widths that fit the screen, taken from the widest columns that can be narrower."""
    if len(widths) == 1:
        return [max(screen_width(sys.stdout) - 2, 1)]
    while (excess := _total(widths) - screen_width(sys.stdout)) > 0:
        widest = max(range(len(widths)), key=lambda i: (widths[i] > least[i], widths[i]))
        if widths[widest] <= least[widest]:
            break
        widths[widest] = max(widths[widest] - excess, least[widest])
    return widths


def _write_list(lines: Sequence[Sequence[str]], title: str) -> None:
    """Write each row as a paragraph: its first cell, then a line for each other cell."""
    (heading, *headings), *rows = lines
    texts = [title, heading]
    for first, *others in rows:
        if len(others) == 1:
            texts.append(_item(f" {first}: ", others[0]))
            continue
        texts.append(f" {first}")
        labels = [f"   {heading}: " if heading else "   " for heading in headings]
        texts += [_item(label, cell) for label, cell in zip(labels, others, strict=True) if cell]
    sys.stdout.write("\n".join(filter(None, texts)) + "\n\n")


def _item(label: str, cell: str) -> str:
    """Return a line of a list; a word that is longer than the screen stays beside its label."""
    return _wrap(label + cell, sys.stdout, hang=5) if " " in cell else label + cell


def screen_width(stream: TextIO) -> int:
    """Return the width of a terminal; pipes get long lines."""
    if os.environ.get("COLUMNS", "").isdecimal():
        return max(1, int(os.environ["COLUMNS"]))
    if not stream.isatty():
        return PIPE_WIDTH
    try:
        columns = os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError):
        columns = 0
    return columns or DEFAULT_WIDTH


def _has_width(stream: TextIO) -> bool:
    return stream.isatty() or "COLUMNS" in os.environ


def rich_console(stream: TextIO) -> Console:
    """Return a console for styled text, ``screen_width`` wide."""
    from rich.console import Console

    return Console(
        file=stream, width=screen_width(stream), markup=False, highlight=False, emoji=False
    )
