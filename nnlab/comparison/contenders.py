"""The contenders of a comparison: runs, config files, bundled experiments, or model words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnlab.comparison.model_words import experiment_of, is_word
from nnlab.comparison.same_data import check_same_data
from nnlab.config.bundled import WORDS, bundled_configs, find_bundled, is_there
from nnlab.config.experiment import ExperimentConfig
from nnlab.config.load import config_from_mapping, load_config
from nnlab.errors import ConfigError, RunError
from nnlab.runs.load import StoredRun, open_run
from nnlab.storage.registry import IsComparisonError, find_run
from nnlab.storage.run_dir import RunDir

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnlab.storage.folders import Folders


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
    dataset: str,
    overrides: Sequence[str],
    folders: Folders,
    *,
    fixed: bool = True,
) -> list[Contender]:
    """Resolve references to contenders, and check that all use the same data.

    Args:
        references: Each a run, a config file, a bundled experiment, a model word, the content of
            an experiment, or a contender found before.
        dataset: Data set of model words if all are words: they stand for ``<dataset>_<word>``. Next
            to another contender, a word uses its data.
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
    found = [
        None if is_word(reference) else _find(reference, dataset, overrides, folders.runs)
        for reference in references
    ]
    base = next((contender for contender in found if contender), None)
    contenders = [
        contender or _find_word(str(reference), base, dataset, overrides, folders.runs)
        for contender, reference in zip(found, references, strict=True)
    ]
    _check_names(contenders)
    check_same_data(contenders, folders.data)
    for contender in contenders:
        if contender.run is not None and not fixed:
            msg = f"{contender.name} is a finished run; seeds can only be added to experiments"
            raise ConfigError(msg)
    return contenders


def _find_word(
    word: str, base: Contender | None, dataset: str, overrides: Sequence[str], runs_dir: Path
) -> Contender:
    """Return what a model word stands for: next to another contender, a model of its data."""
    if base is None or is_there(Path(word).is_file):
        return _find_named(word, dataset, overrides, runs_dir)
    if base.run is None:  # its data have been overridden already
        overrides = [text for text in overrides if not text.startswith(("dataset.", "dataset="))]
    return Contender(word, experiment_of(word, base.config, overrides))


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
        reference = reference.model_dump(mode="json")
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
    except IsComparisonError:
        raise
    except RunError as error:
        words = [word for word in WORDS if f"{dataset}_{word}" in bundled]
        msg = (
            f"'{reference}' is not a config file, bundled experiment or run ({error})\n"
            f"model words for {dataset}: {', '.join(words) or 'none'}"
        )
        raise ConfigError(msg) from error
    return _finished(reference, run)


def _finished(name: str, run: RunDir) -> Contender:
    if (status := run.status) != "finished":
        msg = f"run {run.id} is {status}; only finished runs can be compared"
        raise RunError(msg)
    stored = open_run(run)
    return Contender(name, stored.config, stored)
