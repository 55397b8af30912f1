"""How much a model relies on each feature of a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from nnlab.data.columns.encoders import features_of
from nnlab.metrics import COMPARED, is_fraction
from nnlab.report.style import COLORS, INK, format_label, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from torch import Tensor

    from nnlab.data.types import Split
    from nnlab.report.run_view import RunView

NUM_REPEATS = 5
MAX_FEATURES = 25
MAX_EXAMPLES = 2_000


class Replicas:
    """The replicas of a run as scikit-learn sees an estimator."""

    def __init__(self, source: RunView, test: Split, features: list[list[int]]) -> None:
        self.source, self.test, self.features = source, test, features

    def fit(self, *_: object) -> None:
        """Do nothing: the run is trained."""

    def errors(self, rows: np.ndarray, targets: np.ndarray) -> dict[int, float]:
        """Return the error of each replica, negative as scikit-learn wants it.

        Args:
            rows: The test example that each column is taken from, ``(N, K)``.
            targets: Targets, ``(N,)``.
        """
        outputs = self.source.predict(self._inputs(rows)).double().numpy()
        if self.source.class_names:
            wrong = (outputs.argmax(-1) != targets).mean(-1)
        else:
            wrong = np.square(outputs[..., 0] - targets).mean(-1)
        return {replica: -float(value) for replica, value in enumerate(wrong)}

    def _inputs(self, rows: np.ndarray) -> Tensor:
        inputs = self.test.inputs[torch.from_numpy(rows[:, 0])]
        for column, features in enumerate(self.features):
            inputs[:, features] = self.test.inputs[:, features][torch.from_numpy(rows[:, column])]
        return inputs


def importance(source: RunView) -> Figure:
    """Draw how much worse the test metric becomes when one feature is shuffled, largest first."""
    drops = permutation_drops(source)  # (K, R * repeats)
    metric = COMPARED[source.job.dataset.spec.task]
    scale = 100 if is_fraction(metric) else 1
    order = drops.mean(1).argsort()[::-1][:MAX_FEATURES]
    columns = source.job.dataset.preprocessing.table_columns
    names = [format_label(columns[i].name) for i in order]
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
    """Return the loss of score of each column of the table, ``(K, R * repeats)``, on the test split.

    All features of a column are shuffled together.

    Source: Breiman, "Random forests" (2001), section 10, as scikit-learn computes it.
    """
    from sklearn.inspection import permutation_importance

    test = source.job.dataset.test
    assert test is not None, "a run without a test split has nothing to shuffle"
    columns = source.job.dataset.preprocessing.table_columns
    features = features_of(columns)
    of_column = [[i for i, f in enumerate(features) if f.column == k] for k in range(len(columns))]
    found = permutation_importance(
        Replicas(source, test, of_column),
        np.tile(np.arange(len(test))[:, None], len(columns)),
        test.targets.numpy(),
        scoring=Replicas.errors,
        n_repeats=NUM_REPEATS,
        random_state=0,
        max_samples=min(len(test), MAX_EXAMPLES),
    )
    return np.concatenate([of_seed.importances for of_seed in found.values()], axis=1)
