"""A classifier for scikit-learn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import validate_data

from nnlab.data.types import Examples
from nnlab.errors import RunError
from nnlab.sklearn.base import NNEstimator
from nnlab.sklearn.columns import names_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike

    from nnlab.runs.load import StoredRun
    from nnlab.runs.networks import MemoryNetworks


class NNClassifier(ClassifierMixin, NNEstimator):  # type: ignore[misc]
    """A dense network that predicts classes.

    Its parameters have the names, values and defaults of an experiment file, except that it trains
    for 100 epochs and keeps no rows for validation unless asked to. None stands for that default.

    Args:
        hidden_sizes: Width of each hidden layer; () for none.
        activation: identity, relu, leaky_relu, elu, gelu, tanh or sigmoid.
        dropout: Probability of dropping a hidden unit in training.
        init: default, xavier, kaiming or normal.
        optimizer: sgd, adam, adamw, rmsprop, adagrad or lbfgs (with batch_size="full").
        lr: Learning rate, per step.
        weight_decay: As the optimizer defines it.
        momentum: Of sgd and rmsprop.
        schedule: constant, step, cosine, one_cycle or plateau.
        warmup_steps: Steps over which the learning rate rises to its first value.
        epochs: Passes over the training rows.
        batch_size: Rows per step, or "full".
        clip_norm: Maximum norm of a seed's gradient.
        class_weight: "balanced", "inverse_count", or a weight for each label; others weigh 1.
        label_smoothing: Part of the target probability that is spread over all classes.
        seed: Of the first network: initial weights, order of the rows, dropout.
        seeds: Number of networks, trained in one pass, whose probabilities are averaged.
        val: Fraction of the rows that only chooses when to stop, stratified by class.
        split_seed: Of the choice of these rows.
        patience: Epochs without improvement on these rows before a network stops; None: never.
        min_delta: Changes up to this size do not count as improvement.
        monitor: What improves: val.loss, val.accuracy, ...
        select: The weights that predict: last, or best (the default with patience).
        standardize: Whether features are standardised.
        engine: auto, native, fused, autograd or numpy.
        device: auto, cpu or cuda.
        threads: The most CPU threads, or "auto".
        precision: float32, bf16 or float64.

    Attributes:
        classes_: The labels, in order.
        n_features_in_: Number of features.
        feature_names_in_: Their names, if the training rows were a data frame of named columns.
        history_: Metrics of each evaluated epoch and seed, as metrics.jsonl has them.
    """

    class_weight: str | Mapping[Any, float] | None
    classes_: np.ndarray

    def __init__(
        self,
        hidden_sizes: Sequence[int] = (64,),
        *,
        activation: str = "relu",
        dropout: float = 0.0,
        init: str = "default",
        optimizer: str = "adam",
        lr: float | None = None,
        weight_decay: float | None = None,
        momentum: float | None = None,
        schedule: str = "constant",
        warmup_steps: int = 0,
        epochs: int = 100,
        batch_size: int | Literal["full"] = 64,
        clip_norm: float | None = None,
        class_weight: str | Mapping[Any, float] | None = None,
        label_smoothing: float = 0.0,
        seed: int = 0,
        seeds: int = 1,
        val: float = 0.0,
        split_seed: int = 0,
        patience: int | None = None,
        min_delta: float | None = None,
        monitor: str = "val.loss",
        select: str | None = None,
        standardize: bool | Literal["auto"] = True,
        engine: str = "auto",
        device: str = "auto",
        threads: int | Literal["auto"] = "auto",
        precision: str = "float32",
    ) -> None:
        self._keep(locals())

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:  # noqa: N803 (scikit-learn's name)
        """Train the networks.

        Args:
            X: Numbers, ``(N, D)``.
            y: Labels, ``(N,)``.

        Raises:
            ValueError: If the rows or a parameter cannot be used.
            DivergedError: If the loss of every seed is not finite.
        """
        rows, labels = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(labels)
        self.classes_, targets = np.unique(labels, return_inverse=True)
        if len(self.classes_) < 2:
            msg = f"there is only one class in y, {self.classes_[0]!r}; a classifier needs two"
            raise ValueError(msg)
        names = tuple(map(str, self.classes_.tolist()))
        examples = Examples(
            rows,
            targets.astype(np.int64),
            class_names=names,
            feature_names=names_of(self),
            sha256="",
        )
        self._train("classification", examples, class_weight=self._named_weights(names))
        return self

    def predict(self, X: ArrayLike) -> np.ndarray:  # noqa: N803
        """Return the most probable label of each row, ``(N,)``."""
        most_probable = self.predict_proba(X).argmax(1)
        labels: np.ndarray = self.classes_[most_probable]
        return labels

    def predict_proba(self, X: ArrayLike) -> np.ndarray:  # noqa: N803
        """Return the probability of each class, averaged over the seeds, ``(N, C)``."""
        return self._answers(X)

    def predict_std(self, X: ArrayLike) -> np.ndarray:  # noqa: N803
        """Return the standard deviation of each probability over the seeds, ``(N, C)``.

        Raises:
            ValueError: If there is only one seed.
        """
        return self._spread(X)

    @classmethod
    def _check_task(cls, run: StoredRun) -> None:
        if run.spec.task != "classification":
            msg = f"run {run.id} predicts numbers; use NNRegressor.from_run"
            raise RunError(msg)

    def _take(self, networks: MemoryNetworks) -> None:
        super()._take(networks)
        names = networks.preprocessing.class_names
        self.classes_ = _labels_of(names)
        labels = dict(zip(names, self.classes_.tolist(), strict=True))
        weights: object = self.class_weight
        if isinstance(weights, tuple):
            self.class_weight = dict(zip(labels.values(), weights, strict=True))
        elif isinstance(weights, dict):
            self.class_weight = {labels.get(name, name): item for name, item in weights.items()}

    def _named_weights(self, names: Sequence[str]) -> object:
        """Return the weights of the classes by their names."""
        weights = self.class_weight
        if weights is None or isinstance(weights, str):
            return weights
        labels = dict(zip(self.classes_.tolist(), names, strict=True))
        return {labels.get(label, str(label)): float(weight) for label, weight in weights.items()}


def _labels_of(names: Sequence[str]) -> np.ndarray:
    """Return the names of a run's classes as labels: whole numbers if all of them are such."""
    are_whole = all(name.removeprefix("-").isdecimal() and str(int(name)) == name for name in names)
    return np.array([int(name) for name in names] if are_whole else names)
