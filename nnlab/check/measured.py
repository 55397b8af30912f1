"""What a diagnosis measures in a finished run: its network at both ends of training, and its answers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import torch

from nnlab.check.points import losses, points
from nnlab.check.references import Reference, fit_references, predict_others
from nnlab.data.batches import as_float
from nnlab.runs.results import predict_split
from nnlab.storage.folders import Folders
from nnlab.training.runtime import deterministic, threads

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from torch import Tensor

    from nnlab.data.types import Split
    from nnlab.runs.load import StoredRun
    from nnlab.training.job import Job
    from nnlab.training.probe import Health

# More examples make a diagnosis slower, and hardly surer.
MAX_EXAMPLES = 1500


@dataclass(frozen=True)
class Answers:
    """The outputs of the replicas for examples of a split.

    Attributes:
        outputs: Of the weights the experiment selects, ``(R, N, C)`` or ``(R, N)``.
        targets: ``(N,)``.
        squashing: Activation that the model applies to its outputs.
    """

    outputs: Tensor
    targets: Tensor
    squashing: str

    def points(self, metric: str) -> Tensor:
        """Return each example's share in a metric; see ``points``."""
        return points(self.outputs, self.targets, metric)

    @property
    def losses(self) -> Tensor:
        """Log loss or squared error of each example, ``(R, N)``."""
        return losses(self.outputs, self.targets, self.squashing)


@dataclass(frozen=True)
class Measured:
    """What a diagnosis measures in a finished run and its data.

    Attributes:
        inputs: Training examples as the model takes them, ``(N, D)`` float64.
        targets: Their targets, ``(N,)``.
        numbers: Their numbers in the training split, ``(N,)``.
        initial: Health of each replica before training; empty without a network.
        final: Health of each replica with the weights the experiment selects.
        train: Answers for the training examples; None without a network.
        val: Answers for the validation examples; None without them.
        best_val: Answers of the best epoch for the validation examples; None if they are not kept.
        val_inputs: Validation examples as the model takes them, ``(M, D)`` float64.
    """

    inputs: Tensor
    targets: Tensor
    numbers: Tensor
    initial: tuple[Health, ...] = ()
    final: tuple[Health, ...] = ()
    train: Answers | None = None
    val: Answers | None = None
    best_val: Answers | None = None
    val_inputs: Tensor | None = None

    @cached_property
    def _fitted(self) -> dict[str, list[Reference]]:
        return {}

    def references(self, metric: str) -> list[Reference]:
        """Return the answers of simple models for examples that they were not fitted on."""
        if metric not in self._fitted:
            self._fitted[metric] = fit_references(self.inputs, self.targets, metric)
        return self._fitted[metric]

    def reference(self, metric: str) -> Reference:
        """Return the strongest simple model by a metric."""
        return max(self.references(metric), key=lambda reference: reference.score)

    def transferred(self, metric: str) -> Tensor:
        """Return the share of each validation example in the metric of the strongest simple model."""
        assert self.val is not None, "there is a validation split"
        assert self.val_inputs is not None, "there is a validation split"
        outputs = predict_others(
            self.reference(metric).name, self.inputs, self.targets, self.val_inputs, metric
        )
        return points(outputs[None], self.val.targets, metric)[0]


def measure(run: StoredRun, data_dir: Path) -> Measured:
    """Read the data of a finished run, and measure it.

    Raises:
        RunError: If the data are elsewhere or have changed, or the run is damaged.
        DataError: If the data are missing.
    """
    folders = Folders(runs=run.folder.path.parent, data=data_dir)
    run = run.with_table(folders.table).to_read("cpu")
    config, replicas = run.config, run.alive
    if config.dataset.split.vary:  # the first seed stands for all: each has its own examples
        config, replicas = config.of_first_seed(), [0]
    with deterministic():
        job = run.build_job(config, data_dir)
        train = _sample(job.dataset.train.of(0))
        inputs, targets = _inputs(job, train), train.targets
        if config.model.is_estimator or 0 not in run.alive:
            return Measured(inputs, targets, _chosen(job.dataset.train))
        with threads(job.num_threads):
            return _measured(run, job, replicas, train)


def _measured(run: StoredRun, job: Job, replicas: Sequence[int], train: Split) -> Measured:
    """Return the measurements of a network, whose weights are those of the start."""
    initial = _health(job, replicas)
    val = None if job.dataset.val is None else _sample(job.dataset.val.of(0))
    best_val = None
    has_last = run.config.train.select == "last" and bool(run.snapshot.best)
    if val is not None and has_last:
        best_val = _answers(run, job, "best", replicas, val)
    return Measured(
        _inputs(job, train),
        train.targets,
        _chosen(job.dataset.train),
        initial,
        train=_answers(run, job, None, replicas, train),
        val=None if val is None else _answers(run, job, None, replicas, val),
        final=_health(job, replicas),
        best_val=best_val,
        val_inputs=None if val is None else _inputs(job, val),
    )


def _sample(split: Split) -> Split:
    """Return a split, or evenly spaced examples of a large one."""
    return split if len(split) <= MAX_EXAMPLES else split.select(_chosen(split))


def _inputs(job: Job, split: Split) -> Tensor:
    """Return the examples of a split as the model takes them, ``(N, D)`` float64."""
    return as_float(split.inputs, job.dtype).double().flatten(1)


def _chosen(split: Split) -> Tensor:
    """Return the numbers of the examples of a sample."""
    return torch.linspace(0, len(split) - 1, min(len(split), MAX_EXAMPLES)).round().long()


def _health(job: Job, replicas: Sequence[int]) -> tuple[Health, ...]:
    weights = job.learner.weights()
    return tuple(
        job.probe.measure_weights({name: tensor[r] for name, tensor in weights.items()})
        for r in replicas
    )


def _answers(
    run: StoredRun, job: Job, which: str | None, replicas: Sequence[int], split: Split
) -> Answers:
    weights, num_replicas = run.weights(which), len(job.seeds)
    job.learner.load_weights({name: tensor[:num_replicas] for name, tensor in weights.items()})
    outputs = predict_split(job, split)[list(replicas)].double()
    return Answers(outputs, split.targets.cpu(), run.config.model.output_squashing)
