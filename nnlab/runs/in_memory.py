"""Training that leaves no run: its networks stay in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnlab.assembly.job import job_of
from nnlab.runs.networks import MemoryNetworks
from nnlab.training.loop import train
from nnlab.training.recorder import Recorder
from nnlab.training.runtime import deterministic, threads
from nnlab.training.signals import StopRequest
from nnlab.training.store import MemoryStore

if TYPE_CHECKING:
    from nnlab.config.experiment import ExperimentConfig
    from nnlab.data.types import Examples
    from nnlab.storage.schemas import Record


def train_in_memory(
    config: ExperimentConfig, examples: Examples, name: str
) -> tuple[MemoryNetworks, list[Record]]:
    """Train an experiment on examples, as ``execute`` does, without a file.

    Args:
        config: The experiment.
        examples: Its data.
        name: What messages call the networks.

    Returns:
        The networks with the weights that the experiment selects, and the metrics of each evaluated
        epoch and seed.

    Raises:
        DivergedError: If a loss or a weight of every seed is not finite.
    """
    store = MemoryStore()
    with deterministic():
        job = job_of(config, examples)
        recorder = Recorder(store, job)
        with threads(job.num_threads), job.training_mode():
            train(job, recorder, StopRequest())
            is_best = config.train.select == "best" and bool(recorder.best)
            weights = recorder.best if is_best else job.learner.weights()
    arrays = {key: tensor.cpu().numpy() for key, tensor in weights.items()}
    replicas = enumerate(recorder.progress.replicas)
    alive = [r for r, replica in replicas if not replica.has_diverged]
    dataset = job.dataset
    described = (name, config, dataset.preprocessing, dataset.spec, alive)
    return MemoryNetworks(*described, arrays), store.records
