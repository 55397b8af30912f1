"""The style of every picture: size, colours, and SVG that follows the colours of its page."""

from __future__ import annotations

import io
from contextvars import ContextVar
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.figure import Figure

from nnlab.errors import ConfigError
from nnlab.formatting import clean
from nnlab.storage.atomic import write_atomic
from nnlab.storage.outputs import MARK

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

# Okabe and Ito (2008), "Color universal design": distinct for every kind of colour vision.
COLORS = (
    "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442", "#8C6D31",
    "#7F7F7F", "#6A3D9A",
)  # fmt: skip
SPLIT_COLORS = {"train": COLORS[0], "val": COLORS[1], "test": COLORS[2]}
# Placeholders for the page's colours of text and of faint lines.
INK, FAINT = "#123456", "#abcdef"
INK_ALONE, FAINT_ALONE = "#222222", "#cccccc"
# On a phone, and side by side with others.
NARROW_INCHES = 3.8
FORMATS = (".svg", ".png", ".pdf")
FONT_SIZE = 10.0
TITLE_RATIO = 1.1
MAX_LABEL = 40

RC: Any = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": FONT_SIZE,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": FAINT,
    "axes.titlesize": TITLE_RATIO * FONT_SIZE,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": FAINT,
    "grid.linewidth": 0.5,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
    "legend.labelcolor": INK,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "svg.fonttype": "none",
    "pdf.fonttype": 42,
    "text.parse_math": False,
    "figure.dpi": 100,
}


_is_narrow: ContextVar[bool] = ContextVar("is_narrow", default=False)


NO_SETTINGS: Mapping[str, Any] = MappingProxyType({})


def draw(
    picture: Callable[[], Figure],
    *,
    is_narrow: bool = False,
    font_size: float = FONT_SIZE,
    rc: Mapping[str, Any] = NO_SETTINGS,
) -> Figure:
    """Return the figure of a function, drawn in nnlab's style.

    Args:
        picture: Makes the figure with ``new_figure`` or ``new_panels``.
        is_narrow: Whether it must fit on a phone: panels are stacked.
        font_size: Size of the text [point].
        rc: Settings of matplotlib that win over nnlab's.
    """
    token = _is_narrow.set(is_narrow)
    try:
        sizes = {"font.size": font_size, "axes.titlesize": TITLE_RATIO * font_size}
        with mpl.rc_context(_settings(sizes, rc)):
            figure = picture()
    finally:
        _is_narrow.reset(token)
    for axes in figure.axes:
        axes.tick_params(labelsize=font_size)
    return figure


def _settings(*others: Mapping[str, Any]) -> Any:
    """Return nnlab's settings of matplotlib with others, which win."""
    return {key: value for settings in (RC, *others) for key, value in settings.items()}


