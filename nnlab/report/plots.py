"""Every kind of picture: how it is drawn, its caption, and which runs have it."""

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
        picture: Function that draws it.
        title: Heading above it.
        caption: What it shows and how to read it.
        missing: Why a run does not have it, or None if it does.
    """

    picture: Callable[[RunView], Figure]
    title: str
    caption: str
    missing: Callable[[RunView], str | None]


def _never(source: RunView) -> str | None:
    return None


def _not_classes(source: RunView) -> str | None:
    if not source.class_names:
        return "the task is regression"
    return None if "test" in source.summary else "it has no test split"


def _not_plane(source: RunView) -> str | None:
    if not source.class_names:
        return "the task is regression"
    return None if source.num_features == 2 else "its inputs are not two features"


def _not_line(source: RunView) -> str | None:
    if source.class_names:
        return "the task is classification"
    return None if source.num_features == 1 else "its input is not one feature"


def _not_images(source: RunView) -> str | None:
    return None if source.is_images else "its inputs are not images"


def _not_test_images(source: RunView) -> str | None:
    return _not_images(source) or _not_classes(source)


PLOTS = {
    "curves": Plot(
        curves.curves,
        "Learning curves",
        "Each metric after each epoch. Thin lines are seeds, the thick line is their mean, the band "
        "their range. A validation loss that rises while the training loss falls means overfitting.",
        _never,
    ),
    "fit": Plot(
        surfaces.fit,
        "Data and fit",
        "The prediction along the feature, with the points the model was trained on and the "
        "points it has not seen.",
        _not_line,
    ),
    "boundary": Plot(
        surfaces.boundary,
        "Decision regions",
        "The colour of the plane is the predicted class, paler where the model is unsure; white "
        "lines are decision boundaries.",
        _not_plane,
    ),
    "confusion": Plot(
        classification.confusion,
        "Confusion matrix",
        "Rows are true classes, columns are predicted classes; each row adds up to 100 %.",
        _not_classes,
    ),
    "classes": Plot(
        classification.classes,
        "Class by class",
        "Precision: how many predictions of the class are correct. Recall: how many examples of "
        "the class are found. F1: their harmonic mean.",
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
        "Accuracy by confidence. Below the dotted line the model is overconfident.",
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
        "The output of a unit as a function of its weighted input.",
        lambda source: (
            None if hasattr(source.config.model, "activation") else "its model has no activation"
        ),
    ),
}
