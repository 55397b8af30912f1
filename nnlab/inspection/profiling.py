"""Where the time of an experiment goes."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

import torch

from nnlab.assembly.job import build_job, build_models
from nnlab.assembly.layout import in_layout
from nnlab.data.steps import Steps
from nnlab.errors import ConfigError
from nnlab.inspection.products import products_of_step
from nnlab.learners.fused import FusedLearner
from nnlab.metrics import recorded_with
from nnlab.storage import versions
from nnlab.storage.folders import Folders
from nnlab.storage.run_dir import RunDir
from nnlab.training.loop import evaluate_split
from nnlab.training.pace import Pace
from nnlab.training.recorder import Recorder
from nnlab.training.runtime import deterministic, threads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from torch import Tensor

    from nnlab.config.experiment import ExperimentConfig
    from nnlab.training.job import Job

WARM_UP_CALLS = 20
NUM_TURNS = 10


class Profile(TypedDict):
    """Where an epoch's time goes: the JSON object of ``nnlab bench --json``."""

    schema_version: int
    engine: str
    device: str
    threads: int
    num_parameters: int
    num_seeds: int
    steps_per_epoch: int
    steps_measured: int
    seconds_per_epoch: float
    phases: dict[str, float]
    checkpoint_seconds: float
    floor_seconds_per_epoch: float


class Stopwatch:
    """Seconds by phase, from lap to lap.

    Args:
        device: Device to synchronise with, so that its work counts for the phase that launched it.
    """

    def __init__(self, device: torch.device) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._is_cuda = device.type == "cuda"
        self._last = time.perf_counter()

    def restart(self) -> None:
        """Forget the phases so far."""
        self.seconds.clear()
        self.lap("start")
        self.seconds.clear()

    def lap(self, phase: str) -> None:
        """Count the time since the last lap for the phase that ends here."""
        if self._is_cuda:
            torch.cuda.synchronize()
        now = time.perf_counter()
        self.seconds[phase] += now - self._last
        self._last = now


def profile(
    config: ExperimentConfig, *, seconds: float = 3.0, data_dir: str | Path | None = None
) -> Profile:
    """Train for a few seconds and return where an epoch's time goes.

    Args:
        config: The experiment.
        seconds: How long to train.
        data_dir: Folder of installed data.

    Raises:
        ConfigError: If the optimizer is L-BFGS, whose every step is a whole optimisation.

    Returns:
        Seconds per epoch by phase, of one checkpoint, and of the epoch's matrix products alone.
    """
    if config.model.is_estimator:
        msg = f"bench breaks steps down, and {config.model.title} has none: scikit-learn fits it"
        raise ConfigError(msg)
    if config.optimizer.has_line_search:
        name = config.optimizer.name
        msg = f"bench breaks steps down, but one step of {name} is a whole optimisation"
        raise ConfigError(msg)
    with deterministic():
        job = build_job(config, Folders.choose(data_dir=data_dir).data)
        with threads(job.num_threads), job.training_mode():
            return _profile(config, job, seconds)


def seconds_per_epoch(job: Job, seconds: float) -> float:
    """Train for a short time and return how long an epoch takes, with its evaluation.

    Args:
        job: A job in training mode, whose weights are changed; its optimizer takes many steps.
        seconds: How long to train, after a few steps that are not counted.
    """
    watch = Stopwatch(job.device)
    training = _train(job, watch)
    next(training)
    watch.restart()
    num_steps = next(training)
    while sum(watch.seconds.values()) < seconds:
        num_steps += next(training)
    steps = sum(watch.seconds.values()) / num_steps * job.batches.num_batches
    return steps + _seconds_of_evaluation(job) / job.eval_every


def _profile(config: ExperimentConfig, job: Job, seconds: float) -> Profile:
    inputs, _ = job.batches.batch(0, 0)
    products = _products(config, job, inputs[0])
    products()
    watch = Stopwatch(job.device)
    # A captured step is launched as a whole; its phases cannot be timed separately.
    is_whole = isinstance(job.learner, FusedLearner) and job.learner.is_captured
    training = _train(job, watch)
    for _ in range(WARM_UP_CALLS):
        next(training)
    if not is_whole:
        job.learner.on_phase = watch.lap
    watch.restart()
    num_steps = num_products = 0
    # In turns, because the speed of a machine varies.
    for turn in range(1, NUM_TURNS + 1):
        while sum(watch.seconds.values()) < seconds * (turn - 0.2) / NUM_TURNS:
            num_steps += next(training)
        products()  # at least once per turn, however long a step is
        watch.lap("products")
        num_products += 1
        while sum(watch.seconds.values()) < seconds * turn / NUM_TURNS:
            products()
            watch.lap("products")
            num_products += 1
    floor = watch.seconds.pop("products") / num_products
    per_epoch = job.batches.num_batches
    phases = {name: spent / num_steps * per_epoch for name, spent in watch.seconds.items()}
    phases["evaluation"] = _seconds_of_evaluation(job) / job.eval_every
    return {
        "schema_version": versions.OUTPUT,
        "engine": job.engine,
        "device": str(job.device),
        "threads": job.max_threads,
        "num_parameters": job.num_parameters,
        "num_seeds": len(job.seeds),
        "steps_per_epoch": per_epoch,
        "steps_measured": num_steps,
        "seconds_per_epoch": sum(phases.values()),
        "phases": phases,
        "checkpoint_seconds": _seconds_of_checkpoint(job),
        "floor_seconds_per_epoch": floor * per_epoch,
    }


def _train(job: Job, watch: Stopwatch) -> Iterator[int]:
    """Take steps, as many in a call as in training, and yield their number."""
    learner, batches, lrs = job.learner, job.batches, [job.lr] * len(job.seeds)
    pace, epoch, batch = Pace(learner.MAX_STEPS), 0, 0
    while True:
        num_steps = min(pace.num_steps, batches.num_batches - batch)
        pace.start()
        if learner.MAX_STEPS > 1:
            learner.train_steps(Steps(batches, epoch, batch, num_steps), [lrs] * num_steps)
            watch.lap("steps in one call")
        else:
            inputs, targets = batches.batch(epoch, batch)
            watch.lap("data")
            learner.train_step(inputs, targets, lrs=lrs)
            watch.lap("rest of the step")
        pace.stop(num_steps)
        yield num_steps
        batch += num_steps
        if batch == batches.num_batches:
            epoch, batch = epoch + 1, 0


def _products(config: ExperimentConfig, job: Job, inputs: Tensor) -> Callable[[], None]:
    (model,) = build_models(config, job.dataset.spec, job.seeds[:1])
    dtype = torch.bfloat16 if config.train.precision == "bf16" else job.dtype
    model = in_layout(model.to(dtype), job.device)
    calls = products_of_step(model, inputs.to(dtype), len(job.seeds))

    @torch.inference_mode()
    def compute() -> None:
        for call in calls:
            call()

    return compute


def _seconds_of_evaluation(job: Job) -> float:
    recorded = recorded_with(job.selection.metric)

    def once() -> float:
        start = time.perf_counter()
        for split in job.monitored_splits().values():
            evaluate_split(job.learner, split, job.dtype, recorded)
        return time.perf_counter() - start

    return statistics.median(once() for _ in range(3))


def _seconds_of_checkpoint(job: Job) -> float:
    with tempfile.TemporaryDirectory() as folder:
        recorder = Recorder(RunDir.create(Path(folder), "bench"), job)
        start = time.perf_counter()
        recorder.save()
        return time.perf_counter() - start
