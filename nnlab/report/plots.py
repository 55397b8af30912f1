"""Every kind of picture: how it is drawn, its caption, and which runs have it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from nnlab.errors import ConfigError
from nnlab.formatting import did_you_mean
from nnlab.report import classification, curves, histograms, images, surfaces
from nnlab.report.activations import activations, own_activation
from nnlab.report.importance import importance
from nnlab.report.ranking import drawn_classes, roc
from nnlab.report.residuals import residuals
from nnlab.storage.seeds import alive

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from matplotlib.figure import Figure

    from nnlab.report.run_view import RunView


class Plot(NamedTuple):
    """One kind of picture.

    Attributes:
        picture: Function that draws it, of one run, or of several if ``takes_several``.
        title: Heading above it.
        caption: What it shows and how to read it.
        missing: Why a run does not have it, or None if it does.
        takes_several: Whether several runs are drawn in the same axes.
        options: Keywords of the function.
        has_common_axes: Whether runs on the same data that are side by side get equal axes.
        max_on_page: How many runs a report may have to show it; None for any number.
    """

    picture: Callable[..., Figure]
    title: str
    caption: str
    missing: Callable[[RunView], str | None]
    takes_several: bool = False
    options: tuple[str, ...] = ()
    has_common_axes: bool = False
    max_on_page: int | None = None


def find_plot(kind: str, sources: Sequence[RunView], options: Mapping[str, object]) -> Plot:
    """Return a kind of picture that all of the runs have, with these options.

    Raises:
        ConfigError: If there is no such kind, or it does not take that many runs, these runs, or an
            option.
    """
    plot = PLOTS[known_kind(kind)]
    if len(sources) > 1 and not plot.takes_several:
        several = ", ".join(name for name, other in PLOTS.items() if other.takes_several)
        msg = f"{kind} is drawn of one run, not of {len(sources)}; of several runs: {several}"
        raise ConfigError(msg)
    for source in sources:
        if reason := plot.missing(source):
            available = [name for name in PLOTS if PLOTS[name].missing(source) is None]
            msg = f"run {source.run.id} has no {kind}: {reason}; it has {', '.join(available)}"
            raise ConfigError(msg)
    for option in options:
        if option not in plot.options:
            kinds = " and ".join(name for name, other in PLOTS.items() if option in other.options)
            msg = f"--{option.removesuffix('_name')} is for {kinds}, not for {kind}"
            raise ConfigError(msg)
    return plot


def known_kind(kind: str) -> str:
    """Return a kind of picture.

    Raises:
        ConfigError: If there is no such kind.
    """
    if kind not in PLOTS:
        msg = f"unknown plot '{kind}'{did_you_mean(kind, PLOTS)}; known: {', '.join(PLOTS)}"
        raise ConfigError(msg)
    return kind


def _not_recorded(source: RunView) -> str | None:
    return None if curves.drawn_metrics(source) else "metrics.jsonl holds no values of it"


def _not_tested(source: RunView) -> str | None:
    return None if "test" in source.summary else "it has no test split"


def _not_classes(source: RunView) -> str | None:
    return _not_tested(source) if source.class_names else "the task is regression"


def _not_ranked(source: RunView) -> str | None:
    if reason := _not_classes(source):
        return reason
    return None if drawn_classes(source) else "its test split has a single class"


def _not_numbers(source: RunView) -> str | None:
    return "the task is classification" if source.class_names else _not_tested(source)


def _not_plane(source: RunView) -> str | None:
    if not source.class_names:
        return "the task is regression"
    return None if source.plane else "its inputs do not come from two features"


def _not_line(source: RunView) -> str | None:
    if source.class_names:
        return "the task is classification"
    return None if source.is_line else "its input is not one feature"


def _not_several_features(source: RunView) -> str | None:
    return _not_tested(source) if source.num_features > 1 else "its inputs are not several features"


def _not_layered(source: RunView) -> str | None:
    model = source.config.model
    if model.is_estimator:
        return f"{model.title} has no layers"
    return None if 0 in alive(source.summary) else "its first seed has diverged"


def _not_weighted_images(source: RunView) -> str | None:
    return _not_layered(source) or _not_images(source)


def _not_images(source: RunView) -> str | None:
    return None if source.is_images else "its inputs are not images"


def _not_test_images(source: RunView) -> str | None:
    return _not_images(source) or _not_classes(source)


def _not_activated(source: RunView) -> str | None:
    return None if own_activation(source) else "its model has no activation"


PLOTS = {
    "curves": Plot(
        curves.curves,
        "Learning curves",
        "Each metric after each epoch. Thin lines are seeds, the thick line is their mean, the band "
        "their range. A validation loss that rises while the training loss falls means overfitting.",
        _not_recorded,
        takes_several=True,
        options=("log",),
    ),
    "fit": Plot(
        surfaces.fit,
        "Data and fit",
        "The prediction along the feature, with the points the model was trained on and the "
        "points it has not seen.",
        _not_line,
        has_common_axes=True,
    ),
    "boundary": Plot(
        surfaces.boundary,
        "Decision regions",
        "The colour of the plane is the predicted class, paler where the model is unsure; white "
        "lines are decision boundaries.",
        _not_plane,
    ),
    "residuals": Plot(
        residuals,
        "Residuals",
        "On the test split: predicted against true values, which are equal on the dotted line, and "
        "how often each error occurs. A slope or a bend means that the model misses something.",
        _not_numbers,
        has_common_axes=True,
    ),
    "confusion": Plot(
        classification.confusion,
        "Confusion matrix",
        "On the test split: rows are true classes, columns are predicted classes; each row adds up to "
        "100 %.",
        _not_classes,
    ),
    "classes": Plot(
        classification.classes,
        "Class by class",
        "Precision: how many predictions of the class are correct. Recall: how many examples of "
        "the class are found. F1: their harmonic mean. Lines are standard deviations over seeds.",
        _not_classes,
        has_common_axes=True,
    ),
    "mistakes": Plot(
        images.mistakes,
        "Most confident mistakes",
        "Test images that are misclassified: the prediction with its probability, then the truth.",
        _not_test_images,
        options=("by", "class_name", "seed"),
    ),
    "calibration": Plot(
        classification.calibration,
        "Calibration",
        "Accuracy by confidence; larger points are more test examples, and a line joins the points "
        "of enough. Below the dotted line the model is overconfident.",
        _not_classes,
        has_common_axes=True,
    ),
    "roc": Plot(
        roc,
        "ROC, precision and recall",
        "Each class against the rest, on the test split, by the threshold of its probability. AUC: "
        "how often an example of the class is ranked above another one (50 % is chance). AP: mean "
        "precision over the recalls.",
        _not_ranked,
    ),
    "importance": Plot(
        importance,
        "Permutation importance",
        "How much worse the test metric becomes when one feature is shuffled among the examples: "
        "mean and standard deviation over 5 shuffles of each seed. Of features that carry the same "
        "information, each can look unimportant.",
        _not_several_features,
    ),
    "weights": Plot(
        images.weights,
        "First-layer weights",
        "The incoming weights of each unit of the first layer, as an image: blue excites, red "
        "inhibits. First seed.",
        _not_weighted_images,
    ),
    "samples": Plot(
        images.samples,
        "Samples",
        "Training images with their labels.",
        _not_images,
        options=("seed",),
    ),
    "histograms": Plot(
        histograms.histograms,
        "Weights, activations and gradients",
        "Of each layer, at initialisation and after training: its weights, what it passes on for "
        "training examples, and the gradient of the loss by its weights. First seed.",
        _not_layered,
        max_on_page=1,
    ),
    "init": Plot(
        histograms.init,
        "At initialisation",
        "Weights, activations and gradients of each layer before training. First seed.",
        _not_layered,
        takes_several=True,
        max_on_page=0,
    ),
    "activations": Plot(
        activations,
        "Activation functions",
        "The output of a unit as a function of its weighted input.",
        _not_activated,
        max_on_page=1,
    ),
}
