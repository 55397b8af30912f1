"""The style of every picture: size, colours, and SVG that follows the colours of its page."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.figure import Figure

from nnlab.errors import ConfigError
from nnlab.formatting import clean
from nnlab.storage.atomic import write_atomic

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# Okabe and Ito (2008), "Color universal design": distinct for every kind of colour vision.
COLORS = (
    "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442", "#8C6D31",
    "#7F7F7F", "#6A3D9A",
)  # fmt: skip
TRAIN, HELD_OUT = COLORS[0], COLORS[1]
# Placeholders for the page's colours of text and of faint lines.
INK, FAINT = "#123456", "#abcdef"
INK_ALONE, FAINT_ALONE = "#222222", "#cccccc"
NARROWEST_INCHES = 6
FORMATS = {".svg", ".png"}
MAX_LABEL = 40

RC: Any = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 10,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": FAINT,
    "axes.titlesize": 11,
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
    "text.parse_math": False,
    "figure.dpi": 100,
}


def draw(picture: Callable[[], Figure]) -> Figure:
    """Return the figure of a function, drawn in nnlab's style."""
    with mpl.rc_context(RC):
        return picture()


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure.

    Args:
        width: Width [inch]; a page is about 9 wide.
        height: Height [inch].
    """
    return Figure(figsize=(width, height), layout="constrained")


def to_svg(figure: Figure, name: str) -> str:
    """Return an SVG element for a page; its text and lines take the page's colours.

    Args:
        figure: The picture.
        name: Unique name on the page.
    """
    svg = _svg(figure, name)
    svg = svg[svg.index("<svg") :]  # no XML declaration inside HTML
    # On a narrow screen, a wide picture scrolls instead of becoming too small to read.
    width = f"min({NARROWEST_INCHES}in, {figure.get_figwidth()}in)"
    svg = svg.replace("<svg", f'<svg style="--narrowest: {width}"', 1)
    return svg.replace(INK, "currentColor").replace(FAINT, "var(--faint)")


def save(figure: Figure, path: Path) -> None:
    """Write a picture to a file on white, as SVG or PNG by its suffix.

    Raises:
        ConfigError: If it has another suffix.
    """
    if path.suffix.lower() not in FORMATS:
        msg = f"{path.name}: a picture is written as .svg or .png"
        raise ConfigError(msg)
    svg = _svg(figure, path.stem).replace(INK, INK_ALONE).replace(FAINT, FAINT_ALONE)
    content = svg.encode() if path.suffix.lower() == ".svg" else _png(figure)
    write_atomic(path, content)


def _svg(figure: Figure, name: str) -> str:
    stream = io.StringIO()
    with mpl.rc_context({**RC, "svg.hashsalt": name}):
        # Without a date, the same picture has the same bytes.
        metadata = {"Date": None, "Creator": None}
        figure.savefig(stream, format="svg", dpi=110, metadata=metadata)
    return stream.getvalue()


def _png(figure: Figure) -> bytes:
    recolor(figure, INK, INK_ALONE)
    recolor(figure, FAINT, FAINT_ALONE)
    stream = io.BytesIO()
    with mpl.rc_context(RC):
        figure.savefig(stream, format="png", dpi=160, facecolor="white")
    return stream.getvalue()


def format_label(text: str) -> str:
    """Return a name for a picture: control characters escaped, and shortened if too long."""
    shown = clean(text).replace("\n", " ")
    return shown if len(shown) <= MAX_LABEL else f"{shown[:MAX_LABEL]}..."


def recolor(figure: Figure, old: str, new: str) -> None:
    """Replace a colour."""
    before, after = mpl.colors.to_rgba(old), mpl.colors.to_rgba(new)
    for artist in figure.findobj():
        for kind in ("color", "edgecolor", "markeredgecolor", "markerfacecolor"):
            getter = getattr(artist, f"get_{kind}", None)
            color: Any = getter() if getter else None
            if mpl.colors.is_color_like(color) and mpl.colors.to_rgba(color) == before:
                getattr(artist, f"set_{kind}")(after)
