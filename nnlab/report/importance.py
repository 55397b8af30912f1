"""How much a model relies on each feature of a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nnlab.metrics import COMPARED, is_fraction
from nnlab.report.style import COLORS, INK, format_label, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from nnlab.report.run_view import RunView

NUM_REPEATS = 5
MAX_FEATURES = 25
MAX_EXAMPLES = 2_000


class Replicas:
    """The replicas of a run as scikit-learn sees an estimator."""

    def __init__(self, source: RunView) -> None:
        self.source = source

    def fit(self, *_: object) -> None:
        """Do nothing: the run is trained."""

    def errors(self, raw: np.ndarray, targets: np.ndarray) -> dict[int, float]:
        """Return the error of each replica on raw features, negative as scikit-learn wants it."""
        outputs = self.source.predict(self.source.from_raw(raw)).double().numpy()
        if self.source.class_names:
            wrong = (outputs.argmax(-1) != targets).mean(-1)
        else:
            wrong = np.square(outputs[..., 0] - targets).mean(-1)
        return {replica: -float(value) for replica, value in enumerate(wrong)}


def importance(source: RunView) -> Figure:
    """Draw how much worse the test metric becomes when one feature is shuffled, largest first."""
    drops = permutation_drops(source)  # (D, R * repeats)
    metric = COMPARED[source.job.dataset.spec.task]
    scale = 100 if is_fraction(metric) else 1
    order = drops.mean(1).argsort()[::-1][:MAX_FEATURES]
    names = [format_label(source.job.dataset.preprocessing.feature_names[i]) for i in order]
    figure = new_figure(9, 0.9 + 0.3 * len(order))
    axes = figure.subplots()
    y = np.arange(len(order))
    axes.barh(
        y, scale * drops[order].mean(1), 0.7, xerr=scale * drops[order].std(1), color=COLORS[0],
        error_kw={"ecolor": INK, "elinewidth": 1, "capsize": 2},
    )  # fmt: skip
    axes.set_yticks(y, names)
    axes.set_ylim(len(order) - 0.5, -0.5)
    unit = "points of test accuracy lost" if scale == 100 else f"test {metric} gained"
    left_out = len(drops) - len(order)
    axes.set_xlabel(unit + (f"\n{left_out} less important features left out" if left_out else ""))
    axes.grid(visible=False, axis="y")
    return figure


def permutation_drops(source: RunView) -> np.ndarray:
    """Return the loss of score of each feature, ``(D, R * repeats)``, on the test split.

    Source: Breiman, "Random forests" (2001), section 10, as scikit-learn computes it.
    """
    from sklearn.inspection import permutation_importance

    test = source.job.dataset.test
    assert test is not None, "a run without a test split has nothing to shuffle"
    found = permutation_importance(
        Replicas(source),
        source.to_raw(test.inputs),
        test.targets.numpy(),
        scoring=Replicas.errors,
        n_repeats=NUM_REPEATS,
        random_state=0,
        max_samples=min(len(test), MAX_EXAMPLES),
    )
    return np.concatenate([of_seed.importances for of_seed in found.values()], axis=1)
