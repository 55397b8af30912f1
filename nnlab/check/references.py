"""Simple strong models of scikit-learn, to which a run's fit is compared: what can be learned here."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

import torch

from nnlab.check.points import points

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from torch import Tensor

NUM_FOLDS = 3
# Standard errors above chance that are no luck.
NUM_ERRORS = 3
# No other model is fitted after one this good.
GOOD_ENOUGH = 0.95


class Reference(NamedTuple):
    """The answers of a simple model for examples that it was not fitted on.

    Attributes:
        name: The model, in words.
        outputs: Probabilities ``(N, C)``, or values ``(N,)``.
        targets: ``(N,)``.
        metric: What it is judged by.
    """

    name: str
    outputs: Tensor
    targets: Tensor
    metric: str

    @property
    def points(self) -> Tensor:
        """Each example's share in the metric, ``(N,)``."""
        return points(self.outputs[None], self.targets, self.metric)[0]

    @property
    def score(self) -> float:
        """The metric."""
        return float(self.points.mean())

    @property
    def tells_classes_apart(self) -> bool:
        """Whether it finds each class, however rare, more often than by chance."""
        counts = torch.bincount(self.targets).double()
        present = counts > 0
        shares = (counts / len(self.targets)).clamp_min(1e-12)
        hits = ((self.outputs / shares).argmax(-1) == self.targets).double()
        recalls = torch.bincount(self.targets, hits)[present] / counts[present]
        number = int(present.sum())
        error = (0.25 / counts[present]).sum().sqrt() / number
        return bool(recalls.mean() - 1 / number > NUM_ERRORS * error)


def fit_references(inputs: Tensor, targets: Tensor, metric: str) -> list[Reference]:
    """Return a few simple models by cross-validation, a linear one first.

    Args:
        inputs: ``(N, D)`` float64.
        targets: Classes or values, ``(N,)``.
        metric: ``accuracy``, ``balanced_accuracy`` or ``r2``.
    """
    columns = inputs.nan_to_num().numpy()
    found: list[Reference] = []
    for name, estimator in _estimators(metric, len(targets)):
        found.append(Reference(name, _predict(estimator, columns, targets), targets, metric))
        if found[-1].score > GOOD_ENOUGH:
            break
    return found


def _predict(estimator: Any, columns: np.ndarray, targets: Tensor) -> Tensor:
    """Return cross-validated probabilities ``(N, C)``, or values ``(N,)``."""
    from sklearn.model_selection import KFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    is_class = not targets.is_floating_point()
    folds = KFold(min(NUM_FOLDS, len(targets)), shuffle=True, random_state=0)
    model = make_pipeline(StandardScaler(), estimator)
    method = "predict" if not is_class else "predict_proba"
    if not hasattr(estimator, method):
        method = "decision_function"
    with warnings.catch_warnings():  # rare classes that a fold does not have
        warnings.simplefilter("ignore")
        predicted = torch.from_numpy(
            cross_val_predict(model, columns, targets.numpy(), cv=folds, method=method)
        ).double()
    if not is_class:
        return predicted
    if method == "decision_function":
        margins = predicted if predicted.dim() == 2 else torch.stack([-predicted, predicted], 1)
        predicted = margins.softmax(1)
    # Columns are the classes that occur.
    full = predicted.new_zeros(len(targets), int(targets.max()) + 1)
    full[:, torch.bincount(targets) > 0] = predicted
    return full


def _estimators(metric: str, number: int) -> Iterator[tuple[str, Any]]:
    """Yield simple models, the quickest first."""
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
    from sklearn.linear_model import Ridge
    from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
    from sklearn.svm import SVC, SVR

    neighbours = max(1, min(10, number // 10))
    trees: dict[str, Any] = {"n_estimators": 25, "min_samples_leaf": 2, "random_state": 0}
    if metric == "r2":
        yield "a linear model", Ridge()
        yield "a nearest-neighbour model", KNeighborsRegressor(neighbours)
        yield "a support vector machine", SVR(C=10)
        yield "a random forest", RandomForestRegressor(**trees)
        return
    weight = "balanced" if metric == "balanced_accuracy" else None
    yield "a linear model", LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto")
    yield "a nearest-neighbour model", KNeighborsClassifier(neighbours)
    yield "a support vector machine", SVC(C=3, class_weight=weight)
    yield "a random forest", RandomForestClassifier(class_weight=weight, **trees)
