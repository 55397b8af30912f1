"""Whether the data have what an experiment monitors and weighs."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from nnlab.config.consistency import needs_monitor
from nnlab.errors import ConfigError, DataError, KeyedError
from nnlab.formatting import shorten
from nnlab.tasks.scoring import NEEDS_EVERY_CLASS, why_undefined

if TYPE_CHECKING:
    from nnlab.config.experiment import ExperimentConfig
    from nnlab.data.types import Dataset
    from nnlab.storage.schemas import SplitName


def check_monitor(config: ExperimentConfig, dataset: Dataset) -> None:
    """Refuse to monitor what the data do not have, or a metric that the examples do not define.

    Raises:
        ConfigError: If the metric is undefined, with the reason and what to do.
        DataError: If the split that decides something during training is not there.
    """
    _check_split(config, dataset)
    split, _, metric = config.train.monitor.partition(".")
    examples = dataset.splits.get(cast("SplitName", split))
    class_names = dataset.preprocessing.class_names
    if examples is None or not class_names:
        return
    if reason := why_undefined(metric, examples.targets.cpu(), class_names):
        msg = (
            f"train.monitor: {split}.{metric} is undefined: {reason}; "
            f"try {split}.balanced_accuracy, or set dataset.split.stratify for all classes in {split}"
            if metric in NEEDS_EVERY_CLASS
            else f"train.monitor: {split}.{metric} is undefined: {reason}; try {split}.accuracy"
        )
        raise ConfigError(msg)


def check_counted_weights(config: ExperimentConfig, dataset: Dataset) -> None:
    """Check that every class can be counted, if the counts are its weights.

    Raises:
        KeyedError: With the classes that the training split lacks.
    """
    how, class_names = getattr(config.loss, "class_weight", None), dataset.preprocessing.class_names
    if how not in ("balanced", "inverse_count"):
        return
    trained = set(dataset.train.of(0).targets.tolist())
    if missing := [name for index, name in enumerate(class_names) if index not in trained]:
        text = (
            f"{how} counts the training examples of each class, and there are none of "
            f"{shorten(missing)}; give the weights by name, or choose another split"
        )
        raise KeyedError(("loss", "class_weight"), text)


def _check_split(config: ExperimentConfig, dataset: Dataset) -> None:
    split, _, metric = config.train.monitor.partition(".")
    if needs_monitor(config) and split not in dataset.splits:
        msg = (
            f"train.monitor is {split}.{metric}, and the data have no {split} split: nothing can stop "
            f"the training, cut the learning rate or select the best weights"
        )
        raise DataError(msg)
