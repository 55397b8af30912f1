"""What of a run is exported, and the raw rows on which the result is checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nnlab.assembly.footprint import check_data_size
from nnlab.config.resolve import load_examples
from nnlab.data.labels import reorder
from nnlab.data.prepare import in_fitted_columns
from nnlab.data.splits.division import divide
from nnlab.errors import ConfigError, DataError, RunError
from nnlab.runs.inputs import dtype_of, replica_of
from nnlab.storage.seeds import alive

if TYPE_CHECKING:
    from nnlab.data.types import Examples, Preprocessing
    from nnlab.runs.load import StoredRun
    from nnlab.storage.folders import Folders
    from nnlab.storage.schemas import SplitName


class Source(NamedTuple):
    """What of a run is exported.

    Attributes:
        run: The run.
        replicas: Numbers of the replicas whose answers are averaged.
        which: ``last`` or ``best`` weights; None: those the experiment selects.
        split: The split on which the result is checked.
        rows: Its raw rows, ``(N, ...)`` uint8 pixels or float64; those of the first chosen replica if
            the split is varied.
    """

    run: StoredRun
    replicas: list[int]
    which: str | None
    split: SplitName
    rows: np.ndarray

    @property
    def fitted(self) -> Preprocessing:
        """The preprocessing of the first replica."""
        return self.run.preprocessing.of(self.replicas[0])

    @property
    def is_pixels(self) -> bool:
        """Whether raw rows are grey pixels from 0 to 255."""
        return self.rows.dtype == np.uint8

    @property
    def precision(self) -> str:
        """The type of the weights: ``float32`` or ``float64``."""
        return str(dtype_of(self.run))

    @property
    def seeds(self) -> list[int]:
        """The seeds of the replicas."""
        return [self.run.config.train.replica_seeds[replica] for replica in self.replicas]


def read_source(
    run: StoredRun,
    folders: Folders,
    *,
    to: str,
    seed: int | None,
    ensemble: bool,
    checkpoint: str | None,
) -> Source:
    """Return what of a run is exported.

    Args:
        run: The run.
        folders: Where its data are.
        to: The format, for messages.
        seed: The seed; None: the first one that has not diverged.
        ensemble: Whether all seeds are exported.
        checkpoint: ``last`` or ``best`` weights; None: those the experiment selects.

    Raises:
        ConfigError: If the options contradict each other, or scikit-learn fitted the model.
        RunError: If the run is not finished, has no such seed, or its data have changed.
        DataError: If its data are missing.
    """
    if run.config.model.is_estimator:
        msg = (
            f"run {run.id} is a {run.config.model.title} of scikit-learn, which stores no weights, so "
            f"that it cannot be exported to {to}; nnlab predict answers with it, and an mlp or "
            f"logistic can be exported"
        )
        raise ConfigError(msg)
    replicas = _chosen(run, seed, ensemble=ensemble)
    try:
        split, rows = _raw_rows(run, folders, replicas[0])
    except DataError as error:
        msg = f"{error}\nan export is checked on the data of its run, so they are needed here"
        raise DataError(msg) from error
    return Source(run, replicas, checkpoint, split, rows)


def _chosen(run: StoredRun, seed: int | None, *, ensemble: bool) -> list[int]:
    """Return the numbers of the replicas that are exported."""
    if ensemble and seed is not None:
        msg = f"--ensemble exports all seeds; leave out --seed {seed}"
        raise ConfigError(msg)
    present = alive(run.summary)
    if ensemble:
        return present
    replica = present[0] if seed is None else replica_of(run, seed)
    if replica not in present:
        msg = f"seed {seed} of run {run.id} has diverged; it has no weights"
        raise RunError(msg)
    return [replica]


def _raw_rows(run: StoredRun, folders: Folders, replica: int) -> tuple[SplitName, np.ndarray]:
    """Return the test split, or else another one, before preprocessing."""
    stored = run.with_table(folders.table)
    examples = _examples(stored, folders)
    config = stored.config.dataset.split
    seed = run.config.train.replica_seeds[replica]
    indices = divide(
        config.of_seed(seed) if config.vary else config, examples, run.meta.get("num_examples")
    )
    raw = in_fitted_columns(examples, run.preprocessing.of(replica))
    splits: list[tuple[SplitName, np.ndarray]] = [
        ("test", indices.test),
        ("val", indices.val),
        ("train", indices.train),
    ]
    name, chosen = next((name, chosen) for name, chosen in splits if len(chosen))
    return name, raw[chosen]


def _examples(run: StoredRun, folders: Folders) -> Examples:
    """Return all examples of a run's data, its classes in their order.

    Raises:
        RunError: If the data have changed.
    """
    dataset = run.config.dataset
    check_data_size(dataset)
    examples = load_examples(dataset, folders.data)
    run.check_digest(examples.sha256)
    return reorder(examples, run.preprocessing.class_names)
