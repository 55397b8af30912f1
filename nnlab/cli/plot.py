"""nnlab plot."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from nnlab import console
from nnlab.cli.options import DataDir, DataFile, Overwrite, RunsDir
from nnlab.errors import ConfigError

Words = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="RUN... KIND",
        help="Finished runs, and the plot to draw: curves, boundary, confusion, ...; an unknown "
        "name lists all. Several runs, for curves and init, share their axes.",
    ),
]
Output = Annotated[
    Path | None,
    typer.Option("-o", "--output", metavar="FILE", help="Output file: .svg, .png or .pdf."),
]
Log = Annotated[bool, typer.Option("--log", help="curves: logarithmic scale for losses.")]
By = Annotated[
    Literal["confidence", "loss", "margin", "random"] | None,
    typer.Option(help="mistakes: which come first (default: confidence)."),
]
ClassName = Annotated[
    str | None,
    typer.Option("--class", metavar="NAME", help="mistakes: only those of this true class."),
]
Seed = Annotated[
    int | None,
    typer.Option(metavar="N", help="samples, mistakes --by random: draw others.", min=0),
]
Activations = Annotated[
    str | None,
    typer.Option(
        metavar="NAME,...", help="Draw activation functions instead, such as sigmoid,tanh,relu."
    ),
]
Width = Annotated[
    str | None,
    typer.Option(metavar="LENGTH", help="Width of the picture: 3.3in, 84mm, 8.4cm; or inches."),
]
Style = Annotated[
    Literal["screen", "paper"],
    typer.Option(help="paper: serif, and curves told apart without colour (default: screen)."),
]
UNITS = {"in": 1.0, "cm": 1 / 2.54, "mm": 1 / 25.4, "pt": 1 / 72.27}
LENGTH = re.compile(rf"(\d+(?:\.\d*)?|\.\d+) ?({'|'.join(UNITS)})?")
MIN_INCHES, MAX_INCHES = 1, 100
FontSize = Annotated[
    float | None,
    typer.Option(metavar="POINTS", help="Size of the text (default: 10).", min=1, max=100),
]
Title = Annotated[str | None, typer.Option(metavar="TEXT", help="Heading above the picture.")]


def plot(
    words: Words = None,
    output: Output = None,
    *,
    overwrite: Overwrite = False,
    log: Log = False,
    by: By = None,
    class_name: ClassName = None,
    seed: Seed = None,
    activations: Activations = None,
    style: Style = "screen",
    width: Width = None,
    font_size: FontSize = None,
    title: Title = None,
    data_dir: DataDir = None,
    data_file: DataFile = None,
    runs_dir: RunsDir = None,
) -> None:
    """Draw a plot of a run, or curves of several.

    Writes RUN-KIND.svg to the current folder, unless -o is given, and prints its path.

    Example: nnlab plot latest curves -o curves.pdf --style paper --width 3.3in
    """
    from nnlab import api

    inches = None if width is None else _inches(width)
    size: Any = _given(width=inches, font_size=font_size, title=title, style=style)
    options: Any = _given(log=log or None, by=by, class_name=class_name, seed=seed)
    if activations is not None:
        _refuse_with_activations(words, options)
        path = api.plot_activations(_names(activations), output, size=size, overwrite=overwrite)
    else:
        runs, kind = _runs_and_kind(words or [])
        folders: Any = {"data_dir": data_dir, "data_file": data_file, "runs_dir": runs_dir}
        path = api.plot(runs, kind, output, size=size, overwrite=overwrite, **folders, **options)
    console.print_exact(str(path))


def _given(**options: object) -> dict[str, object]:
    return {name: value for name, value in options.items() if value is not None}


def _inches(text: str) -> float:
    """Return a length in inches.

    Raises:
        ConfigError: If it is none, or no width of a picture.
    """
    found = LENGTH.fullmatch(text.strip())
    if found is None:
        msg = f"--width {text}: write a length as 3.3in, 84mm or 8.4cm"
        raise ConfigError(msg)
    inches = float(found[1]) * UNITS[found[2] or "in"]
    if not MIN_INCHES <= inches <= MAX_INCHES:
        msg = f"--width {text}: a picture is {MIN_INCHES} to {MAX_INCHES} inches wide"
        raise ConfigError(msg)
    return inches


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _refuse_with_activations(words: list[str] | None, options: dict[str, object]) -> None:
    """Raise a ConfigError if anything but functions is to be drawn."""
    others = [*(words or []), *(f"--{name.removesuffix('_name')}" for name in options)]
    if others:
        msg = f"--activations draws functions without a run; leave out {', '.join(others)}"
        raise ConfigError(msg)


def _runs_and_kind(words: list[str]) -> tuple[list[str], str]:
    """Split the words into runs and, at the end, the kind of plot."""
    from nnlab.report.plots import PLOTS

    *runs, kind = words or [""]
    if runs:
        return runs, kind
    what = f"which run? nnlab plot RUN {kind}" if kind in PLOTS else "which plot of which run?"
    msg = f"{what}\nusage: nnlab plot RUN... KIND, with KIND one of {', '.join(PLOTS)}"
    raise ConfigError(msg)
