"""Predictions of a stored run for new rows, averaged over its seeds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from nnlab.data.inputs import EVAL_BATCH_SIZE
from nnlab.errors import DataError
from nnlab.native.library import find_library
from nnlab.runs.dense import DenseOutputs
from nnlab.runs.inputs import inputs_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import ArrayLike

    from nnlab.runs.networks import Networks


class Outputs(Protocol):
    """What turns the inputs of a run's networks into their outputs."""

    def __call__(self, inputs: np.ndarray, *, is_varied: bool = False) -> np.ndarray:
        """Return the outputs ``(R, N, C)``.

        Args:
            inputs: ``(N, ...)`` in the precision of the run; ``(R, N, ...)`` if varied.
            is_varied: Whether each replica has its own.
        """


def load_outputs(run: Networks, which: str | None = None) -> Outputs:
    """Return the networks of a run: without torch if they are dense and the library is built.

    Args:
        run: The run.
        which: ``last`` or ``best`` weights; default: those the experiment selects.

    Raises:
        RunError: If the run has no usable weights.
    """
    library = find_library() if run.config.model.layer_names else None
    if library is not None:
        return DenseOutputs(run, library, which)
    from nnlab.runs.inference import ModuleOutputs

    return ModuleOutputs(run, which)


class Predictor:
    """The networks of a run, loaded once, to predict any number of rows in batches.

    Args:
        run: The run.
        which: See ``load_outputs``.

    Raises:
        RunError: If the run has no usable weights.
    """

    def __init__(self, run: Networks, which: str | None = None) -> None:
        self._run = run
        self._outputs = load_outputs(run, which)

    def __call__(self, raw: ArrayLike) -> np.ndarray:
        """Return the predictions for new rows, averaged over the replicas.

        Args:
            raw: See ``inputs_of``.

        Returns:
            Probabilities ``(N, C)``, or values ``(N,)``; float64.

        Raises:
            DataError: If rows do not have the shape of the run's inputs.
        """
        return np.concatenate(
            [self._checked(mean_answer(self._run, outputs)) for outputs in self._batches(raw)]
        )

    def of_replicas(self, raw: ArrayLike) -> np.ndarray:
        """Return what each replica predicts, ``(R, N, C)`` or ``(R, N)``; see ``__call__``."""
        answers = [self._checked(answers_of(self._run, outputs)) for outputs in self._batches(raw)]
        return np.concatenate(answers, axis=1)

    def _batches(self, raw: ArrayLike) -> Iterator[np.ndarray]:
        """Yield the outputs for new rows, ``(R, N, C)``, some rows at a time."""
        rows = np.asarray(raw)
        starts = range(0, len(rows) if rows.ndim else 0, EVAL_BATCH_SIZE)
        for batch in [rows[start : start + EVAL_BATCH_SIZE] for start in starts] or [rows]:
            yield self.outputs(batch)

    def outputs(self, raw: np.ndarray) -> np.ndarray:
        """Return what the networks of all replicas put out for new rows, ``(R, N, C)``."""
        run, is_varied = self._run, self._run.preprocessing.is_varied
        if is_varied:
            inputs = np.stack([inputs_of(run, raw, r) for r in range(run.config.train.seeds)])
        else:
            inputs = inputs_of(run, raw)
        return self._outputs(inputs, is_varied=is_varied)

    def _checked(self, answers: np.ndarray) -> np.ndarray:
        if not np.isfinite(answers).all():
            msg = (
                f"run {self._run.id} predicts no finite number for these rows; are they far from "
                f"its data?"
            )
            raise DataError(msg)
        return answers


def mean_answer(
    run: Networks, outputs: np.ndarray, replicas: Sequence[int] | None = None
) -> np.ndarray:
    """Return the mean over replicas of what their outputs ``(R, N, C)`` mean; see ``answers_of``.

    Returns:
        Probabilities ``(N, C)``, or values ``(N,)``; float64.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        mean: np.ndarray = answers_of(run, outputs, replicas).mean(0)
    return mean


def answers_of(
    run: Networks, outputs: np.ndarray, replicas: Sequence[int] | None = None
) -> np.ndarray:
    """Return what the outputs ``(R, N, C)`` of replicas mean.

    Args:
        run: The run.
        outputs: The outputs of all replicas.
        replicas: Numbers of the replicas; default: those that have not diverged.

    Returns:
        Probabilities ``(R, N, C)``, or values ``(R, N)``; float64.
    """
    outputs = outputs.astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        if run.spec.task == "regression":
            scale, values = run.preprocessing.target, outputs.squeeze(-1)  # (R, N)
            answers = values if scale is None else scale.restored(values)
        else:
            answers = probabilities_of(outputs, run.config.model.output_squashing)
    return answers[run.alive if replicas is None else replicas]


def probabilities_of(outputs: np.ndarray, output_activation: str) -> np.ndarray:
    """Return the probability of each class, ``(..., C)``; see ``tasks.classification.probabilities``."""
    match output_activation:
        case "softmax":
            probabilities = outputs
        case "sigmoid":
            total = outputs.sum(-1, keepdims=True)
            even = np.full_like(outputs, 1 / outputs.shape[-1])
            probabilities = np.divide(outputs, total, out=even, where=total > 0)
        case _:
            powers = np.exp(outputs - outputs.max(-1, keepdims=True))
            probabilities = powers / powers.sum(-1, keepdims=True)
    return probabilities
