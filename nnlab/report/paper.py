"""Pictures for papers: serif text, and curves that are told apart without colour."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.lines import Line2D

from nnlab.report.style import FAINT, INK, draw

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from matplotlib.figure import Figure

PAPER: dict[str, Any] = {
    "font.family": "serif",
    "font.serif": ["DejaVu Serif"],
    "mathtext.fontset": "dejavuserif",
}
PAPER_FONT_SIZE = 8.0
# A picture that is narrower, as one column of a page, has its panels one below the other.
TWO_COLUMNS_INCHES = 5.0
LINES: Any = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 3)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
MARKER_SIZE, NUM_MARKERS, LINE_WIDTH = 3.5, 8, 1.2
# Thinner lines, as of single seeds, are the background of another one.
THINNEST = 1.0


def draw_for_paper(
    picture: Callable[[], Figure], *, width: float | None, font_size: float | None
) -> Figure:
    """Return the figure of a function, drawn for a paper; see ``draw``.

    Args:
        picture: Makes the figure.
        width: Width [inch], or None.
        font_size: Size of the text [point]; default: that of footnotes.
    """
    is_narrow = width is not None and width < TWO_COLUMNS_INCHES
    size = PAPER_FONT_SIZE if font_size is None else font_size
    figure = draw(picture, is_narrow=is_narrow, font_size=size, rc=PAPER)
    tell_apart(figure)
    return figure


def tell_apart(figure: Figure) -> None:
    """Give curves of different colours different lines and markers, in legends, too.

    Where lines mean something already, as the splits of several runs do, only markers are added.
    """
    drawn = [line for axes in figure.axes for line in axes.lines if _is_curve(line)]
    colors = list(dict.fromkeys(map(_color, drawn)))
    if len(colors) < 2:
        return
    are_alike = all(line.get_linestyle() == "-" for line in drawn)
    number = {color: index for index, color in enumerate(colors)}
    for line in chain(drawn, _legend_lines(figure)):
        index = number.get(_color(line))
        if index is not None:
            _mark(line, index, with_line=are_alike)


def _is_curve(line: Line2D) -> bool:
    is_ink = _color(line) in {mpl.colors.to_hex(color) for color in (INK, FAINT)}
    has_line = line.get_linestyle() not in {"None", ""}
    return has_line and not is_ink and line.get_linewidth() >= THINNEST


def _color(line: Line2D) -> str:
    return mpl.colors.to_hex(line.get_color())


def _legend_lines(figure: Figure) -> Iterator[Line2D]:
    legends = [*figure.legends, *(axes.get_legend() for axes in figure.axes)]
    for legend in legends:
        handles = legend.legend_handles if legend is not None else []
        yield from (handle for handle in handles if isinstance(handle, Line2D))


def _mark(line: Line2D, index: int, *, with_line: bool) -> None:
    """Give a curve the line and the marker of its number."""
    if with_line:
        line.set_linestyle(LINES[index % len(LINES)])
    line.set_marker(MARKERS[index % len(MARKERS)])
    line.set_markersize(MARKER_SIZE)
    line.set_linewidth(LINE_WIDTH)
    every = max(1, len(line.get_xdata()) // NUM_MARKERS)  # type: ignore[arg-type]
    # Curves on top of each other have their markers at different places.
    line.set_markevery((index * every // 3, every))


def rc_of(style: str) -> Mapping[str, Any]:
    """Return the settings of matplotlib in which a style differs from the usual one."""
    return PAPER if style == "paper" else {}
