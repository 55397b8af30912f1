"""What an experiment will do, before it is trained."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from nnlab.assembly.engine import engine_of
from nnlab.assembly.job import build_job
from nnlab.inspection.layers import Layer, layers_of
from nnlab.storage import versions
from nnlab.storage.schemas import SPLITS
from nnlab.training.runtime import deterministic

if TYPE_CHECKING:
    from pathlib import Path

    from nnlab.config.experiment import ExperimentConfig
    from nnlab.training.job import Job

NUM_LRS = 40


@dataclass(frozen=True)
class ExperimentFacts:
    """What an experiment will do.

    Attributes:
        name: Its name.
        dataset: Name of the data set.
        num_examples: Examples by split.
        input_shape: Shape of the inputs of a batch.
        dtype: Type of the inputs.
        target_dtype: Type of the targets.
        device: Where it trains.
        num_threads: Processor threads.
        seeds: One seed per replica.
        engine: What computes the steps.
        why_engine: Why this engine.
        epochs: Passes over the training split.
        steps_per_epoch: Optimizer steps in each.
        layers: The model's layers in order.
        num_parameters: Parameters of one replica.
        loss: Name of the loss.
        class_weights: Weight of each class in the mean loss; None for equal weights.
        target_scale: Mean and standard deviation in which the target of the first seed is learned;
            None for its own unit.
        optimizer: Its name and options.
        schedule: Its name and options.
        lrs: Step, counted from 0, and learning rate at evenly spaced steps.
        is_cut_on_plateau: Whether the learning rate is cut, too, when the monitored metric stalls.
    """

    name: str
    dataset: str
    num_examples: dict[str, int]
    input_shape: tuple[int, ...]
    dtype: str
    target_dtype: str
    device: str
    num_threads: int
    seeds: tuple[int, ...]
    engine: str
    why_engine: str
    epochs: int
    steps_per_epoch: int
    layers: list[Layer]
    num_parameters: int
    loss: str
    class_weights: dict[str, float] | None
    target_scale: tuple[float, float] | None
    optimizer: dict[str, object]
    schedule: dict[str, object]
    lrs: list[tuple[int, float]]
    is_cut_on_plateau: bool

    def to_json(self) -> dict[str, object]:
        """Return the JSON object of ``nnlab show --json``."""
        layers = [layer._asdict() for layer in self.layers]
        return {"schema_version": versions.OUTPUT, **asdict(self), "layers": layers}


def describe_experiment(config: ExperimentConfig, data_dir: Path) -> ExperimentFacts:
    """Build an experiment as for training, and return what it will do.

    Raises:
        DataError: If the data set is missing, corrupt or unusable.
        DeviceError: If the device is absent, or its memory is too small.
    """
    with deterministic():
        job = build_job(config, data_dir)
    _, why_engine = engine_of(config)
    dataset = job.dataset
    return ExperimentFacts(
        name=config.name,
        dataset=config.dataset.name,
        num_examples={name: len(dataset.splits.get(name, ())) for name in SPLITS},
        input_shape=batch_shape(job),
        dtype=_name(job.dtype),
        target_dtype=_name(job.batches.split.targets.dtype),
        device=str(job.device),
        num_threads=job.max_threads,
        seeds=job.seeds,
        engine=job.engine,
        why_engine=why_engine,
        epochs=job.num_epochs,
        steps_per_epoch=job.batches.num_batches,
        layers=layers_of(job.probe.model, dataset.spec),
        num_parameters=job.num_parameters,
        loss=config.loss.name,
        class_weights=class_weights(job),
        target_scale=_target_scale(job),
        optimizer=config.optimizer.model_dump(mode="json"),
        schedule=config.schedule.model_dump(mode="json"),
        lrs=_lrs(job),
        is_cut_on_plateau=config.schedule.plateau is not None,
    )


def batch_shape(job: Job) -> tuple[int, ...]:
    """Return the shape of the inputs of a batch, for one replica."""
    return (job.batches.batch_size, *job.dataset.spec.input_shape)


def class_weights(job: Job) -> dict[str, float] | None:
    """Return the weight of each class in the mean loss, or None for equal weights."""
    task = job.learner.task
    if task.class_weight is None:
        return None
    return dict(zip(task.class_names, task.class_weight.tolist(), strict=True))


def _target_scale(job: Job) -> tuple[float, float] | None:
    scale = job.dataset.preprocessing.of(0).target
    return None if scale is None else (scale.mean.item(), scale.std.item())


def _lrs(job: Job) -> list[tuple[int, float]]:
    last = job.num_epochs * job.batches.num_batches - 1
    count = min(NUM_LRS - 1, last)
    steps = sorted({round(i * last / (count or 1)) for i in range(count + 1)})
    return [(step, job.rates[0].at(step)) for step in steps]


def _name(dtype: object) -> str:
    return str(dtype).removeprefix("torch.")
