"""The contenders of a comparison: runs, config files, bundled experiments, or model words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnlab.comparison.model_words import data_named, experiment_of, is_word, title_of
from nnlab.comparison.same_data import check_same_data
from nnlab.config.bundled import WORDS, bundled_configs, find_bundled, is_there
from nnlab.config.experiment import ExperimentConfig
from nnlab.config.key_paths import split_argument
from nnlab.config.load import config_from_mapping, load_config
from nnlab.config.own_anchoring import mapping_of
from nnlab.errors import ConfigError, RunError
from nnlab.runs.load import StoredRun, open_run
from nnlab.storage.registry import IsComparisonError, IsSweepError, find_run
from nnlab.storage.run_dir import RunDir

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnlab.storage.folders import Folders


DEFAULT_DATASET = "mnist"


@dataclass(frozen=True)
class Contender:
    """One side of a comparison.

    Attributes:
        name: Name given by the user.
        config: Its experiment.
        run: Its finished run, or None if it must be trained.
    """

    name: str
    config: ExperimentConfig
    run: StoredRun | None = None


Reference = str | Path | Mapping[str, Any] | ExperimentConfig | RunDir | Contender


def find_contenders(
    references: Sequence[Reference],
    dataset: str | None,
    overrides: Sequence[str],
    folders: Folders,
    *,
    fixed: bool = True,
) -> list[Contender]:
    """Resolve references to contenders, and check that all use the same data.

    Args:
        references: Each a run, a config file, a bundled experiment, a model word, the content of
            an experiment, or a contender found before.
        dataset: Data of model words if all are words: a data set, for which they stand for
            ``<dataset>_<word>``, or an experiment file, whose data they use; default: mnist. Next to
            another contender, a word uses its data.
        overrides: ``key.path=value`` for every contender that must be trained.
        folders: Where runs and data are.
        fixed: Whether the number of seeds is fixed; if not, runs cannot be contenders.

    Raises:
        ConfigError: If there are fewer than two, a reference cannot be resolved, or data differ.
        RunError: If a run is not finished, or the bytes of data differ.
    """
    if len(references) < 2:
        msg = "a comparison needs at least two contenders"
        raise ConfigError(msg)
    place = dataset or DEFAULT_DATASET
    found = [
        None if is_word(reference) else _find(reference, place, overrides, folders.runs)
        for reference in references
    ]
    base = next((contender for contender in found if contender), None)
    if base is not None and dataset not in {None, base.config.dataset.name}:
        msg = (
            f"--dataset {dataset} is for model words alone; next to {base.name}, they use its data"
        )
        raise ConfigError(msg)
    contenders = [
        contender or _find_word(str(reference), base, place, overrides, folders.runs)
        for contender, reference in zip(found, references, strict=True)
    ]
    _check_names(contenders)
    contenders = _with_own_metrics(contenders)
    check_same_data(contenders, folders.data)
    for contender in contenders:
        if contender.run is not None and not fixed:
            msg = f"{contender.name} is a finished run; seeds can only be added to experiments"
            raise ConfigError(msg)
    return contenders


def check_overrides(overrides: Sequence[str], contenders: Sequence[Contender]) -> None:
    """Check that every override changes what a comparison trains.

    Raises:
        ConfigError: If one is about the number of seeds, or all contenders are finished runs.
    """
    for argument in overrides:
        path, value = split_argument(argument) or ((), "")
        if path == ("train", "seeds"):
            msg = f"argument '{argument}': contenders have the same seeds; use --seeds {value}"
            raise ConfigError(msg)
    if overrides and all(contender.run for contender in contenders):
        msg = f"argument '{overrides[0]}': finished runs are not trained again; leave it out"
        raise ConfigError(msg)


def _find_word(
    word: str, base: Contender | None, dataset: str, overrides: Sequence[str], runs_dir: Path
) -> Contender:
    """Return what a model word stands for: next to another contender, a model of its data."""
    is_bundled = base is None and f"{dataset}_{word}" in bundled_configs()
    if is_bundled or is_there(Path(word).is_file):
        return _find_named(word, dataset, overrides, runs_dir)
    source = data_named(dataset, overrides) if base is None else base.config
    if base is None or base.run is None:  # its data have been overridden already
        overrides = [text for text in overrides if not text.startswith(("dataset.", "dataset="))]
    config = experiment_of(word, source, overrides)
    return Contender(title_of(word, config.dataset.task), config)


def _with_own_metrics(contenders: Sequence[Contender]) -> list[Contender]:
    """Return contenders that are all measured by the user's own metrics of one of them."""
    metrics = {own.name: own for contender in contenders for own in contender.config.metrics}
    update = {"metrics": tuple(metrics.values())}
    return [
        contender
        if contender.run or not metrics
        else replace(contender, config=contender.config.model_copy(update=update))
        for contender in contenders
    ]


def _check_names(contenders: Sequence[Contender]) -> None:
    names = [contender.name for contender in contenders]
    for name in names:
        if names.count(name) > 1:
            msg = f"{name} is given twice; contenders need different names"
            raise ConfigError(msg)


def _find(
    reference: Reference, dataset: str, overrides: Sequence[str], runs_dir: Path
) -> Contender:
    if isinstance(reference, Contender):
        return reference
    if isinstance(reference, RunDir):
        return _finished(reference.id, reference)
    if isinstance(reference, ExperimentConfig):
        reference = mapping_of(reference)
    if isinstance(reference, Mapping):
        config = config_from_mapping(reference, overrides)
        return Contender(config.name, config)
    return _find_named(str(reference), dataset, overrides, runs_dir)


def _find_named(
    reference: str, dataset: str, overrides: Sequence[str], runs_dir: Path
) -> Contender:
    bundled = bundled_configs()
    path = Path(reference)
    named = find_bundled(reference) or bundled.get(f"{dataset}_{reference}")
    file = path if is_there(path.is_file) else named
    if file is not None:
        return Contender(path.stem, load_config(file, overrides))
    try:
        run = find_run(reference, runs_dir)
    except (IsComparisonError, IsSweepError):
        raise
    except RunError as error:
        words = [word for word in WORDS if f"{dataset}_{word}" in bundled]
        msg = (
            f"'{reference}' is not a config file, bundled experiment or run ({error})\n"
            f"model words for {dataset}: {', '.join(words) or 'none'}"
        )
        raise ConfigError(msg) from error
    return _finished(run.id, run)


def _finished(name: str, run: RunDir) -> Contender:
    if (status := run.status) != "finished":
        msg = f"run {run.id} is {status}; only finished runs can be compared"
        raise RunError(msg)
    stored = open_run(run)
    return Contender(name, stored.config, stored)
