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
        return self.above_chance > NUM_ERRORS

    @property
    def above_chance(self) -> float:
        """How far its mean recall is above chance, in standard errors, where all classes count the same."""
        recalls, counts = self._recalls
        present = counts > 0
        number = int(present.sum())
        error = (0.25 / counts[present]).sum().sqrt() / number
        return float((recalls[present].mean() - 1 / number) / error)

    def finds(self, index: int) -> bool:
        """Return whether it predicts a class more often where it is right, beyond chance."""
        predicted = (self.outputs / self._shares).argmax(-1) == index
        is_class = self.targets == index
        inside, outside = predicted[is_class].double(), predicted[~is_class].double()
        error = (0.25 / len(inside) + 0.25 / len(outside)) ** 0.5
        return bool(inside.mean() - outside.mean() > NUM_ERRORS * error)

    @property
    def _shares(self) -> Tensor:
        """Frequency of each class, ``(C,)``; scores divided by it belong to classes equally frequent."""
        return (torch.bincount(self.targets) / len(self.targets)).double().clamp_min(1e-12)

    @property
    def _recalls(self) -> tuple[Tensor, Tensor]:
        """Recall of each class if all are made as frequent, and its number of examples, ``(C,)``."""
        counts = torch.bincount(self.targets).double()
        hits = ((self.outputs / self._shares).argmax(-1) == self.targets).double()
        return torch.bincount(self.targets, hits) / counts, counts


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


def predict_others(
    name: str, inputs: Tensor, targets: Tensor, others: Tensor, metric: str
) -> Tensor:
    """Return what a simple model, fitted on examples, predicts for others; see ``Reference``."""
    estimator = dict(_estimators(metric, len(targets)))[name]
    model = _pipeline(estimator).fit(inputs.nan_to_num().numpy(), targets.numpy())
    method = _method(estimator, targets)
    predicted = getattr(model, method)(others.nan_to_num().numpy())
    return _outputs(torch.from_numpy(predicted).double(), targets, method)


def _pipeline(estimator: Any) -> Any:
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), estimator)


def _method(estimator: Any, targets: Tensor) -> str:
    """Return the method that gives the values, or the scores of the classes."""
    if targets.is_floating_point():
        return "predict"
    return "predict_proba" if hasattr(estimator, "predict_proba") else "decision_function"


def _predict(estimator: Any, columns: np.ndarray, targets: Tensor) -> Tensor:
    """Return cross-validated probabilities ``(N, C)``, or values ``(N,)``."""
    from sklearn.model_selection import KFold, cross_val_predict

    folds = KFold(min(NUM_FOLDS, len(targets)), shuffle=True, random_state=0)
    method = _method(estimator, targets)
    with warnings.catch_warnings():  # rare classes that a fold does not have
        warnings.simplefilter("ignore")
        predicted = cross_val_predict(
            _pipeline(estimator), columns, targets.numpy(), cv=folds, method=method
        )
    return _outputs(torch.from_numpy(predicted).double(), targets, method)


def _outputs(predicted: Tensor, targets: Tensor, method: str) -> Tensor:
    """Return values as they are, and scores of the classes that occur as probabilities of all."""
    if method == "predict":
        return predicted
    if method == "decision_function":
        margins = predicted if predicted.dim() == 2 else torch.stack([-predicted, predicted], 1)
        predicted = margins.softmax(1)
    full = predicted.new_zeros(len(predicted), int(targets.max()) + 1)
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
