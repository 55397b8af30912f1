"""Trained networks: of a stored run, or in memory alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from nnlab.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from torch import Tensor, nn

    from nnlab.config.experiment import ExperimentConfig
    from nnlab.data.types import DataSpec, Preprocessing
    from nnlab.runs.load import StoredRun


class Networks(Protocol):
    """What a prediction needs of trained networks; ``StoredRun`` is an example."""

    @property
    def id(self) -> str:
        """What messages call them."""
        ...

    @property
    def config(self) -> ExperimentConfig:
        """How they were trained."""
        ...

    @property
    def preprocessing(self) -> Preprocessing:
        """How raw features become their inputs."""
        ...

    @property
    def spec(self) -> DataSpec:
        """What their data are."""
        ...

    @property
    def alive(self) -> list[int]:
        """Indices of the replicas that have not diverged."""
        ...

    @property
    def fitted(self) -> Sequence[nn.Module]:
        """The estimators, if they are scikit-learn's."""
        ...

    def weights(self, which: str | None = None) -> dict[str, Tensor]:
        """Return the weights, each ``(R, ...)``."""
        ...

    def weight_arrays(self, which: str | None = None) -> dict[str, np.ndarray]:
        """Return the weights as arrays."""
        ...


@dataclass(frozen=True)
class MemoryNetworks:
    """Networks that need no folder.

    Attributes:
        id: What messages call them.
        config: How they were trained.
        preprocessing: How raw features become their inputs.
        spec: What their data are.
        alive: Indices of the replicas that have not diverged.
        arrays: The weights, each ``(R, ...)``, by their names in the module.
    """

    id: str
    config: ExperimentConfig
    preprocessing: Preprocessing
    spec: DataSpec
    alive: list[int]
    arrays: dict[str, np.ndarray]

    @property
    def fitted(self) -> Sequence[nn.Module]:
        """None: they are networks."""
        return ()

    def weights(self, which: str | None = None) -> dict[str, Tensor]:
        """Return copies of the weights; they were chosen when these were made."""
        import torch

        return {name: torch.from_numpy(array.copy()) for name, array in self.arrays.items()}

    def weight_arrays(self, which: str | None = None) -> dict[str, np.ndarray]:
        """Return the weights."""
        return self.arrays


def networks_of(run: StoredRun, which: str | None = None) -> MemoryNetworks:
    """Return the networks of a stored run, independent of its folder.

    Args:
        run: The run.
        which: ``last`` or ``best`` weights; default: those the experiment selects.

    Raises:
        RunError: If it has no usable weights, or its estimators are scikit-learn's.
    """
    if run.config.model.is_estimator:
        msg = (
            f"run {run.id} fits {run.config.model.title} of scikit-learn, which stores no weights; "
            f"use scikit-learn's own estimator"
        )
        raise RunError(msg)
    described = (run.id, run.config, run.preprocessing, run.spec, run.alive)
    return MemoryNetworks(*described, run.weight_arrays(which))
