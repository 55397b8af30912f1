"""From a config to the job that trains it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

import torch

from nnlab.assembly.activations import activations_of
from nnlab.assembly.engine import device_of, engine_of
from nnlab.assembly.footprint import check_data_size, check_model_size, estimate
from nnlab.assembly.learner import DTYPES, Parts, build_learner
from nnlab.assembly.monitoring import check_counted_weights, check_monitor
from nnlab.assembly.replicas import replicas_of
from nnlab.config.resolve import build_model, build_schedule, build_task, load_examples
from nnlab.data.augment import augmentation_of
from nnlab.data.batches import TrainBatches, as_float
from nnlab.data.labels import reorder
from nnlab.data.prepare import prepare
from nnlab.data.targets import check_classes, check_numbers
from nnlab.learners.autograd import AutogradLearner
from nnlab.learners.protocol import ignore
from nnlab.metrics import METRICS
from nnlab.optim.schedules import with_warmup
from nnlab.seeding import derive_seed
from nnlab.training.job import Job, LearningRate
from nnlab.training.probe import NUM_EXAMPLES, Probe
from nnlab.training.runtime import num_threads, seeded
from nnlab.training.saving import SavePlan
from nnlab.training.selection import Plateau, Selection

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from torch import nn

    from nnlab.assembly.replicas import Replica
    from nnlab.config.experiment import ExperimentConfig
    from nnlab.data.types import Dataset, DataSpec, Examples, Recorded
    from nnlab.optim.schedules import Schedule
    from nnlab.storage.schemas import SplitName
    from nnlab.tasks.protocol import Task
    from nnlab.training.footprint import Footprint

# Weights times examples per step from which a second thread saves at least a fifth of the time
# (benchmarks/threads.py). Below that, threads are not worth their cost if another program holds a
# core.
MIN_SHARED_PRODUCTS = 30_000_000
# How often to save if the experiment does not say.
MAX_UNSAVED_SECONDS = 30.0
MAX_SAVING_FRACTION = 0.01


def build_job(
    config: ExperimentConfig,
    data_dir: Path,
    recorded: Recorded | None = None,
    *,
    replicas: Sequence[Replica] | None = None,
    on_examples: Callable[[Examples], object] = ignore,
) -> Job:
    """Build everything an experiment needs to train.

    Args:
        config: The experiment.
        data_dir: Folder of installed data.
        recorded: What a stored run says about its data; None for a new run.
        replicas: What trains in each replica; default: the experiment with each of its seeds.
        on_examples: Called with the examples before they are split.

    Raises:
        DeviceError: If the device is absent, or its memory is too small.
        DataError: If the data set is missing, corrupt or unusable.
    """
    device_of(config)
    examples = _load(config, data_dir, recorded)
    on_examples(examples)
    return job_of(config, examples, recorded, data_dir, replicas)


def job_of(
    config: ExperimentConfig,
    examples: Examples,
    recorded: Recorded | None = None,
    data_dir: Path | None = None,
    replicas: Sequence[Replica] | None = None,
) -> Job:
    """Build the job of an experiment from examples that have been read; see ``build_job``."""
    device = device_of(config)
    dtype = DTYPES[config.train.precision]
    replicas = replicas or replicas_of(config)
    seeds = tuple(replica.seed for replica in replicas)
    dataset = _split(config, examples, recorded, device, data_dir, seeds)
    batches = _build_batches(config, dataset, seeds)
    models, footprint = _build_models(config, replicas, dataset.spec, batches.batch_size, device)
    num_parameters = sum(p.numel() for p in models[0].parameters())
    task = _build_task(config, dataset)
    learner = build_learner(Parts(config, models, task, replicas, dataset, device))
    # The vmap engine gives way to autograd where torch.func cannot vectorise a model.
    engine = "autograd" if isinstance(learner, AutogradLearner) else engine_of(config)[0]
    return Job(
        learner=learner,
        engine=engine,
        dataset=dataset,
        batches=batches,
        rates=_build_rates(replicas, batches.num_batches),
        selection=_build_selection(config),
        seeds=seeds,
        labels=tuple(replica.label for replica in replicas),
        num_epochs=config.train.epochs,
        eval_every=config.train.eval_every,
        log_every=config.train.log_every,
        max_seconds=config.train.max_minutes and 60 * config.train.max_minutes,
        device=device,
        dtype=dtype,
        num_parameters=num_parameters,
        num_threads=_num_threads(config, engine, num_parameters * batches.batch_size * len(seeds)),
        probe=_build_probe(config, dataset, task, dtype),
        saving=_build_save_plan(config),
        footprint=footprint,
    )


def _build_models(
    config: ExperimentConfig,
    replicas: Sequence[Replica],
    spec: DataSpec,
    batch_size: int,
    device: torch.device,
) -> tuple[list[nn.Module], Footprint]:
    """Return a model for each replica, and the memory that training needs.

    Raises:
        DeviceError: If it is more than there is.
    """
    dtype = DTYPES[config.train.precision]
    footprint = estimate(config, spec)
    check_model_size(footprint, device)
    models = [_build_model(replica.config, spec, replica.seed) for replica in replicas]
    activations = activations_of(models[0], spec, config, batch_size=batch_size, dtype=dtype)
    footprint = replace(footprint, activations=activations)
    check_model_size(footprint, device)
    return models, footprint


def _load(config: ExperimentConfig, data_dir: Path, recorded: Recorded | None) -> Examples:
    check_data_size(config.dataset)
    examples = load_examples(config.dataset, data_dir)
    if recorded is not None:
        return reorder(examples, recorded.class_names)
    check_classes(config.dataset, examples)
    check_numbers(config.dataset, examples)
    return examples


def _split(
    config: ExperimentConfig,
    examples: Examples,
    recorded: Recorded | None,
    device: torch.device,
    data_dir: Path | None,
    seeds: Sequence[int],
) -> Dataset:
    dataset = prepare(
        examples,
        config.dataset,
        seeds=seeds,
        sizes=recorded and recorded.sizes,
        device=device,
        dtype=DTYPES[config.train.precision],
        # A mapping for each replica would be copied into memory all the same.
        scratch=None if config.dataset.split.vary else data_dir,
    )
    if recorded is None:
        check_monitor(config, dataset)
        check_counted_weights(config, dataset)
    return dataset


def _build_task(config: ExperimentConfig, dataset: Dataset) -> Task:
    return build_task(
        config.loss,
        dataset.preprocessing.class_names,
        dataset.train.of(0).targets,
        config.model.output_squashing,
        dataset.preprocessing.target,
        config.metrics,
    )


def _build_batches(
    config: ExperimentConfig, dataset: Dataset, seeds: Sequence[int]
) -> TrainBatches:
    size, dtype = config.train.batch_size, DTYPES[config.train.precision]
    return TrainBatches(
        dataset.to_learn(dtype),
        seeds=seeds,
        batch_size=len(dataset.train) if size == "full" else size,
        shuffle=config.train.shuffle,
        dtype=dtype,
        limit_batches=config.train.limit_batches,
        augmentation=augmentation_of(config.dataset.augmentation, dataset.spec.input_shape),
    )


def _build_save_plan(config: ExperimentConfig) -> SavePlan:
    chosen = config.train.checkpoint_every
    if chosen is None:
        return SavePlan(epochs=1, seconds=MAX_UNSAVED_SECONDS, max_fraction=MAX_SAVING_FRACTION)
    return SavePlan(**chosen.model_dump())


def _build_probe(
    config: ExperimentConfig, dataset: Dataset, task: Task, dtype: torch.dtype
) -> Probe:
    (model,) = build_models(config, dataset.spec, [config.train.seed])
    split = dataset.to_learn(dtype).of(0)
    device = split.targets.device
    examples = split.select(torch.linspace(0, len(split) - 1, NUM_EXAMPLES, device=device).long())
    return Probe(model.to(device), as_float(examples.inputs, dtype), examples.targets, task)


def _num_threads(config: ExperimentConfig, engine: str, products_per_step: int) -> int:
    """Return the number of torch's threads; the native engine has its own, and leaves little to torch."""
    if config.train.threads != "auto":
        return config.train.threads
    is_small = engine == "native" or products_per_step < MIN_SHARED_PRODUCTS
    return 1 if is_small else num_threads()


