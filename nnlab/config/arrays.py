"""Examples that a program holds in memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from nnlab.config.experiment import ExperimentConfig
from nnlab.config.load import config_from_mapping
from nnlab.config.splits import StratifiedSplitConfig
from nnlab.config.target_keys import TargetKeys

NAME = "arrays"
# What an experiment on a table is called that has the same keys.
TABLE = {"name": "csv", "path": "arrays", "target": "y"}


class ArraysConfig(TargetKeys):
    """Numbers that a program gives, treated as the columns of a table; no file can choose it."""

    standardize_by_default: ClassVar[bool] = True
    name: Literal["arrays"] = "arrays"
    split: StratifiedSplitConfig = StratifiedSplitConfig()
    """How rows are split into train, validation and test."""

    @property
    def target_name(self) -> str:
        """How programs call the target."""
        return "y"


def experiment_on_arrays(value: Mapping[str, Any]) -> ExperimentConfig:
    """Return an experiment whose data are in memory.

    Args:
        value: The experiment; ``dataset`` has the keys of ``ArraysConfig``.

    Raises:
        ConfigProblems: If it is not valid.
    """
    keys = {key: item for key, item in value["dataset"].items() if key != "name"}
    config = config_from_mapping({**value, "dataset": {**TABLE, **keys}})
    dataset = ArraysConfig.model_validate(keys)
    return config.model_copy(update={"dataset": dataset})
