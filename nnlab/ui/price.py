"""What a training would cost, before it begins: memory, disk and time, and what forbids it."""

from __future__ import annotations

import json
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYetError
from dataclasses import asdict
from typing import TYPE_CHECKING, NamedTuple

from nnlab.errors import NnlabError
from nnlab.formatting import pluralize

if TYPE_CHECKING:
    from pathlib import Path

    from nnlab.config.dataset_base import DatasetConfig
    from nnlab.config.experiment import ExperimentConfig
    from nnlab.data.types import DataSpec
    from nnlab.storage.folders import Folders

MAX_SEEDS = 100
MAX_SECONDS = 3_600.0
MAX_KNOWN = 50
# How long an answer waits for data to be read; the next one has them [s].
PATIENCE = 0.5


class Price(NamedTuple):
    """What a training needs; None for what is not known yet.

    Attributes:
        memory: At least [byte].
        disk: Its checkpoints [byte].
        seconds: Estimated [s].
        refused: Why it is not begun; None if it can be.
    """

    memory: int | None = None
    disk: int | None = None
    seconds: float | None = None
    refused: str | None = None


class Shapes:
    """The shapes of data sets, each read once, in a thread.

    Args:
        data_dir: Folder of installed data.
    """

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._known: dict[str, Future[DataSpec]] = {}
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="shapes")

    def of(self, dataset: DatasetConfig) -> DataSpec | None:
        """Return the shape of data, or None if it is not known yet.

        Raises:
            NnlabError: If the data cannot be read.
        """
        key = json.dumps(dataset.model_dump(mode="json"), sort_keys=True)
        if key not in self._known:
            if len(self._known) >= MAX_KNOWN:
                self._known.pop(next(iter(self._known)))
            self._known[key] = self._threads.submit(_shape_of, dataset, self._data_dir)
        try:
            return self._known[key].result(PATIENCE)
        except NotYetError:
            return None

    def close(self) -> None:
        """Wait for nothing that has not begun."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _shape_of(dataset: DatasetConfig, data_dir: Path) -> DataSpec:
    from nnlab.assembly.footprint import check_data_size
    from nnlab.config.resolve import load_examples
    from nnlab.data.columns.encoders import features_of
    from nnlab.data.types import DataSpec

    check_data_size(dataset)
    examples = load_examples(dataset, data_dir)
    shape = examples.inputs.shape[1:]
    if examples.columns:
        shape = (len(features_of(examples.columns)),)
    return DataSpec(dataset.task, tuple(map(int, shape)), len(examples.class_names) or 1)


def price_of(
    config: ExperimentConfig,
    spec: DataSpec | None,
    folders: Folders,
    seconds: float | None = None,
) -> Price:
    """Return what a training needs.

    Args:
        config: The experiment.
        spec: The shape of its data; None if it is not known yet.
        folders: Where its run would lie.
        seconds: About how long it takes [s]; None if that is not known.
    """
    from nnlab.assembly.footprint import check_disk_space, check_model_size, estimate
    from nnlab.storage.checkpoint import NUM_KEPT

    if config.train.seeds > MAX_SEEDS:
        asked = pluralize(config.train.seeds, "seed")
        return Price(refused=f"{asked}: the page trains at most {MAX_SEEDS}; use nnlab train")
    if seconds is not None and seconds > MAX_SECONDS:
        return Price(seconds=seconds, refused=_too_long(config, seconds))
    if spec is None or not config.model.layer_names:
        return Price(seconds=seconds)
    footprint = estimate(config, spec)
    memory, disk = sum(asdict(footprint).values()), (NUM_KEPT + 1) * footprint.checkpoint
    try:
        check_model_size(footprint)
        check_disk_space(footprint, folders.runs)
    except NnlabError as error:
        return Price(memory, disk, seconds, refused=str(error))
    return Price(memory, disk, seconds)


def _too_long(config: ExperimentConfig, seconds: float) -> str:
    epochs, seeds = pluralize(config.train.epochs, "epoch"), pluralize(config.train.seeds, "seed")
    return (
        f"{epochs} of {seeds} take about {seconds / 3_600:,.1f} h on this computer: the page trains "
        f"at most {MAX_SECONDS / 3_600:.0f} h; use nnlab train, or make train.epochs smaller"
    )
