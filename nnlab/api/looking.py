"""Looking at an experiment and at data from Python, before anything is trained."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnlab.api.training import AnyConfig, as_config
from nnlab.storage.folders import Folders

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from nnlab.inspection.experiment import ExperimentFacts


def describe(
    config: AnyConfig, overrides: Sequence[str] = (), *, data_dir: str | Path | None = None
) -> ExperimentFacts:
    """Return what an experiment will do: batches, engine, layers, class weights, learning rates.

    Args:
        config: See ``train``.
        overrides: ``key.path=value`` strings, which win over the config.
        data_dir: Folder of installed data.
    """
    from nnlab.inspection.experiment import describe_experiment

    return describe_experiment(as_config(config, overrides), Folders.choose(data_dir=data_dir).data)
