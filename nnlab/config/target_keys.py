"""The keys of a data set whose target can be a class or a number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from nnlab.config.base import Contradiction
from nnlab.config.dataset_base import DatasetConfig, Task


class TargetKeys(DatasetConfig):
    """Examples whose target the user describes."""

    task: Task = "classification"
    """What is predicted: a class, or a number."""
    standardize_target: Literal["auto"] | bool = "auto"
    """Learn (target - mean) / standard deviation over the training split; auto: of numbers, yes."""

    @property
    def standardizes_target(self) -> bool:
        """Whether the target is standardised, with ``auto`` resolved."""
        is_number = self.task == "regression"
        return is_number if self.standardize_target == "auto" else self.standardize_target

    def contradictions(self) -> Iterator[Contradiction]:
        """Yield a scale of classes."""
        yield from super().contradictions()
        if self.standardizes_target and self.task != "regression":
            yield ("standardize_target",), "classes have no scale; use task: regression, or auto"
