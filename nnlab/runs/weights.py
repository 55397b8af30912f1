"""The weights of a stored run, checked: as tensors, or as arrays without torch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from nnlab.assembly.footprint import check_model_size, estimate
from nnlab.assembly.shapes import weight_shapes
from nnlab.errors import RunError
from nnlab.training.guards import check_weights_fit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from torch import Tensor

    from nnlab.runs.load import StoredRun
    from nnlab.storage.checkpoint import Checkpoint
    from nnlab.storage.snapshot import Snapshot

T = TypeVar("T", "Tensor", "np.ndarray")


def newest_of(run: StoredRun, load: Callable[[Path, int], Checkpoint[T] | None]) -> Checkpoint[T]:
    """Return the newest good checkpoint; see ``StoredRun.checkpoint``.

    Args:
        run: The run.
        load: Reads it, of at most so many bytes.
    """
    needed = estimate(run.config, run.spec)
    check_model_size(needed)
    newest = load(run.folder.checkpoints_dir, needed.max_checkpoint)
    if newest is None:
        msg = f"run {run.id} has no checkpoint"
        raise RunError(msg)
    return newest


def snapshot_of(run: StoredRun, newest: Checkpoint[T]) -> Snapshot[T]:
    """Return what a checkpoint holds; see ``StoredRun.snapshot``."""
    try:
        return newest.snapshot()
    except ValueError as error:
        msg = f"the checkpoint of run {run.id} does not fit its experiment: {error}"
        raise RunError(msg) from error


def weights_in(run: StoredRun, snapshot: Snapshot[T], which: str | None) -> dict[str, T]:
    """Return the weights of a snapshot, checked; see ``StoredRun.weights``."""
    which = which or run.config.train.select
    weights = snapshot.best if which == "best" else snapshot.weights
    if not weights and which == "best":
        msg = f"run {run.id} has no best weights: nothing was monitored; use --checkpoint last"
        raise RunError(msg)
    return _checked(run, weights, run.config.train.seeds)


def frames_in(run: StoredRun, snapshot: Snapshot[T]) -> dict[int, dict[str, T]]:
    """Return the weights ``(S, ...)`` of the first S replicas at a few epochs, checked.

    Raises:
        RunError: If they do not fit the model.
    """
    return {
        epoch: _checked(run, weights, _num_replicas(run, weights))
        for epoch, weights in sorted(snapshot.frames.items())
    }


def _num_replicas(run: StoredRun, weights: Mapping[str, Any]) -> int:
    """Return of how many replicas a frame is: at least 1, and no more than the run has."""
    shape: Sequence[int] = next(iter(weights.values())).shape
    return min(max(shape[0], 1), run.config.train.seeds) if len(shape) else 1


def _checked(run: StoredRun, weights: dict[str, T], num_replicas: int) -> dict[str, T]:
    """Return weights, which must fit so many replicas of the model."""
    try:
        check_weights_fit(weights, _shapes(run, num_replicas))
    except ValueError as error:
        msg = f"the weights of run {run.id} do not fit its model: {error}"
        raise RunError(msg) from error
    return weights


def _shapes(run: StoredRun, num_replicas: int) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the weights of so many replicas."""
    one = weight_shapes(run.config.model, run.spec)
    return {name: (num_replicas, *shape) for name, shape in one.items()}
