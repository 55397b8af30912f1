"""Every kind of picture: how it is drawn, what it says, and which runs have one."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from nnlab.report import classification, curves, images, surfaces
from nnlab.report.activations import activations

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.figure import Figure

    from nnlab.report.run_view import RunView


class Plot(NamedTuple):
    """One kind of picture.

    Attributes:
        picture: Draws it.
        title: Heading above it.
        caption: What it shows and how to read it.
        missing: Why a run has none, or None if it has one.
    """

    picture: Callable[[RunView], Figure]
    title: str
    caption: str
    missing: Callable[[RunView], str | None]


def _never(source: RunView) -> str | None:
    return None


def _not_classes(source: RunView) -> str | None:
    if not source.class_names:
        return "it is a regression"
    return None if "test" in source.summary else "it has no test part"


def _not_plane(source: RunView) -> str | None:
    if not source.class_names:
        return "it is a regression"
    return None if source.num_features == 2 else "its inputs are not two features"


def _not_line(source: RunView) -> str | None:
    if source.class_names:
        return "it is a classification"
    return None if source.num_features == 1 else "its input is not one feature"


def _not_images(source: RunView) -> str | None:
    return None if source.is_images else "its inputs are no images"


def _not_test_images(source: RunView) -> str | None:
    return _not_images(source) or _not_classes(source)


PLOTS = {
    "curves": Plot(
        curves.curves,
        "Learning curves",
        "Each metric after each epoch. Thin lines are seeds, the thick one their mean, the band "
        "their range. A validation loss that rises while the training loss falls is overfitting.",
        _never,
    ),
    "fit": Plot(
        surfaces.fit,
        "Data and fit",
        "What the model answers along its one feature, over the points it was trained on and those "
        "it was not.",
        _not_line,
    ),
    "boundary": Plot(
        surfaces.boundary,
        "Decision regions",
        "The colour of the plane is the class the model expects there, paler where it is unsure; "
        "white lines are where the answer changes.",
        _not_plane,
    ),
    "confusion": Plot(
        classification.confusion,
        "Confusion matrix",
        "Rows are true classes, columns predicted ones; each row adds up to 100 %.",
        _not_classes,
    ),
    "classes": Plot(
        classification.classes,
        "Class by class",
        "Precision: how much of what is called so is so. Recall: how much of what is so is found. "
        "F1: their harmonic mean.",
        _not_classes,
    ),
    "mistakes": Plot(
        images.mistakes,
        "Most confident mistakes",
        "Test images that are misclassified: the prediction with its probability, then the truth.",
        _not_test_images,
    ),
    "calibration": Plot(
        classification.calibration,
        "Calibration",
        "How often the model is right when it is so sure. Below the dotted line it is too sure.",
        _not_classes,
    ),
    "weights": Plot(
        images.weights,
        "First-layer weights",
        "The incoming weights of each unit of the first layer, as an image: blue excites, red "
        "inhibits.",
        _not_images,
    ),
    "samples": Plot(
        images.samples, "Samples", "The first training images with their labels.", _not_images
    ),
    "activations": Plot(
        activations,
        "Activation functions",
        "What a unit makes of the weighted sum of its inputs.",
        lambda source: None if hasattr(source.config.model, "activation") else "it has none",
    ),
}