def build_models(config: ExperimentConfig, spec: DataSpec, seeds: Sequence[int]) -> list[nn.Module]:
    """Return one module per seed, its initial weights drawn on the CPU from that seed."""
    return [_build_model(config, spec, seed) for seed in seeds]


def _build_model(config: ExperimentConfig, spec: DataSpec, seed: int) -> nn.Module:
    with seeded(derive_seed("init", seed)):
        model = build_model(config.model, spec)
    return model.to(DTYPES[config.train.precision])


def _build_rates(replicas: Sequence[Replica], steps_per_epoch: int) -> tuple[LearningRate, ...]:
    """Return the learning rate of each replica; those of one experiment share its schedule."""
    schedules = {id(r.config): _build_schedule(r.config, steps_per_epoch) for r in replicas}
    return tuple(LearningRate(r.config.optimizer.lr, schedules[id(r.config)]) for r in replicas)


def _build_schedule(config: ExperimentConfig, steps_per_epoch: int) -> Schedule:
    warmup = config.schedule.warmup_steps
    num_steps = max(config.train.epochs * steps_per_epoch - warmup, 1)
    schedule = build_schedule(config.schedule, num_steps, steps_per_epoch)
    return with_warmup(schedule, warmup)


def _build_selection(config: ExperimentConfig) -> Selection:
    split, _, metric = config.train.monitor.partition(".")
    stopping, cuts = config.train.early_stopping, config.schedule.plateau
    return Selection(
        split=cast("SplitName", split),
        metric=metric,
        is_lower_better=METRICS[metric].lower_is_better,
        min_delta=stopping.min_delta if stopping else 0.0,
        patience=stopping.patience if stopping else None,
        plateau=Plateau(cuts.factor, cuts.patience, cuts.min_factor) if cuts else None,
    )
