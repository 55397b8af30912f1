"""Keys that have no effect on an experiment, because of other keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nnlab.config.base import Contradiction
from nnlab.config.consistency import contradictions
from nnlab.config.experiment import ExperimentConfig
from nnlab.config.yaml12 import Document


def idle_keys(config: ExperimentConfig) -> Iterator[Contradiction]:
    """Yield the path of every key that has no effect, whatever its value, and why."""
    yield from _of_split(config)
    yield from _of_monitor(config)
    if getattr(config.dataset, "noise", None) == 0:
        yield ("dataset", "seed"), "only the noise is drawn from it, and noise is 0"
    for key, why in config.model.idle_fields(config.dataset.task):
        yield ("model", key), why
    if config.train.batch_size == "full" and not config.model.is_estimator:
        yield ("train", "limit_batches"), "batch_size: full makes one batch of all examples"
    if config.train.engine == "sklearn":
        yield from _of_sklearn_engine()


def typed_idle_keys(config: ExperimentConfig, document: Document) -> Iterator[Contradiction]:
    """Yield each key of a document that has no effect, and why.

    A default counts only where an argument states it: a file with all defaults is what
    ``nnlab config show`` prints, and an argument can take back what a file says.
    """
    if document.is_stored:
        return
    refused = {path for path, _ in contradictions(config)}
    for path, why in idle_keys(config):
        place = document.values.get(path)
        is_argument = place is not None and place.source.is_argument
        is_stated = is_argument and path not in document.replaced
        if path not in refused and (is_stated or _is_changed(config, path)):
            yield path, f"has no effect: {why}"


def _is_changed(config: ExperimentConfig, path: tuple[str | int, ...]) -> bool:
    """Return whether a key has another value than its default."""
    section: Any = config
    for key in path[:-1]:
        section = getattr(section, str(key))
    field = type(section).model_fields.get(str(path[-1]))
    if field is None:
        return False
    return bool(getattr(section, str(path[-1])) != field.get_default())


def _of_split(config: ExperimentConfig) -> Iterator[Contradiction]:
    split, where = config.dataset.split, ("dataset", "split")
    reason = _why_not_drawn(config)
    if reason is not None:
        yield (*where, "seed"), f"nothing is drawn: {reason}"
    if config.dataset.task == "regression":
        reason = "numbers have no classes"
    if split.stratify and reason is not None:
        yield (*where, "stratify"), f"it cannot keep the class proportions: {reason}"
    if config.dataset.files_of_splits >= {"val", "test"}:
        yield (*where, "order"), "each split has its own file"


def _why_not_drawn(config: ExperimentConfig) -> str | None:
    """Return why nothing is random about the split, or None if something is."""
    split, key = config.dataset.split, (config.dataset.split.own or ("", ""))[0]
    if config.dataset.files_of_splits >= {"val", "test"}:
        return "each split has its own file"
    if key == "column":
        return f"the column '{split.own and split.own[1]}' decides"
    if key == "time" or split.order == "sequential":
        return "the order of the examples decides"
    return None


def _of_monitor(config: ExperimentConfig) -> Iterator[Contradiction]:
    """Yield the metric that is monitored on a split that the experiment does not have."""
    split, dataset = config.train.monitor.partition(".")[0], config.dataset
    is_in_column = dataset.split.own is not None and dataset.split.own[0] == "column"
    if is_in_column or split in dataset.files_of_splits or getattr(dataset.split, split):
        return
    yield ("train", "monitor"), f"there is no {split} split; see dataset.split.{split}"


def _of_sklearn_engine() -> Iterator[Contradiction]:
    why = "the sklearn engine solves the whole problem in one step"
    for path in (
        ("optimizer", "lr"),
        ("optimizer", "history_size"),
        ("schedule",),
        ("train", "early_stopping"),
        ("train", "eval_every"),
    ):
        yield path, why
