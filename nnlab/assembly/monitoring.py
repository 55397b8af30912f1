"""Whether the monitored metric can be measured on the data."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from nnlab.errors import ConfigError
from nnlab.tasks.scoring import NEEDS_EVERY_CLASS, why_undefined

if TYPE_CHECKING:
    from nnlab.config.experiment import ExperimentConfig
    from nnlab.data.types import Dataset
    from nnlab.storage.schemas import SplitName


def check_monitor(config: ExperimentConfig, dataset: Dataset) -> None:
    """Refuse a metric that the monitored examples do not define.

    Raises:
        ConfigError: With the reason and what to do.
    """
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