def is_narrow() -> bool:
    """Return whether the picture must fit on a phone."""
    return _is_narrow.get()


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure.

    Args:
        width: Width [inch]; a page is about 9 wide, a narrow one less.
        height: Height [inch].
    """
    width = min(width, NARROW_INCHES) if is_narrow() else width
    return Figure(figsize=(width, height), layout="constrained")


def new_panels(
    number: int, width: float, height: float, **options: Any
) -> tuple[Figure, list[Axes]]:
    """Return a figure with panels side by side; on a narrow page one below the other.

    Args:
        number: Number of panels.
        width: Width of all panels together [inch].
        height: Height of each [inch].
        options: As for ``Figure.subplots``.
    """
    rows, columns = (number, 1) if is_narrow() else (1, number)
    figure = new_figure(width, rows * height)
    return figure, list(figure.subplots(rows, columns, squeeze=False, **options).flat)


def share_limits(figures: Sequence[Figure]) -> None:
    """Give the panels of equal position the same axes in every figure."""
    for panels in zip(*(figure.axes for figure in figures), strict=False):
        for limits, set_limits in (("get_xlim", "set_xlim"), ("get_ylim", "set_ylim")):
            ends = [getattr(axes, limits)() for axes in panels]
            is_inverted = ends[0][0] > ends[0][1]
            low, high = min(map(min, ends)), max(map(max, ends))
            for axes in panels:
                getattr(axes, set_limits)(*((high, low) if is_inverted else (low, high)))


def to_svg(figure: Figure, name: str) -> str:
    """Return an SVG element for a page; its text and lines take the page's colours.

    Args:
        figure: The picture.
        name: Unique name on the page.
    """
    svg = _svg(figure, name)
    svg = svg[svg.index("<svg") :]  # no XML declaration inside HTML
    return svg.replace(INK, "currentColor").replace(FAINT, "var(--faint)")


def save(
    figure: Figure,
    path: Path,
    *,
    width: float | None = None,
    title: str | None = None,
    rc: Mapping[str, Any] = NO_SETTINGS,
) -> None:
    """Write a picture to a file: SVG, PNG or PDF by its suffix.

    Equal pictures give equal bytes, whatever the name of the file.

    Args:
        figure: The picture.
        path: The file.
        width: Width [inch], with the height in proportion; default: the picture's own.
        title: Heading above it.
        rc: The settings that it was drawn with.

    Raises:
        ConfigError: If the file has another suffix.
    """
    suffix = path.suffix.lower()
    if suffix not in FORMATS:
        msg = f"{path.name}: a picture is written as .svg, .png or .pdf"
        raise ConfigError(msg)
    if width is not None:
        figure.set_size_inches(width, figure.get_figheight() * width / figure.get_figwidth())
    if title is not None:
        figure.suptitle(title, x=0.01, ha="left")
    if suffix == ".svg":
        svg = (
            _svg(figure, "nnlab", {"Title": MARK}, rc)
            .replace(INK, INK_ALONE)
            .replace(FAINT, FAINT_ALONE)
        )
        write_atomic(path, svg.encode())
    else:
        write_atomic(path, _opaque(figure, suffix, rc))


def _svg(
    figure: Figure,
    name: str,
    marks: Mapping[str, str] = NO_SETTINGS,
    rc: Mapping[str, Any] = NO_SETTINGS,
) -> str:
    stream = io.StringIO()
    with mpl.rc_context(_settings(rc, {"svg.hashsalt": name})):
        # Without a date, the same picture has the same bytes.
        metadata = {"Date": None, "Creator": None, **marks}
        figure.savefig(stream, format="svg", dpi=110, metadata=metadata)
    return stream.getvalue()


def _opaque(figure: Figure, suffix: str, rc: Mapping[str, Any]) -> bytes:
    """Return a PNG or PDF, which cannot take the colours of a page."""
    recolor(figure, INK, INK_ALONE)
    recolor(figure, FAINT, FAINT_ALONE)
    stream = io.BytesIO()
    metadata = {"CreationDate": None, "Creator": MARK} if suffix == ".pdf" else {"Software": MARK}
    with mpl.rc_context(_settings(rc)):
        figure.savefig(stream, format=suffix[1:], dpi=160, facecolor="white", metadata=metadata)
    return stream.getvalue()


def show_percent(axis: Axis) -> None:
    """Label an axis of fractions in per cent, as the tables do."""
    axis.set_major_formatter(lambda value, _: f"{100 * value:.4g} %")


def format_label(text: str) -> str:
    """Return a name for a picture: control characters escaped, its middle left out if too long."""
    shown = clean(text).replace("\n", " ")
    if len(shown) <= MAX_LABEL:
        return shown
    return f"{shown[: MAX_LABEL // 2]}...{shown[-MAX_LABEL // 2 + 3 :]}"


def recolor(figure: Figure, old: str, new: str) -> None:
    """Replace a colour."""
    before, after = mpl.colors.to_rgba(old), mpl.colors.to_rgba(new)
    for artist in figure.findobj():
        for kind in ("color", "edgecolor", "markeredgecolor", "markerfacecolor"):
            getter = getattr(artist, f"get_{kind}", None)
            color: Any = getter() if getter else None
            if mpl.colors.is_color_like(color) and mpl.colors.to_rgba(color) == before:
                getattr(artist, f"set_{kind}")(after)
