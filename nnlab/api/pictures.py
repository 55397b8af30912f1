"""Drawing finished runs from Python."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypedDict, Unpack

from nnlab.api.results import load_view
from nnlab.errors import ConfigError
from nnlab.storage.folders import Folders
from nnlab.storage.outputs import check_output
from nnlab.storage.run_dir import RunDir

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from matplotlib.figure import Figure

    from nnlab.report.images import Order


class PlotOptions(TypedDict, total=False):
    """Choices that some kinds of pictures have.

    Attributes:
        log: curves: a logarithmic axis for losses.
        by: mistakes: which come first.
        class_name: mistakes: only of examples of this class.
        seed: samples, and mistakes by random: which images are drawn.
    """

    log: bool
    by: Order
    class_name: str
    seed: int


class PictureSize(TypedDict, total=False):
    """How a picture is written.

    Attributes:
        width: Width [inch]; default: the picture's own.
        font_size: Size of the text [point].
        title: Heading above it.
        style: ``screen``, or ``paper``: serif, smaller text, curves that are told apart without
            colour, and panels one below the other in a narrow picture.
    """

    width: float
    font_size: float
    title: str
    style: Literal["screen", "paper"]


def plot(
    runs: str | Path | RunDir | Sequence[str | Path | RunDir],
    kind: str,
    output: str | Path | None = None,
    *,
    data_dir: str | Path | None = None,
    data_file: str | Path | None = None,
    runs_dir: str | Path | None = None,
    size: PictureSize | None = None,
    overwrite: bool = False,
    **options: Unpack[PlotOptions],
) -> Path:
    """Draw one picture of a finished run, or of several in the same axes, and return its file.

    Args:
        runs: One run; several for curves and init.
        kind: curves, boundary, confusion, ...; the error for an unknown kind lists all.
        output: A .svg, .png or .pdf file; default: ``<run>-<kind>.svg`` in the current folder.
        data_dir: Folder of installed data.
        data_file: The runs' table.
        runs_dir: Folder of runs.
        size: ``width`` [inch], ``font_size`` [point], ``title``, and ``style``: screen or paper.
        overwrite: Whether to replace a file that nnlab did not write.
        options: ``log`` for curves; ``by``, ``class_name`` and ``seed`` for mistakes; ``seed`` for
            samples.

    Raises:
        ConfigError: If there is no such kind, a run does not have it, or there is such a file.
    """
    from nnlab.report.plots import find_plot, known_kind

    known_kind(kind)
    if "seed" in options and options.get("by") != "random" and kind == "mistakes":
        msg = "--seed is for mistakes --by random: every other order is fixed"
        raise ConfigError(msg)
    folders = Folders.choose(runs_dir, data_dir, data_file)
    references = [runs] if isinstance(runs, str | Path | RunDir) else runs
    views = [load_view(run, folders) for run in references]
    picture = find_plot(kind, views, options).picture
    name = views[0].run.id if len(views) == 1 else f"{len(views)}-runs"
    path = Path(output or f"{name}-{kind}.svg")
    check_output(path, overwrite=overwrite)
    return _write(lambda: picture(*views, **options), path, size or {})


def plot_activations(
    names: Sequence[str],
    output: str | Path | None = None,
    *,
    size: PictureSize | None = None,
    overwrite: bool = False,
) -> Path:
    """Draw activation functions, without a run, and return the file.

    Args:
        names: sigmoid, tanh, relu, ...; the error for an unknown name lists all.
        output: A .svg, .png or .pdf file; default: activations.svg in the current folder.
        size: As for ``plot``.
        overwrite: As for ``plot``.

    Raises:
        ConfigError: If there is no such function, or a file that nnlab did not write.
    """
    from nnlab.report.activations import draw_functions

    path = Path(output or "activations.svg")
    check_output(path, overwrite=overwrite)
    return _write(lambda: draw_functions(names), path, size or {})


def _write(picture: Callable[[], Figure], path: Path, size: PictureSize) -> Path:
    from nnlab.report.paper import draw_for_paper, rc_of
    from nnlab.report.style import FONT_SIZE, draw, save

    width, font_size = size.get("width"), size.get("font_size")
    if size.get("style") == "paper":
        figure = draw_for_paper(picture, width=width, font_size=font_size)
    else:
        figure = draw(picture, font_size=font_size or FONT_SIZE)
    save(figure, path, width=width, title=size.get("title"), rc=rc_of(size.get("style", "screen")))
    return path
