"""Estimators of scikit-learn as modules: the outputs of a network, without its parameters."""

from __future__ import annotations

import hashlib
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from nnlab.errors import DataError

if TYPE_CHECKING:
    from nnlab.config.estimators import EstimatorConfig
    from nnlab.data.types import DataSpec

# Probabilities below are raised to it, so that their logarithm is finite, as in sklearn's log_loss.
LEAST_PROBABILITY = float(np.finfo(np.float64).eps)
MAX_FOLDS = 5
DIGEST_WORDS = 4


class Estimator(nn.Module):
    """One estimator of scikit-learn.

    What it has learned is not stored: ``digest`` identifies its outputs, and fitting it again on
    the same rows with the same seed must lead to the same ones.

    Args:
        name: Name of the estimator in an experiment.
        options: Keyword arguments of scikit-learn's class.
        spec: The data.
    """

    digest: Tensor

    def __init__(self, name: str, options: dict[str, Any], spec: DataSpec) -> None:
        super().__init__()
        self.name = name
        self.options = options
        self.is_regression = spec.task == "regression"
        self.num_outputs = spec.num_outputs
        self.fitted: Any = None
        self.register_buffer("digest", torch.zeros(DIGEST_WORDS, dtype=torch.int64))

    def fit(
        self,
        rows: np.ndarray,
        targets: np.ndarray,
        *,
        seed: int,
        sample_weight: np.ndarray | None = None,
    ) -> None:
        """Fit a new estimator.

        Args:
            rows: ``(N, D)``.
            targets: Classes or values, ``(N,)``.
            seed: Its random state.
            sample_weight: Weight of each row, or None for equal weights.

        Raises:
            DataError: If scikit-learn cannot fit these rows, with its reason.
        """
        from sklearn.exceptions import ConvergenceWarning
        from threadpoolctl import threadpool_limits

        num_threads = torch.get_num_threads()
        estimator = self._new(seed, targets, num_threads)
        weights = {} if sample_weight is None else {"sample_weight": sample_weight}
        with warnings.catch_warnings(), threadpool_limits(num_threads):
            # The number of iterations is the user's choice; reaching it is not an error.
            warnings.simplefilter("ignore", ConvergenceWarning)
            try:
                self.fitted = estimator.fit(rows, targets, **weights)
            except ValueError as error:
                raise DataError(self._failure("be fitted to", error)) from error
        if "n_jobs" in self.fitted.get_params():
            # Threads add up the votes of trees in the order in which they end.
            self.fitted.set_params(n_jobs=1)

    def _new(self, seed: int, targets: np.ndarray, num_threads: int) -> Any:
        """Return scikit-learn's estimator before it is fitted."""
        from sklearn.calibration import CalibratedClassifierCV

        kind = _class_of(self.name, is_regression=self.is_regression)
        settings = {"random_state": seed, "n_jobs": num_threads}
        accepted = kind().get_params()
        chosen = {key: value for key, value in settings.items() if key in accepted}
        estimator = kind(**self.options, **chosen)
        if self.name != "svm" or self.is_regression:
            return estimator
        rarest = int(np.unique(targets, return_counts=True)[1].min())
        if rarest < 2:
            msg = "the probabilities of svm need 2 or more training examples of each class"
            raise DataError(msg)
        return CalibratedClassifierCV(estimator, cv=min(MAX_FOLDS, rarest), ensemble=False)

    def forward(self, inputs: Tensor) -> Tensor:
        """Return log-probabilities ``(N, C)`` or values ``(N, 1)`` for inputs ``(N, ...)``."""
        rows = inputs.flatten(1).numpy()
        try:
            found = self.fitted.predict(rows) if self.is_regression else self._log_probs(rows)
        except ValueError as error:
            raise DataError(self._failure("predict", error)) from error
        return torch.from_numpy(found).to(inputs.dtype).view(len(rows), self.num_outputs)

    def _log_probs(self, rows: np.ndarray) -> np.ndarray:
        probs = np.zeros((len(rows), self.num_outputs))
        probs[:, self.fitted.classes_] = self.fitted.predict_proba(rows)  # some may be missing
        if self.name == "svm":
            machine = self.fitted.calibrated_classifiers_[0].estimator
            _put_first(probs, machine.predict(rows))
        logs: np.ndarray = np.log(probs.clip(min=LEAST_PROBABILITY))
        return logs

    def _failure(self, doing: str, error: ValueError) -> str:
        return f"scikit-learn's {self.name} cannot {doing} these rows: {error}"

    def identify(self, inputs: Tensor) -> None:
        """Set the digest from the outputs for some inputs, rounded to float32."""
        outputs = self(inputs).float().numpy().tobytes()
        words = np.frombuffer(hashlib.sha256(outputs).digest(), dtype="<i8").copy()
        self.digest.copy_(torch.from_numpy(words))

    @property
    def num_values(self) -> int:
        """Numbers that it has learned: nodes of trees, stored rows, support vectors, constants."""
        fitted = self.fitted
        match self.name:
            case "random_forest":
                return sum(tree.tree_.node_count for tree in fitted.estimators_)
            case "gradient_boosting":
                trees = fitted._predictors
                return sum(tree.get_n_leaf_nodes() * 2 - 1 for same in trees for tree in same)
            case "knn":
                return int(fitted.n_samples_fit_ * fitted.n_features_in_)
            case "svm":
                machine = (
                    fitted if self.is_regression else fitted.calibrated_classifiers_[0].estimator
                )
                return int(machine.support_vectors_.size + machine.dual_coef_.size)
            case _:
                return self.num_outputs


def _put_first(probs: np.ndarray, preds: np.ndarray) -> None:
    """Exchange the largest probability of a row and that of its predicted class, if they differ.

    Calibration may put another class first than the machine itself predicts.
    """
    rows, largest = np.arange(len(probs)), probs.argmax(1)
    probs[rows, largest], probs[rows, preds] = probs[rows, preds], probs[rows, largest]


def _class_of(name: str, *, is_regression: bool) -> Any:
    """Return scikit-learn's class."""
    from sklearn import dummy, ensemble, neighbors, svm

    kinds = {
        "random_forest": (ensemble.RandomForestClassifier, ensemble.RandomForestRegressor),
        "gradient_boosting": (
            ensemble.HistGradientBoostingClassifier,
            ensemble.HistGradientBoostingRegressor,
        ),
        "knn": (neighbors.KNeighborsClassifier, neighbors.KNeighborsRegressor),
        "svm": (svm.SVC, svm.SVR),
        "dummy": (dummy.DummyClassifier, dummy.DummyRegressor),
    }
    return kinds[name][is_regression]


def build(config: EstimatorConfig, spec: DataSpec) -> Estimator:
    """Return the estimator for the given data, not yet fitted."""
    return Estimator(config.title, config.options(spec.task), spec)
