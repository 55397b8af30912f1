"""Who is compared: runs, config files, bundled experiments, or model words."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnlab.config.bundled import WORDS, bundled_configs, is_there
from nnlab.config.load import load_config
from nnlab.errors import ConfigError, RunError
from nnlab.storage.registry import find_run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnlab.config.experiment import ExperimentConfig
    from nnlab.storage.run_dir import RunDir

# Part of how a contender looks at the data, not of what the data are.
PREPROCESSING_KEYS = {"standardize", "features"}


@dataclass(frozen=True)
class Contender:
    """One side of a comparison.

    Attributes:
        name: What the user called it.
        config: Its experiment.
        run: The finished run it stands for, or None if it is to be trained.
    """

    name: str
    config: ExperimentConfig
    run: RunDir | None = None


def find_contenders(
    references: Sequence[str],
    dataset: str,
    overrides: Sequence[str],
    runs_dir: Path,
    *,
    fixed: bool = True,
) -> list[Contender]:
    """Return what the references mean, checked to be about the same data.

    Args:
        references: Each a run, a config file, a bundled experiment or a model word.
        dataset: Where model words are looked up: ``<dataset>_<word>``.
        overrides: ``key.path=value`` for every contender that is to be trained.
        runs_dir: Folder of runs.
        fixed: Whether the number of seeds is; if not, runs cannot be contenders.

    Raises:
        ConfigError: If there are fewer than two, a reference means nothing, or data differ.
        RunError: If a run is not finished.
    """
    if len(references) < 2:
        msg = "a comparison needs two contenders or more"
        raise ConfigError(msg)
    contenders = [_find(reference, dataset, overrides, runs_dir) for reference in references]
    _check_names(contenders)
    _check_same_data(contenders)
    for contender in contenders:
        if contender.run is not None and not fixed:
            msg = f"{contender.name} is a finished run; seeds can only be added to experiments"
            raise ConfigError(msg)
    return contenders


def _check_names(contenders: Sequence[Contender]) -> None:
    names = [contender.name for contender in contenders]
    for name in names:
        if names.count(name) > 1:
            msg = f"{name} is there twice; contenders are told apart by their names"
            raise ConfigError(msg)


def _check_same_data(contenders: Sequence[Contender]) -> None:
    first = contenders[0]
    for other in contenders[1:]:
        differing = _differing_keys(_data_of(first.config), _data_of(other.config))
        if differing:
            msg = (
                f"{first.name} and {other.name} are about different data: "
                f"{', '.join(f'dataset.{key}' for key in differing)} differ"
            )
            raise ConfigError(msg)


def _find(reference: str, dataset: str, overrides: Sequence[str], runs_dir: Path) -> Contender:
    bundled = bundled_configs()
    path = Path(reference)
    if is_there(path.is_file):
        file: Path | None = path
    else:
        file = bundled.get(reference) or bundled.get(f"{dataset}_{reference}")
    if file is not None:
        return Contender(path.stem, load_config(file, overrides))
    try:
        run = find_run(reference, runs_dir)
    except RunError as error:
        words = [word for word in WORDS if f"{dataset}_{word}" in bundled]
        msg = (
            f"'{reference}' is no config file, bundled experiment or run ({error})\n"
            f"model words for {dataset}: {', '.join(words) or 'none'}"
        )
        raise ConfigError(msg) from error
    if run.status != "finished":
        msg = f"run {run.id} is {run.status}; only a finished run can be compared"
        raise RunError(msg)
    return Contender(reference, run.config, run)


def _data_of(config: ExperimentConfig) -> dict[str, Any]:
    return config.dataset.model_dump(mode="json", exclude=PREPROCESSING_KEYS)


def _differing_keys(first: dict[str, Any], second: dict[str, Any]) -> list[str]:
    keys = dict.fromkeys([*first, *second])
    return [key for key in keys if first.get(key) != second.get(key)]
