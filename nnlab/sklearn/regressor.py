"""A regressor for scikit-learn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils.validation import validate_data

from nnlab.data.types import Examples
from nnlab.errors import RunError
from nnlab.sklearn.base import NNEstimator
from nnlab.sklearn.columns import names_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from nnlab.runs.load import StoredRun


class NNRegressor(RegressorMixin, NNEstimator):  # type: ignore[misc]
    """A dense network that predicts numbers, trained on the mean squared error.

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
        seed: Of the first network: initial weights, order of the rows, dropout.
        seeds: Number of networks, trained in one pass, whose values are averaged.
        val: Fraction of the rows that only chooses when to stop.
        split_seed: Of the choice of these rows.
        patience: Epochs without improvement on these rows before a network stops; None: never.
        min_delta: Changes up to this size do not count as improvement.
        monitor: What improves: val.loss, val.r2, ...
        select: The weights that predict: last, or best (the default with patience).
        standardize: Whether features are standardised.
        standardize_target: Whether the target is; predictions are in its unit all the same.
        engine: auto, native, fused, autograd or numpy.
        device: auto, cpu or cuda.
        threads: The most CPU threads, or "auto".
        precision: float32, bf16 or float64.

    Attributes:
        n_features_in_: Number of features.
        feature_names_in_: Their names, if the training rows were a data frame of named columns.
        history_: Metrics of each evaluated epoch and seed, as metrics.jsonl has them.
    """

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
        seed: int = 0,
        seeds: int = 1,
        val: float = 0.0,
        split_seed: int = 0,
        patience: int | None = None,
        min_delta: float | None = None,
        monitor: str = "val.loss",
        select: str | None = None,
        standardize: bool | Literal["auto"] = True,
        standardize_target: bool | Literal["auto"] = True,
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
            y: Numbers, ``(N,)``.

        Raises:
            ValueError: If the rows or a parameter cannot be used.
            DivergedError: If the loss of every seed is not finite.
        """
        rows, values = validate_data(self, X, y, dtype=np.float64, y_numeric=True)
        targets = values.astype(np.float64)
        self._train("regression", Examples(rows, targets, feature_names=names_of(self), sha256=""))
        return self

    def predict(self, X: ArrayLike) -> np.ndarray:  # noqa: N803
        """Return the value of each row, averaged over the seeds, ``(N,)``."""
        return self._answers(X)

    def predict_std(self, X: ArrayLike) -> np.ndarray:  # noqa: N803
        """Return the standard deviation of each value over the seeds, ``(N,)``.

        Raises:
            ValueError: If there is only one seed.
        """
        return self._spread(X)

    @classmethod
    def _check_task(cls, run: StoredRun) -> None:
        if run.spec.task != "regression":
            msg = f"run {run.id} predicts classes; use NNClassifier.from_run"
            raise RunError(msg)
