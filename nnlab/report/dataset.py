"""Pictures of a data set, before anything is trained on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from nnlab.errors import ConfigError
from nnlab.inspection.dataset import class_counts
from nnlab.report import images
from nnlab.report.classes import MAX_ROWS, add_legend, class_colors, class_marker, weakest
from nnlab.report.style import SPLIT_COLORS, format_label, new_figure
from nnlab.report.surfaces import MAX_VECTOR_POINTS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from nnlab.data.types import Examples

DataPlot = Literal["samples", "scatter", "classes"]


def draw_dataset(examples: Examples, kind: DataPlot, *, seed: int, target: str) -> Figure:
    """Draw a picture of all examples of a data set.

    Args:
        examples: The examples.
        kind: samples (a grid of images), scatter (its points) or classes (examples per class).
        seed: Seed of the choice of images.
        target: Name of the target, for the axis.

    Raises:
        ConfigError: If the data set has no such picture.
    """
    if reason := _missing(examples, kind):
        msg = f"--plot {kind}: {reason}"
        raise ConfigError(msg)
    match kind:
        case "samples":
            return images.random_samples(examples, seed)
        case "scatter":
            return _scatter(examples, target)
        case "classes":
            return _classes(examples)


def _missing(examples: Examples, kind: DataPlot) -> str | None:
    """Return why a data set has no such picture, or None if it has."""
    is_classes, shape = bool(examples.class_names), examples.inputs.shape[1:]
    match kind:
        case "samples":
            return None if len(shape) == 3 else "its inputs are not images"
        case "scatter" if is_classes and shape != (2,):
            hint = "; choose two with dataset.features=[A,B]" if examples.feature_names else ""
            return f"its inputs are not two features{hint}"
        case "scatter" if not is_classes and shape != (1,):
            return "the target is a number, and the input not one feature"
        case "classes" if not is_classes:
            return "the target is a number, not a class"
        case _:
            return None


def _scatter(examples: Examples, target: str) -> Figure:
    """Return the points of two features in the colours of their classes, or of x against y."""
    figure = new_figure(6, 4.5)
    axes = figure.subplots()
    is_large = len(examples.targets) > MAX_VECTOR_POINTS
    names = [format_label(name) for name in examples.feature_names]
    if not examples.class_names:
        x, y = examples.inputs[:, 0], examples.targets
        axes.plot(x, y, ".", color=SPLIT_COLORS["train"], markersize=4, rasterized=is_large)
        axes.set(xlabel=names[0], ylabel=format_label(target))
        return figure
    colors = class_colors(len(examples.class_names))
    for index, (name, color) in enumerate(zip(examples.class_names, colors, strict=True)):
        points = examples.inputs[examples.targets == index]
        axes.plot(
            *points.T, class_marker(index), color=color, markersize=4,
            markeredgecolor="white", markeredgewidth=0.5, label=format_label(name),
            rasterized=is_large,
        )  # fmt: skip
    axes.set(xlabel=names[0], ylabel=names[1])
    add_legend(figure, *axes.get_legend_handles_labels(), loc="outside upper center", columns=8)
    return figure


def _classes(examples: Examples) -> Figure:
    """Return a bar for each class, as long as it has examples."""
    names = [format_label(name) for name in examples.class_names]
    counts = list(class_counts(examples).values())
    title = ""
    if len(counts) > MAX_ROWS:
        shown = weakest(np.array(counts), MAX_ROWS)
        names, counts = [names[i] for i in shown], [counts[i] for i in shown]
        title = f"the {MAX_ROWS} smallest of {len(examples.class_names):,} classes"
    figure = new_figure(6, 1 + 0.3 * len(names))
    axes = figure.subplots()
    bars = axes.barh(range(len(names)), counts, color=SPLIT_COLORS["train"])
    axes.bar_label(bars, [f"{count:,}" for count in counts], padding=3)
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    axes.set(xlabel="examples", title=title)
    axes.margins(x=0.12)
    return figure
